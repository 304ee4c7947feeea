/* An expression is a query of one row, SELECT CAST((expression) AS type), with values in place of variables:
 * it is prepared and run each time, by the same way as a statement of the client's. A statement of SQL is run
 * as if the client had sent it, but that its rows stay here. */
#include "session/plpgsql_frame.h"

#include "base/cleanup.h"
#include "pgtype/oid.h"
#include "rows/row_desc.h"
#include "session/session_priv.h"
#include "session/value_text.h"
#include "sql/calls.h"
#include "sql/plpgsql.h"
#include "sql/plpgsql_names.h"

#include <assert.h>
#include <string.h>

/* What is in the buffer, in the message's arena. */
static int keep(struct plpgsql_frame *f, struct buf *b, struct str *out, struct err *e)
{
    const char *text =
        buf_ok(b) ? arena_strndup(&f->session->message_arena, (const char *)b->data, b->len) : NULL;
    *out = (struct str){text, b->len};
    return text ? ST_OK : err_oom(e);
}

/* ---- expressions ---- */

/* SELECT expression, as far as it is one row. */
static int ask(struct plpgsql_frame *f, struct str query, struct inner *in, struct ask_rows *rows,
               struct err *e)
{
    TRY(inner_open(f->session, f->binder, query, in, e));
    if (!in->desc)
        return err_set(e, SQLSTATE_SYNTAX_ERROR, "an expression of PL/pgSQL gives no value");
    TRY(inner_fetch(in, 2, rows, e));
    if (in->desc->ncolumns != 1)
        return err_set(e, SQLSTATE_SYNTAX_ERROR, "query returned %u columns", in->desc->ncolumns);
    return rows->n > 1 ? err_set(e, SQLSTATE_CARDINALITY_VIOLATION, "query returned more than one row")
                       : ST_OK;
}

/* Whether it goes on behind an expression, as in count(*) FROM t: PostgreSQL puts SELECT in front of it. */
static bool has_from(struct str expression)
{
    struct sql_lexer l;
    struct sql_token t, prev = {.kind = SQL_TOK_END};
    size_t depth = 0;
    sql_lexer_init(&l, sql_tokens_of(expression));
    for (; sql_lexer_next(&l, &t) != SQL_TOK_END && t.kind != SQL_TOK_BAD; prev = t) {
        depth += sql_token_is(&t, '(') || sql_token_is(&t, '[');
        depth -= depth > 0 && (sql_token_is(&t, ')') || sql_token_is(&t, ']'));
        if (depth == 0 && sql_token_is_word(&t, "FROM") && !sql_token_is_word(&prev, "DISTINCT"))
            return true;
    }
    return false;
}

int plpgsql_value(struct plpgsql_frame *f, struct str expression, struct str type, const char **out,
                  struct err *e)
{
    CLEANUP(buf_release) struct buf b = {0};
    struct str query;
    struct inner in = {0};
    struct ask_rows rows;
    buf_init_of(&b, PLPGSQL_TEXT_MAX, f->scope.account);
    f->alone = true;
    buf_printf(&b, "SELECT ");
    /* A function of the session's has to be a column by itself. */
    bool casts = type.n > 0 && !sql_has_calls(sql_tokens_of(expression)),
         from = casts && has_from(expression);
    buf_printf(&b, from ? "CAST((SELECT " : casts ? "CAST((" : "");
    TRY(plpgsql_scope_put(&f->scope, &b, expression, e));
    if (casts)
        buf_printf(&b, "\n) AS %.*s)", (int)type.n, type.p);
    TRY(keep(f, &b, &query, e));
    int st = ask(f, query, &in, &rows, e);
    inner_close(&in);
    *out = st == ST_OK ? ask_value(&rows, 0, 0) : NULL;
    return st;
}

int plpgsql_holds(struct plpgsql_frame *f, struct str condition, bool *out, struct err *e)
{
    const char *value;
    TRY(plpgsql_value(f, condition, STR("boolean"), &value, e));
    *out = value && value[0] == 't';
    return ST_OK;
}

/* ---- variables ---- */

/* Whether a column's text is what a variable of that type would have. */
static bool same_type(struct str type, const struct column_desc *c)
{
    return type.n == 0 || (!memchr(type.p, '(', type.n) && pgtype_by_name(type) == c->type_oid);
}

/* The text of one type as that of another. */
static int convert(struct plpgsql_frame *f, const struct column_desc *c, const char *value, struct str type,
                   const char **out, struct err *e)
{
    CLEANUP(buf_release) struct buf b = {0};
    struct str query;
    struct inner in = {0};
    struct ask_rows rows;
    buf_init_of(&b, PLPGSQL_TEXT_MAX, f->scope.account);
    buf_printf(&b, "SELECT CAST(CAST(");
    value_put_literal(&b, value);
    buf_printf(&b, " AS ");
    if (!value_put_type(&b, c))
        buf_printf(&b, "text");
    buf_printf(&b, ") AS %.*s)", (int)type.n, type.p);
    TRY(keep(f, &b, &query, e));
    int st = ask(f, query, &in, &rows, e);
    inner_close(&in);
    *out = st == ST_OK ? ask_value(&rows, 0, 0) : NULL;
    return st;
}

int plpgsql_give(struct plpgsql_frame *f, const char *target, const struct column_desc *c, const char *value,
                 struct err *e)
{
    struct plpgsql_cell *cell;
    size_t field;
    TRY(plpgsql_scope_target(&f->scope, target, &cell, &field, e));
    if (cell->record && !strchr(target, '.'))
        return err_set(e, SQLSTATE_FEATURE_NOT_SUPPORTED,
                       "assigning a value to the record \"%s\" is not supported", target);
    struct str type = cell->record ? str_of(cell->types[field]) : cell->type;
    if (value && c && !same_type(type, c)) {
        size_t at = (size_t)(cell - f->scope.cells);
        TRY(convert(f, c, value, type, &value, e));
        cell = &f->scope.cells[at]; /* they may have moved */
    }
    return plpgsql_scope_set(cell, field, value, target, e);
}

int plpgsql_give_row(struct plpgsql_frame *f, const struct plpgsql_statement *s, const struct row_desc *desc,
                     const struct ask_rows *rows, size_t row, struct err *e)
{
    struct plpgsql_cell *cell;
    size_t field;
    const struct ask_rows *there = row < rows->n ? rows : NULL;
    assert(s->ntargets > 0 && desc);
    TRY(plpgsql_scope_target(&f->scope, s->targets[0], &cell, &field, e));
    if (s->ntargets == 1 && cell->record && !strchr(s->targets[0], '.'))
        return plpgsql_scope_set_row(cell, desc, there, row, e);
    for (size_t i = 0; i < s->ntargets; i++) {
        bool is = there && i < desc->ncolumns;
        TRY(plpgsql_give(f, s->targets[i], is ? &desc->columns[i] : NULL, is ? ask_value(rows, row, i) : NULL,
                         e));
    }
    return ST_OK;
}

int plpgsql_set_found(struct plpgsql_frame *f, bool found, struct err *e)
{
    return plpgsql_scope_set(&f->scope.cells[f->found], 0, found ? "t" : "f", "found", e);
}

int plpgsql_add_row(struct plpgsql_results *r, const char *const *values, struct err *e)
{
    assert(r->ncolumns > 0);
    if (r->n == PLPGSQL_ROWS_MAX)
        return err_set(e, SQLSTATE_PROGRAM_LIMIT_EXCEEDED, "a function of PL/pgSQL gives more than %d rows",
                       PLPGSQL_ROWS_MAX);
    if (r->n == r->room) {
        size_t more = r->room ? 2 * r->room : 4;
        const char **grown = arena_calloc(&r->arena, more * r->ncolumns, sizeof *grown);
        if (!grown)
            return err_oom(e);
        if (r->n)
            memcpy(grown, r->values, r->n * r->ncolumns * sizeof *grown);
        r->values = grown;
        r->room = more;
    }
    const char **row = r->values + r->n * r->ncolumns;
    for (size_t i = 0; i < r->ncolumns; i++) {
        row[i] = values[i] ? arena_strdup(&r->arena, values[i]) : NULL;
        if (values[i] && !row[i])
            return err_oom(e);
    }
    r->n++;
    return ST_OK;
}

/* ---- statements of SQL ---- */

/* $1 … of USING. */
struct values {
    struct plpgsql_frame *frame;
    const struct plpgsql_statement *statement;
    const char **values, **types;
    struct buf text;
};

/* As struct plpgsql_names asks. */
static bool find_value(void *arg, const char *label, const char *name, struct str *out)
{
    struct values *v = arg;
    int64_t n;
    assert(v->values && v->types);
    if (label[0] || name[0] != '$' || !str_to_i64(str_of(name + 1), 1, (int64_t)v->statement->nvalues, &n))
        return false;
    buf_clear(&v->text);
    buf_printf(&v->text, v->types[n - 1][0] ? "CAST(" : "(");
    value_put_literal(&v->text, v->values[n - 1]);
    if (v->types[n - 1][0])
        buf_printf(&v->text, " AS %s", v->types[n - 1]);
    buf_put_u8(&v->text, ')');
    *out = (struct str){(const char *)v->text.data, buf_ok(&v->text) ? v->text.len : 0};
    return true;
}

/* One of USING's expressions, with the type that it has. */
static int take_value(struct plpgsql_frame *f, struct str expression, const char **value, const char **type,
                      struct err *e)
{
    CLEANUP(buf_release) struct buf b = {0};
    CLEANUP(buf_release) struct buf name = {0};
    struct str query, kept;
    struct inner in = {0};
    struct ask_rows rows;
    buf_init_of(&b, PLPGSQL_TEXT_MAX, f->scope.account);
    buf_init(&name, ERR_NAME_MAX);
    buf_printf(&b, "SELECT ");
    TRY(plpgsql_scope_put(&f->scope, &b, expression, e));
    TRY(keep(f, &b, &query, e));
    int st = ask(f, query, &in, &rows, e);
    if (st == ST_OK) {
        *value = ask_value(&rows, 0, 0);
        (void)value_put_type(&name, &in.desc->columns[0]);
        st = keep(f, &name, &kept, e);
        *type = kept.p;
    }
    inner_close(&in);
    return st;
}

static int put_values(struct values *v, struct buf *b, struct str text, struct err *e)
{
    const struct plpgsql_statement *s = v->statement;
    const struct plpgsql_names names = {.arg = v, .find = find_value};
    struct arena *a = &v->frame->session->message_arena;
    struct plpgsql_facts facts;
    v->values = arena_calloc(a, s->nvalues + 1, sizeof *v->values);
    v->types = arena_calloc(a, s->nvalues + 1, sizeof *v->types);
    if (!v->values || !v->types)
        return err_oom(e);
    for (size_t i = 0; i < s->nvalues; i++)
        TRY(take_value(v->frame, s->values[i], &v->values[i], &v->types[i], e));
    plpgsql_put(b, text, &names, &facts);
    return buf_ok(b) && buf_ok(&v->text) ? ST_OK : err_oom(e);
}

int plpgsql_statement_text(struct plpgsql_frame *f, const struct plpgsql_statement *s, bool dynamic,
                           struct str *out, struct err *e)
{
    CLEANUP(buf_release) struct buf b = {0};
    struct values v = {.frame = f, .statement = s};
    const char *said;
    buf_init_of(&b, PLPGSQL_TEXT_MAX, f->scope.account);
    if (!dynamic) {
        buf_printf(&b, s->kind == PLPGSQL_PERFORM ? "SELECT " : "");
        TRY(plpgsql_scope_put(&f->scope, &b, s->text, e));
        return keep(f, &b, out, e);
    }
    TRY(plpgsql_value(f, s->text, STR("text"), &said, e));
    if (!said)
        return err_set(e, SQLSTATE_NULL_VALUE_NOT_ALLOWED, "query string argument of EXECUTE is null");
    buf_init_of(&v.text, PLPGSQL_TEXT_MAX, f->scope.account);
    int st = put_values(&v, &b, str_of(said), e);
    buf_release(&v.text);
    TRY(st);
    return keep(f, &b, out, e);
}

/* In PostgreSQL's words. */
static int no_destination(struct err *e)
{
    (void)err_set(e, SQLSTATE_SYNTAX_ERROR, "query has no destination for result data");
    err_hint(e, "If you want to discard the results of a SELECT, use PERFORM instead.");
    return ST_ERR;
}

/* The rows of INTO: the first, or with STRICT the only one. */
static int take_into(struct plpgsql_frame *f, const struct plpgsql_statement *s, struct inner *in,
                     uint64_t *rows, struct err *e)
{
    struct ask_rows got;
    assert(s->ntargets > 0);
    if (!in->desc)
        return err_set(e, SQLSTATE_SYNTAX_ERROR, "INTO used with a command that cannot return data");
    TRY(inner_fetch(in, s->strict || strcmp(s->word, "SELECT") != 0 ? 2 : 1, &got, e));
    *rows = got.n;
    if (s->strict && got.n == 0)
        return err_set(e, SQLSTATE_NO_DATA_FOUND, "query returned no rows");
    if (got.n > 1) {
        (void)err_set(e, SQLSTATE_TOO_MANY_ROWS, "query returned more than one row");
        err_hint(e, "Make sure the query returns a single row, or use LIMIT 1.");
        return ST_ERR;
    }
    return plpgsql_give_row(f, s, in->desc, &got, 0, e);
}

/* What has been opened: its rows go where they shall. */
static int take_rows(struct plpgsql_frame *f, const struct plpgsql_statement *s, struct inner *in,
                     bool dynamic, struct err *e)
{
    uint64_t rows = 0;
    bool query = in->desc && !in->writes;
    if (s->ntargets)
        TRY(take_into(f, s, in, &rows, e));
    else if (in->desc && (dynamic || s->kind == PLPGSQL_PERFORM || f->keeps_quiet))
        TRY(inner_pass(in, &rows, e));
    else if (in->desc)
        return no_destination(e);
    f->row_count = in->writes && !in->desc ? inner_changed(in) : rows;
    bool finds = !dynamic && (in->writes || query || s->ntargets);
    return finds ? plpgsql_set_found(f, f->row_count > 0, e) : ST_OK;
}

int plpgsql_run_sql(struct plpgsql_frame *f, const struct plpgsql_statement *s, struct err *e)
{
    bool dynamic = s->kind == PLPGSQL_EXECUTE;
    struct inner in = {0};
    struct str text;
    TRY(plpgsql_statement_text(f, s, dynamic, &text, e));
    f->writes = f->session->tx.writes;
    f->alone = false;
    int st = inner_open(f->session, f->binder, text, &in, e);
    f->alone = in.alone;
    if (st < 0)
        err_context(e, "SQL statement \"%.*s\"",
                    text.n < ERR_CONTEXT_MAX / 2 ? (int)text.n : ERR_CONTEXT_MAX / 2, text.p);
    else
        st = take_rows(f, s, &in, dynamic, e);
    inner_close(&in);
    return st;
}
