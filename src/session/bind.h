/* Binding: a portal is made of a statement and its parameters. The session's own thread. */
#ifndef TAVANA_SESSION_BIND_H
#define TAVANA_SESSION_BIND_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

struct backend_param;
struct portal;
struct session;
struct statement;

/* Binds a statement: checks and keeps the parameters. visible: pg_cursors shows it, already to what the
 * binding itself computes. The caller's until portal_add. */
int portal_new(struct session *s, const char *name, struct statement *st, const struct backend_param *params,
               size_t nparams, bool visible, struct portal **out, struct err *e);

#endif
