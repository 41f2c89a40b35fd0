/*-------------------------------------------------------------------------
 *
 * billing/lint_report.c
 *	  The findings of ledger_lint: what there may be, how often each was met,
 *	  and the least place at which it was.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"

#include "base/result_rows.h"
#include "billing/lint_report.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

/* In which senses of a table there may be a finding */
#define PAYMENTS		(1 << TABLE_OF_PAYMENTS)
#define SUBSCRIPTIONS	(1 << TABLE_OF_SUBSCRIPTIONS)
#define INVOICES		(1 << TABLE_OF_INVOICES)
#define SNAPSHOTS		(1 << TABLE_OF_SNAPSHOTS)
#define CHANGES			(1 << TABLE_OF_CHANGES)
#define DATES			(PAYMENTS | SNAPSHOTS | CHANGES)
#define RANGES			(SUBSCRIPTIONS | INVOICES)
#define ANY				(DATES | RANGES)

typedef struct FindingText
{
	const char *name;
	int			shapes;
	const char *advice;
} FindingText;

static const FindingText texts[LINT_FINDINGS] = {
	[FOUND_NULL_CUSTOMER] = {"null customer", ANY,
	"Rows without a customer are ignored: fill it in, or give them one with coalesce(customer, ...)."},
	[FOUND_NULL_DATE] = {"null date", ANY,
	"Rows without a date are ignored: fill it in."},
	[FOUND_NULL_AMOUNT] = {"null amount", ANY,
	"Rows without an amount are ignored: fill it in."},
	[FOUND_INFINITE_DATE] = {"infinite date", DATES,
	"An infinite date falls in no period and is an error: leave such rows out with FILTER (WHERE isfinite(at))."},
	[FOUND_DATE_OUT_OF_RANGE] = {"date out of range", ANY,
	"Periods are known from 4713-01-01 BC to 5874896-12-31, and a date beyond them is an error: correct it, or leave such rows out."},
	[FOUND_UNBOUNDED_START] = {"unbounded start", RANGES,
	"A subscription without a start is an error: give it one, or leave such rows out with FILTER (WHERE isfinite(lower(at)))."},
	[FOUND_REVERSED_ENDS] = {"reversed ends", RANGES,
	"The end lies before the start, which is an error: swap the two, or correct the mistyped one."},
	[FOUND_EMPTY_RANGE] = {"empty range", RANGES,
	"Empty ranges add nothing: see whether their ends should lie after their starts, or belong to them (bounds => '[]')."},
	[FOUND_NOT_A_NUMBER] = {"not a number", ANY,
	"NaN and infinity are an error in a sum of money: mend such rows, or leave them out with FILTER (WHERE amount > '-Infinity' AND amount < 'Infinity')."},
	[FOUND_TOO_MANY_DIGITS] = {"too many digits", ANY,
	"An amount of more than 32 digits, decimals included, is an error: round it, for example with round(amount, 2)."},
	[FOUND_FUTURE_DATE] = {"future date", DATES,
	"Later than now: correct mistyped dates, and pass through => current_date to the readers so that they end with the current period."},
	[FOUND_FUTURE_START] = {"future start", RANGES,
	"Later than now: correct mistyped dates, and pass through => current_date to the readers so that they end with the current period."},
	[FOUND_SNAPSHOT_TABLE] = {"snapshot table", PAYMENTS,
	"The same amount day after day is what a customer pays, as seen on each of these days, and adding the days up counts it many times: pass shape => 'snapshots'."},
	[FOUND_SNAPSHOT_TWICE] = {"snapshot twice", SNAPSHOTS,
	"More rows of a customer on this day than on those around it, of other amounts, all of which count: if a snapshot was loaded twice, delete the first load."},
	[FOUND_MISSING_SNAPSHOT] = {"missing snapshot", SNAPSHOTS,
	"No snapshot for longer than is usual: load those that are missing; a period without any is one in which everybody has churned."},
	[FOUND_DUPLICATE_ROW] = {"duplicate row", ANY,
	"The same customer, date and amount as in another row, and both count: if they are no payments of their own, read SELECT DISTINCT rows, or mend the import."},
	[FOUND_OVERLAPPING_DUPLICATE] = {"overlapping duplicate", RANGES,
	"The same customer and amount as in another row whose range overlaps, and both count: unless the customer has both, end the one where the other starts."},
	[FOUND_OPEN_UPGRADE] = {"open upgrade", SUBSCRIPTIONS,
	"A row of another amount begins while this one lasts, and both count: if it takes this one's place, pass close => 'next', with item => the column of what is sold if customers have several."},
	[FOUND_INCLUSIVE_END] = {"inclusive end", RANGES,
	"The end looks like the last day that is paid for, and is read as the first that is not: pass bounds => '[]', or add a day to the ends of ranges; bounds => '[)' says that all is well."},
	[FOUND_RENEWAL_GAP] = {"renewal gap", SUBSCRIPTIONS,
	"Less than four weeks between the end of a range and the next start, over the end of a period, are churn and reactivation: if it is a late renewal, pass grace => 1 to the readers."},
	[FOUND_UNSEEN_SUBSCRIPTION] = {"unseen subscription", SUBSCRIPTIONS,
	"It begins and ends between the moments at which subscriptions are counted, so that its customer pays nothing then: take a finer grain, or read the rows as invoices."},
	[FOUND_ZERO_AMOUNT] = {"zero amount", ANY,
	"Zeros make no customer active, but widen the range of periods: leave free plans and trials out with FILTER (WHERE amount <> 0)."},
	[FOUND_NO_REVENUE] = {"no revenue", ANY,
	"These customers have rows, but never revenue, and are not counted: to count whoever has a row, make a second ledger of the amount 1."},
	[FOUND_NEGATIVE_MONTH] = {"negative month", PAYMENTS | SUBSCRIPTIONS | CHANGES,
	"Credits beyond the revenue of their month count as no revenue: date a credit note to the month that it corrects."},
	[FOUND_LATE_INVOICE] = {"late invoice", PAYMENTS,
	"A month or two without an amount between equal ones is churn and reactivation, or a late invoice: if so, pass grace => 1 or grace => 2 to the readers."},
	[FOUND_ANNUAL_SPIKE] = {"annual spike", PAYMENTS,
	"A year paid at once is expansion and then churn: spread it over its service period with invoice_ledger, or take mrr(amount, 'annual') into a subscription_ledger."},
	[FOUND_LONG_BILLING_PERIOD] = {"long billing period", PAYMENTS,
	"Paying every few months is churn and reactivation by the month: spread the amounts over their service periods with invoice_ledger, take for example mrr(amount, 'quarterly') into a subscription_ledger, or take a coarser grain."},
	[FOUND_DAY_CYCLE] = {"day cycle", PAYMENTS,
	"Cycles of days drift against the calendar, into months without a payment and months with two: spread each payment over its days, for example with invoice_ledger(customer, daterange(at, at + 30), amount)."},
	[FOUND_MIXED_SCALE] = {"mixed scale", ANY,
	"Some amounts are about 100 times others: see whether cents and whole units are mixed, and bring them to one unit."},
	[FOUND_STRAY_DECIMALS] = {"stray decimals", ANY,
	"These need more decimals than the other amounts, as unrounded quotients do: round them, for example with round(amount, 2)."},
};

/*
 * Which findings are wanted of a source: those that its options do not answer.
 */
void
lint_report_init(LintReport *report, const BillingSource *source)
{
	memset(report, 0, sizeof(LintReport));
	report->context = CurrentMemoryContext;
	for (int i = 0; i < LINT_FINDINGS; i++)
		report->wanted[i] = (texts[i].shapes & 1 << source->shape) != 0;
	if (source->shape_given)
		report->wanted[FOUND_SNAPSHOT_TABLE] = false;
	if (source->close_next)
		report->wanted[FOUND_OPEN_UPGRADE] = false;
	if (source->bound != END_NOT_SAID)
		report->wanted[FOUND_INCLUSIVE_END] = false;
}

const char *
lint_customer_text(LintCustomer *customer)
{
	if (customer->known && customer->text == NULL)
	{
		MemoryContext caller = MemoryContextSwitchTo(customer->context);

		customer->text = TextDatumGetCString(customer_to_text(customer->kind, &customer->key));
		MemoryContextSwitchTo(caller);
	}
	return customer->text;
}

static int
compare_customers(const char *a, const char *b)
{
	if (a == NULL || b == NULL)
		return (a == NULL) - (b == NULL);
	return strcmp(a, b);
}

/*
 * Is a place not after that of a sample?
 */
bool
lint_sample_precedes(const LintSample *sample, LintCustomer *customer, int64 moment)
{
	int			order;

	if (!sample->given)
		return true;
	order = compare_customers(lint_customer_text(customer), sample->customer);
	return order < 0 || (order == 0 && moment <= sample->moment);
}

static void
forget_sample(LintSample *sample)
{
	if (sample->customer != NULL)
		pfree(unconstify(char *, sample->customer));
	if (sample->text != NULL)
		pfree(unconstify(char *, sample->text));
}

static void
keep_sample(LintReport *report, LintSample *sample, const LintSample *place)
{
	if (sample->given &&
		compare_customers(place->customer, sample->customer) == 0 &&
		place->moment == sample->moment && strcmp(place->text, sample->text) >= 0)
		return;
	forget_sample(sample);
	sample->given = true;
	sample->customer = place->customer == NULL ? NULL :
		MemoryContextStrdup(report->context, place->customer);
	sample->moment = place->moment;
	sample->text = MemoryContextStrdup(report->context, place->text);
}

/*
 * Let a place that precedes the sample take its place; of texts of the same
 * place, the lesser.
 */
void
lint_sample_give(LintReport *report, LintSample *sample, LintCustomer *customer,
				 int64 moment, const char *text)
{
	LintSample	place = {true, lint_customer_text(customer), moment, text};

	keep_sample(report, sample, &place);
}

const char *
lint_sample_text(LintCustomer *customer, const char *at, const char *amount)
{
	const char *text = lint_customer_text(customer);

	return psprintf("customer %s, %s, amount %s", text == NULL ? "NULL" : text, at, amount);
}

/*
 * Add places that were counted elsewhere, the least of them given.
 */
void
lint_report_offer(LintReport *report, LintFinding finding, int64 count, const LintSample *sample)
{
	LintSample *least = &report->samples[finding];
	int			order;

	if (!report->wanted[finding] || count == 0)
		return;
	report->counts[finding] += count;
	order = least->given ? compare_customers(sample->customer, least->customer) : -1;
	if (order < 0 || (order == 0 && sample->moment <= least->moment))
		keep_sample(report, least, sample);
}

/*
 * A row for each finding
 */
void
lint_report_put(const LintReport *report, ReturnSetInfo *result)
{
	ResultRows	rows;

	result_rows_begin(&rows, result);
	for (int i = 0; i < LINT_FINDINGS; i++)
	{
		if (report->counts[i] == 0)
			continue;
		result_column(&rows, CStringGetTextDatum(texts[i].name));
		result_column(&rows, Int64GetDatum(report->counts[i]));
		result_column(&rows, CStringGetTextDatum(report->samples[i].text));
		result_column(&rows, CStringGetTextDatum(texts[i].advice));
		result_rows_put(&rows);
	}
	result_rows_end(&rows);
}
