#include "route/route_ties.h"

#include <assert.h>

static bool is_begin(enum backend_tx_op op)
{
    return op != BACKEND_TX_COMMIT && op != BACKEND_TX_ROLLBACK;
}

void route_ties_begun(struct route_ties *t, enum backend_tx_op op)
{
    assert(t->tx == ROUTE_TX_NONE && is_begin(op));
    t->tx = ROUTE_TX_OPEN;
    t->begun = op;
}

void route_ties_wrote(struct route_ties *t)
{
    assert(t->tx != ROUTE_TX_LOST);
    if (t->tx == ROUTE_TX_OPEN)
        t->tx = ROUTE_TX_WROTE;
}

void route_ties_over(struct route_ties *t)
{
    t->tx = ROUTE_TX_NONE;
}

void route_ties_pin(struct route_ties *t)
{
    t->pinned = true;
}

void route_ties_unpin(struct route_ties *t)
{
    t->pinned = false;
}

void route_ties_add_portal(struct route_ties *t)
{
    t->portals++;
}

void route_ties_drop_portal(struct route_ties *t)
{
    assert(t->portals > 0);
    t->portals--;
}

/* Pinned objects are gone for good, and a transaction that relied on them or on what it had written cannot be
 * made again on another worker. */
void route_ties_lost(struct route_ties *t)
{
    if (route_ties_in_tx(t) && !route_ties_can_move(t))
        t->tx = ROUTE_TX_LOST;
    t->pinned = false;
}

bool route_ties_are_none(const struct route_ties *t)
{
    return t->tx == ROUTE_TX_NONE && !t->pinned && t->portals == 0;
}

/* A transaction with one snapshot for all of its statements would see a later one on the next worker. */
bool route_ties_can_move(const struct route_ties *t)
{
    bool plain = t->begun == BACKEND_TX_BEGIN || t->begun == BACKEND_TX_BEGIN_READ_ONLY;
    return !t->pinned && (t->tx == ROUTE_TX_NONE || (t->tx == ROUTE_TX_OPEN && plain));
}

bool route_ties_in_tx(const struct route_ties *t)
{
    return t->tx != ROUTE_TX_NONE;
}
