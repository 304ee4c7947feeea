/* INSERT INTO t SELECT … with fewer columns than the table has: PostgreSQL fills the first ones, and the
 * others with their defaults. The engine wants a list of the columns then, and so does what looks after
 * columns that take no value (sql/assign.h): with too many values all are listed. Of session/ alone. The
 * session's own thread. Source: PostgreSQL 15 manual, INSERT, column_name. */
#ifndef TAVANA_SESSION_INSERT_LIST_H
#define TAVANA_SESSION_INSERT_LIST_H

#include <stdbool.h>

struct session;
struct sql_tokens;
struct edits;
struct err;

/* The engine has refused sql with e. Puts a list of the first columns behind the name of the table;
 * false: it was not refused for that, or the table has no such columns, or there is no memory. */
bool insert_list_put(struct session *s, const struct sql_tokens *sql, const struct err *e,
                     struct edits *edits);
/* The engine's words about an INSERT with too many values, or too few for its list, as PostgreSQL's. */
void insert_list_explain(struct err *e);

#endif
