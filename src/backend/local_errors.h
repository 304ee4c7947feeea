/* Errors that constraints of a table have made. Of backend/ alone. Any thread. */
#ifndef TAVANA_BACKEND_LOCAL_ERRORS_H
#define TAVANA_BACKEND_LOCAL_ERRORS_H

#include "base/err.h"

struct local_table;

/* Puts names into an error that a constraint of the table has made: its schema, and the constraint's own name
 * in place of the one that PostgreSQL would have chosen. t NULL: nothing happens. */
void local_errors_explain(const struct local_table *t, struct err *e);

#endif
