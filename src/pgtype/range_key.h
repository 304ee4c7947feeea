/* One bound's value as bytes in the order of the values (range.h). A numeric is
 *
 *   00 -Infinity | 01 … negative | 02 zero | 03 … positive | 04 Infinity | 05 NaN
 *
 * with, where … stands, the power of ten that the first digit stands for (four bytes), the digits plus one (a
 * byte each, no zeros at either end) and 00; a negative one has all of these complemented. Pure. Of pgtype/,
 * encode/ and engine/. */
#ifndef TAVANA_PGTYPE_RANGE_KEY_H
#define TAVANA_PGTYPE_RANGE_KEY_H

#include "base/buf.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

/* How many bytes an integer, date or timestamp of that type has; 0: a numeric. */
size_t range_key_size(uint32_t subtype);
/* Appends an integer, or days or microseconds since 1970. */
void range_key_put_int(struct buf *b, uint32_t subtype, int64_t v);
/* The other way. */
int64_t range_key_int(struct str key);
/* Appends canonical decimal text, "NaN", "Infinity" or "-Infinity". */
void range_key_put_numeric(struct buf *b, struct str digits);
/* Appends the text of such a value. */
void range_key_numeric_text(struct buf *b, struct str key);
/* A numeric's parts. */
struct range_numeric {
    const char *word; /* "NaN", "Infinity", "-Infinity", "0"; NULL: it has digits */
    bool negative;
    int32_t power; /* digits in front of the point; zeros behind it when negative */
    const uint8_t *digits;
    size_t ndigits;
    uint8_t flip; /* a digit is its byte ^ flip, less one */
};

/* What the bytes of a numeric say; they are such. */
struct range_numeric range_key_numeric(struct str key);
/* How long the value in front of these bytes is; 0: there is none. */
size_t range_key_length(uint32_t subtype, struct str bytes);

#endif
