/* One that has not been called has its first value for its last, as PostgreSQL says it. */
#include "session/sequence_rows.h"

#include "session/session_priv.h"
#include "sql/edits.h"

#include <assert.h>

/* From the name's first token on: its parts, and what follows. false: there are more than three. */
static bool read_name(struct sql_lexer *l, struct sql_token *t, struct relation_name *out,
                      struct sql_token *last)
{
    const struct sql_token none = {.kind = SQL_TOK_END};
    struct sql_token parts[] = {none, none, none};
    for (;;) {
        if (!sql_token_is_name(t) || parts[0].kind != SQL_TOK_END)
            return false;
        parts[0] = parts[1];
        parts[1] = parts[2];
        parts[2] = *last = *t;
        (void)sql_lexer_next(l, t);
        if (!sql_token_is(t, '.'))
            break;
        (void)sql_lexer_next(l, t);
    }
    *out = (struct relation_name){.database = parts[0], .schema = parts[1], .relation = parts[2]};
    return true;
}

/* Whether the relation gets another name than its own, which would be at t. */
static bool has_alias(const struct sql_token *t)
{
    static const char *const words[] = {"WHERE", "GROUP",  "ORDER", "LIMIT",     "OFFSET", "FETCH", "FOR",
                                        "UNION", "EXCEPT", "CROSS", "INTERSECT", "JOIN",   "LEFT",  "RIGHT",
                                        "FULL",  "INNER",  "ON",    "NATURAL",   "WINDOW", "HAVING"};
    if (!sql_token_is_name(t))
        return false;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (sql_token_is_word(t, words[i]))
            return false;
    return true;
}

/* The query. NULL without memory. */
static const char *query(struct session *s, const struct relation *q, const struct sql_token *called)
{
    const char *name = step_literal(s, q->name), *schema = step_literal(s, q->schema);
    if (!name || !schema)
        return NULL;
    return step_text(
        s,
        "(SELECT coalesce(last_value, start_value) AS last_value, CAST(0 AS bigint) AS log_cnt, "
        "last_value IS NOT NULL AS is_called FROM duckdb_sequences() WHERE database_name = %s AND "
        "schema_name = %s AND sequence_name = %s)%s%.*s",
        q->temporary ? "'temp'" : "system.main.current_database()", schema, name, called ? " AS " : "",
        called ? (int)called->text.n : 0, called ? called->text.p : "");
}

bool sequence_rows_put(struct session *s, const struct sql_tokens *sql, size_t at, const struct err *e,
                       struct edits *edits)
{
    struct sql_lexer l;
    struct relation_name name;
    struct relation q;
    struct sql_token t, last;
    struct err ignored;
    err_init(&ignored);
    if (e->code != SQLSTATE_UNDEFINED_TABLE || at >= sql->text.n)
        return false;
    sql_lexer_init(&l, *sql);
    (void)sql_lexer_next(&l, &t);
    if (!sql_token_is_word(&t, "SELECT") && !sql_token_is_word(&t, "WITH") && !sql_token_is(&t, '('))
        return false; /* a sequence is not to be changed */
    while (sql_lexer_next(&l, &t) != SQL_TOK_END && t.kind != SQL_TOK_BAD && t.at < at)
        ;
    if (t.at != at || !read_name(&l, &t, &name, &last) || relation_find(s, &name, "S", &q, &ignored) < 0 ||
        !q.found)
        return false;
    const size_t end = last.at + last.text.n;
    const char *text = query(s, &q, has_alias(&t) ? NULL : &last);
    assert(end > at);
    return text && !edits_touch(edits, at, end) &&
           edits_replace(edits, at, end - at, str_of(text), &ignored) == ST_OK;
}
