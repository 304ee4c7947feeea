/* The table is consulted for every call of a statement that means what PostgreSQL means. Arguments that
 * PostgreSQL separates by keywords get commas, since the engine's parser knows substring(x FROM …) for its
 * own function alone. */
#include "dialect/calls.h"

#include "dialect/outputs.h"
#include "dialect/walk.h"
#include "sql/name.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

/* concat, format and the quoting functions take values of any type and write them as PostgreSQL shows them.
 * The engine has texts of its own for some types, so that each argument goes through this macro. */
#define SHOW SCHEMA_PG "shown("

/* Sorted: it is searched by halves. */
static const struct call_name names[] = {
    {.name = "acosh", .home = CALL_ENGINE, .target = "pg_acosh"},
    {.name = "array_dims", .home = CALL_MACRO, .target = "array_dims"},
    {.name = "array_fill", .home = CALL_MACRO, .target = "array_fill"},
    {.name = "array_length", .home = CALL_MACRO, .target = "array_length"},
    {.name = "array_lower", .home = CALL_MACRO, .target = "array_lower"},
    {.name = "array_ndims", .home = CALL_MACRO, .target = "array_ndims"},
    {.name = "array_position", .home = CALL_MACRO, .target = "array_position"},
    {.name = "array_positions", .home = CALL_MACRO, .target = "array_positions"},
    {.name = "array_remove", .home = CALL_MACRO, .target = "array_remove"},
    {.name = "array_replace", .home = CALL_MACRO, .target = "array_replace"},
    {.name = "array_to_json", .home = CALL_MACRO, .target = "row_to_json"},
    {.name = "array_to_string", .home = CALL_MACRO, .target = "array_to_string"},
    {.name = "array_upper", .home = CALL_MACRO, .target = "array_upper"},
    {.name = "atanh", .home = CALL_ENGINE, .target = "pg_atanh"},
    {.name = "bit_length", .home = CALL_MACRO, .target = "bit_length"},
    {.name = "cardinality", .home = CALL_MACRO, .target = "cardinality"},
    {.name = "ceil", .home = CALL_ENGINE, .target = "pg_ceil", .plain = true},
    {.name = "ceiling", .home = CALL_ENGINE, .target = "pg_ceil", .plain = true},
    {.name = "char_length", .home = CALL_MACRO, .target = "char_length"},
    {.name = "character_length", .home = CALL_MACRO, .target = "character_length"},
    {.name = "chr", .home = CALL_ENGINE, .target = "pg_chr"},
    {.name = "concat",
     .home = CALL_ENGINE,
     .target = "concat",
     .spread = SCHEMA_PG "concat_of",
     .shown = true},
    {.name = "concat_ws",
     .home = CALL_ENGINE,
     .target = "concat_ws",
     .spread = SCHEMA_PG "concat_ws_of",
     .shown = true,
     .but_first = true},
    {.name = "cosd", .home = CALL_ENGINE, .target = "pg_cosd"},
    {.name = "cot", .home = CALL_ENGINE, .target = "pg_cot"},
    {.name = "current_schema", .home = CALL_MACRO, .target = "current_schema"},
    {.name = "date_part", .home = CALL_ENGINE, .target = "pg_date_part"},
    {.name = "date_trunc", .home = CALL_ENGINE, .target = "pg_date_trunc"},
    {.name = "decode", .home = CALL_ENGINE, .target = "pg_decode"},
    {.name = "degrees", .home = CALL_ENGINE, .target = "pg_degrees"},
    {.name = "div", .home = CALL_ENGINE, .target = "pg_div"},
    {.name = "encode", .home = CALL_ENGINE, .target = "pg_encode"},
    {.name = "enum_first", .home = CALL_MACRO, .target = "enum_first"},
    {.name = "enum_last", .home = CALL_MACRO, .target = "enum_last"},
    {.name = "enum_range", .home = CALL_MACRO, .target = "enum_range"},
    {.name = "exp", .home = CALL_ENGINE, .target = "pg_exp", .sent = "system.main.pg_exp_sent"},
    {.name = "extract", .home = CALL_ENGINE, .target = "pg_extract", .keywords = true, .unit = true},
    {.name = "floor", .home = CALL_ENGINE, .target = "pg_floor", .plain = true},
    {.name = "format", .home = CALL_ENGINE, .target = "pg_format", .shown = true, .but_first = true},
    {.name = "gcd", .home = CALL_ENGINE, .target = "pg_gcd"},
    {.name = "json_array_length", .home = CALL_ENGINE, .target = "pg_json_array_length"},
    {.name = "json_build_array",
     .home = CALL_ENGINE,
     .target = "pg_json_array",
     .spread = "system.main.pg_json_agg"},
    {.name = "json_build_object", .home = CALL_ENGINE, .target = "pg_json_object"},
    {.name = "json_extract_path",
     .home = CALL_MACRO,
     .target = "json_extract_path",
     .spread = SCHEMA_PG "json_extract_path_of"},
    {.name = "json_extract_path_text",
     .home = CALL_MACRO,
     .target = "json_extract_path_text",
     .spread = SCHEMA_PG "json_extract_path_text_of"},
    {.name = "json_object", .home = CALL_MACRO, .target = "json_object"},
    {.name = "json_strip_nulls", .home = CALL_ENGINE, .target = "pg_json_strip_nulls"},
    {.name = "json_typeof", .home = CALL_ENGINE, .target = "pg_json_typeof"},
    {.name = "jsonb_array_length", .home = CALL_ENGINE, .target = "pg_json_array_length"},
    {.name = "jsonb_build_array",
     .home = CALL_ENGINE,
     .target = "pg_jsonb_array",
     .spread = "system.main.pg_jsonb_agg"},
    {.name = "jsonb_build_object", .home = CALL_ENGINE, .target = "pg_jsonb_object"},
    {.name = "jsonb_extract_path",
     .home = CALL_MACRO,
     .target = "jsonb_extract_path",
     .spread = SCHEMA_PG "jsonb_extract_path_of"},
    {.name = "jsonb_extract_path_text",
     .home = CALL_MACRO,
     .target = "jsonb_extract_path_text",
     .spread = SCHEMA_PG "jsonb_extract_path_text_of"},
    {.name = "jsonb_insert", .home = CALL_MACRO, .target = "jsonb_insert"},
    {.name = "jsonb_object", .home = CALL_MACRO, .target = "jsonb_object"},
    {.name = "jsonb_path_exists", .home = CALL_REFUSED, .target = "jsonpath"},
    {.name = "jsonb_path_match", .home = CALL_REFUSED, .target = "jsonpath"},
    {.name = "jsonb_path_query", .home = CALL_REFUSED, .target = "jsonpath"},
    {.name = "jsonb_path_query_array", .home = CALL_REFUSED, .target = "jsonpath"},
    {.name = "jsonb_path_query_first", .home = CALL_REFUSED, .target = "jsonpath"},
    {.name = "jsonb_pretty", .home = CALL_ENGINE, .target = "pg_jsonb_pretty"},
    {.name = "jsonb_set", .home = CALL_MACRO, .target = "jsonb_set"},
    {.name = "jsonb_set_lax", .home = CALL_MACRO, .target = "jsonb_set_lax"},
    {.name = "jsonb_strip_nulls", .home = CALL_ENGINE, .target = "pg_jsonb_strip_nulls"},
    {.name = "jsonb_typeof", .home = CALL_ENGINE, .target = "pg_json_typeof"},
    {.name = "lcm", .home = CALL_ENGINE, .target = "pg_lcm"},
    {.name = "length", .home = CALL_MACRO, .target = "length"},
    {.name = "ln", .home = CALL_ENGINE, .target = "ln", .sent = "system.main.pg_ln_sent"},
    {.name = "log", .home = CALL_ENGINE, .target = "log", .sent = "system.main.pg_log_sent"},
    {.name = "log10", .home = CALL_ENGINE, .target = "log10", .sent = "system.main.pg_log_sent"},
    {.name = "lpad", .home = CALL_ENGINE, .target = "pg_lpad"},
    {.name = "make_date", .home = CALL_ENGINE, .target = "pg_make_date"},
    {.name = "make_interval", .home = CALL_MACRO, .target = "make_interval"},
    {.name = "make_time", .home = CALL_ENGINE, .target = "pg_make_time"},
    {.name = "make_timestamp", .home = CALL_ENGINE, .target = "pg_make_timestamp"},
    {.name = "make_timestamptz", .home = CALL_ENGINE, .target = "pg_make_timestamptz"},
    {.name = "min_scale", .home = CALL_MACRO, .target = "min_scale"},
    {.name = "mod", .home = CALL_ENGINE, .target = "pg_modulo", .digits = "system.main.pg_modulo_digits"},
    {.name = "normalize", .home = CALL_MACRO, .target = "normalize"},
    {.name = "nullif", .home = CALL_MACRO, .target = "nullif", .plain = true},
    {.name = "num_nonnulls",
     .home = CALL_MACRO,
     .target = "num_nonnulls",
     .spread = SCHEMA_PG "num_nonnulls_of"},
    {.name = "num_nulls", .home = CALL_MACRO, .target = "num_nulls", .spread = SCHEMA_PG "num_nulls_of"},
    {.name = "octet_length", .home = CALL_MACRO, .target = "octet_length"},
    {.name = "overlay", .home = CALL_ENGINE, .target = "pg_overlay", .keywords = true},
    {.name = "pg_typeof", .home = CALL_MACRO, .target = "pg_typeof"},
    {.name = "position", .home = CALL_MACRO, .target = "position", .keywords = true},
    {.name = "pow", .home = CALL_ENGINE, .target = "pg_power", .sent = "system.main.pg_power_sent"},
    {.name = "power", .home = CALL_ENGINE, .target = "pg_power", .sent = "system.main.pg_power_sent"},
    {.name = "quote_ident", .home = CALL_ENGINE, .target = "pg_quote_ident", .shown = true},
    {.name = "quote_literal", .home = CALL_ENGINE, .target = "pg_quote_literal", .shown = true},
    {.name = "quote_nullable", .home = CALL_ENGINE, .target = "pg_quote_nullable", .shown = true},
    {.name = "radians", .home = CALL_ENGINE, .target = "pg_radians"},
    {.name = "regexp_count", .home = CALL_MACRO, .target = "regexp_count"},
    {.name = "regexp_instr", .home = CALL_MACRO, .target = "regexp_instr"},
    {.name = "regexp_like", .home = CALL_MACRO, .target = "regexp_like"},
    {.name = "regexp_match", .home = CALL_MACRO, .target = "regexp_match"},
    {.name = "regexp_replace", .home = CALL_MACRO, .target = "regexp_replace"},
    {.name = "regexp_split_to_array", .home = CALL_MACRO, .target = "regexp_split_to_array"},
    {.name = "regexp_substr", .home = CALL_MACRO, .target = "regexp_substr"},
    {.name = "round", .home = CALL_MACRO, .target = "round", .plain = true},
    {.name = "row_to_json", .home = CALL_MACRO, .target = "row_to_json"},
    {.name = "rpad", .home = CALL_ENGINE, .target = "pg_rpad"},
    {.name = "scale", .home = CALL_MACRO, .target = "scale"},
    {.name = "sha224", .home = CALL_ENGINE, .target = "pg_sha224"},
    {.name = "sha256", .home = CALL_MACRO, .target = "sha256"},
    {.name = "sha384", .home = CALL_ENGINE, .target = "pg_sha384"},
    {.name = "sha512", .home = CALL_ENGINE, .target = "pg_sha512"},
    {.name = "sign", .home = CALL_ENGINE, .target = "pg_sign"},
    {.name = "sind", .home = CALL_ENGINE, .target = "pg_sind"},
    {.name = "split_part", .home = CALL_ENGINE, .target = "pg_split_part"},
    {.name = "sqrt", .home = CALL_ENGINE, .target = "sqrt", .sent = "system.main.pg_sqrt_sent"},
    {.name = "string_to_array", .home = CALL_ENGINE, .target = "pg_string_to_array"},
    {.name = "strpos", .home = CALL_MACRO, .target = "strpos"},
    {.name = "substr", .home = CALL_ENGINE, .target = "pg_substring", .plain = true},
    {.name = "substring", .home = CALL_ENGINE, .target = "pg_substring", .keywords = true, .plain = true},
    {.name = "tand", .home = CALL_ENGINE, .target = "pg_tand"},
    {.name = "to_hex", .home = CALL_ENGINE, .target = "pg_to_hex"},
    {.name = "to_json", .home = CALL_ENGINE, .target = "pg_to_json"},
    {.name = "to_jsonb", .home = CALL_ENGINE, .target = "pg_to_jsonb"},
    {.name = "to_timestamp", .home = CALL_ENGINE, .target = "pg_to_timestamp"},
    {.name = "trim_array", .home = CALL_MACRO, .target = "trim_array"},
    {.name = "trim_scale", .home = CALL_MACRO, .target = "trim_scale"},
    {.name = "trunc", .home = CALL_MACRO, .target = "trunc", .plain = true},
    {.name = "uuid_generate_v4", .home = CALL_ENGINE, .target = "gen_random_uuid"},
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

static bool is_rounding(const struct call_name *name)
{
    static const char *const rounding[] = {"ceil", "ceiling", "floor", "round", "trunc"};
    for (size_t i = 0; i < sizeof rounding / sizeof *rounding; i++)
        if (strcmp(name->name, rounding[i]) == 0)
            return true;
    return false;
}

/* Whether a call's argument is a parameter alone, of which the engine finds out that it is a double. At the
 * name. */
static bool is_of_parameter(const struct rewriter *r)
{
    struct sql_lexer ahead = r->lexer;
    struct sql_token open, t, close;
    (void)sql_lexer_next(&ahead, &open);
    (void)sql_lexer_next(&ahead, &t);
    (void)sql_lexer_next(&ahead, &close);
    return t.kind == SQL_TOK_PARAM && sql_token_is(&close, ')');
}

/* What nullif is led to. NULL: the engine's, which has PostgreSQL's type, that of its first argument, unless
 * the second one shows a number of a wider type. A macro repeats its arguments: no window function, and no
 * nullif in one another. At the name. */
static const char *nullif_target(const struct rewriter *r)
{
    static const char *const doubles[] = {"float8", "float", "double", "real", "float4"};
    static const char *const numerics[] = {"numeric", "decimal"};
    static const char *const integers[] = {"null", "int",      "int4", "integer",
                                           "int2", "smallint", "int8", "bigint"};
    struct sql_lexer ahead = r->lexer;
    struct sql_token t, before = {.kind = SQL_TOK_END};
    size_t depth = 0;
    bool second = false, whole = true, wide = false, numeric = false, reals = false;
    while (sql_lexer_next(&ahead, &t) != SQL_TOK_END) {
        if (sql_token_is_word(&t, "OVER") || (depth > 0 && sql_token_is_word(&t, "nullif")))
            return NULL;
        bool opens = sql_token_is(&t, '(') || sql_token_is(&t, '[');
        depth += opens;
        if ((sql_token_is(&t, ')') || sql_token_is(&t, ']')) && --depth == 0)
            break;
        second |= depth == 1 && sql_token_is(&t, ',');
        bool fraction = t.kind == SQL_TOK_NUMBER && memchr(t.text.p, '.', t.text.n);
        bool number = t.kind == SQL_TOK_NUMBER && !fraction, cast = sql_token_is_typecast(&before);
        whole &= second || opens || number || (t.kind == SQL_TOK_OP && str_eq(t.text, STR("-"))) ||
                 sql_token_is_typecast(&t) || WALK_IS_ANY(&t, integers) || sql_token_is(&t, ')');
        bool real = cast && WALK_IS_ANY(&t, doubles);
        wide |= second && real && !reals;
        reals |= real;
        numeric |= second && (fraction || (cast && WALK_IS_ANY(&t, numerics)));
        before = t;
    }
    return wide ? SCHEMA_PG "nullif" : numeric && whole ? SCHEMA_PG "nullif_whole" : NULL;
}

/* Units of date_part and extract that have functions of their own: those whose digits are always shown, and
 * those for which the engine's function, which is many times as fast, has the same answer. */
static const struct {
    const char *unit, *extract, *date_part;
} units[] = {
    {"year", NULL, SCHEMA_PG "part_year"},
    {"month", NULL, SCHEMA_PG "part_day"},
    {"day", NULL, SCHEMA_PG "part_day"},
    {"quarter", NULL, SCHEMA_PG "part_day"},
    {"week", NULL, SCHEMA_PG "part_day"},
    {"doy", NULL, SCHEMA_PG "part_day"},
    {"dow", NULL, SCHEMA_PG "part_day"},
    {"isodow", NULL, SCHEMA_PG "part_day"},
    {"hour", NULL, SCHEMA_PG "part_day"},
    {"minute", NULL, SCHEMA_PG "part_day"},
    {"second", "pg_extract_6", NULL},
    {"seconds", "pg_extract_6", NULL},
    {"epoch", "pg_extract_6", NULL},
    {"millisecond", SCHEMA_PG "extract_milliseconds", NULL},
    {"milliseconds", SCHEMA_PG "extract_milliseconds", NULL},
};

/* What extract(year from x) and date_part('year', x) are led to by their unit; NULL: as the table says. A
 * macro would repeat a subquery. At the name, which ends at `to`. */
static const char *by_unit(const struct rewriter *r, const struct call_name *name, size_t to)
{
    struct sql_lexer ahead = r->lexer;
    struct sql_token t;
    size_t depth = 1, i = 0;
    bool part = strcmp(name->name, "date_part") == 0;
    if (!name->unit && !part)
        return NULL;
    sql_lexer_seek(&ahead, to);
    (void)sql_lexer_next(&ahead, &t);
    (void)sql_lexer_next(&ahead, &t);
    struct str unit = t.text;
    if (t.kind == SQL_TOK_STRING && unit.n > 2)
        unit = (struct str){unit.p + 1, unit.n - 2};
    while (i < sizeof units / sizeof *units && !str_ieq(unit, str_of(units[i].unit)))
        i++;
    if (i == sizeof units / sizeof *units)
        return NULL;
    const char *target = part ? units[i].date_part : units[i].extract;
    while (target && depth > 0 && sql_lexer_next(&ahead, &t) != SQL_TOK_END) {
        depth += sql_token_is(&t, '(');
        depth -= sql_token_is(&t, ')');
        if (sql_token_is_word(&t, "SELECT") && strncmp(target, SCHEMA_PG, strlen(SCHEMA_PG)) == 0)
            return NULL;
    }
    return target;
}

/* Whether a pattern has an expression in brackets that it catches: substring answers what the first of those
 * matched, and without one all that the pattern matched. (?:…) catches nothing. */
static bool catches(struct str pattern)
{
    bool in_set = false;
    for (size_t i = 0; i + 1 < pattern.n; i++) {
        if (pattern.p[i] == '\\')
            i++;
        else if (pattern.p[i] == '[' || pattern.p[i] == ']')
            in_set = pattern.p[i] == '[';
        else if (pattern.p[i] == '(' && pattern.p[i + 1] != '?' && !in_set)
            return true;
    }
    return false;
}

/* substring(x from 'pattern'): a literal text is a pattern, where else only its type tells. */
static const char *by_pattern(const struct rewriter *r, const struct call_name *name, size_t to)
{
    struct sql_lexer ahead = r->lexer;
    struct sql_token t, before = {.kind = SQL_TOK_END}, two = before;
    size_t depth = 0;
    if (strcmp(name->name, "substring") != 0)
        return NULL;
    sql_lexer_seek(&ahead, to);
    while (sql_lexer_next(&ahead, &t) != SQL_TOK_END) {
        depth += sql_token_is(&t, '(');
        depth -= sql_token_is(&t, ')') && depth > 0;
        if (depth == 0)
            break;
        if (depth == 1 && sql_token_is_word(&t, "FOR"))
            return NULL;
        two = before;
        before = t;
    }
    if (before.kind != SQL_TOK_STRING || !(sql_token_is_word(&two, "FROM") || sql_token_is(&two, ',')))
        return NULL;
    return catches(before.text) ? SCHEMA_PG "substring_group" : SCHEMA_PG "substring_pattern";
}

/* The VARIADIC between a call's arguments; kind END: there is none. At the name, which ends at `to`. */
static struct sql_token find_variadic(const struct rewriter *r, size_t to)
{
    struct sql_lexer ahead = r->lexer;
    struct sql_token t, before = {.kind = SQL_TOK_END};
    size_t depth = 0;
    sql_lexer_seek(&ahead, to);
    while (sql_lexer_next(&ahead, &t) != SQL_TOK_END && t.kind != SQL_TOK_BAD) {
        bool starts = depth == 1 && (sql_token_is(&before, '(') || sql_token_is(&before, ','));
        if (starts && sql_token_is_word(&t, "VARIADIC"))
            return t;
        if (sql_token_is(&t, '(') || sql_token_is(&t, '['))
            depth++;
        else if ((sql_token_is(&t, ')') || sql_token_is(&t, ']')) && --depth == 0)
            break;
        before = t;
    }
    return (struct sql_token){.kind = SQL_TOK_END};
}

int walk_variadic(struct rewriter *r)
{
    assert(r->postgres && sql_token_is_word(&r->token, "VARIADIC"));
    bool accepts = !edits_touch(&r->edits, r->token.at, walk_end(&r->token)) && walk_top(r)->call;
    if (accepts)
        TRY(walk_accepts(r, &accepts));
    if (!accepts)
        return walk_on(r);
    (void)err_set(r->err, SQLSTATE_FEATURE_NOT_SUPPORTED, "VARIADIC is not supported for this function");
    r->err->position = str_position(r->edits.sql, r->token.at);
    return ST_ERR;
}

/* What is called in place of a function whose call, from its name on, is what the client is sent; NULL:
 * the same. */
static int by_output(struct rewriter *r, const struct call_name *name, size_t from, size_t to,
                     const char **out)
{
    struct sql_lexer ahead = r->lexer;
    struct sql_token t;
    size_t depth = 0;
    bool output = false;
    *out = NULL;
    if (!name->sent && !name->digits)
        return ST_OK;
    sql_lexer_seek(&ahead, to);
    do {
        (void)sql_lexer_next(&ahead, &t);
        depth += sql_token_is(&t, '(') || sql_token_is(&t, '[');
        depth -= depth > 0 && (sql_token_is(&t, ')') || sql_token_is(&t, ']'));
    } while (depth > 0 && t.kind != SQL_TOK_END && t.kind != SQL_TOK_BAD);
    TRY(name->digits ? outputs_are_sent(r, from, walk_end(&t), &output)
                     : outputs_are(r, from, walk_end(&t), &output));
    if (output)
        *out = name->digits ? name->digits : name->sent;
    return ST_OK;
}

/* A string alone as the argument of what takes any type: it has none. */
static int untyped(struct rewriter *r, const struct call_name *name, size_t to)
{
    struct sql_lexer ahead = r->lexer;
    struct sql_token open, string, close;
    bool type = strcmp(name->name, "pg_typeof") == 0, accepts;
    bool fill = strcmp(name->name, "array_fill") == 0;
    if (!type && !fill && strcmp(name->name, "to_json") != 0 && strcmp(name->name, "to_jsonb") != 0)
        return ST_OK;
    sql_lexer_seek(&ahead, to);
    (void)sql_lexer_next(&ahead, &open);
    (void)sql_lexer_next(&ahead, &string);
    (void)sql_lexer_next(&ahead, &close);
    if (string.kind != SQL_TOK_STRING || !sql_token_is(&close, fill ? ',' : ')'))
        return ST_OK;
    TRY(walk_accepts(r, &accepts));
    if (!accepts)
        return ST_OK;
    if (type)
        return walk_replace(r, string.at, walk_end(&string), STR("NULL"));
    (void)err_set(r->err, SQLSTATE_DATATYPE_MISMATCH,
                  "could not determine polymorphic type because input has type unknown");
    r->err->position = str_position(r->edits.sql, string.at);
    return ST_ERR;
}

/* round(x, 3) shows three digits, however few x has: a third argument says so by its type. At the
 * name, which ends at `to`. */
static int show_places(struct rewriter *r, const struct call_name *name, size_t to)
{
    enum { PLACES_MAX = 10 }; /* more might leave no room for the digits before the point */
    struct sql_lexer ahead = r->lexer;
    struct sql_token t = {.kind = SQL_TOK_END}, places = t, before = t;
    size_t depth = 0;
    unsigned n = 0;
    char text[64];
    if (strcmp(name->name, "round") != 0 && strcmp(name->name, "trunc") != 0)
        return ST_OK;
    sql_lexer_seek(&ahead, to);
    do {
        before = places;
        places = t;
        if (sql_lexer_next(&ahead, &t) == SQL_TOK_END || t.kind == SQL_TOK_BAD)
            return ST_OK;
        depth += sql_token_is(&t, '(') || sql_token_is(&t, '[');
        depth -= sql_token_is(&t, ')') || sql_token_is(&t, ']');
    } while (depth > 0);
    if (places.kind != SQL_TOK_NUMBER || !sql_token_is(&before, ',') || places.text.n > 2)
        return ST_OK;
    for (size_t i = 0; i < places.text.n; i++)
        n = n * 10 + (unsigned)(places.text.p[i] - '0');
    if (n > PLACES_MAX)
        return ST_OK;
    (void)snprintf(text, sizeof text, ", CAST(0 AS DECIMAL(%u,%u))", n ? n : 1, n);
    struct str more = str_of(arena_strdup(r->arena, text));
    return more.p ? walk_insert(r, t.at, more) : err_oom(r->err);
}

int walk_call(struct rewriter *r, const struct call_name *name, size_t from, size_t to)
{
    assert(name && from <= to);
    struct str text;
    assert(name->target && from < to);
    struct sql_token called = r->token, before = r->prev;
    bool nullif = strcmp(name->name, "nullif") == 0;
    const char *special = nullif ? nullif_target(r) : by_unit(r, name, to);
    bool engine = name->plain && (nullif ? !special : is_rounding(name) ? is_of_parameter(r) : is_plain(r));
    if (r->depth >= DEPTH_MAX)
        return err_set(r->err, SQLSTATE_STATEMENT_TOO_COMPLEX, "calls are nested too deeply");
    if (name->home == CALL_REFUSED) {
        (void)err_set(r->err, SQLSTATE_FEATURE_NOT_SUPPORTED, "%s is not supported", name->target);
        r->err->position = str_position(r->edits.sql, from);
        return ST_ERR;
    }
    if (!special)
        special = by_pattern(r, name, to);
    if (!special)
        TRY(by_output(r, name, from, to, &special));
    TRY(untyped(r, name, to));
    TRY(show_places(r, name, to));
    bool macro = !special && name->home == CALL_MACRO;
    TRY(walk_concat(
        r, (const struct str[]){macro ? STR(SCHEMA_PG) : STR(""), str_of(special ? special : name->target)},
        2, &text));
    struct sql_token variadic = find_variadic(r, to);
    bool spreads = name->spread && variadic.kind != SQL_TOK_END;
    if (spreads) {
        text = str_of(name->spread);
        TRY(walk_replace(r, variadic.at, walk_end(&variadic), STR("")));
    }
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
    bool showing =
        name->shown && !spreads && !name->but_first && !sql_token_is(&r->token, ')') && shows(&r->token);
    if (showing)
        TRY(walk_replace(r, bracket.at, walk_end(&bracket), STR("(" SHOW)));
    if (r->depth <= DEPTH_MAX) {
        struct frame *f = &r->frames[r->depth];
        f->called = engine || spreads ? NULL : name;
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
