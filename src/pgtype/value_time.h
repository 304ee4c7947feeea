/* Dates and times from text. ST_AGAIN: a form that is not read here, which the engine may know. Pure. Of
 * pgtype/ alone. */
#ifndef TAVANA_PGTYPE_VALUE_TIME_H
#define TAVANA_PGTYPE_VALUE_TIME_H

struct decode;

/* 22007, 22008 */
int date_from_text(const struct decode *d);
/* time and timetz. 22007, 22008 */
int time_from_text(const struct decode *d);
/* timestamp and timestamptz. 22007, 22008 */
int timestamp_from_text(const struct decode *d);

#endif
