/* The gateway's side: the client itself, and the table of its calls. */
#include "rpc/client_priv.h"

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/thread.h"
#include "rpc/client_attach.h"
#include "rpc/client_copy.h"
#include "rpc/client_fetch.h"
#include "rpc/client_portal.h"
#include "rpc/client_session.h"
#include "rpc/client_stmt.h"

DEFINE_CLEANUP(struct rpc_client, rpc_client_free)

static const struct backend_ops ops = {
    .session_open = rpc_session_open,
    .session_close = rpc_session_close,
    .split = rpc_split,
    .prepare = rpc_prepare,
    .stmt_free = rpc_stmt_free,
    .open = rpc_open,
    .start = rpc_start,
    .fetch = rpc_fetch,
    .ahead = rpc_ahead,
    .park = rpc_park,
    .slice = rpc_slice,
    .portal_close = rpc_portal_close,
    .copy_open = rpc_copy_open,
    .copy_data = rpc_copy_data,
    .copy_settle = rpc_copy_settle,
    .copy_finish = rpc_copy_finish,
    .copy_close = rpc_copy_close,
    .tx = rpc_session_tx,
    .apply_settings = rpc_apply_settings,
    .set_search_path = rpc_set_search_path,
    .reset = rpc_reset,
    .cancel = rpc_session_cancel,
};

int rpc_client_new(struct rpc_client **out, const struct rpc_client_options *o, struct err *e)
{
    CLEANUP(rpc_client_freep) struct rpc_client *c = mem_calloc(1, sizeof *c);
    if (!c)
        return err_oom(e);
    (void)pthread_mutex_init(&c->lock, NULL);
    thread_cond_init(&c->changed);
    c->base.ops = &ops;
    c->timeout_us = o->channel.timeout_ms * 1000;
    c->goes = o->goes;
    c->thrown_out = o->thrown_out;
    c->thrown_out_arg = o->thrown_out_arg;
    c->gateway = mem_strdup(o->gateway);
    if (!c->gateway)
        return err_oom(e);
    TRY(rpc_channel_new(&c->channel, &o->channel, e));
    TRY(rpc_attach_start(c, e));
    *out = TAKE_PTR(c);
    return ST_OK;
}

void rpc_client_free(struct rpc_client *c)
{
    if (!c)
        return;
    rpc_attach_stop(c);
    rpc_channel_free(c->channel);
    (void)pthread_cond_destroy(&c->changed);
    (void)pthread_mutex_destroy(&c->lock);
    mem_free(c->gateway);
    mem_free(c);
}

struct backend *rpc_client_backend(struct rpc_client *c)
{
    return &c->base;
}

const struct backend_ops *rpc_client_ops(void)
{
    return &ops;
}

const char *rpc_client_address(const struct rpc_client *c)
{
    return rpc_channel_address(c->channel);
}

void rpc_client_report(struct rpc_client *c, struct rpc_report *out)
{
    (void)pthread_mutex_lock(&c->lock);
    *out = c->report;
    (void)pthread_mutex_unlock(&c->lock);
}
