/*-------------------------------------------------------------------------
 *
 * bridge/summary_text.c
 *	  The text of a retention_summary: a JSON object with exact numbers.
 *
 * It is read by a parser of our own, because it must not lose what a general one
 * may: the digits of the second moments, which no number type except numeric has,
 * and keys given twice.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/compat.h"

#include "base/excerpt.h"
#include "bridge/summary.h"
#include "lib/stringinfo.h"

PG_FUNCTION_INFO_V1(retention_summary_in);
PG_FUNCTION_INFO_V1(retention_summary_out);
PG_FUNCTION_INFO_V1(retention_summary_to_json);
PG_FUNCTION_INFO_V1(retention_summary_to_jsonb);

/*
 * The keys, in the order in which they are printed: amounts, customers and
 * moments.  What can be told from the others is printed for the reader's sake,
 * and must agree with them where it is read.
 */
#define KEY_AMOUNTS		0
#define KEY_ENDING		BRIDGE_PARTS
#define KEY_CUSTOMERS	(KEY_ENDING + 1)
#define KEY_ENDING_CUSTOMERS (KEY_CUSTOMERS + BRIDGE_PARTS)
#define KEY_MOMENTS		(KEY_ENDING_CUSTOMERS + 1)
#define KEYS			(KEY_MOMENTS + SUMMARY_MOMENTS)

static const char *const keys[KEYS] = {
	[KEY_AMOUNTS + BRIDGE_STARTING] = "starting",
	[KEY_AMOUNTS + MOVEMENT_NEW] = "new",
	[KEY_AMOUNTS + MOVEMENT_REACTIVATION] = "reactivation",
	[KEY_AMOUNTS + MOVEMENT_EXPANSION] = "expansion",
	[KEY_AMOUNTS + MOVEMENT_CONTRACTION] = "contraction",
	[KEY_AMOUNTS + MOVEMENT_CHURN] = "churn",
	[KEY_ENDING] = "ending",
	[KEY_CUSTOMERS + BRIDGE_STARTING] = "starting_customers",
	[KEY_CUSTOMERS + MOVEMENT_NEW] = "new_customers",
	[KEY_CUSTOMERS + MOVEMENT_REACTIVATION] = "reactivated_customers",
	[KEY_CUSTOMERS + MOVEMENT_EXPANSION] = "expanded_customers",
	[KEY_CUSTOMERS + MOVEMENT_CONTRACTION] = "contracted_customers",
	[KEY_CUSTOMERS + MOVEMENT_CHURN] = "churned_customers",
	[KEY_ENDING_CUSTOMERS] = "ending_customers",
	[KEY_MOMENTS + MOMENT_SS] = "starting_squared",
	[KEY_MOMENTS + MOMENT_EE] = "ending_squared",
	[KEY_MOMENTS + MOMENT_SE] = "starting_x_ending",
	[KEY_MOMENTS + MOMENT_MM] = "retained_squared",
	[KEY_MOMENTS + MOMENT_SM] = "starting_x_retained",
};

static void
print_amount(StringInfo text, const RetentionSummary *summary, int128 amount)
{
	Datum		number = money_to_numeric(amount, summary->scale, summary->dscale);

	appendStringInfoString(text, DatumGetCString(DirectFunctionCall1(numeric_out, number)));
}

static void
print_value(StringInfo text, const RetentionSummary *summary, int key)
{
	char		moment[WIDE_STRING_SIZE];

	if (key < KEY_ENDING)
		print_amount(text, summary, summary->bridge.amounts[key - KEY_AMOUNTS]);
	else if (key == KEY_ENDING)
		print_amount(text, summary, bridge_ending(&summary->bridge));
	else if (key < KEY_ENDING_CUSTOMERS)
		appendStringInfo(text, INT64_FORMAT, summary->bridge.customers[key - KEY_CUSTOMERS]);
	else if (key == KEY_ENDING_CUSTOMERS)
		appendStringInfo(text, INT64_FORMAT, bridge_ending_customers(&summary->bridge));
	else
	{
		wide_to_string(&summary->moments[key - KEY_MOMENTS], 2 * summary->scale, moment);
		appendStringInfoString(text, moment);
	}
}

static char *
summary_to_string(const RetentionSummary *summary)
{
	StringInfoData text;

	initStringInfo(&text);
	for (int key = 0; key < KEYS; key++)
	{
		appendStringInfo(&text, "%s\"%s\": ", key == 0 ? "{" : ", ", keys[key]);
		print_value(&text, summary, key);
	}
	appendStringInfoChar(&text, '}');
	return text.data;
}

/* More than any summary prints; what is read no further needs no look for a cancel */
#define MAX_TEXT_LENGTH	(1024 * 1024)

/* A number as it is written: a value at a scale, without trailing zeros */
typedef struct WrittenNumber
{
	Wide		value;
	int			scale;
	int			decimals;		/* trailing zeros included */
} WrittenNumber;

static void
skip_blanks(const char **p)
{
	*p += strspn(*p, " \t\r\n");
}

static bool
skip_character(const char **p, char character)
{
	skip_blanks(p);
	if (**p != character)
		return false;
	(*p)++;
	return true;
}

/* The number of a quoted key, or KEYS */
static int
read_key(const char **p)
{
	Size		length;
	int			key = 0;

	if (!skip_character(p, '"'))
		return KEYS;
	length = strcspn(*p, "\"");
	while (key < KEYS && (strlen(keys[key]) != length || strncmp(keys[key], *p, length) != 0))
		key++;
	*p += length;
	return skip_character(p, '"') ? key : KEYS;
}

/*
 * Read a number that is not negative: digits[.digits], as JSON has them without
 * an exponent.
 */
static bool
read_number(const char **p, WrittenNumber *number)
{
	static const char *const digits = "0123456789";
	const char *first;
	int			integers;

	skip_blanks(p);
	first = *p;
	integers = strspn(first, digits);
	*p += integers;
	if (integers == 0 || (integers > 1 && *first == '0'))
		return false;
	number->decimals = 0;
	if (**p == '.')
	{
		(*p)++;
		number->decimals = strspn(*p, digits);
		if (number->decimals == 0)
			return false;
	}
	number->scale = number->decimals;
	while (number->scale > 0 && (*p)[number->scale - 1] == '0')
		number->scale--;
	if (integers + number->scale > WIDE_DIGITS + 1)
		return false;

	number->value = (Wide) {0};
	for (int i = 0; i < integers + number->scale; i++)
	{
		wide_multiply(&number->value, 10);
		wide_add_narrow(&number->value, (i < integers ? first[i] : (*p)[i - integers]) - '0');
	}
	*p += number->decimals;
	return true;
}

/*
 * The digits of a number at a scale, if they fit that and a number of digits.
 */
static bool
number_at_scale(const WrittenNumber *number, int scale, int digits, Wide *value)
{
	Wide		limit;

	if (number->scale > scale)
		return false;
	*value = number->value;
	limit = (Wide) {1, 0};
	for (int i = scale - number->scale; i < digits; i++)
		wide_multiply(&limit, 10);
	if (!wide_is_zero(value) && !wide_less(value, &limit))
		return false;
	for (int i = number->scale; i < scale; i++)
		wide_multiply(value, 10);
	return true;
}

/*
 * Read the object; gives what is wrong, as a sentence, or NULL.
 */
static const char *
read_object(const char *p, WrittenNumber *numbers)
{
	bool		seen[KEYS] = {false};

	if (strnlen(p, MAX_TEXT_LENGTH + 1) > MAX_TEXT_LENGTH)
		return "It is too long.";
	if (!skip_character(&p, '{'))
		return "The text of a summary is a JSON object.";
	for (int i = 0; i < KEYS; i++)
	{
		int			key;

		if (i > 0 && !skip_character(&p, ','))
			return "A key is missing, or a number has more than digits and a point.";
		key = read_key(&p);
		if (key == KEYS)
			return "There is an unknown key.";
		if (seen[key])
			return "A key is there twice.";
		seen[key] = true;
		if (!skip_character(&p, ':') || !read_number(&p, &numbers[key]))
			return "A value is not a number, or is negative, or has too many digits.";
	}
	if (!skip_character(&p, '}'))
		return "There is more than the keys of a summary.";
	skip_blanks(&p);
	return *p == '\0' ? NULL : "Something follows the object.";
}

/* The smallest scale for all numbers; moments have twice as many decimals */
static void
set_scales(RetentionSummary *summary, const WrittenNumber *numbers)
{
	int			decimals = 0;

	for (int key = 0; key < KEYS; key++)
	{
		int			scale = numbers[key].scale;

		if (key >= KEY_MOMENTS)
			scale = (scale + 1) / 2;
		summary->scale = Max(summary->scale, scale);
		if (key <= KEY_ENDING)
			decimals = Max(decimals, numbers[key].decimals);
	}
	summary->dscale = Max(summary->scale, Min(decimals, MONEY_MAX_DSCALE));
}

static const char *
summary_from_numbers(RetentionSummary *summary, const WrittenNumber *numbers)
{
	Wide		value;
	Wide		ending = {0};
	Wide		ending_customers = {0};
	const char *problem;

	set_scales(summary, numbers);
	for (int key = 0; key < KEYS; key++)
	{
		if (key <= KEY_ENDING)
		{
			if (!number_at_scale(&numbers[key], summary->scale, MONEY_DIGITS, &value))
				return "An amount has too many digits.";
			if (key == KEY_ENDING)
				ending = value;
			else
				summary->bridge.amounts[key - KEY_AMOUNTS] = value.low;
		}
		else if (key <= KEY_ENDING_CUSTOMERS)
		{
			if (!number_at_scale(&numbers[key], 0, MONEY_DIGITS, &value) || value.low > PG_INT64_MAX)
				return "A number of customers is out of range.";
			if (key == KEY_ENDING_CUSTOMERS)
				ending_customers = value;
			else
				summary->bridge.customers[key - KEY_CUSTOMERS] = value.low;
		}
		else if (!number_at_scale(&numbers[key], 2 * summary->scale, WIDE_DIGITS,
								  &summary->moments[key - KEY_MOMENTS]))
			return "A sum of products has too many digits.";
	}

	problem = summary_problem(summary);
	if (problem == NULL &&
		(ending.low != bridge_ending(&summary->bridge) ||
		 ending_customers.low != bridge_ending_customers(&summary->bridge)))
		problem = "The ending is not what the start and the movements make.";
	return problem;
}

Datum
retention_summary_in(PG_FUNCTION_ARGS)
{
	char	   *text = PG_GETARG_CSTRING(0);
	RetentionSummary *summary = summary_create();
	WrittenNumber numbers[KEYS];
	const char *problem;

	problem = read_object(text, numbers);
	if (problem == NULL)
		problem = summary_from_numbers(summary, numbers);
	if (problem != NULL)
		ereturn(fcinfo->context, (Datum) 0,
				(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
				 errmsg("invalid input syntax for type %s: \"%s\"", "retention_summary", excerpt(text)),
				 errdetail("%s", problem),
				 errhint("A summary is made of rows with retention(starting, ending).")));
	summary->inputs_of_dscale = SUMMARY_FINISHED;
	summary_reduce(summary);
	PG_RETURN_POINTER(summary);
}

Datum
retention_summary_out(PG_FUNCTION_ARGS)
{
	PG_RETURN_CSTRING(summary_to_string(PG_GETARG_SUMMARY(0)));
}

Datum
retention_summary_to_json(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(cstring_to_text(summary_to_string(PG_GETARG_SUMMARY(0))));
}

Datum
retention_summary_to_jsonb(PG_FUNCTION_ARGS)
{
	return DirectFunctionCall1(jsonb_in, CStringGetDatum(summary_to_string(PG_GETARG_SUMMARY(0))));
}
