/* The engine is opened here at the latest, and told its settings; what it keeps of the statement counts
 * against the memory of whoever asked for it. */
#include "session/hand_over.h"

#include "session/session_priv.h"

#include <assert.h>

int session_hand_over(struct session *s, const struct session_query *q, const struct sql_tokens *sql,
                      struct backend_stmt **out, struct err *e)
{
    struct backend_session *engine;
    TRY(session_engine(s, &engine, e));
    session_engine_counts(engine, q->memory);
    return engine->ops->prepare(engine, sql, q->oids, q->noids, out, e);
}

int session_hand_over_own(struct session *s, const char *sql, struct backend_stmt **out, struct err *e)
{
    const struct session_query q = {.text = sql, .memory = &s->memory.all};
    const struct sql_tokens own = sql_tokens_of(str_of(sql));
    return session_hand_over(s, &q, &own, out, e);
}

int session_run_prepared(struct session *s, struct backend_stmt *stmt, struct err *e)
{
    struct backend_portal *portal = NULL;
    assert(stmt);
    int st = s->engine->ops->open(s->engine, stmt, NULL, 0, &portal, e);
    if (st == ST_OK)
        st = s->engine->ops->start(portal, e);
    if (portal)
        s->engine->ops->portal_close(portal);
    return st;
}
