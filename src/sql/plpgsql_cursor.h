/* Cursors of PL/pgSQL as they are written: declared, opened, fetched from. Of sql/plpgsql*.c alone.
 * Pure. Any thread. Source: PostgreSQL 15 manual, 43.7. */
#ifndef TAVANA_SQL_PLPGSQL_CURSOR_H
#define TAVANA_SQL_PLPGSQL_CURSOR_H

#include "sql/plpgsql_parse.h"

/* [[NO] SCROLL] CURSOR [(arguments)] {IS | FOR} query, behind a variable's name. *is: it is one. */
int plpgsql_declare_cursor(struct plpgsql_parsing *p, struct plpgsql_variable *v, bool *is);
/* Behind OPEN, up to its query, if it has one. */
int plpgsql_open(struct plpgsql_parsing *p, struct plpgsql_use **out);
/* Behind FETCH or MOVE, up to INTO. */
int plpgsql_fetch(struct plpgsql_parsing *p, bool moves, struct plpgsql_use **out);
/* Behind CLOSE. */
int plpgsql_close(struct plpgsql_parsing *p, struct plpgsql_use **out);
/* Behind FOR row IN: a name, perhaps with arguments, up to LOOP. NULL: it is no cursor, and nothing is
 * read. */
int plpgsql_for_cursor(struct plpgsql_parsing *p, struct plpgsql_use **out);

#endif
