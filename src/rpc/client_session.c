/* The gateway's side: sessions, and what all of their calls have in common. */
#include "rpc/client_session.h"

#include "rpc/client_priv.h"

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/metric.h"
#include "rpc/check.h"
#include "rpc/client_attach.h"
#include "rpc/client_trust.h"

#include <string.h>

enum {
    CANCELS_AT_ONCE = 5,
    CANCEL_AGAIN_US = 1000 * 1000,
    LEASES_TRIED = 5,
    PREPARE_PATIENCE_US = 1000 * 1000, /* an engine that plans hears no cancel, and has changed nothing */
};

static char *lent_text(const char *s)
{
    union {
        const char *in;
        char *out;
    } u = {.in = s ? s : ""};
    return u.out;
}

/* ---- calls ---- */

/* Each call of a session: a cancel is for this one from now on. */
void rpc_session_begin(struct rpc_session *s)
{
    atomic_store(&s->asked, 0);
    atomic_store(&s->give_up.since_us, 0);
    s->give_up.patience_us = s->client->timeout_us;
    (void)atomic_fetch_add(&s->calls, 1);
}

static bool is_void(const struct rpc_session *s)
{
    return s->lost || atomic_load(&s->client->epoch) != s->epoch;
}

/* The worker is well, as far as is known; what it has of this session nobody waits for. */
static int given_up(struct rpc_session *s)
{
    s->lost = s->given_up = true;
    metric_add(METRIC_SESSIONS_GIVEN_UP, 1);
    return ST_ERR;
}

/* A call or stream has not ended as it should. */
int rpc_session_failed(struct rpc_session *s, struct err *e)
{
    if (e->code == SQLSTATE_QUERY_CANCELED || e->code == SQLSTATE_OUT_OF_MEMORY)
        return given_up(s);
    if (e->code == SQLSTATE_PROTOCOL_VIOLATION) /* its reply cannot be read */
        return rpc_session_lied(s, e);
    return rpc_session_lost(s, e);
}

int rpc_session_call(struct rpc_session *s, enum rpc_method method, const ProtobufCMessage *request,
                     ProtobufCMessage **reply, struct err *e)
{
    if (is_void(s)) {
        (void)rpc_session_lost(s, e);
        return ST_ERR;
    }
    rpc_session_begin(s);
    if (method == RPC_PREPARE && s->give_up.patience_us > PREPARE_PATIENCE_US)
        s->give_up.patience_us = PREPARE_PATIENCE_US;
    bool runs = method != RPC_CONFIGURE && method != RPC_CLOSE && method != RPC_SPLIT;
    int st = rpc_call(s->client->channel, method, request, reply, runs ? &s->give_up : NULL, e);
    if (st == ST_OK)
        return ST_OK;
    if (st == ST_AGAIN)
        (void)given_up(s); /* it may have given an id, or ended a transaction */
    else if (rpc_was_not_sent(e))
        (void)atomic_fetch_sub(&s->calls, 1);
    else
        (void)rpc_session_failed(s, e);
    return ST_ERR;
}

int rpc_session_lost(struct rpc_session *s, struct err *e)
{
    s->died |= !s->lost && rpc_closed_by_peer(e);
    s->lost = true;
    rpc_learn_that_it_is_gone(s->client, s->lease);
    return err_set(e, SQLSTATE_CONNECTION_FAILURE, "the connection to worker %s was lost",
                   rpc_channel_address(s->client->channel));
}

int rpc_session_lied(struct rpc_session *s, struct err *e)
{
    struct err said = *e;
    s->lost = s->lied = true;
    rpc_client_throw_out(s->client, s->epoch, said.message);
    err_init(e);
    return err_set(e, SQLSTATE_SYSTEM_ERROR, "worker %s was thrown out: it sent what cannot be (%s)",
                   rpc_channel_address(s->client->channel), said.message);
}

int rpc_session_error(struct rpc_session *s, const Tavana__V1__Error *m, struct err *e)
{
    return rpc_check_error(m, e) == ST_OK ? rpc_error_take(m, e) : rpc_session_lied(s, e);
}

bool rpc_session_is_void(const struct rpc_session *s)
{
    return is_void(s);
}

bool rpc_session_has_lied(const struct backend_session *s)
{
    return rpc_session_of_const(s)->lied;
}

bool rpc_session_is_lost(const struct backend_session *s)
{
    return rpc_session_of_const(s)->lost;
}

bool rpc_session_has_died(const struct backend_session *s)
{
    return rpc_session_of_const(s)->died;
}

bool rpc_session_has_ended(const struct backend_session *bs)
{
    const struct rpc_session *s = rpc_session_of_const(bs);
    (void)pthread_mutex_lock(&s->client->lock);
    bool ended = is_void(s) || s->client->lease != s->lease;
    (void)pthread_mutex_unlock(&s->client->lock);
    return ended;
}

int rpc_session_do(struct rpc_session *s, enum rpc_method method, const ProtobufCMessage *request,
                   struct err *e)
{
    ProtobufCMessage *m;
    TRY(rpc_session_call(s, method, request, &m, e));
    int st = rpc_session_error(s, ((Tavana__V1__Reply *)m)->error, e);
    rpc_message_free(m);
    return st;
}

/* ---- sessions ---- */

static int take_session(struct rpc_session *s, const Tavana__V1__OpenSessionReply *m, struct err *e)
{
    TRY(rpc_session_error(s, m->error, e));
    s->id = m->session;
    if (s->id != 0)
        return ST_OK;
    (void)err_set(e, SQLSTATE_PROTOCOL_VIOLATION, "a session has no id");
    return rpc_session_lied(s, e);
}

static int open_session(struct rpc_session *s, const struct backend_identity *who, struct err *e)
{
    ProtobufCMessage *m;
    Tavana__V1__OpenSessionRequest request;
    tavana__v1__open_session_request__init(&request);
    request.lease = s->lease;
    request.user = lent_text(who->user);
    request.database = lent_text(who->database);
    request.application_name = lent_text(who->application_name);
    int st = rpc_call(s->client->channel, RPC_OPEN_SESSION, &request.base, &m, NULL, e);
    if (st != ST_OK) {
        if (e->code == SQLSTATE_PROTOCOL_VIOLATION)
            return rpc_session_lied(s, e);
        if (e->code != SQLSTATE_OUT_OF_MEMORY)
            rpc_learn_that_it_is_gone(s->client, s->lease);
        return ST_ERR;
    }
    st = take_session(s, (const Tavana__V1__OpenSessionReply *)m, e);
    rpc_message_free(m);
    if (st != ST_OK && e->code == SQLSTATE_CANNOT_CONNECT_NOW)
        rpc_learn_that_it_goes(s->client);
    else if (st != ST_OK && e->code == SQLSTATE_CONNECTION_FAILURE)
        rpc_learn_that_the_lease_has_ended(s->client, s->lease);
    return st;
}

/* ST_OK without an id: the worker had ended the lease, and another may come. e says so. */
static int open_in_lease(struct rpc_session *s, const struct backend_identity *who, struct err *e)
{
    TRY(rpc_wait_for_lease(s->client, &s->lease, &s->epoch, e));
    int st = open_session(s, who, e);
    return st != ST_OK && rpc_lease_has_ended(s->client, s->lease) ? ST_OK : st;
}

/* After this process was frozen, or its network was, several leases may end one after the other before the
 * worker and it agree: that is no reason for a client to be told of it. */
int rpc_session_open(struct backend *b, const struct backend_identity *who, struct backend_session **out,
                     struct err *e)
{
    CLEANUP(mem_freep) struct rpc_session *s = mem_calloc(1, sizeof *s);
    if (!s)
        return err_oom(e);
    s->magic = RPC_SESSION_MAGIC;
    s->base.ops = b->ops;
    s->client = (struct rpc_client *)b;
    TRY(open_in_lease(s, who, e));
    for (int i = 1; !s->id && i < LEASES_TRIED; i++) {
        err_init(e);
        TRY(open_in_lease(s, who, e));
    }
    if (!s->id)
        return ST_ERR;
    *out = &TAKE_PTR(s)->base;
    return ST_OK;
}

void rpc_session_close(struct backend_session *bs)
{
    if (!bs)
        return;
    struct rpc_session *s = rpc_session_of(bs);
    Tavana__V1__SessionRequest request;
    tavana__v1__session_request__init(&request);
    request.session = s->id;
    if (!s->lost || s->given_up)
        rpc_send(s->client->channel, RPC_CLOSE_SESSION, &request.base);
    s->magic = 0;
    mem_free(s);
}

/* Who cancels asks again and again while the statement runs (session/monitor.c), since the first time may
 * have come before the engine began: after some times at once, a second apart. */
static bool may_ask(struct rpc_session *s, int64_t now)
{
    if (atomic_fetch_add(&s->asked, 1) >= CANCELS_AT_ONCE &&
        now < atomic_load(&s->asked_us) + CANCEL_AGAIN_US)
        return false;
    atomic_store(&s->asked_us, now);
    return true;
}

/* The call is given up when the worker does not answer it for as long as it may be silent, or sooner. */
void rpc_session_cancel(struct backend_session *bs)
{
    struct rpc_session *s = rpc_session_of(bs);
    int64_t now = clock_now_us(), none = 0;
    Tavana__V1__CancelRequest request;
    tavana__v1__cancel_request__init(&request);
    request.session = s->id;
    request.call = atomic_load(&s->calls);
    (void)atomic_compare_exchange_strong(&s->give_up.since_us, &none, now);
    if (request.call && may_ask(s, now))
        rpc_send(s->client->channel, RPC_CANCEL, &request.base);
}

int rpc_session_tx(struct backend_session *bs, enum backend_tx_op op, struct err *e)
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
    struct rpc_session *s = rpc_session_of(bs);
    Tavana__V1__TransactionRequest request;
    tavana__v1__transaction_request__init(&request);
    request.session = s->id;
    request.step = steps[op];
    return rpc_session_do(s, RPC_TRANSACTION, &request.base, e);
}

int rpc_apply_settings(struct backend_session *bs, const struct backend_settings *settings, struct err *e)
{
    struct rpc_session *s = rpc_session_of(bs);
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

int rpc_set_search_path(struct backend_session *bs, const char *path, struct err *e)
{
    struct rpc_session *s = rpc_session_of(bs);
    Tavana__V1__ConfigureRequest request;
    tavana__v1__configure_request__init(&request);
    request.session = s->id;
    request.change_case = TAVANA__V1__CONFIGURE_REQUEST__CHANGE_SEARCH_PATH;
    request.search_path = lent_text(path);
    return rpc_session_do(s, RPC_CONFIGURE, &request.base, e);
}

int rpc_reset(struct backend_session *bs, struct err *e)
{
    struct rpc_session *s = rpc_session_of(bs);
    Tavana__V1__ConfigureRequest request;
    tavana__v1__configure_request__init(&request);
    request.session = s->id;
    request.change_case = TAVANA__V1__CONFIGURE_REQUEST__CHANGE_RESET;
    request.reset = true;
    return rpc_session_do(s, RPC_CONFIGURE, &request.base, e);
}
