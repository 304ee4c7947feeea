/* Variables in an expression or a query of PL/pgSQL: what stands where PostgreSQL would read a column. Where
 * a column of a table has a variable's name too, PostgreSQL says that it is ambiguous; here it is the
 * variable. Pure. Any thread. */
#ifndef TAVANA_SQL_PLPGSQL_NAMES_H
#define TAVANA_SQL_PLPGSQL_NAMES_H

#include "base/buf.h"
#include "base/str.h"

#include <stdbool.h>

struct plpgsql_names {
    void *arg;
    /* What is put in place of a variable, lent until the next call. label: "" or what stands before the dot;
     * name: folded, or "$1". false: it is no variable. */
    bool (*find)(void *arg, const char *label, const char *name, struct str *out);
};

struct plpgsql_facts {
    bool calls; /* there is a function, or a query in brackets: it may be another value each time */
    bool found; /* there was a variable */
};

/* The text with what find says in place of each variable. Failures of memory are the buffer's. */
void plpgsql_put(struct buf *b, struct str text, const struct plpgsql_names *names,
                 struct plpgsql_facts *facts);

#endif
