/* Parameters of a statement, found once among its tokens, so that comments and strings are safe, and texts
 * that are made of it around them. Pure. Any thread. */
#ifndef TAVANA_SQL_PARAMS_H
#define TAVANA_SQL_PARAMS_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "sql/token.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sql_rewritten;

/* What the dialect makes of a numeric without precision that a parameter is cast to, in letters of its own:
 * it gives way to a decimal of the digits that the value has. */
#define SQL_PARAM_NUMERIC "NUMERIC(38,10)"

/* One place of a parameter; all in bytes of the text. */
struct sql_param {
    size_t at, n;           /* of $1 */
    int32_t number;         /* from 1 */
    bool cast;              /* $1::t or CAST($1 AS t): the statement says itself what it is … */
    size_t type_at, type_n; /* … in these words; 0: as no type is written */
    size_t any_at, any_n;   /* ANY ($1), ALL ($1), SOME ($1), all of it; any_n 0: it does not stand so */
};

struct sql_params {
    struct str text; /* lent */
    size_t n;
    const struct sql_param *items; /* in the order of the text */
    bool file_name;                /* of a COPY: TO $1 is the name of a file, which nothing is cast around */
};

/* Finds them. What lies in the arena refers to the text. 42P02 for $0, 53200 */
int sql_params_find(struct arena *a, struct sql_tokens sql, struct sql_params *out, struct err *e);

/* Parameters of a declared type become CAST($n AS type), so that the engine describes the statement as
 * the client meant it; type_names[i] is the engine's name for parameter i + 1, NULL: leave it. A parameter
 * that is cast already is left, unless its type is one of the user's, which is in quotes, and all of a
 * COPY's; $1::text becomes pg_show(CAST($1 AS type))::text, which is the text that a client would be sent,
 * where the engine's own cast makes another; and a cast to SQL_PARAM_NUMERIC becomes one to the type, when
 * that is a decimal. The original when nothing is cast. */
int sql_cast_params(struct arena *a, const struct sql_params *params, const char *const *type_names,
                    size_t ntypes, struct sql_rewritten *out, struct err *e);

/* The type that the statement casts parameter i + 1 to where it first does, as written, lent; {NULL, 0}: it
 * does not. For parameters that the engine leaves without a type: it forgets the one that is written when it
 * casts once more by itself (c = $1::integer, where c is a bigint). */
void sql_param_casts(const struct sql_params *params, struct str *types, size_t n);

/* x = ANY ($n), <> ALL ($n): the text with x = $n in their place, for the type of an array's elements, and
 * which parameters (marks, n of them) stand so. The original when there are none. */
int sql_any_params(struct arena *a, const struct sql_params *params, bool *marks, size_t n,
                   struct sql_rewritten *out, struct err *e);

#endif
