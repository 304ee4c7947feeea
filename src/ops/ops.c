/* The operator's pages: /health says that the process answers, /ready whether it wants new sessions,
 * /status and /metrics what it does. A load balancer looks at /ready, which a server that drains answers by
 * 503. */
#include "ops/ops.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/metric.h"
#include "ops/metrics_page.h"
#include "ops/process.h"

static const char text_plain[] = "text/plain; charset=utf-8";

static const char *const state_names[] = {
    [OPS_STARTING] = "starting", [OPS_READY] = "ready", [OPS_DRAINING] = "draining"};

static unsigned health(const struct ops *o, struct buf *body, const char **type)
{
    (void)o;
    *type = text_plain;
    buf_printf(body, "ok\n");
    return 200;
}

static unsigned ready(const struct ops *o, struct buf *body, const char **type)
{
    enum ops_state s = o->state(o->arg);
    *type = text_plain;
    buf_printf(body, "%s\n", state_names[s]);
    return s == OPS_READY ? 200 : 503;
}

static void put_json_string(struct buf *b, const char *s)
{
    buf_put(b, "\"", 1);
    for (; *s; s++) {
        unsigned char ch = (unsigned char)*s;
        if (ch < 0x20)
            buf_printf(b, "\\u%04x", ch);
        else
            buf_printf(b, ch == '"' || ch == '\\' ? "\\%c" : "%c", ch);
    }
    buf_put(b, "\"", 1);
}

static unsigned status(const struct ops *o, struct buf *body, const char **type)
{
    struct process_usage u;
    process_usage(&u);
    *type = "application/json";
    enum ops_state s = o->state(o->arg);
    double uptime = (double)clock_wall_us() / 1e6 - u.start_seconds;
    buf_printf(body, "{\"version\":");
    put_json_string(body, o->version);
    buf_printf(body,
               ",\"state\":\"%s\",\"draining\":%s,\"uptime_seconds\":%.0f,\"sessions\":%" PRId64
               ",\"running\":%" PRId64 ",\"memory_bytes\":%" PRIu64 "}\n",
               state_names[s], s == OPS_DRAINING ? "true" : "false", uptime > 0 ? uptime : 0,
               metric_gauge_value(METRIC_SESSIONS), metric_gauge_value(METRIC_SESSIONS_RUNNING),
               u.resident_bytes);
    return 200;
}

static unsigned metrics(const struct ops *o, struct buf *body, const char **type)
{
    *type = METRICS_CONTENT_TYPE;
    metrics_page(o, body);
    return 200;
}

static const struct {
    const char *path;
    unsigned (*make)(const struct ops *o, struct buf *body, const char **type);
} pages[] = {{"/health", health}, {"/ready", ready}, {"/status", status}, {"/metrics", metrics}};

unsigned ops_handle(void *arg, const char *path, struct buf *body, const char **content_type)
{
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++)
        if (strcmp(path, pages[i].path) == 0)
            return pages[i].make(arg, body, content_type);
    *content_type = text_plain;
    buf_printf(body, "not found: there are /health /ready /status /metrics\n");
    return 404;
}
