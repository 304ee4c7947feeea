/* COPY TO STDOUT. Of session/ alone. The session's own thread. */
#ifndef TAVANA_SESSION_COPY_OUT_H
#define TAVANA_SESSION_COPY_OUT_H

#include "base/err.h"

struct command_result;
struct session;
struct sql_statement;

/* sql: a COPY that has been parsed. Sends the rows of the table or the query between CopyOutResponse and
 * CopyDone. */
int copy_out_run(struct session *s, const struct sql_statement *sql, struct command_result *r, struct err *e);

#endif
