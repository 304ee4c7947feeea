/* PREPARE and EXECUTE, by tokens: what they hold is the engine's SQL, which PostgreSQL's parser need not
 * know. 42601 with its position in characters of s->text, 54000, 53200. Pure. Any thread. */
#ifndef TAVANA_SQL_PREPARE_H
#define TAVANA_SQL_PREPARE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

#include <stddef.h>

struct sql_statement;

struct sql_prepare { /* PREPARE name (types) AS query */
    const char *name;
    struct str query; /* lent from the statement's text */
    size_t ntypes;
    const char *const *types; /* as written, "int4", "numeric(10, 2)" …; pgtype turns them into OIDs */
};

struct sql_execute { /* EXECUTE name (values) */
    const char *name;
    size_t nvalues;
    const struct str *values; /* source text of each expression, lent */
};

struct sql_rewritten;

/* Of a statement of kind SQL_PREPARE. */
int sql_parse_prepare(struct arena *a, const struct sql_statement *s, struct sql_prepare *out, struct err *e);
/* Of a statement of kind SQL_EXECUTE. */
int sql_parse_execute(struct arena *a, const struct sql_statement *s, struct sql_execute *out, struct err *e);

/* The query of one row that computes the values: SELECT (value), … in place of the statement's text, of at
 * least one value. */
int sql_execute_values(struct arena *a, const struct sql_statement *s, const struct sql_execute *x,
                       struct sql_rewritten *out, struct err *e);

#endif
