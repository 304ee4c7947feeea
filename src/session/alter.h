/* ALTER of tables, views, indexes and sequences. Of session/ alone. The session's own thread. */
#ifndef TAVANA_SESSION_ALTER_H
#define TAVANA_SESSION_ALTER_H

#include "base/err.h"

struct command_result;
struct relation;
struct session;
struct statement;

/* All actions or none. The engine alters no table that has an index: those are dropped and made again. */
int alter_run(struct session *s, struct statement *command, struct command_result *r, struct err *e);

#endif
