/* Views that read a relation, which go with it or keep it from going: the engine knows nothing of them. Of
 * session/ alone. The session's own thread. */
#ifndef TAVANA_SESSION_DEPENDENTS_H
#define TAVANA_SESSION_DEPENDENTS_H

#include "base/err.h"
#include "session/depends.h"
#include "session/relation.h"

#include <stdbool.h>
#include <stddef.h>

struct session;

/* A list that begins as zeros; its strings are of the message's arena. */
struct dependents {
    size_t n, cap;
    struct dependent {
        const char *schema, *name, *full; /* full: as SQL */
        bool materialized;
    } * items; /* what reads another stands behind it */
    struct depends told;
};

/* Adds those that read the relation, directly or through others. column NULL: any column of it. */
int dependents_add(struct session *s, struct dependents *d, const struct relation *of, const char *column,
                   struct err *e);
/* Takes out what goes by itself. */
void dependents_leave(struct dependents *d, const char *full);
/* They go, the last one first. */
int dependents_drop(struct session *s, const struct dependents *d, struct err *e);
/* "table t", "view s.v": as messages call it. NULL without memory. */
const char *dependents_describe(struct session *s, const struct relation *r);

#endif
