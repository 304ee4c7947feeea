/* Commands of sql/utility.h. Of session/ alone. The session's own thread. */
#ifndef TAVANA_SESSION_UTILITY_H
#define TAVANA_SESSION_UTILITY_H

#include "base/err.h"

struct command_result;
struct session;
struct statement;

int utility_run(struct session *s, struct statement *st, struct command_result *r, struct err *e);

#endif
