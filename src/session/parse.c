/* What a command says is parsed when somebody asks. */
#include "session/parse.h"

#include "session/session_priv.h"

#include <string.h>

static void remember(struct fetch_memo *memo, struct str text, const struct sql_fetch *f)
{
    size_t n = strlen(f->name);
    memo->n = text.n <= sizeof memo->text && n < sizeof memo->name ? text.n : 0;
    if (memo->n == 0)
        return;
    memcpy(memo->text, text.p, text.n);
    memcpy(memo->name, f->name, n + 1);
    memo->fetch = *f;
}

static int parse_fetch(struct fetch_memo *memo, struct arena *a, struct sql_statement *sql, struct err *e)
{
    if (sql->parsed)
        return ST_OK;
    if (memo->n == 0 || !str_eq(sql->text, (struct str){memo->text, memo->n})) {
        TRY(sql_parse(a, sql, e));
        remember(memo, sql->text, &sql->parsed->fetch);
        return ST_OK;
    }
    struct sql_parsed *same = arena_calloc(a, 1, sizeof *same);
    const char *name = arena_strdup(a, memo->name);
    if (!same || !name)
        return err_oom(e);
    same->fetch = memo->fetch;
    same->fetch.name = name;
    sql->parsed = same;
    return ST_OK;
}

int statement_parse(struct session *s, struct statement *st, struct err *e)
{
    struct arena *a = st->lent ? &s->message_arena : &st->arena;
    return st->sql.kind == SQL_FETCH ? parse_fetch(&s->last_fetch, a, &st->sql, e)
                                     : sql_parse(a, &st->sql, e);
}
