/* What a session says to its worker beside statements: transactions, settings, search_path, reset. */
#include "route/route_calls.h"

#include "base/alloc.h"
#include "base/cleanup.h"
#include "route/route_priv.h"

#include <string.h>

/* The transaction is over with its worker; its end is what the client still owes. */
static int end_lost(struct route_session *s, enum backend_tx_op op, struct err *e)
{
    s->tx_lost = s->in_tx = s->wrote = false;
    return op == BACKEND_TX_ROLLBACK
               ? ST_OK
               : err_set(e, SQLSTATE_CONNECTION_FAILURE, "the transaction was lost with its worker");
}

static int end_tx(struct route_session *s, enum backend_tx_op op, struct err *e)
{
    bool wrote = s->wrote && op == BACKEND_TX_COMMIT, pinned = s->pinned;
    int st = s->on->ops->tx(s->on, op, e);
    bool lost = st != ST_OK && rpc_session_is_lost(s->on);
    s->in_tx = s->wrote = false;
    if (!lost)
        return st;
    (void)route_try_again(s, false, e);
    err_init(e);
    if (wrote) {
        (void)err_set(e, SQLSTATE_TRANSACTION_RESOLUTION_UNKNOWN, "the worker was lost during COMMIT");
        err_detail(e, "Nobody can tell whether the transaction was committed.%s%s", pinned ? " " : "",
                   pinned ? route_pinned_is_gone : "");
        return ST_ERR;
    }
    if (!pinned) /* nothing of it stayed, which is what was asked for, or makes no difference */
        return ST_OK;
    (void)err_set(e, SQLSTATE_CONNECTION_FAILURE, "the worker was lost with what the session had there");
    err_detail(e, "%s", route_pinned_is_gone);
    return ST_ERR;
}

/* What a call asks its worker for; asked again where that was lost. */
struct question {
    int (*ask)(struct backend_session *on, const struct question *q, struct err *e);
    enum backend_tx_op op;
    const struct backend_settings *settings;
    const char *path;
};

static int ask(struct route_session *s, const struct question *q, struct err *e)
{
    int st;
    route_begin(s);
    do {
        TRY(route_settle(s, e));
        st = q->ask(s->on, q, e);
    } while (st == ST_ERR && route_try_again(s, true, e));
    return st;
}

static int ask_to_begin(struct backend_session *on, const struct question *q, struct err *e)
{
    return on->ops->tx(on, q->op, e);
}

static int ask_to_set(struct backend_session *on, const struct question *q, struct err *e)
{
    return on->ops->apply_settings(on, q->settings, e);
}

static int ask_for_path(struct backend_session *on, const struct question *q, struct err *e)
{
    return on->ops->set_search_path(on, q->path, e);
}

static int ask_to_reset(struct backend_session *on, const struct question *q, struct err *e)
{
    (void)q;
    return on->ops->reset(on, e);
}

static int begin_tx(struct route_session *s, enum backend_tx_op op, struct err *e)
{
    int st = ask(s, &(struct question){.ask = ask_to_begin, .op = op}, e);
    s->in_tx = st == ST_OK;
    s->wrote = false;
    s->begun = op;
    return st;
}

int route_tx(struct backend_session *bs, enum backend_tx_op op, struct err *e)
{
    struct route_session *s = (struct route_session *)bs;
    if (op != BACKEND_TX_COMMIT && op != BACKEND_TX_ROLLBACK)
        return begin_tx(s, op, e);
    if (!s->on && !s->tx_lost && !s->wrote) { /* it has left its worker, with nothing to end there */
        s->in_tx = false;
        return ST_OK;
    }
    return s->tx_lost || !s->on ? end_lost(s, op, e) : end_tx(s, op, e);
}

/* A session that is on no worker brings them along to the next one. */
int route_apply_settings(struct backend_session *bs, const struct backend_settings *settings, struct err *e)
{
    struct route_session *s = (struct route_session *)bs;
    size_t n = strlen(settings->time_zone);
    if (n >= sizeof s->time_zone)
        return err_set(e, SQLSTATE_INVALID_PARAMETER_VALUE,
                       "invalid value for parameter \"TimeZone\": \"%.100s\"", settings->time_zone);
    if (s->on)
        TRY(ask(s, &(struct question){.ask = ask_to_set, .settings = settings}, e));
    memcpy(s->time_zone, settings->time_zone, n + 1);
    s->settings = *settings;
    s->settings.time_zone = s->time_zone;
    s->has_settings = true;
    return ST_OK;
}

int route_set_search_path(struct backend_session *bs, const char *path, struct err *e)
{
    struct route_session *s = (struct route_session *)bs;
    CLEANUP(mem_freep) char *copy = mem_strdup(path);
    if (!copy)
        return err_oom(e);
    TRY(ask(s, &(struct question){.ask = ask_for_path, .path = path}, e));
    mem_free(s->path);
    s->path = TAKE_PTR(copy);
    return ST_OK;
}

int route_reset(struct backend_session *bs, struct err *e)
{
    struct route_session *s = (struct route_session *)bs;
    TRY(ask(s, &(struct question){.ask = ask_to_reset}, e));
    s->pinned = s->has_settings = false;
    mem_free(TAKE_PTR(s->path));
    return ST_OK;
}
