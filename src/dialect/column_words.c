#include "dialect/column_words.h"

struct listed {
    const char *text;
    enum column_word word;
};

/* clang-format off */
static const struct listed *const words[26] = {
    ['a' - 'a'] = (const struct listed[]){{"all", W_ALL}, {"and", W_BINARY}, {"anti", W_SIDE}, {"array", W_ARRAY}, {"as", W_AS},
        {"asof", W_SIDE}, {"asymmetric", W_NOISE}, {"at", W_AT}, {0}},
    ['b' - 'a'] = (const struct listed[]){{"between", W_BINARY}, {0}},
    ['c' - 'a'] = (const struct listed[]){{"case", W_CASE}, {"cast", W_CAST}, {"centuries", W_UNIT},
        {"century", W_UNIT}, {"collate", W_COLLATE}, {"collation", W_COLLATION}, {"columns", W_COLUMNS},
        {"cross", W_SIDE}, {"current_catalog", W_SESSION}, {"current_date", W_SESSION},
        {"current_role", W_SESSION}, {"current_schema", W_SESSION}, {"current_time", W_SESSION},
        {"current_timestamp", W_SESSION}, {"current_user", W_SESSION}, {0}},
    ['d' - 'a'] = (const struct listed[]){{"day", W_UNIT}, {"days", W_UNIT}, {"decade", W_UNIT},
        {"decades", W_UNIT}, {"default", W_NULL}, {"distinct", W_DISTINCT}, {0}},
    ['e' - 'a'] = (const struct listed[]){{"else", W_ELSE}, {"end", W_END}, {"escape", W_BINARY},
        {"except", W_UNION}, {0}},
    ['f' - 'a'] = (const struct listed[]){{"false", W_NULL}, {"fetch", W_TAIL}, {"filter", W_FILTER},
        {"for", W_FOR}, {"from", W_FROM}, {"full", W_SIDE}, {0}},
    ['g' - 'a'] = (const struct listed[]){{"glob", W_BINARY}, {"group", W_GROUP}, {0}},
    ['h' - 'a'] = (const struct listed[]){{"having", W_TAIL}, {"hour", W_UNIT}, {"hours", W_UNIT}, {0}},
    ['i' - 'a'] = (const struct listed[]){{"ilike", W_BINARY}, {"in", W_BINARY}, {"inner", W_SIDE},
        {"insert", W_CHANGE}, {"intersect", W_UNION}, {"into", W_TAIL}, {"is", W_IS}, {"isnull", W_ISNULL},
        {0}},
    ['j' - 'a'] = (const struct listed[]){{"join", W_SOURCE}, {0}},
    ['l' - 'a'] = (const struct listed[]){{"lateral", W_LATERAL}, {"leading", W_TRIM_LEADING},
        {"left", W_SIDE}, {"like", W_BINARY}, {"limit", W_TAIL}, {"localtime", W_SESSION},
        {"localtimestamp", W_SESSION}, {0}},
    ['m' - 'a'] = (const struct listed[]){{"materialized", W_AS}, {"merge", W_CHANGE},
        {"microsecond", W_UNIT}, {"microseconds", W_UNIT}, {"millennium", W_UNIT}, {"millisecond", W_UNIT},
        {"milliseconds", W_UNIT}, {"minute", W_UNIT}, {"minutes", W_UNIT}, {"month", W_UNIT},
        {"months", W_UNIT}, {0}},
    ['n' - 'a'] = (const struct listed[]){{"natural", W_SIDE}, {"not", W_NOT}, {"notnull", W_ISNULL},
        {"null", W_NULL}, {0}},
    ['o' - 'a'] = (const struct listed[]){{"offset", W_TAIL}, {"on", W_ON}, {"operator", W_OPERATOR},
        {"or", W_BINARY}, {"order", W_TAIL}, {"over", W_OVER}, {"overlaps", W_OVERLAPS}, {0}},
    ['p' - 'a'] = (const struct listed[]){{"pivot", W_SIDE}, {"positional", W_SIDE},
        {"precision", W_PRECISION}, {0}},
    ['q' - 'a'] = (const struct listed[]){{"qualify", W_TAIL}, {"quarter", W_UNIT}, {"quarters", W_UNIT},
        {0}},
    ['r' - 'a'] = (const struct listed[]){{"returning", W_RETURNING}, {"right", W_SIDE}, {0}},
    ['s' - 'a'] = (const struct listed[]){{"second", W_UNIT}, {"seconds", W_UNIT}, {"select", W_SELECT},
        {"semi", W_SIDE}, {"session_user", W_SESSION}, {"similar", W_BINARY}, {"symmetric", W_NOISE}, {0}},
    ['t' - 'a'] = (const struct listed[]){{"tablesample", W_SIDE}, {"then", W_BRANCH}, {"time", W_TIME},
        {"to", W_NOISE}, {"trailing", W_TRIM_TRAILING}, {"treat", W_TREAT}, {"trim", W_TRIM},
        {"true", W_NULL}, {"try_cast", W_CAST}, {0}},
    ['u' - 'a'] = (const struct listed[]){{"uescape", W_UESCAPE}, {"union", W_UNION}, {"unpivot", W_SIDE},
        {"user", W_SESSION}, {"using", W_TAIL}, {0}},
    ['v' - 'a'] = (const struct listed[]){{"values", W_VALUES}, {"varying", W_VARYING}, {0}},
    ['w' - 'a'] = (const struct listed[]){{"week", W_UNIT}, {"weeks", W_UNIT}, {"when", W_BRANCH},
        {"where", W_TAIL}, {"window", W_TAIL}, {"with", W_WITH}, {"within", W_WITHIN},
        {"without", W_WITHOUT}, {0}},
    ['y' - 'a'] = (const struct listed[]){{"year", W_UNIT}, {"years", W_UNIT}, {0}},
    ['z' - 'a'] = (const struct listed[]){{"zone", W_ZONE}, {0}},
};
/* clang-format on */

static const struct column_type types[] = {
    {"int", "int4", TYPE_ONE_WORD},
    {"integer", "int4", TYPE_ONE_WORD},
    {"smallint", "int2", TYPE_ONE_WORD},
    {"bigint", "int8", TYPE_ONE_WORD},
    {"real", "float4", TYPE_ONE_WORD},
    {"float", "float8", TYPE_FLOAT},
    {"decimal", "numeric", TYPE_ONE_WORD},
    {"dec", "numeric", TYPE_ONE_WORD},
    {"boolean", "bool", TYPE_ONE_WORD},
    {"char", "bpchar", TYPE_CHAR},
    {"character", "bpchar", TYPE_CHAR},
    {"nchar", "bpchar", TYPE_CHAR},
    {"double", "double", TYPE_DOUBLE},
    {"national", "bpchar", TYPE_NATIONAL},
    {"bit", "bit", TYPE_BIT},
    {"time", "time", TYPE_TIME},
    {"timestamp", "timestamp", TYPE_TIME},
    {"interval", "interval", TYPE_INTERVAL},
};

enum column_word column_word_of(const struct sql_token *t)
{
    if (t->kind == SQL_TOK_QUOTED)
        return W_NAME;
    if (t->kind == SQL_TOK_PUNCT)
        return sql_token_is(t, ',')   ? W_COMMA
               : sql_token_is(t, '.') ? W_DOT
               : sql_token_is(t, '(') ? W_OPEN
                                      : W_OTHER;
    if (t->kind != SQL_TOK_WORD)
        return W_OTHER;
    unsigned letter = (unsigned)(t->text.p[0] | 0x20) - 'a';
    char second = t->text.n > 1 ? (char)(t->text.p[1] | 0x20) : '\0';
    for (const struct listed *w = letter < 26 ? words[letter] : NULL; w && w->text; w++)
        if (w->text[1] == second && sql_token_is_word(t, w->text))
            return w->word;
    return W_NAME;
}

const struct column_type *column_type_of(struct str word)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if ((types[i].word[0] | 0x20) == (word.p[0] | 0x20) && str_ieq(word, str_of(types[i].word)))
            return &types[i];
    return NULL;
}
