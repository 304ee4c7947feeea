/* Engine connections of a session: which one a statement runs on, with which settings, and what is done
 * with a stream that is in its way. Inside a call, the thread of the session, unless said otherwise.
 *
 * What streams on a connection is a struct conn_user to this file, which knows it by two callbacks. It
 * streams on the session's main connection until a statement needs that one. Then it takes the connection
 * along, and the session gets a new one, where the new one shows the session the same; else it has to
 * leave: its rows are put down. */
#include "backend/local_conn.h"

#include "backend/local_cache.h"
#include "backend/local_call.h"
#include "backend/local_catalog.h"
#include "backend/local_priv.h"
#include "backend/local_snapshot.h"
#include "backend/local_tx.h"
#include "base/alloc.h"
#include "base/cleanup.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

DEFINE_CLEANUP(struct local_conn, local_conn_free)

/* ---- connections ---- */

void local_conn_free(struct local_conn *c)
{
    if (!c)
        return;
    local_cache_clear(c);
    engine_disconnect(c->conn);
    mem_free(c);
}

static int apply_time_zone(struct local_session *s, struct local_conn *c, struct err *e)
{
    char sql[TZ_NAME_MAX + 32], style[TZ_NAME_MAX];
    if (!style_is_plain(tz_style(s->encode.zone)) || c->is_styled) {
        tz_styled_name("UTC", tz_style(s->encode.zone), style);
        (void)snprintf(sql, sizeof sql, "SET SESSION tavana_style = '%s'", style);
        TRY(engine_exec(c->conn, sql, e));
        c->is_styled = true;
    }
    if (!s->time_zone[0])
        return engine_exec(c->conn, "RESET SESSION TimeZone", e);
    (void)snprintf(sql, sizeof sql, "SET SESSION TimeZone = '%s'", s->time_zone);
    return engine_exec(c->conn, sql, e);
}

/* A path is read from home: its schemas are those of the catalog there. */
static int apply_path(struct local_session *s, struct local_conn *c, struct err *e)
{
    if (s->local->home)
        TRY(engine_exec(c->conn, s->local->home, e));
    if (s->path)
        return engine_exec(c->conn, s->path, e);
    return s->local->home ? ST_OK : engine_exec(c->conn, "RESET SESSION search_path", e);
}

static int apply_settings(struct local_session *s, struct local_conn *c, struct err *e)
{
    bool had_some = c->settings != 0;
    c->settings = LOCAL_SETTINGS_UNKNOWN; /* until all of them hold */
    local_cache_clear(c);                 /* its plans have found their names by the old ones */
    if (had_some || s->time_zone[0])
        TRY(apply_time_zone(s, c, e));
    if (s->path || s->local->home || had_some)
        TRY(apply_path(s, c, e));
    c->settings = s->settings;
    return ST_OK;
}

/* It comes to be in the transaction that the session is in; no cancel knows it yet. */
static int join_transaction(const struct local_session *s, struct local_conn *c, struct err *e)
{
    return s->tx == LOCAL_TX_NONE ? ST_OK : engine_exec(c->conn, local_tx_begin_text(s->tx), e);
}

/* A new main connection. Changes nothing when it fails. */
static int connect_main(struct local_session *s, struct err *e)
{
    CLEANUP(local_conn_freep) struct local_conn *c = mem_calloc(1, sizeof *c);
    if (!c)
        return err_oom(e);
    TRY(engine_connect(s->local->engine, &c->conn, e));
    engine_set_owner(c->conn, s->number);
    engine_set_session(c->conn, s->user, s->database, s->sequences);
    TRY(apply_settings(s, c, e));
    TRY(join_transaction(s, c, e));
    s->main = TAKE_PTR(c);
    return ST_OK;
}

void local_conn_pin(struct local_session *s)
{
    assert(s->main); /* it ran there */
    s->pinned = true;
}

bool local_conn_drop_main(struct local_session *s)
{
    assert(!s->on_main);
    bool was_pinned = s->pinned;
    local_plans_forget(s); /* from here on no other thread looks at main */
    local_conn_free(TAKE_PTR(s->main));
    s->pinned = false;
    local_catalog_outdate(s);
    return was_pinned;
}

/* ---- who streams on them ---- */

void local_conn_use(struct local_session *s, struct conn_user *u, const struct conn_user_ops *ops)
{
    assert(s->main && !s->on_main && !u->conn);
    *u = (struct conn_user){.ops = ops, .conn = s->main};
    list_init(&u->by_use);
    s->on_main = u;
}

static void give_up_own(struct local_session *s, struct conn_user *u)
{
    list_remove(&u->by_use);
    s->ndetached--;
    (void)__atomic_fetch_sub(&s->local->streams, 1, __ATOMIC_RELAXED);
    if (s->running == u->conn->conn) /* a cancel must not find it any more */
        local_running_on(s, NULL);
    local_conn_free(u->conn);
}

void local_conn_release(struct local_session *s, struct conn_user *u)
{
    if (s->on_main == u)
        s->on_main = NULL;
    if (u->owns)
        give_up_own(s, u);
    u->owns = false;
    u->conn = NULL;
}

void local_conn_fail_user(struct local_session *s, const struct err *why)
{
    if (s->on_main)
        s->on_main->ops->fail(s->on_main, why);
}

/* ---- making room ---- */

/* Another connection would show the session the same: it reads committed data, and nothing of its own is to
 * be seen on this one alone. */
static bool may_detach(const struct local_session *s)
{
    return !s->pinned && (s->tx == LOCAL_TX_NONE || (!s->wrote && !s->one_snapshot));
}

static void idlest_leaves(struct local_session *s)
{
    struct conn_user *u = list_entry(s->detached.next, struct conn_user, by_use);
    u->ops->leave(u);
    assert(!u->conn);
}

/* Whether one more stream may have a connection; the session's idlest gives up its own for it. */
static bool may_have_connection(struct local_session *s)
{
    bool full = __atomic_load_n(&s->local->streams, __ATOMIC_RELAXED) >= s->local->streams_max;
    if (s->ndetached > 0 && (full || s->ndetached >= LOCAL_STREAMS_MAX)) {
        idlest_leaves(s);
        return true;
    }
    return !full;
}

int local_conn_leave_all(struct local_session *s, struct err *e)
{
    while (s->ndetached > 0)
        idlest_leaves(s);
    return local_is_cancelled(s) ? local_cancelled(e) : ST_OK;
}

static int detach(struct local_session *s, struct conn_user *u, struct err *e)
{
    struct local_conn *taken = TAKE_PTR(s->main);
    if (connect_main(s, e) != ST_OK) {
        s->main = taken;
        return ST_ERR;
    }
    local_cache_clear(taken); /* an open result needs its plan no longer from there */
    assert(u->conn == taken);
    u->owns = true;
    s->on_main = NULL;
    list_append(&s->detached, &u->by_use);
    s->ndetached++;
    (void)__atomic_fetch_add(&s->local->streams, 1, __ATOMIC_RELAXED);
    return ST_OK;
}

/* What streams on the main connection goes on with a connection of its own, or leaves. One that fails over it
 * keeps its error; ST_ERR only when the call was cancelled. */
static int make_room(struct local_session *s, struct err *e)
{
    struct conn_user *u = s->on_main;
    struct err ignored;
    err_init(&ignored);
    bool detached = may_detach(s) && may_have_connection(s) && detach(s, u, &ignored) == ST_OK;
    if (!detached)
        u->ops->leave(u);
    return local_is_cancelled(s) ? local_cancelled(e) : ST_OK;
}

/* ---- for a statement ---- */

/* The main connection, whatever settings it has. */
static int claim(struct local_session *s, struct err *e)
{
    if (s->on_main)
        TRY(make_room(s, e));
    return s->main ? ST_OK : connect_main(s, e);
}

/* A setting that was told to the engine holds, so nothing stops that halfway. */
static int renew_settings(struct local_session *s, struct err *e)
{
    local_running_on(s, NULL);
    return apply_settings(s, s->main, e);
}

int local_claim(struct local_session *s, struct local_conn **out, struct err *e)
{
    TRY(claim(s, e));
    if (s->main->settings != s->settings)
        TRY(renew_settings(s, e));
    local_snapshot_check(s);
    local_running_on(s, s->main);
    *out = s->main;
    return ST_OK;
}

int local_change_path(struct local_session *s, char **path, struct err *e)
{
    char *old = s->path;
    TRY(claim(s, e));
    s->path = *path;
    s->settings++;
    local_catalog_outdate(s);
    if (renew_settings(s, e) != ST_OK) {
        s->path = old; /* which is told anew before anything else runs */
        return ST_ERR;
    }
    *path = old;
    return ST_OK;
}
