/* CREATE TABLE with what the engine does not have: columns of type serial and identity columns, which become
 * integers whose default is the next value of a sequence, clauses that say nothing here or that cannot be
 * kept, and what only marks can keep: see `marked`. Pure. Any thread. */
#ifndef TAVANA_SQL_TABLE_H
#define TAVANA_SQL_TABLE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "sql/reference.h"
#include "sql/rewrite.h"
#include "sql/token.h"

#include <stdbool.h>
#include <stddef.h>

struct sql_statement;

enum { SQL_TABLE_SEQUENCES_MAX = 64 };

struct sql_table_sequence {
    struct str name;    /* with its schema, as SQL */
    struct str options; /* "START WITH 5 …"; may be empty */
};

struct sql_table {
    struct sql_rewritten table; /* the CREATE TABLE for the engine */
    struct sql_rewritten
        marked;          /* the same with CHECKs that keep what the engine does not: modifiers of types
                                    (limit.h), identity columns, names of constraints */
    struct str name;     /* of the table, as written; lent */
    struct str database; /* the first part of it, when it has three; lent, n 0: none */
    bool temporary;
    bool drops_on_commit, empties_on_commit; /* ON COMMIT DROP, DELETE ROWS */
    struct str primary;                      /* the columns of its primary key; lent, n 0: none */
    size_t nreferences;                      /* foreign keys; at most SQL_REFERENCES_MAX, more is 54000 */
    struct sql_reference *references;
    bool keeps; /* IF NOT EXISTS, OR REPLACE: sequences that are there may be in use */
    size_t n;   /* sequences that it needs; at most SQL_TABLE_SEQUENCES_MAX, more is 54000 */
    struct sql_table_sequence *sequences;
};

/* Whether the engine cannot have a CREATE TABLE as it is written. One with AS is never such a one. */
bool sql_is_table(struct sql_tokens sql);
/* Of one for which sql_is_table holds; what is not lent lies in the arena. 42601, 54000, 53200; 0A000 with
 * its position for what would change the meaning of the table if it were left out: INHERITS, PARTITION BY,
 * EXCLUDE, LIKE, MATCH FULL of several columns … */
int sql_parse_table(struct arena *a, const struct sql_statement *s, struct sql_table *out, struct err *e);
/* The same with other texts for its foreign keys: instead[i] stands where references[i] stood; p NULL: that
 * one stays. */
int sql_table_instead(struct arena *a, const struct sql_statement *s, const struct str *instead,
                      struct sql_table *out, struct err *e);

#endif
