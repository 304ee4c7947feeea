/* What ties a session to its worker: what is there and nowhere else. It decides whether the session may go
 * elsewhere at will, and what is lost when the worker is. The transaction is one state:
 *
 *   state             what it means                            begin   wrote   lost            over
 *   ROUTE_TX_NONE     no transaction                           OPEN    NONE    NONE            NONE
 *   ROUTE_TX_OPEN     has only read                            -       WROTE   OPEN or LOST    NONE
 *   ROUTE_TX_WROTE    has, or may have, changed something      -       WROTE   LOST            NONE
 *   ROUTE_TX_LOST     was lost: only its end is of use         -       -       LOST            NONE
 *
 * OPEN stays OPEN when its worker is lost only if another worker can begin it anew (route_ties_can_move).
 * Beside the transaction there are pinned objects (temporary tables, variables), which no other worker has,
 * and portals whose rows are still to come. Pure: no locks, no calls. One thread at a time. */
#ifndef TAVANA_ROUTE_ROUTE_TIES_H
#define TAVANA_ROUTE_ROUTE_TIES_H

#include "backend/backend.h"

enum route_tx { ROUTE_TX_NONE, ROUTE_TX_OPEN, ROUTE_TX_WROTE, ROUTE_TX_LOST };

struct route_ties {
    enum route_tx tx;
    enum backend_tx_op begun; /* how the transaction began */
    bool pinned;
    unsigned portals;
};

/* The worker has begun a transaction in the way of op. */
void route_ties_begun(struct route_ties *t, enum backend_tx_op op);
/* Something is about to change what outlives the statement. Outside a transaction that ties nothing. */
void route_ties_wrote(struct route_ties *t);
/* The transaction has come to its end, whichever. */
void route_ties_over(struct route_ties *t);
/* The session made something that no other worker has; and all of that was discarded. */
void route_ties_pin(struct route_ties *t);
void route_ties_unpin(struct route_ties *t);
/* A portal has rows to come there; and it has gone. */
void route_ties_add_portal(struct route_ties *t);
void route_ties_drop_portal(struct route_ties *t);
/* The worker is lost, and what was pinned there with it. */
void route_ties_lost(struct route_ties *t);

/* Whether nothing would be lost by going elsewhere. */
bool route_ties_are_none(const struct route_ties *t);
/* Whether another worker can take over what there is but for portals: a transaction that has only read, each
 * of whose statements sees what is committed by then, can be begun there. */
bool route_ties_can_move(const struct route_ties *t);
/* Whether a transaction has begun that has not been ended, be it lost. */
bool route_ties_in_tx(const struct route_ties *t);

#endif
