#include "sql/type.h"

#include "sql/name.h"

#include <stdint.h>

enum { TYPE_TOKENS_MAX = 8 }; /* in the brackets of a type */

/* Behind the closing bracket, which is near in a type. */
static bool skip_to(struct sql_lexer *ahead, char close, struct sql_token *t, size_t *end)
{
    for (int i = 0; i < TYPE_TOKENS_MAX && t->kind != SQL_TOK_END && t->kind != SQL_TOK_BAD; i++) {
        if (sql_token_is(t, close)) {
            *end = t->at + t->text.n;
            (void)sql_lexer_next(ahead, t);
            return true;
        }
        (void)sql_lexer_next(ahead, t);
    }
    return false;
}

static bool is_any(const struct sql_token *t, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (sql_token_is_word(t, words[i]))
            return true;
    return false;
}

static void take(struct sql_lexer *ahead, struct sql_token *t, struct sql_type *out)
{
    out->end = t->at + t->text.n;
    (void)sql_lexer_next(ahead, t);
}

/* WITH TIME ZONE, WITHOUT TIME ZONE: all three words or none. */
static void take_zone(struct sql_lexer *ahead, struct sql_token *t, struct sql_type *out)
{
    struct sql_lexer more = *ahead;
    struct sql_token time, zone;
    (void)sql_lexer_next(&more, &time);
    (void)sql_lexer_next(&more, &zone);
    if (!sql_token_is_word(&time, "TIME") || !sql_token_is_word(&zone, "ZONE"))
        return;
    out->zone = sql_token_is_word(t, "WITH");
    *ahead = more;
    *t = zone;
    take(ahead, t, out);
}

void sql_read_fields(struct sql_lexer *ahead, struct sql_token *t, struct sql_type *out)
{
    static const char *const fields[] = {"YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND"};
    enum { FIELDS = sizeof fields / sizeof *fields };
    if (!is_any(t, fields, FIELDS))
        return;
    out->first_field = out->last_field = t->text;
    take(ahead, t, out);
    struct sql_lexer more = *ahead;
    struct sql_token last;
    if (!sql_token_is_word(t, "TO") || (sql_lexer_next(&more, &last), !is_any(&last, fields, FIELDS)))
        return;
    out->last_field = last.text;
    *ahead = more;
    *t = last;
    take(ahead, t, out);
}

/* The further words of "double precision", "timestamp with time zone", "character varying". */
static void take_more(struct sql_lexer *ahead, struct sql_token *t, struct sql_type *out)
{
    static const char *const vary[] = {"character", "char", "bit", "nchar"};
    bool is_vary = false;
    for (size_t i = 0; i < sizeof vary / sizeof *vary; i++)
        is_vary |= str_ieq(out->name, str_of(vary[i]));
    if (str_ieq(out->name, STR("double")) && sql_token_is_word(t, "PRECISION"))
        take(ahead, t, out);
    else if (is_vary && sql_token_is_word(t, "VARYING"))
        out->varying = true, take(ahead, t, out);
    else if ((str_ieq(out->name, STR("time")) || str_ieq(out->name, STR("timestamp"))) &&
             (sql_token_is_word(t, "WITH") || sql_token_is_word(t, "WITHOUT")))
        take_zone(ahead, t, out);
    else if (str_ieq(out->name, STR("interval")))
        sql_read_fields(ahead, t, out);
}

/* (n), (n, m): whole numbers, which may be negative; other things in the brackets are none. */
static void read_modifiers(struct sql_lexer ahead, struct sql_token t, struct sql_type *out)
{
    out->nmods = 0;
    for (;;) {
        (void)sql_lexer_next(&ahead, &t);
        int64_t v, sign = 1;
        if (t.kind == SQL_TOK_OP && str_eq(t.text, STR("-"))) {
            sign = -1;
            (void)sql_lexer_next(&ahead, &t);
        }
        if (t.kind != SQL_TOK_NUMBER || out->nmods == SQL_TYPE_MODS_MAX ||
            !str_to_i64(t.text, 0, INT32_MAX, &v))
            break;
        out->mods[out->nmods++] = (int32_t)(sign * v);
        (void)sql_lexer_next(&ahead, &t);
        if (sql_token_is(&t, ')'))
            return;
        if (!sql_token_is(&t, ','))
            break;
    }
    out->nmods = 0;
}

/* The names that the catalog has for arrays of its own scalars: _int4. Other names may begin so, too. */
static bool is_underscored(struct str name)
{
    static const char *const scalars[] = {
        "bool",      "bytea",     "bpchar",    "bit",         "date",    "float4",   "float8",  "int2",
        "int4",      "int8",      "interval",  "json",        "jsonb",   "name",     "numeric", "oid",
        "text",      "time",      "timestamp", "timestamptz", "timetz",  "uuid",     "varbit",  "varchar",
        "int4range", "int8range", "numrange",  "daterange",   "tsrange", "tstzrange"};
    if (name.n < 2 || name.p[0] != '_')
        return false;
    for (size_t i = 0; i < sizeof scalars / sizeof *scalars; i++)
        if (str_ieq((struct str){name.p + 1, name.n - 1}, str_of(scalars[i])))
            return true;
    return false;
}

bool sql_read_type(struct sql_lexer *ahead, struct sql_type *out)
{
    struct sql_token t;
    (void)sql_lexer_next(ahead, &t);
    return sql_read_type_at(ahead, t, out);
}

bool sql_read_type_at(struct sql_lexer *ahead, struct sql_token t, struct sql_type *out)
{
    if (!sql_token_is_name(&t))
        return false;
    *out = (struct sql_type){.at = t.at};
    struct sql_token name = t;
    while (sql_lexer_next(ahead, &t), sql_token_is(&t, '.')) {
        if (sql_lexer_next(ahead, &name), !sql_token_is_name(&name))
            return false;
    }
    out->name = sql_name_bare(&name);
    out->name_at = name.at;
    out->quoted = name.kind == SQL_TOK_QUOTED;
    out->end = name.at + name.text.n;
    take_more(ahead, &t, out);
    if (sql_token_is(&t, '(')) {
        read_modifiers(*ahead, t, out);
        if (!skip_to(ahead, ')', &t, &out->end))
            return false;
        take_more(ahead, &t, out);
    }
    out->scalar_end = out->end;
    if (is_underscored(out->name)) {
        out->name = (struct str){out->name.p + 1, out->name.n - 1};
        out->array = out->underscored = true;
    }
    while (sql_token_is(&t, '[')) {
        if (!skip_to(ahead, ']', &t, &out->end))
            return false;
        out->array = true;
    }
    out->after = t;
    return true;
}
