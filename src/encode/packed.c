/* What is kept is close to the binary form; the text is made of it. */
#include "encode/packed.h"

#include "base/bytes.h"
#include "base/err.h"
#include "encode/float.h"
#include "pgtype/ipv6.h"
#include "pgtype/packed.h"

#include <assert.h>
#include <inttypes.h>

enum { DOUBLE_TEXT = 40 };

static int another_type(const struct packed_type *t, struct str bytes, struct err *e)
{
    size_t kind = bytes.n ? (uint8_t)bytes.p[0] : 0;
    const char *from = kind > 0 && kind <= PACKED_TYPES ? packed_types[kind - 1].name : "bytea";
    return err_set(e, SQLSTATE_CANNOT_COERCE, "cannot cast type %s to %s", from, t->name);
}

/* ---- geometry ---- */

static void put_double(struct buf *out, const uint8_t *p, int digits)
{
    uint8_t text[DOUBLE_TEXT];
    uint64_t bits = get_be64(p);
    double v;
    memcpy(&v, &bits, sizeof v);
    buf_put(out, text, (size_t)(text_double(text, v, digits) - text));
}

static void put_doubles(struct buf *out, const uint8_t *p, size_t n, int digits)
{
    for (size_t i = 0; i < n; i++) {
        if (i)
            buf_put_u8(out, ',');
        put_double(out, p + 8 * i, digits);
    }
}

static void put_points(struct buf *out, const uint8_t *p, size_t n, int digits)
{
    for (size_t i = 0; i < n; i++) {
        if (i)
            buf_put_u8(out, ',');
        buf_put_u8(out, '(');
        put_doubles(out, p + i * PACKED_POINT_BYTES, 2, digits);
        buf_put_u8(out, ')');
    }
}

static void put_between(struct buf *out, const char *brackets, const uint8_t *p, size_t n, int digits)
{
    buf_put_u8(out, (uint8_t)brackets[0]);
    put_points(out, p, n, digits);
    buf_put_u8(out, (uint8_t)brackets[1]);
}

/* ---- addresses and money ---- */

static void put_address(struct buf *out, struct str s, bool cidr)
{
    char text[IPV6_TEXT_MAX];
    bool v4 = s.p[0] == PACKED_IPV4;
    size_t n = v4 ? PACKED_IPV4_BYTES : PACKED_IPV6_BYTES;
    unsigned bits = (uint8_t)s.p[1 + n];
    const uint8_t *b = (const uint8_t *)s.p + 2 + n;
    if (v4)
        buf_printf(out, "%u.%u.%u.%u", b[0], b[1], b[2], b[3]);
    else
        buf_put(out, text, ipv6_write(b, text));
    if (cidr || bits != 8 * n)
        buf_printf(out, "/%u", bits);
}

static int64_t cents_of(struct str s)
{
    return (int64_t)(get_be64((const uint8_t *)s.p) ^ (UINT64_C(1) << 63));
}

/* $1,234.50: cents, then groups of three digits, from behind. */
static void put_money(struct buf *out, int64_t cents)
{
    char text[DOUBLE_TEXT], *p = text + sizeof text;
    uint64_t v = cents < 0 ? -(uint64_t)cents : (uint64_t)cents;
    for (int digits = 0; digits < 3 || v; digits++) { /* at least one before the point */
        if (digits == 2)
            *--p = '.';
        else if (digits > 2 && (digits - 2) % 3 == 0)
            *--p = ',';
        *--p = (char)('0' + v % 10);
        v /= 10;
    }
    buf_printf(out, "%s$%.*s", cents < 0 ? "-" : "", (int)(text + sizeof text - p), p);
}

static void put_macaddr(struct buf *out, const uint8_t *p)
{
    for (size_t i = 0; i < PACKED_MACADDR_BYTES; i++)
        buf_printf(out, i ? ":%02x" : "%02x", p[i]);
}

/* ---- a value ---- */

int packed_text(struct buf *out, uint32_t oid, struct str bytes, int extra_float_digits, struct err *e)
{
    const struct packed_type *t = packed_type_find(oid);
    struct str s;
    assert(t);
    if (!packed_value(t, bytes, &s))
        return another_type(t, bytes, e);
    const uint8_t *p = (const uint8_t *)s.p;
    switch (t->kind) {
    case PACKED_POINT:
    case PACKED_BOX: put_points(out, p, s.n / PACKED_POINT_BYTES, extra_float_digits); break;
    case PACKED_LSEG: put_between(out, "[]", p, 2, extra_float_digits); break;
    case PACKED_PATH:
        put_between(out, p[0] ? "()" : "[]", p + 1 + PACKED_COUNT_BYTES, get_be32(p + 1), extra_float_digits);
        break;
    case PACKED_POLYGON:
        put_between(out, "()", p + PACKED_COUNT_BYTES, get_be32(p), extra_float_digits);
        break;
    case PACKED_LINE:
        buf_put_u8(out, '{');
        put_doubles(out, p, 3, extra_float_digits);
        buf_put_u8(out, '}');
        break;
    case PACKED_CIRCLE:
        buf_put_u8(out, '<');
        put_points(out, p, 1, extra_float_digits);
        buf_put_u8(out, ',');
        put_double(out, p + PACKED_POINT_BYTES, extra_float_digits);
        buf_put_u8(out, '>');
        break;
    case PACKED_INET:
    case PACKED_CIDR: put_address(out, s, t->kind == PACKED_CIDR); break;
    case PACKED_MACADDR: put_macaddr(out, p); break;
    case PACKED_MONEY: put_money(out, cents_of(s)); break;
    case PACKED_XML: buf_put(out, s.p, s.n); break;
    }
    return buf_ok(out) ? ST_OK : err_oom(e);
}

int packed_binary(struct buf *out, uint32_t oid, struct str bytes, struct err *e)
{
    const struct packed_type *t = packed_type_find(oid);
    struct str s;
    assert(t);
    if (!packed_value(t, bytes, &s))
        return another_type(t, bytes, e);
    switch (t->kind) {
    case PACKED_INET:
    case PACKED_CIDR: {
        size_t n = s.p[0] == PACKED_IPV4 ? PACKED_IPV4_BYTES : PACKED_IPV6_BYTES;
        buf_put_u8(out, (uint8_t)s.p[0]);
        buf_put_u8(out, (uint8_t)s.p[1 + n]);
        buf_put_u8(out, t->kind == PACKED_CIDR);
        buf_put_u8(out, (uint8_t)n);
        buf_put(out, s.p + 2 + n, n);
        break;
    }
    case PACKED_MONEY: buf_put_be64(out, (uint64_t)cents_of(s)); break;
    default: buf_put(out, s.p, s.n); break;
    }
    return buf_ok(out) ? ST_OK : err_oom(e);
}
