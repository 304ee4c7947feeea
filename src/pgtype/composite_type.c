#include "pgtype/composite_type.h"

#include <string.h>

/* Digits at *p, which moves behind them. false: there are none, or too many. */
static bool read_number(const char **p, uint32_t *out)
{
    uint64_t v = 0;
    const char *start = *p;
    for (; **p >= '0' && **p <= '9'; ++*p) {
        v = v * 10 + (uint64_t)(**p - '0');
        if (v > UINT32_MAX)
            return false;
    }
    *out = (uint32_t)v;
    return *p > start;
}

uint32_t composite_type_oid(const char *alias, uint32_t *version)
{
    enum { PREFIX = sizeof COMPOSITE_ALIAS - 1 };
    uint32_t oid, made = 1;
    if (!alias || strncmp(alias, COMPOSITE_ALIAS, PREFIX) != 0)
        return 0;
    const char *p = alias + PREFIX;
    if (!read_number(&p, &oid) || !composite_type_is(oid))
        return 0;
    if (*p == '_' && (p++, !read_number(&p, &made) || made < 2))
        return 0;
    if (*p)
        return 0;
    if (version)
        *version = made;
    return oid;
}
