#include "backend/local_state.h"

#include <assert.h>

#define TO(state) (1U << LOCAL_##state)

/* From each state, those that may follow it. A portal that has failed may fail again: what is found out last
 * about the reason is what it tells. */
static const unsigned follow[LOCAL_STATES] = {
    /* A statement without rows, or with none that it returns, is complete at once. The kept row of a SELECT
     * of literals, and a slice of another portal, are put down from the start. */
    [LOCAL_NEW] = TO(STREAMS_TYPED) | TO(STREAMS_ENCODED) | TO(PUT_DOWN) | TO(COMPLETE) | TO(FAILED),
    [LOCAL_STREAMS_TYPED] = TO(STREAMS_KEPT) | TO(COMPLETE) | TO(FAILED),
    [LOCAL_STREAMS_ENCODED] = TO(STREAMS_TYPED) | TO(COMPLETE) | TO(FAILED),
    [LOCAL_STREAMS_KEPT] = TO(PUT_DOWN) | TO(FAILED),
    [LOCAL_PUT_DOWN] = TO(FAILED),
    [LOCAL_COMPLETE] = TO(FAILED),
    [LOCAL_FAILED] = TO(FAILED),
};

bool local_state_may_follow(enum local_state from, enum local_state to)
{
    assert(from < LOCAL_STATES && to < LOCAL_STATES);
    return follow[from] & TO(NEW) << to;
}
