/*
 * Stands in for <valgrind/memcheck.h> in a server with AddressSanitizer: what memory contexts and the buffer manager tell
 * Valgrind they tell AddressSanitizer. The bytes from the end of a request to the end of its chunk, freed chunks, and
 * buffers that nobody has pinned are out of bounds that way.
 */
#ifndef MEMCHECK_H
#define MEMCHECK_H

#include <sanitizer/asan_interface.h>

#define VALGRIND_MAKE_MEM_NOACCESS(addr, size)		ASAN_POISON_MEMORY_REGION(addr, size)
#define VALGRIND_MAKE_MEM_UNDEFINED(addr, size)		ASAN_UNPOISON_MEMORY_REGION(addr, size)
#define VALGRIND_MAKE_MEM_DEFINED(addr, size)		ASAN_UNPOISON_MEMORY_REGION(addr, size)
#define VALGRIND_MEMPOOL_ALLOC(pool, addr, size)	ASAN_UNPOISON_MEMORY_REGION(addr, size)

/* What is freed has been made inaccessible before; nothing is known of bytes that were never written */
#define VALGRIND_MEMPOOL_FREE(pool, addr)			do {} while (0)
#define VALGRIND_MEMPOOL_CHANGE(pool, a, b, size)	do {} while (0)
#define VALGRIND_CREATE_MEMPOOL(pool, redzone, zeroed)	do {} while (0)
#define VALGRIND_DESTROY_MEMPOOL(pool)				do {} while (0)
#define VALGRIND_CHECK_MEM_IS_DEFINED(addr, size)	do {} while (0)
#define VALGRIND_GET_VBITS(addr, bits, size)		do {} while (0)
#define VALGRIND_COUNT_ERRORS						0
#define VALGRIND_PRINTF(...)						do {} while (0)

#endif
