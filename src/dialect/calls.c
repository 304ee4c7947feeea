/* The table is consulted for every call of a statement that means what PostgreSQL means. Arguments that
 * PostgreSQL separates by keywords get commas, since the engine's parser knows substring(x FROM …) for its
 * own function alone. */
#include "dialect/calls.h"

#include "dialect/walk.h"
#include "sql/name.h"

#include <assert.h>
#include <stdlib.h>
#include <strings.h>

#define SHOW SCHEMA_PG "shown("

/* Sorted: it is searched by halves. */
static const struct call_name names[] = {
    {.name = "array_dims", .home = CALL_MACRO, .target = "array_dims"},
    {.name = "array_fill", .home = CALL_MACRO, .target = "array_fill"},
    {.name = "array_length", .home = CALL_MACRO, .target = "array_length"},
    {.name = "array_lower", .home = CALL_MACRO, .target = "array_lower"},
    {.name = "array_ndims", .home = CALL_MACRO, .target = "array_ndims"},
    {.name = "array_position", .home = CALL_MACRO, .target = "array_position"},
    {.name = "array_positions", .home = CALL_MACRO, .target = "array_positions"},
    {.name = "array_remove", .home = CALL_MACRO, .target = "array_remove"},
    {.name = "array_replace", .home = CALL_MACRO, .target = "array_replace"},
    {.name = "array_to_string", .home = CALL_MACRO, .target = "array_to_string"},
    {.name = "array_upper", .home = CALL_MACRO, .target = "array_upper"},
    {.name = "bit_length", .home = CALL_MACRO, .target = "bit_length"},
    {.name = "cardinality", .home = CALL_MACRO, .target = "cardinality"},
    {.name = "char_length", .home = CALL_MACRO, .target = "char_length"},
    {.name = "character_length", .home = CALL_MACRO, .target = "character_length"},
    {.name = "chr", .home = CALL_ENGINE, .target = "pg_chr"},
    {.name = "concat", .home = CALL_ENGINE, .target = "concat", .shown = true},
    {.name = "concat_ws", .home = CALL_ENGINE, .target = "concat_ws", .shown = true, .but_first = true},
    {.name = "current_schema", .home = CALL_MACRO, .target = "current_schema"},
    {.name = "date_part", .home = CALL_ENGINE, .target = "pg_date_part"},
    {.name = "date_trunc", .home = CALL_ENGINE, .target = "pg_date_trunc"},
    {.name = "decode", .home = CALL_ENGINE, .target = "pg_decode"},
    {.name = "degrees", .home = CALL_ENGINE, .target = "pg_degrees"},
    {.name = "div", .home = CALL_ENGINE, .target = "pg_div"},
    {.name = "encode", .home = CALL_ENGINE, .target = "pg_encode"},
    {.name = "exp", .home = CALL_ENGINE, .target = "pg_exp"},
    {.name = "extract", .home = CALL_ENGINE, .target = "pg_extract", .keywords = true, .unit = true},
    {.name = "format", .home = CALL_ENGINE, .target = "pg_format", .shown = true, .but_first = true},
    {.name = "gcd", .home = CALL_ENGINE, .target = "pg_gcd"},
    {.name = "json_array_length", .home = CALL_ENGINE, .target = "pg_json_array_length"},
    {.name = "json_extract_path", .home = CALL_MACRO, .target = "json_extract_path"},
    {.name = "json_extract_path_text", .home = CALL_MACRO, .target = "json_extract_path_text"},
    {.name = "json_typeof", .home = CALL_ENGINE, .target = "pg_json_typeof"},
    {.name = "jsonb_array_length", .home = CALL_ENGINE, .target = "pg_json_array_length"},
    {.name = "jsonb_extract_path", .home = CALL_MACRO, .target = "json_extract_path"},
    {.name = "jsonb_extract_path_text", .home = CALL_MACRO, .target = "json_extract_path_text"},
    {.name = "jsonb_insert", .home = CALL_ENGINE, .target = "pg_jsonb_insert"},
    {.name = "jsonb_pretty", .home = CALL_ENGINE, .target = "pg_jsonb_pretty"},
    {.name = "jsonb_set", .home = CALL_ENGINE, .target = "pg_jsonb_set"},
    {.name = "jsonb_strip_nulls", .home = CALL_ENGINE, .target = "pg_jsonb_strip_nulls"},
    {.name = "jsonb_typeof", .home = CALL_ENGINE, .target = "pg_json_typeof"},
    {.name = "lcm", .home = CALL_ENGINE, .target = "pg_lcm"},
    {.name = "length", .home = CALL_MACRO, .target = "length"},
    {.name = "lpad", .home = CALL_ENGINE, .target = "pg_lpad"},
    {.name = "make_date", .home = CALL_ENGINE, .target = "pg_make_date"},
    {.name = "make_interval", .home = CALL_MACRO, .target = "make_interval"},
    {.name = "make_time", .home = CALL_ENGINE, .target = "pg_make_time"},
    {.name = "make_timestamp", .home = CALL_ENGINE, .target = "pg_make_timestamp"},
    {.name = "make_timestamptz", .home = CALL_ENGINE, .target = "pg_make_timestamptz"},
    {.name = "min_scale", .home = CALL_MACRO, .target = "min_scale"},
    {.name = "mod", .home = CALL_ENGINE, .target = "pg_modulo"},
    {.name = "num_nonnulls", .home = CALL_MACRO, .target = "num_nonnulls"},
    {.name = "num_nulls", .home = CALL_MACRO, .target = "num_nulls"},
    {.name = "octet_length", .home = CALL_MACRO, .target = "octet_length"},
    {.name = "overlay", .home = CALL_ENGINE, .target = "pg_overlay", .keywords = true},
    {.name = "position", .home = CALL_MACRO, .target = "position", .keywords = true},
    {.name = "pow", .home = CALL_ENGINE, .target = "pg_power"},
    {.name = "power", .home = CALL_ENGINE, .target = "pg_power"},
    {.name = "quote_ident", .home = CALL_ENGINE, .target = "pg_quote_ident", .shown = true},
    {.name = "quote_literal", .home = CALL_ENGINE, .target = "pg_quote_literal", .shown = true},
    {.name = "quote_nullable", .home = CALL_ENGINE, .target = "pg_quote_nullable", .shown = true},
    {.name = "radians", .home = CALL_ENGINE, .target = "pg_radians"},
    {.name = "rpad", .home = CALL_ENGINE, .target = "pg_rpad"},
    {.name = "scale", .home = CALL_MACRO, .target = "scale"},
    {.name = "sha256", .home = CALL_MACRO, .target = "sha256"},
    {.name = "sign", .home = CALL_ENGINE, .target = "pg_sign"},
    {.name = "split_part", .home = CALL_ENGINE, .target = "pg_split_part"},
    {.name = "string_to_array", .home = CALL_ENGINE, .target = "pg_string_to_array"},
    {.name = "strpos", .home = CALL_MACRO, .target = "strpos"},
    {.name = "substr", .home = CALL_ENGINE, .target = "pg_substring", .plain = true},
    {.name = "substring", .home = CALL_ENGINE, .target = "pg_substring", .keywords = true, .plain = true},
    {.name = "to_hex", .home = CALL_ENGINE, .target = "pg_to_hex"},
    {.name = "to_json", .home = CALL_MACRO, .target = "to_json"},
    {.name = "to_jsonb", .home = CALL_MACRO, .target = "to_jsonb"},
    {.name = "to_timestamp", .home = CALL_ENGINE, .target = "pg_to_timestamp"},
    {.name = "trim_array", .home = CALL_MACRO, .target = "trim_array"},
    {.name = "trim_scale", .home = CALL_MACRO, .target = "trim_scale"},
};

/* Whether an argument that begins with the token is shown: a parameter goes in as it is, or the engine would
 * take it for text, whatever it is cast to. */
static bool shows(const struct sql_token *first)
{
    return first->kind != SQL_TOK_PARAM;
}

const struct call_name *call_names(size_t *n)
{
    *n = sizeof names / sizeof *names;
    return names;
}

static int compare(const void *key, const void *item)
{
    const struct str *name = key;
    const struct call_name *known = item;
    int order = strncasecmp(name->p, known->name, name->n);
    return order ? order : known->name[name->n] ? -1 : 0;
}

const struct call_name *call_find(struct str name)
{
    if (name.n == 0 || memchr(name.p, '\0', name.n))
        return NULL;
    return bsearch(&name, names, sizeof names / sizeof *names, sizeof *names, compare);
}

/* Whether substring(x, 2, 3) is all of numbers from 1 on behind its first argument: the engine's function,
 * which is faster, answers the same. At the name. */
static bool is_plain(const struct rewriter *r)
{
    struct sql_lexer ahead = r->lexer;
    struct sql_token t;
    size_t depth = 0, numbers = 0;
    bool separated = false, number = false;
    while (sql_lexer_next(&ahead, &t) != SQL_TOK_END) {
        if (sql_token_is(&t, '(') || sql_token_is(&t, '['))
            depth++;
        else if ((sql_token_is(&t, ')') || sql_token_is(&t, ']')) && --depth == 0)
            return numbers > 0 && number;
        if (depth != 1 || sql_token_is(&t, '('))
            continue;
        if (sql_token_is(&t, ',') || sql_token_is_word(&t, "FROM") || sql_token_is_word(&t, "FOR")) {
            if (separated && !number)
                return false;
            separated = true;
            number = false;
        } else if (separated) {
            number = !number && t.kind == SQL_TOK_NUMBER && t.text.n < 10 &&
                     strspn(t.text.p, "0123456789") >= t.text.n && !str_eq(t.text, STR("0"));
            if (!number)
                return false;
            numbers++;
        }
    }
    return false;
}

/* Whether the unit in extract(second from x) is one whose digits PostgreSQL always shows. At the name. */
static bool has_digits(const struct rewriter *r, size_t to)
{
    static const char *const units[] = {"second", "seconds", "epoch"};
    struct sql_lexer ahead = r->lexer;
    struct sql_token t;
    sql_lexer_seek(&ahead, to);
    (void)sql_lexer_next(&ahead, &t);
    (void)sql_lexer_next(&ahead, &t);
    struct str unit = t.text;
    if (t.kind == SQL_TOK_STRING && unit.n > 2)
        unit = (struct str){unit.p + 1, unit.n - 2};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (str_ieq(unit, str_of(units[i])))
            return true;
    return false;
}

int walk_call(struct rewriter *r, const struct call_name *name, size_t from, size_t to)
{
    struct str text;
    assert(name->target && from < to);
    struct sql_token called = r->token, before = r->prev;
    bool engine = name->plain && is_plain(r);
    if (r->depth >= DEPTH_MAX)
        return err_set(r->err, SQLSTATE_STATEMENT_TOO_COMPLEX, "calls are nested too deeply");
    TRY(walk_concat(r,
                    (const struct str[]){name->home == CALL_MACRO ? STR(SCHEMA_PG) : STR(""),
                                         str_of(name->target),
                                         name->unit && has_digits(r, to) ? STR("_6") : STR("")},
                    3, &text));
    if (!engine)
        TRY(walk_replace(r, from, to, text));
    r->before = before;
    r->start = called.at;
    r->end = to;
    r->literal = false;
    r->prev = called;
    sql_lexer_seek(&r->lexer, to);
    (void)sql_lexer_next(&r->lexer, &r->token);
    struct sql_token bracket = r->token;
    TRY(walk_on(r));
    struct str unit = sql_name_bare(&r->token);
    if (name->unit && sql_token_is_name(&r->token) && !memchr(unit.p, '\'', unit.n)) {
        TRY(walk_concat(r, (const struct str[]){STR("'"), unit, STR("'")}, 3, &text));
        TRY(walk_replace(r, r->token.at, walk_end(&r->token), text));
        TRY(walk_on(r));
    }
    bool showing = name->shown && !name->but_first && !sql_token_is(&r->token, ')') && shows(&r->token);
    if (showing)
        TRY(walk_replace(r, bracket.at, walk_end(&bracket), STR("(" SHOW)));
    if (r->depth <= DEPTH_MAX) {
        struct frame *f = &r->frames[r->depth];
        f->called = engine ? NULL : name;
        f->showing = showing;
    }
    return ST_OK;
}

/* A keyword between two arguments becomes a comma. */
static int pass_keyword(struct rewriter *r, struct frame *f, bool *did)
{
    assert(f->called && f->called->keywords);
    static const char *const words[] = {"FROM", "FOR", "PLACING", "SIMILAR", "ESCAPE"};
    const struct sql_token *t = &r->token;
    bool in = sql_token_is_word(t, "IN") && strcmp(f->called->name, "position") == 0;
    if (!in && !WALK_IS_ANY(t, words))
        return ST_OK;
    bool from_start = f->argument == 0 && sql_token_is_word(t, "FOR"); /* substring(x FOR 3) */
    TRY(walk_replace(r, t->at, walk_end(t), from_start ? STR(", 1,") : STR(",")));
    f->argument++;
    struct sql_token comma = {.kind = SQL_TOK_PUNCT, .text = STR(","), .at = t->at};
    r->end = r->start;
    r->prev = comma;
    (void)sql_lexer_next(&r->lexer, &r->token);
    *did = true;
    return ST_OK;
}

int walk_argument(struct rewriter *r, bool *did)
{
    struct frame *f = &r->frames[r->depth <= DEPTH_MAX ? r->depth : 0];
    const struct sql_token *t = &r->token;
    *did = false;
    if (!f->called)
        return ST_OK;
    if (f->called->keywords && t->kind == SQL_TOK_WORD)
        return pass_keyword(r, f, did);
    bool comma = sql_token_is(t, ',');
    if (!f->called->shown || !(comma || sql_token_is(t, ')')))
        return ST_OK;
    struct str close = f->showing ? STR(")") : STR("");
    f->argument++;
    f->showing = false;
    if (comma) {
        struct str text;
        struct sql_token first = walk_peek(r);
        f->showing = shows(&first);
        TRY(walk_concat(r, (const struct str[]){close, f->showing ? STR(", " SHOW) : STR(", ")}, 2, &text));
        return walk_replace(r, t->at, walk_end(t), text);
    }
    return close.n ? walk_insert(r, t->at, close) : ST_OK;
}
