/* The text of an array of texts, {a,"b c",NULL}, or the engine's of a list, [a, 'b c', NULL], as its
 * elements. Pure. Any thread. Source: PostgreSQL 15 manual, 8.15.6. */
#ifndef TAVANA_PGFUNC_ARRAY_TEXT_H
#define TAVANA_PGFUNC_ARRAY_TEXT_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

struct array_text {
    struct str *items; /* p NULL: the element is NULL */
    size_t n;
};

/* Of one dimension; the elements lie in the arena. 22P02, 53200. */
int array_text_read(struct arena *a, struct str text, struct array_text *out, struct err *e);

#endif
