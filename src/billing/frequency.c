/*-------------------------------------------------------------------------
 *
 * billing/frequency.c
 *	  How often something is billed, in words.
 *
 * A frequency is a word, such as "monthly"; or units of time, such as "year",
 * "6 months", "two-year" or "every 3 weeks"; or else an interval as PostgreSQL
 * reads it.  Blanks, hyphens, underscores and points between the letters of a
 * word do not count, nor does case: "semi-annual" is "Semiannual".
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <ctype.h>

#include "base/compat.h"

#include "base/excerpt.h"
#include "base/near_names.h"
#include "billing/frequency.h"
#include "utils/datetime.h"
#include "utils/timestamp.h"

#define DIGITS	"0123456789"

/* More digits than this are left to the reader of intervals */
#define COUNT_DIGITS	9

/* The words for a billing period; of a unit, there can be several */
static const struct
{
	const char *word;
	bool		unit;
	BillingPeriod period;
}			words[] =
{
	{"day", true, {0, 1}},
	{"week", true, {0, 7}},
	{"wk", true, {0, 7}},
	{"fortnight", true, {0, 14}},
	{"month", true, {1, 0}},
	{"mon", true, {1, 0}},
	{"mo", true, {1, 0}},
	{"mth", true, {1, 0}},
	{"quarter", true, {3, 0}},
	{"qtr", true, {3, 0}},
	{"half-year", true, {6, 0}},
	{"year", true, {12, 0}},
	{"yr", true, {12, 0}},
	{"annum", true, {12, 0}},
	{"daily", false, {0, 1}},
	{"weekly", false, {0, 7}},
	{"fortnightly", false, {0, 14}},
	{"monthly", false, {1, 0}},
	{"month-to-month", false, {1, 0}},
	{"quarterly", false, {3, 0}},
	{"semiannual", false, {6, 0}},
	{"semiannually", false, {6, 0}},
	{"half-yearly", false, {6, 0}},
	{"annual", false, {12, 0}},
	{"annually", false, {12, 0}},
	{"yearly", false, {12, 0}},
	{"biennial", false, {24, 0}},
	{"biennially", false, {24, 0}},
	{"triennial", false, {36, 0}},
	{"triennially", false, {36, 0}}
};

/* Words that mean one thing to some, and another thing to others */
static const struct
{
	const char *word;
	const char *seldom;
	const char *often;
	const char *unit;
}			ambiguous_words[] =
{
	{"biweekly", "every 2 weeks", "twice a week", "week"},
	{"bimonthly", "every 2 months", "twice a month", "month"},
	{"biannual", "every 2 years", "twice a year", "year"},
	{"biannually", "every 2 years", "twice a year", "year"},
	{"biyearly", "every 2 years", "twice a year", "year"}
};

static const struct
{
	const char *word;
	int			number;
}			numbers[] =
{
	{"one", 1}, {"two", 2}, {"three", 3}, {"four", 4}, {"five", 5}, {"six", 6},
	{"seven", 7}, {"eight", 8}, {"nine", 9}, {"ten", 10}, {"eleven", 11},
	{"twelve", 12}, {"thirty", 30}, {"sixty", 60}, {"ninety", 90}
};

/* A frequency in its parts: [every] [count] word */
typedef struct FrequencyParts
{
	const char *text;			/* all of it, as it was given */
	const char *interval;		/* from the count on, as it was given */
	bool		unit;			/* the rest must be one */
	int64		count;
	char	   *word;			/* the rest, in lower case */
} FrequencyParts;

/*
 * An interval as a billing period: whole days or months, and some.
 */
BillingPeriod
period_of_interval(Interval *interval)
{
	BillingPeriod period = {interval->month, interval->day};

	if (interval->time != 0 || period.months < 0 || period.days < 0 ||
		(period.months == 0 && period.days == 0))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("\"%s\" is not a billing period",
						DatumGetCString(DirectFunctionCall1(interval_out, IntervalPGetDatum(interval)))),
				 errhint("A billing period is a positive number of whole days, weeks, months or years.")));
	return period;
}

/*
 * Taking a frequency apart
 */

static bool
is_separator(char c)
{
	return isspace((unsigned char) c) || c == '-' || c == '_' || c == '.';
}

static char *
skip_separators(const char *text)
{
	while (is_separator(*text))
		text++;
	return unconstify(char *, text);
}

/* Is this the word, or, of a unit, its plural?  What separates letters does not count. */
static bool
is_word(const char *text, const char *word, bool unit)
{
	while (*word != '\0' && *text == *word)
	{
		text = skip_separators(text + 1);
		word = skip_separators(word + 1);
	}
	if (unit && *text == 's')
		text = skip_separators(text + 1);
	return *word == '\0' && *text == '\0';
}

/* Take a word away that a text begins with, and that another one follows */
static bool
take_prefix(char **text, const char *word)
{
	int			length = strlen(word);

	if (strncmp(*text, word, length) != 0 || !is_separator((*text)[length]))
		return false;
	*text = skip_separators(*text + length);
	return true;
}

static bool
take_count(char **text, int64 *count)
{
	int			digits = strspn(*text, DIGITS);

	if (digits > 0 && digits <= COUNT_DIGITS)
	{
		*count = strtol(*text, NULL, 10);
		*text = skip_separators(*text + digits);
		return true;
	}
	for (int i = 0; i < lengthof(numbers); i++)
	{
		*count = numbers[i].number;
		if (take_prefix(text, numbers[i].word))
			return true;
	}
	*count = 1;
	return false;
}

static void
take_apart(const char *frequency, FrequencyParts *parts)
{
	char	   *lower = pstrdup(frequency);
	char	   *rest = lower;
	int			length = strlen(lower);

	for (int i = 0; i < length; i++)
		lower[i] = pg_ascii_tolower((unsigned char) lower[i]);
	while (length > 0 && isspace((unsigned char) lower[length - 1]))
		lower[--length] = '\0';
	while (isspace((unsigned char) *rest))
		rest++;
	parts->text = frequency;
	parts->unit = take_prefix(&rest, "every") || take_prefix(&rest, "per");
	parts->interval = frequency + (rest - lower);
	parts->unit |= take_count(&rest, &parts->count);
	parts->word = rest;
}

/*
 * What it means
 */

static bool
known_period(const FrequencyParts *parts, BillingPeriod *period)
{
	for (int i = 0; i < lengthof(words); i++)
	{
		if ((words[i].unit || !parts->unit) && is_word(parts->word, words[i].word, words[i].unit))
		{
			period->months = parts->count * words[i].period.months;
			period->days = parts->count * words[i].period.days;
			return parts->count > 0;
		}
	}
	return false;
}

static void
check_not_ambiguous(const FrequencyParts *parts)
{
	for (int i = 0; i < lengthof(ambiguous_words); i++)
	{
		if (is_word(parts->word, ambiguous_words[i].word, false))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("billing frequency \"%s\" has two meanings", excerpt(parts->text)),
					 errdetail("It is \"%s\" to some and \"%s\" to others.",
							   ambiguous_words[i].seldom, ambiguous_words[i].often),
					 errhint("Write \"%s\", or give twice the amount for every \"%s\".",
							 ambiguous_words[i].seldom, ambiguous_words[i].unit)));
	}
}

/*
 * Can it be an interval that PostgreSQL reads?  If not, it is a mistyped word,
 * and the message can say so.
 */
static bool
may_be_interval(const FrequencyParts *parts)
{
	int			value;

	if (strlen(parts->interval) > MAXDATELEN || strpbrk(parts->interval, DIGITS) == NULL)
		return false;
	return strpbrk(parts->word, DIGITS) != NULL ||
		DecodeUnits(0, parts->word, &value) != UNKNOWN_FIELD;
}

pg_noreturn static void
unknown_frequency(const FrequencyParts *parts)
{
	NearNames	near;
	int			length = strlen(parts->word);
	const char *list;

	/* the words are in the singular */
	if (length > 0 && parts->word[length - 1] == 's')
		parts->word[--length] = '\0';
	if (near_names_begin(&near, parts->word))
	{
		/* one letter of three may differ: the words are short */
		near.limit = length;
		for (int i = 0; i < lengthof(words); i++)
		{
			if (words[i].unit || !parts->unit)
				near_names_consider(&near, words[i].word);
		}
	}
	list = near_names_list(&near);
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unknown billing frequency \"%s\"", excerpt(parts->text)),
			 list != NULL ?
			 errhint("Similar words are %s; a frequency may also be a number of units of time, such as \"every 6 months\".", list) :
			 errhint("It is daily, weekly, fortnightly, monthly, quarterly, semiannual, annual or biennial, or a number of days, weeks, months, quarters or years, such as \"every 6 months\".")));
}

static void
frequency_context(void *arg)
{
	errcontext("billing frequency \"%s\"", excerpt(arg));
}

static BillingPeriod
period_of_interval_text(const FrequencyParts *parts)
{
	ErrorContextCallback context = {error_context_stack, frequency_context, unconstify(char *, parts->text)};
	Datum		interval;

	error_context_stack = &context;
	interval = DirectFunctionCall3(interval_in, CStringGetDatum(parts->interval),
								   ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1));
	error_context_stack = context.previous;
	return period_of_interval(DatumGetIntervalP(interval));
}

BillingPeriod
period_of_frequency(const char *frequency)
{
	FrequencyParts parts;
	BillingPeriod period;

	take_apart(frequency, &parts);
	if (known_period(&parts, &period))
		return period;
	check_not_ambiguous(&parts);
	if (!may_be_interval(&parts))
		unknown_frequency(&parts);
	return period_of_interval_text(&parts);
}
