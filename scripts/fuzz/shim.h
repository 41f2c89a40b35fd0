/*-------------------------------------------------------------------------
 *
 * shim.h
 *	  A backend without a server: what the targets call the extension through.
 *
 * The code under test and all that it calls is real: the extension's own
 * objects, linked with those of a PostgreSQL backend.  What needs a catalog has
 * a stand-in, see shim.c.
 *
 *-------------------------------------------------------------------------
 */
#ifndef NRR_FUZZ_SHIM_H
#define NRR_FUZZ_SHIM_H

#include "postgres.h"

#include "base/compat.h"
#include "fmgr.h"

/* What an SQL function gave: a value, or NULL, or a clean error (value and set are 0) */
typedef struct Outcome
{
	Datum		value;
	bool		ok;				/* it gave something */
	bool		isnull;
	int			sqlstate;		/* of the error */
	struct RowSet *set;			/* of a set-returning function */
} Outcome;

/* A column of a set-returning function, as the SQL script declares it */
typedef struct Column
{
	const char *name;
	Oid			type;
} Column;

/* The rows of a set-returning function */
typedef struct RowSet
{
	int			columns;
	int64		rows;
	bool		complete;		/* the function was not stopped at MAX_ROWS */
	Datum	   *values;			/* MAX_ROWS rows of columns */
	bool	   *nulls;
} RowSet;

/* A function is stopped after so many rows, as by a cancel */
#define MAX_ROWS	120

#define SET_VALUE(set, row, column)	((set)->values[(row) * (set)->columns + (column)])
#define SET_NULL(set, row, column)	((set)->nulls[(row) * (set)->columns + (column)])

/* Bytes of an input, taken from the front */
typedef struct Input
{
	const uint8_t *data;
	size_t		size;
} Input;

extern int	input_byte(Input *input);
extern int	input_int16(Input *input);
extern int32 input_int32(Input *input);
extern Input input_take(Input *input, size_t size);

extern void shim_begin(void);
extern void shim_reset(void);
extern bool shim_damage_is_fine;

extern Outcome call(PGFunction function, int nargs,...);
extern Outcome call_nullable(PGFunction function, int nargs, const NullableDatum *args);
extern Outcome call_aggregate(PGFunction function, int nargs, const NullableDatum *args, const Oid *types);
extern Outcome call_rows(PGFunction function, const Column *columns, int ncolumns,
						int nargs, const NullableDatum *args);
extern Outcome call_receive(PGFunction function, const char *bytes, size_t size);

pg_noreturn extern void finding(const char *format,...) pg_attribute_printf(1, 2);

#define expect(condition, ...) \
	do { \
		if (!(condition)) \
			finding(__VA_ARGS__); \
	} while (0)

extern void expect_text(Datum value);
extern const char *numeric_string(Datum value);
extern bool bytes_equal(Datum a, Datum b);

static inline NullableDatum
argument(Datum value)
{
	NullableDatum result = {value, false};

	return result;
}

static inline NullableDatum
no_argument(void)
{
	NullableDatum result = {0, true};

	return result;
}

#define A(value)	argument(value)

/* Declare a function of the extension, for its address */
#define NRR(name)	extern Datum name(PG_FUNCTION_ARGS)

typedef struct Target
{
	const char *name;
	void		(*run) (Input *input);
	size_t		(*mutate) (uint8_t *data, size_t size, size_t max_size, unsigned int seed);
} Target;

extern const Target ledger_target;
extern const Target stored_target;
extern const Target rows_target;
extern const Target summary_target;
extern const Target text_target;

#endif							/* NRR_FUZZ_SHIM_H */
