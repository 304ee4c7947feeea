/* The shape of a statement: its tokens without its literals, so that statements that differ in them alone are
 * the same, and that nothing a user wrote into quotes stands in a log. Pure. Any thread. */
#ifndef TAVANA_SQL_SHAPE_H
#define TAVANA_SQL_SHAPE_H

#include "sql/token.h"

#include <stdint.h>

enum {
    SQL_SHAPE_TEXT = 160,
    SQL_SHAPE_BYTES_MAX = 64 * 1024, /* of a statement that are looked at; what follows makes no difference */
};

struct sql_shape {
    uint64_t fingerprint;      /* never 0 */
    char text[SQL_SHAPE_TEXT]; /* the beginning: words in lower case, ? for a literal */
};

/* Looks at SQL_SHAPE_BYTES_MAX bytes of sql, at most. */
void sql_shape(struct sql_tokens sql, struct sql_shape *out);

#endif
