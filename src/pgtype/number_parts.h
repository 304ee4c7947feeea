/* A number's text taken apart: [sign] digits [. digits] [e [sign] digits]. Pure. Any thread. Source:
 * PostgreSQL 15 manual, 4.1.2.6. */
#ifndef TAVANA_PGTYPE_NUMBER_PARTS_H
#define TAVANA_PGTYPE_NUMBER_PARTS_H

#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

/* An exponent beyond it, either way, is told as one that is at least this: no type has such numbers. */
enum { NUMBER_EXPONENT_MAX = 1 << 30 };

struct number_parts {
    bool negative;
    struct str whole, fraction; /* digits before the point and behind it, lent; not both empty */
    int64_t exponent;
};

/* false: the text is no number. Blanks are none of it. */
bool number_parts_of(struct str text, struct number_parts *out);

#endif
