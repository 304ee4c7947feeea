/* Numbers in text as the engine's decimals. Pure. Any thread. Of engine/ alone. Source: PostgreSQL 15 manual,
 * 8.1.2: what has more digits behind the point than the type is rounded, half away from zero. */
#ifndef TAVANA_ENGINE_DECIMAL_TEXT_H
#define TAVANA_ENGINE_DECIMAL_TEXT_H

#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DECIMAL_WIDTH_MAX = 38 };

/* DECIMAL(width, scale): 1 <= width, scale <= width. */
struct decimal_type {
    uint8_t width, scale;
};

/* In a pointer that is not NULL: what a cast is told by duckdb_cast_function_get_extra_info. */
void *decimal_type_pack(struct decimal_type t);
struct decimal_type decimal_type_unpack(const void *packed);

enum decimal_read {
    DECIMAL_READ,      /* *out is the value times 10^scale */
    DECIMAL_TOO_LARGE, /* it is a number, and has more digits before the point than the type */
    DECIMAL_NO_NUMBER, /* anything but [blanks] [sign] digits [. digits] [e [sign] digits] [blanks] */
};

enum decimal_read decimal_read(struct str text, struct decimal_type t, __int128 *out);
/* Into a vector's data, whose element is as wide as the type asks for. */
void decimal_store(void *values, size_t row, struct decimal_type t, __int128 v);

#endif
