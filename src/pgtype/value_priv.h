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
    bool is_item;   /* of an array */
    unsigned depth; /* records and arrays that it lies in */
};

/* Errors in PostgreSQL's words. */
int bad_text(const struct decode *d);
/* 22P03: incorrect binary data. */
int bad_binary(const struct decode *d);
/* 08P01: the value ends too early. */
int cut_short(const struct decode *d);
/* 08P01: the same where a single byte was to come. */
int no_byte(const struct decode *d);
/* Fewer bytes than the type has, or more. */
int bad_size(const struct decode *d, size_t size);
/* 22003 */
int out_of_range(const struct decode *d);
/* 22008 */
int bad_datetime(const struct decode *d);
/* How many bytes of a value are shown in an error: never half a character. */
int shown(struct str s);

/* One value of d->oid (no array) from its text. */
int decode_text(const struct decode *d);
/* The same from its binary form. */
int decode_binary(const struct decode *d);

/* The type of an array's elements; 0: it is no array. */
uint32_t value_element(uint32_t oid);

static inline struct str trimmed(struct str s)
{
    while (s.n && (s.p[0] == ' ' || (s.p[0] >= '\t' && s.p[0] <= '\r')))
        s.p++, s.n--;
    while (s.n && (s.p[s.n - 1] == ' ' || (s.p[s.n - 1] >= '\t' && s.p[s.n - 1] <= '\r')))
        s.n--;
    return s;
}

#endif
