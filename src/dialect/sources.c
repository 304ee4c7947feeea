/* A call in FROM becomes (SELECT unnest(list)) with an alias and its columns, since the engine's table
 * functions are others and take no columns of relations before them. WITH ORDINALITY, and an unnest of
 * several arrays, are a list of structs that is unnested with its fields. */
#include "dialect/sources.h"

#include "dialect/walk.h"

#include <assert.h>
#include <stdlib.h>
#include <strings.h>

enum { SEVERAL_MAX = 4 }; /* arrays that unnest takes at once */

/* Sorted: it is searched by halves. */
static const struct source sources[] = {
    {"generate_series", "generate_series", "generate_series", false, false},
    {"generate_subscripts", SCHEMA_PG "list_subscripts", "generate_subscripts", false, false},
    {"json_array_elements", SCHEMA_PG "list_elements", "value", false, true},
    {"json_array_elements_text", SCHEMA_PG "list_elements_text", "value", false, true},
    {"json_each", SCHEMA_PG "list_each", "key, value", true, true},
    {"json_each_text", SCHEMA_PG "list_each_text", "key, value", true, true},
    {"json_object_keys", SCHEMA_PG "list_keys", "json_object_keys", false, false},
    {"jsonb_array_elements", SCHEMA_PG "jsonb_list_elements", "value", false, true},
    {"jsonb_array_elements_text", SCHEMA_PG "jsonb_list_elements_text", "value", false, true},
    {"jsonb_each", SCHEMA_PG "jsonb_list_each", "key, value", true, true},
    {"jsonb_each_text", SCHEMA_PG "jsonb_list_each_text", "key, value", true, true},
    {"jsonb_object_keys", SCHEMA_PG "jsonb_list_keys", "jsonb_object_keys", false, false},
    {"regexp_matches", SCHEMA_PG "list_matches", "regexp_matches", false, false},
    {"regexp_split_to_table", SCHEMA_PG "regexp_split_to_array", "regexp_split_to_table", false, false},
    {"string_to_table", "pg_string_to_array", "string_to_table", false, false},
    {"unnest", "", "unnest", false, false},
};

const struct source source_integers = {"generate_series", SCHEMA_PG "int_list", "generate_series", false,
                                       false};

const struct source *source_names(size_t *n)
{
    *n = sizeof sources / sizeof *sources;
    return sources;
}

static int compare(const void *key, const void *item)
{
    const struct str *name = key;
    const struct source *known = item;
    int order = strncasecmp(name->p, known->name, name->n);
    return order ? order : known->name[name->n] ? -1 : 0;
}

const struct source *source_find(struct str name)
{
    if (name.n == 0 || memchr(name.p, '\0', name.n))
        return NULL;
    return bsearch(&name, sources, sizeof sources / sizeof *sources, sizeof *sources, compare);
}

/* What follows a call in FROM. */
struct tail {
    bool ordinality;
    size_t from, to;        /* WITH ORDINALITY; else both are the call's end */
    struct sql_token alias; /* kind END: none */
    bool columns;           /* (a, b) follows the alias */
};

static void read_tail(const struct rewriter *r, size_t end, struct tail *out)
{
    struct sql_lexer ahead = r->lexer;
    struct sql_token t, next;
    *out = (struct tail){.from = end, .to = end};
    sql_lexer_seek(&ahead, end);
    (void)sql_lexer_next(&ahead, &t);
    if (sql_token_is_word(&t, "WITH")) {
        (void)sql_lexer_next(&ahead, &next);
        if (!sql_token_is_word(&next, "ORDINALITY"))
            return;
        out->ordinality = true;
        out->to = walk_end(&next);
        (void)sql_lexer_next(&ahead, &t);
    }
    bool as = sql_token_is_word(&t, "AS");
    if (!as && !walk_is_alias(&t))
        return;
    if (as)
        (void)sql_lexer_next(&ahead, &t);
    if (!sql_token_is_name(&t))
        return;
    out->alias = t;
    (void)sql_lexer_next(&ahead, &next);
    out->columns = sql_token_is(&next, '(');
}

/* How many arguments the call has whose bracket opens at `to`. */
static size_t count_arguments(const struct rewriter *r, size_t to)
{
    struct sql_lexer ahead = r->lexer;
    struct sql_token t;
    size_t depth = 0, n = 1;
    sql_lexer_seek(&ahead, to);
    while (sql_lexer_next(&ahead, &t) != SQL_TOK_END) {
        if (sql_token_is(&t, '(') || sql_token_is(&t, '['))
            depth++;
        else if ((sql_token_is(&t, ')') || sql_token_is(&t, ']')) && --depth == 0)
            return n;
        else if (depth == 1 && sql_token_is(&t, ','))
            n++;
    }
    return n;
}

/* Whether the statement names the alias of a single column by itself, e ->> 'a', and not as e.value. */
static bool names_column(const struct rewriter *r, const struct sql_token *alias)
{
    struct sql_lexer l;
    struct sql_token t, next;
    bool found = false;
    sql_lexer_init(&l, r->tokens);
    (void)sql_lexer_next(&l, &t);
    for (; t.kind != SQL_TOK_END && t.kind != SQL_TOK_BAD; t = next) {
        (void)sql_lexer_next(&l, &next);
        if (t.at == alias->at || !sql_token_is_name(&t) || !str_ieq(t.text, alias->text))
            continue;
        if (sql_token_is(&next, '.'))
            return false;
        found = true;
    }
    return found;
}

/* The names of the columns, in brackets. */
static int put_columns(struct rewriter *r, const struct source *s, struct str name, const struct tail *t,
                       size_t several, struct str *out)
{
    struct str column = s ? str_of(s->column) : name, more = STR("");
    if (t->alias.kind != SQL_TOK_END && (!s || !s->named || (!s->fields && names_column(r, &t->alias))))
        TRY(walk_folded(r, &t->alias, &column));
    static const char *const numbered[] = {"", "", ", unnest_1", ", unnest_1, unnest_2",
                                           ", unnest_1, unnest_2, unnest_3"};
    if (several > 1) {
        column = STR("unnest");
        more = str_of(numbered[several]);
    }
    return walk_concat(
        r, (const struct str[]){STR("("), column, more, t->ordinality ? STR(", ordinality)") : STR(")")}, 4,
        out);
}

static int close_source(struct rewriter *r, const struct source *s, struct str name, const struct tail *t,
                        struct str brackets, size_t several)
{
    struct str columns = STR(""), text;
    bool alias = t->alias.kind != SQL_TOK_END;
    if (!t->columns)
        TRY(put_columns(r, s, name, t, several, &columns));
    TRY(walk_concat(r,
                    (const struct str[]){brackets, alias ? STR("") : STR(" AS \""), alias ? STR("") : name,
                                         alias ? STR("") : STR("\""), alias ? STR("") : columns},
                    5, &text));
    TRY(walk_replace(r, t->from, t->to, text));
    return alias && columns.n ? walk_insert(r, walk_end(&t->alias), columns) : ST_OK;
}

/* Goes on behind the name. */
static int pass_name(struct rewriter *r, size_t from, size_t to)
{
    struct sql_token called = r->token;
    walk_pass(r, from, to, &called);
    return walk_on(r); /* the bracket */
}

int walk_source_column(struct rewriter *r, const struct source *s, size_t from, size_t to)
{
    struct str text;
    assert(!s->fields && from < to);
    TRY(walk_concat(r, (const struct str[]){STR("unnest("), str_of(s->list)}, 2, &text));
    TRY(walk_replace(r, from, to, text));
    TRY(pass_name(r, from, to));
    if (r->depth <= DEPTH_MAX)
        r->frames[r->depth].brackets = ")";
    return ST_OK;
}

/* Whether unnest's argument shows that it has more than one dimension: PostgreSQL goes through all. */
static bool is_nested(const struct rewriter *r, size_t to)
{
    struct sql_lexer ahead = r->lexer;
    struct sql_token t;
    sql_lexer_seek(&ahead, to);
    (void)sql_lexer_next(&ahead, &t);
    (void)sql_lexer_next(&ahead, &t);
    if (t.kind == SQL_TOK_STRING)
        return t.text.n > 3 && t.text.p[1] == '{' && t.text.p[2] == '{';
    if (!sql_token_is_word(&t, "ARRAY") || (sql_lexer_next(&ahead, &t), !sql_token_is(&t, '[')))
        return false;
    (void)sql_lexer_next(&ahead, &t);
    return sql_token_is(&t, '[') || sql_token_is_word(&t, "ARRAY");
}

bool source_is_several(const struct rewriter *r, const struct sql_token *t, size_t *n)
{
    struct sql_lexer ahead = r->lexer;
    struct sql_token open, last;
    struct tail tail;
    size_t depth = 0;
    if (!sql_token_is_word(t, "unnest"))
        return false;
    sql_lexer_seek(&ahead, walk_end(t));
    if (sql_lexer_next(&ahead, &open), !sql_token_is(&open, '('))
        return false;
    *n = count_arguments(r, open.at);
    last = open;
    do {
        depth += sql_token_is(&last, '(') || sql_token_is(&last, '[');
        depth -= sql_token_is(&last, ')') || sql_token_is(&last, ']');
    } while (depth > 0 && sql_lexer_next(&ahead, &last) != SQL_TOK_END && last.kind != SQL_TOK_BAD);
    read_tail(r, walk_end(&last), &tail);
    return *n > 1 && *n <= SEVERAL_MAX && !tail.columns;
}

int walk_source(struct rewriter *r, const struct source *s, struct str name, size_t from, size_t to,
                size_t end, bool *inside)
{
    struct tail t;
    struct str text;
    assert(from < to && to < end);
    read_tail(r, end, &t);
    *inside = !s;
    if (!s) {
        TRY(walk_insert(r, from, t.ordinality ? STR("(SELECT 1, ") : STR("(SELECT ")));
        return close_source(r, s, name, &t, STR(")"), 1);
    }
    bool unnest = strcmp(s->name, "unnest") == 0;
    size_t several = unnest ? count_arguments(r, to) : 1;
    if (several > SEVERAL_MAX)
        return err_set(r->err, SQLSTATE_FEATURE_NOT_SUPPORTED,
                       "unnest of more than %d arrays is not supported", SEVERAL_MAX);
    bool nested = unnest && several == 1 && !t.ordinality && is_nested(r, to);
    bool structs = s->fields || several > 1 || t.ordinality;
    struct str number = nested          ? STR("system.main.flatten(")
                        : !t.ordinality ? (several > 1 ? STR(SCHEMA_PG "zipped(") : STR(""))
                        : s->fields     ? STR(SCHEMA_PG "numbered_pairs(")
                                        : STR(SCHEMA_PG "numbered(");
    bool own = str_of(s->list).n > 0; /* its bracket opens behind the name */
    if (!own && number.n)
        number.n--;
    TRY(walk_concat(r,
                    (const struct str[]){own || number.n ? STR("(SELECT unnest(") : STR("(SELECT unnest"),
                                         number, str_of(s->list)},
                    3, &text));
    TRY(walk_replace(r, from, to, text));
    size_t closes = (size_t)(own && number.n) + (own || number.n);
    TRY(walk_concat(r,
                    (const struct str[]){closes == 2 ? STR(")") : STR(""),
                                         structs ? STR(", max_depth := 2") : STR(""),
                                         closes > 0 ? STR("))") : STR(")")},
                    3, &text));
    TRY(close_source(r, s, str_of(s->name), &t, text, several));
    return pass_name(r, from, to);
}
