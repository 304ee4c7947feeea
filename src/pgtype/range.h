/* Ranges and multiranges. A value is kept as bytes whose order is the order of the values, so that the engine
 * compares, sorts, groups and indexes them as BLOBs:
 *
 *   range       00 empty | 01 lower upper
 *   lower       00 unbounded | 01 value 00 inclusive | 01 value 01 exclusive
 *   upper       01 value 00 exclusive | 01 value 01 inclusive | 02 unbounded
 *   multirange  its ranges in order, then 00
 *   value       integers, days and microseconds since 1970: big-endian, the sign flipped; a numeric as in
 *               range_key.h
 *
 * Ranges are canonical: those of whole numbers and dates are [a,b); a multirange's do not touch. Bytes are
 * checked whenever they are read. Pure. Any thread. Source: PostgreSQL 15 manual, 8.17, and measured. */
#ifndef TAVANA_PGTYPE_RANGE_H
#define TAVANA_PGTYPE_RANGE_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

struct arena;

struct range_type {
    uint32_t oid, multi_oid, subtype;
    const char *name, *multi_name, *engine_name, *multi_engine_name;
    bool discrete;
};

enum { RANGE_TYPES = 6 };
extern const struct range_type range_types[RANGE_TYPES];

/* By the OID of the range or, with *multi set, of the multirange. NULL: neither. */
const struct range_type *range_type_find(uint32_t oid, bool *multi);

struct range_bound {
    bool infinite, inclusive;
    struct str value; /* its bytes; lent */
};

struct range {
    bool empty;
    struct range_bound lower, upper;
};

/* A multirange, or a range as one: none that is empty, in order, none touching another. */
struct range_set {
    const struct range *items;
    size_t n;
};

/* Reads the range in front of *in and cuts it off. false: these are no such bytes. */
bool range_next(const struct range_type *t, struct str *in, struct range *out);
/* Reads a whole value, a range or multirange. 22P03, 53200 */
int range_set_read(struct arena *a, const struct range_type *t, bool multi, struct str in,
                   struct range_set *out, struct err *e);
/* Appends a range as it is. */
void range_put(struct buf *b, const struct range *r);
/* Appends a multirange. */
void range_set_put(struct buf *b, const struct range_set *s);
/* Makes *r canonical: bounds in order (22000), [a,b) of what is discrete (22003, 22008). New bounds are of
 * a. */
int range_canonical(struct arena *a, const struct range_type *t, struct range *r, struct err *e);
/* Ranges in any order become a multirange; the array is the caller's and is changed. */
struct range_set range_set_of(struct range *ranges, size_t n);
/* Order of two bounds, each a lower or an upper one. */
int range_bound_compare(const struct range_bound *x, bool x_lower, const struct range_bound *y, bool y_lower);

#endif
