/* What a statement does to transaction and client, by its kind in the engine and its first words, and the
 * settings that no session changes. What functions may be called is engine/guard.h's. Any thread. */
#ifndef TAVANA_BACKEND_LOCAL_CLASS_H
#define TAVANA_BACKEND_LOCAL_CLASS_H

#include "base/err.h"

struct engine_stmt_info;
struct local_stmt;
struct sql_tokens;

/* sql: st's tokens. Fills st->base.info (but for its columns and parameters), after, way. 42501, 55P02, 0A000
 * for what a session may not do. */
int local_classify(struct local_stmt *st, const struct sql_tokens *sql, const struct engine_stmt_info *info,
                   struct err *e);

#endif
