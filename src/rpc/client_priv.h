/* Shared by client*.c only. */
#ifndef TAVANA_RPC_CLIENT_PRIV_H
#define TAVANA_RPC_CLIENT_PRIV_H

#include "rows/row_batch.h"
#include "rows/row_desc.h"
#include "rows/row_stream.h"
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
    int64_t timeout_us;
    pthread_t thread;
    bool has_thread;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t changed;
    bool stop;
    struct rpc_stream *attached; /* to be broken off at the end */
    uint64_t lease;              /* 0: none */
    struct rpc_report report;
};

struct rpc_session {
    struct backend_session base;
    struct rpc_client *client;
    uint64_t id, lease;
    bool lost;              /* a call did not reach its end */
    _Atomic uint64_t calls; /* begun; the last one is what a cancel is for */
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
};

/* client.c: a call of the session, counted. */
int rpc_session_call(struct rpc_session *s, enum rpc_method method, const ProtobufCMessage *request,
                     ProtobufCMessage **reply, struct err *e);
/* From now on; ST_ERR, and e says so unless it says something already. */
int rpc_session_lost(struct rpc_session *s, struct err *e);
/* One whose reply is nothing but an error or none. */
int rpc_session_do(struct rpc_session *s, enum rpc_method method, const ProtobufCMessage *request,
                   struct err *e);
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
