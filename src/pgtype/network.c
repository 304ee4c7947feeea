/* An address of four octets may be cut short: an inet with a prefix, a cidr also without. */
#include "pgtype/network.h"

#include "pgtype/ipv6.h"
#include "pgtype/packed.h"
#include "pgtype/value_priv.h"

#include <assert.h>

enum { TEXT_MAX = 64, V4_BITS = 32, V6_BITS = 128, LINK_GROUPS_MAX = 6 };

struct address {
    unsigned family, bits;
    uint8_t bytes[PACKED_IPV6_BYTES];
};

static size_t size_of(const struct address *a)
{
    return a->family == PACKED_IPV4 ? PACKED_IPV4_BYTES : PACKED_IPV6_BYTES;
}

/* The network's bytes; whether the address has others. */
static bool mask(const struct address *a, uint8_t *out)
{
    bool more = false;
    assert(a->family == PACKED_IPV4 || a->family == PACKED_IPV6);
    for (unsigned i = 0; i < size_of(a); i++) {
        unsigned kept = a->bits > 8 * i ? a->bits - 8 * i : 0;
        uint8_t m = (uint8_t)(kept >= 8 ? 0xFFU : 0xFF00U >> kept);
        out[i] = a->bytes[i] & m;
        more |= out[i] != a->bytes[i];
    }
    return more;
}

static int put(const struct decode *d, const struct packed_type *t, const struct address *a)
{
    uint8_t bytes[2 + 2 * PACKED_IPV6_BYTES];
    size_t n = size_of(a);
    assert(a->bits <= 8 * n); /* it was read so */
    bytes[0] = (uint8_t)a->family;
    (void)mask(a, bytes + 1);
    bytes[1 + n] = (uint8_t)a->bits;
    memcpy(bytes + 2 + n, a->bytes, n);
    return packed_put(d, t, bytes, 2 + 2 * n);
}

/* ---- inet and cidr from text ---- */

static bool digits(const char **p, unsigned most, unsigned *out)
{
    const char *from = *p;
    *out = 0;
    for (; **p >= '0' && **p <= '9'; (*p)++) {
        *out = *out * 10 + (unsigned)(**p - '0');
        if (*out > most)
            return false;
    }
    return *p > from;
}

/* The prefix of a cidr that has none: by the class of its address, and at least what is written. */
static unsigned class_bits(uint8_t first, unsigned octets)
{
    enum { CLASS_B = 128, CLASS_C = 192, CLASS_D = 224, CLASS_E = 240, CLASS_D_BITS = 4 };
    unsigned bits = first >= CLASS_E   ? 32
                    : first >= CLASS_D ? 8
                    : first >= CLASS_C ? 24
                    : first >= CLASS_B ? 16
                                       : 8;
    if (bits < octets * 8)
        bits = octets * 8;
    return bits == 8 && first == CLASS_D ? CLASS_D_BITS : bits;
}

static bool read_v4(const char *p, bool cidr, struct address *out)
{
    unsigned octets = 0, v, bits = 0;
    bool prefix = false;
    out->family = PACKED_IPV4;
    do {
        if (octets == PACKED_IPV4_BYTES || !digits(&p, 255, &v))
            return false;
        out->bytes[octets++] = (uint8_t)v;
    } while (*p == '.' && p++ && (cidr || (*p != '\0' && *p != '/'))); /* an inet may end with a point */
    if (*p == '/') {
        p++;
        prefix = digits(&p, V4_BITS, &bits);
        if (!prefix)
            return false;
    }
    if (*p != '\0')
        return false;
    if (cidr) {
        out->bits = prefix ? bits : class_bits(out->bytes[0], octets);
        return true;
    }
    out->bits = prefix ? bits : V4_BITS;
    return prefix ? bits / 8 <= octets : octets == PACKED_IPV4_BYTES;
}

static bool read_v6(const char *text, struct address *out)
{
    const char *slash = strchr(text, '/');
    struct str bare = {text, slash ? (size_t)(slash - text) : strlen(text)};
    out->family = PACKED_IPV6;
    out->bits = V6_BITS;
    if (slash) {
        const char *p = slash + 1;
        if (!digits(&p, V6_BITS, &out->bits) || *p != '\0' || (slash[1] == '0' && slash[2] != '\0'))
            return false;
    }
    return ipv6_read(bare, out->bytes);
}

static int right_of_mask(const struct decode *d, enum sqlstate code, const char *what)
{
    (void)err_set(d->e, code, "invalid %s value: \"%.*s\"", what, shown(d->in), d->in.p);
    err_detail(d->e, "Value has bits set to right of mask.");
    return ST_ERR;
}

static int address_text(const struct decode *d, const struct packed_type *t)
{
    char text[TEXT_MAX];
    struct address a = {0};
    uint8_t network[PACKED_IPV6_BYTES];
    if (d->in.n >= sizeof text || memchr(d->in.p, '\0', d->in.n))
        return bad_text(d);
    memcpy(text, d->in.p, d->in.n);
    text[d->in.n] = '\0';
    bool cidr = t->kind == PACKED_CIDR;
    if (!(strchr(text, ':') ? read_v6(text, &a) : read_v4(text, cidr, &a)))
        return bad_text(d);
    if (cidr && mask(&a, network))
        return right_of_mask(d, SQLSTATE_INVALID_TEXT_REPRESENTATION, "cidr");
    return put(d, t, &a);
}

/* ---- macaddr from text ---- */

static int hex(char c)
{
    char low = (char)(c | 0x20);
    return c >= '0' && c <= '9' ? c - '0' : low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

struct groups {
    unsigned n, digits[LINK_GROUPS_MAX];
    uint64_t value[LINK_GROUPS_MAX];
    char between; /* what stands between them; NUL: nothing */
};

static bool read_groups(struct str s, struct groups *out)
{
    enum { DIGITS_MAX = 12, BITS = 4 };
    *out = (struct groups){0};
    for (size_t i = 0; i <= s.n; i++) {
        int v = i < s.n ? hex(s.p[i]) : -1;
        if (v >= 0) {
            if (++out->digits[out->n] > DIGITS_MAX)
                return false;
            out->value[out->n] = (out->value[out->n] << BITS) | (unsigned)v;
            continue;
        }
        if (out->digits[out->n++] == 0)
            return false;
        if (i == s.n)
            return true;
        if (out->n == LINK_GROUPS_MAX || (out->between && s.p[i] != out->between) || !strchr(":-.", s.p[i]))
            return false;
        out->between = s.p[i];
    }
    return false;
}

/* Six octets of any number of digits, or groups of just so many; the last octet of a group may have one. */
static bool known_groups(const struct groups *g)
{
    unsigned wanted = g->n == 1 ? 12 : g->n == 2 ? 6 : g->n == 3 ? 4 : 0;
    for (unsigned i = 0; wanted && i < g->n; i++)
        if (g->digits[i] != wanted && g->digits[i] != wanted - 1)
            return false;
    switch (g->n) {
    case 1: return true;
    case 2:
    case 6: return g->between == ':' || g->between == '-';
    case 3: return g->between == '.' || g->between == '-';
    default: return false;
    }
}

static int macaddr_text(const struct decode *d, const struct packed_type *t)
{
    uint8_t bytes[PACKED_MACADDR_BYTES];
    struct groups g;
    if (memchr(d->in.p, '\0', d->in.n) || !read_groups(trimmed(d->in), &g) || !known_groups(&g))
        return bad_text(d);
    unsigned each = PACKED_MACADDR_BYTES / g.n, at = 0;
    for (unsigned i = 0; i < g.n; i++) {
        if (each == 1 && g.value[i] > 0xFF)
            return err_set(d->e, SQLSTATE_NUMERIC_VALUE_OUT_OF_RANGE,
                           "invalid octet value in \"macaddr\" value: \"%.*s\"", shown(d->in), d->in.p);
        bool half = each > 1 && g.digits[i] % 2;
        uint64_t v = half ? (g.value[i] >> 4 << 8) | (g.value[i] & 0xF) : g.value[i];
        for (unsigned byte = each; byte-- > 0;)
            bytes[at++] = (uint8_t)(v >> (8 * byte));
    }
    return packed_put(d, t, bytes, sizeof bytes);
}

int network_from_text(const struct decode *d, const struct packed_type *t)
{
    return t->kind == PACKED_MACADDR ? macaddr_text(d, t) : address_text(d, t);
}

/* ---- binary ---- */

static int bad_address(const struct decode *d, const struct packed_type *t, const char *what)
{
    return err_set(d->e, SQLSTATE_INVALID_BINARY_REPRESENTATION, "invalid %s in external \"%s\" value", what,
                   t->name);
}

/* Family, prefix, whether it is a cidr, which does not matter, length, bytes. */
static int address_binary(const struct decode *d, const struct packed_type *t)
{
    enum { HEAD = 4 };
    const uint8_t *b = (const uint8_t *)d->in.p;
    struct address a = {0};
    uint8_t network[PACKED_IPV6_BYTES];
    if (d->in.n < HEAD)
        return no_byte(d);
    if (b[0] != PACKED_IPV4 && b[0] != PACKED_IPV6)
        return bad_address(d, t, "address family");
    a.family = b[0];
    a.bits = b[1];
    if (a.bits > 8 * size_of(&a))
        return bad_address(d, t, "bits");
    if (b[3] != size_of(&a))
        return bad_address(d, t, "length");
    if (d->in.n != HEAD + size_of(&a))
        return d->in.n < HEAD + size_of(&a) ? no_byte(d) : bad_binary(d);
    memcpy(a.bytes, b + HEAD, size_of(&a));
    if (t->kind != PACKED_CIDR || !mask(&a, network))
        return put(d, t, &a);
    (void)err_set(d->e, SQLSTATE_INVALID_BINARY_REPRESENTATION, "invalid external \"cidr\" value");
    err_detail(d->e, "Value has bits set to right of mask.");
    return ST_ERR;
}

int network_from_binary(const struct decode *d, const struct packed_type *t)
{
    if (t->kind != PACKED_MACADDR)
        return address_binary(d, t);
    if (d->in.n == PACKED_MACADDR_BYTES)
        return packed_put(d, t, d->in.p, d->in.n);
    return d->in.n < PACKED_MACADDR_BYTES ? no_byte(d) : bad_binary(d);
}
