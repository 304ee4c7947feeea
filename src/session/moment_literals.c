/* Columns of the types date and timestamp are filled by casts of ours, so that a text which is a moment to
 * PostgreSQL and was refused was meant for the third of these types. */
#include "session/moment_literals.h"

#include "pgtype/oid.h"
#include "pgtype/tz.h"
#include "pgtype/value.h"
#include "session/session_priv.h"
#include "sql/edits.h"

#include <string.h>

enum { LITERAL_MAX = 256 };

/* What stands in front of a literal that has no type. */
static bool leaves_open(const struct sql_token *prev)
{
    return sql_token_is(prev, '(') || sql_token_is(prev, ',') || prev->kind == SQL_TOK_OP ||
           sql_token_is_word(prev, "SELECT");
}

/* The string at that place, with nothing in front of it that says what it is. */
static bool find(struct sql_tokens sql, size_t at, struct str *out)
{
    struct sql_lexer l;
    struct sql_token t, prev = {.kind = SQL_TOK_END};
    sql_lexer_init(&l, sql);
    for (; sql_lexer_next(&l, &t) != SQL_TOK_END && t.kind != SQL_TOK_BAD && t.at <= at; prev = t)
        if (t.at == at && t.kind == SQL_TOK_STRING && leaves_open(&prev)) {
            *out = t.text;
            return t.text.n > 2 && t.text.n < LITERAL_MAX && t.text.p[0] == '\'' &&
                   !memchr(t.text.p + 1, '\'', t.text.n - 2);
        }
    return false;
}

bool moment_literal_put(struct session *s, const struct sql_tokens *sql, size_t at, const struct err *e,
                        struct edits *edits)
{
    struct str literal;
    struct pg_value v;
    struct err ignored;
    err_init(&ignored);
    bool about = e->code == SQLSTATE_INVALID_DATETIME_FORMAT || e->code == SQLSTATE_INVALID_PARAMETER_VALUE;
    if (!about || at == SIZE_MAX || edits_within(edits, at, at) || !find(*sql, at, &literal))
        return false;
    return pg_value_decode(&s->message_arena, PGTYPE_TIMESTAMPTZ, 0, (const uint8_t *)literal.p + 1,
                           (int32_t)literal.n - 2, tz_utc(), &v, &ignored) == ST_OK &&
           v.kind == PG_TIMESTAMPTZ && edits_replace(edits, at, 0, STR("timestamptz "), &ignored) == ST_OK;
}
