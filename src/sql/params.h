/* Parameters' types, as they are declared or as the statement casts them. Made on tokens, so that comments
 * and strings are safe. Pure. Any thread. */
#ifndef TAVANA_SQL_PARAMS_H
#define TAVANA_SQL_PARAMS_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>

struct sql_rewritten;

/* Parameters of a declared type become CAST($n AS type), so that the engine describes the statement as the
 * client meant it; type_names[i] is the engine's name for parameter i + 1, NULL: leave it. A parameter that
 * is cast already ($1::date, CAST($1 AS date)) is left, and all of a COPY's. */
int sql_cast_params(struct arena *a, struct str sql, const char *const *type_names, size_t ntypes,
                    struct sql_rewritten *out, struct err *e);

/* The type that the statement casts parameter i + 1 to where it first does ($1::date, CAST($1 AS date)), as
 * written, lent; {NULL, 0}: it does not. For parameters that the engine leaves without a type: it forgets the
 * one that is written when it casts once more by itself (c = $1::integer, where c is a bigint). */
void sql_param_casts(struct str sql, struct str *types, size_t n);

/* x = ANY ($n), <> ALL ($n): the text with x = $n in their place, for the type of an array's elements, and
 * which parameters (marks, n of them) stand so. The original when there are none. */
int sql_any_params(struct arena *a, struct str sql, bool *marks, size_t n, struct sql_rewritten *out,
                   struct err *e);

#endif
