/* One pass over the tokens of a statement, from left to right: step() hands the token that it stands on to
 * the rewrite that knows it, which notes edits and moves on; the new text is put together once, at the end.
 * Operators are translated first (operators.c); COLLATE and = ANY here, casts in cast.c, names in refer.c;
 * columns without a name get one in names.c.
 * What changes the meaning of the engine's SQL (SELECT without columns, a literal as a list) is done only
 * in statements that are about the catalog: elsewhere the engine's meaning counts. A text with a string or a
 * comment that has no end is left as it is, for the engine to refuse. */
#include "dialect/translate.h"

#include "dialect/bits.h"
#include "dialect/calls.h"
#include "dialect/cast.h"
#include "dialect/fields.h"
#include "dialect/fold.h"
#include "dialect/integers.h"
#include "dialect/joined.h"
#include "dialect/literal.h"
#include "dialect/locking.h"
#include "dialect/names.h"
#include "dialect/operators.h"
#include "dialect/outputs.h"
#include "dialect/refer.h"
#include "dialect/rows.h"
#include "dialect/sorting.h"
#include "dialect/string_value.h"
#include "dialect/type.h"
#include "dialect/walk.h"
#include "dialect/words.h"
#include "sql/catalog.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

/* OPERATOR(pg_catalog.+) loses its schema; those that operators.c makes calls of are gone already. */
static int rewrite_operator(struct rewriter *r)
{
    struct sql_lexer ahead = r->lexer;
    struct sql_token t, op;
    if (sql_lexer_next(&ahead, &t), !sql_token_is(&t, '('))
        return walk_on(r);
    while (sql_lexer_next(&ahead, &op), sql_token_is_name(&op) || sql_token_is(&op, '.'))
        ;
    if (op.kind != SQL_TOK_OP || (sql_lexer_next(&ahead, &t), !sql_token_is(&t, ')')))
        return walk_on(r);
    if (!edits_touch(&r->edits, r->token.at, walk_end(&t)))
        TRY(walk_replace(r, r->token.at, walk_end(&t), op.text));
    sql_lexer_seek(&r->lexer, walk_end(&t));
    r->token = op;
    return walk_on(r);
}

/* EXISTS (SELECT FROM t): the engine wants a column. Elsewhere a query without columns is an error of its. */
static int rewrite_select(struct rewriter *r)
{
    struct sql_token select = r->token;
    const bool exists = sql_token_is_word(&walk_top(r)->prev, "EXISTS");
    TRY(walk_on(r));
    bool none = sql_token_is_word(&r->token, "FROM") || sql_token_is_word(&r->token, "WHERE") ||
                sql_token_is(&r->token, ')');
    return exists && none ? walk_insert(r, walk_end(&select), STR(" 1")) : ST_OK;
}

/* SELECT * and c.*, in a statement whose relations have their hidden columns, shows all but those. */
static bool is_star_of_all(struct rewriter *r)
{
    struct sql_token after = walk_peek(r);
    bool first = sql_token_is(&r->prev, ',') || sql_token_is(&r->prev, '.') ||
                 sql_token_is_word(&r->prev, "SELECT") || sql_token_is_word(&r->prev, "DISTINCT");
    bool last = after.kind == SQL_TOK_END || sql_token_is(&after, ',') || sql_token_is(&after, ')') ||
                sql_token_is(&after, ';') || sql_token_is_word(&after, "FROM");
    return first && last && walk_top(r)->clause == CLAUSE_SELECT;
}

static int rewrite_star(struct rewriter *r)
{
    struct sql_token star = r->token;
    bool all = is_star_of_all(r) && walk_names_hidden_column(r);
    TRY(walk_on(r));
    return all ? walk_insert(r, walk_end(&star), STR(" NOT SIMILAR TO '(tableoid|xmin|xmax|cmin|cmax|ctid)'"))
               : ST_OK;
}

/* The collations that order by bytes, as all do here that are not told another order. */
static bool is_by_bytes(const struct sql_token *name)
{
    static const char *const names[] = {"C", "POSIX", "ucs_basic", "C.UTF-8", "C.utf8"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (walk_is(name, names[i]))
            return true;
    return false;
}

/* It may stand behind a type or an index's column, which are no values. */
static bool defines_columns(const struct rewriter *r)
{
    struct sql_lexer l;
    struct sql_token first;
    sql_lexer_init(&l, r->tokens);
    (void)sql_lexer_next(&l, &first);
    return (sql_token_is_word(&first, "CREATE") || sql_token_is_word(&first, "ALTER")) &&
           r->stored != STORED_QUERY;
}

/* COLLATE pg_catalog.default and "default" say nothing; pg_catalog."C" loses its schema. The engine knows no
 * collation of a type of ours, name in particular, so that the value is one of its own. */
static int rewrite_collate(struct rewriter *r)
{
    struct sql_lexer ahead = r->lexer;
    struct sql_token first, name, dot;
    (void)sql_lexer_next(&ahead, &first);
    name = first;
    struct sql_lexer more = ahead;
    (void)sql_lexer_next(&more, &dot);
    if (walk_is(&first, "pg_catalog") && sql_token_is(&dot, '.')) {
        (void)sql_lexer_next(&more, &name);
        ahead = more;
    }
    if (!sql_token_is_name(&name))
        return walk_on(r);
    if (walk_is(&name, "default"))
        TRY(walk_replace(r, r->token.at, walk_end(&name), STR("")));
    else if (r->postgres && is_by_bytes(&name))
        TRY(walk_replace(r, r->token.at, walk_end(&name),
                         defines_columns(r) ? STR("COLLATE \"C\"") : STR("::VARCHAR COLLATE \"C\"")));
    else if (name.at != first.at)
        TRY(walk_replace(r, first.at, name.at, STR("")));
    r->lexer = ahead;
    (void)sql_lexer_next(&r->lexer, &r->token);
    return ST_OK;
}

/* = ANY ('{a,b}'), at the bracket. */
static int rewrite_any(struct rewriter *r)
{
    struct sql_token t = walk_peek(r);
    bool list = t.kind == SQL_TOK_STRING && t.text.n >= 4 && t.text.p[1] == '{';
    TRY(walk_on(r));
    if (!list)
        return ST_OK;
    struct sql_token after = walk_peek(r);
    if (sql_token_is(&after, ')')) {
        TRY(walk_list_literal(r, &t));
        TRY(walk_insert(r, walk_end(&t), STR("::VARCHAR[]")));
    }
    return ST_OK;
}

/* Whether the primary is a number with a sign in front that is no operator between two: (-1. */
static bool is_negative(const struct rewriter *r)
{
    const char *text = r->edits.sql.p;
    size_t at = r->before.at;
    if (r->before.kind != SQL_TOK_OP || !str_eq(r->before.text, STR("-")) || text[r->start] < '0' ||
        text[r->start] > '9')
        return false;
    while (at > 0 && text[at - 1] == ' ')
        at--;
    return at > 0 && (text[at - 1] == '(' || text[at - 1] == ',');
}

/* x = ANY (a.b) and x = ANY ('{1,2}'), at the equals sign: the bracket's place when what is in it is a
 * column or an array's text, and x is all that stands before; 0: it is not so. The engine makes a subquery of
 * it, which no outer join takes. */
static size_t any_of_column(const struct rewriter *r)
{
    struct sql_lexer ahead = r->lexer;
    struct sql_token any, open, t;
    if (r->start >= r->end || (r->before.kind == SQL_TOK_OP && !is_negative(r)))
        return 0;
    (void)sql_lexer_next(&ahead, &any);
    (void)sql_lexer_next(&ahead, &open);
    if (!sql_token_is_word(&any, "ANY") || !sql_token_is(&open, '('))
        return 0;
    struct sql_lexer inside = ahead;
    (void)sql_lexer_next(&inside, &t);
    if (!r->catalog && t.kind == SQL_TOK_STRING && t.text.n >= 4 && t.text.p[0] == '\'' && t.text.p[1] == '{')
        return sql_lexer_next(&inside, &t), sql_token_is(&t, ')') ? open.at : 0;
    if (!r->catalog)
        return 0;
    do {
        (void)sql_lexer_next(&ahead, &t);
        if (!sql_token_is_name(&t))
            return 0;
        (void)sql_lexer_next(&ahead, &t);
    } while (sql_token_is(&t, '.'));
    return sql_token_is(&t, ')') ? open.at : 0;
}

static int rewrite_any_of_column(struct rewriter *r, size_t open)
{
    struct sql_lexer ahead = r->lexer;
    struct sql_token t;
    sql_lexer_seek(&ahead, open + 1);
    (void)sql_lexer_next(&ahead, &t);
    bool literal = t.kind == SQL_TOK_STRING;
    const struct str function = literal ? STR(SCHEMA_PG "any_literal(") : STR(SCHEMA_PG "any_equal(");
    TRY(edits_replace_first(&r->edits, is_negative(r) ? r->before.at : r->start, 0, function, r->err));
    if (literal) {
        TRY(walk_list_literal(r, &t));
        TRY(walk_insert(r, walk_end(&t), STR("::VARCHAR[]")));
    }
    TRY(walk_replace(r, r->token.at, open + 1, STR(", ")));
    sql_lexer_seek(&r->lexer, open);
    (void)sql_lexer_next(&r->lexer, &r->token);
    return walk_on(r);
}

static enum stored stored_of(struct sql_tokens sql)
{
    enum { WORDS_MAX = 6 }; /* CREATE OR REPLACE RECURSIVE TEMPORARY VIEW */
    static const char *const queries[] = {"VIEW", "MACRO", "FUNCTION"};
    struct sql_lexer l;
    struct sql_token t;
    sql_lexer_init(&l, sql);
    (void)sql_lexer_next(&l, &t);
    if (sql_token_is_word(&t, "ALTER"))
        return STORED_DEFAULTS;
    if (!sql_token_is_word(&t, "CREATE"))
        return STORED_NOTHING;
    for (int i = 1; i < WORDS_MAX && sql_lexer_next(&l, &t) == SQL_TOK_WORD; i++)
        if (sql_token_is_word(&t, "TABLE") || WALK_IS_ANY(&t, queries))
            return sql_token_is_word(&t, "TABLE") ? STORED_DEFAULTS : STORED_QUERY;
    return STORED_NOTHING;
}

/* Statements in which a string may be meant for a column of bytes. */
static bool may_be_bytes(struct sql_tokens sql)
{
    static const char *const words[] = {"INSERT", "UPDATE", "DELETE", "MERGE", "WITH", "SELECT"};
    struct sql_lexer l;
    struct sql_token t;
    sql_lexer_init(&l, sql);
    (void)sql_lexer_next(&l, &t);
    return WALK_IS_ANY(&t, words);
}

/* tags text[] DEFAULT '{a}': the engine reads the text as a list in its own form. A cast sees to itself. */
static int rewrite_list_default(struct rewriter *r)
{
    struct sql_token after = walk_peek(r);
    assert(r->ddl != DDL_NONE);
    if (!sql_token_is_typecast(&after))
        TRY(walk_list_literal(r, &r->token));
    return walk_on(r);
}

/* The words that begin a clause which the engine does not have. ST_AGAIN: it is none of them. */
static int rewrite_clause(struct rewriter *r)
{
    const struct sql_token *t = &r->token;
    assert(r->postgres && t->kind == SQL_TOK_WORD);
    if (sql_token_is_word(t, "FOR"))
        return walk_locking(r);
    if (sql_token_is_word(t, "USING"))
        return walk_order_using(r);
    if (sql_token_is_word(t, "FETCH"))
        return walk_fetch(r);
    if (sql_token_is_word(t, "ZONE") && sql_token_is_word(&r->prev, "TIME"))
        return walk_zone(r);
    if (sql_token_is_word(t, "NULL"))
        return outputs_null(r);
    return ST_AGAIN;
}

/* Whether the literal is all that a cast is of, which reads it then: CAST(b'1' AS int), (b'1')::int. */
static bool is_cast(struct rewriter *r)
{
    struct sql_lexer ahead = r->lexer;
    struct sql_token after = walk_peek(r);
    bool alone = sql_token_is(&r->prev, '(');
    if (alone && walk_top(r)->cast.text.n)
        return sql_token_is_word(&after, "AS");
    while (alone && !walk_top(r)->call && sql_token_is(&after, ')'))
        (void)sql_lexer_next(&ahead, &after);
    return sql_token_is_typecast(&after);
}

static int step(struct rewriter *r)
{
    const struct sql_token *t = &r->token;
    bool did = false;
    TRY(walk_argument(r, &did));
    if (did)
        return ST_OK;
    if (r->ddl != DDL_NONE && walk_is_column(r))
        return walk_column(r);
    if (r->array_column && t->kind == SQL_TOK_STRING && sql_token_is_word(&r->prev, "DEFAULT"))
        return rewrite_list_default(r);
    if (r->ddl == DDL_ALTER_TABLE && r->depth == 0 && sql_token_is_word(t, "ADD"))
        r->adding = true;
    if (r->postgres && sql_token_is(t, '.')) {
        int status = walk_field(r);
        if (status != ST_AGAIN)
            return status;
    }
    if (r->postgres && sql_token_is(t, '[')) {
        int status = walk_json_subscript(r);
        if (status != ST_AGAIN)
            return status;
    }
    if (sql_token_is_typecast(t))
        return walk_typecast(r);
    if (sql_token_is_word(t, "AS") && r->depth <= DEPTH_MAX && walk_top(r)->cast.kind == SQL_TOK_WORD)
        return walk_cast(r);
    if ((r->catalog || r->postgres) && t->kind == SQL_TOK_OP && str_eq(t->text, STR("="))) {
        size_t open = any_of_column(r);
        bool accepts = open != 0;
        if (open)
            TRY(walk_accepts(r, &accepts));
        if (accepts)
            return rewrite_any_of_column(r, open);
    }
    if (r->postgres && sql_token_is_word(t, "VARIADIC"))
        return walk_variadic(r);
    if (r->catalog && t->kind == SQL_TOK_OP && str_eq(t->text, STR("*")))
        return rewrite_star(r);
    if (r->postgres && walk_is_lone_star(r))
        return walk_joined_star(r);
    if (sql_token_is_word(t, "OPERATOR"))
        return rewrite_operator(r);
    if (sql_token_is_word(t, "COLLATE"))
        return rewrite_collate(r);
    if ((r->postgres || r->catalog) && sql_token_is_word(t, "SELECT"))
        return rewrite_select(r);
    if (r->catalog && sql_token_is(t, '(') &&
        (sql_token_is_word(&r->prev, "ANY") || sql_token_is_word(&r->prev, "ALL")))
        return rewrite_any(r);
    if (r->postgres && t->kind == SQL_TOK_WORD) {
        int status = rewrite_clause(r);
        if (status != ST_AGAIN)
            return status;
    }
    if (r->may_be_bytes && (walk_is_bytes(r, t) || walk_is_moment(r, t)))
        return walk_bytes(r);
    if (r->postgres && walk_has_unicode(t))
        return is_cast(r) ? walk_on(r) : walk_unicode_literal(r); /* a cast sees to it */
    if (r->postgres && walk_is_bits(t))
        return is_cast(r) ? walk_on(r) : walk_bits(r);
    if (r->postgres && t->kind == SQL_TOK_WORD) {
        int status = walk_typed_literal(r);
        if (status != ST_AGAIN)
            return status;
    }
    if (sql_token_is_name(t))
        return walk_name(r);
    return walk_on(r);
}

/* Whether only blanks lie between: then nothing was passed over. */
static bool is_blank(struct str sql, size_t from, size_t to)
{
    while (from < to && (sql.p[from] == ' ' || sql.p[from] == '\n'))
        from++;
    return from >= to;
}

/* The rewrite of a token, and its columns' names: those see all tokens, also what the rewrite passed over. */
static int step_named(struct rewriter *r)
{
    struct sql_lexer passed = r->lexer;
    struct sql_token t = r->token;
    TRY(names_take(r, &t));
    TRY(step(r));
    if (is_blank(r->edits.sql, walk_end(&t), r->token.at))
        return ST_OK;
    while (sql_lexer_next(&passed, &t) != SQL_TOK_END && t.at < r->token.at)
        TRY(names_take(r, &t));
    return ST_OK;
}

int dialect_translate(struct arena *a, struct sql_tokens sql, const struct dialect *d,
                      struct sql_rewritten *out, struct err *e)
{
    *out = (struct sql_rewritten){.text = sql.text};
    struct sql_catalog_hint hint = sql_catalog_hint(sql.text);
    if (!hint.any && !d->postgres)
        return ST_OK;
    struct rewriter state, *r = &state; /* no arena's: the heap is slow at blocks of its size */
    memset(r, 0, offsetof(struct rewriter, frames[1])); /* a frame is filled when its bracket opens */
    r->arena = a;
    r->err = e;
    r->value = d->value;
    r->arg = d->arg;
    r->database = d->database;
    r->database_is = d->database_is;
    r->postgres = d->postgres;
    r->dates_ordered = d->dates_ordered;
    r->intervals = d->intervals;
    r->sends = d->sends;
    r->catalog = hint.catalog;
    r->tokens = sql;
    r->ddl = walk_ddl(sql);
    r->stored = stored_of(sql);
    r->may_be_bytes = r->postgres && may_be_bytes(sql);
    edits_init(&r->edits, a, sql.text);
    if (r->postgres) {
        TRY(integers_translate(r));
        TRY(rows_translate(r));
    }
    if ((r->postgres || r->catalog) && operators_hint(sql.text))
        TRY(operators_translate(r));
    edits_init(&r->folded, a, sql.text);
    if (r->postgres)
        TRY(words_translate(r));
    names_init(r);
    sql_lexer_init(&r->lexer, sql);
    (void)sql_lexer_next(&r->lexer, &r->token);
    while (r->token.kind != SQL_TOK_END && r->token.kind != SQL_TOK_BAD)
        TRY(d->names ? step_named(r) : step(r));
    if (r->token.kind == SQL_TOK_BAD)
        return ST_OK;
    if (d->names)
        TRY(names_end(r));
    TRY(fold_end(r));
    return edits_apply(&r->edits, out, e);
}
