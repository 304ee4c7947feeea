/* A straight-line body of PL/pgSQL as one query: each value that a variable has is a column of a query that
 * the next one reads from, or stands in its place where it is short and calls nothing. A statement in a
 * branch is a CASE on the branch's condition. The query grows with the body, not with what is in the
 * variables. Pure. Any thread. */
#ifndef TAVANA_SQL_PLPGSQL_QUERY_H
#define TAVANA_SQL_PLPGSQL_QUERY_H

#include "base/arena.h"
#include "base/err.h"
#include "sql/function.h"
#include "sql/plpgsql.h"

enum {
    PLPGSQL_LEVELS_MAX = 50,        /* of values that need one another; more is 54001 */
    PLPGSQL_QUERY_MAX = 256 * 1024, /* bytes of the query; more is 54001 */
};

/* What f->body shall be: arguments are called $1 …, as those of a call are numbered. rows: it returns rows of
 * a table. name: the function's. Types that are `like` another have been looked up. 0A000 for what only a
 * session can do: statements that write, notices, cursors. 42601, 42804, 22005, 42P13, 54001, 53200. */
int plpgsql_query(struct arena *a, const struct sql_function *f, const char *name, bool rows,
                  const char **out, struct err *e);

#endif
