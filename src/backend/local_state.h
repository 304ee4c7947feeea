/* The states of a portal of the local backend, and which may follow which: the table is in local_state.c.
 *
 *   state                   where its rows come from
 *   LOCAL_NEW               nothing has run
 *   LOCAL_STREAMS_TYPED     chunks of what the engine runs
 *   LOCAL_STREAMS_ENCODED   rows that the engine's pipeline has encoded
 *   LOCAL_STREAMS_KEPT      as LOCAL_STREAMS_TYPED, and each chunk is put down as well: the portal scrolls,
 *                           or is being put down a piece at a time
 *   LOCAL_PUT_DOWN          all of them lie here, to be read at any position; the engine has no part in it
 *   LOCAL_COMPLETE          the last row was read; there are none any more
 *   LOCAL_FAILED            nowhere: every call repeats the error
 *
 * The functions are pure: any thread. */
#ifndef TAVANA_BACKEND_LOCAL_STATE_H
#define TAVANA_BACKEND_LOCAL_STATE_H

#include <stdbool.h>

enum local_state {
    LOCAL_NEW,
    LOCAL_STREAMS_TYPED,
    LOCAL_STREAMS_ENCODED,
    LOCAL_STREAMS_KEPT,
    LOCAL_PUT_DOWN,
    LOCAL_COMPLETE,
    LOCAL_FAILED,
    LOCAL_STATES, /* how many there are */
};

/* Whether a portal in state `from` may go over to state `to`. */
bool local_state_may_follow(enum local_state from, enum local_state to);

/* Whether rows still come from the engine: the portal occupies a connection. */
static inline bool local_state_streams(enum local_state s)
{
    return s == LOCAL_STREAMS_TYPED || s == LOCAL_STREAMS_ENCODED || s == LOCAL_STREAMS_KEPT;
}

/* Whether rows lie here that were put down. */
static inline bool local_state_keeps(enum local_state s)
{
    return s == LOCAL_STREAMS_KEPT || s == LOCAL_PUT_DOWN;
}

/* Whether the end of the result is known: backend_portal.complete of one that has not failed. */
static inline bool local_state_is_over(enum local_state s)
{
    return s == LOCAL_PUT_DOWN || s == LOCAL_COMPLETE;
}

#endif
