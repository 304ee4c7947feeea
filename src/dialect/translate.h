/* PostgreSQL's SQL spelled for the engine, made on tokens, so that comments and strings are safe. Pure.
 * Any thread. */
#ifndef TAVANA_DIALECT_TRANSLATE_H
#define TAVANA_DIALECT_TRANSLATE_H

#include "sql/rewrite.h"
#include "sql/token.h"

/* What the session's database is to the engine, in front of a name: db.public.t. */
enum dialect_database {
    DATABASE_UNKNOWN, /* d->value is asked for "database_stays": not NULL says STAYS */
    DATABASE_GOES,    /* nothing: PostgreSQL's name for the database alone */
    DATABASE_STAYS,   /* the engine knows a database of that name */
};

struct dialect {
    sql_session_value_fn *value; /* NULL: what the session knows stays as it is written */
    void *arg;
    struct str database; /* that the session is in */
    enum dialect_database database_is;
    bool names;     /* columns without a name get PostgreSQL's: all of them, or those that are rewritten */
    bool sends;     /* what the statement returns is sent to the client, and kept nowhere */
    bool intervals; /* an interval is summed somewhere */
    bool dates_ordered; /* the session's DateStyle reads other than the month first */
    bool postgres;      /* statements mean what they mean to PostgreSQL; else only the catalog is its */
};

/* A statement for the engine. PostgreSQL's catalog: relations and functions of pg_catalog become their
 * counterparts in the schema that catalog.h's statements set up, casts to regclass, regtype and friends,
 * which the engine does not know, become function calls, and functions about the session become literals.
 * With d->postgres also operators, types, literals and columns' names: docs/sql.md lists what is translated.
 * Text that needs none of it is handed back as it is. It depends on nothing but the text, what d says and
 * what d->value was asked: what was asked nothing may be kept for all sessions (session/translations.h). */
int dialect_translate(struct arena *a, struct sql_tokens sql, const struct dialect *d,
                      struct sql_rewritten *out, struct err *e);

#endif
