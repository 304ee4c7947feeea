/* Shared by workers.c and gate.c only. */
#ifndef TAVANA_ROUTE_WORKERS_PRIV_H
#define TAVANA_ROUTE_WORKERS_PRIV_H

#include "base/list.h"
#include "net/address.h"
#include "route/notes.h"
#include "route/workers.h"

#include <pthread.h>

struct worker_name {
    struct address address;
    bool is_numeric;
    bool failed; /* to resolve, last time: is logged once */
};

struct worker_node {
    struct list link;
    char address[WORKERS_ADDRESS_MAX];
    const struct worker_name *name;
    struct rpc_client *client; /* NULL: no channel */
    bool named;                /* a name resolves to it */
    bool twin;                 /* another address of a worker that is known already */
    unsigned refs;             /* sessions on it, and statements */
    unsigned running;          /* statements */
    uint64_t tried;            /* among the others, when it last got a channel or lost it */
    int64_t opened_us;         /* its channel */
};

struct worker_user {
    struct list link;
    char *name;
    unsigned refs;
    unsigned running; /* statements */
};

struct workers {
    struct worker_name *names;
    size_t nnames;
    unsigned pool_size;
    int64_t resolve_us;
    struct rpc_client_options client; /* its texts are owned */
    struct rpc_security security;
    pthread_t thread;
    bool has_thread;
    struct notes notes; /* of that thread, and of who makes the workers before it runs */

    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t changed;
    bool stop;
    struct list nodes, users;
    struct list waiting; /* tickets, the oldest first */
    int64_t looked_us;   /* when it was last seen whether some find room */
    size_t nnodes, nchannels;
    bool is_full; /* an address was left out, which was logged */
    uint64_t turn;
};

/* All with the lock. */
/* Takes new statements; *report is what it says of itself. */
bool worker_serves(const struct worker_node *n, struct rpc_report *report);
/* Statements there, as far as is known: ours now, those of other gateways when it last spoke. */
unsigned worker_load(const struct worker_node *n, const struct rpc_report *report);
/* One that has a channel, whatever it does; NULL: none. */
struct worker_node *worker_any(const struct workers *w);
/* Whether a has less to do than b. */
bool worker_is_better(const struct worker_node *a, const struct rpc_report *ra, const struct worker_node *b,
                      const struct rpc_report *rb);
/* 08006: no worker's name resolves to an address. Returns ST_ERR. */
int workers_none(struct err *e);
/* 57014: a cancel came while the ticket waited. Returns ST_ERR. */
int worker_ticket_cancelled(struct err *e);

#endif
