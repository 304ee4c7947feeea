/* Runs a portal and answers. The session's own thread. */
#ifndef TAVANA_SESSION_EXECUTE_H
#define TAVANA_SESSION_EXECUTE_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

struct portal;
struct session;

struct execution {
    uint64_t max_rows; /* 0: all */
    bool more_follows; /* other statements, before the transaction that is theirs together ends */
    bool ends_query;   /* the last statement of a message that is a transaction of its own */
};

/* Rows, then what ends the answer. */
int portal_execute(struct session *s, struct portal *p, const struct execution *how, struct err *e);

#endif
