/* Tables that a statement names: where its columns come from, and what it may assign to them. Inside a call,
 * the main connection claimed. The thread of the session. */
#ifndef TAVANA_BACKEND_LOCAL_ORIGIN_H
#define TAVANA_BACKEND_LOCAL_ORIGIN_H

#include "base/err.h"
#include "sql/token.h"

#include <stddef.h>

struct column_desc;
struct engine_stmt_info;
struct local_stmt;

/* What changes a table gets values that fit it: st->sql, and *sql, are what the engine shall be given then.
 * 428C9, 53200, the engine's errors. */
int local_fit_values(struct local_stmt *st, struct sql_tokens *sql, struct err *e);
/* st->base.info.keys, of what local_fit_values has found. 53200 */
int local_find_keys(struct local_stmt *st, const struct sql_tokens *sql, struct err *e);
/* Completes the description of the statement's columns by the tables that they come from; st->shown says
 * which are told otherwise than the engine has them. */
int local_describe_origins(struct local_stmt *st, const struct sql_tokens *sql,
                           const struct engine_stmt_info *info, struct column_desc *columns, struct err *e);

#endif
