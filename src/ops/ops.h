/* The operator's pages: /metrics (Prometheus text format 0.0.4), /health, /ready, /status. Bytes out, no
 * sockets: net/http.h serves them, cmd joins the two and says through a few functions what ops cannot know.
 */
#ifndef TAVANA_OPS_OPS_H
#define TAVANA_OPS_OPS_H

#include "base/buf.h"

#include <stddef.h>
#include <stdint.h>

enum ops_state { OPS_STARTING, OPS_READY, OPS_DRAINING };

/* What a gauge is written with; name and help are static text of the form that Prometheus wants. */
struct ops_gauges;
/* A value that goes up and down. */
void ops_gauge(struct ops_gauges *g, const char *name, const char *help, double value);
/* A value that only grows. */
void ops_counter(struct ops_gauges *g, const char *name, const char *help, double value);
/* Several of one name: the head once, then each with a label that tells it from the others. */
void ops_gauges_head(struct ops_gauges *g, const char *name, const char *help);
/* The same with one label. */
void ops_gauge_of(struct ops_gauges *g, const char *name, const char *label, const char *of, double value);

struct ops {
    const char *version;
    /* Each may be called at any moment by the HTTP server's thread. */
    enum ops_state (*state)(void *arg);
    /* Adds gauges of the moment: threads, parked sessions, the engine's memory …; NULL: none. */
    void (*gauges)(void *arg, struct ops_gauges *g);
    void *arg;
};

/* An http_handler; arg is the struct ops.
 *   /health  200 while the process can answer        /ready   200, or 503 while starting or draining
 *   /status  JSON: version, state, draining, uptime_seconds, sessions, running, memory_bytes
 *   /metrics                                         anything else is 404 */
unsigned ops_handle(void *arg, const char *path, struct buf *body, const char **content_type);

#endif
