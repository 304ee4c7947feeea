/* SET, RESET and SHOW. Of session/ alone. The session's own thread. */
#ifndef TAVANA_SESSION_SET_H
#define TAVANA_SESSION_SET_H

#include "base/err.h"

#include <stdbool.h>

struct command_result;
struct row_desc;
struct session;
struct sql_set;
struct statement;

/* Whether a SET, RESET or SHOW speaks of a setting of ours or of the server's: else it is the engine's.
 * 42704 for SET and RESET of what the engine does not know either. */
int set_claims(struct session *s, struct statement *st, bool *ours, struct err *e);
/* The columns of SHOW: a reference. */
int show_describe(struct session *s, struct statement *st, struct row_desc **out, struct err *e);
/* Its rows and its tag are in r. */
int show_run(struct session *s, struct statement *st, struct command_result *r, struct err *e);
/* SET and RESET; the tag is in r. */
int set_run(struct session *s, struct statement *st, struct command_result *r, struct err *e);
/* SET, of what the statement said. */
int set_one(struct session *s, const struct sql_set *set, struct err *e);

#endif
