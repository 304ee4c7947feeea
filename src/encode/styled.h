/* Dates, timestamps and intervals in the styles of DateStyle and IntervalStyle, which the session's zone has
 * with it (pgtype/style.h). Each stores at p, at most TEXT_STYLED bytes, and returns the end; NULL and e
 * filled beyond PostgreSQL's range. Pure. Of encode/ alone. */
#ifndef TAVANA_ENCODE_STYLED_H
#define TAVANA_ENCODE_STYLED_H

#include <stdbool.h>
#include <stdint.h>

struct engine_interval;
struct err;
struct tz;

/* Of days since 1970. */
uint8_t *styled_date(uint8_t *p, int32_t days, const struct tz *zone, struct err *e);
/* Of microseconds since 1970; has_zone: in that zone, and named after it. */
uint8_t *styled_timestamp(uint8_t *p, int64_t micros, const struct tz *zone, bool has_zone, struct err *e);
uint8_t *styled_interval(uint8_t *p, const struct engine_interval *i, const struct tz *zone);

#endif
