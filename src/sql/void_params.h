/* Parameters of the type void: a driver that sends a call's OUT arguments as parameters says that they are of
 * this type, and PostgreSQL leaves them out of a function's arguments, though not out of a CALL's. Pure. Any
 * thread. Source: JDBC's {? = call f(?)}, and what PostgreSQL 15 answers to it. */
#ifndef TAVANA_SQL_VOID_PARAMS_H
#define TAVANA_SQL_VOID_PARAMS_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A statement without them: the other parameters are numbered from 1 again. */
struct sql_void_params {
    struct str text; /* each word of it where it was */
    size_t n;
    const uint32_t *oids; /* types that were said of the others … */
    size_t nvoids;
    const bool *is_void; /* … and which of those that the client counts are none; NULL: there are none */
};

/* oids: the types that were said of $1 … $n; those of void_oid are none. 53200 */
int sql_leave_void_params(struct arena *a, struct str text, const uint32_t *oids, size_t n, uint32_t void_oid,
                          struct sql_void_params *out, struct err *e);

#endif
