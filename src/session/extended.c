/* The extended query protocol: Parse, Bind, Describe, Execute, Close, Sync, Flush.
 * After an error everything is skipped until Sync. Source: PostgreSQL manual, 55.2.3 and 55.2.4. */
#include "session/extended.h"

#include "base/alloc.h"
#include "pgwire/frontend.h"
#include "session/session_priv.h"

#include <string.h>

static int aborted(struct err *e)
{
    return err_set(e, SQLSTATE_IN_FAILED_SQL_TRANSACTION,
                   "current transaction is aborted, commands ignored until end of transaction block");
}

static int on_parse(struct session *s, const struct frame *f, struct err *e)
{
    struct fe_parse m;
    TRY(fe_parse_decode(f->payload, f->len, &m, e));
    uint32_t *oids = arena_calloc(&s->message_arena, m.noids, sizeof *oids);
    if (!oids)
        return err_oom(e);
    for (size_t i = 0; i < m.noids; i++)
        oids[i] = fe_parse_oid(&m, i);
    struct statement *old = m.name[0] ? NULL : statement_find(s, "");
    if (old) /* gone even when the new one turns out wrong */
        statement_drop(s, old);
    struct statement *st;
    TRY(statement_new(s, m.name, m.sql, oids, m.noids, &st, e));
    if (statement_add(s, st, e) < 0) {
        statement_free(st);
        return ST_ERR;
    }
    be_parse_complete(&s->output.bytes);
    return ST_OK;
}

static struct statement *find_statement(struct session *s, const char *name, struct err *e)
{
    struct statement *st = statement_find(s, name);
    if (!st && name[0])
        (void)err_set(e, SQLSTATE_INVALID_SQL_STATEMENT_NAME, "prepared statement \"%s\" does not exist",
                      name);
    else if (!st)
        (void)err_set(e, SQLSTATE_INVALID_SQL_STATEMENT_NAME, "unnamed prepared statement does not exist");
    return st;
}

static struct portal *find_portal(struct session *s, const char *name, struct err *e)
{
    struct portal *p = portal_find(s, name);
    if (!p)
        (void)err_set(e, SQLSTATE_INVALID_CURSOR_NAME, "portal \"%s\" does not exist", name);
    return p && cursor_check(s, p, e) == ST_OK ? p : NULL;
}

static int check_bind(const struct fe_bind *m, const struct statement *st, struct err *e)
{
    if (m->nformats > 1 && m->nformats != m->nvalues)
        return err_set(e, SQLSTATE_PROTOCOL_VIOLATION,
                       "bind message has %zu parameter formats but %zu parameters", m->nformats, m->nvalues);
    if (m->nvalues != statement_nparams(st))
        return err_set(e, SQLSTATE_PROTOCOL_VIOLATION,
                       "bind message supplies %zu parameters, but prepared statement \"%s\" requires %u",
                       m->nvalues, m->statement, statement_nparams(st));
    return ST_OK;
}

static int bind_portal(struct session *s, const struct fe_bind *m, struct statement *st, struct portal **out,
                       struct err *e)
{
    struct backend_param *params = arena_calloc(&s->message_arena, m->nvalues, sizeof *params);
    int16_t *formats = arena_calloc(&s->message_arena, m->nresult_formats, sizeof *formats);
    if (!params || !formats)
        return err_oom(e);
    const uint8_t *at = m->values;
    for (size_t i = 0; i < m->nvalues; i++) {
        struct fe_bind_value v = fe_bind_next(&at);
        params[i] = (struct backend_param){v.data, v.len, fe_bind_param_format(m, i)};
    }
    for (size_t i = 0; i < m->nresult_formats; i++)
        formats[i] = fe_bind_result_format(m, i);
    TRY(portal_new(s, m->portal, st, params, m->nvalues, true, out, e));
    return portal_set_formats(*out, m->nresult_formats, formats, e);
}

static int on_bind(struct session *s, const struct frame *f, struct err *e)
{
    struct fe_bind m;
    TRY(fe_bind_decode(f->payload, f->len, &m, e));
    struct statement *st = find_statement(s, m.statement, e);
    if (!st)
        return ST_ERR;
    TRY(check_bind(&m, st, e));
    if (!tx_allows(s, st->sql.kind) || (s->tx == TX_FAILED && st->sql.kind == SQL_EMPTY))
        return aborted(e);
    struct portal *old = portal_find(s, m.portal);
    if (old && m.portal[0] && !old->evicted)
        return err_set(e, SQLSTATE_DUPLICATE_CURSOR, "cursor \"%s\" already exists", m.portal);
    if (old)
        portal_drop(s, old);
    struct portal *p = NULL;
    int rc = bind_portal(s, &m, st, &p, e);
    if (rc == ST_OK)
        rc = portal_add(s, p, e);
    if (rc < 0) {
        portal_free(s, p);
        return rc;
    }
    be_bind_complete(&s->output.bytes);
    return ST_OK;
}

static int describe_statement(struct session *s, const char *name, struct err *e)
{
    struct statement *st = find_statement(s, name, e);
    if (!st)
        return ST_ERR;
    if (s->tx == TX_FAILED && statement_desc(st))
        return aborted(e);
    uint16_t n = statement_nparams(st);
    uint32_t *oids = arena_calloc(&s->message_arena, n, sizeof *oids);
    if (!oids)
        return err_oom(e);
    for (uint16_t i = 0; i < n; i++)
        oids[i] = statement_param_oid(st, i);
    be_parameter_description(&s->output.bytes, oids, n);
    if (statement_desc(st))
        s->reply->ops->columns(s->reply, statement_desc(st), NULL);
    else
        s->reply->ops->no_columns(s->reply);
    return ST_OK;
}

static int on_describe(struct session *s, const struct frame *f, struct err *e)
{
    struct fe_target m;
    TRY(fe_target_decode(f->payload, f->len, &m, e));
    if (m.kind == 'S')
        return describe_statement(s, m.name, e);
    struct portal *p = find_portal(s, m.name, e);
    if (!p)
        return ST_ERR;
    if (s->tx == TX_FAILED && portal_desc(p))
        return aborted(e);
    portal_send_description(s, p);
    return ST_OK;
}

static int on_execute(struct session *s, const struct frame *f, struct err *e)
{
    struct fe_execute m;
    TRY(fe_execute_decode(f->payload, f->len, &m, e));
    struct portal *p = find_portal(s, m.portal, e);
    if (!p)
        return ST_ERR;
    if (!tx_allows(s, p->sql.kind))
        return aborted(e);
    /* A write that Sync follows at once is its own transaction; otherwise it shares one with what comes. */
    bool more_follows = session_peek_message(s, f->total) != 'S';
    session_label(s, p->tag[0] ? p->tag : p->sql.word ? p->sql.word : "");
    return portal_execute(s, p, m.max_rows, more_follows, e);
}

static int on_close(struct session *s, const struct frame *f, struct err *e)
{
    struct fe_target m;
    TRY(fe_close_decode(f->payload, f->len, &m, e));
    if (m.kind == 'S') {
        struct statement *st = statement_find(s, m.name);
        if (st)
            statement_drop(s, st);
    } else {
        struct portal *p = portal_find(s, m.name);
        if (p)
            portal_drop(s, p);
    }
    be_close_complete(&s->output.bytes);
    return ST_OK;
}

int extended_message(struct session *s, const struct frame *f, struct err *e)
{
    switch (f->type) {
    case 'P': return on_parse(s, f, e);
    case 'B': return on_bind(s, f, e);
    case 'D': return on_describe(s, f, e);
    case 'E': return on_execute(s, f, e);
    case 'C': return on_close(s, f, e);
    case 'H': TRY(fe_empty_decode(f->len, e)); return session_flush(s, e);
    default:
        s->closing = true;
        return err_set(e, SQLSTATE_PROTOCOL_VIOLATION, "invalid frontend message type %d", f->type);
    }
}

int extended_sync(struct session *s, struct err *e)
{
    return tx_implicit_commit(s, e);
}
