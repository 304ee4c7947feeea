/* A list of words. Only DROP is read further, up to the first name. */
#include "sql/absent.h"

#include <string.h>

static const struct kind {
    const char *words[3];
    const char *create, *alter, *drop;
    const char *noun;
} kinds[] = {
#define KIND(noun, name, ...)                                                                                \
    {                                                                                                        \
        {__VA_ARGS__}, "CREATE " name, "ALTER " name, "DROP " name, noun                                     \
    }
    KIND("type", "DOMAIN", "DOMAIN"),
    KIND("event trigger", "EVENT TRIGGER", "EVENT", "TRIGGER"),
    KIND("trigger", "TRIGGER", "TRIGGER"),
    KIND("trigger", "TRIGGER", "CONSTRAINT", "TRIGGER"),
    KIND("rule", "RULE", "RULE"),
    KIND("policy", "POLICY", "POLICY"),
    KIND("procedure", "PROCEDURE", "PROCEDURE"),
    KIND("aggregate", "AGGREGATE", "AGGREGATE"),
    KIND("cast", "CAST", "CAST"),
    KIND("operator class", "OPERATOR CLASS", "OPERATOR", "CLASS"),
    KIND("operator family", "OPERATOR FAMILY", "OPERATOR", "FAMILY"),
    KIND("operator", "OPERATOR", "OPERATOR"),
    KIND("collation", "COLLATION", "COLLATION"),
    KIND("conversion", "CONVERSION", "CONVERSION"),
    KIND("foreign-data wrapper", "FOREIGN DATA WRAPPER", "FOREIGN", "DATA", "WRAPPER"),
    KIND("foreign table", "FOREIGN TABLE", "FOREIGN", "TABLE"),
    KIND("server", "SERVER", "SERVER"),
    KIND("publication", "PUBLICATION", "PUBLICATION"),
    KIND("subscription", "SUBSCRIPTION", "SUBSCRIPTION"),
    KIND("statistics object", "STATISTICS", "STATISTICS"),
    KIND("tablespace", "TABLESPACE", "TABLESPACE"),
    KIND("function", "FUNCTION", "FUNCTION"),
#undef KIND
};

static const struct kind *take_kind(struct reader *r)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct reader ahead = *r;
        size_t n = 0;
        while (n < 3 && kinds[i].words[n] && reader_take(&ahead, kinds[i].words[n]))
            n++;
        if (n == 3 || !kinds[i].words[n]) {
            *r = ahead;
            return &kinds[i];
        }
    }
    return NULL;
}

/* CREATE FUNCTION f(…) RETURNS: what has AS behind its arguments is a macro of the engine's. */
static bool has_result(struct reader *r)
{
    while (r->token.kind != SQL_TOK_END && r->token.kind != SQL_TOK_BAD && !sql_token_is(&r->token, '('))
        reader_next(r);
    reader_skip_brackets(r);
    return sql_token_is_word(&r->token, "RETURNS") || sql_token_is_word(&r->token, "LANGUAGE");
}

/* name[.name]… and what is behind it. */
static bool read_drop(struct reader *r, struct sql_absent *out, bool function)
{
    const char *start;
    out->if_exists = reader_take(r, "IF") && reader_take(r, "EXISTS");
    start = r->token.text.p;
    for (;;) {
        if (sql_token_is_name(&r->token) || r->token.kind == SQL_TOK_OP)
            out->name = r->token;
        if (!sql_token_is_name(&r->token))
            return !function;
        out->whole = (struct str){start, (size_t)(r->token.text.p + r->token.text.n - start)};
        reader_next(r);
        if (!sql_token_is(&r->token, '.'))
            break;
        reader_next(r);
    }
    out->routine = function;
    return !function || sql_token_is(&r->token, '(');
}

bool sql_absent_read(struct reader *r, struct sql_absent *out)
{
    *out = (struct sql_absent){.name = {.kind = SQL_TOK_END}};
    bool create = reader_take(r, "CREATE"), alter = !create && reader_take(r, "ALTER");
    out->drops = !create && !alter && reader_take(r, "DROP");
    if (!create && !alter && !out->drops)
        return false;
    if (create && reader_take(r, "OR"))
        (void)reader_take(r, "REPLACE");
    const struct kind *k = take_kind(r);
    if (!k)
        return false;
    bool function = strcmp(k->noun, "function") == 0;
    out->tag = create ? k->create : alter ? k->alter : k->drop;
    out->noun = k->noun;
    if (out->drops)
        return read_drop(r, out, function);
    return !function || (create && has_result(r));
}
