/* EXPLAIN, which the engine answers in its own way. Of session/ alone. The session's own thread. */
#ifndef TAVANA_SESSION_EXPLAIN_H
#define TAVANA_SESSION_EXPLAIN_H

#include "base/err.h"
#include "sql/rewrite.h"

struct portal;
struct row_desc;
struct session;
struct statement;

/* What the engine is to prepare in place of the statement's text. */
int explain_text(struct session *s, struct statement *st, struct sql_rewritten *out, struct err *e);
/* One column, QUERY PLAN. */
int explain_describe(struct session *s, struct statement *st, struct row_desc **out, struct err *e);
/* The portal's engine portal tells the plan; its rows are the portal's result then. */
int explain_run(struct session *s, struct portal *p, struct err *e);

#endif
