/* The walk is that of the translation (walk.h), which knows where the operand of a cast begins and which name
 * is a column's that is defined. */
#include "dialect/domains.h"

#include "base/buf.h"
#include "dialect/type.h"
#include "dialect/walk.h"
#include "pgtype/domain_type.h"
#include "pgtype/oid.h"
#include "sql/type.h"

#include <assert.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

enum { CASES_MAX = 64 };
enum { CALL_MAX = 64 }; /* bytes of a macro's name with its numbers and bracket */

struct spelling {
    struct rewriter r;
    dialect_domain_fn *find;
    void *arg;
    struct sql_token altered; /* the column of ALTER COLUMN; END: none */
    size_t ncases;
    struct {
        struct sql_token word, before;
        size_t depth;
    } cases[CASES_MAX];   /* that are open, from the outermost on */
    struct sql_token end; /* of a CASE that ends here: END, and where it began */
    size_t case_at;
    struct sql_token case_before;
};

/* The schema in front of a type's name; kind END: none is written. */
static struct sql_token schema_of(const struct rewriter *r, const struct sql_type *type)
{
    struct sql_token t, schema = {.kind = SQL_TOK_END};
    struct sql_lexer l;
    sql_lexer_init(&l, r->tokens);
    sql_lexer_seek(&l, type->at);
    while (sql_lexer_next(&l, &t) != SQL_TOK_END && t.at < type->name_at)
        if (sql_token_is_name(&t))
            schema = t;
    return schema;
}

/* *out NULL: the type is no domain. Names of PostgreSQL's own types are not asked about unless they are
 * written in quotes or with a schema, since a domain of such a name is found in that way alone. */
static int find_domain(struct spelling *s, const struct sql_type *type, const struct dialect_domain **out)
{
    struct rewriter *r = &s->r;
    struct sql_token schema = schema_of(r, type), name;
    struct sql_lexer l;
    *out = NULL;
    if (schema.kind == SQL_TOK_END && !type->quoted && pgtype_by_name(type->name))
        return ST_OK;
    sql_lexer_init(&l, r->tokens);
    sql_lexer_seek(&l, type->name_at);
    (void)sql_lexer_next(&l, &name);
    TRY(s->find(s->arg, &schema, &name, out, r->err));
    if (!*out || !type->array || !(*out)->array)
        return ST_OK;
    (void)err_set(r->err, SQLSTATE_FEATURE_NOT_SUPPORTED, "arrays of a domain over arrays are not supported");
    r->err->position = str_position(r->edits.sql, type->at);
    return ST_ERR;
}

static int keep(struct rewriter *r, const char *text, struct str *out)
{
    const char *copy = arena_strdup(r->arena, text);
    *out = (struct str){copy, copy ? strlen(copy) : 0};
    return copy ? ST_OK : err_oom(r->err);
}

/* The base type in place of the domain's name; brackets behind it stay where they are, so that what was an
 * array of the domain is an array of the base type. */
static int put_base(struct rewriter *r, const struct sql_type *type, const struct dialect_domain *d)
{
    struct str with = d->base;
    if (type->underscored)
        TRY(walk_concat(r, (const struct str[]){d->base, STR("[]")}, 2, &with));
    return walk_replace(r, type->at, type->scalar_end, with);
}

/* The beginning of the call that is the value, with its bracket. */
static int value_call(struct rewriter *r, const struct sql_type *type, const struct dialect_domain *d,
                      struct str *out)
{
    char text[CALL_MAX];
    (void)snprintf(text, sizeof text, "%s%lu(", type->array ? DOMAIN_ARRAY_VALUE : DOMAIN_VALUE,
                   (unsigned long)d->oid);
    return keep(r, text, out);
}

/* A CHECK that calls the domain's check of the column. */
static int check_of(struct rewriter *r, const struct sql_type *type, const struct dialect_domain *d,
                    struct str column, struct str *out)
{
    char text[CALL_MAX];
    (void)snprintf(text, sizeof text, "CHECK (%s%lu_%u(", DOMAIN_CHECK, (unsigned long)d->oid, d->version);
    if (type->array) { /* the engine takes no lambda in a CHECK */
        (void)err_set(r->err, SQLSTATE_FEATURE_NOT_SUPPORTED,
                      "columns of arrays of a domain are not supported");
        r->err->position = str_position(r->edits.sql, type->at);
        return ST_ERR;
    }
    return walk_concat(r, (const struct str[]){str_of(text), column, STR("))")}, 3, out);
}

/* ---- casts ---- */

static bool ends_column(const struct sql_token *t)
{
    static const char *const words[] = {"FROM",  "INTO",   "WHERE",     "GROUP", "HAVING", "WINDOW",
                                        "UNION", "EXCEPT", "INTERSECT", "ORDER", "LIMIT",  "OFFSET"};
    return t->kind == SQL_TOK_END || sql_token_is(t, ',') || sql_token_is(t, ')') || sql_token_is(t, ';') ||
           WALK_IS_ANY(t, words);
}

/* Whether what is cast has a name: a column's, or a function's. The bytes [from, to) are one primary. */
static bool has_name(const struct rewriter *r, size_t from, size_t to, struct sql_token *out)
{
    struct sql_lexer l;
    struct sql_token t;
    bool named = false;
    static const char *const words[] = {"NULL", "TRUE", "FALSE", "CASE", "ROW"};
    sql_lexer_init(&l, r->tokens);
    sql_lexer_seek(&l, from);
    while (sql_lexer_next(&l, &t) != SQL_TOK_END && t.at < to) {
        if (sql_token_is_name(&t) && !WALK_IS_ANY(&t, words))
            named = true, *out = t;
        else if (!sql_token_is(&t, '.'))
            break;
    }
    if (!named || t.kind == SQL_TOK_END || t.at >= to)
        return named;
    return sql_token_is(&t, '(') || sql_token_is_typecast(&t) ||
           (sql_token_is(&t, '[') && sql_token_is_word(out, "ARRAY"));
}

/* A column of a select list is called as what is cast, or else as the type. The call that stands there now
 * would give it another name. */
static int name_column(struct rewriter *r, size_t at, size_t from, size_t to, struct str type)
{
    assert(from <= to && to <= at);
    struct sql_token name = {.kind = SQL_TOK_END};
    struct str text;
    if (has_name(r, from, to, &name)) {
        if (sql_token_is_word(&name, "ARRAY"))
            name.text = STR("\"array\"");
        TRY(walk_concat(r, (const struct str[]){STR(" AS "), name.text}, 2, &text));
        return walk_insert(r, at, text);
    }
    struct buf b;
    buf_init(&b, 1024);
    buf_printf(&b, " AS ");
    sql_name_put(&b, type);
    buf_put_u8(&b, '\0');
    int rc = buf_ok(&b) ? keep(r, (const char *)b.data, &text) : err_oom(r->err);
    buf_release(&b);
    TRY(rc);
    return walk_insert(r, at, text);
}

/* Behind a type: the primary before it goes on. */
static void pass_type(struct rewriter *r, const struct sql_type *type)
{
    sql_lexer_seek(&r->lexer, type->end);
    r->prev = (struct sql_token){.kind = SQL_TOK_WORD, .at = type->at};
    r->end = r->start < type->end ? type->end : r->end;
    (void)sql_lexer_next(&r->lexer, &r->token);
}

/* NULL, TRUE and FALSE are operands, and so is a CASE with its END. */
static void take_word(struct spelling *s)
{
    static const char *const words[] = {"NULL", "TRUE", "FALSE"};
    struct rewriter *r = &s->r;
    if (r->start < r->end)
        return;
    if (WALK_IS_ANY(&r->prev, words) && r->start == r->prev.at) {
        r->end = walk_end(&r->prev);
    } else if (sql_token_is_word(&r->prev, "END") && s->end.at == r->prev.at) {
        r->start = s->case_at;
        r->before = s->case_before;
        r->end = walk_end(&r->prev);
    }
}

/* CASE and END. */
static void note_case(struct spelling *s)
{
    struct rewriter *r = &s->r;
    const struct sql_token *t = &r->token;
    if (sql_token_is(&r->prev, '.'))
        return;
    if (sql_token_is_word(t, "CASE") && s->ncases < CASES_MAX) {
        s->cases[s->ncases].word = *t;
        s->cases[s->ncases].before = r->prev;
        s->cases[s->ncases++].depth = r->depth;
    } else if (sql_token_is_word(t, "END") && s->ncases && s->cases[s->ncases - 1].depth == r->depth) {
        s->ncases--;
        s->end = *t;
        s->case_at = s->cases[s->ncases].word.at;
        s->case_before = s->cases[s->ncases].before;
    }
}

/* How PostgreSQL calls a column that is cast to one of its own types. */
static struct str name_of_type(const struct sql_type *type)
{
    uint32_t oid = type->varying                    ? PGTYPE_VARCHAR
                   : type->zone && type->name.n > 4 ? PGTYPE_TIMESTAMPTZ
                   : type->zone                     ? PGTYPE_TIMETZ
                                                    : pgtype_by_name(type->name);
    const struct pgtype_info *known = type->quoted ? NULL : pgtype_find(oid);
    return known ? str_of(known->name) : type->name;
}

/* The casts behind one to a domain, from `after` on, up to the end of the column, whose last one gives it its
 * name. end: of what is written so far; [from, to) is what is cast. */
static int name_chain(struct spelling *s, struct sql_lexer ahead, struct sql_token after, size_t end,
                      size_t from, size_t to, struct str domain)
{
    struct str name = domain;
    while (sql_token_is_typecast(&after)) {
        const struct dialect_domain *other;
        struct sql_type type;
        if (!sql_read_type(&ahead, &type))
            return ST_OK;
        TRY(find_domain(s, &type, &other));
        if (other)
            return ST_OK; /* names the column when it is met */
        name = name_of_type(&type);
        after = type.after;
        end = type.end;
    }
    return ends_column(&after) ? name_column(&s->r, end, from, to, name) : ST_OK;
}

/* x::d */
static int typecast(struct spelling *s)
{
    struct rewriter *r = &s->r;
    struct sql_lexer ahead = r->lexer;
    struct sql_type type;
    const struct dialect_domain *d;
    struct str call;
    if (!sql_read_type(&ahead, &type)) {
        walk_past(r);
        return ST_OK;
    }
    TRY(find_domain(s, &type, &d));
    if (d)
        take_word(s);
    if (d && r->start < r->end) {
        TRY(value_call(r, &type, d, &call));
        TRY(edits_replace_first(&r->edits, r->start, 0, call, r->err));
        TRY(put_base(r, &type, d));
        TRY(walk_insert(r, type.end, STR(")")));
        if (walk_starts_column(r, &r->before))
            TRY(name_chain(s, ahead, type.after, type.end, r->start, r->token.at, d->name));
    }
    pass_type(r, &type);
    return ST_OK;
}

/* CAST(x AS d), at AS */
static int cast(struct spelling *s)
{
    struct rewriter *r = &s->r;
    assert(r->depth > 0);
    struct frame *f = walk_top(r);
    struct sql_lexer ahead = r->lexer;
    struct sql_type type;
    struct sql_token after;
    const struct dialect_domain *d = NULL;
    struct str call;
    if (!sql_read_type(&ahead, &type) || !sql_token_is(&type.after, ')'))
        return walk_on(r);
    if (sql_token_is_word(&f->cast, "CAST"))
        TRY(find_domain(s, &type, &d));
    if (d) {
        TRY(value_call(r, &type, d, &call));
        TRY(edits_replace_first(&r->edits, f->cast.at, 0, call, r->err));
        TRY(put_base(r, &type, d));
        TRY(walk_insert(r, walk_end(&type.after), STR(")")));
        (void)sql_lexer_next(&ahead, &after);
        r->depth--;
        bool first = walk_starts_column(r, &f->prev);
        r->depth++;
        if (first)
            TRY(name_chain(s, ahead, after, walk_end(&type.after), f->at + 1, r->token.at, d->name));
    }
    pass_type(r, &type);
    return ST_OK;
}

/* d '5'. false in *did: it is none. */
static int typed_literal(struct spelling *s, bool *did)
{
    struct rewriter *r = &s->r;
    struct sql_lexer ahead = r->lexer;
    struct sql_type type;
    const struct dialect_domain *d;
    struct str call, text;
    struct sql_token next = walk_peek(r);
    *did = false;
    if ((next.kind != SQL_TOK_STRING && !sql_token_is(&next, '.')) || sql_token_is(&r->prev, '.') ||
        !sql_read_type_at(&ahead, r->token, &type) || type.array || type.after.kind != SQL_TOK_STRING)
        return ST_OK;
    TRY(find_domain(s, &type, &d));
    if (!d)
        return ST_OK;
    struct sql_token literal = type.after;
    assert(type.end <= literal.at);
    TRY(value_call(r, &type, d, &call));
    TRY(walk_concat(r, (const struct str[]){call, literal.text, STR("::"), d->base, STR(")")}, 5, &text));
    TRY(walk_replace(r, type.at, walk_end(&literal), text));
    struct sql_token before = r->prev;
    walk_pass(r, type.at, walk_end(&literal), &literal);
    if (walk_starts_column(r, &before) && ends_column(&r->token))
        TRY(name_column(r, walk_end(&literal), walk_end(&literal), walk_end(&literal), d->name));
    *did = true;
    return ST_OK;
}

/* ---- columns ---- */

/* From behind a column's type on: where its definition ends (SIZE_MAX: with the statement), and whether it
 * says what its value is, so that the domain's default is not wanted. */
static size_t definition_end(struct sql_lexer ahead, struct sql_token t, bool *says)
{
    size_t depth = 0;
    *says = false;
    while (t.kind != SQL_TOK_END && t.kind != SQL_TOK_BAD) {
        if (depth == 0 && (sql_token_is(&t, ',') || sql_token_is(&t, ')')))
            break;
        depth += sql_token_is(&t, '(') || sql_token_is(&t, '[');
        depth -= (sql_token_is(&t, ')') || sql_token_is(&t, ']')) && depth;
        *says |= depth == 0 && (sql_token_is_word(&t, "DEFAULT") || sql_token_is_word(&t, "GENERATED"));
        (void)sql_lexer_next(&ahead, &t);
    }
    return t.kind == SQL_TOK_END ? SIZE_MAX : t.at;
}

/* A column that is defined: the CHECK stands right behind the type, before what else is said of the column,
 * which may go on as it likes. */
static int put_column(struct spelling *s, struct sql_token column, const struct sql_lexer *ahead,
                      const struct sql_type *type, const struct dialect_domain *d)
{
    struct rewriter *r = &s->r;
    struct str check, text;
    char initial[CALL_MAX] = "";
    bool says;
    assert(d->version > 0);
    (void)definition_end(*ahead, type->after, &says);
    TRY(put_base(r, type, d));
    TRY(check_of(r, type, d, column.text, &check));
    if (d->initial && !says && !type->array)
        (void)snprintf(initial, sizeof initial, " DEFAULT " DOMAIN_INITIAL "%lu_%u()", (unsigned long)d->oid,
                       d->version);
    TRY(walk_concat(r, (const struct str[]){STR(" "), check, str_of(initial)}, 3, &text));
    return walk_insert(r, type->end, text);
}

/* ALTER COLUMN c TYPE d, at TYPE. */
static int put_new_type(struct spelling *s, const struct sql_lexer *ahead, const struct sql_type *type,
                        const struct dialect_domain *d)
{
    assert(s->r.ddl == DDL_ALTER_TABLE);
    struct rewriter *r = &s->r;
    struct str check, text;
    bool says;
    size_t end = definition_end(*ahead, type->after, &says);
    if (s->altered.kind == SQL_TOK_END)
        return ST_OK;
    TRY(put_base(r, type, d));
    TRY(check_of(r, type, d, s->altered.text, &check));
    TRY(walk_concat(r, (const struct str[]){STR(", ADD "), check, STR("")}, 3, &text));
    return walk_insert(r, end == SIZE_MAX ? r->edits.sql.n : end, text);
}

static int column(struct spelling *s)
{
    struct rewriter *r = &s->r;
    struct sql_lexer ahead = r->lexer;
    struct sql_token name = r->token;
    struct sql_type type;
    const struct dialect_domain *d;
    bool new_type = r->ddl == DDL_ALTER_TABLE && !r->adding && sql_token_is_word(&name, "TYPE");
    r->adding = false;
    TRY(walk_on(r));
    if (!sql_read_type(&ahead, &type))
        return ST_OK;
    TRY(find_domain(s, &type, &d));
    if (d && new_type)
        TRY(put_new_type(s, &ahead, &type, d));
    else if (d)
        TRY(put_column(s, name, &ahead, &type, d));
    sql_lexer_seek(&r->lexer, type.end);
    r->prev = (struct sql_token){.kind = SQL_TOK_WORD, .at = type.at};
    r->end = r->start;
    (void)sql_lexer_next(&r->lexer, &r->token);
    return ST_OK;
}

/* ALTER [COLUMN] c, and ADD, of ALTER TABLE. */
static void note_action(struct spelling *s)
{
    struct rewriter *r = &s->r;
    const struct sql_token *t = &r->token;
    if (r->ddl != DDL_ALTER_TABLE || r->depth > 0)
        return;
    if (sql_token_is_word(t, "ADD"))
        r->adding = true;
    bool follows = sql_token_is_word(&r->prev, "ALTER") || sql_token_is_word(&r->prev, "COLUMN");
    if (follows && sql_token_is_name(t) && !sql_token_is_word(t, "COLUMN") && !sql_token_is_word(t, "TABLE"))
        s->altered = *t;
}

static int step(struct spelling *s)
{
    struct rewriter *r = &s->r;
    bool did;
    if (r->ddl != DDL_NONE && walk_is_column(r))
        return column(s);
    note_action(s);
    note_case(s);
    if (sql_token_is_typecast(&r->token))
        return typecast(s);
    if (sql_token_is_word(&r->token, "AS") && r->depth <= DEPTH_MAX && walk_top(r)->cast.kind == SQL_TOK_WORD)
        return cast(s);
    if (sql_token_is_name(&r->token)) {
        TRY(typed_literal(s, &did));
        if (did)
            return ST_OK;
    }
    return walk_on(r);
}

int dialect_domains(struct arena *a, struct sql_tokens sql, dialect_domain_fn *find, void *arg,
                    struct sql_rewritten *out, struct err *e)
{
    struct spelling state, *s = &state; /* not cleared as a whole: a frame is filled when its bracket opens */
    struct rewriter *r = &s->r;
    memset(r, 0, offsetof(struct rewriter, frames[1]));
    *out = (struct sql_rewritten){.text = sql.text};
    s->find = find;
    s->arg = arg;
    s->altered = s->end = (struct sql_token){.kind = SQL_TOK_END};
    s->ncases = 0;
    r->arena = a;
    r->err = e;
    r->postgres = true;
    r->tokens = sql;
    r->ddl = walk_ddl(sql);
    edits_init(&r->edits, a, sql.text);
    sql_lexer_init(&r->lexer, sql);
    (void)sql_lexer_next(&r->lexer, &r->token);
    while (r->token.kind != SQL_TOK_END && r->token.kind != SQL_TOK_BAD)
        TRY(step(s));
    return r->token.kind == SQL_TOK_BAD ? ST_OK : edits_apply(&r->edits, out, e);
}
