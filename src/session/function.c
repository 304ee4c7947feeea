/* A function's declaration is kept in the comment of its macro (session/function_kept.h), for pg_proc. A
 * scalar one has a table macro beside it, for FROM f(x), whose comment is "RS T". A procedure's macro is
 * there for that comment alone: to call it as a function is an error. */
#include "session/function.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "session/column_type.h"
#include "session/function_kept.h"
#include "session/function_text.h"
#include "session/sequence.h"
#include "session/session_priv.h"
#include "sql/name.h"
#include "sql/plpgsql_query.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define KEPT   FUNCTION_KEPT
#define BESIDE "\x1eT"
#define UNIT   FUNCTION_UNIT
#define NAMES  "\x1d" /* between names */

enum { DECLARED_MAX = 1 << 20, TYPES_MAX = SQL_FUNCTION_ARGUMENTS_MAX + 1 };

struct typed {
    const char *oid, *shown;
};

struct creation {
    struct session *s;
    struct sql_function own; /* with its types looked up */
    const struct sql_function *f;
    struct function_made made;
    struct typed types[TYPES_MAX]; /* of f's arguments, as written */
    struct typed result;
};

static const char *finish(struct session *s, const struct buf *b)
{
    return buf_ok(b) ? arena_strndup(&s->message_arena, (const char *)b->data, b->len) : NULL;
}

/* The macros of that name. */
static int drop(struct session *s, const char *full, const struct function_kept *x, struct err *e)
{
    if (x->scalar)
        TRY(step_run(s, step_text(s, "DROP MACRO %s", full), e));
    if (x->table)
        TRY(step_run(s, step_text(s, "DROP MACRO TABLE %s", full), e));
    return ST_OK;
}

/* ---- types ---- */

/* Numbers and PostgreSQL's names of types, all in one query. 42704 */
static int look_up_types(struct session *s, const struct str *types, size_t n, struct typed *out,
                         struct err *e)
{
    CLEANUP(buf_release) struct buf b = {0};
    struct ask_rows rows;
    struct str led;
    if (n == 0)
        return ST_OK;
    buf_init(&b, DECLARED_MAX);
    buf_printf(&b, "SELECT ");
    for (size_t i = 0; i < n; i++) {
        const char *type = arena_strndup(&s->message_arena, types[i].p, types[i].n);
        type = type ? step_literal(s, type) : NULL;
        if (!type)
            return err_oom(e);
        buf_printf(&b, "%s(%s::regtype)::oid, format_type((%s::regtype)::oid, -1)", i ? ", " : "", type,
                   type);
    }
    const char *sql = finish(s, &b);
    TRY(sql ? session_lead(s, str_of(sql), &led, e) : err_oom(e));
    int st = session_ask(s, led.p, &rows, e);
    if (st < 0 && e->code == SQLSTATE_INVALID_PARAMETER_VALUE)
        e->code = SQLSTATE_UNDEFINED_OBJECT;
    e->position = st < 0 ? 0 : e->position; /* of a text that nobody has seen */
    TRY(st);
    for (size_t i = 0; i < n; i++)
        out[i] = (struct typed){ask_text(&rows, 0, 2 * i), ask_text(&rows, 0, 2 * i + 1)};
    return ST_OK;
}

/* Whether RETURNS names a relation. */
static int look_up_rows(struct creation *c, struct err *e)
{
    struct session *s = c->s;
    struct relation_name name;
    struct relation relation;
    const struct str type = c->f->result;
    if (!type.p)
        return ST_OK;
    struct sql_lexer l;
    struct sql_token t;
    sql_lexer_init(&l, sql_tokens_of(type));
    while (sql_lexer_next(&l, &t) != SQL_TOK_END)
        if (!sql_token_is_name(&t) && !sql_token_is(&t, '.'))
            return ST_OK;
    const char *text = arena_strndup(&s->message_arena, type.p, type.n);
    if (!text)
        return err_oom(e);
    if (sequence_read_name(text, &name, e) < 0) { /* of several words: a type's */
        err_init(e);
        return ST_OK;
    }
    TRY(relation_find(s, &name, "rv", &relation, e));
    if (relation.found)
        c->made.rows_of = text;
    return ST_OK;
}

/* Types that are said by a column are that column's from now on, as in PostgreSQL. */
static int look_up_likes(struct creation *c, struct err *e)
{
    struct session *s = c->s;
    assert(c->f == &c->own);
    for (size_t i = 0; i <= c->own.n; i++) {
        bool result = i == c->own.n;
        struct str *type = result ? &c->own.result : &c->own.arguments[i].type, before = *type;
        if (!(result ? c->own.result_like : c->own.arguments[i].like))
            continue;
        TRY(column_type_like(s, type, e));
        session_notice(s, REPLY_NOTICE, SQLSTATE_SUCCESSFUL_COMPLETION,
                       "type reference %.*s%%TYPE converted to %.*s", (int)before.n, before.p, (int)type->n,
                       type->p);
    }
    for (struct plpgsql_variable *v = c->own.block ? c->own.block->likes : NULL; v; v = v->next_like) {
        if (v->like)
            TRY(column_type_like(s, &v->type, e));
        v->like = false;
    }
    return ST_OK;
}

/* Types of arguments and of the result. */
static int look_up(struct creation *c, struct err *e)
{
    const struct sql_function *f = c->f;
    struct str types[TYPES_MAX];
    struct typed found[TYPES_MAX];
    size_t n = 0;
    assert(f->n < TYPES_MAX);
    for (size_t i = 0; i < f->n; i++)
        types[n++] = f->arguments[i].type;
    TRY(look_up_rows(c, e));
    bool result = f->result.p && !c->made.rows_of;
    if (result)
        types[n++] = f->result;
    TRY(look_up_types(c->s, types, n, found, e));
    memcpy(c->types, found, f->n * sizeof *found);
    c->result = result ? found[n - 1] : (struct typed){"2249", c->made.rows_of ? c->made.rows_of : "record"};
    return ST_OK;
}

/* ---- what is kept ---- */

static void put_plain_name(struct buf *b, const char *name)
{
    bool plain = strspn(name, "abcdefghijklmnopqrstuvwxyz_0123456789$") == strlen(name) &&
                 !(name[0] >= '0' && name[0] <= '9');
    if (plain)
        buf_printf(b, "%s", name);
    else
        sql_name_put(b, str_of(name));
}

/* As pg_get_function_arguments shows them; identity: without OUT ones and defaults. */
static void put_arguments(const struct creation *c, struct buf *b, bool identity)
{
    const struct sql_function *f = c->f;
    const char *comma = "";
    for (size_t i = 0; i < f->n; i++) {
        const struct sql_argument *a = &f->arguments[i];
        if (a->mode == SQL_ARGUMENT_TABLE || (identity && a->mode == SQL_ARGUMENT_OUT))
            continue;
        buf_printf(b, "%s%s", comma,
                   a->mode == SQL_ARGUMENT_OUT     ? "OUT "
                   : a->mode == SQL_ARGUMENT_INOUT ? "INOUT "
                                                   : "");
        put_plain_name(b, a->name);
        buf_printf(b, "%s%s", a->name[0] ? " " : "", c->types[i].shown);
        if (a->initial.p && !identity)
            buf_printf(b, " DEFAULT %.*s", (int)a->initial.n, a->initial.p);
        comma = ", ";
    }
}

static const char *result_of(const struct creation *c)
{
    CLEANUP(buf_release) struct buf b = {0};
    const struct sql_function *f = c->f;
    const char *comma = "";
    buf_init(&b, DECLARED_MAX);
    bool table = f->set_of && f->n > 0 && f->arguments[f->n - 1].mode == SQL_ARGUMENT_TABLE;
    buf_printf(&b, table ? "TABLE(" : f->set_of ? "SETOF %s" : "%s", c->result.shown);
    for (size_t i = 0; table && i < f->n; i++) {
        if (f->arguments[i].mode != SQL_ARGUMENT_TABLE)
            continue;
        buf_printf(&b, "%s", comma);
        put_plain_name(&b, f->arguments[i].name);
        buf_printf(&b, " %s", c->types[i].shown);
        comma = ", ";
    }
    buf_printf(&b, table ? ")" : "");
    return finish(c->s, &b);
}

/* The declaration, as session/function_kept.h says. */
static const char *kept_of(const struct creation *c, const char *identity, const char *result)
{
    CLEANUP(buf_release) struct buf b = {0};
    const struct sql_function *f = c->f;
    bool outputs = false;
    buf_init(&b, DECLARED_MAX);
    buf_printf(&b, KEPT "%s" UNIT, identity);
    put_arguments(c, &b, false);
    buf_printf(&b, UNIT "%s" UNIT, result);
    const char *blank = "";
    for (size_t i = 0; i < f->n; i++) {
        outputs |= f->arguments[i].mode != SQL_ARGUMENT_IN;
        if (f->arguments[i].mode != SQL_ARGUMENT_IN && f->arguments[i].mode != SQL_ARGUMENT_INOUT)
            continue;
        buf_printf(&b, "%s%s", blank, c->types[i].oid);
        blank = " ";
    }
    buf_printf(&b, UNIT);
    for (size_t i = 0; outputs && i < f->n; i++)
        buf_printf(&b, "%s%s", i ? " " : "", c->types[i].oid);
    buf_printf(&b, UNIT);
    for (size_t i = 0; outputs && i < f->n; i++)
        buf_printf(&b, "%s%c", i ? " " : "", (char)f->arguments[i].mode);
    buf_printf(&b, UNIT);
    for (size_t i = 0; i < f->n; i++)
        buf_printf(&b, "%s%s", i ? NAMES : "", f->arguments[i].name);
    buf_printf(&b, UNIT "%s" UNIT "%c" UNIT "%c" UNIT "%c" UNIT "%zu" UNIT "%s" UNIT "%s" UNIT "%c" UNIT "%s",
               c->result.oid, f->set_of ? 't' : 'f',
               f->immutable ? 'i'
               : f->stable  ? 's'
                            : 'v',
               f->strict ? 't' : 'f', c->made.ninitial, f->source, f->block ? "plpgsql" : "sql",
               f->procedure ? 'p' : 'f', f->alone ? "a" : "");
    return finish(c->s, &b);
}

/* "integer,text": of a call's arguments. */
static const char *types_of(const struct creation *c)
{
    CLEANUP(buf_release) struct buf b = {0};
    const struct sql_function *f = c->f;
    const char *comma = "";
    buf_init(&b, DECLARED_MAX);
    for (size_t i = 0; i < f->n; i++) {
        if (f->arguments[i].mode != SQL_ARGUMENT_IN && f->arguments[i].mode != SQL_ARGUMENT_INOUT)
            continue;
        buf_printf(&b, "%s%s", comma, c->types[i].shown);
        comma = ",";
    }
    const char *types = finish(c->s, &b);
    return types ? types : "";
}

/* ---- creating ---- */

static int check_existing(struct creation *c, const struct function_kept *x, const char *identity,
                          const char *result, struct err *e)
{
    assert(identity && result);
    if (!x->scalar && !x->table)
        return ST_OK;
    bool same = !x->kept || strcmp(x->identity, identity) == 0;
    if (x->kept && !same)
        return err_set(e, SQLSTATE_FEATURE_NOT_SUPPORTED, "several functions called \"%s\" are not supported",
                       c->made.name);
    if (x->kept && x->procedure != c->f->procedure) {
        (void)err_set(e, SQLSTATE_WRONG_OBJECT_TYPE, "cannot change routine kind");
        err_detail(e, "\"%s\" is a %s.", c->made.name, x->procedure ? "procedure" : "function");
        return ST_ERR;
    }
    if (!c->f->replaces)
        return err_set(e, SQLSTATE_DUPLICATE_FUNCTION,
                       "function \"%s\" already exists with same argument types", c->made.name);
    if (!x->kept || strcmp(x->result, result) == 0)
        return ST_OK;
    (void)err_set(e, SQLSTATE_INVALID_FUNCTION_DEFINITION, "cannot change return type of existing function");
    err_hint(e, "Use DROP FUNCTION %s(%s) first.", c->made.name, types_of(c));
    return ST_ERR;
}

/* What the engine says of a body, where PostgreSQL has other words for it. */
static int bad_body(const struct creation *c, struct err *e)
{
    assert(err_is_set(e));
    e->position = 0; /* of a text that nobody has seen */
    if (strncmp(e->message, "Subquery returns", strlen("Subquery returns")) == 0) {
        err_init(e);
        (void)err_set(e, SQLSTATE_INVALID_FUNCTION_DEFINITION,
                      "return type mismatch in function declared to return %s", c->result.shown);
        err_detail(e, "Final statement must return exactly one column.");
    } else if (e->code == SQLSTATE_INTERNAL_ERROR) {
        err_init(e);
        (void)err_set(e, SQLSTATE_FEATURE_NOT_SUPPORTED, "a function with this body is not supported");
    }
    return ST_ERR;
}

/* Asks the engine whether the body means something, by a call of which nothing is run. */
static int check_call(const struct creation *c, struct err *e)
{
    CLEANUP(buf_release) struct buf b = {0};
    struct ask_rows rows;
    assert(c->made.full);
    int body = settings_find(&c->s->settings, "check_function_bodies");
    if (body >= 0 && strcmp(settings_get(&c->s->settings, (size_t)body), "off") == 0)
        return ST_OK;
    buf_init(&b, DECLARED_MAX);
    buf_printf(&b, "SELECT * FROM %s%s(", c->made.table ? "" : "(SELECT ", c->made.full);
    for (size_t i = 0; i < c->made.n; i++)
        buf_printf(&b, "%sNULL", i ? ", " : "");
    buf_printf(&b, c->made.table ? ") LIMIT 0" : ")) LIMIT 0");
    const char *sql = finish(c->s, &b);
    int st = sql ? session_ask(c->s, sql, &rows, e) : err_oom(e);
    return st < 0 ? bad_body(c, e) : ST_OK;
}

/* SELECT * FROM f(x) of a scalar: a row of one column that is called as the function. */
static int create_beside(const struct creation *c, struct err *e)
{
    CLEANUP(buf_release) struct buf b = {0};
    assert(!c->made.table && c->made.ninitial <= c->made.n);
    buf_init(&b, DECLARED_MAX);
    buf_printf(&b, "CREATE MACRO %s", c->made.full);
    for (size_t given = c->made.n - c->made.ninitial; given <= c->made.n; given++) {
        buf_printf(&b, "%s(", given > c->made.n - c->made.ninitial ? ", " : "");
        for (size_t i = 0; i < given; i++)
            buf_printf(&b, "%s_argument_%zu_", i ? ", " : "", i + 1);
        buf_printf(&b, ") AS TABLE (SELECT %s(", c->made.full);
        for (size_t i = 0; i < given; i++)
            buf_printf(&b, "%s_argument_%zu_", i ? ", " : "", i + 1);
        buf_printf(&b, ") AS ");
        sql_name_put(&b, str_of(c->made.name));
        buf_printf(&b, ")");
    }
    TRY(step_run(c->s, finish(c->s, &b), e));
    return step_run(c->s, step_text(c->s, "COMMENT ON MACRO TABLE %s IS '" BESIDE "'", c->made.full), e);
}

/* The arguments of a call, in their order. */
static void gather_arguments(struct creation *c)
{
    const struct sql_function *f = c->f;
    size_t columns = 0;
    assert(f->n <= SQL_FUNCTION_ARGUMENTS_MAX && c->made.n == 0);
    for (size_t i = 0; i < f->n; i++) {
        const struct sql_argument *a = &f->arguments[i];
        columns += a->mode != SQL_ARGUMENT_IN;
        if (a->mode != SQL_ARGUMENT_IN && a->mode != SQL_ARGUMENT_INOUT)
            continue;
        c->made.arguments[c->made.n++] = a;
        c->made.ninitial += a->initial.p != NULL;
    }
    c->made.table = f->set_of || columns > 1;
}

/* The query that a body of PL/pgSQL means; where it means none, it is run by itself alone. */
static int compile(struct creation *c, struct err *e)
{
    const char *query;
    assert(c->own.block && c->made.name);
    int st = plpgsql_query(&c->s->message_arena, &c->own, c->made.name, c->made.rows_of != NULL, &query, e);
    if (st == ST_OK) {
        c->own.body = str_of(query);
        return ST_OK;
    }
    if (e->code != SQLSTATE_FEATURE_NOT_SUPPORTED || c->made.rows_of)
        return st;
    err_init(e);
    c->own.alone = true;
    return ST_OK;
}

/* The macro of what is run by itself alone: its name, for the catalog. It reads from what is there while
 * it is made alone, so that the engine refuses each call, and the session knows better (procedure.h). */
static int create_alone(const struct creation *c, struct err *e)
{
    CLEANUP(buf_release) struct buf b = {0};
    buf_init(&b, DECLARED_MAX);
    buf_printf(&b, "CREATE MACRO %s", c->made.full);
    for (size_t given = c->made.n - c->made.ninitial; given <= c->made.n; given++) {
        buf_printf(&b, "%s(", given > c->made.n - c->made.ninitial ? ", " : "");
        for (size_t i = 0; i < given; i++) {
            const char *name = c->made.arguments[i]->name;
            buf_printf(&b, "%s", i ? ", " : "");
            if (name[0])
                sql_name_put(&b, str_of(name));
            else
                buf_printf(&b, "_argument_%zu_", i + 1);
        }
        buf_printf(&b, ") AS TABLE (SELECT * FROM " FUNCTION_ALONE ")");
    }
    TRY(step_run(c->s, "CREATE TEMP VIEW " FUNCTION_ALONE " AS SELECT 1 AS x", e));
    TRY(step_run(c->s, finish(c->s, &b), e));
    return step_run(c->s, "DROP VIEW " FUNCTION_ALONE, e);
}

/* What the macro of a procedure says: that it is none of a function. */
static int refuse_call(struct creation *c, struct err *e)
{
    struct session *s = c->s;
    if (c->f->n > c->made.n && !c->f->block)
        return err_set(e, SQLSTATE_FEATURE_NOT_SUPPORTED,
                       "a procedure in language sql with OUT arguments is not supported");
    const char *says = step_text(s, "SQLSTATE 42809 %s(%s) is a procedure", c->made.name, types_of(c));
    says = says ? step_literal(s, says) : NULL;
    const char *body = says ? step_text(s, "SELECT system.main.error(%s)", says) : NULL;
    if (!body)
        return err_oom(e);
    c->own.body = str_of(body);
    c->own.result = STR("pg_void");
    c->made.table = false;
    return ST_OK;
}

/* Of a macro: what COMMENT ON says of the function, and what is kept of it; NULL: nothing. */
static int put_comment(struct session *s, const char *full, bool table, const char *said, const char *kept,
                       struct err *e)
{
    assert(full);
    const char *all = said || kept ? step_text(s, "%s%s", said ? said : "", kept ? kept : "") : NULL;
    const char *literal = !said && !kept ? "NULL" : all ? step_literal(s, all) : NULL;
    return literal
               ? step_run(
                     s, step_text(s, "COMMENT ON MACRO %s%s IS %s", table ? "TABLE " : "", full, literal), e)
               : err_oom(e);
}

/* All of CREATE FUNCTION, once its text is read. */
static int create(struct session *s, const struct sql_function *f, struct err *e)
{
    struct creation c = {.s = s, .own = *f};
    c.f = c.made.f = &c.own;
    struct function_kept existing;
    const char *schema, *text;
    assert(!f->drops && f->nnames == 1);
    CLEANUP(buf_release) struct buf b = {0};
    TRY(function_name_read(s, &f->names[0], &schema, &c.made.name, &c.made.full, e));
    TRY(look_up_likes(&c, e));
    gather_arguments(&c);
    TRY(look_up(&c, e));
    c.made.table |= c.made.rows_of != NULL;
    if (f->procedure)
        TRY(refuse_call(&c, e));
    else if (f->block)
        TRY(compile(&c, e));
    if (c.own.alone && c.made.rows_of)
        return err_set(e, SQLSTATE_FEATURE_NOT_SUPPORTED,
                       "a function of several statements that returns rows of a table is not supported");
    c.made.table |= c.own.alone;
    if (str_ieq(c.own.result, STR("void")))
        c.own.result = STR("pg_void");
    buf_init(&b, DECLARED_MAX);
    put_arguments(&c, &b, true);
    const char *identity = finish(s, &b), *result = result_of(&c);
    const char *kept = identity && result ? kept_of(&c, identity, result) : NULL;
    if (!kept)
        return err_oom(e);
    TRY(function_kept_find(s, schema, c.made.name, &existing, e));
    TRY(check_existing(&c, &existing, identity, result, e));
    TRY(drop(s, c.made.full, &existing, e));
    if (c.own.alone) {
        TRY(create_alone(&c, e));
    } else {
        TRY(function_text(s, &c.made, &text, e));
        if (step_run(s, text, e) < 0)
            return bad_body(&c, e);
    }
    if (!f->procedure && !c.own.alone)
        TRY(check_call(&c, e));
    TRY(put_comment(s, c.made.full, c.made.table, existing.comment, kept, e));
    return c.made.table || f->procedure ? ST_OK : create_beside(&c, e);
}

/* ---- dropping, and commenting ---- */

/* The types of DROP: as messages have them, "integer,text", and their numbers. */
static int signature(struct session *s, const struct sql_function_name *n, const char **types,
                     const char **oids, struct err *e)
{
    CLEANUP(buf_release) struct buf b = {0};
    CLEANUP(buf_release) struct buf numbers = {0};
    struct typed *found = arena_calloc(&s->message_arena, n->n + 1, sizeof *found);
    assert(n->listed);
    if (!found)
        return err_oom(e);
    TRY(look_up_types(s, n->types, n->n, found, e));
    buf_init(&b, DECLARED_MAX);
    buf_init(&numbers, DECLARED_MAX);
    for (size_t i = 0; i < n->n; i++) {
        buf_printf(&b, "%s%s", i ? "," : "", found[i].shown);
        buf_printf(&numbers, "%s%s", i ? " " : "", found[i].oid);
    }
    *types = finish(s, &b);
    *oids = finish(s, &numbers);
    return *types && *oids ? ST_OK : err_oom(e);
}

/* What DROP calls what it drops. */
static const char *kind_of(const struct sql_function *f)
{
    return f->procedure ? "procedure" : f->routine ? "routine" : "function";
}

/* One name of DROP FUNCTION or of COMMENT ON FUNCTION; found.table and scalar false: IF EXISTS, and it is not
 * there. */
static int find_one(struct session *s, const struct sql_function *f, const struct sql_function_name *n,
                    const char **full, struct function_kept *found, struct err *e)
{
    const char *schema, *name, *types = "", *oids = "";
    TRY(function_name_read(s, n, &schema, &name, full, e));
    TRY(function_kept_find(s, schema, name, found, e));
    if (n->listed)
        TRY(signature(s, n, &types, &oids, e));
    bool other = n->listed && found->kept && strcmp(found->oids, oids) != 0;
    if ((found->scalar || found->table) && !other) {
        if (!f->routine && found->procedure != f->procedure)
            return err_set(e, SQLSTATE_WRONG_OBJECT_TYPE, "%s(%s) is not a %s", name, types, kind_of(f));
        return ST_OK;
    }
    *found = (struct function_kept){0};
    if (f->if_exists) {
        session_notice(s, REPLY_NOTICE, SQLSTATE_SUCCESSFUL_COMPLETION, "%s %s(%s) does not exist, skipping",
                       kind_of(f), name, types);
        return ST_OK;
    }
    const char *what = f->procedure ? "procedure" : "function";
    if (!n->listed)
        return err_set(e, SQLSTATE_UNDEFINED_FUNCTION, "could not find a %s named \"%s\"", what, name);
    return err_set(e, SQLSTATE_UNDEFINED_FUNCTION, "%s %s(%s) does not exist", what, name, types);
}

static int drop_one(struct session *s, const struct sql_function *f, const struct sql_function_name *n,
                    struct err *e)
{
    const char *full;
    struct function_kept x;
    TRY(find_one(s, f, n, &full, &x, e));
    return x.scalar || x.table ? drop(s, full, &x, e) : ST_OK;
}

/* COMMENT ON FUNCTION, which a macro of the engine's may be as well. */
static int comment(struct session *s, const struct sql_function *f, struct err *e)
{
    const char *full, *said;
    struct function_kept x;
    assert(f->nnames == 1 && !f->if_exists);
    TRY(step_comment(s, &f->comment, &said, e));
    TRY(find_one(s, f, &f->names[0], &full, &x, e));
    bool table = x.kept ? x.in_table : !x.scalar;
    return put_comment(s, full, table, said, x.declaration, e);
}

int function_run(struct session *s, struct statement *st, struct command_result *r, struct err *e)
{
    assert(st->sql.kind == SQL_FUNCTION);
    TRY(statement_parse(s, st, e));
    const struct sql_function *f = &st->sql.parsed->function;
    TRY(tx_implicit_begin(s, e));
    TRY(tx_before_statement(s, true, e));
    TRY(portals_start_readers(s, s->portals.running, e));
    (void)snprintf(r->tag, sizeof r->tag, "%s %s", f->drops ? "DROP" : "CREATE",
                   f->procedure ? "PROCEDURE"
                   : f->routine ? "ROUTINE"
                                : "FUNCTION");
    if (f->comments)
        (void)snprintf(r->tag, sizeof r->tag, "COMMENT");
    if (f->comments)
        return comment(s, f, e);
    if (!f->drops)
        return create(s, f, e);
    for (size_t i = 0; i < f->nnames; i++)
        TRY(drop_one(s, f, &f->names[i], e));
    return ST_OK;
}
