/* The states of what workers may have died of (poison.h: a shape or a text), and what leads from one to
 * another: the table is in poison_state.c.
 *
 *   state              what is known of it
 *   POISON_FREE        nothing: the entry is free
 *   POISON_SUSPECTED   a worker died under it, where others ran as well
 *   POISON_ALONE       a worker died under it while it had the seat: it alone can be to blame for that one
 *   POISON_CONVICTED   it was refused in that state, and those that shared its deaths were acquitted
 *   POISON_WENT_ON     it gave rows for a proof time behind the point where it had died: the next death is a
 *                      relapse, which makes the proof time longer
 *   POISON_ENDED       nothing speaks against it now, but its relapses are remembered
 *
 * The functions are pure: any thread. */
#ifndef TAVANA_ROUTE_POISON_STATE_H
#define TAVANA_ROUTE_POISON_STATE_H

#include <stdbool.h>

enum poison_state {
    POISON_FREE,
    POISON_SUSPECTED,
    POISON_ALONE,
    POISON_CONVICTED,
    POISON_WENT_ON,
    POISON_ENDED,
    POISON_STATES, /* how many there are */
};

enum poison_event {
    POISON_DIED,        /* a worker died under it */
    POISON_DIED_ALONE,  /* the same, while it had the seat */
    POISON_IS_JUDGED,   /* it is refused, and all that were there have told of the death */
    POISON_HAS_GONE_ON, /* a run has given rows for a proof time */
    POISON_HAS_ENDED,   /* a run has come to a good end */
    POISON_ACQUITTED,   /* its last death is another's, or was none */
    POISON_EVENTS,      /* how many there are */
};

/* The state after the event; POISON_STATES: it cannot come in this state. */
enum poison_state poison_state_after(enum poison_state s, enum poison_event ev);

/* Whether deaths are held against it. */
static inline bool poison_state_is_suspected(enum poison_state s)
{
    return s == POISON_SUSPECTED || s == POISON_ALONE || s == POISON_CONVICTED;
}

/* Whether one of its deaths came while it had the seat. */
static inline bool poison_state_was_alone(enum poison_state s)
{
    return s == POISON_ALONE || s == POISON_CONVICTED;
}

#endif
