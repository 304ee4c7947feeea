/* Numbers of enums. The engine's ENUM is its labels: it has neither a name nor a number of its own. So a
 * type that is made here has one label more than its client sees, the last one: a mark with its number. It
 * stays when labels are added or renamed, in whatever schema the type is. An ENUM without a mark (of the
 * engine's own SQL) has a number that is computed from its labels. Pure. Any thread. */
#ifndef TAVANA_PGTYPE_ENUM_TYPE_H
#define TAVANA_PGTYPE_ENUM_TYPE_H

#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    ENUM_OIDS = 0x40000000,               /* the least number of an enum; of its arrays: … */
    ENUM_ARRAY_OIDS = 0x50000000,         /* … as many above the least of these */
    ENUM_OIDS_MAX = 0x10000000,           /* how many numbers there are */
    ENUM_MARK = 0x1e,                     /* a mark begins with this sign, and is the number in decimal */
    ENUM_MARK_MAX = sizeof "?4294967295", /* bytes of one, with its NUL */
};

static inline bool enum_type_is(uint32_t oid)
{
    return oid >= ENUM_OIDS && oid < ENUM_OIDS + ENUM_OIDS_MAX;
}

static inline bool enum_type_is_array(uint32_t oid)
{
    return oid >= ENUM_ARRAY_OIDS && oid < ENUM_ARRAY_OIDS + ENUM_OIDS_MAX;
}

static inline uint32_t enum_type_array(uint32_t oid)
{
    return oid - ENUM_OIDS + ENUM_ARRAY_OIDS;
}

static inline uint32_t enum_type_element(uint32_t array_oid)
{
    return array_oid - ENUM_ARRAY_OIDS + ENUM_OIDS;
}

/* A number by a hash of anything. */
static inline uint32_t enum_type_pick(uint64_t hash)
{
    return ENUM_OIDS + (uint32_t)((hash ^ hash >> 32) % ENUM_OIDS_MAX);
}

/* The number that a mark says; false: it is a label like others. */
bool enum_type_mark(struct str label, uint32_t *oid);
/* Of an ENUM with all its labels, the mark among them. */
uint32_t enum_type_oid(const struct str *labels, size_t n);
/* Of one as the engine spells it, ENUM('a', 'b') or ENUM('a', 'b')[], whose array's number it is then; 0: it
 * is none. */
uint32_t enum_type_oid_of_text(struct str text);

#endif
