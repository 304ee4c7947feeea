/* Types whose modifier the engine does not have: varchar(n), char(n), bit(n), timestamp(p) and their kin. A
 * table keeps the modifier in a CHECK of the column, which the engine enforces and from which the catalog
 * reads the type back: the text of its error() ends in the type's name. Pure. Any thread.
 * docs/decisions/columns.md says why. */
#ifndef TAVANA_SQL_LIMIT_H
#define TAVANA_SQL_LIMIT_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "sql/type.h"

#include <stdbool.h>
#include <stdint.h>

struct buf;

enum sql_limit_kind {
    SQL_LIMIT_NONE,
    SQL_LIMIT_VARCHAR,
    SQL_LIMIT_CHAR,
    SQL_LIMIT_BIT,
    SQL_LIMIT_VARBIT,
    SQL_LIMIT_TIME,
    SQL_LIMIT_TIMETZ,
    SQL_LIMIT_TIMESTAMP,
    SQL_LIMIT_TIMESTAMPTZ,
};

struct sql_limit {
    enum sql_limit_kind kind;
    int32_t n; /* characters, bits, or digits of a second */
};

enum { SQL_LIMIT_NAME_MAX = 64 };

/* The limit that a type as it is written has; kind NONE: none, or it is an array. 22023 for an n that is out
 * of range. */
int sql_limit_of(const struct sql_type *t, struct sql_limit *out, struct err *e);
/* "character varying(5)" */
void sql_limit_name(const struct sql_limit *l, char out[static SQL_LIMIT_NAME_MAX]);
/* The other way, of a name as sql_limit_name writes it. false: it is none. */
bool sql_limit_read(struct str name, struct sql_limit *out);
/* CHECK (…) of the column, whose name is given as SQL. */
void sql_limit_put(struct buf *b, const struct sql_limit *l, struct str column);
/* The same of the type that is written at that byte of a text; *out n 0: it has no limit. 22023, with its
 * position; 53200 */
int sql_limit_check(struct arena *a, struct sql_tokens sql, size_t type_at, struct str column,
                    struct str *out, struct err *e);
/* What stands before and behind a column's default, in the engine's words, so that it fits; n 0: nothing. */
int sql_limit_default(struct arena *a, const struct sql_limit *l, struct str *before, struct str *after,
                      struct err *e);
/* The type's number and modifier for clients; of a limit that there is. */
uint32_t sql_limit_oid(const struct sql_limit *l);
int32_t sql_limit_typmod(const struct sql_limit *l);

#endif
