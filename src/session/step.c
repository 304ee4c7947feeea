/* The steps that a command of the client is carried out in. */
#include "session/step.h"

#include "session/session_priv.h"

#include <assert.h>
#include <string.h>

int step_run(struct session *s, const char *text, struct err *e)
{
    assert(s->tx.in_engine || s->tx.state == TX_IDLE);
    struct backend_stmt *stmt = NULL;
    if (!text)
        return err_oom(e);
    int st = session_hand_over_own(s, text, &stmt, e);
    if (st == ST_OK)
        st = session_run_prepared(s, stmt, e);
    if (stmt)
        s->engine->ops->stmt_free(stmt);
    if (st < 0)
        e->position = 0; /* of a text that nobody has seen */
    return st;
}

int step_run_sent(struct session *s, const char *text, struct err *e)
{
    struct str led;
    if (!text)
        return err_oom(e);
    TRY(session_lead(s, str_of(text), &led, e));
    return step_run(s, led.p, e);
}

int step_comment(struct session *s, const struct sql_token *t, const char **out, struct err *e)
{
    struct ask_rows rows;
    const char *sql = step_text(s, "SELECT %.*s", (int)t->text.n, t->text.p);
    TRY(sql ? session_ask(s, sql, &rows, e) : err_oom(e));
    *out = sql_token_is_word(t, "NULL") ? NULL : ask_value(&rows, 0, 0);
    if (*out && strchr(*out, '\x1e'))
        return err_set(e, SQLSTATE_FEATURE_NOT_SUPPORTED, "a record separator in a comment is not supported");
    return ST_OK;
}
