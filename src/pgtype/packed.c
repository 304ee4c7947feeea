/* Sizes are what tells whether bytes are a value: all else in them may be anything. */
#include "pgtype/packed.h"

#include "base/bytes.h"
#include "pgtype/oid.h"
#include "pgtype/value_priv.h"

#include <assert.h>

const struct packed_type packed_types[PACKED_TYPES] = {
    {PACKED_POINT, PGTYPE_POINT, "point", "pg_point"},
    {PACKED_LSEG, PGTYPE_LSEG, "lseg", "pg_lseg"},
    {PACKED_BOX, PGTYPE_BOX, "box", "pg_box"},
    {PACKED_PATH, PGTYPE_PATH, "path", "pg_path"},
    {PACKED_POLYGON, PGTYPE_POLYGON, "polygon", "pg_polygon"},
    {PACKED_LINE, PGTYPE_LINE, "line", "pg_line"},
    {PACKED_CIRCLE, PGTYPE_CIRCLE, "circle", "pg_circle"},
    {PACKED_INET, PGTYPE_INET, "inet", "pg_address"},
    {PACKED_CIDR, PGTYPE_CIDR, "cidr", "pg_cidr"},
    {PACKED_MACADDR, PGTYPE_MACADDR, "macaddr", "pg_macaddr"},
    {PACKED_MONEY, PGTYPE_MONEY, "money", "pg_money"},
    {PACKED_XML, PGTYPE_XML, "xml", "pg_xml"},
};

const struct packed_type *packed_type_find(uint32_t oid)
{
    for (size_t i = 0; i < PACKED_TYPES; i++)
        if (packed_types[i].oid == oid)
            return &packed_types[i];
    return NULL;
}

/* A number of points in front of just so many. */
static bool are_points(struct str s)
{
    if (s.n < PACKED_COUNT_BYTES)
        return false;
    size_t n = get_be32((const uint8_t *)s.p);
    return n > 0 && (s.n - PACKED_COUNT_BYTES) % PACKED_POINT_BYTES == 0 &&
           (s.n - PACKED_COUNT_BYTES) / PACKED_POINT_BYTES == n;
}

static bool is_address(struct str s)
{
    if (s.n == 0)
        return false;
    size_t n = s.p[0] == PACKED_IPV4 ? PACKED_IPV4_BYTES : s.p[0] == PACKED_IPV6 ? PACKED_IPV6_BYTES : 0;
    return n > 0 && s.n == 2 + 2 * n && (uint8_t)s.p[1 + n] <= 8 * n;
}

bool packed_value(const struct packed_type *t, struct str bytes, struct str *value)
{
    enum { LINE_BYTES = 24 }; /* a circle has as many */
    if (bytes.n == 0 || (uint8_t)bytes.p[0] != t->kind)
        return false;
    struct str s = *value = (struct str){bytes.p + 1, bytes.n - 1};
    switch (t->kind) {
    case PACKED_POINT: return s.n == PACKED_POINT_BYTES;
    case PACKED_LSEG:
    case PACKED_BOX: return s.n == (size_t)2 * PACKED_POINT_BYTES;
    case PACKED_PATH: return s.n > 0 && are_points((struct str){s.p + 1, s.n - 1});
    case PACKED_POLYGON: return are_points(s);
    case PACKED_LINE:
    case PACKED_CIRCLE: return s.n == LINE_BYTES;
    case PACKED_INET:
    case PACKED_CIDR: return is_address(s);
    case PACKED_MACADDR: return s.n == PACKED_MACADDR_BYTES;
    case PACKED_MONEY: return s.n == PACKED_MONEY_BYTES;
    case PACKED_XML: return true;
    }
    return false;
}

int packed_put(const struct decode *d, const struct packed_type *t, const void *value, size_t n)
{
    assert(t && t == packed_type_find(t->oid));
    char *p = arena_alloc(d->arena, n + 1);
    if (!p)
        return err_oom(d->e);
    p[0] = (char)t->kind;
    memcpy(p + 1, value, n);
    d->out->kind = PG_BYTES;
    d->out->v.text = (struct str){p, n + 1};
    return ST_OK;
}
