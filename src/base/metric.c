#include "base/metric.h"

#include <assert.h>
#include <stdalign.h>
#include <stddef.h>

enum { CACHE_LINE = 64 };

/* A line of its own each: two busy counters must not push one line back and forth between processors. */
struct counter {
    alignas(CACHE_LINE) uint64_t n;
};

struct histogram {
    alignas(CACHE_LINE) uint64_t buckets[METRIC_BUCKET_COUNT + 1];
    uint64_t sum;
};

static struct counter counters[METRIC_COUNTER_COUNT];
static struct counter gauges[METRIC_GAUGE_COUNT]; /* two's complement */
static struct histogram histograms[METRIC_HISTOGRAM_COUNT];
static uint64_t errors[SQLSTATE_COUNT];

/* How many of what is observed (microseconds, rows) make one of the unit that is shown (seconds, rows),
 * and the bounds of the buckets in that unit. */
struct unit {
    double of;
    double bounds[METRIC_BUCKET_COUNT];
};
static const struct unit unit_SECONDS = {1e6, METRIC_BUCKETS_SECONDS}, unit_ROWS = {1, METRIC_BUCKETS_ROWS};
#define X(symbol, name, help, unit) &unit_##unit,
static const struct unit *const units[] = {METRIC_HISTOGRAMS(X)};
#undef X

static void add(uint64_t *to, uint64_t n)
{
    (void)__atomic_fetch_add(to, n, __ATOMIC_RELAXED);
}

static uint64_t get(const uint64_t *from)
{
    return __atomic_load_n(from, __ATOMIC_RELAXED);
}

void metric_add(enum metric_counter m, uint64_t n)
{
    add(&counters[m].n, n);
}

void metric_gauge_add(enum metric_gauge g, int64_t n)
{
    add(&gauges[g].n, (uint64_t)n);
}

void metric_observe(enum metric_histogram h, int64_t value)
{
    assert(h < METRIC_HISTOGRAM_COUNT);
    const struct unit *unit = units[h];
    if (value < 0) /* a clock that was read on two processors may seem to go back */
        value = 0;
    double scaled = (double)value / unit->of;
    size_t i = 0;
    while (i < METRIC_BUCKET_COUNT && scaled > unit->bounds[i])
        i++;
    add(&histograms[h].buckets[i], 1);
    add(&histograms[h].sum, (uint64_t)value);
}

void metric_error(enum sqlstate s)
{
    add(&errors[s], 1);
}

uint64_t metric_value(enum metric_counter m)
{
    return get(&counters[m].n);
}

int64_t metric_gauge_value(enum metric_gauge g)
{
    return (int64_t)get(&gauges[g].n);
}

/* The count is the sum of what was read, so that +Inf and count agree whatever is added meanwhile. */
void metric_histogram_read(enum metric_histogram h, struct metric_histogram_values *out)
{
    out->count = 0;
    for (size_t i = 0; i <= METRIC_BUCKET_COUNT; i++) {
        out->buckets[i] = get(&histograms[h].buckets[i]);
        out->count += out->buckets[i];
    }
    out->sum = (double)get(&histograms[h].sum) / units[h]->of;
    out->bounds = units[h]->bounds;
}

uint64_t metric_error_value(enum sqlstate s)
{
    return get(&errors[s]);
}
