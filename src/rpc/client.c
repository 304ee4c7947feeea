/* The gateway's side: the client itself, sessions, statements. */
#include "rpc/client_priv.h"

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/thread.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

DEFINE_CLEANUP(struct rpc_client, rpc_client_free)

enum { ATTACH_AGAIN_MS = 200 }; /* after it broke */

static ProtobufCBinaryData lent(struct str s)
{
    union {
        const char *in;
        uint8_t *out;
    } u = {.in = s.p};
    return (ProtobufCBinaryData){s.n, u.out};
}

static char *lent_text(const char *s)
{
    union {
        const char *in;
        char *out;
    } u = {.in = s ? s : ""};
    return u.out;
}

/* ---- what is known before the next report says so ---- */

/* With the lock. */
static void say_that_it_goes(struct rpc_client *c)
{
    if (c->goes && !c->report.draining)
        atomic_fetch_add(c->goes, 1);
}

static void learn_that_it_goes(struct rpc_client *c)
{
    (void)pthread_mutex_lock(&c->lock);
    say_that_it_goes(c);
    c->report.draining = true;
    (void)pthread_mutex_unlock(&c->lock);
}

/* A call was cut off, of a session that belongs to that lease: of an old one it says nothing about how the
 * worker is now. If it is well after all it says so within a second. */
static void learn_that_it_is_gone(struct rpc_client *c, uint64_t lease)
{
    (void)pthread_mutex_lock(&c->lock);
    if (c->lease == lease)
        c->report.there = false;
    (void)pthread_mutex_unlock(&c->lock);
}

/* ---- calls ---- */

int rpc_session_call(struct rpc_session *s, enum rpc_method method, const ProtobufCMessage *request,
                     ProtobufCMessage **reply, struct err *e)
{
    if (s->lost)
        return rpc_session_lost(s, e);
    (void)atomic_fetch_add(&s->calls, 1);
    int st = rpc_call(s->client->channel, method, request, reply, e);
    s->lost = st != ST_OK && e->code != SQLSTATE_OUT_OF_MEMORY;
    if (s->lost)
        learn_that_it_is_gone(s->client, s->lease);
    return st;
}

int rpc_session_lost(struct rpc_session *s, struct err *e)
{
    s->lost = true;
    learn_that_it_is_gone(s->client, s->lease);
    return err_set(e, SQLSTATE_CONNECTION_FAILURE, "the connection to worker %s was lost",
                   rpc_channel_address(s->client->channel));
}

bool rpc_session_is_lost(const struct backend_session *s)
{
    return ((const struct rpc_session *)s)->lost;
}

bool rpc_session_has_ended(const struct backend_session *bs)
{
    const struct rpc_session *s = (const struct rpc_session *)bs;
    (void)pthread_mutex_lock(&s->client->lock);
    bool ended = s->lost || s->client->lease != s->lease;
    (void)pthread_mutex_unlock(&s->client->lock);
    return ended;
}

int rpc_session_do(struct rpc_session *s, enum rpc_method method, const ProtobufCMessage *request,
                   struct err *e)
{
    ProtobufCMessage *m;
    TRY(rpc_session_call(s, method, request, &m, e));
    int st = rpc_error_take(((Tavana__V1__Reply *)m)->error, e);
    rpc_message_free(m);
    return st;
}

Tavana__V1__Closed *rpc_take_closed(struct rpc_session *s)
{
    if (s->nclosed_statements + s->nclosed_portals == 0)
        return NULL;
    tavana__v1__closed__init(&s->closed);
    s->closed.n_statements = s->nclosed_statements;
    s->closed.statements = s->closed_statements;
    s->closed.n_portals = s->nclosed_portals;
    s->closed.portals = s->closed_portals;
    s->nclosed_statements = s->nclosed_portals = 0;
    return &s->closed;
}

/* ---- Attach ---- */

static void learn(struct rpc_client *c, const Tavana__V1__Report *m)
{
    (void)pthread_mutex_lock(&c->lock);
    c->lease = m->lease;
    if (m->draining)
        say_that_it_goes(c);
    c->report = (struct rpc_report){
        .there = true,
        .draining = m->draining,
        .sessions = m->sessions,
        .streams = m->streams,
        .streams_of_others = m->streams - (m->streams_yours < m->streams ? m->streams_yours : m->streams),
        .streams_max = m->streams_max,
        .memory = m->memory,
        .memory_max = m->memory_max,
        .own_writes = m->own_writes,
    };
    (void)snprintf(c->report.worker, sizeof c->report.worker, "%s", m->worker);
    (void)pthread_cond_broadcast(&c->changed);
    (void)pthread_mutex_unlock(&c->lock);
}

static int listen_to(struct rpc_stream *s, struct rpc_client *c, struct err *e)
{
    grpc_byte_buffer *b;
    int st;
    while ((st = rpc_stream_next(s, &b, e)) == ST_OK) {
        ProtobufCMessage *m;
        st = rpc_unpack(&tavana__v1__report__descriptor, b, &m, e);
        grpc_byte_buffer_destroy(b);
        if (st != ST_OK)
            break;
        learn(c, (Tavana__V1__Report *)m);
        rpc_message_free(m);
    }
    return st;
}

/* False: it shall end. */
static bool set_attached(struct rpc_client *c, struct rpc_stream *s)
{
    (void)pthread_mutex_lock(&c->lock);
    c->attached = s;
    if (!s) {
        if (c->goes && c->lease)
            atomic_fetch_add(c->goes, 1);
        c->lease = 0;
        c->report.there = false;
    }
    bool stop = c->stop;
    (void)pthread_mutex_unlock(&c->lock);
    return !stop;
}

static void attach(struct rpc_client *c)
{
    struct err e;
    struct rpc_stream *s;
    Tavana__V1__AttachRequest request;
    tavana__v1__attach_request__init(&request);
    request.gateway = c->gateway;
    err_init(&e);
    if (rpc_stream_open(&s, c->channel, RPC_ATTACH, &request.base, &e) != ST_OK)
        return;
    rpc_stream_in_background(s);
    if (set_attached(c, s))
        (void)listen_to(s, c, &e);
    (void)set_attached(c, NULL);
    rpc_stream_close(s);
}

static void *attach_main(void *arg)
{
    struct rpc_client *c = arg;
    thread_set_name("rpc attach");
    (void)pthread_mutex_lock(&c->lock);
    while (!c->stop) {
        (void)pthread_mutex_unlock(&c->lock);
        attach(c);
        rpc_channel_pause(ATTACH_AGAIN_MS);
        (void)pthread_mutex_lock(&c->lock);
    }
    (void)pthread_mutex_unlock(&c->lock);
    return NULL;
}

/* The lease, as soon as there is one. */
static int wait_for_lease(struct rpc_client *c, uint64_t *lease, struct err *e)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += c->timeout_us / 1000000 + 1;
    (void)pthread_mutex_lock(&c->lock);
    int rc = 0;
    while (c->lease == 0 && !c->stop && rc == 0)
        rc = pthread_cond_timedwait(&c->changed, &c->lock, &until);
    *lease = c->lease;
    (void)pthread_mutex_unlock(&c->lock);
    return *lease ? ST_OK
                  : err_set(e, SQLSTATE_CONNECTION_FAILURE, "worker %s cannot be reached",
                            rpc_channel_address(c->channel));
}

/* ---- sessions ---- */

static int session_open(struct backend *b, const struct backend_identity *who, struct backend_session **out,
                        struct err *e)
{
    struct rpc_client *c = (struct rpc_client *)b;
    ProtobufCMessage *m;
    Tavana__V1__OpenSessionRequest request;
    tavana__v1__open_session_request__init(&request);
    TRY(wait_for_lease(c, &request.lease, e));
    request.user = lent_text(who->user);
    request.database = lent_text(who->database);
    request.application_name = lent_text(who->application_name);
    struct rpc_session *s = mem_calloc(1, sizeof *s);
    if (!s)
        return err_oom(e);
    int st = rpc_call(c->channel, RPC_OPEN_SESSION, &request.base, &m, e);
    if (st != ST_OK)
        learn_that_it_is_gone(c, request.lease);
    else {
        const Tavana__V1__OpenSessionReply *reply = (const Tavana__V1__OpenSessionReply *)m;
        s->id = reply->session;
        st = rpc_error_take(reply->error, e);
        rpc_message_free(m);
        if (st != ST_OK && e->code == SQLSTATE_CANNOT_CONNECT_NOW)
            learn_that_it_goes(c);
    }
    if (st != ST_OK) {
        mem_free(s);
        return st;
    }
    s->base.ops = b->ops;
    s->client = c;
    s->lease = request.lease;
    *out = &s->base;
    return ST_OK;
}

static void session_close(struct backend_session *bs)
{
    struct rpc_session *s = (struct rpc_session *)bs;
    if (!s)
        return;
    Tavana__V1__SessionRequest request;
    tavana__v1__session_request__init(&request);
    request.session = s->id;
    if (!s->lost)
        rpc_send(s->client->channel, RPC_CLOSE_SESSION, &request.base);
    mem_free(s);
}

static void session_cancel(struct backend_session *bs)
{
    struct rpc_session *s = (struct rpc_session *)bs;
    Tavana__V1__CancelRequest request;
    tavana__v1__cancel_request__init(&request);
    request.session = s->id;
    request.call = atomic_load(&s->calls);
    if (request.call)
        rpc_send(s->client->channel, RPC_CANCEL, &request.base);
}

static int session_tx(struct backend_session *bs, enum backend_tx_op op, struct err *e)
{
    static const Tavana__V1__TransactionRequest__Step steps[] = {
        [BACKEND_TX_BEGIN] = TAVANA__V1__TRANSACTION_REQUEST__STEP__BEGIN,
        [BACKEND_TX_BEGIN_READ_ONLY] = TAVANA__V1__TRANSACTION_REQUEST__STEP__BEGIN_READ_ONLY,
        [BACKEND_TX_BEGIN_SNAPSHOT] = TAVANA__V1__TRANSACTION_REQUEST__STEP__BEGIN_SNAPSHOT,
        [BACKEND_TX_BEGIN_SNAPSHOT_READ_ONLY] =
            TAVANA__V1__TRANSACTION_REQUEST__STEP__BEGIN_SNAPSHOT_READ_ONLY,
        [BACKEND_TX_COMMIT] = TAVANA__V1__TRANSACTION_REQUEST__STEP__COMMIT,
        [BACKEND_TX_ROLLBACK] = TAVANA__V1__TRANSACTION_REQUEST__STEP__ROLLBACK,
    };
    struct rpc_session *s = (struct rpc_session *)bs;
    Tavana__V1__TransactionRequest request;
    tavana__v1__transaction_request__init(&request);
    request.session = s->id;
    request.step = steps[op];
    return rpc_session_do(s, RPC_TRANSACTION, &request.base, e);
}

static int apply_settings(struct backend_session *bs, const struct backend_settings *settings, struct err *e)
{
    struct rpc_session *s = (struct rpc_session *)bs;
    Tavana__V1__ConfigureRequest request;
    tavana__v1__configure_request__init(&request);
    Tavana__V1__Formats formats;
    tavana__v1__formats__init(&formats);
    formats.time_zone = lent_text(settings->time_zone);
    formats.extra_float_digits = settings->extra_float_digits;
    formats.bytea_escape = settings->bytea_escape;
    request.session = s->id;
    request.change_case = TAVANA__V1__CONFIGURE_REQUEST__CHANGE_FORMATS;
    request.formats = &formats;
    return rpc_session_do(s, RPC_CONFIGURE, &request.base, e);
}

static int set_search_path(struct backend_session *bs, const char *path, struct err *e)
{
    struct rpc_session *s = (struct rpc_session *)bs;
    Tavana__V1__ConfigureRequest request;
    tavana__v1__configure_request__init(&request);
    request.session = s->id;
    request.change_case = TAVANA__V1__CONFIGURE_REQUEST__CHANGE_SEARCH_PATH;
    request.search_path = lent_text(path);
    return rpc_session_do(s, RPC_CONFIGURE, &request.base, e);
}

static int reset(struct backend_session *bs, struct err *e)
{
    struct rpc_session *s = (struct rpc_session *)bs;
    Tavana__V1__ConfigureRequest request;
    tavana__v1__configure_request__init(&request);
    request.session = s->id;
    request.change_case = TAVANA__V1__CONFIGURE_REQUEST__CHANGE_RESET;
    request.reset = true;
    return rpc_session_do(s, RPC_CONFIGURE, &request.base, e);
}

/* ---- statements ---- */

static int each_piece(const Tavana__V1__SplitReply *m, size_t n, int (*cb)(void *arg, size_t off, size_t len),
                      void *arg, struct err *e)
{
    TRY(rpc_error_take(m->error, e));
    if (m->n_at != m->n_length)
        return err_set(e, SQLSTATE_PROTOCOL_VIOLATION, "SplitReply cannot be read");
    for (size_t i = 0; i < m->n_at; i++) {
        if (m->at[i] > n || m->length[i] > n - m->at[i])
            return err_set(e, SQLSTATE_PROTOCOL_VIOLATION, "a statement lies beyond its text");
        int st = cb(arg, (size_t)m->at[i], (size_t)m->length[i]);
        if (st < 0)
            return st;
    }
    return ST_OK;
}

static int split(struct backend_session *bs, struct str sql, int (*cb)(void *arg, size_t off, size_t len),
                 void *arg, struct err *e)
{
    struct rpc_session *s = (struct rpc_session *)bs;
    ProtobufCMessage *m;
    Tavana__V1__SplitRequest request;
    tavana__v1__split_request__init(&request);
    request.session = s->id;
    request.sql = lent(sql);
    TRY(rpc_session_call(s, RPC_SPLIT, &request.base, &m, e));
    int st = each_piece((const Tavana__V1__SplitReply *)m, sql.n, cb, arg, e);
    rpc_message_free(m);
    return st;
}

static void stmt_release(struct rpc_stmt *st)
{
    row_desc_unref(st->base.info.desc);
    mem_free(st->oids);
    mem_free(st->tag);
    mem_free(st);
}

static int take_info(struct rpc_stmt *st, const Tavana__V1__PrepareReply *m, struct err *e)
{
    static const enum backend_effect effects[] = {
        [TAVANA__V1__PREPARE_REPLY__EFFECT__READS] = BACKEND_READS,
        [TAVANA__V1__PREPARE_REPLY__EFFECT__WRITES] = BACKEND_WRITES,
        [TAVANA__V1__PREPARE_REPLY__EFFECT__SESSION] = BACKEND_SESSION,
    };
    struct backend_stmt_info *info = &st->base.info;
    TRY(rpc_error_take(m->error, e));
    if (m->effect > TAVANA__V1__PREPARE_REPLY__EFFECT__SESSION || m->n_parameter_oids > BACKEND_PARAMS_MAX)
        return err_set(e, SQLSTATE_PROTOCOL_VIOLATION, "PrepareReply cannot be read");
    st->id = m->statement;
    info->effect = effects[m->effect];
    info->tag_count = m->tag_count;
    info->repeats = m->repeats;
    info->returns_rows = m->columns != NULL;
    info->nparams = (uint16_t)m->n_parameter_oids;
    st->oids = mem_calloc(m->n_parameter_oids + 1, sizeof *st->oids);
    st->tag = *m->tag ? mem_strdup(m->tag) : NULL;
    if (!st->oids || (*m->tag && !st->tag))
        return err_oom(e);
    if (m->n_parameter_oids)
        memcpy(st->oids, m->parameter_oids, m->n_parameter_oids * sizeof *st->oids);
    info->param_oids = st->oids;
    info->tag = st->tag;
    return rpc_columns_take(m->columns, &info->desc, e);
}

static int prepare(struct backend_session *bs, struct str sql, const uint32_t *oids, size_t noids,
                   struct backend_stmt **out, struct err *e)
{
    struct rpc_session *s = (struct rpc_session *)bs;
    union {
        const uint32_t *in;
        uint32_t *out;
    } types = {.in = oids};
    ProtobufCMessage *m;
    Tavana__V1__PrepareRequest request;
    tavana__v1__prepare_request__init(&request);
    request.session = s->id;
    request.sql = lent(sql);
    request.n_parameter_oids = noids;
    request.parameter_oids = types.out;
    request.closed = rpc_take_closed(s);
    struct rpc_stmt *st = mem_calloc(1, sizeof *st);
    if (!st)
        return err_oom(e);
    st->session = s;
    int rc = rpc_session_call(s, RPC_PREPARE, &request.base, &m, e);
    if (rc == ST_OK) {
        rc = take_info(st, (const Tavana__V1__PrepareReply *)m, e);
        rpc_message_free(m);
    }
    if (rc != ST_OK) {
        stmt_release(st);
        return rc;
    }
    *out = &st->base;
    return ST_OK;
}

static void close_now(struct rpc_session *s)
{
    struct err ignored;
    if (s->lost) {
        s->nclosed_statements = s->nclosed_portals = 0;
        return;
    }
    Tavana__V1__CloseRequest request;
    tavana__v1__close_request__init(&request);
    request.session = s->id;
    request.closed = rpc_take_closed(s);
    err_init(&ignored);
    (void)rpc_session_do(s, RPC_CLOSE, &request.base, &ignored);
}

static void stmt_free(struct backend_stmt *bst)
{
    struct rpc_stmt *st = (struct rpc_stmt *)bst;
    struct rpc_session *s = st->session;
    if (s->nclosed_statements == RPC_CLOSED_MAX)
        close_now(s);
    s->closed_statements[s->nclosed_statements++] = st->id;
    stmt_release(st);
}

/* What runs is stopped before the session goes on: it may be in the way of what comes next. */
void rpc_portal_close(struct backend_portal *bp)
{
    struct rpc_portal *p = (struct rpc_portal *)bp;
    if (!p)
        return;
    struct rpc_session *s = p->session;
    if (s->nclosed_portals == RPC_CLOSED_MAX)
        close_now(s);
    s->closed_portals[s->nclosed_portals++] = p->id;
    if (bp->started && bp->desc && (!bp->complete || p->kept))
        close_now(s);
    row_desc_unref(bp->desc);
    row_batch_release(&p->batch);
    mem_free(p);
}

/* ---- the client ---- */

static const struct backend_ops ops = {
    .session_open = session_open,
    .session_close = session_close,
    .split = split,
    .prepare = prepare,
    .stmt_free = stmt_free,
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
    .tx = session_tx,
    .apply_settings = apply_settings,
    .set_search_path = set_search_path,
    .reset = reset,
    .cancel = session_cancel,
};

int rpc_client_new(struct rpc_client **out, const struct rpc_client_options *o, struct err *e)
{
    CLEANUP(rpc_client_freep) struct rpc_client *c = mem_calloc(1, sizeof *c);
    if (!c)
        return err_oom(e);
    pthread_condattr_t monotonic;
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_mutex_init(&c->lock, NULL);
    (void)pthread_cond_init(&c->changed, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    c->base.ops = &ops;
    c->timeout_us = o->channel.timeout_ms * 1000;
    c->goes = o->goes;
    c->gateway = mem_strdup(o->gateway);
    if (!c->gateway)
        return err_oom(e);
    TRY(rpc_channel_new(&c->channel, &o->channel, e));
    int rc = thread_start(&c->thread, 0, attach_main, c);
    if (rc != 0)
        return err_errno(e, rc, "start a thread");
    c->has_thread = true;
    *out = TAKE_PTR(c);
    return ST_OK;
}

static void end_thread(struct rpc_client *c)
{
    (void)pthread_mutex_lock(&c->lock);
    c->stop = true;
    if (c->attached)
        rpc_stream_break(c->attached);
    (void)pthread_cond_broadcast(&c->changed);
    (void)pthread_mutex_unlock(&c->lock);
    (void)pthread_join(c->thread, NULL);
}

void rpc_client_free(struct rpc_client *c)
{
    if (!c)
        return;
    if (c->has_thread)
        end_thread(c);
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
