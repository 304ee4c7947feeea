/* The macros that a function becomes. Of session/ alone. The session's own thread. */
#ifndef TAVANA_SESSION_FUNCTION_TEXT_H
#define TAVANA_SESSION_FUNCTION_TEXT_H

#include "base/err.h"
#include "sql/function.h"

struct session;

/* What a function is made with. */
struct function_made {
    const struct sql_function *f;
    const char *name, *full; /* the name, and with its schema as SQL */
    const char *rows_of;     /* the relation that it returns rows of, as the client calls it; NULL: none */
    bool table;              /* it makes rows: a table macro */
    size_t n, ninitial; /* arguments of a call; how many of them have defaults, which are the last ones */
    const struct sql_argument *arguments[SQL_FUNCTION_ARGUMENTS_MAX];
};

/* CREATE MACRO …, in the engine's words, one overload for each number of arguments that a call may have.
 * 42P02: $n that there is not; what session_lead says. */
int function_text(struct session *s, const struct function_made *m, const char **out, struct err *e);

#endif
