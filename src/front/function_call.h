/* The protocol's own way to call a function. Of front/ alone. The session's own thread.
 * Source: PostgreSQL manual, 55.2.6. */
#ifndef TAVANA_FRONT_FUNCTION_CALL_H
#define TAVANA_FRONT_FUNCTION_CALL_H

#include "base/err.h"

struct frame;
struct pg_client;

/* FunctionCall. Clients use it for large objects alone, of which there are none: one that is named does not
 * exist (42704), none can be made (0A000), nor read from a file of the server's (42501). 0A000: another
 * function; 25P02, 08P01. */
int function_call(struct pg_client *c, const struct frame *f, struct err *e);

#endif
