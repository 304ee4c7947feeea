/* ALTER TABLE, VIEW, INDEX, SEQUENCE and MATERIALIZED VIEW as PostgreSQL writes them: several actions in one
 * command, each as the engine can have it. Pure. Any thread. */
#ifndef TAVANA_SQL_ALTER_H
#define TAVANA_SQL_ALTER_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "sql/reference.h"
#include "sql/sequence.h"
#include "sql/token.h"

#include <stdbool.h>
#include <stddef.h>

struct sql_statement;

enum { SQL_ALTER_ACTIONS_MAX = 1000 };

enum sql_alter_object {
    SQL_ALTER_TABLE,
    SQL_ALTER_VIEW,
    SQL_ALTER_MATVIEW,
    SQL_ALTER_INDEX,
    SQL_ALTER_SEQUENCE,
};

enum sql_alter_what {
    SQL_ALTER_PLAIN,         /* the engine's, once no index stands in its way: `text` behind the name */
    SQL_ALTER_LIGHT,         /* the engine's, whatever indexes there are */
    SQL_ALTER_RENAME,        /* TO `to` */
    SQL_ALTER_RENAME_COLUMN, /* `from` TO `to` */
    SQL_ALTER_DROP_COLUMN,   /* `from` */
    SQL_ALTER_TYPE, /* `from` gets a `type`; options: what is behind USING, or nothing; text: as PLAIN */
    SQL_ALTER_ADD_CHECKED, /* a CHECK, FOREIGN KEY or column, `text`: the table is made anew with it */
    SQL_ALTER_LIMIT,   /* `text`, a CHECK of a type's modifier (limit.h), is added, when the column is new */
    SQL_ALTER_UNLIMIT, /* the one that `from` has goes, when it has one; if_exists: that of an identity */
    SQL_ALTER_DROP_CONSTRAINT, /* `from`, if_exists */
    SQL_ALTER_ADD_SERIAL, /* `from` gets a sequence with those `options` as its default; with a `type` the column
                             is added */
    SQL_ALTER_OPTIONS,    /* a sequence gets `sequence` */
    SQL_ALTER_OWNER,      /* `to` has to be the user */
    SQL_ALTER_NOTHING,    /* says nothing here */
};

struct sql_alter_action {
    enum sql_alter_what what;
    bool if_exists;
    bool cascades;                  /* DROP … CASCADE */
    struct str text, type, options; /* lent, or of the arena */
    struct sql_token from, to;
    const struct sql_reference *reference; /* of SQL_ALTER_ADD_CHECKED: it is this foreign key; or NULL */
    struct sql_sequence_options sequence;  /* of SQL_ALTER_OPTIONS; of SQL_ALTER_ADD_SERIAL its name */
};

struct sql_alter {
    enum sql_alter_object object;
    bool if_exists;
    struct str name;                             /* as written, with its schema; lent */
    struct sql_token database, schema, relation; /* its parts; END: there is none */
    const char *tag;
    size_t n;
    struct sql_alter_action *actions;
};

/* Whether it is an ALTER of one of the objects above. */
bool sql_is_alter(struct sql_tokens sql);
/* 42601; 54000; 53200; 0A000 with its position for what the engine cannot do. */
int sql_parse_alter(struct arena *a, const struct sql_statement *s, struct sql_alter *out, struct err *e);

#endif
