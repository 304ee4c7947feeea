/* The options of COPY, in PostgreSQL's words and in its order of checking. Pure. Of sql/ alone. */
#ifndef TAVANA_SQL_COPY_OPTIONS_H
#define TAVANA_SQL_COPY_OPTIONS_H

#include "sql/copy.h"
#include "sql/tree_priv.h"

/* The options of a tree that was made of `text`; positions of errors count in it. */
int copy_read_options(struct str text, PgQuery__Node *const *options, size_t n, struct sql_copy *out,
                      struct arena *a, struct err *e);

/* Strings of a list of names, of the arena. false in *ok: it holds something else. */
int copy_read_names(PgQuery__Node *const *nodes, size_t n, const char *const **out, bool *ok, struct arena *a,
                    struct err *e);

#endif
