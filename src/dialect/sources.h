/* Functions where a relation stands, and functions that make rows: to PostgreSQL any function may stand in
 * FROM, and one that makes rows also in the target list. Of dialect/ alone. Source: PostgreSQL 15 manual,
 * 7.2.1.4 Table Functions, 9.25 Set Returning Functions. */
#ifndef TAVANA_DIALECT_SOURCES_H
#define TAVANA_DIALECT_SOURCES_H

#include "dialect/walk.h"

/* A function that makes rows. */
struct source {
    const char *name;   /* in PostgreSQL, lower case */
    const char *list;   /* what makes a list of its rows */
    const char *column; /* … of structs: the names of their fields; else the name of the only one … */
    bool fields;        /* … which is told by this */
    bool named;         /* the column has this name whatever the alias is */
};

/* generate_series of integers. */
extern const struct source source_integers;

/* Letters alike in either case. NULL: it makes none, or the engine's is the same. */
const struct source *source_find(struct str name);
/* The whole table, sorted; for tests. */
const struct source *source_names(size_t *n);

/* At the name of a call in the target list: the bytes [from, to) become `unnest(list`. */
int walk_source_column(struct rewriter *r, const struct source *s, size_t from, size_t to);
/* At the name of a call in FROM, which ends at to and its brackets at end: a subquery is put around it, with
 * the names that PostgreSQL gives. *inside: the name itself is yet to be seen to, as anywhere else; s may be
 * NULL then: a function that makes one row. */
int walk_source(struct rewriter *r, const struct source *s, struct str name, size_t from, size_t to,
                size_t end, bool *inside);
/* Whether the call of unnest whose name is t makes several columns without names of their own: *n of them. */
bool source_is_several(const struct rewriter *r, const struct sql_token *t, size_t *n);

#endif
