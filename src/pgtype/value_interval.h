/* Intervals from text. Pure. Of pgtype/ alone. */
#ifndef TAVANA_PGTYPE_VALUE_INTERVAL_H
#define TAVANA_PGTYPE_VALUE_INTERVAL_H

struct decode;

/* ST_AGAIN: a form that is not read here, which the engine may know. 22007, 22015. */
int interval_from_text(const struct decode *d);

#endif
