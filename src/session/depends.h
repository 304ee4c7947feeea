/* What depends on an object that is to go: told of, or in the way, in PostgreSQL's words. Of session/ alone.
 * The session's own thread. */
#ifndef TAVANA_SESSION_DEPENDS_H
#define TAVANA_SESSION_DEPENDS_H

#include "base/err.h"

#include <stddef.h>

struct session;

/* A list that begins as zeros; its strings are of the message's arena. */
struct depends {
    size_t n, cap;
    struct depends_on {
        const char *object; /* "view v" */
        const char *on;     /* "table t" */
    } * items;
};

/* object NULL, or on: 53200. */
int depends_add(struct session *s, struct depends *d, const char *object, const char *on, struct err *e);
/* 2BP01, unless the list is empty: what ("type mood") cannot be dropped. */
int depends_refuse(const struct depends *d, const char *what, struct err *e);
/* The notice that they go as well. */
void depends_tell(struct session *s, const struct depends *d);
/* A name of schema and object as PostgreSQL describes it: without the schema where the path finds it. schema:
 * as the engine calls it. NULL without memory. */
const char *depends_name(struct session *s, const char *schema, const char *name);

#endif
