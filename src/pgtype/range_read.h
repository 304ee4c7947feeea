/* Ranges and multiranges from text and binary, into the bytes of range.h. Pure. Of pgtype/ alone.
 * Source: PostgreSQL 15 manual, 8.17.5, and measured. */
#ifndef TAVANA_PGTYPE_RANGE_READ_H
#define TAVANA_PGTYPE_RANGE_READ_H

#include <stdbool.h>

struct decode;
struct range_type;

/* d->out becomes PG_BYTES. 22P02 malformed, 22000 bounds in the wrong order, what the bounds' type says. */
int range_from_text(const struct decode *d, const struct range_type *t, bool multi);
/* The same from binary. 08P01, 22P03 */
int range_from_binary(const struct decode *d, const struct range_type *t, bool multi);

#endif
