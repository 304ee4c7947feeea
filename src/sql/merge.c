/* A clause ends at a word of the outermost level: brackets and CASE … END are levels. */
#include "sql/merge.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "sql/part.h"
#include "sql/reader.h"
#include "sql/statement.h"

enum { ACTS_MAX = 1 << 20 };

static bool is_end(const struct reader *r)
{
    return r->token.kind == SQL_TOK_END || r->token.kind == SQL_TOK_BAD;
}

/* What lies between the current token and one of the words, at which the reader stands then. */
static struct str until(struct reader *r, const char *const *words, size_t n)
{
    size_t from = r->token.at, to = from, depth = 0;
    for (; !is_end(r); reader_next(r)) {
        const struct sql_token *t = &r->token;
        if (depth == 0 && part_is_any(t, words, n))
            break;
        depth += part_opens(t) || sql_token_is_word(t, "CASE");
        depth -= depth > 0 && (part_closes(t) || sql_token_is_word(t, "END"));
        to = t->at + t->text.n;
    }
    return (struct str){r->text.p + from, to - from};
}
#define UNTIL(r, words) until(r, words, sizeof(words) / sizeof *(words))

/* The alias, or the last part of the name. */
static struct str called(struct str target)
{
    struct sql_lexer l;
    struct sql_token t, last = {.kind = SQL_TOK_END};
    sql_lexer_init(&l, sql_tokens_of(target));
    while (sql_lexer_next(&l, &t) != SQL_TOK_END)
        if (sql_token_is_name(&t))
            last = t;
    return last.kind == SQL_TOK_END ? (struct str){0} : last.text;
}

/* Behind WHEN. Of one for rows that are joined, what it does is put as WHEN condition THEN true. */
static bool read_when(struct reader *r, struct buf *acts, bool *any)
{
    static const char *const then[] = {"THEN"}, *const next[] = {"WHEN", "RETURNING"};
    bool joined = !reader_take(r, "NOT");
    struct str condition = STR("true");
    if (!reader_take(r, "MATCHED"))
        return false;
    if (reader_take(r, "BY")) {
        joined = false;
        reader_next(r);
    }
    if (reader_take(r, "AND"))
        condition = UNTIL(r, then);
    if (!reader_take(r, "THEN"))
        return false;
    bool changes = !sql_token_is_word(&r->token, "DO");
    (void)UNTIL(r, next);
    if (!joined)
        return true;
    buf_printf(acts, " WHEN (%.*s) THEN %s", (int)condition.n, condition.p, changes ? "true" : "false");
    *any |= changes;
    return true;
}

/* All WHENs. NULL: none changes what is joined; *st says whether that is for another reason. */
static const char *read_acts(struct reader *r, bool *read, int *st)
{
    CLEANUP(buf_release) struct buf b = {0};
    bool any = false;
    buf_init(&b, ACTS_MAX);
    buf_printf(&b, "CASE");
    *read = sql_token_is_word(&r->token, "WHEN");
    while (*read && reader_take(r, "WHEN"))
        *read = read_when(r, &b, &any);
    buf_printf(&b, " ELSE false END");
    if (!*read || !any)
        return NULL;
    const char *text = buf_ok(&b) ? arena_strndup(r->arena, (const char *)b.data, b.len) : NULL;
    *st = text ? ST_OK : err_oom(r->err);
    return text;
}

int sql_merge_read(struct arena *a, struct sql_tokens sql, struct sql_merge *out, bool *is, struct err *e)
{
    static const char *const merge[] = {"MERGE"}, *const with_using[] = {"USING"}, *const on[] = {"ON"},
                             *const when[] = {"WHEN"};
    struct reader r;
    int st = ST_OK;
    *out = (struct sql_merge){0};
    reader_init(&r, a, sql, e);
    (void)UNTIL(&r, merge);
    out->with = (struct str){sql.text.p, r.token.at};
    *is = reader_take(&r, "MERGE") && reader_take(&r, "INTO");
    if (!*is)
        return ST_OK;
    (void)reader_take(&r, "ONLY");
    out->target = UNTIL(&r, with_using);
    out->called = called(out->target);
    (void)reader_take(&r, "USING");
    out->source = UNTIL(&r, on);
    (void)reader_take(&r, "ON");
    out->on = UNTIL(&r, when);
    out->acts = read_acts(&r, is, &st);
    *is &= out->called.n && out->source.n && out->on.n;
    return st;
}
