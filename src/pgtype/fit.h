/* Values made to fit a type with a modifier, as PostgreSQL's assignment casts do. Pure. Any thread. */
#ifndef TAVANA_PGTYPE_FIT_H
#define TAVANA_PGTYPE_FIT_H

#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

/* The text cut to n characters where only blanks are lost, and, `padded`, without blanks at its end: char(n)
 * is stored so. false: it is too long. */
bool pg_fit_text(struct str *text, int32_t n, bool padded);
/* Microseconds since 1970 rounded to so many digits of a second. */
int64_t pg_fit_timestamp(int64_t micros, int32_t digits);
/* Microseconds of a day. */
int64_t pg_fit_time(int64_t micros, int32_t digits);

#endif
