/* Edits of a text, gathered and then carried out at once. Bounded by the arena. Of sql/ and dialect/. */
#ifndef TAVANA_SQL_EDITS_H
#define TAVANA_SQL_EDITS_H

#include "sql/rewrite.h"
#include "sql/token.h"

struct edits {
    struct arena *arena;
    struct str sql;
    struct edit_part {
        size_t at, removed;
        struct str with; /* lent until edits_apply */
        bool outer;      /* of edits_open */
    } * parts;
    size_t n, cap;
    size_t moves; /* work done to keep them sorted */
};

/* No edits yet of this text, which is lent; what is gathered lies in the arena. */
void edits_init(struct edits *x, struct arena *a, struct str sql);
/* In any order of places; at one place in the order of the calls, insertions before what is replaced there.
 * 54000 when that is too much work; XX000 for a part outside of the text, or (from edits_apply) when parts
 * overlap. */
int edits_replace(struct edits *x, size_t at, size_t removed, struct str with, struct err *e);
/* The same, but in front of what was said of that place before. */
int edits_replace_first(struct edits *x, size_t at, size_t removed, struct str with, struct err *e);
/* An insertion in front of all that is said of that place, before or after. */
int edits_open(struct edits *x, size_t at, struct str with, struct err *e);
/* Whether something of the bytes [from, to) is replaced already. */
bool edits_touch(const struct edits *x, size_t from, size_t to);
/* Takes over edits of the same text that were gathered apart: at one place they stand behind x's insertions
 * and before what x replaces there. */
int edits_join(struct edits *x, const struct edits *apart, struct err *e);
/* Whether x says something of the bytes [from, to], at both ends as well. */
bool edits_within(const struct edits *x, size_t from, size_t to);
/* '{a,"b{",{c}}', a string of the text, becomes '[a,"b{",[c]]', which the engine reads as a list. Any other
 * token stays. */
int edits_list(struct edits *x, const struct sql_token *t, struct err *e);
/* The original itself when there is no edit. */
int edits_apply(struct edits *x, struct sql_rewritten *out, struct err *e);

#endif
