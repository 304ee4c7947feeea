/* What INSERT and UPDATE assign to columns that the engine does not know all of: identity and generated
 * columns, which take no values but DEFAULT, and columns with a limit, whose values are made to fit as
 * PostgreSQL's assignment casts do. Pure. Any thread. */
#ifndef TAVANA_SQL_ASSIGN_H
#define TAVANA_SQL_ASSIGN_H

#include "base/arena.h"
#include "sql/rewrite.h"
#include "sql/source.h"

/* What the engine calls the query of an INSERT that lists no columns, when it is wrapped. */
#define SQL_ASSIGN_UNLISTED "tavana_unlisted"

struct sql_assignment {
    struct sql_token parts[SQL_SOURCE_PARTS_MAX]; /* of the target's name */
    size_t nparts;
    bool insert;
    size_t values;  /* of the first row of VALUES behind no list of columns; 0: it is another INSERT */
    size_t list_at; /* of an INSERT without a list of columns: where one would end up; else 0 */
    size_t part_at, part_n; /* of the mark behind a column that only a part of is given: t (p.a), t (a[1]) */
    bool overriding;        /* OVERRIDING … VALUE, which the engine does not know */
};

/* Whether it is an INSERT, UPDATE or DELETE, perhaps behind WITH, and of what. */
bool sql_reads_assignment(struct sql_tokens sql, struct sql_assignment *out);
/* The statement with its values made to fit target, NULL when nothing is known of it. 428C9, 53200 */
int sql_assign(struct arena *a, struct sql_tokens sql, const struct sql_source *target,
               struct sql_rewritten *out, struct err *e);

#endif
