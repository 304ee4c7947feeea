/* Portals of a session: one execution of a statement each, with a position. Outside a transaction block they
 * end at Sync, inside one at its end (PostgreSQL manual, 55.2.3). */
#include "session/portal.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/cleanup.h"
#include "rows/row_batch.h"
#include "rows/row_desc.h"
#include "rows/row_stream.h"
#include "session/session_priv.h"

#include <stdio.h>
#include <string.h>

void portal_close_engine(struct session *s, struct portal *p)
{
    if (!p->engine)
        return;
    if (s->ahead == p->engine)
        s->ahead = NULL;
    s->engine->ops->portal_close(TAKE_PTR(p->engine));
}

void portal_free(struct session *s, struct portal *p)
{
    if (!p)
        return;
    cursor_forget(s, p);
    portal_free(s, p->declares);
    portal_close_engine(s, p);
    command_result_release(&p->result);
    set_config_free(p->set_config);
    statement_free(p->statement);
    account_give(p->memory, p->kept);
    mem_free(p->formats);
    mem_free(p->name);
    mem_free(p);
}

/* What portal_execute needs to know of an engine statement after that has gone. */
static int take_info(struct portal *p, const struct backend_stmt_info *info, struct err *e)
{
    const char *tag = info->tag ? info->tag : "SELECT";
    if (strlen(tag) >= sizeof p->tag)
        return err_set(e, SQLSTATE_INTERNAL_ERROR, "command tag \"%s\" is too long", tag);
    (void)snprintf(p->tag, sizeof p->tag, "%s", tag);
    p->tag_count = info->tag ? info->tag_count : true;
    p->returns_rows = info->returns_rows;
    p->writes = info->effect != BACKEND_READS;
    p->changes_data = info->effect == BACKEND_WRITES;
    return ST_OK;
}

static int bind_engine(struct session *s, struct portal *p, struct statement *st,
                       const struct backend_param *params, size_t nparams, struct err *e)
{
    struct backend_session *engine;
    TRY(session_engine(s, &engine, e));
    TRY(statement_refresh(s, st, e));
    p->kind = PORTAL_ENGINE;
    TRY(take_info(p, &st->engine->info, e));
    engine->memory = p->memory;
    return engine->ops->open(engine, st->engine, params, nparams, &p->engine, e);
}

static int bind_command(struct session *s, struct portal *p, const struct statement *st, struct err *e)
{
    p->kind = PORTAL_COMMAND;
    if (st->sql.kind == SQL_FETCH) /* of the cursor that has the name now */
        TRY(command_describe(s, &st->sql, &p->result.desc, e));
    else if (st->desc)
        p->result.desc = row_desc_ref(st->desc);
    p->returns_rows = p->result.desc != NULL;
    return ST_OK;
}

static int make(struct session *s, const char *name, struct statement *st, struct portal **out, struct err *e)
{
    struct portal *p = mem_calloc(1, sizeof *p);
    if (!p)
        return err_oom(e);
    list_init(&p->link);
    p->memory = memory_of(s, name);
    buf_init_of(&p->result.rows, SIZE_MAX, p->memory);
    p->kind = PORTAL_EMPTY;
    p->statement = statement_ref(st);
    p->sql = st->sql;
    p->at_start = true;
    p->born = ++s->births;
    p->created_us = clock_wall_us();
    p->name = mem_strdup(name);
    *out = p;
    return p->name ? memory_count(p->memory, &p->kept, sizeof *p + strlen(name), e) : err_oom(e);
}

/* The query's parameters are bound now, the cursor is made when DECLARE runs. */
static int bind_declare(struct session *s, struct portal *p, struct statement *st,
                        const struct backend_param *params, size_t nparams, struct err *e)
{
    p->kind = PORTAL_COMMAND;
    TRY(make(s, st->declare->name, st, &p->declares, e));
    p->declares->sql.kind = SQL_ENGINE;
    return bind_engine(s, p->declares, st, params, nparams, e);
}

int portal_bind(struct session *s, struct portal *p, struct statement *st, const struct backend_param *params,
                size_t nparams, struct err *e)
{
    switch (st->sql.kind) {
    case SQL_EMPTY: return ST_OK;
    case SQL_DECLARE: return bind_declare(s, p, st, params, nparams, e);
    case SQL_EXECUTE: return portal_bind_execute(s, p, e);
    case SQL_SET_CONFIG: TRY(set_config_bind(p, st, params, nparams, e)); return bind_command(s, p, st, e);
    default: return st->engine ? bind_engine(s, p, st, params, nparams, e) : bind_command(s, p, st, e);
    }
}

int portal_new(struct session *s, const char *name, struct statement *st, const struct backend_param *params,
               size_t nparams, struct portal **out, struct err *e)
{
    struct portal *p = NULL;
    int rc = make(s, name, st, &p, e);
    if (rc == ST_OK) {
        s->binding = s->message_type == 'B' ? p : NULL;
        rc = portal_bind(s, p, st, params, nparams, e);
        s->binding = NULL;
    }
    if (rc < 0) {
        portal_free(s, p);
        return rc;
    }
    *out = p;
    return ST_OK;
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
    p->formats = mem_calloc(ncolumns, sizeof *p->formats);
    if (!p->formats)
        return err_oom(e);
    for (size_t i = 0; i < ncolumns; i++)
        p->formats[i] = formats[n == 1 ? 0 : i];
    return ST_OK;
}

struct portal *portal_find(struct session *s, const char *name)
{
    list_for_each (link, &s->portals) {
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
    if (named && s->nportals >= max)
        return err_set(e, SQLSTATE_CONFIGURATION_LIMIT_EXCEEDED, "too many portals in this session (%u)",
                       max);
    list_append(&s->portals, &p->link);
    s->nportals += named;
    p->used_us = clock_now_us();
    if (s->sweep_us == CLOCK_NEVER)
        s->sweep_us = p->used_us + session_config(s)->cursor_cleanup_us;
    return ST_OK;
}

void portal_drop(struct session *s, struct portal *p)
{
    if (p == s->running) {
        p->doomed = true;
        return;
    }
    list_remove(&p->link);
    s->nportals -= p->name[0] != '\0';
    portal_free(s, p);
}

static void drop_where(struct session *s, bool (*goes)(const struct portal *p, uint64_t arg), uint64_t arg)
{
    struct list *next;
    for (struct list *link = s->portals.next; link != &s->portals; link = next) {
        struct portal *p = list_entry(link, struct portal, link);
        next = link->next;
        if (goes(p, arg))
            portal_drop(s, p);
    }
}

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
    list_for_each (link, &s->portals) {
        struct portal *p = list_entry(link, struct portal, link);
        if (p->hold && !p->held && is_running(p))
            TRY(s->engine->ops->park(p->engine, CLOCK_NEVER, e));
    }
    drop_where(s, without_hold, 0);
    return ST_OK;
}

void portals_committed(struct session *s)
{
    list_for_each (link, &s->portals)
        list_entry(link, struct portal, link)->held = true;
}

static void put_down_all(struct session *s)
{
    struct err told; /* by the portal that it happened to */
    list_for_each (link, &s->portals) {
        struct portal *p = list_entry(link, struct portal, link);
        err_init(&told);
        if (is_running(p))
            (void)s->engine->ops->park(p->engine, CLOCK_NEVER, &told);
    }
}

void portal_kill(struct session *s, struct portal *p)
{
    struct row_desc *desc = portal_desc(p);
    if (desc)
        row_desc_ref(desc);
    portal_close_engine(s, p);
    row_desc_unref(p->result.desc);
    statement_free(p->statement);
    p->statement = NULL;
    p->sql = (struct sql_statement){.kind = p->kind == PORTAL_EMPTY ? SQL_EMPTY : SQL_ENGINE, .word = ""};
    p->result.desc = desc;
    p->kind = p->kind == PORTAL_EMPTY ? PORTAL_EMPTY : PORTAL_COMMAND;
    p->ran = true;
    p->returns_rows = p->visible = false;
    cursor_forget(s, p);
}

/* What is younger than the last savepoint; all of it without one. What is older may be gone back to. */
void portals_fail(struct session *s)
{
    bool any_savepoint = !list_is_empty(&s->savepoints);
    uint64_t born = any_savepoint ? list_entry(s->savepoints.prev, struct savepoint, link)->born : 0;
    list_for_each (link, &s->portals) {
        struct portal *p = list_entry(link, struct portal, link);
        if (younger(p, born) && p != s->running)
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
    list_for_each (link, &s->portals) {
        if (link == &p->link) {
            portal_drop(s, p);
            return;
        }
    }
}

int portals_start_readers(struct session *s, const struct portal *but, struct err *e)
{
    list_for_each (link, &s->portals) {
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
