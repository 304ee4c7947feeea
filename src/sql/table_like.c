/* The elements of the list are told apart by the commas outside of further brackets. A column cannot be
 * called like to PostgreSQL, which reserves the word. */
#include "sql/table_like.h"

#include "sql/part.h"
#include "sql/reader.h"

/* INCLUDING or EXCLUDING, which the reader stands at, and a word. */
static int read_option(struct reader *r, struct sql_like *like)
{
    static const struct {
        const char *word;
        unsigned what;
    } options[] = {{"COMMENTS", SQL_LIKE_COMMENTS},   {"CONSTRAINTS", SQL_LIKE_CONSTRAINTS},
                   {"DEFAULTS", SQL_LIKE_DEFAULTS},   {"GENERATED", SQL_LIKE_GENERATED},
                   {"IDENTITY", SQL_LIKE_IDENTITY},   {"INDEXES", SQL_LIKE_INDEXES},
                   {"COMPRESSION", SQL_LIKE_NOTHING}, {"STATISTICS", SQL_LIKE_NOTHING},
                   {"STORAGE", SQL_LIKE_NOTHING},     {"ALL", SQL_LIKE_ALL}};
    const bool includes = sql_token_is_word(&r->token, "INCLUDING");
    reader_next(r);
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        if (!reader_take(r, options[i].word))
            continue;
        like->including = includes ? like->including | options[i].what : like->including & ~options[i].what;
        return ST_OK;
    }
    return reader_syntax_error(r);
}

/* Behind LIKE, up to the comma or the bracket behind it. */
static int read_like(struct reader *r, struct sql_like *like)
{
    TRY(reader_qualified(r, &like->name));
    like->to = (size_t)(like->name.p - r->text.p) + like->name.n;
    while (sql_token_is_word(&r->token, "INCLUDING") || sql_token_is_word(&r->token, "EXCLUDING")) {
        struct reader word = *r;
        reader_next(&word);
        like->to = word.token.at + word.token.text.n;
        TRY(read_option(r, like));
    }
    return sql_token_is(&r->token, ',') || sql_token_is(&r->token, ')') ? ST_OK : reader_syntax_error(r);
}

/* CREATE … TABLE [IF NOT EXISTS] name, up to the list. false: it is something else. */
static bool read_head(struct reader *r, struct sql_likes *out)
{
    if (!reader_take(r, "CREATE"))
        return false;
    if (!reader_take(r, "GLOBAL"))
        (void)reader_take(r, "LOCAL");
    out->temporary = reader_take(r, "TEMPORARY") || reader_take(r, "TEMP");
    (void)reader_take(r, "UNLOGGED");
    if (!reader_take(r, "TABLE"))
        return false;
    out->if_not_exists = reader_take(r, "IF") && reader_take(r, "NOT") && reader_take(r, "EXISTS");
    const size_t from = r->token.at;
    size_t to = from;
    while (sql_token_is_name(&r->token) || sql_token_is(&r->token, '.')) {
        to = r->token.at + r->token.text.n;
        reader_next(r);
    }
    out->table = (struct str){r->text.p + from, to - from};
    return to > from && sql_token_is(&r->token, '(');
}

int sql_likes_read(struct arena *a, struct sql_tokens sql, struct sql_likes *out, struct err *e)
{
    struct reader r;
    *out = (struct sql_likes){0};
    reader_init(&r, a, sql, e);
    if (!read_head(&r, out))
        return ST_OK;
    for (size_t depth = 0; r.token.kind != SQL_TOK_END && r.token.kind != SQL_TOK_BAD;) {
        const bool begins =
            (depth == 0 && sql_token_is(&r.token, '(')) || (depth == 1 && sql_token_is(&r.token, ','));
        depth += part_opens(&r.token);
        depth -= part_closes(&r.token) && depth;
        const size_t from = (reader_next(&r), r.token.at);
        if (!begins || !reader_take(&r, "LIKE"))
            continue;
        if (!out->likes)
            out->likes = arena_calloc(a, SQL_LIKES_MAX, sizeof *out->likes);
        if (!out->likes)
            return err_oom(e);
        if (out->n == SQL_LIKES_MAX)
            return err_set(e, SQLSTATE_PROGRAM_LIMIT_EXCEEDED, "a table is like at most %d others",
                           SQL_LIKES_MAX);
        out->likes[out->n] = (struct sql_like){.from = from};
        TRY(read_like(&r, &out->likes[out->n++]));
    }
    return ST_OK;
}
