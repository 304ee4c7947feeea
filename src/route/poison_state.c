#include "route/poison_state.h"

#include <assert.h>

#define TO(state) (1 + POISON_##state) /* 0 is left for what cannot come */

/* POISON_ENDED without relapses to remember is POISON_FREE: the owner of the entry frees it then. */
static const unsigned char after[POISON_STATES][POISON_EVENTS] = {
    [POISON_FREE] = {[POISON_DIED] = TO(SUSPECTED), [POISON_DIED_ALONE] = TO(ALONE)},
    [POISON_SUSPECTED] = {[POISON_DIED] = TO(SUSPECTED),
                          [POISON_DIED_ALONE] = TO(ALONE),
                          [POISON_HAS_GONE_ON] = TO(WENT_ON),
                          [POISON_HAS_ENDED] = TO(ENDED),
                          [POISON_ACQUITTED] = TO(ENDED)},
    /* What was seen of it alone stays true, whatever it dies of beside others later. */
    [POISON_ALONE] = {[POISON_DIED] = TO(ALONE),
                      [POISON_DIED_ALONE] = TO(ALONE),
                      [POISON_IS_JUDGED] = TO(CONVICTED),
                      [POISON_HAS_GONE_ON] = TO(WENT_ON),
                      [POISON_HAS_ENDED] = TO(ENDED),
                      [POISON_ACQUITTED] = TO(ENDED)},
    [POISON_CONVICTED] = {[POISON_DIED] = TO(CONVICTED),
                          [POISON_DIED_ALONE] = TO(CONVICTED),
                          [POISON_HAS_GONE_ON] = TO(WENT_ON),
                          [POISON_HAS_ENDED] = TO(ENDED),
                          [POISON_ACQUITTED] = TO(ENDED)},
    [POISON_WENT_ON] = {[POISON_DIED] = TO(SUSPECTED), [POISON_DIED_ALONE] = TO(ALONE)},
    [POISON_ENDED] = {[POISON_DIED] = TO(SUSPECTED), [POISON_DIED_ALONE] = TO(ALONE)},
};

enum poison_state poison_state_after(enum poison_state s, enum poison_event ev)
{
    assert(s < POISON_STATES && ev < POISON_EVENTS);
    const unsigned char to = after[s][ev];
    return to ? (enum poison_state)(to - 1) : POISON_STATES;
}
