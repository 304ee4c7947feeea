/* Numbers of domains, and what the engine has for them: a type that says by its comment what the domain is,
 * and macros that check values, each called by its number. Pure. Any thread. docs/decisions/domains.md */
#ifndef TAVANA_PGTYPE_DOMAIN_TYPE_H
#define TAVANA_PGTYPE_DOMAIN_TYPE_H

#include <stdbool.h>
#include <stdint.h>

/* How names begin that go on with the domain's number: of the type, and of macros that check a value or make
 * an error, that are the value, the same of arrays, and the default of columns. A check and a default have
 * another number behind that: which making of them it is. */
#define DOMAIN_NAME        "pg_domain_"
#define DOMAIN_CHECK       "pg_domain_check_"
#define DOMAIN_VALUE       "pg_domain_value_"
#define DOMAIN_ARRAY_VALUE "pg_domain_list_value_"
#define DOMAIN_INITIAL     "pg_domain_default_"

enum {
    DOMAIN_OIDS = 0x38000000,       /* the least number of a domain … */
    DOMAIN_ARRAY_OIDS = 0x3c000000, /* … and of an array of one */
    DOMAIN_OIDS_MAX = 0x04000000,   /* how many numbers of each there are */
};

static inline bool domain_type_is(uint32_t oid)
{
    return oid >= DOMAIN_OIDS && oid < DOMAIN_OIDS + DOMAIN_OIDS_MAX;
}

static inline bool domain_type_is_array(uint32_t oid)
{
    return oid >= DOMAIN_ARRAY_OIDS && oid < DOMAIN_ARRAY_OIDS + DOMAIN_OIDS_MAX;
}

static inline uint32_t domain_type_array(uint32_t oid)
{
    return oid - DOMAIN_OIDS + DOMAIN_ARRAY_OIDS;
}

static inline uint32_t domain_type_element(uint32_t array_oid)
{
    return array_oid - DOMAIN_ARRAY_OIDS + DOMAIN_OIDS;
}

/* A number by a hash of anything. */
static inline uint32_t domain_type_pick(uint64_t hash)
{
    return DOMAIN_OIDS + (uint32_t)((hash ^ hash >> 32) % DOMAIN_OIDS_MAX);
}

#endif
