/* PostgreSQL's tree of one short command. Of sql/ alone. */
#ifndef TAVANA_SQL_TREE_PRIV_H
#define TAVANA_SQL_TREE_PRIV_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

#include <pg_query/pg_query.pb-c.h>

/* The one command of text; it lies in the arena. 42601 with its position in characters of text, 54000 beyond
 * SQL_COMMAND_MAX, 53200. */
int sql_tree(struct arena *a, struct str text, PgQuery__Node **out, struct err *e);

#endif
