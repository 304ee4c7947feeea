/* What the backend itself asks the engine about its catalog. Inside a call, the thread of the session. */
#ifndef TAVANA_BACKEND_LOCAL_ASK_H
#define TAVANA_BACKEND_LOCAL_ASK_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

#include <stddef.h>

struct local_session;

/* A row of n values, lent until it returns; the p of a NULL is NULL. */
typedef int local_row_fn(void *arg, const struct str *values, size_t n, struct err *e);

/* Runs a query of ours, whose columns are all VARCHAR, at most 8 of them, on the session's main
 * connection and gives its rows one by one. A cancel of the session ends it like any other statement. The
 * engine's errors, and what take says. */
int local_ask(struct local_session *s, struct buf *sql, local_row_fn *take, void *arg, struct err *e);
/* The text in quotes. */
void local_put_literal(struct buf *b, struct str text);

#endif
