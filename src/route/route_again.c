/* A call of the seam is asked for in a loop: when it fails because its worker is lost, route_try_again says
 * whether the next worker is asked. It is when the call only reads, all that the session had there can be
 * made anew, and tries are left: few for workers that were cut off, more for workers that died, since there
 * the blame (route_blame.c) keeps a statement from killing one after the other. */
#include "route/route_again.h"

#include "route/route_priv.h"

#include "base/metric.h"
#include "route/gate.h"
#include "route/route_place.h"

#include <assert.h>

const char route_pinned_is_gone[] = "Temporary objects and variables of this session are gone.";

/* The monitor repeats a cancel every few milliseconds for as long as the statement runs, so that one which is
 * meant for this call comes again after the flag was reset here (session/monitor.c). */
void route_begin(struct route_session *s, struct route_stmt *stmt, struct route_portal *portal)
{
    assert(!s->copy); /* until it is closed nothing else of the session runs */
    s->tries = s->spared = 0;
    route_suspect(s, stmt, portal);
    atomic_store(&s->ticket.cancelled, false);
}

void route_came_on(struct route_session *s)
{
    s->tries = s->spared = 0;
}

/* The first error after a loss says what the client has to make anew; from the next one on it is
 * forgotten. */
static void say_what_is_gone(const struct route_session *s, struct err *e)
{
    const bool in_tx = route_ties_in_tx(&s->ties), pinned = s->ties.pinned;
    e->detail[0] = '\0';
    if (in_tx && pinned)
        err_detail(e, "The transaction has been rolled back. %s", route_pinned_is_gone);
    else if (in_tx)
        err_detail(e, "The transaction has been rolled back.");
    else if (pinned)
        err_detail(e, "%s", route_pinned_is_gone);
}

/* Whether it has been tried often enough. Who is to blame for a death is looked into apart. */
static bool is_tired(struct route_session *s, bool died)
{
    return died ? ++s->spared > ROUTE_SPARED : ++s->tries > ROUTE_TRIES;
}

/* Whether the call may be repeated as far as the session goes: what it has on the worker can be made anew,
 * nobody wants the call to end, and the worker has not lied, which another one could as well. */
static bool may_repeat(const struct route_session *s, bool reads, const struct err *e)
{
    return reads && route_ties_can_move(&s->ties) && e->code != SQLSTATE_QUERY_CANCELED &&
           !rpc_session_has_lied(s->on);
}

/* The session has left; what died of itself is told why, what did not may have to wait for its turn. A death
 * is judged when all that were on the worker have told of it. */
static bool admit_again(struct route_session *s, bool died, struct err *e)
{
    err_init(e);
    if (died && workers_pause(s->route->workers, &s->ticket, (int64_t)POISON_SETTLE_MS * 1000, e) != ST_OK)
        return false;
    if (route_admit(s, e) != ST_OK)
        return false;
    metric_add(METRIC_STATEMENTS_RETRIED, 1);
    return true;
}

/* The order matters: who is to blame is noted while the session still knows its worker, what is gone is said
 * while it is still tied, and only then the session leaves. */
bool route_try_again(struct route_session *s, bool reads, struct err *e)
{
    if (!s->on || !rpc_session_is_lost(s->on)) {
        route_failed(s);
        return false;
    }
    metric_add(METRIC_WORKERS_LOST, 1);
    const bool died = rpc_session_has_died(s->on);
    if (died)
        route_blame(s);
    bool again = may_repeat(s, reads, e);
    if (again && is_tired(s, died)) {
        e->detail[0] = '\0';
        err_detail(e, "It has been tried on %u workers.", s->tries + s->spared);
        again = false;
    } else if (!again)
        say_what_is_gone(s, e);
    route_ties_lost(&s->ties);
    route_leave(s);
    assert(!again || route_ties_can_move(&s->ties));
    return again && admit_again(s, died, e);
}

int route_ask(struct route_session *s, route_question ask, void *arg, struct err *e)
{
    int st;
    do {
        TRY(route_settle(s, e));
        assert(s->on);
        st = ask(s, arg, e);
    } while (st == ST_ERR && route_try_again(s, true, e));
    return st;
}
