/* COPY TO STDOUT: the table's columns, or the query, through the engine as any statement; its rows as
 * CopyData. Between CopyOutResponse and CopyDone a row limit does not count, and an error ends the COPY.
 * Views are copied as tables are: PostgreSQL refuses them, but the query that it asks for instead means the
 * same. Source: PostgreSQL manual, COPY and 55.2.6. */
#include "session/copy_out.h"

#include "base/alloc.h"
#include "base/cleanup.h"
#include "rows/row_desc.h"
#include "session/session_priv.h"
#include "sql/name.h"
#include "sql/tokens.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static void statement_freep(struct statement **st)
{
    statement_free(*st);
}

/* ---- the statement ---- */

static int prepare(struct session *s, const struct sql_statement *sql, struct statement **out, struct err *e)
{
    return statement_from(s, "", sql, NULL, 0, out, e);
}

/* A text that we made: positions in it mean nothing to the client. */
static int prepare_text(struct session *s, struct buf *text, struct statement **out, struct err *e)
{
    struct sql_statement sql = {.kind = SQL_ENGINE, .word = "COPY"};
    char *copy = buf_ok(text) ? arena_strndup(&s->message_arena, (const char *)text->data, text->len) : NULL;
    if (!copy)
        return err_oom(e);
    sql.text = (struct str){copy, text->len};
    int st = prepare(s, &sql, out, e);
    if (st < 0)
        e->position = 0;
    return st;
}

static void put_names(struct buf *b, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        buf_put(b, ", ", i ? 2 : 0);
        sql_name_put(b, str_of(names[i]));
    }
}

/* SELECT names FROM table; n 0: all columns. */
static int prepare_select(struct session *s, const struct sql_copy *copy, const char *const *names, size_t n,
                          struct statement **out, struct err *e)
{
    CLEANUP(buf_release) struct buf b;
    buf_init_of(&b, SIZE_MAX, &s->memory.all);
    buf_printf(&b, n ? "SELECT " : "SELECT *");
    put_names(&b, names, n);
    buf_printf(&b, " FROM ");
    buf_put(&b, copy->source.p, copy->source.n);
    return prepare_text(s, &b, out, e);
}

/* Whether one of the columns is generated: the engine tells only by refusing to insert into it. */
static bool any_generated(struct session *s, const struct sql_copy *copy, const char *const *names, size_t n)
{
    struct err why;
    CLEANUP(statement_freep) struct statement *st = NULL;
    CLEANUP(buf_release) struct buf b;
    err_init(&why);
    buf_init_of(&b, SIZE_MAX, &s->memory.all);
    buf_printf(&b, "INSERT INTO ");
    buf_put(&b, copy->source.p, copy->source.n);
    buf_printf(&b, " (");
    put_names(&b, names, n);
    buf_printf(&b, ") SELECT ");
    put_names(&b, names, n);
    buf_printf(&b, " FROM ");
    buf_put(&b, copy->source.p, copy->source.n);
    return prepare_text(s, &b, &st, &why) < 0 && why.code == SQLSTATE_GENERATED_ALWAYS;
}

struct columns {
    size_t n;
    const char **names; /* of the message's arena */
};

static int take_all(struct session *s, const struct row_desc *desc, struct columns *out, struct err *e)
{
    out->n = desc->ncolumns;
    out->names = arena_calloc(&s->message_arena, out->n, sizeof *out->names);
    for (size_t i = 0; out->names && i < out->n; i++)
        if (!(out->names[i] = arena_strdup(&s->message_arena, desc->columns[i].name)))
            return err_oom(e);
    return out->names ? ST_OK : err_oom(e);
}

static int check_listed(const struct sql_copy *copy, const struct columns *all, struct err *e)
{
    for (size_t i = 0; i < copy->ncolumns; i++) {
        size_t c = 0;
        while (c < all->n && !cstr_ieq(all->names[c], copy->columns[i]))
            c++;
        if (c == all->n)
            return err_set(e, SQLSTATE_UNDEFINED_COLUMN, "column \"%s\" of relation \"%s\" does not exist",
                           copy->columns[i], copy->table);
    }
    return ST_OK;
}

/* A generated column in the list is an error, otherwise it is left out. */
static int without_generated(struct session *s, const struct sql_copy *copy, struct columns *all,
                             struct err *e)
{
    size_t n = 0;
    for (size_t i = 0; i < all->n; i++) {
        if (!any_generated(s, copy, &all->names[i], 1)) {
            all->names[n++] = all->names[i];
            continue;
        }
        for (size_t j = 0; j < copy->ncolumns; j++)
            if (cstr_ieq(copy->columns[j], all->names[i])) {
                (void)err_set(e, SQLSTATE_INVALID_COLUMN_REFERENCE, "column \"%s\" is a generated column",
                              all->names[i]);
                err_detail(e, "Generated columns cannot be used in COPY.");
                return ST_ERR;
            }
    }
    all->n = n;
    return ST_OK;
}

static int prepare_table(struct session *s, const struct sql_copy *copy, struct statement **out,
                         struct err *e)
{
    struct columns all = {0};
    CLEANUP(statement_freep) struct statement *st = NULL;
    TRY(prepare_select(s, copy, NULL, 0, &st, e));
    TRY(take_all(s, statement_desc(st), &all, e));
    TRY(check_listed(copy, &all, e));
    size_t n = all.n;
    if (any_generated(s, copy, all.names, all.n))
        TRY(without_generated(s, copy, &all, e));
    if (copy->ncolumns)
        return prepare_select(s, copy, copy->columns, copy->ncolumns, out, e);
    if (all.n < n)
        return prepare_select(s, copy, all.names, all.n, out, e);
    *out = TAKE_PTR(st);
    return ST_OK;
}

/* query: of a COPY, at its place in that one's text. */
static int no_parameter(const struct sql_statement *query, struct err *e)
{
    struct sql_lexer l;
    struct sql_token t;
    sql_lexer_init(&l, sql_statement_tokens(query));
    while (sql_lexer_next(&l, &t) != SQL_TOK_END)
        if (t.kind == SQL_TOK_PARAM)
            break;
    (void)err_set(e, SQLSTATE_UNDEFINED_PARAMETER, "there is no parameter %.*s", (int)t.text.n, t.text.p);
    e->position = str_position(query->text, t.at);
    sql_shift_position(query, e);
    return ST_ERR;
}

static int check_query(const struct sql_statement *query, const struct backend_stmt_info *info, struct err *e)
{
    if (info->nparams > 0)
        return no_parameter(query, e);
    if (info->returns_rows)
        return ST_OK;
    if (info->tag_count && info->effect == BACKEND_WRITES)
        return err_set(e, SQLSTATE_FEATURE_NOT_SUPPORTED, "COPY query must have a RETURNING clause");
    return err_set(e, SQLSTATE_SYNTAX_ERROR, "COPY query must return rows");
}

static int prepare_query(struct session *s, const struct sql_statement *command, struct statement **out,
                         struct err *e)
{
    const struct sql_copy *copy = &command->parsed->copy;
    const struct sql_tokens whole = sql_statement_tokens(command);
    const struct sql_tokens part = sql_tokens_part(&whole, copy->query);
    const struct sql_statement query = {
        .kind = SQL_ENGINE, .text = part.text, .marks = part.marks, .offset = copy->query_at, .word = "COPY"};
    CLEANUP(statement_freep) struct statement *st = NULL;
    TRY(prepare(s, &query, &st, e));
    TRY(check_query(&query, &st->engine->info, e));
    *out = TAKE_PTR(st);
    return ST_OK;
}

/* ---- running it ---- */

struct copy_out {
    struct session *session;
    const struct sql_statement *command;
    const struct sql_copy *copy; /* what it says */
    struct statement *statement;
    struct backend_portal *portal;
    bool *force_quote; /* NULL: none */
};

static int mark_quoted(struct copy_out *c, struct err *e)
{
    const struct sql_copy_names *list = &c->copy->force_quote;
    const struct row_desc *desc = statement_desc(c->statement);
    struct columns all = {0};
    if (!list->all && list->n == 0)
        return ST_OK;
    TRY(take_all(c->session, desc, &all, e));
    c->force_quote = arena_calloc(&c->session->message_arena, desc->ncolumns, sizeof *c->force_quote);
    if (!c->force_quote)
        return err_oom(e);
    return sql_copy_mark(c->copy, list, "FORCE_QUOTE", all.names, all.n, c->force_quote, e);
}

/* One that writes is of the transaction that ends with the Query or the Sync. */
static int start(struct copy_out *c, struct err *e)
{
    struct session *s = c->session;
    const struct backend_ops *ops = s->engine->ops;
    enum backend_effect effect = c->statement->engine->info.effect;
    assert(!c->portal);
    TRY(ops->open(s->engine, c->statement->engine, NULL, 0, &c->portal, e));
    if (effect != BACKEND_READS)
        TRY(tx_implicit_begin(s, e)); /* its rows go out before it is committed */
    TRY(tx_before_statement(s, effect == BACKEND_WRITES, e));
    if (effect != BACKEND_READS)
        TRY(portals_start_readers(s, s->portals.running, e));
    return ops->start(c->portal, e);
}

static int send(struct copy_out *c, uint64_t *rows, struct err *e)
{
    struct session *s = c->session;
    const struct copy_options *options = &c->copy->options;
    const struct session_config *config = session_config(s);
    const struct backend_fetch how = {
        .copy = options,
        .copy_force_quote = c->force_quote,
        .batch_bytes = config->flush_bytes,
        .batch_rows = config->flush_rows,
    };
    s->reply->ops->copy_begins(s->reply, REPLY_COPY_OUT, options->format == COPY_BINARY,
                               c->portal->desc->ncolumns, c->copy->encoding);
    TRY(session_send_stream(s, c->portal, &how, rows, e));
    s->reply->ops->copy_ends(s->reply);
    return ST_OK;
}

static int run(struct copy_out *c, uint64_t *rows, struct err *e)
{
    TRY(c->copy->query.p ? prepare_query(c->session, c->command, &c->statement, e)
                         : prepare_table(c->session, c->copy, &c->statement, e));
    TRY(mark_quoted(c, e));
    TRY(start(c, e));
    return send(c, rows, e);
}

int copy_out_run(struct session *s, const struct sql_statement *sql, struct command_result *r, struct err *e)
{
    struct copy_out c = {.session = s, .command = sql, .copy = &sql->parsed->copy};
    uint64_t rows = 0;
    int st = run(&c, &rows, e);
    if (s->engine)
        s->engine->ops->portal_close(c.portal);
    statement_free(c.statement);
    (void)snprintf(r->tag, sizeof r->tag, "COPY %llu", (unsigned long long)rows);
    return st;
}
