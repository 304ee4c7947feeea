/* Dates, times, timestamps, intervals. Each stores at p and returns the end; NULL and e filled beyond
 * PostgreSQL's range. Pure. Of encode/ alone. */
#ifndef TAVANA_ENCODE_TIME_H
#define TAVANA_ENCODE_TIME_H

#include <stdbool.h>
#include <stdint.h>

struct engine_interval;
struct err;
struct tz;

/* YYYY-MM-DD, or infinity; of days since 1970. */
uint8_t *text_date(uint8_t *p, int32_t days, struct err *e);
/* HH:MM:SS, with as many digits of a second as there are. */
uint8_t *text_time(uint8_t *p, int64_t micros);
/* The same with its offset; bits as the engine keeps them. */
uint8_t *text_timetz(uint8_t *p, uint64_t bits);
/* YYYY-MM-DD HH:MM:SS…, or infinity; of microseconds since 1970. */
uint8_t *text_timestamp(uint8_t *p, int64_t micros, struct err *e);
/* The same in that zone, with its offset. */
uint8_t *text_timestamptz(uint8_t *p, int64_t micros, const struct tz *zone, struct err *e);
/* PostgreSQL's own style: "1 mon -3 days 04:05:06". */
uint8_t *text_interval(uint8_t *p, const struct engine_interval *i);
/* Days since 2000-01-01. */
uint8_t *binary_date(uint8_t *p, int32_t days, struct err *e);
/* Microseconds since 2000-01-01. */
uint8_t *binary_timestamp(uint8_t *p, int64_t micros, struct err *e);
/* Microseconds and seconds west; bits as the engine keeps them. */
uint8_t *binary_timetz(uint8_t *p, uint64_t bits);
/* To µs from another unit; infinities stay. False when it does not fit. */
bool timestamp_to_micros(int64_t v, int64_t mul, int64_t div, int64_t *micros);

#endif
