/* Types that were made: found by the names that clients say, and where new ones go. Of session/ alone. The
 * session's own thread. Strings are of the message's arena. */
#ifndef TAVANA_SESSION_TYPE_MADE_H
#define TAVANA_SESSION_TYPE_MADE_H

#include "base/err.h"
#include "session/ask.h"
#include "sql/type_change.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct session;

/* In the comment of a composite type: its number and, each behind TYPE_ATTRIBUTE, its attributes, as the
 * number of the type, its modifier and the attribute's name. sql/catalog_functions.inc reads it. */
#define TYPE_KEPT      "\x1eT"
#define TYPE_ATTRIBUTE '\x1f'

struct type_made {
    bool found, is_enum, is_composite;
    const char *database, *schema, *name; /* as the engine calls them */
    const char *full;                     /* as SQL */
    const char *comment;                  /* NULL: none */
    const char *kept;                     /* what is ours in it, from TYPE_KEPT on; NULL: nothing */
    uint32_t oid;                         /* of an enum or a composite type */
    size_t n;
    const char **labels; /* without the mark */
};

/* The text of a name's token. NULL without memory. */
const char *type_text_of(struct session *s, const struct sql_token *t);
/* A schema as the engine calls it. NULL without memory. */
const char *type_schema_of(struct session *s, const struct sql_token *t);
/* As SQL. NULL without memory. */
const char *type_full_name(struct session *s, const char *database, const char *schema, const char *name);

/* The modifier of a type as it is written, as PostgreSQL packs it; -1: none. */
int32_t type_modifier(const struct sql_type *t, uint32_t oid);
/* out->found: whether it is there. */
int type_find(struct session *s, const struct sql_type_name *given, struct type_made *out, struct err *e);
/* Where a new type of that name goes: its names alone. */
int type_place(struct session *s, const struct sql_type_name *given, struct type_made *out, struct err *e);
enum type_column {
    COLUMN_TABLE, /* as SQL */
    COLUMN_NAME,
    COLUMN_VIEW, /* the view's text; NULL: it is a table's */
    COLUMN_IS_ARRAY,
    COLUMN_SCHEMA,
    COLUMN_TABLE_NAME,
    COLUMN_DEFAULT,
};

/* The columns of a type and of arrays of it: rows of enum type_column. Those of tables come first. */
int type_columns(struct session *s, uint32_t oid, struct ask_rows *out, struct err *e);

/* ALTER TABLE, as if the client had sent it. text NULL: 53200. An error says no position. */
int type_alter_table(struct session *s, const char *text, struct err *e);
/* A view by its text, once columns that it reads have another type. */
int type_remake_view(struct session *s, const char *sql, struct err *e);

/* COMMENT ON TYPE; text NULL: none any more. What is kept in it stays. One that nobody made gets none. */
int type_comment(struct session *s, const struct sql_type_name *name, const char *text, struct err *e);

#endif
