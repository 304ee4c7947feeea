/* COPY. Pure. Any thread. Source: PostgreSQL 15 manual, COPY; the words of its errors as measured. */
#ifndef TAVANA_SQL_COPY_H
#define TAVANA_SQL_COPY_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "copy/options.h"
#include "sql/token.h"

#include <stdbool.h>
#include <stddef.h>

struct sql_statement;

/* Whether a COPY's other end is the client: TO STDOUT or FROM STDIN outside brackets. Otherwise it is a file
 * or another database and the engine's business. */
bool sql_copy_is_client(struct sql_tokens sql);

/* Columns that an option is about. */
struct sql_copy_names {
    bool all; /* * */
    size_t n;
    const char *const *names;
};

struct sql_copy {
    struct str text;            /* the statement */
    bool from;                  /* FROM STDIN */
    struct str source;          /* the table as written, with its schema; {NULL, 0}: a query */
    struct str query;           /* without its brackets; {NULL, 0}: a table */
    size_t source_at, query_at; /* where they are in the text, bytes */
    const char *table;          /* its last name, as messages name it; NULL: a query */
    size_t ncolumns;            /* 0: all */
    const char *const *columns;
    struct copy_options options;
    const char *encoding; /* of the file, by PostgreSQL's name; static. NULL: the client's */
    struct sql_copy_names force_quote, force_not_null, force_null;
};

/* A COPY for which sql_copy_is_client holds, new and old spellings alike. Source and query are lent from
 * s->text, positions of errors count in s->text, the rest lies in the arena. 42601 and 22023 for what
 * PostgreSQL does not take, 0A000 for what we do not: FREEZE, WHERE. */
int sql_parse_copy(struct arena *a, const struct sql_statement *s, struct sql_copy *out, struct err *e);

/* Sets marks[i] for each of the columns that are copied and that the list, one of copy's, names. option:
 * "FORCE_QUOTE" …, for the error: 42703 for a name that the table has not, 42P10 for one that is not copied.
 */
int sql_copy_mark(const struct sql_copy *copy, const struct sql_copy_names *list, const char *option,
                  const char *const *columns, size_t ncolumns, bool *marks, struct err *e);

#endif
