/* CREATE INDEX as PostgreSQL writes it. Pure. Any thread. */
#ifndef TAVANA_SQL_INDEX_H
#define TAVANA_SQL_INDEX_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "sql/token.h"

#include <stdbool.h>

struct sql_statement;

struct sql_index {
    bool unique, if_not_exists;
    struct sql_token name;                       /* END: PostgreSQL makes one up */
    struct sql_token database, schema, relation; /* END: not given */
    struct str table;                            /* as written; lent */
    struct str include; /* "(d)", whose columns are part of a name that is made up; lent; may be empty */
    struct str keys;    /* "(a, lower(b), (c + 1))": what the engine's index is of; of the arena */
};

/* Whether it is a CREATE INDEX of one of PostgreSQL's methods, or of none. */
bool sql_is_index(struct sql_tokens sql);
/* Operator classes, collations, directions, INCLUDE, WITH and CONCURRENTLY go: they change how an index is
 * kept, not what statements answer; so does WHERE, but for a UNIQUE index: 0A000, as NULLS NOT DISTINCT.
 * 42601, 53200. */
int sql_parse_index(struct arena *a, const struct sql_statement *s, struct sql_index *out, struct err *e);

#endif
