/* What the session itself asks the engine, to know how a command of its client is to be carried out. Of
 * session/ alone. The session's own thread. */
#ifndef TAVANA_SESSION_ASK_H
#define TAVANA_SESSION_ASK_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

struct backend_portal;
struct session;

enum { ASK_ROWS_MAX = 100000 };

/* A small result as text. Of the message's arena. */
struct ask_rows {
    size_t n, ncolumns;
    const char **values; /* row after row; NULL: NULL */
};

static inline const char *ask_value(const struct ask_rows *r, size_t row, size_t column)
{
    return r->values[row * r->ncolumns + column];
}

/* Runs a query of the session's own, as it is written, in the engine's transaction. 54000 beyond
 * ASK_ROWS_MAX, 53200, and what the engine says. */
int session_ask(struct session *s, const char *sql, struct ask_rows *out, struct err *e);
/* The rows of a portal that has begun, which is the caller's. As session_ask. */
int session_ask_portal(struct session *s, struct backend_portal *portal, struct ask_rows *out, struct err *e);

#endif
