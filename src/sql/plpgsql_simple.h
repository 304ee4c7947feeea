/* Statements of PL/pgSQL that have no others in them. Of sql/plpgsql.c alone. Pure. Any thread. */
#ifndef TAVANA_SQL_PLPGSQL_SIMPLE_H
#define TAVANA_SQL_PLPGSQL_SIMPLE_H

#include "sql/plpgsql_parse.h"

/* From its first token up to its semicolon; what begins with no word of PL/pgSQL is one of SQL. */
int plpgsql_simple(struct plpgsql_parsing *p, struct plpgsql_statement *s);

#endif
