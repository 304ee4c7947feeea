/* Numbers of composite types. The engine's STRUCT is its members: it has neither a name nor a number of its
 * own. What it keeps with each column, value and type is an alias, so the alias of a type that is made here
 * is COMPOSITE_ALIAS and its number; behind another _ it says which making of it this is, from 2 on, when it
 * was altered. Pure. Any thread. */
#ifndef TAVANA_PGTYPE_COMPOSITE_TYPE_H
#define TAVANA_PGTYPE_COMPOSITE_TYPE_H

#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define COMPOSITE_ALIAS "pg_composite_"

enum {
    COMPOSITE_OIDS = 0x20000000,          /* the least number of a composite type … */
    COMPOSITE_ARRAY_OIDS = 0x28000000,    /* … of an array of one … */
    COMPOSITE_RELATION_OIDS = 0x30000000, /* … and of its row in pg_class */
    COMPOSITE_OIDS_MAX = 0x08000000,      /* how many numbers of each there are */
    COMPOSITE_FIELDS_MAX = 1600,          /* PostgreSQL's MaxTupleAttributeNumber is near it */
    COMPOSITE_ALIAS_MAX = 48,             /* bytes of an alias, with its NUL */
};

static inline bool composite_type_is(uint32_t oid)
{
    return oid >= COMPOSITE_OIDS && oid < COMPOSITE_OIDS + COMPOSITE_OIDS_MAX;
}

static inline bool composite_type_is_array(uint32_t oid)
{
    return oid >= COMPOSITE_ARRAY_OIDS && oid < COMPOSITE_ARRAY_OIDS + COMPOSITE_OIDS_MAX;
}

static inline uint32_t composite_type_array(uint32_t oid)
{
    return oid - COMPOSITE_OIDS + COMPOSITE_ARRAY_OIDS;
}

static inline uint32_t composite_type_element(uint32_t array_oid)
{
    return array_oid - COMPOSITE_ARRAY_OIDS + COMPOSITE_OIDS;
}

/* A number by a hash of anything. */
static inline uint32_t composite_type_pick(uint64_t hash)
{
    return COMPOSITE_OIDS + (uint32_t)((hash ^ hash >> 32) % COMPOSITE_OIDS_MAX);
}

/* The number that an alias says, *version: which making it is, from 1 on (version NULL: never mind); 0: it is
 * the alias of something else, or NULL. */
uint32_t composite_type_oid(const char *alias, uint32_t *version);

#endif
