/* Portals of a session: one execution of a statement each, with a position. Outside a transaction block they
 * end at Sync, inside one at its end (PostgreSQL manual, 55.2.3). */
#include "base/alloc.h"
#include "base/bytes.h"
#include "rows/row_batch.h"
#include "rows/row_desc.h"
#include "rows/row_stream.h"
#include "session/session_priv.h"

#include <stdio.h>
#include <string.h>

void portal_free(struct session *s, struct portal *p)
{
    if (!p)
        return;
    if (p->engine)
        s->engine->ops->portal_close(p->engine);
    command_result_release(&p->result);
    mem_free(p->formats);
    arena_release(&p->arena);
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

static int bind_engine(struct session *s, struct portal *p, struct backend_stmt *stmt,
                       const struct backend_param *params, size_t nparams, struct err *e)
{
    struct backend_session *engine;
    TRY(session_engine(s, &engine, e));
    p->kind = PORTAL_ENGINE;
    TRY(take_info(p, &stmt->info, e));
    return engine->ops->open(engine, stmt, params, nparams, &p->engine, e);
}

static int bind_command(struct portal *p, const struct statement *st, struct err *e)
{
    p->kind = PORTAL_COMMAND;
    p->sql = st->sql;
    char *text = arena_strndup(&p->arena, st->sql.text.p, st->sql.text.n);
    char *word = arena_strdup(&p->arena, st->sql.word);
    if (!text || !word)
        return err_oom(e);
    p->sql.text.p = text;
    p->sql.offset = 0;
    p->sql.word = word;
    p->result.desc = st->desc ? row_desc_ref(st->desc) : NULL;
    p->returns_rows = st->desc != NULL;
    return ST_OK;
}

int portal_new(struct session *s, const char *name, const struct statement *st,
               const struct backend_param *params, size_t nparams, struct portal **out, struct err *e)
{
    const struct session_config *c = session_config(s);
    struct portal *p = mem_calloc(1, sizeof *p);
    if (!p)
        return err_oom(e);
    list_init(&p->link);
    arena_init(&p->arena, c->memory_max);
    buf_init(&p->result.rows, c->memory_max);
    p->kind = PORTAL_EMPTY;
    p->sql.kind = st->sql.kind;
    p->name = mem_strdup(name);
    int rc = p->name ? ST_OK : err_oom(e);
    if (rc == ST_OK) {
        if (st->engine)
            rc = bind_engine(s, p, st->engine, params, nparams, e);
        else if (st->sql.kind == SQL_EXECUTE)
            rc = portal_bind_execute(s, p, &st->sql, e);
        else if (st->sql.kind != SQL_EMPTY)
            rc = bind_command(p, st, e);
    }
    if (rc < 0) {
        portal_free(s, p);
        return rc;
    }
    *out = p;
    return ST_OK;
}

/* EXECUTE name (values): the values are computed by the engine, then bound to the statement as text. */
static int execute_values(struct session *s, const struct sql_execute *x, struct backend_param *params,
                          struct row_stream **stream, struct backend_stmt **stmt,
                          struct backend_portal **values, struct err *e)
{
    struct backend_session *engine;
    struct buf sql;
    TRY(session_engine(s, &engine, e));
    buf_init(&sql, session_config(s)->memory_max);
    buf_put(&sql, "SELECT ", 7);
    for (size_t i = 0; i < x->nvalues; i++) {
        buf_put(&sql, i ? ", (" : "(", i ? 3 : 1);
        buf_put(&sql, x->values[i].p, x->values[i].n);
        buf_put_u8(&sql, ')');
    }
    buf_put_u8(&sql, 0);
    int rc = buf_ok(&sql) ? ST_OK : err_oom(e);
    if (rc == ST_OK)
        rc =
            engine->ops->prepare(engine, (struct str){(const char *)sql.data, sql.len - 1}, NULL, 0, stmt, e);
    buf_release(&sql);
    TRY(rc);
    struct backend_fetch one = {.max_rows = 1, .batch_bytes = session_config(s)->flush_bytes};
    struct row_batch *batch;
    TRY(engine->ops->open(engine, *stmt, NULL, 0, values, e));
    TRY(engine->ops->start(*values, e));
    TRY(engine->ops->fetch(*values, &one, stream, e));
    rc = row_stream_next(*stream, &batch, e);
    TRY(rc);
    if (rc != ST_OK || batch->nrows != 1)
        return err_set(e, SQLSTATE_INTERNAL_ERROR, "the values of EXECUTE did not make one row");
    const uint8_t *at = batch->data + 7; /* 'D', length, column count */
    for (size_t i = 0; i < x->nvalues; i++) {
        params[i].len = (int32_t)get_be32(at);
        params[i].format = 0;
        params[i].data = at + 4;
        at += 4 + (params[i].len > 0 ? (size_t)params[i].len : 0);
    }
    return ST_OK;
}

int portal_bind_execute(struct session *s, struct portal *p, const struct sql_statement *sql, struct err *e)
{
    struct sql_execute x = {0};
    TRY(sql_parse_execute(&s->message_arena, sql, &x, e));
    struct statement *st = statement_find(s, x.name);
    if (!st)
        return err_set(e, SQLSTATE_INVALID_SQL_STATEMENT_NAME, "prepared statement \"%s\" does not exist",
                       x.name);
    if (statement_nparams(st) == 0)
        x.nvalues = 0; /* PostgreSQL reads over values that nothing asks for */
    if (x.nvalues != statement_nparams(st)) {
        (void)err_set(e, SQLSTATE_SYNTAX_ERROR, "wrong number of parameters for prepared statement \"%s\"",
                      x.name);
        err_detail(e, "Expected %u parameters but got %zu.", statement_nparams(st), x.nvalues);
        return ST_ERR;
    }
    if (!st->engine) {
        p->sql.kind = st->sql.kind;
        return st->sql.kind == SQL_EMPTY ? ST_OK : bind_command(p, st, e);
    }
    if (x.nvalues == 0)
        return bind_engine(s, p, st->engine, NULL, 0, e);
    struct backend_param *params = arena_calloc(&s->message_arena, x.nvalues, sizeof *params);
    if (!params)
        return err_oom(e);
    struct row_stream *stream = NULL;
    struct backend_stmt *stmt = NULL;
    struct backend_portal *values = NULL;
    int rc = execute_values(s, &x, params, &stream, &stmt, &values, e);
    if (rc == ST_OK)
        rc = bind_engine(s, p, st->engine, params, x.nvalues, e);
    row_stream_close(stream);
    if (s->engine) {
        s->engine->ops->portal_close(values);
        if (stmt)
            s->engine->ops->stmt_free(stmt);
    }
    return rc;
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
    if (s->nportals >= max)
        return err_set(e, SQLSTATE_CONFIGURATION_LIMIT_EXCEEDED, "too many portals in this session (%u)",
                       max);
    list_append(&s->portals, &p->link);
    s->nportals++;
    return ST_OK;
}

void portal_drop(struct session *s, struct portal *p)
{
    if (p == s->running) {
        p->doomed = true;
        return;
    }
    list_remove(&p->link);
    s->nportals--;
    portal_free(s, p);
}

void portals_drop_all(struct session *s)
{
    struct list *next;
    for (struct list *link = s->portals.next; link != &s->portals; link = next) {
        next = link->next;
        portal_drop(s, list_entry(link, struct portal, link));
    }
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
        if (p != but && p->kind == PORTAL_ENGINE && !p->writes && !p->done && !p->engine->started)
            TRY(s->engine->ops->start(p->engine, e));
    }
    return ST_OK;
}

void session_send_row_description(struct session *s, const struct row_desc *desc, const int16_t *formats)
{
    size_t mark;
    be_row_description_begin(&s->out, desc->ncolumns, &mark);
    for (uint16_t i = 0; i < desc->ncolumns; i++) {
        const struct column_desc *column = &desc->columns[i];
        be_row_description_column(&s->out, &(struct be_column){
                                               .name = column->name,
                                               .type_oid = column->type_oid,
                                               .type_size = column->type_size,
                                               .typmod = column->typmod,
                                               .format = formats ? formats[i] : 0,
                                           });
    }
    be_row_description_end(&s->out, mark);
}

void portal_send_description(struct session *s, const struct portal *p)
{
    struct row_desc *desc = portal_desc(p);
    if (desc)
        session_send_row_description(s, desc, p->formats);
    else
        be_no_data(&s->out);
}
