/* Shared by client*.c only. */
#ifndef TAVANA_RPC_CLIENT_PRIV_H
#define TAVANA_RPC_CLIENT_PRIV_H

#include "rows/row_batch.h"
#include "rows/row_desc.h"
#include "rows/row_stream.h"
#include "rpc/check.h"
#include "rpc/client.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>

enum {
    RPC_CLOSED_MAX = 64, /* ids that wait for a call that takes them along */
    RPC_REQUEST_MEMORY = 1 << 30,
    RPC_SESSION_MAGIC = 0x52504353, /* of an rpc_session that lives: a cancel comes from another thread */
};

struct rpc_client {
    struct backend base;
    struct rpc_channel *channel;
    char *gateway;
    _Atomic unsigned *goes;
    void (*thrown_out)(void *arg, const char *address, const char *what, int64_t pause_ms);
    void *thrown_out_arg;
    int64_t timeout_us;
    _Atomic unsigned epoch; /* counts up when the worker is thrown out: what is of an older one is void */
    pthread_t thread;
    bool has_thread;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t changed;
    bool stop;
    struct rpc_stream *attached; /* to be broken off at the end */
    uint64_t lease;              /* 0: none */
    uint64_t ended_lease;        /* the last one of which the worker said that it is none any more */
    struct rpc_report report;
    unsigned nlies; /* in a row */
    int64_t out_until_us;
};

struct rpc_session {
    struct backend_session base;
    unsigned magic;
    struct rpc_client *client;
    uint64_t id, lease;
    unsigned epoch;           /* of the client */
    bool lost;                /* a call did not reach its end … */
    bool died;                /* … since its worker's process ended, as far as its system says */
    bool lied;                /* … since the worker sent what cannot be */
    bool given_up;            /* … since nobody waits for it any more */
    _Atomic uint64_t calls;   /* begun; the last one is what a cancel is for */
    rpc_give_up give_up;      /* of that call */
    _Atomic unsigned asked;   /* how often it was cancelled … */
    _Atomic int64_t asked_us; /* … and when the worker was last told */
    uint64_t closed_statements[RPC_CLOSED_MAX], closed_portals[RPC_CLOSED_MAX];
    size_t nclosed_statements, nclosed_portals;
    Tavana__V1__Closed closed; /* of the request that is being made */
};

struct rpc_stmt {
    struct backend_stmt base;
    struct rpc_session *session;
    uint64_t id;
    uint32_t *oids;
    char *tag;
};

struct rpc_fetch {
    struct row_stream base;
    struct rpc_portal *portal; /* NULL: not open */
    struct rpc_stream *stream;
    struct backend_portal before; /* as the portal was when it began; lends its description */
    struct backend_fetch how;     /* without what it lent */
    struct rpc_rows_shape shape;
    uint64_t rows;   /* that have come */
    bool last;       /* nothing but the trailer may follow */
    int64_t came_us; /* the last message */
    unsigned fast;   /* messages in a row that followed each other closely */
    bool ended;
    int status;     /* how, then */
    struct err err; /* and why */
};

struct rpc_portal {
    struct backend_portal base;
    struct rpc_session *session;
    uint64_t id;
    bool kept; /* has rows on the worker when it is complete, too */
    struct row_batch batch;
    struct rpc_fetch fetch;
};

struct rpc_copy {
    struct backend_copy base;
    struct rpc_session *session;
    struct rpc_stream *stream;
    struct account *memory; /* that a line on the worker has to fit into; NULL: no bound but its own */
    bool is_open;           /* the worker has answered the first part */
};

/* The session as this room knows it; asserts that it is one of ours, and alive. */
static inline struct rpc_session *rpc_session_of(struct backend_session *s)
{
    struct rpc_session *mine = (struct rpc_session *)s;
    assert(mine && mine->magic == RPC_SESSION_MAGIC);
    return mine;
}

/* The same, to be looked at. */
static inline const struct rpc_session *rpc_session_of_const(const struct backend_session *s)
{
    const struct rpc_session *mine = (const struct rpc_session *)s;
    assert(mine && mine->magic == RPC_SESSION_MAGIC);
    return mine;
}

/* A portal whose rows may be asked for: it was started, and no fetch of it is open. That is the order of the
 * session's calls, which no worker has a part in. */
static inline struct rpc_portal *rpc_portal_to_fetch(struct backend_portal *p)
{
    struct rpc_portal *mine = (struct rpc_portal *)p;
    assert(p->started && !mine->fetch.portal);
    return mine;
}

#endif
