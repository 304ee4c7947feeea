/* What makes, alters and drops types: CREATE TYPE … AS ENUM, AS (…), ALTER TYPE of them, DROP TYPE. Pure. Any
 * thread. Source: PostgreSQL 15 manual. */
#ifndef TAVANA_SQL_TYPE_CHANGE_H
#define TAVANA_SQL_TYPE_CHANGE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "sql/token.h"
#include "sql/type.h"

#include <stdbool.h>
#include <stddef.h>

struct sql_statement;

enum sql_type_what {
    SQL_TYPE_ENUM,         /* CREATE TYPE … AS ENUM */
    SQL_TYPE_ADD_VALUE,    /* … its label is the first, its neighbour the second if there is one */
    SQL_TYPE_RENAME_VALUE, /* … from the first label to the second */
    SQL_TYPE_RENAME,       /* … to `to` */
    SQL_TYPE_SCHEMA,       /* … into `to` */
    SQL_TYPE_DROP,
    SQL_TYPE_COMPOSITE,  /* CREATE TYPE … AS (…) */
    SQL_TYPE_ATTRIBUTES, /* ALTER TYPE … of attributes, each of which says what becomes of it */
};

enum sql_attribute_what {
    SQL_ATTRIBUTE_ADD,
    SQL_ATTRIBUTE_DROP,
    SQL_ATTRIBUTE_RETYPE,
    SQL_ATTRIBUTE_RENAME, /* alone */
};

/* The parts of a name; kind END: it was not given. */
struct sql_type_name {
    struct sql_token database, schema, type;
};

/* An attribute of a composite type. */
struct sql_type_attribute {
    enum sql_attribute_what what;
    bool absent_is_fine; /* IF EXISTS */
    struct sql_token name, to;
    struct str type;        /* as written, with its modifiers */
    struct sql_type parsed; /* its places are those of the statement */
};

struct sql_type_change {
    enum sql_type_what what;
    const char *tag;
    size_t n; /* more than one of DROP alone */
    struct sql_type_name *names;
    size_t nlabels;
    struct sql_token *labels; /* strings, as they are written */
    size_t nattributes;
    struct sql_type_attribute *attributes;
    struct sql_token to;
    bool exists_is_fine; /* IF EXISTS, IF NOT EXISTS */
    bool after;          /* the neighbour, else before it */
    bool cascade;
};

/* Whether it is one of these. */
bool sql_is_type_change(struct sql_tokens sql);
/* Of one that is. 42601, 53200. */
int sql_parse_type_change(struct arena *a, const struct sql_statement *s, struct sql_type_change *out,
                          struct err *e);

#endif
