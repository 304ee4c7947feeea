/* The simple query protocol. The session's own thread. */
#ifndef TAVANA_FRONT_SIMPLE_H
#define TAVANA_FRONT_SIMPLE_H

#include "base/err.h"
#include "base/str.h"

struct pg_client;

/* Runs the statements of one Query message, up to the first that fails. */
int simple_query(struct pg_client *c, struct str sql, struct err *e);

#endif
