/* Materialized views, and SELECT INTO. Of session/ alone. The session's own thread. */
#ifndef TAVANA_SESSION_MATVIEW_H
#define TAVANA_SESSION_MATVIEW_H

#include "base/err.h"

struct command_result;
struct session;
struct statement;

int matview_run(struct session *s, struct statement *st, struct command_result *r, struct err *e);

#endif
