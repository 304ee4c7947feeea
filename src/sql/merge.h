/* The parts of a MERGE, so that it can be asked first which rows it would change twice. Read from tokens.
 * Pure. Any thread. Source: PostgreSQL 15 manual, MERGE. */
#ifndef TAVANA_SQL_MERGE_H
#define TAVANA_SQL_MERGE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "sql/token.h"

#include <stdbool.h>

/* Pieces are lent from the text; n 0: there is none. */
struct sql_merge {
    struct str with;   /* what stands before MERGE */
    struct str target; /* the name, with its alias */
    struct str called; /* what its columns can be qualified with */
    struct str source; /* with its alias */
    struct str on;     /* the condition */
    const char *acts; /* an expression: whether a row of the target is changed that one of the source has been
                          joined to; NULL: none ever is. Of the arena */
};

/* *is: it is one, in a form that is read. 53200 */
int sql_merge_read(struct arena *a, struct sql_tokens sql, struct sql_merge *out, bool *is, struct err *e);

#endif
