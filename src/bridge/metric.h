/*-------------------------------------------------------------------------
 *
 * bridge/metric.h
 *	  What set-returning metrics have in common: their two functions, the memory
 *	  for their sums, and columns of money and rates.
 *
 * A metric is one file.  It has a struct of options that begins with a
 * MetricCall, a function that reads them from arguments, one that puts the rows
 * of a ledger, a Metric of these, and METRIC_FUNCTIONS.
 *
 *-------------------------------------------------------------------------
 */
#ifndef NRR_BRIDGE_METRIC_H
#define NRR_BRIDGE_METRIC_H

#include "base/result_rows.h"
#include "bridge/bridge.h"
#include "ledger/scan.h"

/* A call of a metric */
typedef struct MetricCall
{
	ReturnSetInfo *result;		/* takes the rows */
	LedgerView	view;			/* for the options to fill in */
	DateADT		through;		/* where view.through points to */
} MetricCall;

typedef struct Metric
{
	/* of the struct that begins with a MetricCall; it is zeroed */
	Size		options_size;

	/* Read the options, the first of which is the argument 'first' */
	void		(*read_options) (FunctionCallInfo fcinfo, int first, void *options);

	/* NULL, or an error if the options do not fit ledgers of a grain */
	void		(*check_grain) (const void *options, Grain grain);

	/* Put the rows of a ledger */
	void		(*put) (Datum ledger, void *options);
} Metric;

extern Datum metric_of_ledger(FunctionCallInfo fcinfo, const Metric *metric);
extern Datum metric_of_source(FunctionCallInfo fcinfo, const Metric *metric);

/* name(ledger, options...) */
#define METRIC_FUNCTION(name, metric) \
	PG_FUNCTION_INFO_V1(name); \
	Datum name(PG_FUNCTION_ARGS) \
	{ \
		return metric_of_ledger(fcinfo, &metric); \
	} \
	extern Datum name(PG_FUNCTION_ARGS)

/* That, and name(source, customer, at, amount, grain, options..., shape, ...) */
#define METRIC_FUNCTIONS(name, metric) \
	METRIC_FUNCTION(name, metric); \
	PG_FUNCTION_INFO_V1(name##_from); \
	Datum name##_from(PG_FUNCTION_ARGS) \
	{ \
		return metric_of_source(fcinfo, &metric); \
	} \
	extern Datum name##_from(PG_FUNCTION_ARGS)

extern Size metric_memory(void);
extern const LedgerInfo *metric_info(const LedgerScan *scan);

extern void result_money(ResultRows *rows, const LedgerInfo *info, int128 amount);
extern void result_percent(ResultRows *rows, Fraction rate);
extern void result_ratio(ResultRows *rows, Fraction ratio);

#endif							/* NRR_BRIDGE_METRIC_H */
