/* The extended query protocol: Parse, Bind, Describe, Execute, Close, Sync, Flush.
 * After an error everything is skipped until Sync. Source: PostgreSQL manual, 55.2.3 and 55.2.4. */
#include "front/extended.h"

#include "backend/backend.h"
#include "front/front_priv.h"
#include "pgwire/frontend.h"
#include "session/bind.h"
#include "session/cursor.h"
#include "session/execute.h"

static int aborted(struct err *e)
{
    return err_set(e, SQLSTATE_IN_FAILED_SQL_TRANSACTION,
                   "current transaction is aborted, commands ignored until end of transaction block");
}

static int on_parse(struct pg_client *c, const struct frame *f, struct err *e)
{
    struct fe_parse m;
    TRY(fe_parse_decode(f->payload, f->len, &m, e));
    uint32_t *oids = arena_calloc(&c->session.message_arena, m.noids, sizeof *oids);
    if (!oids)
        return err_oom(e);
    for (size_t i = 0; i < m.noids; i++)
        oids[i] = fe_parse_oid(&m, i);
    struct statement *old = m.name[0] ? NULL : statement_find(&c->session, "");
    if (old) /* gone even when the new one turns out wrong */
        statement_drop(&c->session, old);
    struct statement *st;
    TRY(statement_new(&c->session, m.name, sql_tokens_of(m.sql), oids, m.noids, &st, e));
    if (statement_add(&c->session, st, e) < 0) {
        statement_free(st);
        return ST_ERR;
    }
    be_parse_complete(&c->output.bytes);
    return ST_OK;
}

static struct statement *find_statement(struct pg_client *c, const char *name, struct err *e)
{
    struct statement *st = statement_find(&c->session, name);
    if (!st && name[0])
        (void)err_set(e, SQLSTATE_INVALID_SQL_STATEMENT_NAME, "prepared statement \"%s\" does not exist",
                      name);
    else if (!st)
        (void)err_set(e, SQLSTATE_INVALID_SQL_STATEMENT_NAME, "unnamed prepared statement does not exist");
    return st;
}

static struct portal *find_portal(struct pg_client *c, const char *name, struct err *e)
{
    struct portal *p = portal_find(&c->session, name);
    if (!p)
        (void)err_set(e, SQLSTATE_INVALID_CURSOR_NAME, "portal \"%s\" does not exist", name);
    return p && cursor_check(&c->session, p, e) == ST_OK ? p : NULL;
}

static int check_bind(const struct fe_bind *m, const struct statement *st, struct err *e)
{
    if (m->nformats > 1 && m->nformats != m->nvalues)
        return err_set(e, SQLSTATE_PROTOCOL_VIOLATION,
                       "bind message has %zu parameter formats but %zu parameters", m->nformats, m->nvalues);
    if (m->nvalues != statement_nclient(st))
        return err_set(e, SQLSTATE_PROTOCOL_VIOLATION,
                       "bind message supplies %zu parameters, but prepared statement \"%s\" requires %u",
                       m->nvalues, m->statement, (unsigned)statement_nclient(st));
    return ST_OK;
}

static int bind_portal(struct pg_client *c, const struct fe_bind *m, struct statement *st,
                       struct portal **out, struct err *e)
{
    struct backend_param *params = arena_calloc(&c->session.message_arena, m->nvalues, sizeof *params);
    int16_t *formats = arena_calloc(&c->session.message_arena, m->nresult_formats, sizeof *formats);
    if (!params || !formats)
        return err_oom(e);
    const uint8_t *at = m->values;
    size_t n = 0;
    for (size_t i = 0; i < m->nvalues; i++) {
        struct fe_bind_value v = fe_bind_next(&at);
        if (!statement_param_is_void(st, i))
            params[n++] = (struct backend_param){v.data, v.len, fe_bind_param_format(m, i)};
    }
    for (size_t i = 0; i < m->nresult_formats; i++)
        formats[i] = fe_bind_result_format(m, i);
    TRY(portal_new(&c->session, m->portal, st, params, n, true, out, e));
    return portal_set_formats(*out, m->nresult_formats, formats, e);
}

static int on_bind(struct pg_client *c, const struct frame *f, struct err *e)
{
    struct fe_bind m;
    TRY(fe_bind_decode(f->payload, f->len, &m, e));
    struct statement *st = find_statement(c, m.statement, e);
    if (!st)
        return ST_ERR;
    TRY(check_bind(&m, st, e));
    if (!tx_allows(&c->session, st->sql.kind) || (tx_has_failed(&c->session) && st->sql.kind == SQL_EMPTY))
        return aborted(e);
    struct portal *old = portal_find(&c->session, m.portal);
    if (old && m.portal[0] && !old->evicted)
        return err_set(e, SQLSTATE_DUPLICATE_CURSOR, "cursor \"%s\" already exists", m.portal);
    if (old)
        portal_drop(&c->session, old);
    struct portal *p = NULL;
    int rc = bind_portal(c, &m, st, &p, e);
    if (rc == ST_OK)
        rc = portal_add(&c->session, p, e);
    if (rc < 0) {
        portal_free(&c->session, p);
        return rc;
    }
    be_bind_complete(&c->output.bytes);
    return ST_OK;
}

static int describe_statement(struct pg_client *c, const char *name, struct err *e)
{
    struct statement *st = find_statement(c, name, e);
    if (!st)
        return ST_ERR;
    if (tx_has_failed(&c->session) && statement_desc(st))
        return aborted(e);
    size_t n = statement_nclient(st);
    uint16_t at = 0;
    uint32_t *oids = arena_calloc(&c->session.message_arena, n, sizeof *oids);
    if (!oids)
        return err_oom(e);
    for (size_t i = 0; i < n; i++)
        oids[i] = statement_param_is_void(st, i) ? statement_void_oid : statement_param_oid(st, at++);
    be_parameter_description(&c->output.bytes, oids, n);
    if (statement_desc(st)) { /* as PostgreSQL, which looks only where there are rows */
        TRY(statement_holds(st, e));
        c->reply.base.ops->columns(&c->reply.base, statement_desc(st), NULL);
    } else {
        c->reply.base.ops->no_columns(&c->reply.base);
    }
    return pg_reply_late(&c->reply, e);
}

static int on_describe(struct pg_client *c, const struct frame *f, struct err *e)
{
    struct fe_target m;
    TRY(fe_target_decode(f->payload, f->len, &m, e));
    if (m.kind == 'S')
        return describe_statement(c, m.name, e);
    struct portal *p = find_portal(c, m.name, e);
    if (!p)
        return ST_ERR;
    if (tx_has_failed(&c->session) && portal_desc(p))
        return aborted(e);
    portal_send_description(&c->session, p);
    return pg_reply_late(&c->reply, e);
}

static int on_execute(struct pg_client *c, const struct frame *f, struct err *e)
{
    struct fe_execute m;
    TRY(fe_execute_decode(f->payload, f->len, &m, e));
    struct portal *p = find_portal(c, m.portal, e);
    if (!p)
        return ST_ERR;
    if (!tx_allows(&c->session, p->sql.kind))
        return aborted(e);
    /* A write that Sync follows at once is its own transaction; otherwise it shares one with what comes. */
    bool more_follows = input_peek(c, f->total) != 'S';
    stats_label(&c->session.stats, p->tag[0] ? p->tag : p->sql.word ? p->sql.word : "");
    return portal_execute(&c->session, p,
                          &(struct execution){.max_rows = m.max_rows > 0 ? (uint64_t)m.max_rows : 0,
                                              .more_follows = more_follows},
                          e);
}

static int on_close(struct pg_client *c, const struct frame *f, struct err *e)
{
    struct fe_target m;
    TRY(fe_close_decode(f->payload, f->len, &m, e));
    if (m.kind == 'S') {
        struct statement *st = statement_find(&c->session, m.name);
        if (st)
            statement_drop(&c->session, st);
    } else {
        struct portal *p = portal_find(&c->session, m.name);
        if (p)
            portal_drop(&c->session, p);
    }
    be_close_complete(&c->output.bytes);
    return ST_OK;
}

int extended_message(struct pg_client *c, const struct frame *f, struct err *e)
{
    switch (f->type) {
    case 'P': return on_parse(c, f, e);
    case 'B': return on_bind(c, f, e);
    case 'D': return on_describe(c, f, e);
    case 'E': return on_execute(c, f, e);
    case 'C': return on_close(c, f, e);
    case 'H': TRY(fe_empty_decode(f->len, e)); return output_flush(c, e);
    default:
        pg_client_ends(c);
        return err_set(e, SQLSTATE_PROTOCOL_VIOLATION, "invalid frontend message type %d", f->type);
    }
}

int extended_sync(struct pg_client *c, struct err *e)
{
    return tx_implicit_commit(&c->session, e);
}
