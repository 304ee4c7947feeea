/* Columns that each of PostgreSQL's tables has and * does not show: ctid, xmin, tableoid … The engine's
 * tables have a rowid, from which they are made. They are looked for only once the engine has refused such a
 * name, so that what a subquery calls xmin stays that. Pure. Any thread.
 * Source: PostgreSQL 15 manual, 5.5 System Columns. */
#ifndef TAVANA_SQL_HIDDEN_H
#define TAVANA_SQL_HIDDEN_H

#include "base/err.h"
#include "sql/edits.h"
#include "sql/token.h"

#include <stdbool.h>
#include <stddef.h>

/* The engine has refused the statement with e, at byte *at, or SIZE_MAX: then it is set. Puts what makes the
 * column in place of the reference there. false: it is none, or has been replaced, or it needs its table,
 * which cannot be told; or there is no memory. */
bool sql_hidden_put(struct sql_tokens sql, size_t *at, const struct err *e, struct edits *edits);

/* The same error in the words of the column that was named, if e is about the rowid that it was made of. */
void sql_hidden_explain(struct sql_tokens sql, size_t at, struct err *e);

#endif
