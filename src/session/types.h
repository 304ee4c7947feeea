/* Enums made, altered and dropped, and types dropped. Of session/ alone. The session's own thread. */
#ifndef TAVANA_SESSION_TYPES_H
#define TAVANA_SESSION_TYPES_H

#include "base/err.h"

struct command_result;
struct session;
struct statement;

/* A statement of SQL_TYPE. */
int types_run(struct session *s, struct statement *st, struct command_result *r, struct err *e);

#endif
