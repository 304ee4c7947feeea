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
    KIND("event trigger", "EVENT TRIGGER", "EVENT", "TRIGGER"),
    KIND("trigger", "TRIGGER", "TRIGGER"),
    KIND("trigger", "TRIGGER", "CONSTRAINT", "TRIGGER"),
    KIND("rule", "RULE", "RULE"),
    KIND("policy", "POLICY", "POLICY"),
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
    KIND("text search configuration", "TEXT SEARCH CONFIGURATION", "TEXT", "SEARCH", "CONFIGURATION"),
    KIND("text search dictionary", "TEXT SEARCH DICTIONARY", "TEXT", "SEARCH", "DICTIONARY"),
    KIND("text search parser", "TEXT SEARCH PARSER", "TEXT", "SEARCH", "PARSER"),
    KIND("text search template", "TEXT SEARCH TEMPLATE", "TEXT", "SEARCH", "TEMPLATE"),
    KIND("access method", "ACCESS METHOD", "ACCESS", "METHOD"),
    KIND("language", "LANGUAGE", "LANGUAGE"),
    KIND("language", "LANGUAGE", "PROCEDURAL", "LANGUAGE"),
    KIND("language", "LANGUAGE", "TRUSTED", "LANGUAGE"),
    KIND("transform", "TRANSFORM", "TRANSFORM"),
    KIND("system", "SYSTEM", "SYSTEM"),
    KIND("database", "DATABASE", "DATABASE"), /* but who owns one */
    KIND("function", "FUNCTION", "FUNCTION"), /* ALTER FUNCTION */
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

/* name[.name]… and what is behind it. */
static void read_drop(struct reader *r, struct sql_absent *out)
{
    out->if_exists = reader_take(r, "IF") && reader_take(r, "EXISTS");
    for (;;) {
        if (sql_token_is_name(&r->token) || r->token.kind == SQL_TOK_OP)
            out->name = r->token;
        if (!sql_token_is_name(&r->token))
            return;
        reader_next(r);
        if (!sql_token_is(&r->token, '.'))
            return;
        reader_next(r);
    }
}

/* name OWNER TO … and the engine's name SET ALIAS TO …, from the name on. */
static bool is_read_elsewhere(struct reader r)
{
    reader_skip_name(&r);
    return reader_take(&r, "OWNER") || (reader_take(&r, "SET") && reader_take(&r, "ALIAS"));
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
    if (!k || (!alter && strcmp(k->noun, "function") == 0)) /* those are read by function.h */
        return false;
    if (alter && strcmp(k->noun, "database") == 0 && is_read_elsewhere(*r))
        return false;
    out->tag = create ? k->create : alter ? k->alter : k->drop;
    out->noun = k->noun;
    if (strcmp(k->noun, "database") == 0) /* there are some, which are not dropped either */
        out->drops = false;
    if (out->drops)
        read_drop(r, out);
    return true;
}
