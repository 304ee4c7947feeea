/* Statements that are several for the engine. Of session/ alone. The session's own thread. */
#ifndef TAVANA_SESSION_SEVERAL_H
#define TAVANA_SESSION_SEVERAL_H

#include "base/err.h"

struct command_result;
struct session;
struct statement;

/* CREATE TABLE with serial columns: their sequences first. */
int table_run(struct session *s, struct statement *command, struct command_result *r, struct err *e);
/* DROP of several, and others whose parts the engine takes one by one. */
int several_run(struct session *s, struct statement *command, struct command_result *r, struct err *e);

#endif
