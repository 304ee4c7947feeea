/* The workers of a gateway. Each address that a configured name resolves to is one; names are resolved again
 * and again, so that one name may stand for all of them (a headless service). So many as pool_size have a
 * channel; one that cannot be reached any more and that nobody is on gives its place to one that has none.
 * An address that no name resolves to any more is forgotten when its worker is gone. Before a statement runs
 * it enters: it gets a worker that has room for it, or waits in line. Any thread.
 * Sources: docs/gateway.md; of subsets of workers: Beyer and others, Site Reliability Engineering, chapter
 * 20. */
#ifndef TAVANA_ROUTE_WORKERS_H
#define TAVANA_ROUTE_WORKERS_H

#include "base/list.h"
#include "rpc/client.h"

#include <pthread.h>
#include <stdatomic.h>

struct workers;
struct worker_user;
struct worker_ticket;

enum {
    WORKERS_MAX = 64,         /* addresses; more that names resolve to are left out, and logged */
    WORKERS_ADDRESS_MAX = 64, /* bytes of "[IPv6]:PORT" */
};

/* A worker that sessions are on. Its client lives as long as one of them. */
struct worker_node;
/* Its client; lives as long as the node. */
struct rpc_client *worker_client(const struct worker_node *n);

struct workers_options {
    const char *const *names;         /* HOST:PORT */
    size_t nnames;                    /* 1 … WORKERS_MAX */
    unsigned pool_size;               /* channels, from 1 on */
    int64_t resolve_us;               /* how often names are resolved, and the pool is looked after */
    struct rpc_client_options client; /* but for the address; copied */
};

/* What can be resolved is known at once; what cannot be is logged, and tried again. */
int workers_new(struct workers **out, const struct workers_options *o, struct err *e);
/* Nobody is on any. NULL is fine. */
void workers_free(struct workers *w);

/* More than one: what is written to one's own database others do not see. */
bool workers_are_several(struct workers *w);
/* The one with the least to do, of those that serve. Waits until one does: 08006 when none comes, or no name
 * resolves; 57014 when t, the caller's, is cancelled. The caller is on it then. */
int workers_choose(struct workers *w, const struct worker_ticket *t, struct worker_node **out, struct err *e);
/* One hold more of one that the caller is on already. */
void workers_stay(struct workers *w, struct worker_node *n);
/* Gives a reference of workers_choose back. */
void workers_leave(struct workers *w, struct worker_node *n);

/* Whether a worker of that id is there now. */
bool workers_have(struct workers *w, const char *id);

struct worker_stats {
    char address[WORKERS_ADDRESS_MAX];
    bool channel, twin;
    unsigned running; /* statements of this gateway */
    struct rpc_report report;
};

/* So many as there are, WORKERS_MAX at most. */
size_t workers_stats(struct workers *w, struct worker_stats *out);

/* ---- statements: gate.c ---- */

/* A place in line; of one thread, but for workers_cancel. */
struct worker_ticket {
    struct list link;
    struct worker_user *user;
    struct worker_node *on; /* where the session is; NULL: nowhere */
    bool bound;             /* it has to stay there */
    bool begun;             /* it has rows to come there: before all that have not begun */
    _Atomic bool cancelled; /* what it is for now; reset by its session */
    bool granted;
    pthread_cond_t changed;
};

#endif
