/* Composite types by the numbers that clients declare for parameters. Inside a call, the thread of the
 * session. */
#ifndef TAVANA_BACKEND_LOCAL_COMPOSITES_H
#define TAVANA_BACKEND_LOCAL_COMPOSITES_H

#include "base/arena.h"
#include "base/err.h"

#include <stdint.h>

struct local_session;

/* The type of that number, a composite type or an array of one, as SQL; NULL: there is none. Of the arena. */
int local_composite_name(struct local_session *s, struct arena *a, uint32_t oid, const char **out,
                         struct err *e);
/* Puts the names of composite types in place of their aliases into the error. */
void local_composite_explain(struct local_session *s, struct err *e);

#endif
