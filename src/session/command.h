/* Statements that the session answers itself. Of session/ alone. The session's own thread. */
#ifndef TAVANA_SESSION_COMMAND_H
#define TAVANA_SESSION_COMMAND_H

#include "base/err.h"

#include <stdbool.h>

struct command_result;
struct row_desc;
struct session;
struct sql_set;
struct sql_statement;

/* Whether it is the session's or, as SET of an engine's setting is, the engine's. */
int command_claims(struct session *s, const struct sql_statement *sql, bool *ours, struct err *e);
/* *out: the columns of its result, a reference; NULL: none. */
int command_describe(struct session *s, const struct sql_statement *sql, struct row_desc **out,
                     struct err *e);
/* Runs it; its rows, if any, and its tag are in r. */
int command_run(struct session *s, const struct sql_statement *sql, struct command_result *r, struct err *e);
/* Frees what r holds. */
void command_result_release(struct command_result *r);
/* SET, of what the statement said. */
int command_set(struct session *s, const struct sql_set *set, struct err *e);

#endif
