/* Geometric types, addresses and money as PostgreSQL shows and sends them. Pure. Of encode/ alone.
 * Source: PostgreSQL 15, measured. */
#ifndef TAVANA_ENCODE_PACKED_H
#define TAVANA_ENCODE_PACKED_H

#include "base/buf.h"
#include "base/str.h"

#include <stdint.h>

struct err;

/* Appends the text of a value of the type oid, which is one of packed.h. 42846 when the bytes are another
 * type's or none. */
int packed_text(struct buf *out, uint32_t oid, struct str bytes, int extra_float_digits, struct err *e);
/* The same in binary. */
int packed_binary(struct buf *out, uint32_t oid, struct str bytes, struct err *e);

#endif
