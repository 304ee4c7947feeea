/* Geometric types, addresses, money and xml. A value is kept as a BLOB: one byte that says of which type
 * it is, so that the bytes of one are never taken for another's, and behind it
 *
 *   point lseg box path line polygon circle   PostgreSQL's binary form
 *   inet cidr   02 or 03 (IPv6), the network's bytes, length of its prefix, the address's bytes
 *   macaddr     its six bytes
 *   money       hundredths: eight bytes, big-endian, the sign flipped
 *   xml         its text
 *
 * in the order of the values where PostgreSQL has one, so that the engine compares, sorts and indexes
 * them. Bytes are checked whenever they are read. Pure. Any thread. Source: PostgreSQL 15 manual, 8.2,
 * 8.8, 8.9, and measured. */
#ifndef TAVANA_PGTYPE_PACKED_H
#define TAVANA_PGTYPE_PACKED_H

#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct decode;

enum packed_kind {
    PACKED_POINT = 1,
    PACKED_LSEG,
    PACKED_BOX,
    PACKED_PATH,
    PACKED_POLYGON,
    PACKED_LINE,
    PACKED_CIRCLE,
    PACKED_INET,
    PACKED_CIDR,
    PACKED_MACADDR,
    PACKED_MONEY,
    PACKED_XML,
};

enum {
    PACKED_TYPES = 12,
    PACKED_POINT_BYTES = 16,
    PACKED_COUNT_BYTES = 4, /* in front of a polygon's points; a path has a byte before, 1: closed */
    PACKED_IPV4 = 2,
    PACKED_IPV6 = 3,
    PACKED_IPV4_BYTES = 4,
    PACKED_IPV6_BYTES = 16,
    PACKED_MACADDR_BYTES = 6,
    PACKED_MONEY_BYTES = 8,
};

struct packed_type {
    enum packed_kind kind;
    uint32_t oid;
    const char *name, *engine_name;
};

extern const struct packed_type packed_types[PACKED_TYPES];

/* NULL: it is none of them. */
const struct packed_type *packed_type_find(uint32_t oid);
/* What lies behind the first byte. false: these are no bytes of a value of the type. */
bool packed_value(const struct packed_type *t, struct str bytes, struct str *value);
/* d->out becomes PG_BYTES: the value with its first byte. 53200 */
int packed_put(const struct decode *d, const struct packed_type *t, const void *value, size_t n);

#endif
