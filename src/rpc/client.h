/* backend.h over one worker. Beside the sessions' calls a thread of its own keeps the Attach call: while that
 * holds, the worker knows us and tells how it is; when it breaks, the worker has closed our sessions, and
 * their calls end with 08006. Threads: as backend.h; the rest any thread. Source: proto/tavana/v1. */
#ifndef TAVANA_RPC_CLIENT_H
#define TAVANA_RPC_CLIENT_H

#include "backend/backend.h"
#include "rpc/channel.h"

struct rpc_client;

struct rpc_client_options {
    struct rpc_channel_options channel;
    const char *gateway;    /* how we name ourselves */
    _Atomic unsigned *goes; /* counts up when the worker says that it drains, and when our sessions there have
                               ended with the connection; outlives the client. NULL: nobody wants to know */
    /* The worker was thrown out, since it sent what cannot be; it is not attached again for pause_ms. From
     * any thread; must not wait. NULL: nobody wants to know. */
    void (*thrown_out)(void *arg, const char *address, const char *what, int64_t pause_ms);
    void *thrown_out_arg;
};

/* What the worker has last said. */
struct rpc_report {
    bool there; /* attached; else the rest is old */
    bool draining;
    uint32_t sessions;
    uint32_t streams;           /* statements that run there now */
    uint32_t streams_of_others; /* those of other gateways */
    uint32_t streams_max;       /* 0: no limit */
    uint64_t memory, memory_max;
    bool own_writes;
    char worker[64];
};

/* Begins to attach in a thread of its own; does not wait for that. The caller's, for rpc_client_free. */
int rpc_client_new(struct rpc_client **out, const struct rpc_client_options *o, struct err *e);
/* All sessions are closed by then. NULL is fine. */
void rpc_client_free(struct rpc_client *c);
/* The backend that sessions are opened at. Lives as long as the client. */
struct backend *rpc_client_backend(struct rpc_client *c);
/* Of every such backend. */
const struct backend_ops *rpc_client_ops(void);
/* Of a session of such a backend: its worker has gone, or has forgotten it. Every call fails then. */
bool rpc_session_is_lost(const struct backend_session *s);
/* It is lost since its worker sent what cannot be: what ran there is not to be run on another one as well. */
bool rpc_session_has_lied(const struct backend_session *s);
/* Of one that is lost: its worker died while a call was under way. */
bool rpc_session_has_died(const struct backend_session *s);
/* The worker has closed it, as far as is known: nothing is left of what it had there. */
bool rpc_session_has_ended(const struct backend_session *s);
/* As it was given to rpc_client_new. Lent. */
const char *rpc_client_address(const struct rpc_client *c);
/* A copy of the worker's last report. */
void rpc_client_report(struct rpc_client *c, struct rpc_report *out);

#endif
