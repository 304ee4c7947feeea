/* SELECT of functions whose state is the session's or the server's: see sql/calls.h. Of session/ alone. The
 * session's own thread. */
#ifndef TAVANA_SESSION_CALLS_H
#define TAVANA_SESSION_CALLS_H

#include "base/err.h"

struct portal;
struct session;
struct sql_rewritten;
struct statement;

/* The query that gives the calls' arguments. */
int calls_text(struct session *s, struct statement *st, struct sql_rewritten *out, struct err *e);
/* Sees to st->desc, once st->engine is that query. */
int calls_describe(struct session *s, struct statement *st, struct err *e);
/* Runs the query to its end, then calls for each row; p->result has the rows. */
int calls_run(struct session *s, struct portal *p, struct err *e);

#endif
