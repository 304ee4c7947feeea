/* What is kept of a function or procedure, in the comment of its macro. Of session/ alone. The session's
 * own thread. Strings are of the message's arena. */
#ifndef TAVANA_SESSION_FUNCTION_KEPT_H
#define TAVANA_SESSION_FUNCTION_KEPT_H

#include "base/err.h"

#include <stdbool.h>

struct session;
struct sql_function_name;

/* What COMMENT ON FUNCTION has said, "RS F", and fields between unit separators: identity, arguments,
 * result, numbers of the types of a call, numbers, modes and names of all, number of the result, whether
 * rows, volatility, whether strict, how many defaults, the source, the language, p for a procedure, else
 * f, and a where it runs by itself alone. sql/catalog_functions.inc reads them. */
#define FUNCTION_KEPT                                                                                        \
    "\x1e"                                                                                                   \
    "F"
#define FUNCTION_UNIT "\x1f"
/* What the macro of one that runs by itself alone reads from: each session's own, which is not there. */
#define FUNCTION_ALONE "temp.main.function_that_runs_alone"

/* What the engine has of a name. */
struct function_kept {
    bool scalar, table;
    bool kept; /* it is one of ours: */
    bool procedure, alone;
    const char *identity, *arguments, *result, *oids, *source, *language;
    const char *declaration; /* from its RS on, as the comment has it */
    bool in_table;           /* which is that of the table macro */
    const char *comment;     /* what COMMENT ON has said; NULL: nothing */
};

/* A function's name, its schema as the engine calls it, and both as SQL. */
int function_name_read(struct session *s, const struct sql_function_name *n, const char **schema,
                       const char **name, const char **full, struct err *e);
/* What the one column is called of a user's function that gives values of one type, where a statement
 * calls it by its name as it is written: as SQL, of an OUT argument, or "*" where none says so. NULL: it is
 * no such function. */
const char *function_column(struct session *s, const char *written);
int function_kept_find(struct session *s, const char *schema, const char *name, struct function_kept *out,
                       struct err *e);

#endif
