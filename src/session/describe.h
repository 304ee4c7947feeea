/* What is known of a statement before it runs. Of session/ alone. The session's own thread. */
#ifndef TAVANA_SESSION_DESCRIBE_H
#define TAVANA_SESSION_DESCRIBE_H

#include "base/err.h"

#include <stdbool.h>

struct row_desc;
struct session;
struct statement;

/* Whether it is the session's or, as SET of an engine's setting is, the engine's. */
int command_claims(struct session *s, struct statement *st, bool *ours, struct err *e);
/* *out: the columns of its result, a reference; NULL: none. */
int command_describe(struct session *s, struct statement *st, struct row_desc **out, struct err *e);

#endif
