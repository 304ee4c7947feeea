/* The type that a column of a table has. Of session/ alone. The session's own thread. */
#ifndef TAVANA_SESSION_COLUMN_TYPE_H
#define TAVANA_SESSION_COLUMN_TYPE_H

#include "base/err.h"
#include "base/str.h"

struct session;

/* type: table.column, as the client writes it; then PostgreSQL's name of that column's type, of the message's
 * arena. 42601, 42P01, 42703 */
int column_type_like(struct session *s, struct str *type, struct err *e);

#endif
