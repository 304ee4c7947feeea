/* What is known of a table or view that a statement names. Made by backend/local_table.h, read by the passes
 * that find where columns of a result come from (origin.h) and what is assigned to which (assign.h). */
#ifndef TAVANA_SQL_SOURCE_H
#define TAVANA_SQL_SOURCE_H

#include "base/err.h"
#include "sql/limit.h"
#include "sql/token.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum sql_identity { SQL_IDENTITY_NONE, SQL_IDENTITY_BY_DEFAULT, SQL_IDENTITY_ALWAYS };

struct sql_source_column {
    struct str name;
    int16_t number; /* as pg_attribute.attnum */
    struct sql_limit limit;
    enum sql_identity identity;
    bool generated, not_null;
    bool list; /* an array, but one of ranges */
};

enum sql_key_kind {
    SQL_KEY_PRIMARY,
    SQL_KEY_UNIQUE,
    SQL_KEY_INDEX, /* a unique index, which may be one of expressions */
    SQL_KEY_FOREIGN,
    SQL_KEY_REFERRED,      /* a foreign key of another table that refers to this one */
    SQL_KEY_KEPT,          /* a foreign key that the session keeps … */
    SQL_KEY_KEPT_REFERRED, /* … and one of a table, perhaps this one, that refers to this one */
    SQL_KEY_MOVED, /* no constraint: an UPDATE of the column makes the engine take the row out and put it in
                         again, since it is in an index or of a nested type */
};

struct sql_source_key {
    enum sql_key_kind kind;
    struct str columns; /* of this table, as SQL: "a, b" */
    struct str said;    /* what the engine calls them in its errors: those of the table on the other side; of
                         an index as the engine has kept them */
    struct str name;    /* of the constraint */
    struct str other;   /* FOREIGN: the table that it refers to; REFERRED: the table that has it */
};

struct sql_source {
    uint32_t oid; /* as pg_class.oid */
    struct str schema, name;
    size_t ncolumns, nkeys;
    const struct sql_source_column *columns; /* by number */
    const struct sql_source_key *keys;
    bool limited; /* some column has a limit, an identity, is generated, or a list */
};

enum { SQL_SOURCE_PARTS_MAX = 3 }; /* database.schema.table */

/* *out NULL: nothing is known of it, or there is none. Lent until the statement has been looked at. */
typedef int sql_source_fn(void *arg, const struct sql_token *parts, size_t nparts,
                          const struct sql_source **out, struct err *e);

#endif
