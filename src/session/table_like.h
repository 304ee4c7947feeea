/* CREATE TABLE with LIKE: the columns and what else INCLUDING names are written out, and the table is
 * created of that text; then come its indexes and comments. Of session/ alone. The session's own thread. */
#ifndef TAVANA_SESSION_TABLE_LIKE_H
#define TAVANA_SESSION_TABLE_LIKE_H

#include "base/err.h"

#include <stdbool.h>

struct command_result;
struct session;
struct statement;

/* What runs a command of the session's: command_run. */
typedef int table_like_command(struct session *s, struct statement *st, struct command_result *r,
                               struct err *e);

/* done false: the statement, which is a SQL_TABLE, has none. command runs what it becomes. 42601, 42P01
 * for a table that is not there, and what that says. */
int table_like_run(struct session *s, struct statement *st, table_like_command *command,
                   struct command_result *r, bool *done, struct err *e);

#endif
