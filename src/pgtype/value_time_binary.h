/* Dates, times and intervals in binary: counts from 2000-01-01, offsets west. Pure. Of pgtype/ alone. */
#ifndef TAVANA_PGTYPE_VALUE_TIME_BINARY_H
#define TAVANA_PGTYPE_VALUE_TIME_BINARY_H

struct decode;

/* date, time, timetz, timestamp, timestamptz, interval. 22P03, 22008 */
int datetime_from_binary(const struct decode *d);

#endif
