/* Small changes to a statement's text before the engine gets it, made on tokens, so that comments and strings
 * are safe. What changes keeps its order; positions of errors are mapped back by sql_rewrite_position. Pure.
 * Any thread. */
#ifndef TAVANA_SQL_REWRITE_H
#define TAVANA_SQL_REWRITE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

#include <stddef.h>
#include <stdint.h>

struct sql_edit {
    size_t at;      /* byte offset in the original */
    size_t removed; /* bytes */
    size_t added;
};

struct sql_rewritten {
    struct str text; /* of the arena, terminated; the original when nothing changed */
    size_t nedits;
    const struct sql_edit *edits;
};

/* Parameters of a declared type become CAST($n AS type), so that the engine describes the statement as the
 * client meant it; type_names[i] is the engine's name for parameter i + 1, NULL: leave it. A parameter that
 * is cast already
 * ($1::date, CAST($1 AS date)) is left. */
int sql_cast_params(struct arena *a, struct str sql, const char *const *type_names, size_t ntypes,
                    struct sql_rewritten *out, struct err *e);

/* PostgreSQL's catalog spelled for the engine: what the engine lacks in pg_catalog (functions and relations
 * that clients' start-up and metadata queries use) becomes its counterpart in the schema that engine/
 * installs, and casts to regclass, regtype and friends, which it does not know, become function calls. */
int sql_rewrite_catalog(struct arena *a, struct str sql, struct sql_rewritten *out, struct err *e);

/* A character position (from 1) in the rewritten text as one in the original. */
int32_t sql_rewrite_position(const struct sql_rewritten *r, struct str original, int32_t position);

#endif
