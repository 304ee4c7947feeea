/* What the session itself asks the engine, to know how a command of its client is to be carried out. Of
 * session/ alone. The session's own thread. */
#ifndef TAVANA_SESSION_ASK_H
#define TAVANA_SESSION_ASK_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct backend_portal;
struct session;

enum { ASK_ROWS_MAX = 100000 };

/* A small result as text. Of the message's arena. */
struct ask_rows {
    size_t n, ncolumns;
    const char **values; /* row after row; NULL: NULL */
};

/* NULL: NULL, or no such place: a worker may answer anything. */
static inline const char *ask_value(const struct ask_rows *r, size_t row, size_t column)
{
    return row < r->n && column < r->ncolumns ? r->values[row * r->ncolumns + column] : NULL;
}

/* Of what is never NULL, where an honest backend answers; else it is empty. */
static inline const char *ask_text(const struct ask_rows *r, size_t row, size_t column)
{
    const char *value = ask_value(r, row, column);
    return value ? value : "";
}

/* XX000 where a result has other rows than those of the query, which an honest backend never gives. */
int ask_check(const struct ask_rows *r, size_t n, size_t ncolumns, struct err *e);
/* Runs a query of the session's own, as it is written, in the engine's transaction. 54000 beyond
 * ASK_ROWS_MAX, 53200, and what the engine says. */
int session_ask(struct session *s, const char *sql, struct ask_rows *out, struct err *e);
/* The rows of a portal that has begun, which is the caller's. As session_ask. */
int session_ask_portal(struct session *s, struct backend_portal *portal, struct ask_rows *out, struct err *e);
/* The rows of n bytes of DataRow messages of that many columns, as text. */
int ask_messages(struct session *s, const uint8_t *p, size_t n, size_t ncolumns, struct ask_rows *out,
                 struct err *e);

#endif
