/* Engine connections of a session: which one a statement runs on, with which settings, and what is prepared
 * there; and the door for cancels. */
#include "backend/local_priv.h"

#include "base/alloc.h"
#include "base/cleanup.h"
#include "sql/token.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

DEFINE_CLEANUP(struct local_conn, local_conn_free)

/* ---- cancel ---- */

void local_enter(struct local_session *s, struct local_conn *c)
{
    pthread_mutex_lock(&s->lock);
    assert(!s->busy);
    s->busy = true;
    s->running = c ? c->conn : NULL;
    __atomic_store_n(&s->cancelled, false, __ATOMIC_SEQ_CST);
    pthread_mutex_unlock(&s->lock);
}

void local_running_on(struct local_session *s, struct local_conn *c)
{
    pthread_mutex_lock(&s->lock);
    s->running = c ? c->conn : NULL;
    pthread_mutex_unlock(&s->lock);
}

bool local_leave(struct local_session *s)
{
    pthread_mutex_lock(&s->lock);
    bool cancelled = __atomic_load_n(&s->cancelled, __ATOMIC_SEQ_CST);
    s->busy = false;
    s->running = NULL;
    pthread_mutex_unlock(&s->lock);
    return cancelled;
}

int local_cancelled(struct err *e)
{
    return err_set(e, SQLSTATE_QUERY_CANCELED, "canceling statement due to user request");
}

/* ---- prepared statements ---- */

static void cached_clear(struct local_cached *k)
{
    engine_stmt_free(k->stmt);
    mem_free(k->text);
    *k = (struct local_cached){0};
}

static struct local_cached *cached_find(struct local_conn *c, struct str text)
{
    for (size_t i = 0; i < LOCAL_CACHED_STATEMENTS; i++)
        if (c->cached[i].stmt && str_eq((struct str){c->cached[i].text, c->cached[i].len}, text))
            return &c->cached[i];
    return NULL;
}

static struct local_cached *cached_oldest(struct local_conn *c)
{
    struct local_cached *oldest = &c->cached[0];
    for (size_t i = 1; i < LOCAL_CACHED_STATEMENTS && oldest->stmt; i++)
        if (!c->cached[i].stmt || c->cached[i].used < oldest->used)
            oldest = &c->cached[i];
    return oldest;
}

/* A semicolon with something behind it: the client sent two statements. */
static bool is_several(struct str text)
{
    struct sql_lexer l;
    struct sql_token t;
    bool ended = false;
    sql_lexer_init(&l, text);
    for (;;) {
        enum sql_token_kind kind = sql_lexer_next(&l, &t);
        if (kind == SQL_TOK_END || kind == SQL_TOK_BAD)
            return false;
        if (!sql_token_is(&t, ';') && ended)
            return true;
        ended |= sql_token_is(&t, ';');
    }
}

/* *once: the engine turned it into several. */
static int prepare(struct local_conn *c, struct str text, struct engine_stmt **out, bool *once, struct err *e)
{
    struct err why;
    size_t n = 0;
    err_init(&why);
    *once = false;
    if (engine_prepare(c->conn, text, out, &why) == ST_OK)
        return ST_OK;
    if (why.code == SQLSTATE_SYNTAX_ERROR && why.position == 0 && !is_several(text)) {
        struct err ignored;
        err_init(&ignored);
        *once = engine_count_statements(c->conn, text, &n, &ignored) == ST_OK && n > 1;
    }
    if (*once)
        return engine_prepare_expanded(c->conn, text, out, e);
    *e = why;
    return ST_ERR;
}

int local_conn_prepare(struct local_conn *c, struct str text, bool fresh, struct engine_stmt **out,
                       struct err *e)
{
    struct local_cached *k = cached_find(c, text);
    if (k && (fresh || k->once)) {
        cached_clear(k);
        k = NULL;
    }
    if (!k) {
        struct local_cached made = {.len = text.n};
        TRY(prepare(c, text, &made.stmt, &made.once, e));
        made.text = mem_strndup(text.p, text.n);
        if (!made.text) {
            cached_clear(&made);
            return err_oom(e);
        }
        k = cached_oldest(c);
        cached_clear(k);
        *k = made;
    }
    k->used = ++c->clock;
    k->uses++;
    *out = k->stmt;
    return ST_OK;
}

/* ---- connections ---- */

void local_conn_free(struct local_conn *c)
{
    if (!c)
        return;
    for (size_t i = 0; i < LOCAL_CACHED_STATEMENTS; i++)
        cached_clear(&c->cached[i]);
    engine_disconnect(c->conn);
    mem_free(c);
}

static int apply_time_zone(struct local_session *s, struct local_conn *c, struct err *e)
{
    char sql[TZ_NAME_MAX + 32];
    if (!s->time_zone[0])
        return engine_exec(c->conn, "RESET SESSION TimeZone", e);
    (void)snprintf(sql, sizeof sql, "SET SESSION TimeZone = '%s'", s->time_zone);
    return engine_exec(c->conn, sql, e);
}

static int apply_settings(struct local_session *s, struct local_conn *c, struct err *e)
{
    bool had_some = c->settings != 0;
    if (had_some || s->time_zone[0])
        TRY(apply_time_zone(s, c, e));
    if (s->path)
        TRY(engine_exec(c->conn, s->path, e));
    else if (had_some)
        TRY(engine_exec(c->conn, "RESET SESSION search_path", e));
    c->settings = s->settings;
    return ST_OK;
}

static int begin_again(struct local_session *s, struct local_conn *c, struct err *e)
{
    switch (s->tx) {
    case LOCAL_TX_OPEN: return engine_exec(c->conn, "BEGIN TRANSACTION", e);
    case LOCAL_TX_READ_ONLY: return engine_exec(c->conn, "BEGIN TRANSACTION READ ONLY", e);
    default: return ST_OK;
    }
}

static int connect_main(struct local_session *s, struct err *e)
{
    CLEANUP(local_conn_freep) struct local_conn *c = mem_calloc(1, sizeof *c);
    if (!c)
        return err_oom(e);
    TRY(engine_connect(s->local->engine, &c->conn, e));
    TRY(apply_settings(s, c, e));
    TRY(begin_again(s, c, e));
    s->main = TAKE_PTR(c);
    return ST_OK;
}

/* Another connection would show the session the same: it reads committed data, and nothing of its own is to
 * be seen on this one alone. */
static bool may_detach(const struct local_session *s)
{
    return !s->pinned && (s->tx == LOCAL_TX_NONE || !s->wrote);
}

/* The stream on the main connection makes room for another statement. Here is where a stream that may not go
 * with its connection will be put down into a spool. */
static int make_room(struct local_session *s, struct err *e)
{
    if (!may_detach(s))
        return err_set(e, SQLSTATE_FEATURE_NOT_SUPPORTED,
                       "another statement cannot run while a portal is open on this engine connection");
    struct local_conn *taken = TAKE_PTR(s->main);
    if (connect_main(s, e) != ST_OK) {
        s->main = taken; /* the portal goes on where it was */
        return ST_ERR;
    }
    s->streaming->detached = taken;
    s->streaming = NULL;
    return ST_OK;
}

int local_claim(struct local_session *s, struct local_conn **out, struct err *e)
{
    if (s->streaming)
        TRY(make_room(s, e));
    if (!s->main)
        TRY(connect_main(s, e));
    else if (s->main->settings != s->settings)
        TRY(apply_settings(s, s->main, e));
    local_running_on(s, s->main);
    *out = s->main;
    return ST_OK;
}
