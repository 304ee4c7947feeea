/* Names without quotes are folded to lower case, as PostgreSQL does: the engine compares names without case,
 * but shows and keeps them as they are written. Of dialect/ alone. Source: PostgreSQL 15 manual, 4.1.1,
 * appendix C. */
#ifndef TAVANA_DIALECT_FOLD_H
#define TAVANA_DIALECT_FOLD_H

#include "dialect/walk.h"

/* Where the pass over a statement's words stands; zero at its start. */
struct folding {
    bool started, defines; /* CREATE, ALTER and their kin */
    unsigned depth;        /* brackets open … */
    uint64_t casts;        /* … and which of the outermost 64 belong to a CAST */
};

/* Each token of the statement, with its neighbours, in order: notes the words that are names and not in
 * lower case. 53200 */
int fold_take(struct rewriter *r, struct folding *f, const struct sql_token *before,
              const struct sql_token *t, const struct sql_token *after);
/* A word that is known for a name. 53200 */
int fold_name(struct rewriter *r, const struct sql_token *t);
/* At the statement's end, if PostgreSQL's parser takes it: the words become edits, but for those that others
 * have replaced. 53200 */
int fold_end(struct rewriter *r);

#endif
