/* What a cursor has beside a portal. The session's own thread. */
#ifndef TAVANA_SESSION_CURSOR_H
#define TAVANA_SESSION_CURSOR_H

#include "sql/statement.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct portal;
struct row_desc;
struct session;
struct sql_statement;
struct statement;

/* DECLARE: the portal of its query becomes a cursor. 42P03, 25P01, 53400. */
int cursor_declare(struct session *s, struct portal *p, struct err *e);
/* The row description of FETCH; NULL for MOVE, or when there is no such cursor. */
int cursor_describe_fetch(struct session *s, struct statement *st, struct row_desc **out, bool *binary,
                          struct err *e);
/* FETCH and MOVE: cursor_take keeps the rows, so that the portal can be paged; cursor_pass_on sends them. */
int cursor_take(struct session *s, struct portal *p, struct err *e);
int cursor_pass_on(struct session *s, struct portal *p, uint64_t *rows, struct err *e);
/* 34000 for a cursor that was closed for standing idle. */
int cursor_check(const struct session *s, const struct portal *p, struct err *e);
/* Closes what has stood idle for too long, puts rows aside when the session is idle, and notes when to look
 * again. */
void cursors_sweep(struct session *s, bool idle);
/* Whether it is time for that, now. */
bool cursors_are_due(const struct session *s, int64_t now);

#endif
