/* CREATE FUNCTION as macros of the engine, CREATE PROCEDURE (procedure.h), and DROP of both. Of session/
 * alone. The session's own thread. */
#ifndef TAVANA_SESSION_FUNCTION_H
#define TAVANA_SESSION_FUNCTION_H

#include "base/err.h"

struct command_result;
struct session;
struct statement;

/* All or nothing. 42723, 42P13, 42883, 42704 and what the body says as in PostgreSQL; 0A000: two functions of
 * one name, and what sql/function.h refuses. */
int function_run(struct session *s, struct statement *st, struct command_result *r, struct err *e);

#endif
