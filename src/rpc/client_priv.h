/* Shared by client*.c only. */
#ifndef TAVANA_RPC_CLIENT_PRIV_H
#define TAVANA_RPC_CLIENT_PRIV_H

#include "rows/row_batch.h"
#include "rows/row_desc.h"
#include "rows/row_stream.h"
#include "rpc/check.h"
#include "rpc/client.h"

#include <pthread.h>
#include <stdatomic.h>

enum {
    RPC_CLOSED_MAX = 64, /* ids that wait for a call that takes them along */
    RPC_REQUEST_MEMORY = 1 << 30,
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
    struct rpc_report report;
    unsigned nlies; /* in a row */
    int64_t out_until_us;
};

struct rpc_session {
    struct backend_session base;
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
    bool is_open; /* the worker has answered the first part */
};

/* ---- client.c ---- */

/* The lease and what goes with it, as soon as there is one. */
int rpc_wait_for_lease(struct rpc_client *c, uint64_t *lease, unsigned *epoch, struct err *e);
void rpc_learn_that_it_goes(struct rpc_client *c);
/* A call was cut off, of a session that belongs to that lease: of an old one it says nothing about how the
 * worker is now. If it is well after all it says so within a second. */
void rpc_learn_that_it_is_gone(struct rpc_client *c, uint64_t lease);

/* ---- client_trust.c ---- */

/* It sent what cannot be, in that epoch. Any thread. */
void rpc_client_throw_out(struct rpc_client *c, unsigned epoch, const char *what);
/* It is not attached again yet. */
bool rpc_client_is_out(struct rpc_client *c);

/* ---- client_session.c ---- */

int rpc_session_open(struct backend *b, const struct backend_identity *who, struct backend_session **out,
                     struct err *e);
void rpc_session_close(struct backend_session *bs);
void rpc_session_cancel(struct backend_session *bs);
int rpc_session_tx(struct backend_session *bs, enum backend_tx_op op, struct err *e);
int rpc_apply_settings(struct backend_session *bs, const struct backend_settings *settings, struct err *e);
int rpc_set_search_path(struct backend_session *bs, const char *path, struct err *e);
int rpc_reset(struct backend_session *bs, struct err *e);
/* A call of the session, counted. */
int rpc_session_call(struct rpc_session *s, enum rpc_method method, const ProtobufCMessage *request,
                     ProtobufCMessage **reply, struct err *e);
/* The same of a call whose stream the caller opens. */
void rpc_session_begin(struct rpc_session *s);
/* What is asked there fails: it is lost, or its worker was thrown out meanwhile. */
bool rpc_session_is_void(const struct rpc_session *s);
/* From now on; ST_ERR, and e says so unless it says something already. */
int rpc_session_lost(struct rpc_session *s, struct err *e);
/* The same after a call or stream that failed with e: it was given up, its reply cannot be read, or it was
 * cut off. */
int rpc_session_failed(struct rpc_session *s, struct err *e);
/* The same after a check that failed with e: the worker is thrown out, and e becomes what the client is told.
 */
int rpc_session_lied(struct rpc_session *s, struct err *e);
/* A reply's error, checked. ST_OK: there is none. */
int rpc_session_error(struct rpc_session *s, const Tavana__V1__Error *m, struct err *e);
/* One whose reply is nothing but an error or none. */
int rpc_session_do(struct rpc_session *s, enum rpc_method method, const ProtobufCMessage *request,
                   struct err *e);

/* ---- client_stmt.c ---- */

int rpc_split(struct backend_session *bs, struct str sql, int (*cb)(void *arg, size_t off, size_t len),
              void *arg, struct err *e);
int rpc_prepare(struct backend_session *bs, struct str sql, const uint32_t *oids, size_t noids,
                struct backend_stmt **out, struct err *e);
void rpc_stmt_free(struct backend_stmt *bst);
/* What has been closed since the last time; NULL: nothing. Lent until the call is made. */
Tavana__V1__Closed *rpc_take_closed(struct rpc_session *s);

/* client_portal.c */
int rpc_open(struct backend_session *s, struct backend_stmt *stmt, const struct backend_param *params,
             size_t nparams, struct backend_portal **out, struct err *e);
int rpc_start(struct backend_portal *p, struct err *e);
int rpc_park(struct backend_portal *p, int64_t until_us, struct err *e);
int rpc_slice(struct backend_portal *p, const struct backend_fetch *how, struct backend_portal **out,
              struct err *e);
void rpc_portal_close(struct backend_portal *p);

/* client_fetch.c */
int rpc_fetch(struct backend_portal *p, const struct backend_fetch *how, struct row_stream **out,
              struct err *e);
int rpc_ahead(struct backend_portal *p);
/* None for NULL: all text. Of the arena. */
int rpc_formats_put(struct arena *a, const struct backend_portal *p, const int16_t *formats, size_t *n,
                    int32_t **out, struct err *e);
/* formats and copy's marks lie in the arena. */
int rpc_fetch_request(struct arena *a, const struct rpc_portal *p, const struct backend_fetch *how,
                      Tavana__V1__FetchRequest *out, struct err *e);

/* client_copy.c */
int rpc_copy_open(struct backend_session *s, const struct backend_copy_in *in, struct backend_copy **out,
                  struct err *e);
int rpc_copy_data(struct backend_copy *c, const void *p, size_t n, struct err *e);
int rpc_copy_settle(struct backend_copy *c, struct err *e);
int rpc_copy_finish(struct backend_copy *c, uint64_t *rows, struct err *e);
void rpc_copy_close(struct backend_copy *c);

#endif
