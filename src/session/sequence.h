/* What PostgreSQL does with a sequence and the engine cannot. Of session/ alone. The session's own thread. */
#ifndef TAVANA_SESSION_SEQUENCE_H
#define TAVANA_SESSION_SEQUENCE_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

struct relation_name;
struct session;

/* A name as it is written in a text: nextval('s.t'). 42601, 42602 */
int sequence_read_name(const char *text, struct relation_name *out, struct err *e);
/* setval(name, value, is_called), in the session's transaction: 42P01, 22003, 25006. */
int sequence_set(struct session *s, const char *name, int64_t value, bool is_called, struct err *e);

#endif
