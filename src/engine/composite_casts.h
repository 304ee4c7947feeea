/* Casts between text and composite types, in PostgreSQL's forms: (1,"a b",). Of engine/ alone. Any thread. */
#ifndef TAVANA_ENGINE_COMPOSITE_CASTS_H
#define TAVANA_ENGINE_COMPOSITE_CASTS_H

#include "base/err.h"

#include <duckdb.h>

struct engine_conn;

/* Makes those of one type known, a STRUCT with its alias; again: they take the place of the others. XX000,
 * 53200. They outlive the database. */
int composite_casts_register(struct engine_conn *c, duckdb_logical_type type, struct err *e);

#endif
