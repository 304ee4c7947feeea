/* DROP and TRUNCATE of several objects: the engine's parser takes one. DROP TABLE … CASCADE takes away what
 * refers to the table, which the engine does not do. */
#include "sql/several.h"

#include "sql/reader.h"
#include "sql/statement.h"

#include <string.h>

static const struct {
    const char *word, *tag;
} objects[] = {
    {"TABLE", "DROP TABLE"},   {"VIEW", "DROP VIEW"}, {"SEQUENCE", "DROP SEQUENCE"},
    {"SCHEMA", "DROP SCHEMA"}, {"TYPE", "DROP TYPE"}, {"INDEX", "DROP INDEX"},
};

/* The words before the first name; *words: what they are to be, if the engine does not know one of them.
 * NULL: what follows DROP is none of these. */
static const char *read_head(struct reader *r, struct str *words)
{
    const char *tag = NULL;
    *words = (struct str){0};
    if (reader_take(r, "TRUNCATE")) {
        (void)reader_take(r, "TABLE");
        if (reader_take(r, "ONLY"))
            *words = STR("TRUNCATE TABLE ");
        return "TRUNCATE TABLE";
    }
    (void)reader_take(r, "DROP");
    for (size_t i = 0; !tag && i < sizeof objects / sizeof *objects; i++)
        if (reader_take(r, objects[i].word))
            tag = objects[i].tag;
    if (tag && reader_take(r, "CONCURRENTLY"))
        *words = STR("DROP INDEX ");
    if (tag && reader_take(r, "IF") && reader_take(r, "EXISTS") && words->n)
        *words = STR("DROP INDEX IF EXISTS ");
    return tag;
}

bool sql_is_several(struct sql_tokens sql)
{
    struct reader r;
    reader_init(&r, NULL, sql, NULL);
    struct str words;
    const char *tag = read_head(&r, &words);
    if (!tag)
        return false;
    bool drops_table = strcmp(tag, "DROP TABLE") == 0;
    bool is = words.n > 0 || strcmp(tag, "TRUNCATE TABLE") == 0; /* of one that others refer to */
    bool is_read = drops_table || strcmp(tag, "DROP VIEW") == 0 || strcmp(tag, "DROP SCHEMA") == 0;
    if (is_read && sql_token_is_name(&r.token))
        return true; /* views may depend on it */
    while (!is && r.token.kind != SQL_TOK_END && r.token.kind != SQL_TOK_BAD &&
           !sql_token_is(&r.token, ',')) {
        is = sql_token_is_word(&r.token, "IDENTITY") ||
             (drops_table && sql_token_is_word(&r.token, "CASCADE"));
        reader_next(&r);
    }
    return is || sql_token_is(&r.token, ',');
}

/* name[.name]… */
static int read_object(struct reader *r, struct str *out)
{
    const char *start = r->token.text.p;
    for (;;) {
        if (!sql_token_is_name(&r->token))
            return reader_syntax_error(r);
        *out = (struct str){start, (size_t)(r->token.text.p + r->token.text.n - start)};
        reader_next(r);
        if (!sql_token_is(&r->token, '.'))
            return ST_OK;
        reader_next(r);
    }
}

int sql_parse_several(struct arena *a, const struct sql_statement *s, struct sql_several *out, struct err *e)
{
    struct reader r;
    size_t room = 1;
    for (size_t i = 0; i < s->text.n; i++)
        room += s->text.p[i] == ',';
    *out = (struct sql_several){.names = arena_calloc(a, room, sizeof *out->names)};
    if (!out->names)
        return err_oom(e);
    reader_init(&r, a, sql_statement_tokens(s), e);
    struct str words;
    out->tag = read_head(&r, &words);
    out->head = words.n ? words : (struct str){s->text.p, r.token.at};
    TRY(read_object(&r, &out->names[out->n++]));
    while (sql_token_is(&r.token, ',')) {
        reader_next(&r);
        TRY(read_object(&r, &out->names[out->n++]));
    }
    if (reader_take(&r, "RESTART")) {
        out->restarts = true;
        (void)reader_take(&r, "IDENTITY");
    } else if (reader_take(&r, "CONTINUE")) {
        (void)reader_take(&r, "IDENTITY");
    }
    out->cascades = sql_token_is_word(&r.token, "CASCADE");
    out->drops_tables = out->tag && strcmp(out->tag, "DROP TABLE") == 0;
    out->truncates = out->tag && strcmp(out->tag, "TRUNCATE TABLE") == 0;
    if (out->truncates && !reader_take(&r, "CASCADE"))
        (void)reader_take(&r, "RESTRICT");
    if (out->drops_tables && reader_take(&r, "CASCADE") && r.token.kind != SQL_TOK_END)
        return reader_syntax_error(&r);
    if (r.token.kind != SQL_TOK_END)
        TRY(reader_rest(&r, &out->tail));
    return ST_OK;
}
