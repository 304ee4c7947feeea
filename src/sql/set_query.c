/* The query stands in FROM, as it is written, once for each column: it may be of any form, and may name the
 * table that is changed. */
#include "sql/set_query.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "sql/part.h"
#include "sql/reader.h"

enum { COLUMNS_MAX = 1600 /* as a table of PostgreSQL's can have */, TEXT_MAX = 16 * 1024 * 1024 };

#define QUERY "\"tavana: x\""

/* (a, b) = (SELECT …) */
struct assignment {
    size_t from, to;
    size_t n;
    struct sql_token columns[COLUMNS_MAX];
    struct str query; /* with its brackets */
};

/* Over a bracket and what lies in it: the byte behind it. */
static size_t pass_bracket(struct reader *r)
{
    size_t depth = 0, end = r->token.at;
    do {
        depth += part_opens(&r->token);
        depth -= part_closes(&r->token);
        end = r->token.at + r->token.text.n;
        reader_next(r);
    } while (depth > 0 && r->token.kind != SQL_TOK_END && r->token.kind != SQL_TOK_BAD);
    return end;
}

/* Behind the opening bracket of what is set. */
static bool is_query(const struct sql_token *t)
{
    return sql_token_is_word(t, "SELECT") || sql_token_is_word(t, "WITH") || sql_token_is_word(t, "VALUES") ||
           sql_token_is_word(t, "TABLE") || sql_token_is(t, '(');
}

/* (a, b) = (, at its first bracket; stands at the last one then. false: it is something else, or one column
 * alone. */
static bool read_columns(struct reader *r, struct assignment *out)
{
    out->from = r->token.at;
    out->n = 0;
    do {
        reader_next(r);
        if (!sql_token_is_name(&r->token) || out->n == COLUMNS_MAX)
            return false;
        out->columns[out->n++] = r->token;
        reader_next(r);
    } while (sql_token_is(&r->token, ','));
    if (!sql_token_is(&r->token, ')') || out->n < 2)
        return false;
    reader_next(r);
    if (r->token.kind != SQL_TOK_OP || !str_eq(r->token.text, STR("=")))
        return false;
    reader_next(r);
    return sql_token_is(&r->token, '(');
}

/* (1): the engine would set each of the columns to that. */
static int refuse_one(const struct reader *r, size_t at, struct err *e)
{
    struct reader inner = *r;
    size_t depth = 0, commas = 0;
    do {
        depth += part_opens(&inner.token);
        depth -= part_closes(&inner.token);
        commas += depth == 1 && sql_token_is(&inner.token, ',');
        reader_next(&inner);
    } while (depth > 0 && inner.token.kind != SQL_TOK_END && inner.token.kind != SQL_TOK_BAD);
    if (commas > 0)
        return ST_OK;
    (void)err_set(e, SQLSTATE_FEATURE_NOT_SUPPORTED,
                  "source for a multiple-column UPDATE item must be a sub-SELECT or ROW() expression");
    e->position = str_position(r->text, at);
    return ST_ERR;
}

/* a = (SELECT x.c0 FROM ((SELECT …) UNION ALL SELECT NULL, NULL WHERE false) AS x(c0, c1)), b = … */
static int put(const struct assignment *a, struct edits *edits, struct err *e)
{
    CLEANUP(buf_release) struct buf b;
    buf_init(&b, TEXT_MAX);
    for (size_t i = 0; i < a->n; i++) {
        buf_printf(&b, "%s%.*s = (SELECT " QUERY ".c%zu FROM (", i ? ", " : "", (int)a->columns[i].text.n,
                   a->columns[i].text.p, i);
        buf_put(&b, a->query.p, a->query.n);
        for (size_t k = 0; k < a->n; k++)
            buf_printf(&b, k ? ", NULL" : " UNION ALL SELECT NULL");
        for (size_t k = 0; k < a->n; k++)
            buf_printf(&b, k ? ", c%zu" : " WHERE false) AS " QUERY "(c%zu", k);
        buf_printf(&b, "))");
    }
    const char *text = buf_ok(&b) ? arena_strndup(edits->arena, (const char *)b.data, b.len) : NULL;
    return text ? edits_replace(edits, a->from, a->to - a->from, (struct str){text, b.len}, e) : err_oom(e);
}

int sql_set_query_put(struct sql_tokens sql, struct edits *edits, bool *any, struct err *e)
{
    struct assignment *a = NULL;
    struct reader r;
    bool sets = false, begins = false; /* behind SET; an assignment begins */
    *any = false;
    reader_init(&r, NULL, sql, NULL);
    for (size_t depth = 0; r.token.kind != SQL_TOK_END && r.token.kind != SQL_TOK_BAD;) {
        static const char *const ends[] = {"FROM", "WHERE", "RETURNING", "WHEN", "SELECT"};
        const bool assigns = begins && sql_token_is(&r.token, '(');
        if (depth == 0)
            sets = sql_token_is_word(&r.token, "SET") || (sets && !PART_IS_ANY(&r.token, ends));
        begins = depth == 0 && sets && (sql_token_is_word(&r.token, "SET") || sql_token_is(&r.token, ','));
        if (assigns && !a && !(a = arena_alloc(edits->arena, sizeof *a)))
            return err_oom(e);
        struct reader ahead = r;
        if (assigns && read_columns(&ahead, a)) {
            struct reader inner = ahead;
            const size_t at = ahead.token.at;
            reader_next(&inner);
            if (!is_query(&inner.token)) {
                TRY(refuse_one(&ahead, at, e));
            } else {
                a->to = pass_bracket(&ahead);
                a->query = (struct str){r.text.p + at, a->to - at};
                TRY(put(a, edits, e));
                *any = true;
                r = ahead;
                continue;
            }
        }
        depth += part_opens(&r.token);
        depth -= part_closes(&r.token) && depth;
        reader_next(&r);
    }
    return ST_OK;
}
