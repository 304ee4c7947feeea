/* Cursors: portals that DECLARE makes and FETCH reads. Any portal can be fetched from, and a cursor executed
 * and described as any portal can (PostgreSQL manual, DECLARE, FETCH, CLOSE; 55.2.3). What one has beside a
 * portal: it may scroll, be held over the end of its transaction, and ends when it stands idle for too long.
 */
#include "session/cursor.h"

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/metric.h"
#include "rows/row_desc.h"
#include "session/session_priv.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum { PARK_SLICE_US = 5000 }; /* how long a client may wait for rows that are being put aside */

/* ---- DECLARE ---- */

/* A cursor that ends with its statement would be of no use, but to the function that opened it. */
static int check_block(const struct session *s, const struct sql_declare *d, struct err *e)
{
    bool block = s->tx.state == TX_BLOCK || s->portals.within > 0 ||
                 (s->tx.state == TX_IMPLICIT && s->message.is_query);
    return d->hold || block ? ST_OK
                            : err_set(e, SQLSTATE_NO_ACTIVE_SQL_TRANSACTION,
                                      "DECLARE CURSOR can only be used in transaction blocks");
}

static int check_name(struct session *s, const char *name, struct err *e)
{
    struct portal *old = portal_find(s, name);
    if (old && !old->evicted)
        return err_set(e, SQLSTATE_DUPLICATE_CURSOR, "cursor \"%s\" already exists", name);
    if (old)
        portal_drop(s, old);
    return ST_OK;
}

static int check_limits(struct session *s, struct err *e)
{
    const struct session_config *c = session_config(s);
    if (s->portals.ncursors >= c->cursors_max) {
        (void)err_set(e, SQLSTATE_CONFIGURATION_LIMIT_EXCEEDED, "too many cursors in this session (%u)",
                      c->cursors_max);
        err_hint(e, "Close cursors that are no longer needed, or raise max_cursors.");
        return ST_ERR;
    }
    if (atomic_load(&s->server->cursors) >= c->server_cursors_max)
        return err_set(e, SQLSTATE_CONFIGURATION_LIMIT_EXCEEDED, "too many cursors in this server (%u)",
                       c->server_cursors_max);
    if (s->place.user && session_user_cursors(s->place.user) >= c->user_cursors)
        return err_set(e, SQLSTATE_CONFIGURATION_LIMIT_EXCEEDED, "too many cursors of role \"%s\" (%u)",
                       s->user, c->user_cursors);
    return ST_OK;
}

/* Its statement's text lives as long as it does. */
static int become_cursor(struct session *s, struct portal *c, const struct sql_declare *d, struct err *e)
{
    struct str source = c->statement->source;
    TRY(memory_count(c->memory, &c->kept, source.n, e));
    c->source_len = source.n;
    c->source = mem_strndup(source.p, source.n);
    if (!c->source)
        return err_oom(e);
    c->is_cursor = true;
    portal_show(c);
    c->scroll = d->scroll;
    c->hold = d->hold;
    c->binary = d->binary;
    portal_count_cursor(s, c);
    return ST_OK;
}

/* What FETCH asks for by default; one that outlives its transaction is put down, and typed. */
static int expect_formats(struct session *s, struct portal *c, struct err *e)
{
    int16_t *formats = NULL;
    if (c->hold)
        return ST_OK;
    if (c->binary) {
        size_t n = portal_desc(c)->ncolumns;
        formats = arena_calloc(&s->message_arena, n, sizeof *formats);
        if (!formats)
            return err_oom(e);
        for (size_t i = 0; i < n; i++)
            formats[i] = 1;
    }
    portal_expect(s, c, formats, false);
    return ST_OK;
}

int cursor_declare(struct session *s, struct portal *p, struct err *e)
{
    struct portal *c = p->declares;
    assert(c && c->kind == PORTAL_ENGINE && p->statement->sql.parsed);
    const struct sql_declare *d = &p->statement->sql.parsed->declare;
    TRY(check_block(s, d, e));
    TRY(check_name(s, d->name, e));
    TRY(check_limits(s, e));
    TRY(become_cursor(s, c, d, e));
    c->engine->scroll = d->scroll;
    TRY(expect_formats(s, c, e));
    TRY(portal_begin(s, c, true, e));
    c->born = portals_birth(s);
    TRY(portal_add(s, c, e));
    portal_used(c, clock_now_us()); /* what came before it in its message may have taken long */
    p->declares = NULL;
    portal_leave_statement(c, &(struct sql_statement){.kind = SQL_ENGINE, .word = "SELECT"});
    metric_add(METRIC_CURSORS_DECLARED, 1);
    (void)snprintf(p->result.tag, sizeof p->result.tag, "DECLARE CURSOR");
    return ST_OK;
}

/* ---- FETCH, MOVE ---- */

int cursor_describe_fetch(struct session *s, struct statement *st, struct row_desc **out, bool *binary,
                          struct err *e)
{
    TRY(statement_parse(s, st, e));
    const struct sql_fetch *f = &st->sql.parsed->fetch;
    struct portal *c = f->move ? NULL : portal_find(s, f->name);
    struct row_desc *desc = c ? portal_desc(c) : NULL;
    *out = desc ? row_desc_ref(desc) : NULL;
    *binary = c && c->binary;
    return ST_OK;
}

int cursor_check(const struct session *s, const struct portal *p, struct err *e)
{
    if (!p->evicted)
        return ST_OK;
    (void)err_set(e, SQLSTATE_INVALID_CURSOR_NAME, "cursor \"%s\" does not exist", p->name);
    err_detail(e, "It was closed because nothing was fetched from it for %lld s (cursor_idle_timeout).",
               (long long)(session_config(s)->cursor_idle_us / 1000000));
    return ST_ERR;
}

static int find_target(struct session *s, const char *name, struct portal **out, struct err *e)
{
    if (!*name)
        return err_set(e, SQLSTATE_INVALID_CURSOR_NAME, "invalid cursor name: must not be empty");
    struct portal *c = portal_find(s, name);
    if (!c)
        return err_set(e, SQLSTATE_INVALID_CURSOR_NAME, "cursor \"%s\" does not exist", name);
    TRY(cursor_check(s, c, e));
    if (c == s->portals.running || c->failed || !c->returns_rows)
        return err_set(e, SQLSTATE_OBJECT_NOT_IN_PREREQUISITE_STATE, "portal \"%s\" cannot be run", name);
    TRY(portal_begin(s, c, true, e));
    *out = c;
    return ST_OK;
}

/* p is the FETCH. */
static int fetch(struct session *s, struct portal *p, struct portal_run *to, uint64_t *rows, struct err *e)
{
    struct portal *c = NULL;
    int64_t start = clock_now_us();
    TRY(statement_parse(s, p->statement, e));
    const struct sql_fetch *f = &p->statement->sql.parsed->fetch;
    TRY(find_target(s, f->name, &c, e));
    assert(c);
    if (portal_fetch(s, c, f, to, rows, e) < 0) {
        c->failed = true;
        return ST_ERR;
    }
    portal_used(c, clock_now_us());
    metric_observe(METRIC_CURSOR_FETCH_SECONDS, c->used_us - start);
    if (to->to != RUN_DISCARD)
        metric_add(METRIC_CURSOR_ROWS, *rows);
    /* Of one without rows the client knew nothing when it bound: as PostgreSQL, it is told the count alone.
     */
    (void)snprintf(p->result.tag, sizeof p->result.tag, p->returns_rows ? "%s" : "%s %llu",
                   f->move ? "MOVE" : "FETCH", (unsigned long long)*rows);
    return ST_OK;
}

int cursor_take(struct session *s, struct portal *p, struct err *e)
{
    uint64_t rows;
    struct portal_run to = {.to = p->returns_rows ? RUN_SLICE : RUN_DISCARD, .reader = p};
    return fetch(s, p, &to, &rows, e);
}

int cursor_pass_on(struct session *s, struct portal *p, uint64_t *rows, struct err *e)
{
    struct portal_run to = {.to = RUN_SEND, .reader = p};
    TRY(fetch(s, p, &to, rows, e));
    portal_went_off_end(p);
    return ST_OK;
}

/* ---- idle ones ---- */

/* Whether it costs the engine something while it stands. */
static bool is_open_stream(const struct portal *p)
{
    return p->kind == PORTAL_ENGINE && p->engine->started && !p->engine->complete;
}

/* Until it is done or somebody wants the session, which would else have to wait. */
static bool put_aside(struct session *s, struct portal *p)
{
    struct err told; /* by the portal, when it is read */
    err_init(&told);
    int st = ST_AGAIN;
    assert(is_open_stream(p));
    while (st == ST_AGAIN && !session_is_wanted(s))
        st = s->engine->ops->park(p->engine, clock_now_us() + PARK_SLICE_US, &told);
    return st != ST_AGAIN;
}

/* When to look at p again. */
static int64_t look_after(struct session *s, struct portal *p, bool idle, int64_t now)
{
    const struct session_config *c = session_config(s);
    int64_t again = CLOCK_NEVER;
    if (p->is_cursor && !p->evicted && c->cursor_idle_us) {
        again = p->used_us + c->cursor_idle_us;
        if (again <= now) {
            portal_evict(s, p);
            metric_add(METRIC_CURSOR_EVICTIONS, 1);
            return CLOCK_NEVER;
        }
    }
    if (!is_open_stream(p) || !c->stream_idle_park_us)
        return again;
    int64_t park = p->used_us + c->stream_idle_park_us;
    if (park > now)
        return park < again ? park : again;
    return idle && put_aside(s, p) ? again : now;
}

/* When to look again. */
static int64_t sweep(struct session *s, bool idle)
{
    int64_t now = clock_now_us(), again = CLOCK_NEVER;
    list_for_each (link, &s->portals.list) {
        int64_t at = look_after(s, list_entry(link, struct portal, link), idle, now);
        again = at < again ? at : again;
    }
    if (again == now) /* there is more to put aside, as soon as the session is idle */
        return now;
    int64_t soonest = clock_now_us() + session_config(s)->cursor_cleanup_us;
    return again == CLOCK_NEVER || again > soonest ? again : soonest;
}

void cursors_sweep(struct session *s, bool idle)
{
    s->portals.sweep_us = sweep(s, idle);
}

bool cursors_are_due(const struct session *s, int64_t now)
{
    return s->portals.sweep_us != CLOCK_NEVER && now >= s->portals.sweep_us;
}
