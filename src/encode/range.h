/* Ranges and multiranges as PostgreSQL shows and sends them. Pure. Of encode/ alone. Source: PostgreSQL 15,
 * measured. */
#ifndef TAVANA_ENCODE_RANGE_H
#define TAVANA_ENCODE_RANGE_H

#include "base/buf.h"
#include "base/str.h"

#include <stdbool.h>

struct err;
struct tz;

/* Appends the text of a value of the type oid, which is a range or multirange; moments are shown in zone.
 * XX000 when the bytes are none of it. */
int range_text(struct buf *out, uint32_t oid, struct str bytes, const struct tz *zone, struct err *e);
/* The same in binary. */
int range_binary(struct buf *out, uint32_t oid, struct str bytes, struct err *e);

#endif
