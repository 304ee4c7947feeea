/* Commands of PostgreSQL's that need little done here, or nothing: COMMENT ON, GRANT, OWNER TO, CREATE ROLE,
 * CREATE EXTENSION, VACUUM, ANALYZE, CLUSTER, REINDEX, LOCK TABLE and their kin. What has to hold for one of
 * them to be true is said here; whether it does, session/utility.c finds out. Pure. Any thread. */
#ifndef TAVANA_SQL_UTILITY_H
#define TAVANA_SQL_UTILITY_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "sql/token.h"

#include <stdbool.h>
#include <stddef.h>

struct sql_statement;

enum sql_utility_what {
    SQL_UTILITY_NOTHING, /* once its roles and objects are right, there is nothing to do */
    SQL_UTILITY_REFUSED, /* 0A000: `tag` is not supported, because `why` */
    SQL_UTILITY_COMMENT, /* of what the engine has no comments for */
    SQL_UTILITY_ANALYZE, /* its objects; none: all tables */
    SQL_UTILITY_ENGINE,  /* `text`, in the engine's words */
    SQL_UTILITY_ABSENT,  /* DROP of `noun` called `part`, of which there are none */
    SQL_UTILITY_LOCK,    /* its objects, for the transaction */
};

enum sql_utility_object {
    SQL_OBJECT_TABLE,    /* or a view */
    SQL_OBJECT_RELATION, /* a table, view, sequence */
    SQL_OBJECT_SEQUENCE,
    SQL_OBJECT_INDEX,
    SQL_OBJECT_SCHEMA,
    SQL_OBJECT_DATABASE,
    SQL_OBJECT_TYPE,
    SQL_OBJECT_FUNCTION,
    SQL_OBJECT_MATVIEW,
    SQL_OBJECT_CONSTRAINT, /* of a table: `part` */
    SQL_OBJECT_OTHER,      /* nobody looks for it */
};

/* The parts of a name; kind END: it was not given. */
struct sql_utility_name {
    struct sql_token database, schema, relation;
};

struct sql_utility {
    enum sql_utility_what what;
    const char *tag;
    const char *why;
    bool outside;           /* not in a transaction block: 25001 */
    bool inside;            /* only in one: 25P01 */
    bool if_exists;         /* an object that is not there is passed over with a notice */
    bool exclusive, nowait; /* of LOCK */
    enum sql_utility_object object;
    size_t nnames, nroles;
    struct sql_utility_name *names;
    struct sql_token *roles;  /* that have to be the user */
    struct sql_token part;    /* of SQL_OBJECT_CONSTRAINT */
    struct sql_token comment; /* a string, or the word NULL */
    const char *extension;    /* that has to be one of those known */
    bool drops;               /* it, or roles */
    bool public_is_fine;      /* among roles */
    const char *text;
    const char *noun;
};

/* Whether it is one of these commands, and not the engine's alike. */
bool sql_is_utility(struct sql_tokens sql);
/* Of one for which sql_is_utility holds; what is not lent lies in the arena. 42601, 54000, 53200. */
int sql_parse_utility(struct arena *a, const struct sql_statement *s, struct sql_utility *out, struct err *e);

#endif
