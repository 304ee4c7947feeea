/* Forward and backward over a portal's rows. Of session/ alone. The session's own thread. */
#ifndef TAVANA_SESSION_PORTAL_RUN_H
#define TAVANA_SESSION_PORTAL_RUN_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

struct portal;
struct session;
struct sql_fetch;

#define PORTAL_ALL UINT64_MAX

/* One run over a portal's rows. */
struct portal_run {
    bool backward;
    uint64_t count; /* 0: none; PORTAL_ALL */
    enum { RUN_SEND, RUN_DISCARD, RUN_SLICE } to;
    struct portal *reader; /* RUN_SEND: whose formats they get, and whose description goes first; RUN_SLICE:
                              who keeps them, as its own engine portal or result */
};

/* Tells the description that a simple query still owes its client. */
void portal_tell(struct session *s, struct portal *p);
/* All of its rows have gone to somebody: it stands behind the last one. */
void portal_went_off_end(struct portal *p);
/* *rows: how many it gave or passed over. 55000 backward without SCROLL. */
int portal_run(struct session *s, struct portal *p, const struct portal_run *how, uint64_t *rows,
               struct err *e);
/* What FETCH and MOVE say: moves, then the last run goes to `to`. */
int portal_fetch(struct session *s, struct portal *p, const struct sql_fetch *f, const struct portal_run *to,
                 uint64_t *rows, struct err *e);

#endif
