/* What a session does, for others to see: pg_stat_activity. The session's own thread, but
 * for activities_as_sql's look at the others, which has the server's lock and then theirs.
 *
 * As in PostgreSQL, the text of a statement is shown to its own user alone, cut to ACTIVITY_TEXT_MAX. */
#ifndef TAVANA_SESSION_ACTIVITY_H
#define TAVANA_SESSION_ACTIVITY_H

#include "base/str.h"

#include <stddef.h>
#include <stdint.h>

struct session;

enum { ACTIVITY_TEXT_MAX = 1024, ACTIVITY_NAME_MAX = 64 };

enum activity_state { ACTIVITY_NONE, ACTIVITY_ACTIVE, ACTIVITY_IDLE, ACTIVITY_IN_BLOCK, ACTIVITY_FAILED };

/* With shared.lock. Times are since 1970; 0: none. */
struct activity {
    enum activity_state state;
    int64_t backend_us, transaction_us, query_us, state_us;
    char application[ACTIVITY_NAME_MAX];
    size_t text_len, text_room;
    char *text; /* grows with the statements, up to ACTIVITY_TEXT_MAX */
};

/* It has said who it is. */
void activity_start(struct session *s);
/* It works on this text. */
void activity_begin(struct session *s, struct str text);
/* It has answered. With shared.lock. */
void activity_end(struct session *s);
/* The session ends, and nobody sees it any more. */
void activity_release(struct activity *a);
/* All sessions of the server as an expression in the session's message arena; NULL without memory. */
const char *activities_as_sql(struct session *s);

#endif
