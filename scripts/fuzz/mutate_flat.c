/*-------------------------------------------------------------------------
 *
 * mutate_flat.c
 *	  Mutations of flat ledgers.
 *
 * Bytes that are changed at random are hardly ever a ledger: counts, totals, keys
 * and the range of periods depend on each other.  So a ledger is taken apart, some
 * of it is changed, most of what depends on that is made to fit, and it is put
 * together again.  What comes out may be sound, or unsound in one place only.
 *
 *-------------------------------------------------------------------------
 */
#include "mutate.h"

enum {KIND_INTEGER, KIND_UUID, KIND_TEXT};

#define MAX_CUSTOMERS	96
#define MAX_RUNS		64
#define MAX_KEY			65600
#define UUID_SIZE		16

/*
 * Ledgers taken apart
 */

typedef struct Run
{
	uint64_t	skipped;
	uint64_t	length;
	int128		amount;
} Run;

typedef struct Series
{
	int			length;
	Run			runs[MAX_RUNS];
} Series;

typedef struct Customer
{
	int64_t		number;
	uint8_t    *key;			/* of MAX_KEY bytes, for the kinds that have one */
	size_t		key_size;
	Series		series;
} Customer;

typedef struct Ledger
{
	uint8_t		header[HEADER_SIZE];
	uint64_t	customers_said;
	uint64_t	entries;
	uint64_t	periods;
	uint64_t	first;			/* as it is coded */
	uint128		total;			/* likewise */
	Series		surplus;
	int			length;
	Customer	customers[MAX_CUSTOMERS];
	size_t		rest_size;		/* bytes that could not be taken apart */
	const uint8_t *rest;
} Ledger;

static Ledger taken;
static uint8_t key_memory[MAX_CUSTOMERS][MAX_KEY];

/* Bytes to be read; 'failed' once they are no ledger's */
typedef struct Bytes
{
	const uint8_t *p;
	const uint8_t *end;
	bool		failed;
} Bytes;

static uint128
take_number(Bytes *bytes)
{
	uint128		number = 0;

	for (int shift = 0; bytes->p < bytes->end && shift < 128; shift += 7)
	{
		uint8_t		byte = *bytes->p++;

		number |= (uint128) (byte & 0x7F) << shift;
		if ((byte & 0x80) == 0)
			return number;
	}
	bytes->failed = true;
	return 0;
}

static int128
unzigzag(uint128 number)
{
	return (int128) (number >> 1) ^ -(int128) (number & 1);
}

static uint128
zigzag(int128 number)
{
	return (uint128) number << 1 ^ (uint128) (number >> 127);
}

static void
take_series(Bytes *bytes, Series *series)
{
	uint64_t	length = (uint64_t) take_number(bytes);

	series->length = 0;
	if (length > MAX_RUNS)
		bytes->failed = true;
	for (uint64_t i = 0; i < length && !bytes->failed; i++)
	{
		Run		   *run = &series->runs[series->length++];
		uint128		token = take_number(bytes);

		run->skipped = (uint64_t) (token >> 1);
		run->amount = unzigzag(take_number(bytes));
		run->length = token & 1 ? (uint64_t) take_number(bytes) + 2 : 1;
	}
}

static void
take_key(Bytes *bytes, int kind, const Customer *previous, Customer *customer)
{
	uint64_t	shared = 0;
	uint64_t	suffix = UUID_SIZE;

	customer->key = key_memory[customer - taken.customers];
	customer->key_size = 0;
	if (kind == KIND_INTEGER)
	{
		uint128		number = take_number(bytes);

		customer->number = previous == NULL ? (int64_t) unzigzag(number) :
			(int64_t) ((uint64_t) previous->number + (uint64_t) number);
		return;
	}
	if (kind == KIND_TEXT)
	{
		shared = (uint64_t) take_number(bytes);
		suffix = (uint64_t) take_number(bytes);
	}
	if (bytes->failed || suffix > (uint64_t) (bytes->end - bytes->p) || suffix > MAX_KEY / 2 ||
		shared > (previous == NULL ? 0 : previous->key_size))
	{
		bytes->failed = true;
		return;
	}
	if (shared > 0)
		memcpy(customer->key, previous->key, shared);
	memcpy(customer->key + shared, bytes->p, suffix);
	customer->key_size = shared + suffix;
	bytes->p += suffix;
}

/*
 * Take a ledger apart as far as it is one.  False if not even its header is there.
 */
static bool
take_ledger(const uint8_t *data, size_t size)
{
	Bytes		bytes = {data + HEADER_SIZE, data + size, false};
	Ledger	   *ledger = &taken;

	if (size < HEADER_SIZE)
		return false;
	memcpy(ledger->header, data, HEADER_SIZE);
	ledger->customers_said = (uint64_t) take_number(&bytes);
	ledger->entries = (uint64_t) take_number(&bytes);
	ledger->periods = (uint64_t) take_number(&bytes);
	ledger->first = ledger->periods > 0 ? (uint64_t) take_number(&bytes) : 0;
	ledger->total = take_number(&bytes);
	take_series(&bytes, &ledger->surplus);
	ledger->length = 0;
	ledger->rest = bytes.p;
	while (!bytes.failed && ledger->length < MAX_CUSTOMERS && (uint64_t) ledger->length < ledger->customers_said)
	{
		Customer   *customer = &ledger->customers[ledger->length];

		take_key(&bytes, ledger->header[HEADER_KIND], ledger->length > 0 ? customer - 1 : NULL, customer);
		take_series(&bytes, &customer->series);
		if (bytes.failed)
			break;
		ledger->length++;
		ledger->rest = bytes.p;
	}
	ledger->rest_size = bytes.end - ledger->rest;
	return true;
}

/*
 * Putting together
 */

typedef struct Output
{
	uint8_t    *data;
	size_t		size;
	size_t		max_size;
} Output;

static void
put_bytes(Output *out, const uint8_t *bytes, size_t size)
{
	if (size > out->max_size - out->size)
		size = out->max_size - out->size;
	memcpy(out->data + out->size, bytes, size);
	out->size += size;
}

/* Now and then a number is longer than it needs to be, or does not end */
static void
put_number(Output *out, uint128 number)
{
	uint8_t		bytes[24];
	size_t		size = 0;

	for (; number > 0x7F; number >>= 7)
		bytes[size++] = (uint8_t) number | 0x80;
	bytes[size++] = (uint8_t) number;
	if (chance(400) == 0)
	{
		bytes[size - 1] |= 0x80;
		bytes[size++] = (uint8_t) chance(3);
	}
	put_bytes(out, bytes, size);
}

static void
put_series(Output *out, const Series *series)
{
	put_number(out, series->length + (chance(300) == 0));
	for (int i = 0; i < series->length; i++)
	{
		const Run  *run = &series->runs[i];
		bool		is_long = run->length != 1 || chance(300) == 0;

		put_number(out, (uint128) run->skipped << 1 | is_long);
		put_number(out, zigzag(run->amount));
		if (is_long)
			put_number(out, run->length - 2);
	}
}

static void
put_key(Output *out, int kind, const Customer *previous, const Customer *customer)
{
	size_t		shared = 0;

	switch (kind)
	{
		case KIND_INTEGER:
			put_number(out, previous == NULL ? zigzag(customer->number) :
					   (uint128) ((uint64_t) customer->number - (uint64_t) previous->number));
			return;
		case KIND_UUID:
			put_bytes(out, customer->key, UUID_SIZE);
			return;
	}
	while (previous != NULL && shared < previous->key_size && shared < customer->key_size &&
		   previous->key[shared] == customer->key[shared])
		shared++;
	if (chance(200) == 0)
		shared = chance((uint32_t) shared + 2);
	if (shared > customer->key_size)
	{
		put_number(out, shared);
		put_number(out, chance(3));
		return;
	}
	put_number(out, shared);
	put_number(out, chance(200) == 0 ? change_number(customer->key_size - shared) : customer->key_size - shared);
	put_bytes(out, customer->key + shared, customer->key_size - shared);
}

static size_t
put_ledger(uint8_t *data, size_t max_size)
{
	Output		out = {data, 0, max_size};
	const Ledger *ledger = &taken;

	put_bytes(&out, ledger->header, HEADER_SIZE);
	put_number(&out, ledger->customers_said);
	put_number(&out, ledger->entries);
	put_number(&out, ledger->periods);
	if (ledger->periods > 0)
		put_number(&out, ledger->first);
	put_number(&out, ledger->total);
	put_series(&out, &ledger->surplus);
	for (int i = 0; i < ledger->length; i++)
	{
		const Customer *customer = &ledger->customers[i];

		put_key(&out, ledger->header[HEADER_KIND], i > 0 ? customer - 1 : NULL, customer);
		put_series(&out, &customer->series);
	}
	put_bytes(&out, ledger->rest, ledger->rest_size);
	if (out.size > 0 && chance(40) == 0)
		out.size -= chance(out.size < 12 ? (uint32_t) out.size : 12);
	return out.size;
}

/*
 * Changes
 */

static void
change_series(Series *series)
{
	Run		   *run;

	if (series->length == 0 || (chance(4) == 0 && series->length < MAX_RUNS))
	{
		int			place = (int) chance(series->length + 1);

		if (series->length == MAX_RUNS)
			return;
		memmove(&series->runs[place + 1], &series->runs[place], (series->length - place) * sizeof(Run));
		series->runs[place] = (Run) {chance(4), 1 + chance(4), 1 + (int128) chance(1000)};
		series->length++;
		return;
	}
	run = &series->runs[chance(series->length)];
	switch (chance(6))
	{
		case 0:
			run->skipped = (uint64_t) change_number(run->skipped);
			break;
		case 1:
			run->length = (uint64_t) change_number(run->length);
			break;
		case 2:
			run->amount = (int128) change_number((uint128) run->amount);
			break;
		case 3:
			run->amount = -run->amount;
			break;
		case 4:
			if (run > series->runs)
				run->amount = run[-1].amount;
			break;
		default:
			memmove(run, run + 1, (&series->runs[series->length] - (run + 1)) * sizeof(Run));
			series->length--;
	}
}

static void
change_key_bytes(Customer *customer, int kind)
{
	static const char *const pieces[] = {
		"\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x9A\x80", "\xC3", "\xE2\x82", "\xF0\x9F\x9A", "\xC0\x80", "\xED\xA0\x80", "a", "\xFF", "zz"
	};
	const char *piece = pieces[chance(lengthof(pieces))];

	if (kind == KIND_UUID)
	{
		customer->key[chance(UUID_SIZE)] ^= 1 << chance(8);
		return;
	}
	switch (chance(8))
	{
		case 0:
			customer->key_size = customer->key_size > 0 ? chance((uint32_t) customer->key_size) : 0;
			break;
		case 1:					/* about as long as keys may be */
			customer->key_size = chance(4) == 0 ? 64990 + chance(20) : chance(400);
			memset(customer->key, 'k', customer->key_size);
			break;
		case 2:
			if (customer->key_size > 0)
				customer->key[chance((uint32_t) customer->key_size)] ^= 1 << chance(8);
			break;
		default:
			if (customer->key_size + strlen(piece) < MAX_KEY)
			{
				memcpy(customer->key + customer->key_size, piece, strlen(piece));
				customer->key_size += strlen(piece);
			}
	}
}

static void
change_key(Customer *customer)
{
	if (taken.header[HEADER_KIND] == KIND_INTEGER)
		customer->number = (int64_t) change_number((uint128) (int128) customer->number) * (chance(4) == 0 ? -1 : 1);
	else
		change_key_bytes(customer, taken.header[HEADER_KIND]);
}

static void
copy_customer(Customer *to, const Customer *from)
{
	uint8_t    *key = key_memory[to - taken.customers];

	if (from->key_size > 0)
		memmove(key, from->key, from->key_size);
	*to = *from;
	to->key = key;
}

/* One more customer, like another one but for the key */
static void
add_customer(void)
{
	Customer   *customer = &taken.customers[taken.length];

	if (taken.length == MAX_CUSTOMERS)
		return;
	if (taken.length > 0)
		copy_customer(customer, &taken.customers[chance(taken.length)]);
	else
	{
		memset(customer, 0, sizeof(Customer));
		customer->key = key_memory[taken.length];
		memset(customer->key, 'a', UUID_SIZE);
		change_series(&customer->series);
	}
	taken.length++;
	change_key(customer);
}

static void
remove_customer(void)
{
	int			place;

	if (taken.length == 0)
		return;
	place = (int) chance(taken.length);
	for (int i = place; i + 1 < taken.length; i++)
		copy_customer(&taken.customers[i], &taken.customers[i + 1]);
	taken.length--;
}

static void
change_header(void)
{
	int			place = (int) chance(HEADER_SIZE);

	if (place == HEADER_FLAGS)
		taken.header[place] ^= FLAG_LASTING;
	else
		taken.header[place] = (uint8_t) change_number(taken.header[place]);
}

static void
change_ledger(void)
{
	Customer   *customer = taken.length > 0 ? &taken.customers[chance(taken.length)] : NULL;

	switch (chance(10))
	{
		case 0:
			change_header();
			break;
		case 1:
			add_customer();
			break;
		case 2:
			remove_customer();
			break;
		case 3:
			change_series(&taken.surplus);
			break;
		case 4:
			taken.first = (uint64_t) change_number(taken.first);
			break;
		case 5:
			if (customer != NULL)
				change_key(customer);
			break;
		default:
			if (customer != NULL)
				change_series(&customer->series);
	}
}

/*
 * Making it fit
 */

static int
compare_keys(const void *a, const void *b)
{
	const Customer *x = &taken.customers[*(const int *) a];
	const Customer *y = &taken.customers[*(const int *) b];
	size_t		size = x->key_size < y->key_size ? x->key_size : y->key_size;
	int			order;

	if (taken.header[HEADER_KIND] == KIND_INTEGER)
		return (x->number > y->number) - (x->number < y->number);
	if (taken.header[HEADER_KIND] == KIND_UUID)
		return memcmp(x->key, y->key, UUID_SIZE);
	order = memcmp(x->key, y->key, size);
	return order != 0 ? order : (x->key_size > y->key_size) - (x->key_size < y->key_size);
}

static void
sort_customers(void)
{
	static Customer sorted[MAX_CUSTOMERS];
	int			places[MAX_CUSTOMERS];
	int			kept = 0;

	for (int i = 0; i < taken.length; i++)
		places[i] = i;
	qsort(places, taken.length, sizeof(int), compare_keys);
	for (int i = 0; i < taken.length; i++)
		if (i == 0 || compare_keys(&places[i - 1], &places[i]) != 0)
			sorted[kept++] = taken.customers[places[i]];
	taken.length = kept;
	for (int i = 0; i < kept; i++)
		taken.customers[i] = sorted[i];
}

/* A series without what no series has; 'end' is where its periods end */
static void
settle_series(Series *series, uint64_t limit, bool amounts)
{
	int			kept = 0;
	uint64_t	next = 0;

	for (int i = 0; i < series->length; i++)
	{
		Run			run = series->runs[i];

		if (run.amount == 0 || next >= limit)
			continue;
		run.skipped %= limit - next;
		if (run.length == 0 || run.length > limit - next - run.skipped)
			run.length = 1 + chance((uint32_t) (limit - next - run.skipped));
		if (kept > 0 && run.skipped == 0 && run.amount == series->runs[kept - 1].amount)
			run.amount += run.amount == -1 ? 2 : 1;
		if (amounts)
			run.amount %= (int128) 10000000000000000LL * 1000000000LL;
		next += run.skipped + run.length;
		series->runs[kept++] = run;
	}
	series->length = kept;
}

/* What a walk over all series sees */
typedef struct Extent
{
	uint64_t	begin;
	uint64_t	end;
	bool		has_unit;		/* some amount's last digit is not 0 */
} Extent;

static void
extend(Extent *extent, const Series *series)
{
	uint64_t	next = 0;

	for (int i = 0; i < series->length; i++)
	{
		const Run  *run = &series->runs[i];

		next += run->skipped;
		if (next < extent->begin)
			extent->begin = next;
		next += run->length;
		if (next > extent->end)
			extent->end = next;
		if (run->amount % 10 != 0)
			extent->has_unit = true;
	}
}

static void
shift_series(Series *series, uint64_t periods)
{
	if (series->length > 0)
		series->runs[0].skipped -= periods;
}

/*
 * The range of periods that is needed, if nothing lasts; and all counts.
 */
static void
settle_ledger(void)
{
	uint64_t	limit = taken.periods > 0 && taken.periods < 5000 ? taken.periods + chance(3) : 12;
	Extent		extent = {UINT64_MAX, 0, false};
	bool		lasting = (taken.header[HEADER_FLAGS] & FLAG_LASTING) != 0;
	int			kept = 0;

	sort_customers();
	for (int i = 0; i < taken.length; i++)
	{
		settle_series(&taken.customers[i].series, limit, true);
		if (taken.customers[i].series.length > 0)
			copy_customer(&taken.customers[kept++], &taken.customers[i]);
	}
	taken.length = kept;
	settle_series(&taken.surplus, limit, false);
	extend(&extent, &taken.surplus);
	extent.has_unit = false;
	for (int i = 0; i < taken.length; i++)
		extend(&extent, &taken.customers[i].series);
	if (extent.end > 0)
	{
		shift_series(&taken.surplus, extent.begin);
		for (int i = 0; i < taken.length; i++)
			shift_series(&taken.customers[i].series, extent.begin);
		extent.end -= extent.begin;
	}
	if (lasting && extent.end < 2)
		lasting = false;
	taken.periods = extent.end - (lasting ? 1 : 0);
	taken.header[HEADER_FLAGS] = lasting ? FLAG_LASTING : 0;
	if (taken.periods == 0)
		taken.header[HEADER_SNAPSHOT] = 0;
	if (!extent.has_unit && taken.length > 0)
		taken.header[HEADER_SCALE] = 0;
	if (taken.header[HEADER_DSCALE] == 0 && taken.header[HEADER_DSCALE + 1] < taken.header[HEADER_SCALE])
		taken.header[HEADER_DSCALE + 1] = taken.header[HEADER_SCALE];
	if (lasting)
		settle_series(&taken.surplus, taken.periods, false);
}

static void
settle_counts(void)
{
	int128		total = 0;
	uint64_t	entries = 0;

	for (int i = 0; i < taken.length; i++)
	{
		const Series *series = &taken.customers[i].series;
		uint64_t	next = 0;

		for (int j = 0; j < series->length; j++)
		{
			uint64_t	begin = next + series->runs[j].skipped;
			uint64_t	end = begin + series->runs[j].length;
			uint64_t	until = end > taken.periods ? taken.periods : end;

			if (until > begin)
			{
				entries += until - begin;
				total = (int128) ((uint128) total + (uint128) series->runs[j].amount * (until - begin));
			}
			next = end;
		}
	}
	taken.customers_said = taken.length;
	taken.entries = entries;
	taken.total = zigzag(total);
	taken.rest_size = 0;
}

size_t
mutate_flat(uint8_t *data, size_t size, size_t max_size)
{
	static uint8_t copy[1 << 18];

	if (size > sizeof(copy))
		return LLVMFuzzerMutate(data, size, max_size);
	memcpy(copy, data, size);
	if (!take_ledger(copy, size))
		return LLVMFuzzerMutate(data, size, max_size);
	for (uint32_t i = chance(4); i-- > 0;)
		change_ledger();
	if (chance(8) > 0)
		settle_ledger();
	if (chance(8) > 0)
		settle_counts();
	if (chance(16) == 0)
		change_ledger();
	return put_ledger(data, max_size);
}

