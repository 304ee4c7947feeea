/* Prometheus' text format, version 0.0.4: https://prometheus.io/docs/instrumenting/exposition_formats */
#include "ops/metrics_page.h"

#include <inttypes.h>
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "base/metric.h"
#include "ops/process.h"

struct ops_gauges {
    struct buf *body;
};

struct entry {
    const char *name, *help;
};

#define X(symbol, name, help) {name, help},
static const struct entry counters[] = {METRIC_COUNTERS(X)};
static const struct entry gauges[] = {METRIC_GAUGES(X)};
#undef X
#define X(symbol, name, help, unit) {name, help},
static const struct entry histograms[] = {METRIC_HISTOGRAMS(X)};
#undef X

/* 17 digits bring any double back; whole numbers stay readable. */
static void put_double(struct buf *b, double v)
{
    if (isnan(v))
        buf_printf(b, "NaN");
    else if (isinf(v))
        buf_printf(b, v > 0 ? "+Inf" : "-Inf");
    else if (fabs(v) < 1e15 && v == floor(v))
        buf_printf(b, "%.0f", v);
    else
        buf_printf(b, "%.17g", v);
}

/* HELP text: backslash and line feed are escaped. */
static void put_head(struct buf *b, const char *name, const char *type, const char *help)
{
    buf_printf(b, "# HELP %s ", name);
    for (; *help; help++) {
        if (*help == '\\' || *help == '\n')
            buf_printf(b, *help == '\n' ? "\\n" : "\\\\");
        else
            buf_put(b, help, 1);
    }
    buf_printf(b, "\n# TYPE %s %s\n", name, type);
}

/* A label's value in quotes: there the quote is escaped too. */
static void put_label_value(struct buf *b, const char *s)
{
    buf_put(b, "\"", 1);
    for (; *s; s++) {
        if (*s == '\\' || *s == '"')
            buf_put(b, "\\", 1);
        if (*s == '\n')
            buf_put(b, "\\n", 2);
        else
            buf_put(b, s, 1);
    }
    buf_put(b, "\"", 1);
}

static void put_number(struct buf *b, const char *name, const char *type, const char *help, double value)
{
    put_head(b, name, type, help);
    buf_printf(b, "%s ", name);
    put_double(b, value);
    buf_printf(b, "\n");
}

void ops_gauge(struct ops_gauges *g, const char *name, const char *help, double value)
{
    put_number(g->body, name, "gauge", help, value);
}

void ops_counter(struct ops_gauges *g, const char *name, const char *help, double value)
{
    put_number(g->body, name, "counter", help, value);
}

void ops_gauges_head(struct ops_gauges *g, const char *name, const char *help)
{
    put_head(g->body, name, "gauge", help);
}

void ops_gauge_of(struct ops_gauges *g, const char *name, const char *label, const char *of, double value)
{
    buf_printf(g->body, "%s{%s=", name, label);
    put_label_value(g->body, of);
    buf_printf(g->body, "} ");
    put_double(g->body, value);
    buf_printf(g->body, "\n");
}

static void put_counters(struct buf *b)
{
    for (size_t i = 0; i < METRIC_COUNTER_COUNT; i++) {
        put_head(b, counters[i].name, "counter", counters[i].help);
        buf_printf(b, "%s %" PRIu64 "\n", counters[i].name, metric_value((enum metric_counter)i));
    }
    for (size_t i = 0; i < METRIC_GAUGE_COUNT; i++) {
        put_head(b, gauges[i].name, "gauge", gauges[i].help);
        buf_printf(b, "%s %" PRId64 "\n", gauges[i].name, metric_gauge_value((enum metric_gauge)i));
    }
}

/* Buckets are cumulative in this format: each counts all that is not above its bound. */
static void put_histogram(struct buf *b, enum metric_histogram h)
{
    const char *name = histograms[h].name;
    struct metric_histogram_values v;
    uint64_t below = 0;
    metric_histogram_read(h, &v);
    put_head(b, name, "histogram", histograms[h].help);
    for (size_t i = 0; i < METRIC_BUCKET_COUNT; i++) {
        below += v.buckets[i];
        buf_printf(b, "%s_bucket{le=\"%g\"} %" PRIu64 "\n", name, v.bounds[i], below);
    }
    buf_printf(b, "%s_bucket{le=\"+Inf\"} %" PRIu64 "\n%s_sum ", name, v.count, name);
    put_double(b, v.sum);
    buf_printf(b, "\n%s_count %" PRIu64 "\n", name, v.count);
}

/* All of them from the start, so that a rate sees the first one. */
static void put_errors(struct buf *b)
{
    static const char name[] = "tavana_errors_total";
    put_head(b, name, "counter", "Errors sent to clients by SQLSTATE");
    for (int s = SQLSTATE_SUCCESSFUL_COMPLETION + 1; s < SQLSTATE_COUNT; s++)
        buf_printf(b, "%s{sqlstate=\"%s\"} %" PRIu64 "\n", name, sqlstate_code((enum sqlstate)s),
                   metric_error_value((enum sqlstate)s));
}

static void put_process(struct buf *b)
{
    struct process_usage u;
    process_usage(&u);
    put_number(b, "tavana_process_resident_memory_bytes", "gauge", "Resident memory of the process",
               (double)u.resident_bytes);
    put_number(b, "tavana_process_virtual_memory_bytes", "gauge", "Virtual memory of the process",
               (double)u.virtual_bytes);
    put_number(b, "tavana_process_cpu_seconds_total", "counter", "User and system CPU time of the process",
               u.cpu_seconds);
    put_number(b, "tavana_process_start_time_seconds", "gauge", "Start of the process since 1970",
               u.start_seconds);
    put_number(b, "tavana_process_open_fds", "gauge", "Open file descriptors", (double)u.open_fds);
    put_number(b, "tavana_process_max_fds", "gauge", "Limit of file descriptors", (double)u.max_fds);
}

void metrics_page(const struct ops *o, struct buf *body)
{
    struct ops_gauges g = {.body = body};
    put_head(body, "tavana_build_info", "gauge", "Always 1; the labels say what runs");
    buf_printf(body, "tavana_build_info{version=");
    put_label_value(body, o->version);
    buf_printf(body, "} 1\n");
    put_number(body, "tavana_ready", "gauge", "1 when new sessions are welcome",
               o->state(o->arg) == OPS_READY);
    put_counters(body);
    for (size_t i = 0; i < METRIC_HISTOGRAM_COUNT; i++)
        put_histogram(body, (enum metric_histogram)i);
    put_errors(body);
    put_process(body);
    if (o->gauges)
        o->gauges(o->arg, &g);
}
