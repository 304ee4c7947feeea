/* A relation that a command names, looked up in the engine's catalog. Of session/ alone. The session's own
 * thread. */
#ifndef TAVANA_SESSION_RELATION_H
#define TAVANA_SESSION_RELATION_H

#include "base/err.h"
#include "sql/token.h"

#include <stdbool.h>
#include <stddef.h>

struct ask_rows;
struct session;

struct relation_index {
    const char *name;
    bool unique;
    const char *keys;    /* "(a, (b + 1))", in the engine's words */
    const char *columns; /* a list's text, as the engine writes it */
    const char *comment; /* with what is kept of an index of some rows (sql/index.h); NULL: none */
};

/* Strings of the message's arena. */
struct relation {
    bool found;
    char kind;              /* r table, v view, S sequence, i index */
    bool temporary, native; /* native: of a database of the engine's own, not of a lake */
    const char *schema, *name;
    const char *full;    /* with database and schema, as SQL */
    const char *sql;     /* CREATE …, in the engine's words */
    const char *comment; /* NULL: none */
    size_t nindexes;
    struct relation_index *indexes;
};

/* The parts of a name; kind END: it was not given. */
struct relation_name {
    struct sql_token database, schema, relation;
};

/* The parts of the name that the text is. */
void relation_name_read(struct str text, struct relation_name *out);
/* found is false when there is none of the kinds (a string of kind letters), or it is in a database of the
 * engine's that is not the session's. 0A000: in one that the engine has not. */
int relation_find(struct session *s, const struct relation_name *given, const char *kinds,
                  struct relation *out, struct err *e);
/* Whether anything in that schema has that name, as relations have. */
int relation_exists(struct session *s, const char *schema, const char *name, bool *out, struct err *e);
/* The names of a table's first columns, so many at most, in their order. r was found. */
int relation_columns(struct session *s, const struct relation *r, unsigned long most, struct ask_rows *out,
                     struct err *e);
/* A table's indexes, in r. */
int relation_indexes(struct session *s, struct relation *r, struct err *e);

#endif
