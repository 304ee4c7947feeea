/* The commonest texts of numbers, dates and times, read without the rest of value.h: the casts of whole
 * columns go through here. Each answers false for what it leaves to pg_value_decode, which reads every
 * form and makes the errors; where it answers true, both answer the same. Any thread. */
#ifndef TAVANA_PGTYPE_QUICK_H
#define TAVANA_PGTYPE_QUICK_H

#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

/* [-]digits, at most 18 of them. */
bool quick_int(struct str s, int64_t *out);
/* [-]digits[.digits][e[-]digits], whose nearest double one exact operation finds. */
bool quick_double(struct str s, double *out);
bool quick_float(struct str s, float *out);
/* YYYY-MM-DD as days since 1970. */
bool quick_date(struct str s, int32_t *out);
/* HH:MM:SS[.f] as microseconds of the day. */
bool quick_time(struct str s, int64_t *out);
/* YYYY-MM-DD[ HH:MM:SS[.f]], with a T for the blank too, as microseconds since 1970. */
bool quick_timestamp(struct str s, int64_t *out);

#endif
