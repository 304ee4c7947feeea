/* What the files behind value.h share. */
#ifndef TAVANA_PGTYPE_VALUE_PRIV_H
#define TAVANA_PGTYPE_VALUE_PRIV_H

#include "pgtype/value.h"

struct decode {
    struct arena *arena;
    const struct tz *zone;
    uint32_t oid;
    struct str in;
    struct pg_value *out;
    struct err *e;
    bool is_item; /* of an array */
};

/* Errors in PostgreSQL's words. */
int bad_text(const struct decode *d);
int bad_binary(const struct decode *d);
/* Fewer bytes than the type has, or more. */
int bad_size(const struct decode *d, size_t size);
int out_of_range(const struct decode *d);
int bad_datetime(const struct decode *d);
/* How many bytes of a value are shown in an error: never half a character. */
int shown(struct str s);

/* One value of d->oid (no array) from its text or binary form. */
int decode_text(const struct decode *d);
int decode_binary(const struct decode *d);

/* value_number.c */
int numeric_from_text(const struct decode *d);
int numeric_from_binary(const struct decode *d);

/* value_time.c, value_interval.c: ST_AGAIN: a form that is not read here, which the engine may know. */
int date_from_text(const struct decode *d);
int time_from_text(const struct decode *d);
int timestamp_from_text(const struct decode *d);
int interval_from_text(const struct decode *d);

/* value_time_binary.c */
int datetime_from_binary(const struct decode *d);

/* value_array.c */
int array_from_text(const struct decode *d, uint32_t element);
int array_from_binary(const struct decode *d, uint32_t element);

static inline struct str trimmed(struct str s)
{
    while (s.n && (s.p[0] == ' ' || (s.p[0] >= '\t' && s.p[0] <= '\r')))
        s.p++, s.n--;
    while (s.n && (s.p[s.n - 1] == ' ' || (s.p[s.n - 1] >= '\t' && s.p[s.n - 1] <= '\r')))
        s.n--;
    return s;
}

#endif
