/* Portals of a session: one execution of a statement each, with a position. Outside a transaction block they
 * end at Sync, inside one at its end (PostgreSQL manual, 55.2.3). */
#include "session/portal.h"

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/metric.h"
#include "rows/row_desc.h"
#include "session/session_priv.h"

#include <assert.h>
#include <string.h>

void portals_init(struct portals *all)
{
    *all = (struct portals){.sweep_us = CLOCK_NEVER};
    list_init(&all->list);
}

void portals_look_ahead_of(struct session *s, struct backend_portal *engine)
{
    s->portals.ahead = engine;
}

struct backend_portal *portals_take_ahead(struct session *s)
{
    return TAKE_PTR(s->portals.ahead);
}

struct portal *portals_run_in(struct session *s, struct portal *p)
{
    struct portal *outer = s->portals.running;
    s->portals.running = p;
    return outer;
}

void portals_bind_in(struct session *s, struct portal *p)
{
    assert(!p || !s->portals.binding);
    s->portals.binding = p;
}

void portal_close_engine(struct session *s, struct portal *p)
{
    if (!p->engine)
        return;
    if (s->portals.ahead == p->engine)
        portals_look_ahead_of(s, NULL);
    s->engine->ops->portal_close(TAKE_PTR(p->engine));
}

uint64_t portals_birth(struct session *s)
{
    return ++s->portals.births;
}

void portal_take_statement(struct portal *p, struct statement *st)
{
    struct statement *old = p->statement;
    p->statement = statement_ref(st);
    p->sql = st->sql;
    statement_free(old);
}

void portal_leave_statement(struct portal *p, const struct sql_statement *is)
{
    statement_free(TAKE_PTR(p->statement));
    p->sql = *is;
}

int portal_make(struct session *s, const char *name, struct statement *st, struct portal **out, struct err *e)
{
    struct portal *p = mem_calloc(1, sizeof *p);
    if (!p)
        return err_oom(e);
    list_init(&p->link);
    p->memory = memory_of(s, name);
    buf_init_of(&p->result.rows, SIZE_MAX, p->memory);
    p->kind = PORTAL_EMPTY;
    portal_take_statement(p, st);
    p->at_start = true;
    p->born = portals_birth(s);
    p->created_us = *name ? clock_wall_us() : clock_wall_coarse_us();
    p->name = mem_strdup(name);
    *out = p;
    return p->name ? memory_count(p->memory, &p->kept, sizeof *p + strlen(name), e) : err_oom(e);
}

/* ---- cursors among them ---- */

/* A cursor counts for its session, its user, the server and the metric at once. p->counted sees to it that it
 * is taken off all of them exactly once. */
void portal_count_cursor(struct session *s, struct portal *p)
{
    assert(!p->counted);
    s->portals.ncursors++;
    atomic_fetch_add(&s->server->cursors, 1);
    session_user_count_cursor(s->place.user, 1);
    metric_gauge_add(METRIC_CURSORS, 1);
    p->counted = true;
}

static void uncount(struct session *s, struct portal *p)
{
    if (!p->counted)
        return;
    assert(s->portals.ncursors > 0);
    p->counted = false;
    s->portals.ncursors--;
    atomic_fetch_sub(&s->server->cursors, 1);
    session_user_count_cursor(s->place.user, -1);
    metric_gauge_add(METRIC_CURSORS, -1);
}

/* p is about to go, or is no cursor any more. */
static void forget_cursor(struct session *s, struct portal *p)
{
    uncount(s, p);
    mem_free(TAKE_PTR(p->source));
}

void portal_evict(struct session *s, struct portal *p)
{
    assert(p->is_cursor && !p->evicted);
    portal_close_engine(s, p);
    p->kind = PORTAL_EMPTY;
    p->returns_rows = p->visible = false;
    p->evicted = true;
    forget_cursor(s, p);
}

void portal_runs(struct portal *p)
{
    assert(!p->ran);
    p->ran = true;
}

void portal_show(struct portal *p)
{
    p->visible = true;
}

void portal_used(struct portal *p, int64_t now_us)
{
    p->used_us = now_us;
}

/* ---- their end ---- */

static void release_result(struct command_result *r)
{
    row_desc_unref(r->desc);
    buf_release(&r->rows);
    r->desc = NULL;
}

void portal_free(struct session *s, struct portal *p)
{
    if (!p)
        return;
    assert(p != s->portals.running && p != s->portals.binding);
    forget_cursor(s, p);
    portal_free(s, p->declares);
    portal_close_engine(s, p);
    release_result(&p->result);
    mem_free(p->set_config);
    mem_free(p->params);
    statement_free(p->statement);
    account_give(p->memory, p->kept);
    mem_free(p->formats);
    mem_free(p->name);
    mem_free(p);
}

struct row_desc *portal_desc(const struct portal *p)
{
    return p->kind == PORTAL_ENGINE ? p->engine->desc : p->kind == PORTAL_COMMAND ? p->result.desc : NULL;
}

int portal_set_formats(struct portal *p, size_t n, const int16_t *formats, struct err *e)
{
    struct row_desc *desc = portal_desc(p);
    if (!desc) /* as PostgreSQL: of no interest */
        return ST_OK;
    size_t ncolumns = desc->ncolumns;
    if (n > 1 && n != ncolumns)
        return err_set(e, SQLSTATE_PROTOCOL_VIOLATION,
                       "bind message has %zu result formats but query has %zu columns", n, ncolumns);
    if (n == 0 || ncolumns == 0 || (n == 1 && formats[0] == 0))
        return ST_OK;
    TRY(memory_count(p->memory, &p->kept, ncolumns * sizeof *p->formats, e));
    assert(!p->formats);
    p->formats = mem_calloc(ncolumns, sizeof *p->formats);
    if (!p->formats)
        return err_oom(e);
    for (size_t i = 0; i < ncolumns; i++)
        p->formats[i] = formats[n == 1 ? 0 : i];
    return ST_OK;
}

struct portal *portal_find(struct session *s, const char *name)
{
    list_for_each (link, &s->portals.list) {
        struct portal *p = list_entry(link, struct portal, link);
        if (strcmp(p->name, name) == 0)
            return p;
    }
    return NULL;
}

int portal_add(struct session *s, struct portal *p, struct err *e)
{
    unsigned max = session_config(s)->portals_max;
    bool named = p->name[0] != '\0'; /* the unnamed one has to have room: ROLLBACK needs it */
    if (named && s->portals.n >= max)
        return err_set(e, SQLSTATE_CONFIGURATION_LIMIT_EXCEEDED, "too many portals in this session (%u)",
                       max);
    assert(list_is_empty(&p->link));
    list_append(&s->portals.list, &p->link);
    s->portals.n += named;
    portal_used(p, s->stats.start_us);
    if (s->portals.sweep_us == CLOCK_NEVER)
        s->portals.sweep_us = p->used_us + session_config(s)->cursor_cleanup_us;
    return ST_OK;
}

void portal_drop(struct session *s, struct portal *p)
{
    if (p == s->portals.running) {
        p->doomed = true;
        return;
    }
    list_remove(&p->link);
    assert(p->name[0] == '\0' || s->portals.n > 0);
    s->portals.n -= p->name[0] != '\0';
    portal_free(s, p);
}

static void drop_where(struct session *s, bool (*goes)(const struct portal *p, uint64_t arg), uint64_t arg)
{
    struct list *next;
    for (struct list *link = s->portals.list.next; link != &s->portals.list; link = next) {
        struct portal *p = list_entry(link, struct portal, link);
        next = link->next;
        if (goes(p, arg))
            portal_drop(s, p);
    }
}

/* Which portals drop_where() takes. A held one, which its committed transaction has left behind, goes with
 * all portals of the session or by a CLOSE of its own. */
static bool any(const struct portal *p, uint64_t arg)
{
    (void)p, (void)arg;
    return true;
}

static bool of_transaction(const struct portal *p, uint64_t arg)
{
    (void)arg;
    return !p->held;
}

static bool without_hold(const struct portal *p, uint64_t arg)
{
    (void)arg;
    return !p->held && !p->hold;
}

static bool younger(const struct portal *p, uint64_t born)
{
    return !p->held && p->born > born;
}

void portals_drop_all(struct session *s)
{
    drop_where(s, any, 0);
}

void portals_rollback(struct session *s)
{
    drop_where(s, of_transaction, 0);
}

static bool is_running(const struct portal *p)
{
    return p->kind == PORTAL_ENGINE && p->engine->started && !p->engine->complete;
}

int portals_commit(struct session *s, struct err *e)
{
    list_for_each (link, &s->portals.list) {
        struct portal *p = list_entry(link, struct portal, link);
        if (p->hold && !p->held && is_running(p))
            TRY(s->engine->ops->park(p->engine, CLOCK_NEVER, e));
    }
    drop_where(s, without_hold, 0);
    return ST_OK;
}

void portals_committed(struct session *s)
{
    list_for_each (link, &s->portals.list)
        list_entry(link, struct portal, link)->held = true;
}

/* The engine's transaction is about to end, and running portals outlive it: their rows are moved into a
 * spool. When that fails for one, whoever reads from it next is told. */
static void put_down_all(struct session *s)
{
    struct err told; /* by the portal that it happened to */
    list_for_each (link, &s->portals.list) {
        struct portal *p = list_entry(link, struct portal, link);
        err_init(&told);
        if (is_running(p))
            (void)s->engine->ops->park(p->engine, CLOCK_NEVER, &told);
    }
}

/* The columns stay known, so that the portal can still be described; its execution and its statement go. */
void portal_kill(struct session *s, struct portal *p)
{
    struct row_desc *desc = portal_desc(p);
    if (desc)
        row_desc_ref(desc);
    portal_close_engine(s, p);
    row_desc_unref(p->result.desc);
    portal_leave_statement(
        p, &(struct sql_statement){.kind = p->kind == PORTAL_EMPTY ? SQL_EMPTY : SQL_ENGINE, .word = ""});
    p->result.desc = desc;
    p->kind = p->kind == PORTAL_EMPTY ? PORTAL_EMPTY : PORTAL_COMMAND;
    p->ran = true;
    p->returns_rows = p->visible = false;
    forget_cursor(s, p);
}

/* What is younger than the last savepoint; all of it without one. What is older may be gone back to. */
void portals_fail(struct session *s)
{
    bool any_savepoint = !list_is_empty(&s->tx.savepoints);
    uint64_t born = any_savepoint ? list_entry(s->tx.savepoints.prev, struct savepoint, link)->born : 0;
    list_for_each (link, &s->portals.list) {
        struct portal *p = list_entry(link, struct portal, link);
        if (younger(p, born) && p != s->portals.running)
            portal_kill(s, p);
    }
    put_down_all(s);
}

void portals_rollback_to(struct session *s, uint64_t born)
{
    drop_where(s, younger, born);
    put_down_all(s);
}

void portal_drop_if_there(struct session *s, struct portal *p)
{
    list_for_each (link, &s->portals.list) {
        if (link == &p->link) {
            portal_drop(s, p);
            return;
        }
    }
}

int portals_start_readers(struct session *s, const struct portal *but, struct err *e)
{
    list_for_each (link, &s->portals.list) {
        struct portal *p = list_entry(link, struct portal, link);
        if (p != but && p->kind == PORTAL_ENGINE && !p->writes && !p->engine->started)
            TRY(s->engine->ops->start(p->engine, e));
    }
    return ST_OK;
}

void portal_send_description(struct session *s, const struct portal *p)
{
    struct row_desc *desc = portal_desc(p);
    if (desc)
        s->reply->ops->columns(s->reply, desc, p->formats);
    else
        s->reply->ops->no_columns(s->reply);
}
