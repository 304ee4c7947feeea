#include "session/stand_in.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "session/session_priv.h"
#include "sql/tokens.h"

#include <assert.h>
#include <string.h>

/* ST_ERR without memory. */
static int number_params(struct session *s, const char *text, const struct stand_in_params *all,
                         struct buf *out, struct stand_in *made)
{
    struct sql_lexer lexer;
    struct sql_token t;
    size_t at = 0;
    assert(text && (all->n == 0 || all->oids));
    unsigned *news = arena_calloc(&s->message_arena, all->n + 1, sizeof *news);
    made->numbers = arena_calloc(&s->message_arena, all->n + 1, sizeof *made->numbers);
    made->oids = arena_calloc(&s->message_arena, all->n + 1, sizeof *made->oids);
    made->params = arena_calloc(&s->message_arena, all->n + 1, sizeof *made->params);
    if (!news || !made->numbers || !made->oids || !made->params)
        return ST_ERR;
    sql_lexer_init(&lexer, sql_tokens_of(str_of(text)));
    while (sql_lexer_next(&lexer, &t) != SQL_TOK_END) {
        int64_t n = 0;
        if (t.kind != SQL_TOK_PARAM ||
            !str_to_i64((struct str){t.text.p + 1, t.text.n - 1}, 1, (int64_t)all->n, &n))
            continue;
        if (!news[n]) {
            made->numbers[made->n] = (unsigned)n;
            made->oids[made->n] = all->oids[n - 1];
            if (all->values)
                made->params[made->n] = all->values[n - 1];
            news[n] = (unsigned)++made->n;
        }
        buf_put(out, text + at, t.at - at);
        buf_printf(out, "$%u", news[n]);
        at = t.at + t.text.n;
    }
    buf_put(out, text + at, strlen(text) - at);
    return buf_ok(out) ? ST_OK : ST_ERR;
}

int stand_in_make(struct session *s, const struct sql_statement *sql, const char *text,
                  const struct stand_in_params *all, struct stand_in *out, struct err *e)
{
    CLEANUP(buf_release) struct buf b;
    *out = (struct stand_in){.n = 0};
    buf_init(&b, SIZE_MAX);
    struct sql_edit *edit = arena_calloc(&s->message_arena, 1, sizeof *edit);
    if (!text || !edit || number_params(s, text, all, &b, out) < 0)
        return err_oom(e);
    const char *copy = arena_strndup(&s->message_arena, (const char *)b.data, b.len);
    if (!copy)
        return err_oom(e);
    *edit = (struct sql_edit){.at = 0, .removed = sql->text.n, .added = b.len};
    out->text = (struct sql_rewritten){.text = {copy, b.len}, .nedits = 1, .edits = edit};
    return ST_OK;
}

int stand_in_prepare(struct session *s, const struct sql_statement *sql, const struct stand_in *made,
                     struct account *memory, struct backend_stmt **out, struct err *e)
{
    struct session_query q = {
        .sql = sql, .made = &made->text, .oids = made->oids, .noids = made->n, .memory = memory};
    assert(made->text.nedits == 1);
    int st = session_prepare(s, &q, out, e);
    if (st < 0)
        e->position = 0; /* in a text that nobody sent */
    return st;
}

int stand_in_open(struct session *s, const struct sql_statement *sql, const struct stand_in *made,
                  struct account *memory, struct backend_portal **out, struct err *e)
{
    struct backend_stmt *stmt = NULL;
    assert(made->n == 0 || made->params);
    TRY(stand_in_prepare(s, sql, made, memory, &stmt, e));
    int st = s->engine->ops->open(s->engine, stmt, made->params, made->n, out, e);
    s->engine->ops->stmt_free(stmt);
    return st;
}
