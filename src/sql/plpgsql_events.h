/* What ends a call of a function in PL/pgSQL or makes a row of it. Of sql/plpgsql_*.c alone. Pure. Any
 * thread. */
#ifndef TAVANA_SQL_PLPGSQL_EVENTS_H
#define TAVANA_SQL_PLPGSQL_EVENTS_H

#include "sql/plpgsql.h"
#include "sql/plpgsql_values.h"

/* RETURN without an expression, of OUT arguments as they are now, or of void. */
int plpgsql_add_outputs(struct plpgsql_compiling *c);
/* An error: 'SQLSTATE … message', as a literal. */
int plpgsql_fail(struct plpgsql_compiling *c, const char *literal);
/* RAISE, RETURN, RETURN NEXT and RETURN QUERY. 42804, 42601, 0A000. */
int plpgsql_raise(struct plpgsql_compiling *c, const struct plpgsql_statement *s);
int plpgsql_return(struct plpgsql_compiling *c, const struct plpgsql_statement *s);
int plpgsql_return_next(struct plpgsql_compiling *c, const struct plpgsql_statement *s);
int plpgsql_return_query(struct plpgsql_compiling *c, const struct plpgsql_statement *s);

/* The query: one row, of each column what the first event says whose path was taken; or rows of all of
 * them. */
void plpgsql_put_row(const struct plpgsql_compiling *c, struct buf *b);
void plpgsql_put_rows(const struct plpgsql_compiling *c, struct buf *b);

#endif
