/* say() is the one way to the engine here, but for the commit of changes; like that one it takes the
 * connection out of the reach of cancels first. The session forgets its transaction before it ends, so that
 * whatever COMMIT or ROLLBACK answer the session is in none; what is left of it is undone, or ends with a
 * connection that is dropped. */
#include "backend/local_tx.h"

#include "backend/local_call.h"
#include "backend/local_catalog.h"
#include "backend/local_conn.h"
#include "backend/local_priv.h"
#include "backend/local_version.h"

#include <assert.h>

/* ---- what the engine is told; cancels find nothing meanwhile ---- */

static int say(struct local_session *s, const char *sql, struct err *e)
{
    assert(s->main);
    local_running_on(s, NULL);
    return engine_end_transaction(s->main->conn, sql, e);
}

/* Nothing of the transaction is left afterwards, whatever it returns. */
static int undo(struct local_session *s, struct err *e)
{
    struct err why;
    err_init(&why);
    int st = say(s, "ROLLBACK", &why);
    local_catalog_settled(s);
    if (st == ST_OK || why.code == SQLSTATE_NO_ACTIVE_SQL_TRANSACTION)
        return ST_OK;
    bool more = local_conn_drop_main(s); /* the transaction ends with it */
    (void)err_set(e, SQLSTATE_CONNECTION_FAILURE, "the engine could not roll back: %s", why.message);
    err_detail(e, "The session was given a new connection of the engine.%s",
               more ? " Its temporary objects and variables are gone." : "");
    return ST_ERR;
}

/* After something else has failed, which e says: what the rollback has to say goes with that. */
static int undo_after(struct local_session *s, struct err *e)
{
    struct err why;
    err_init(&why);
    if (undo(s, &why) == ST_OK)
        return ST_ERR;
    if (!e->detail[0])
        err_detail(e, "Also, %s. %s", why.message, why.detail);
    else
        err_hint(e, "Also, %s. %s", why.message, why.detail);
    return ST_ERR;
}

/* One that fails leaves a connection that is in none. */
static int begin(struct local_session *s, enum local_tx how, struct err *e)
{
    return say(s, local_tx_begin_text(how), e) == ST_OK ? ST_OK : undo_after(s, e);
}

static int commit(struct local_session *s, bool changes, struct err *e)
{
    local_running_on(s, NULL);
    int st = changes ? local_commit_changes(s->local, s->main->conn, e) : say(s, "COMMIT", e);
    local_catalog_settled(s);
    return st == ST_OK ? ST_OK : undo_after(s, e);
}

/* ---- of one statement ---- */

int local_tx_begin_alone(struct local_session *s, struct err *e)
{
    struct local_conn *c;
    assert(s->tx == LOCAL_TX_NONE);
    TRY(local_claim(s, &c, e));
    TRY(begin(s, LOCAL_TX_OPEN, e));
    s->alone = true;
    local_running_on(s, c);
    return ST_OK;
}

int local_tx_end_alone(struct local_session *s, int st, struct err *e)
{
    s->alone = false;
    return st == ST_OK ? commit(s, true, e) : undo_after(s, e);
}

/* ---- the session's ---- */

static int session_begin(struct local_session *s, enum local_tx how, bool one_snapshot, struct err *e)
{
    struct local_conn *c;
    TRY(local_claim(s, &c, e));
    s->began_at = local_catalog_now(s).all;
    s->transaction++;
    TRY(begin(s, how, e));
    s->tx = how;
    s->wrote = false;
    s->one_snapshot = one_snapshot;
    return ST_OK;
}

void local_tx_writes(struct local_session *s)
{
    s->wrote |= s->tx != LOCAL_TX_NONE;
}

void local_tx_forget(struct local_session *s)
{
    s->tx = LOCAL_TX_NONE;
    s->wrote = false;
}

/* A portal that still streams ends with its transaction. */
static int session_end(struct local_session *s, bool commits, struct err *e)
{
    if (s->tx == LOCAL_TX_NONE) /* it ended before, with its connection or with a COMMIT that failed */
        return ST_OK;
    if (s->on_main) {
        struct err over;
        err_init(&over);
        err_set(&over, SQLSTATE_INVALID_CURSOR_NAME, "the portal ended with its transaction");
        local_conn_fail_user(s, &over);
    }
    bool changes = s->wrote;
    local_tx_forget(s);
    return commits ? commit(s, changes, e) : undo(s, e);
}

int local_tx(struct backend_session *bs, enum backend_tx_op op, struct err *e)
{
    struct local_session *s = (struct local_session *)bs;
    int st = ST_ERR;
    local_enter(s, NULL);
    switch (op) {
    case BACKEND_TX_BEGIN: st = session_begin(s, LOCAL_TX_OPEN, false, e); break;
    case BACKEND_TX_BEGIN_READ_ONLY: st = session_begin(s, LOCAL_TX_READ_ONLY, false, e); break;
    case BACKEND_TX_BEGIN_SNAPSHOT: st = session_begin(s, LOCAL_TX_OPEN, true, e); break;
    case BACKEND_TX_BEGIN_SNAPSHOT_READ_ONLY: st = session_begin(s, LOCAL_TX_READ_ONLY, true, e); break;
    case BACKEND_TX_COMMIT: st = session_end(s, true, e); break;
    case BACKEND_TX_ROLLBACK: st = session_end(s, false, e); break;
    }
    (void)local_leave(s);
    return st;
}
