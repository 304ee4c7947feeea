/* Tables, searched from their start: a statement has few operators. */
#include "dialect/spellings.h"

#include "dialect/walk.h"

#include <string.h>

#define OURS    "system.main."

#define PATTERN ", " OURS "pg_regex("

static const struct spelling matches = {OURS "regexp_matches(", PATTERN, "), 's')"};
static const struct spelling matches_any_case = {OURS "regexp_matches(", PATTERN, "), 'si')"};
static const struct spelling matches_not = {"(NOT " OURS "regexp_matches(", PATTERN, "), 's'))"};
static const struct spelling matches_not_any_case = {"(NOT " OURS "regexp_matches(", PATTERN, "), 'si'))"};
const struct spelling spelling_similar = {OURS "regexp_full_match(", PATTERN OURS "pg_similar_pattern(",
                                          ")), 's')"};
const struct spelling spelling_similar_not = {"(NOT " OURS "regexp_full_match(",
                                              PATTERN OURS "pg_similar_pattern(", ")), 's'))"};
const struct spelling spelling_escaped = {"", "", " ESCAPE '\\'"};

/* Operators that become calls, by their text. */
static const struct {
    const char *text;
    struct spelling as;
} calls[] = {
    {"/", {OURS "pg_divide(", ", ", ")"}},
    {"%", {OURS "pg_modulo(", ", ", ")"}},
    {"^", {OURS "pg_power(", ", ", ")"}},
    {"#", {OURS "xor(", ", ", ")"}},
    {"#>", {OURS "pg_json_path(", ", CAST(", " AS VARCHAR))"}},
    {"#>>", {OURS "pg_json_path_text(", ", CAST(", " AS VARCHAR))"}},
    {"@?", {SCHEMA_PG "jsonb_path(", ", ", ")"}},
    {"@@", {SCHEMA_PG "jsonb_path(", ", ", ")"}},
    {"#-", {OURS "pg_jsonb_delete_path(", ", CAST(", " AS VARCHAR))"}},
    {"?", {OURS "pg_json_has(", ", ", ")"}},
    {"?|", {OURS "pg_json_has_any(", ", CAST(", " AS VARCHAR))"}},
    {"?&", {OURS "pg_json_has_all(", ", CAST(", " AS VARCHAR))"}},
};

static const struct {
    const char *text;
    const struct spelling *as;
} matching[] = {
    {"~", &matches}, {"~*", &matches_any_case}, {"!~", &matches_not}, {"!~*", &matches_not_any_case}};

/* Operators of one operand, which stands behind them. */
static const struct {
    const char *text;
    struct spelling as;
} prefixes[] = {
    {"|/", {OURS "sqrt(", "", ")"}},
    {"||/", {OURS "cbrt(", "", ")"}},
};

const struct spelling spelling_difference = {SCHEMA_PG "difference(", ", ", ")"};
const struct spelling spelling_between = {SCHEMA_PG "between_symmetric(", ", ", ")"};
const struct spelling spelling_between_not = {"(NOT " SCHEMA_PG "between_symmetric(", ", ", "))"};

const struct spelling *spelling_find(struct str op, bool postgres)
{
    for (size_t i = 0; i < sizeof matching / sizeof *matching; i++)
        if (str_eq(op, str_of(matching[i].text)))
            return matching[i].as;
    for (size_t i = 0; postgres && i < sizeof calls / sizeof *calls; i++)
        if (str_eq(op, str_of(calls[i].text)))
            return &calls[i].as;
    return NULL;
}

/* x || 'literal' is text. A literal that may be meant as json goes to a macro that looks at x. */
static const struct spelling text_left = {SCHEMA_PG "text_operand(", ") || ", ""};
static const struct spelling text_right = {"", "|| " SCHEMA_PG "text_operand(", ")"};
/* The engine has no type for x || NULL, a constant, but for what it cannot fold. */
static const struct spelling null_left = {SCHEMA_PG "null_text(", ") || ", ""};
static const struct spelling null_right = {"", "|| " SCHEMA_PG "null_text(", ")"};
static const struct spelling json_right = {SCHEMA_PG "concat_json(", ", ", ")"};

static bool is_plain_string(const struct sql_token *t)
{
    return t->kind == SQL_TOK_STRING && t->text.n >= 2 && t->text.p[0] == '\'';
}

const struct spelling *spelling_of_concat(const struct sql_token *left, const struct sql_token *right,
                                          const struct sql_token *behind)
{
    if (is_plain_string(right) && !sql_token_is_typecast(behind)) {
        if (left->kind == SQL_TOK_STRING || left->kind == SQL_TOK_PARAM)
            return NULL;
        if (sql_token_is_word(left, "NULL"))
            return &null_left;
        char first = right->text.p[1];
        return first == '[' || first == '{' ? &json_right : &text_left;
    }
    if (!is_plain_string(left) || left->text.p[1] == '{' || left->text.p[1] == '[')
        return NULL;
    bool known = right->kind == SQL_TOK_STRING || right->kind == SQL_TOK_PARAM;
    return known ? NULL : sql_token_is_word(right, "NULL") ? &null_right : &text_right;
}

const struct spelling *spelling_of_bytes(const struct sql_token *left, bool left_bytes,
                                         const struct sql_token *right, bool right_bytes)
{
    static const struct spelling bytes_left = {SCHEMA_PG "bytes_of(", ") || ", ""};
    static const struct spelling bytes_right = {"", "|| " SCHEMA_PG "bytes_of(", ")"};
    if (left_bytes && !right_bytes && is_plain_string(right))
        return &bytes_right;
    return right_bytes && is_plain_string(left) ? &bytes_left : NULL;
}

/* The engine folds what is cut off the pattern's ends: '^(' and ')$'. */
static const struct spelling exact_name = {"(", "= (", ")[3:-3])"};

static bool is_exact_pattern(const struct sql_token *t)
{
    if (!is_plain_string(t) || t->text.n < 7 || t->text.p[3] <= '9' || memcmp(t->text.p, "'^(", 3) != 0 ||
        memcmp(t->text.p + t->text.n - 3, ")$'", 3) != 0)
        return false;
    for (size_t i = 3; i < t->text.n - 3; i++) {
        char c = t->text.p[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'))
            return false;
    }
    return true;
}

const struct spelling *spelling_of_exact_name(struct str op, const struct sql_token *left,
                                              const struct sql_token *pattern, const struct sql_token *behind)
{
    static const char *const names[] = {"relname", "nspname", "proname", "typname", "conname", "rolname"};
    static const char *const ends[] = {"COLLATE", "AND", "OR", "ORDER"};
    bool ended = behind->kind == SQL_TOK_END || sql_token_is(behind, ')') || sql_token_is(behind, ';');
    for (size_t i = 0; !ended && i < sizeof ends / sizeof *ends; i++)
        ended = sql_token_is_word(behind, ends[i]);
    if (!ended || !str_eq(op, STR("~")) || !is_exact_pattern(pattern))
        return NULL;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (str_eq(left->text, str_of(names[i])))
            return &exact_name;
    return NULL;
}

const struct spelling *spelling_of_prefix(struct str op)
{
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
        if (str_eq(op, str_of(prefixes[i].text)))
            return &prefixes[i].as;
    return NULL;
}

bool spelling_beside_quote(struct str sql, size_t quote)
{
    size_t after = quote + 1, before = quote;
    while (after < sql.n && sql.p[after] == ' ')
        after++;
    while (before > 0 && sql.p[before - 1] == ' ')
        before--;
    return (after < sql.n && memchr("+-*", sql.p[after], 3)) ||
           (before > 0 && memchr("+-*", sql.p[before - 1], 3));
}

/* Operators whose result has other types than the engine's when one operand is real. */
static const struct {
    const char *text;
    struct spelling as;
} of_real[] = {
    {"+", {OURS "pg_real_add(", ", ", ")"}},
    {"-", {OURS "pg_real_subtract(", ", ", ")"}},
    {"*", {OURS "pg_real_multiply(", ", ", ")"}},
};

const struct spelling *spelling_of_real(struct str op)
{
    for (size_t i = 0; i < sizeof of_real / sizeof *of_real; i++)
        if (str_eq(op, str_of(of_real[i].text)))
            return &of_real[i].as;
    return NULL;
}

const char *spelling_sent(const struct spelling *as)
{
    return strcmp(as->open, OURS "pg_divide(") == 0  ? OURS "pg_quotient("
           : strcmp(as->open, OURS "pg_power(") == 0 ? OURS "pg_power_sent("
                                                     : NULL;
}

const char *spelling_digits(const struct spelling *as)
{
    return strcmp(as->open, OURS "pg_divide(") == 0   ? OURS "pg_quotient_digits("
           : strcmp(as->open, OURS "pg_modulo(") == 0 ? OURS "pg_modulo_digits("
                                                      : NULL;
}

#define MATCH_EACH SCHEMA_PG "match_each("

/* Operators whose right side is ANY or ALL of an array: a macro compares with each member. */
static const struct {
    const char *text;
    struct spelling any, all;
} each[] = {
    {"~", {MATCH_EACH, ", ", ", '~', false)"}, {MATCH_EACH, ", ", ", '~', true)"}},
    {"~*", {MATCH_EACH, ", ", ", '~*', false)"}, {MATCH_EACH, ", ", ", '~*', true)"}},
    {"!~", {MATCH_EACH, ", ", ", '!~', false)"}, {MATCH_EACH, ", ", ", '!~', true)"}},
    {"!~*", {MATCH_EACH, ", ", ", '!~*', false)"}, {MATCH_EACH, ", ", ", '!~*', true)"}},
    {"like", {MATCH_EACH, ", ", ", 'like', false)"}, {MATCH_EACH, ", ", ", 'like', true)"}},
    {"ilike", {MATCH_EACH, ", ", ", 'ilike', false)"}, {MATCH_EACH, ", ", ", 'ilike', true)"}},
    {"not like", {MATCH_EACH, ", ", ", 'not like', false)"}, {MATCH_EACH, ", ", ", 'not like', true)"}},
    {"not ilike", {MATCH_EACH, ", ", ", 'not ilike', false)"}, {MATCH_EACH, ", ", ", 'not ilike', true)"}},
};

const struct spelling *spelling_of_each(const char *op, bool all)
{
    for (size_t i = 0; i < sizeof each / sizeof *each; i++)
        if (strcmp(each[i].text, op) == 0)
            return all ? &each[i].all : &each[i].any;
    return NULL;
}
