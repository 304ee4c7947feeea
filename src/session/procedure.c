/* A call's arguments are the columns of a query, in the order in which the call has them, so that parameters
 * are inferred and bound as those of any statement. */
#include "session/procedure.h"

#include "base/cleanup.h"
#include "rows/row_desc.h"
#include "session/session_priv.h"
#include "session/value_text.h"
#include "sql/call.h"
#include "sql/edits.h"
#include "sql/name.h"

#include <assert.h>
#include <string.h>

enum { OUTPUTS_MAX = 64 * 1024 * 1024 };

/* The first schema of the search path that has a macro of that name; else it stays what it is. */
static int find_schema(struct session *s, const char *name, const char **schema, struct err *e)
{
    struct ask_rows rows;
    const char *literal = step_literal(s, name);
    const char *sql =
        literal
            ? step_text(s,
                        "SELECT schema_name FROM tavana_catalog.pg.macros() WHERE "
                        "system.main.lower(name) = system.main.lower(%s) AND "
                        "system.main.list_contains(system.main.current_schemas(false), schema_name) ORDER BY "
                        "system.main.list_position(system.main.current_schemas(false), schema_name) LIMIT 1",
                        literal)
            : NULL;
    TRY(sql ? session_ask(s, sql, &rows, e) : err_oom(e));
    if (rows.n > 0)
        *schema = ask_text(&rows, 0, 0);
    return ST_OK;
}

/* What is kept of the name that a call says. */
static int find(struct session *s, const struct sql_call *call, struct procedure *out, struct err *e)
{
    const char *schema, *full;
    TRY(function_name_read(s, &call->name, &schema, &out->name, &full, e));
    if (call->name.schema.kind == SQL_TOK_END)
        TRY(find_schema(s, out->name, &schema, e));
    return function_kept_find(s, schema, out->name, &out->kept, e);
}

int procedure_claims(struct session *s, struct statement *st, bool *ours, struct err *e)
{
    struct procedure *p = arena_calloc(&s->message_arena, 1, sizeof *p);
    struct backend_session *engine;
    if (!p)
        return err_oom(e);
    *ours = false;
    if (!means_postgres(s)) {
        st->sql.kind = SQL_ENGINE;
        return ST_OK;
    }
    if (statement_parse(s, st, e) < 0) { /* a call in words of the engine's */
        err_init(e);
        st->sql.kind = SQL_ENGINE;
        return ST_OK;
    }
    TRY(session_engine(s, &engine, e));
    TRY(find(s, &st->sql.parsed->call, p, e));
    if (p->kept.kept && !p->kept.procedure) {
        (void)err_set(e, SQLSTATE_WRONG_OBJECT_TYPE, "%s is not a procedure", p->name);
        err_hint(e, "To call a function, use SELECT.");
        return ST_ERR;
    }
    *ours = p->kept.kept;
    if (!*ours)
        st->sql.kind = SQL_ENGINE;
    return ST_OK;
}

/* In the engine's words: SELECT f(…), and FROM f(…). */
static bool is_scalar_call(const struct err *e)
{
    return e->code == SQLSTATE_SYNTAX_ERROR_OR_ACCESS_RULE_VIOLATION &&
           strstr(e->message, "is a table function but it was used as a scalar function");
}

static bool is_table_call(const struct err *e)
{
    const char *name = strrchr(FUNCTION_ALONE, '.');
    return e->code == SQLSTATE_UNDEFINED_TABLE && strstr(e->message, name + 1);
}

bool procedure_may_be_alone(const struct err *e)
{
    return is_scalar_call(e) || is_table_call(e);
}

int procedure_explain(struct err *e)
{
    if (!is_table_call(e))
        return ST_ERR;
    err_init(e);
    (void)err_set(e, SQLSTATE_FEATURE_NOT_SUPPORTED,
                  "a function whose body is no query is supported where it is all of a SELECT");
    err_hint(e, "Say SELECT f(…) or SELECT * FROM f(…), and nothing else.");
    return ST_ERR;
}

int procedure_alone(struct session *s, struct statement *st, bool *is, struct err *e)
{
    struct arena *a = st->lent ? &s->message_arena : &st->arena;
    struct procedure *p = arena_calloc(&s->message_arena, 1, sizeof *p);
    struct sql_parsed *parsed = arena_calloc(a, 1, sizeof *parsed);
    if (!p || !parsed)
        return err_oom(e);
    *is = false;
    if (!sql_is_sole_call(a, sql_statement_tokens(&st->sql), &parsed->call))
        return ST_OK;
    TRY(find(s, &parsed->call, p, e));
    *is = p->kept.kept && p->kept.alone;
    if (*is) {
        st->sql.kind = SQL_CALL;
        st->sql.parsed = parsed;
    }
    return ST_OK;
}

/* ---- a call's arguments and the declaration's ---- */

/* The arguments as they were declared: they are read again as a CREATE PROCEDURE's. */
static int declaration(struct session *s, struct procedure *p, struct err *e)
{
    const char *text = p->function
                           ? step_text(s, "CREATE FUNCTION p(%s) RETURNS %s LANGUAGE plpgsql AS 'begin end'",
                                       p->kept.arguments, p->kept.result)
                           : step_text(s, "CREATE PROCEDURE p(%s) LANGUAGE sql AS ''", p->kept.arguments);
    const struct sql_statement st = {
        .kind = SQL_FUNCTION, .text = str_of(text ? text : ""), .word = "CREATE"};
    return text ? sql_parse_function(&s->message_arena, &st, &p->declared, e) : err_oom(e);
}

static int does_not_fit(const struct procedure *p, const struct sql_call *call, struct err *e)
{
    (void)err_set(e, SQLSTATE_UNDEFINED_FUNCTION, "%s %s with %zu arguments of a call does not exist",
                  p->function ? "function" : "procedure", p->name, call->n);
    err_detail(e, "It is declared as %s(%s).", p->name, p->kept.arguments);
    return ST_ERR;
}

/* Whether a call gives a value for it: a procedure's call one for an OUT argument, too. */
static bool is_given(const struct procedure *p, const struct sql_argument *a)
{
    return !p->function || a->mode == SQL_ARGUMENT_IN || a->mode == SQL_ARGUMENT_INOUT;
}

/* Which argument a call's one is: by its name, or the nth that is given. The number of arguments: none. */
static size_t place_of(const struct procedure *p, const char *name, size_t n)
{
    const struct sql_function *f = &p->declared;
    size_t at = 0;
    for (; at < f->n; at++)
        if (is_given(p, &f->arguments[at]) && (name[0] ? strcmp(f->arguments[at].name, name) == 0 : n-- == 0))
            break;
    return at;
}

/* Which argument each of the call is. */
static int match(struct procedure *p, const struct sql_call *call, struct err *e)
{
    const struct sql_function *f = &p->declared;
    for (size_t i = 0; i < call->n; i++) {
        size_t at = place_of(p, call->arguments[i].name, i);
        if (at == f->n || p->is_given[at])
            return does_not_fit(p, call, e);
        p->is_given[at] = true;
        p->places[i] = at;
    }
    p->ngiven = call->n;
    for (size_t i = 0; i < f->n; i++)
        if (!p->is_given[i] && is_given(p, &f->arguments[i]) && !f->arguments[i].initial.p)
            return does_not_fit(p, call, e);
    return ST_OK;
}

int procedure_read(struct session *s, const struct sql_call *call, struct procedure *p, struct err *e)
{
    TRY(find(s, call, p, e));
    p->function = call->selects;
    p->in_from = call->in_from;
    p->alias = call->alias;
    if (!p->kept.kept || (p->function ? !p->kept.alone : !p->kept.procedure))
        return err_set(e, SQLSTATE_UNDEFINED_FUNCTION, "%s %s does not exist",
                       p->function ? "function" : "procedure", p->name);
    TRY(declaration(s, p, e));
    return match(p, call, e);
}

bool procedure_is_any(struct str type)
{
    return type.n >= 3 && str_ieq((struct str){type.p, 3}, STR("any"));
}

/* ---- preparing ---- */

/* CALL p(a, b) as SELECT CAST((a) AS t), CAST((b) AS u) */
static int arguments_query(struct session *s, const struct sql_statement *sql, const struct procedure *p,
                           struct sql_rewritten *out, struct err *e)
{
    const struct sql_call *call = &sql->parsed->call;
    struct edits edits;
    edits_init(&edits, &s->message_arena, sql->text);
    size_t at = 0;
    for (size_t i = 0; i <= call->n; i++) {
        const struct str value =
            i < call->n ? call->arguments[i].value : (struct str){sql->text.p + sql->text.n, 0};
        const struct sql_argument *before = i ? &p->declared.arguments[p->places[i - 1]] : NULL;
        const struct sql_argument *now = i < call->n ? &p->declared.arguments[p->places[i]] : NULL;
        bool ended = before && !procedure_is_any(before->type), begins = now && !procedure_is_any(now->type);
        const char *text =
            step_text(s, "%s%s%.*s%s%s", i ? "" : "SELECT ", ended ? "\n) AS " : "",
                      ended ? (int)before->type.n : 0, ended ? before->type.p : "", ended ? ")" : "",
                      !now     ? ""
                      : i      ? (begins ? ", CAST((" : ", ")
                      : begins ? "CAST(("
                               : "");
        size_t to = (size_t)(value.p - sql->text.p);
        TRY(text ? edits_replace(&edits, at, to - at, str_of(text), e) : err_oom(e));
        at = to + value.n;
    }
    return edits_apply(&edits, out, e);
}

size_t procedure_columns(const struct procedure *p, struct procedure_column *out)
{
    static const char *const numbered[] = {"column1"};
    const struct sql_function *f = &p->declared;
    size_t n = 0;
    for (size_t i = 0; i < f->n; i++)
        if (f->arguments[i].mode != SQL_ARGUMENT_IN)
            out[n++] = (struct procedure_column){f->arguments[i].name[0] ? f->arguments[i].name : numbered[0],
                                                 f->arguments[i].type};
    if (p->function && n <= 1) {
        const char *own = n == 1 && p->in_from ? out[0].name : p->name;
        bool is_void = str_ieq(f->result, STR("void"));
        out[0] = (struct procedure_column){p->alias ? p->alias : own, is_void ? STR("pg_void") : f->result};
        n = 1;
    }
    return n;
}

/* (CAST('1' AS integer), …); values NULL: NULLs. */
static void put_row(struct buf *b, const struct procedure_column *columns, size_t n,
                    const char *const *values)
{
    for (size_t i = 0; i < n; i++) {
        bool casts = columns[i].type.n > 0 && !procedure_is_any(columns[i].type);
        buf_printf(b, "%s%s", i ? ", " : "(", casts ? "CAST(" : "");
        value_put_literal(b, values ? values[i] : NULL);
        if (casts)
            buf_printf(b, " AS %.*s)", (int)columns[i].type.n, columns[i].type.p);
    }
    buf_put_u8(b, ')');
}

const char *procedure_answer(struct session *s, const struct procedure *p, const char *const *values,
                             size_t n)
{
    CLEANUP(buf_release) struct buf b = {0};
    struct procedure_column columns[SQL_FUNCTION_ARGUMENTS_MAX];
    size_t ncolumns = procedure_columns(p, columns);
    assert(ncolumns > 0);
    buf_init_of(&b, OUTPUTS_MAX, &s->memory.all);
    buf_printf(&b, "SELECT * FROM (VALUES ");
    for (size_t i = 0; i < n; i++) {
        buf_printf(&b, "%s", i ? ", " : "");
        put_row(&b, columns, ncolumns, values + i * ncolumns);
    }
    if (n == 0)
        put_row(&b, columns, ncolumns, NULL);
    buf_printf(&b, ") AS rows_of_it(");
    for (size_t i = 0; i < ncolumns; i++) {
        buf_printf(&b, "%s", i ? ", " : "");
        sql_name_put(&b, str_of(columns[i].name));
    }
    buf_printf(&b, n ? ")" : ") WHERE false");
    return buf_ok(&b) ? arena_strndup(&s->message_arena, (const char *)b.data, b.len) : NULL;
}

/* The columns of the result, as the engine describes them. */
static int describe(struct session *s, struct statement *st, const struct procedure *p, struct err *e)
{
    struct backend_stmt *stmt = NULL;
    struct str led;
    struct procedure_column columns[SQL_FUNCTION_ARGUMENTS_MAX];
    size_t n = procedure_columns(p, columns);
    if (n == 0)
        return ST_OK;
    if (p->function && n > 1 && !p->in_from)
        return err_set(e, SQLSTATE_FEATURE_NOT_SUPPORTED,
                       "SELECT %s(…) as a row is not supported: say SELECT * FROM %s(…)", p->name, p->name);
    const char *query = procedure_answer(s, p, NULL, 0);
    TRY(query ? session_lead(s, str_of(query), &led, e) : err_oom(e));
    TRY(session_hand_over_own(s, led.p, &stmt, e));
    st->desc = stmt->info.desc ? row_desc_ref(stmt->info.desc) : NULL;
    s->engine->ops->stmt_free(stmt);
    return st->desc ? ST_OK : err_set(e, SQLSTATE_INTERNAL_ERROR, "the result of a procedure has no columns");
}

int procedure_prepare(struct session *s, struct statement *st, const uint32_t *oids, size_t noids,
                      struct err *e)
{
    struct procedure *p = arena_calloc(&s->message_arena, 1, sizeof *p);
    struct sql_rewritten made;
    assert(st->sql.kind == SQL_CALL && !st->engine);
    if (!p)
        return err_oom(e);
    TRY(procedure_read(s, &st->sql.parsed->call, p, e));
    TRY(describe(s, st, p, e));
    if (p->ngiven == 0)
        return ST_OK;
    TRY(arguments_query(s, &st->sql, p, &made, e));
    struct session_query q = {
        .sql = &st->sql, .made = &made, .oids = oids, .noids = noids, .memory = st->memory};
    TRY(session_prepare(s, &q, &st->engine, e));
    st->backend = s->engine;
    return ST_OK;
}
