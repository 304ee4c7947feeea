/* Runs a portal and answers. Of session/ alone. The session's own thread. */
#ifndef TAVANA_SESSION_EXECUTE_H
#define TAVANA_SESSION_EXECUTE_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

struct portal;
struct session;

/* Rows, then what ends the answer. max_rows 0: all. more_follows: other statements before the Sync. */
int portal_execute(struct session *s, struct portal *p, int32_t max_rows, bool more_follows, struct err *e);

#endif
