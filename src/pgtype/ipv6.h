/* An IPv6 address and its text. Pure. Source: RFC 4291, 2.2; RFC 5952. */
#ifndef TAVANA_PGTYPE_IPV6_H
#define TAVANA_PGTYPE_IPV6_H

#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { IPV6_BYTES = 16, IPV6_TEXT_MAX = 48 };

/* false: it is none. */
bool ipv6_read(struct str text, uint8_t out[static IPV6_BYTES]);
/* The shortest text: the longest run of zeros is left out, what is embedded of IPv4 has points. Returns its
 * length, without a NUL. */
size_t ipv6_write(const uint8_t in[static IPV6_BYTES], char out[static IPV6_TEXT_MAX]);

#endif
