/* DO: a block of PL/pgSQL that is run at once. Pure. Any thread. Source: PostgreSQL 15 manual, DO. */
#ifndef TAVANA_SQL_BLOCK_H
#define TAVANA_SQL_BLOCK_H

#include "sql/plpgsql.h"

struct sql_statement;

/* 42601, 42704 for another language, and what plpgsql_read says. */
int sql_parse_block(struct arena *a, const struct sql_statement *s, struct plpgsql_block **out,
                    struct err *e);

#endif
