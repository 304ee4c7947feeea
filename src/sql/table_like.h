/* LIKE in CREATE TABLE: the columns of another table stand there. Pure. Any thread. Source: PostgreSQL 15
 * manual, CREATE TABLE, LIKE. */
#ifndef TAVANA_SQL_TABLE_LIKE_H
#define TAVANA_SQL_TABLE_LIKE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "sql/token.h"

#include <stdbool.h>
#include <stddef.h>

enum { SQL_LIKES_MAX = 64 };

/* What INCLUDING says; what is not here says nothing about a table of the engine's. */
enum sql_like_including {
    SQL_LIKE_COMMENTS = 1,
    SQL_LIKE_CONSTRAINTS = 2,
    SQL_LIKE_DEFAULTS = 4,
    SQL_LIKE_GENERATED = 8,
    SQL_LIKE_IDENTITY = 16,
    SQL_LIKE_INDEXES = 32,
    SQL_LIKE_NOTHING = 64, /* COMPRESSION, STATISTICS, STORAGE */
    SQL_LIKE_ALL = 127,
};

struct sql_like {
    size_t from, to;    /* its bytes in the text */
    struct str name;    /* as it is written; lent */
    unsigned including; /* of enum sql_like_including */
};

struct sql_likes {
    struct str table; /* the name of the one that is created, as it is written; lent */
    bool temporary, if_not_exists;
    size_t n;
    struct sql_like *likes; /* in their order */
};

/* n 0: it is no CREATE TABLE with one. 42601, 54000 beyond SQL_LIKES_MAX, 53200 */
int sql_likes_read(struct arena *a, struct sql_tokens sql, struct sql_likes *out, struct err *e);

#endif
