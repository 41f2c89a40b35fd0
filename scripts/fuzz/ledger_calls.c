/*-------------------------------------------------------------------------
 *
 * ledger_calls.c
 *	  The functions of SQL that read a revenue_ledger, and their options, as
 *	  targets have them from an input.
 *
 *-------------------------------------------------------------------------
 */
#include "ledger_calls.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"

const Column entries_columns[ENTRIES_COLUMNS] = {
	{"customer", TEXTOID}, {"period", DATEOID}, {"amount", NUMERICOID}
};

const Column movements_columns[MOVEMENTS_COLUMNS] = {
	{"period", DATEOID}, {"starting", NUMERICOID}, {"new", NUMERICOID}, {"reactivation", NUMERICOID},
	{"expansion", NUMERICOID}, {"contraction", NUMERICOID}, {"churn", NUMERICOID}, {"ending", NUMERICOID},
	{"starting_customers", INT8OID}, {"new_customers", INT8OID}, {"reactivated_customers", INT8OID},
	{"expanded_customers", INT8OID}, {"contracted_customers", INT8OID}, {"churned_customers", INT8OID},
	{"ending_customers", INT8OID}, {"nrr", NUMERICOID}, {"grr", NUMERICOID}, {"logo_retention", NUMERICOID},
	{"churn_rate", NUMERICOID}, {"quick_ratio", NUMERICOID}, {"negative", NUMERICOID}
};

static const Column customer_columns[] = {
	{"customer", TEXTOID}, {"period", DATEOID}, {"previous", NUMERICOID}, {"current", NUMERICOID},
	{"change", NUMERICOID}, {"category", TEXTOID}
};

static const Column cohort_columns[] = {
	{"cohort", DATEOID}, {"period", DATEOID}, {"age", INT4OID}, {"cohort_customers", INT8OID},
	{"customers", INT8OID}, {"cohort_revenue", NUMERICOID}, {"revenue", NUMERICOID},
	{"retained_revenue", NUMERICOID}, {"nrr", NUMERICOID}, {"grr", NUMERICOID},
	{"logo_retention", NUMERICOID}, {"complete", BOOLOID}
};

/* OPTIONS_SIZE bytes of an input */
Options
take_options(Input *input)
{
	Options		options = {0};

	options.flags = input_byte(input);
	options.from_offset = input_int16(input);
	options.to_offset = input_int16(input);
	options.lookback = input_byte(input);
	options.grace = input_byte(input);
	options.within = input_byte(input);
	options.baseline = input_byte(input);
	options.cohort_grain = input_byte(input);
	options.size = (uint16) input_int16(input);
	return options;
}

/* A date so many days, or years, after the first of a ledger */
static DateADT
place_date(const Options *options, DateADT first, int offset)
{
	int64		date = first + (int64) offset * (options->flags & OPTION_FAR ? 366 : 1);

	return IS_VALID_DATE(date) ? (DateADT) date : first;
}

/*
 * Dates around those of a ledger are the interesting ones.
 */
void
place_options(Options *options, Datum ledger)
{
	LedgerInfo	info;
	DateADT		first = 0;
	const RevenueLedger *flat = (RevenueLedger *) DatumGetPointer(ledger);

	if (flat->flags != LEDGER_OPEN && ledger_get_info(flat, (const char *) flat + VARSIZE(flat), &info) != NULL &&
		info.periods > 0)
		first = period_start(info.grain, info.first);
	options->from = place_date(options, first, options->from_offset);
	options->to = place_date(options, first, options->to_offset);
	if (options->to < options->from && (options->flags & OPTION_SWAP) == 0)
	{
		DateADT		date = options->to;

		options->to = options->from;
		options->from = date;
	}
}

static NullableDatum
from_date(const Options *options)
{
	return options->flags & OPTION_NO_FROM ? no_argument() : A(DateADTGetDatum(options->from));
}

static NullableDatum
until_date(const Options *options)
{
	return options->flags & OPTION_NO_TO ? no_argument() : A(DateADTGetDatum(options->to));
}

static NullableDatum
rule(const Options *options, int value)
{
	return options->flags & OPTION_NO_RULES ? no_argument() : A(Int32GetDatum(value));
}

static NullableDatum
cohort_grain(const Options *options)
{
	if (options->flags & OPTION_NO_GRAIN)
		return no_argument();
	return A(CStringGetTextDatum(grain_name(options->cohort_grain % (GRAIN_LAST + 1))));
}

static void
read_rows(Datum ledger, const Options *options)
{
	NullableDatum entries[] = {A(ledger), until_date(options)};
	NullableDatum movements[] = {
		A(ledger), rule(options, options->lookback), until_date(options), rule(options, options->grace),
		rule(options, options->within)
	};
	NullableDatum customers[] = {
		A(ledger), rule(options, options->lookback), from_date(options), until_date(options),
		rule(options, options->grace), rule(options, options->within)
	};
	NullableDatum cohorts[] = {
		A(ledger), cohort_grain(options), rule(options, options->baseline), until_date(options),
		rule(options, options->grace)
	};

	(void) call_rows(ledger_entries, entries_columns, ENTRIES_COLUMNS, lengthof(entries), entries);
	(void) call_rows(revenue_movements, movements_columns, MOVEMENTS_COLUMNS, lengthof(movements), movements);
	(void) call_rows(customer_movements, customer_columns, lengthof(customer_columns),
					 lengthof(customers), customers);
	(void) call_rows(cohort_retention, cohort_columns, lengthof(cohort_columns), lengthof(cohorts), cohorts);
}

/*
 * Call everything that reads a ledger.
 */
void
read_everything(Datum ledger, const Options *options)
{
	static const PGFunction facts[] = {
		revenue_ledger_customers, revenue_ledger_periods, revenue_ledger_total,
		revenue_ledger_grain, revenue_ledger_snapshot_rule, revenue_ledger_hash,
		revenue_ledger_out, revenue_ledger_send
	};

	for (int i = 0; i < lengthof(facts); i++)
		(void) call(facts[i], 1, A(ledger));
	read_rows(ledger, options);
	(void) call(revenue_ledger_slice, 3, A(ledger), from_date(options), until_date(options));
	(void) call(retention_of_ledger, 4, A(ledger), from_date(options), until_date(options),
				rule(options, options->grace));
	(void) call(revenue_ledger_cmp, 2, A(ledger), A(ledger));
	(void) call(revenue_ledger_plus, 2, A(ledger), A(ledger));
	(void) call(revenue_ledger_minus, 2, A(ledger), A(ledger));
}

/* rollup of two ledgers */
Outcome
roll_up(Datum a, Datum b)
{
	NullableDatum args[2] = {no_argument(), A(a)};
	Outcome		state = call_aggregate(revenue_ledger_merge, 2, args, NULL);

	if (!state.ok)
		return state;
	args[0] = A(state.value);
	args[1] = A(b);
	state = call_aggregate(revenue_ledger_merge, 2, args, NULL);
	if (!state.ok)
		return state;
	args[0] = A(state.value);
	return call_aggregate(revenue_ledger_final, 1, args, NULL);
}
