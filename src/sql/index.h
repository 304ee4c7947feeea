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
    struct str written; /* "(a, lower(b), (c + 1))": the keys as they are named; of the arena */
    struct str keys;    /* what the engine's index is of; of the arena */
    struct str where;   /* "(a > 0)": which rows it has; of the arena; n 0: all */
    struct str
        kept; /* of some rows, or of expressions: SQL_INDEX_KEPT, the condition if there is one, RS, the
                      * keys, RS, the keys as a definition has them; of the arena; n 0: nothing */
};

/* The engine has no index of some rows. A unique one is of CASE WHEN condition THEN key END there, since
 * NULLs are distinct, and one that is not unique has all rows, which is as good. So that the catalog shows
 * what was said, of that and of expressions, it is kept in the index's comment, behind a mark. */
#define SQL_INDEX_KEPT "\x1eW"

enum { SQL_INDEX_KEYS_MAX = 32 };

/* Whether it is a CREATE INDEX of one of PostgreSQL's methods, or of none. */
bool sql_is_index(struct sql_tokens sql);
/* Operator classes, collations, directions, INCLUDE, WITH and CONCURRENTLY go: they change how an index is
 * kept, not what statements answer. NULLS NOT DISTINCT: 0A000. 42601, 54011 beyond SQL_INDEX_KEYS_MAX,
 * 53200. */
int sql_parse_index(struct arena *a, const struct sql_statement *s, struct sql_index *out, struct err *e);

#endif
