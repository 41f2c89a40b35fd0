/*-------------------------------------------------------------------------
 *
 * valgrind/memcheck.h
 *	  What PostgreSQL tells Valgrind of its memory, told to AddressSanitizer.
 *
 * PostgreSQL built with USE_VALGRIND says of each chunk of a memory context
 * where it begins and ends, to the byte, and when it is gone.
 *
 *-------------------------------------------------------------------------
 */
#ifndef NRR_FUZZ_MEMCHECK_H
#define NRR_FUZZ_MEMCHECK_H

#include <sanitizer/asan_interface.h>

#define VALGRIND_MAKE_MEM_NOACCESS(p, size)		ASAN_POISON_MEMORY_REGION(p, size)
#define VALGRIND_MAKE_MEM_UNDEFINED(p, size)	ASAN_UNPOISON_MEMORY_REGION(p, size)
#define VALGRIND_MAKE_MEM_DEFINED(p, size)		ASAN_UNPOISON_MEMORY_REGION(p, size)
#define VALGRIND_MEMPOOL_ALLOC(context, p, size) ASAN_UNPOISON_MEMORY_REGION(p, size)

/* What AddressSanitizer has no use for */
#define VALGRIND_MEMPOOL_FREE(context, p)		((void) 0)
#define VALGRIND_MEMPOOL_CHANGE(context, old, p, size) ((void) 0)
#define VALGRIND_CREATE_MEMPOOL(context, redzone, zeroed) ((void) 0)
#define VALGRIND_DESTROY_MEMPOOL(context)		((void) 0)
#define VALGRIND_CHECK_MEM_IS_DEFINED(p, size)	((void) 0)
#define VALGRIND_GET_VBITS(p, bits, size)		((void) 0)

#endif							/* NRR_FUZZ_MEMCHECK_H */
