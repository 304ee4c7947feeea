/* A text that the engine prepares as it is: the last step of session_prepare, and all of it for the session's
 * own statements. Of session/ alone. The session's own thread. */
#ifndef TAVANA_SESSION_HAND_OVER_H
#define TAVANA_SESSION_HAND_OVER_H

#include "base/err.h"

struct backend_stmt;
struct session;
struct session_query;
struct sql_tokens;

/* q: what it is prepared for. *out: the caller's. */
int session_hand_over(struct session *s, const struct session_query *q, const struct sql_tokens *sql,
                      struct backend_stmt **out, struct err *e);
/* The session's own, which nobody judges or rewrites; counts against the session's memory. */
int session_hand_over_own(struct session *s, const char *sql, struct backend_stmt **out, struct err *e);
/* Runs what has been prepared, which stays; nobody wants its rows. */
int session_run_prepared(struct session *s, struct backend_stmt *stmt, struct err *e);

#endif
