/* EXECUTE: the statement that it names, and its arguments, computed by the engine. Of session/ alone. The
 * session's own thread. */
#ifndef TAVANA_SESSION_BIND_EXECUTE_H
#define TAVANA_SESSION_BIND_EXECUTE_H

#include "base/err.h"

#include <stddef.h>

struct backend_param;
struct backend_portal;
struct backend_stmt;
struct row_stream;
struct session;
struct sql_statement;
struct statement;

struct execute_args {
    const struct sql_statement *command; /* the EXECUTE, parsed */
    struct statement *statement;         /* that is meant; the session's */
    struct backend_param *params;
    size_t n;
    struct backend_stmt *stmt; /* the query that computes them … */
    struct backend_portal *values;
    struct row_stream *stream; /* … whose row they lie in */
};

/* What an EXECUTE names. args: zeroed; lent of the command. 26000, 42601 for another number of arguments. */
int execute_args_find(struct session *s, struct statement *command, struct execute_args *args, struct err *e);
/* Computes them. params are lent until execute_args_release, which a failure needs too. */
int execute_args_evaluate(struct session *s, struct execute_args *args, struct err *e);
/* Gives back what the arguments lie in. */
void execute_args_release(struct session *s, struct execute_args *args);

#endif
