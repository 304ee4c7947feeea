/* BEGIN, COMMIT and ROLLBACK of a session's engine connection. Nobody else says them: the session's own
 * transactions, a statement outside one and COPY all come here.
 *
 * None of the three can be interrupted, whoever asks: while one of them runs a cancel finds no connection of
 * the session. One that came just before is forgotten by the engine with the next statement that it starts,
 * which is ours. So a transaction is committed exactly when its COMMIT says so, and whatever is told of a
 * statement outside a transaction is what has become of it.
 *
 * A COMMIT that fails is rolled back. A connection on which ROLLBACK fails is in a state that nobody knows:
 * it is dropped, which ends the transaction too, and the session goes on with a new one. What only the old
 * one knew (temporary objects, variables) is gone then; the error says so. */
#ifndef TAVANA_BACKEND_LOCAL_TX_H
#define TAVANA_BACKEND_LOCAL_TX_H

#include "backend/backend.h"

struct local_session;

/* What the session's transaction is to the engine. */
enum local_tx { LOCAL_TX_NONE, LOCAL_TX_OPEN, LOCAL_TX_READ_ONLY };

/* backend_ops.tx */
int local_tx(struct backend_session *s, enum backend_tx_op op, struct err *e);

/* A statement that changes data is about to run in the session's transaction: it is committed as one that
 * does. Outside of one nothing happens. */
void local_tx_writes(struct local_session *s);
/* The transaction ended with its connection, of which the engine knows nothing any more. */
void local_tx_forget(struct local_session *s);

/* Inside a call, outside a transaction: one for a single statement. */
int local_tx_begin_alone(struct local_session *s, struct err *e);
/* Its end, when the statement has ended with st: ST_OK commits. Nothing of it streams any more. ST_ERR: it
 * was rolled back, and e says why: the statement's own error, or the COMMIT's. */
int local_tx_end_alone(struct local_session *s, int st, struct err *e);

/* How the engine is told of one, LOCAL_TX_NONE excepted: on the main connection here, on a new one that
 * joins in local_conn.c. */
static inline const char *local_tx_begin_text(enum local_tx how)
{
    return how == LOCAL_TX_READ_ONLY ? "BEGIN TRANSACTION READ ONLY" : "BEGIN TRANSACTION";
}

#endif
