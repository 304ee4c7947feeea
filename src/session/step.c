/* The steps that a command of the client is carried out in. */
#include "session/step.h"

#include "session/session_priv.h"

#include <assert.h>

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
