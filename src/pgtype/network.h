/* inet, cidr and macaddr from text and binary, into the bytes of packed.h. Pure. Of pgtype/ alone.
 * Source: PostgreSQL 15 manual, 8.9, and measured. */
#ifndef TAVANA_PGTYPE_NETWORK_H
#define TAVANA_PGTYPE_NETWORK_H

struct decode;
struct packed_type;

/* 22P02; 22003 for an octet of a macaddr. */
int network_from_text(const struct decode *d, const struct packed_type *t);
/* 08P01, 22P03 */
int network_from_binary(const struct decode *d, const struct packed_type *t);

#endif
