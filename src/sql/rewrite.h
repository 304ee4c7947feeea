/* Small changes to a statement's text before the engine gets it, made on tokens, so that comments and strings
 * are safe. What changes keeps its order; positions of errors are mapped back by sql_rewrite_position. Pure.
 * Any thread. */
#ifndef TAVANA_SQL_REWRITE_H
#define TAVANA_SQL_REWRITE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>
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

/* What only the session knows. The answer is lent until the next call; NULL: it has none (the engine shall
 * answer, or NULL for a setting). Names: "user" (current_user, session_user …), "database", "pid", "version",
 * "server_addr", "server_port", "client_addr", "client_port", and "setting:<name in lower case>" for
 * current_setting('name'). "cursors" and "statements" are answered in SQL: a list of structs, see pg_cursors
 * and pg_prepared_statements in catalog_relations.inc. */
typedef const char *sql_session_value_fn(void *arg, const char *name);

/* PostgreSQL's catalog spelled for the engine: relations and functions of pg_catalog become their
 * counterparts in the schema that catalog.h's statements set up, casts to regclass, regtype and friends,
 * which the engine does not know, become function calls, and functions about the session become literals.
 * value NULL: those stay as they are. Text without a hint of any of it ("pg_", "::reg", "current_" …) is
 * handed back at once. */
int sql_rewrite_catalog(struct arena *a, struct str sql, sql_session_value_fn *value, void *arg,
                        struct sql_rewritten *out, struct err *e);

/* A character position (from 1) in the rewritten text as one in the original. */
int32_t sql_rewrite_position(const struct sql_rewritten *r, struct str original, int32_t position);

#endif
