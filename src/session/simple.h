/* The simple query protocol. Of session/ alone. The session's own thread. */
#ifndef TAVANA_SESSION_SIMPLE_H
#define TAVANA_SESSION_SIMPLE_H

#include "base/err.h"
#include "base/str.h"

struct session;

/* Runs the statements of one Query message, up to the first that fails. */
int simple_query(struct session *s, struct str sql, struct err *e);

#endif
