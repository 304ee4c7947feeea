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

/* What only the session knows. The answer is lent until the next call; NULL: it has none (the engine shall
 * answer, or NULL for a setting). Names: "user" (current_user, session_user …), "database", "pid", "version",
 * "server_addr", "server_port", "client_addr", "client_port", and "setting:<name in lower case>" for
 * current_setting('name'). "cursors" and "statements" are answered in SQL: a list of structs, see pg_cursors
 * and pg_prepared_statements in catalog_relations.inc. */
typedef const char *sql_session_value_fn(void *arg, const char *name);

/* A character position (from 1) in the rewritten text as one in the original. */
int32_t sql_rewrite_position(const struct sql_rewritten *r, struct str original, int32_t position);

#endif
