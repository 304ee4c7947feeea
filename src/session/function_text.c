/* A macro's argument is put in place of its parameter as it is written, where a name in it would find the
 * body's own tables first, and where a parameter wins over a column of its name. So the arguments are columns
 * of a query of their own around the body, called as the parameters are, cast to their types: a column of
 * the body's tables wins over them then, as in PostgreSQL, and each is computed once. A body that is an
 * expression alone has no columns, and becomes an expression. */
#include "session/function_text.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "session/session_priv.h"
#include "sql/accepts.h"
#include "sql/name.h"

#include <assert.h>
#include <string.h>

enum { CALLS_MAX = 32, TEXT_MAX = 1 << 20 };

struct text {
    struct session *s;
    const struct function_made *m;
    size_t given; /* arguments of this overload; the others have their defaults */
    bool named;   /* parameters are called as in the function, so that f(a => 1) finds them */
};

static const char *finish(struct session *s, const struct buf *b)
{
    return buf_ok(b) ? arena_strndup(&s->message_arena, (const char *)b->data, b->len) : NULL;
}

static void put(struct buf *b, struct str text)
{
    buf_put(b, text.p, text.n);
}

/* anyelement and its kin, void, and rows: nothing to cast to. */
static bool is_any(struct str type)
{
    return str_ieq(type, STR("void")) || (type.n >= 3 && str_ieq((struct str){type.p, 3}, STR("any"))) ||
           str_eq(type, STR("\"any\""));
}

/* What the macro calls its parameter. */
static void put_formal(const struct text *t, struct buf *b, size_t i)
{
    assert(i < t->given);
    if (t->named && t->m->arguments[i]->name[0])
        sql_name_put(b, str_of(t->m->arguments[i]->name));
    else
        buf_printf(b, "_argument_%zu_", i + 1);
}

/* An argument of a call, of its declared type. */
static void put_argument(const struct text *t, struct buf *b, size_t i)
{
    const struct sql_argument *a = t->m->arguments[i];
    assert(i < t->m->n && (i < t->given || a->initial.p));
    bool casts = !is_any(a->type);
    buf_printf(b, casts ? "CAST(" : "(");
    if (i < t->given) {
        put_formal(t, b, i);
    } else {
        buf_put_u8(b, '(');
        put(b, a->initial);
        buf_put_u8(b, ')');
    }
    if (casts)
        buf_printf(b, " AS %.*s", (int)a->type.n, a->type.p);
    buf_put_u8(b, ')');
}

/* Which argument a name means; the number of arguments: none. */
static size_t argument_of(const struct function_made *m, const struct sql_token *t)
{
    char name[SQL_NAME_MAX + 1];
    if (!sql_token_is_name(t) || t->text.n >= sizeof name)
        return m->n;
    name[sql_name_read(t, name)] = '\0';
    for (size_t i = 0; i < m->n; i++)
        if (strcmp(name, m->arguments[i]->name) == 0)
            return i;
    return m->n;
}

/* $n as the place of an argument. */
static int place_of(const struct function_made *m, const struct sql_token *t, size_t *out, struct err *e)
{
    int64_t n;
    if (!str_to_i64((struct str){t->text.p + 1, t->text.n - 1}, 1, INT32_MAX, &n) || (size_t)n > m->n)
        return err_set(e, SQLSTATE_UNDEFINED_PARAMETER, "there is no parameter %.*s", (int)t->text.n,
                       t->text.p);
    *out = (size_t)n - 1;
    return ST_OK;
}

/* ---- expressions ---- */

static bool is_any_word(const struct sql_token *t, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (sql_token_is_word(t, words[i]))
            return true;
    return false;
}

/* Functions that make rows in PostgreSQL, where the engine may have others of their names. */
static bool makes_rows(struct str name)
{
    static const char *const of[] = {"generate_series",     "generate_subscripts", "unnest",
                                     "regexp_matches",      "string_to_table",     "regexp_split_to_table",
                                     "json_array_elements", "jsonb_array_elements"};
    for (size_t i = 0; i < sizeof of / sizeof *of; i++)
        if (str_ieq(name, str_of(of[i])))
            return true;
    return str_ieq((struct str){name.p, name.n < 5 ? name.n : 5}, STR("json_")) ||
           str_ieq((struct str){name.p, name.n < 6 ? name.n : 6}, STR("jsonb_"));
}

/* Whether the body is SELECT and one expression: where it ends, and what it calls. */
static bool is_expression(struct str body, struct str *expression, struct str *calls, size_t *ncalls)
{
    static const char *const clauses[] = {"FROM",   "WHERE", "GROUP", "HAVING",    "WINDOW", "ORDER", "LIMIT",
                                          "OFFSET", "FETCH", "FOR",   "INTERSECT", "UNION",  "EXCEPT"};
    static const char *const never[] = {"SELECT", "DISTINCT", "OVER", "VALUES",
                                        "WITHIN", "FILTER",   "INTO", "WITH"};
    struct sql_lexer l;
    struct sql_token t, prev = {.kind = SQL_TOK_END};
    size_t depth = 0, from;
    sql_lexer_init(&l, sql_tokens_of(body));
    (void)sql_lexer_next(&l, &t);
    if (!sql_token_is_word(&t, "SELECT"))
        return false;
    from = t.at + t.text.n;
    *expression = (struct str){body.p + from, body.n - from};
    *ncalls = 0;
    while (sql_lexer_next(&l, &t) != SQL_TOK_END) {
        if (t.kind == SQL_TOK_BAD || is_any_word(&t, never, sizeof never / sizeof *never))
            return false;
        if (sql_token_is(&t, '(') && sql_token_is_name(&prev)) {
            if (*ncalls == CALLS_MAX || makes_rows(prev.text))
                return false;
            calls[(*ncalls)++] = prev.text;
        }
        depth += sql_token_is(&t, '(') || sql_token_is(&t, '[');
        depth -= depth > 0 && (sql_token_is(&t, ')') || sql_token_is(&t, ']'));
        if (depth == 0 &&
            (sql_token_is(&t, ',') || is_any_word(&t, clauses, sizeof clauses / sizeof *clauses)))
            return false;
        if (depth == 0 && sql_token_is_word(&t, "AS")) { /* a name for the column, at the end */
            expression->n = t.at - from;
            return sql_lexer_next(&l, &t), sql_token_is_name(&t) && sql_lexer_next(&l, &t) == SQL_TOK_END;
        }
        prev = t;
    }
    return expression->n > 0;
}

/* Whether the engine has scalar functions alone of these names. 0A000: one is an aggregate, which would be
 * one of the caller's rows. */
static int are_scalars(struct session *s, const struct str *calls, size_t n, bool *out, struct err *e)
{
    CLEANUP(buf_release) struct buf b = {0};
    struct ask_rows rows;
    *out = true;
    if (n == 0)
        return ST_OK;
    buf_init(&b, TEXT_MAX);
    for (size_t i = 0; i < n; i++)
        buf_printf(&b, "%s(lower('%.*s'))", i ? ", " : "", (int)calls[i].n, calls[i].p);
    if (memchr(b.data, '"', b.len)) {
        *out = false;
        return ST_OK;
    }
    const char *list = finish(s, &b);
    const char *sql =
        list
            ? step_text(
                  s,
                  "SELECT count(*) FILTER (WHERE name NOT IN (SELECT function_name FROM "
                  "system.main.duckdb_functions() WHERE function_type IN ('scalar', 'macro'))), "
                  "count(*) FILTER (WHERE name IN (SELECT function_name FROM "
                  "system.main.duckdb_functions() WHERE function_type = 'aggregate')) FROM (VALUES %s) "
                  "c(name) "
                  "WHERE name NOT IN ('cast', 'coalesce', 'extract', 'substring', 'trim', 'position', "
                  "'overlay', 'nullif', 'greatest', 'least', 'in', 'any', 'all', 'and', 'or', 'not', 'then', "
                  "'else', 'when', 'case', 'between', 'like', 'ilike', 'is', 'array')",
                  list)
            : NULL;
    TRY(sql ? session_ask(s, sql, &rows, e) : err_oom(e));
    if (strcmp(ask_text(&rows, 0, 1), "0") != 0)
        return err_set(e, SQLSTATE_FEATURE_NOT_SUPPORTED,
                       "an aggregate in a function without FROM is not supported");
    *out = strcmp(ask_text(&rows, 0, 0), "0") == 0;
    return ST_OK;
}

/* The expression with arguments in place of parameters. */
static int put_expression(const struct text *t, struct buf *b, struct str body, struct err *e)
{
    struct sql_lexer l;
    struct sql_token token, prev = {.kind = SQL_TOK_END};
    size_t at = 0;
    sql_lexer_init(&l, sql_tokens_of(body));
    while (sql_lexer_next(&l, &token) != SQL_TOK_END && token.kind != SQL_TOK_BAD) {
        size_t end = token.at + token.text.n, i = t->m->n;
        struct sql_lexer ahead = l;
        struct sql_token next, member;
        (void)sql_lexer_next(&ahead, &next);
        (void)sql_lexer_next(&ahead, &member);
        bool is_name =
            !sql_token_is(&prev, '.') && !sql_token_is_typecast(&prev) && !sql_token_is_word(&prev, "AS");
        if (token.kind == SQL_TOK_PARAM)
            TRY(place_of(t->m, &token, &i, e));
        else if (is_name && sql_token_is(&next, '.') && str_ieq(sql_name_bare(&token), str_of(t->m->name)) &&
                 (i = argument_of(t->m, &member)) < t->m->n)
            end = member.at + member.text.n;
        else if (is_name && !sql_token_is(&next, '.') && !sql_token_is(&next, '(') &&
                 next.kind != SQL_TOK_STRING && !sql_token_is_word(&next, "FROM"))
            i = argument_of(t->m, &token);
        if (i < t->m->n) {
            buf_put(b, body.p + at, token.at - at);
            put_argument(t, b, i);
            at = end;
            sql_lexer_seek(&l, end);
        }
        prev = token;
    }
    buf_put(b, body.p + at, body.n - at);
    return ST_OK;
}

/* ---- queries ---- */

/* "name", or "$1" where there is none. */
static void put_parameter(const struct text *t, struct buf *b, size_t i)
{
    if (t->m->arguments[i]->name[0])
        sql_name_put(b, str_of(t->m->arguments[i]->name));
    else
        buf_printf(b, "\"$%zu\"", i + 1);
}

/* (SELECT argument AS "a", argument AS "$1", …) AS "f" */
static void put_source(const struct text *t, struct buf *b)
{
    assert(t->m->n > 0);
    buf_printf(b, "(SELECT ");
    for (size_t i = 0; i < t->m->n; i++) {
        if (t->m->arguments[i]->name[0]) {
            put_argument(t, b, i);
            buf_printf(b, " AS ");
            put_parameter(t, b, i);
            buf_printf(b, ", ");
        }
        put_argument(t, b, i);
        buf_printf(b, " AS \"$%zu\"%s", i + 1, i + 1 < t->m->n ? ", " : "");
    }
    buf_printf(b, ") AS ");
    sql_name_put(b, str_of(t->m->name));
}

/* The body with $1 as the column that it is. */
static int put_body(const struct text *t, struct buf *b, struct err *e)
{
    struct sql_lexer l;
    struct sql_token token;
    const struct str body = t->m->f->body;
    size_t at = 0, place;
    sql_lexer_init(&l, sql_tokens_of(body));
    buf_printf(b, "(\n");
    while (sql_lexer_next(&l, &token) != SQL_TOK_END && token.kind != SQL_TOK_BAD) {
        if (token.kind != SQL_TOK_PARAM)
            continue;
        TRY(place_of(t->m, &token, &place, e));
        buf_put(b, body.p + at, token.at - at);
        buf_printf(b, "\"$%zu\"", place + 1);
        at = token.at + token.text.n;
    }
    buf_put(b, body.p + at, body.n - at);
    buf_printf(b, "\n)");
    return ST_OK;
}

/* Whether one of the arguments is NULL, or none is. */
static void put_nulls(const struct text *t, struct buf *b, bool expression, const char *is,
                      const char *joined)
{
    for (size_t i = 0; i < t->m->n; i++) {
        buf_printf(b, "%s", i ? joined : "");
        if (expression)
            put_argument(t, b, i);
        else
            put_parameter(t, b, i);
        buf_printf(b, " %s", is);
    }
}

/* A scalar's value, of its type, from what put writes. */
static int put_value(const struct text *t, struct buf *b, const struct str *expression, struct err *e)
{
    const struct str type = t->m->f->result;
    assert(!t->m->table && type.p);
    bool strict = t->m->f->strict && t->m->n > 0, casts = !is_any(type);
    if (strict) {
        buf_printf(b, "CASE WHEN ");
        put_nulls(t, b, expression != NULL, "IS NULL", " OR ");
        buf_printf(b, " THEN NULL ELSE ");
    }
    buf_printf(b, casts ? "CAST(" : "");
    if (expression) {
        buf_printf(b, "(\n");
        TRY(put_expression(t, b, *expression, e));
        buf_printf(b, "\n)");
    } else {
        buf_printf(b, "(SELECT * FROM ");
        TRY(put_body(t, b, e));
        buf_printf(b, " AS _body_ LIMIT 1)");
    }
    if (casts)
        buf_printf(b, " AS %.*s)", (int)type.n, type.p);
    buf_printf(b, strict ? " END" : "");
    return ST_OK;
}

/* The columns that the rows of a table function have. */
static void put_columns(const struct text *t, struct buf *b)
{
    const struct sql_function *f = t->m->f;
    const char *comma = "";
    size_t n = 0;
    for (size_t i = 0; i < f->n; i++) {
        const struct sql_argument *a = &f->arguments[i];
        if (a->mode == SQL_ARGUMENT_IN)
            continue;
        buf_printf(b, "%sCAST(_body_._%zu_ AS %.*s) AS ", comma, ++n, (int)a->type.n, a->type.p);
        if (a->name[0])
            sql_name_put(b, str_of(a->name));
        else
            buf_printf(b, "column%zu", n);
        comma = ", ";
    }
    if (n > 0)
        return;
    if (t->m->rows_of) {
        buf_printf(b, "_body_.*");
        return;
    }
    if (is_any(f->result))
        buf_printf(b, "_body_._1_ AS ");
    else
        buf_printf(b, "CAST(_body_._1_ AS %.*s) AS ", (int)f->result.n, f->result.p);
    sql_name_put(b, str_of(t->m->name));
}

static int put_table(const struct text *t, struct buf *b, struct err *e)
{
    const struct sql_function *f = t->m->f;
    assert(t->m->table);
    size_t columns = 0;
    for (size_t i = 0; i < f->n; i++)
        columns += f->arguments[i].mode != SQL_ARGUMENT_IN;
    put_columns(t, b);
    buf_printf(b, " FROM ");
    if (t->m->n > 0) {
        put_source(t, b);
        buf_printf(b, ", LATERAL ");
    }
    if (t->m->rows_of)
        buf_printf(b, "(SELECT * FROM %s WHERE false UNION ALL ", t->m->rows_of);
    TRY(put_body(t, b, e));
    if (t->m->rows_of)
        buf_printf(b, ")");
    buf_printf(b, " AS _body_");
    if (!t->m->rows_of) {
        buf_printf(b, "(_1_");
        for (size_t i = 1; i < columns; i++)
            buf_printf(b, ", _%zu_", i + 1);
        buf_printf(b, ")");
    }
    if (f->strict && t->m->n > 0) {
        buf_printf(b, " WHERE ");
        put_nulls(t, b, false, "IS NOT NULL", " AND ");
    }
    if (!f->set_of)
        buf_printf(b, " LIMIT 1");
    return ST_OK;
}

/* What the engine gets of a query that is kept, as a view's would be. */
static int lead_query(struct session *s, const char *query, struct str *out, struct err *e)
{
    static const char view[] = "CREATE VIEW _function_ AS ";
    const char *text = query ? step_text(s, "%s%s", view, query) : NULL;
    TRY(text ? session_lead(s, str_of(text), out, e) : err_oom(e));
    if (out->n < sizeof view - 1 || memcmp(out->p, view, sizeof view - 1) != 0)
        return err_set(e, SQLSTATE_INTERNAL_ERROR, "the query of a function was led elsewhere");
    *out = (struct str){out->p + sizeof view - 1, out->n - (sizeof view - 1)};
    return ST_OK;
}

/* SELECT value AS _value_: the value alone, when the expression may stand by itself. */
static int lead_expression(const struct text *t, struct str expression, const char **out, struct err *e)
{
    static const char select[] = "SELECT ", alias[] = " AS _value_";
    CLEANUP(buf_release) struct buf b = {0};
    struct str led;
    buf_init(&b, TEXT_MAX);
    *out = NULL;
    buf_printf(&b, "%s", select);
    TRY(put_value(t, &b, &expression, e));
    buf_printf(&b, "%s", alias);
    const char *query = finish(t->s, &b);
    if (!query)
        return err_oom(e);
    enum sql_accepts accepts;
    TRY(sql_postgres_accepts(&t->s->message_arena, str_of(query), &accepts, e));
    if (accepts != SQL_ACCEPTS_YES)
        return ST_OK;
    TRY(lead_query(t->s, query, &led, e));
    size_t around = sizeof select - 1 + sizeof alias - 1;
    if (led.n <= around || memcmp(led.p, select, sizeof select - 1) != 0 ||
        memcmp(led.p + led.n - (sizeof alias - 1), alias, sizeof alias - 1) != 0)
        return ST_OK;
    *out = arena_strndup(&t->s->message_arena, led.p + sizeof select - 1, led.n - around);
    return *out ? ST_OK : err_oom(e);
}

static int lead_value(const struct text *t, struct str *out, struct err *e)
{
    CLEANUP(buf_release) struct buf b = {0};
    buf_init(&b, TEXT_MAX);
    buf_printf(&b, "SELECT ");
    if (t->m->table)
        TRY(put_table(t, &b, e));
    else
        TRY(put_value(t, &b, NULL, e));
    if (!t->m->table) {
        buf_printf(&b, " AS _value_");
        if (t->m->n > 0) {
            buf_printf(&b, " FROM ");
            put_source(t, &b);
        }
    }
    return lead_query(t->s, finish(t->s, &b), out, e);
}

static int overload(struct text *t, const struct str *expression, struct buf *b, struct err *e)
{
    const char *value = NULL;
    struct str query;
    t->named = expression != NULL;
    if (expression)
        TRY(lead_expression(t, *expression, &value, e));
    t->named = value != NULL;
    buf_printf(b, "(");
    for (size_t i = 0; i < t->given; i++) {
        buf_printf(b, "%s", i ? ", " : "");
        put_formal(t, b, i);
    }
    buf_printf(b, t->m->table ? ") AS TABLE (" : ") AS (");
    if (!value) {
        TRY(lead_value(t, &query, e));
        put(b, query);
    }
    buf_printf(b, "%s)", value ? value : "");
    return ST_OK;
}

int function_text(struct session *s, const struct function_made *m, const char **out, struct err *e)
{
    CLEANUP(buf_release) struct buf b = {0};
    struct str expression, calls[CALLS_MAX];
    size_t ncalls;
    assert(m->ninitial <= m->n);
    bool is_one = !m->table && is_expression(m->f->body, &expression, calls, &ncalls);
    if (is_one)
        TRY(are_scalars(s, calls, ncalls, &is_one, e));
    buf_init(&b, TEXT_MAX);
    buf_printf(&b, "CREATE MACRO %s", m->full);
    for (size_t given = m->n - m->ninitial; given <= m->n; given++) {
        struct text t = {.s = s, .m = m, .given = given};
        buf_printf(&b, "%s", given > m->n - m->ninitial ? ", " : "");
        TRY(overload(&t, is_one ? &expression : NULL, &b, e));
    }
    *out = finish(s, &b);
    return *out ? ST_OK : err_oom(e);
}
