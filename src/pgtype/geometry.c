/* Brackets are optional in most of the texts, so that what a bracket belongs to, the whole or its first
 * point, shows only in what follows it. */
#include "pgtype/geometry.h"

#include "base/bytes.h"
#include "pgtype/packed.h"
#include "pgtype/value_priv.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>

/* Points that are nearer than that are one to PostgreSQL. */
#define NEAR 1.0E-06

struct point {
    double x, y;
};

struct place {
    const struct decode *d;
    const char *p; /* ends with a NUL */
};

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static void blanks(struct place *at)
{
    while (is_blank(*at->p))
        at->p++;
}

/* A character, and the blanks behind it. */
static bool take(struct place *at, char c)
{
    if (*at->p != c)
        return false;
    at->p++;
    blanks(at);
    return true;
}

static int number(struct place *at, double *out)
{
    char *end;
    blanks(at);
    errno = 0;
    *out = strtod(at->p, &end);
    if (end == at->p)
        return bad_text(at->d);
    if (errno == ERANGE && (*out == 0 || isinf(*out)))
        return err_set(at->d->e, SQLSTATE_NUMERIC_VALUE_OUT_OF_RANGE,
                       "\"%.*s\" is out of range for type double precision", (int)(end - at->p), at->p);
    if (isnan(*out))
        *out = __builtin_nan("");
    at->p = end;
    blanks(at);
    return ST_OK;
}

/* x,y or (x,y) */
static int pair(struct place *at, struct point *out)
{
    blanks(at);
    bool bracket = take(at, '(');
    TRY(number(at, &out->x));
    if (!take(at, ','))
        return bad_text(at->d);
    TRY(number(at, &out->y));
    return !bracket || take(at, ')') ? ST_OK : bad_text(at->d);
}

static bool is_last_bracket(const char *p)
{
    return !strchr(p + 1, '(');
}

/* n points, in brackets or not; square ones are an open path's. */
static int points(struct place *at, size_t n, bool may_open, bool *open, struct point *out)
{
    unsigned depth = 0;
    blanks(at);
    *open = may_open && *at->p == '[';
    if (*open) {
        depth++;
        at->p++;
    } else if (*at->p == '(') {
        struct place inner = {at->d, at->p + 1};
        blanks(&inner);
        if (*inner.p == '(' || is_last_bracket(at->p)) {
            depth++;
            *at = inner;
        }
    }
    for (size_t i = 0; i < n; i++) {
        TRY(pair(at, &out[i]));
        if (*at->p == ',')
            at->p++;
    }
    assert(depth <= 1); /* only the bracket around all of them */
    for (; depth > 0; depth--)
        if (!take(at, *open ? ']' : ')'))
            return bad_text(at->d);
    return ST_OK;
}

static int at_end(const struct place *at)
{
    return *at->p == '\0' ? ST_OK : bad_text(at->d);
}

static void put_double(uint8_t *p, double v)
{
    uint64_t bits;
    memcpy(&bits, &v, sizeof bits);
    put_be64(p, bits);
}

static double get_double(const uint8_t *p)
{
    uint64_t bits = get_be64(p);
    double v;
    memcpy(&v, &bits, sizeof v);
    return v;
}

static int put_doubles(const struct decode *d, const struct packed_type *t, const double *v, size_t n)
{
    enum { DOUBLES_MAX = 4 };
    uint8_t bytes[8 * DOUBLES_MAX];
    assert(n <= DOUBLES_MAX);
    for (size_t i = 0; i < n; i++)
        put_double(bytes + 8 * i, v[i]);
    return packed_put(d, t, bytes, 8 * n);
}

/* ---- text ---- */

static int point_text(struct place *at, const struct packed_type *t)
{
    struct point p;
    TRY(pair(at, &p));
    TRY(at_end(at));
    return put_doubles(at->d, t, (double[]){p.x, p.y}, 2);
}

/* The upper right corner is the first. */
static int put_box(const struct decode *d, const struct packed_type *t, const struct point p[static 2])
{
    bool x = p[0].x < p[1].x, y = p[0].y < p[1].y;
    return put_doubles(d, t, (double[]){p[x].x, p[y].y, p[!x].x, p[!y].y}, 4);
}

static int segment_text(struct place *at, const struct packed_type *t)
{
    struct point p[2];
    bool open;
    TRY(points(at, 2, t->kind == PACKED_LSEG, &open, p));
    TRY(at_end(at));
    return t->kind == PACKED_BOX ? put_box(at->d, t, p)
                                 : put_doubles(at->d, t, (double[]){p[0].x, p[0].y, p[1].x, p[1].y}, 4);
}

/* A path, and a polygon, which is always closed. */
static int path_text(struct place *at, const struct packed_type *t)
{
    bool path = t->kind == PACKED_PATH, open;
    size_t commas = 0;
    for (const char *p = at->p; *p; p++)
        commas += *p == ',';
    if (commas % 2 == 0)
        return bad_text(at->d);
    size_t n = (commas + 1) / 2, head = (path ? 1 : 0) + PACKED_COUNT_BYTES;
    struct point *p = arena_calloc(at->d->arena, n, sizeof *p);
    uint8_t *bytes = arena_alloc(at->d->arena, head + n * PACKED_POINT_BYTES);
    if (!p || !bytes)
        return err_oom(at->d->e);
    blanks(at);
    bool outer = path && *at->p == '(' && is_last_bracket(at->p);
    at->p += outer;
    TRY(points(at, n, path, &open, p));
    if (outer && !take(at, ')'))
        return bad_text(at->d);
    TRY(at_end(at));
    bytes[0] = !open;
    put_be32(bytes + head - PACKED_COUNT_BYTES, (uint32_t)n);
    for (size_t i = 0; i < n; i++) {
        put_double(bytes + head + i * PACKED_POINT_BYTES, p[i].x);
        put_double(bytes + head + i * PACKED_POINT_BYTES + 8, p[i].y);
    }
    return packed_put(at->d, t, bytes, head + n * PACKED_POINT_BYTES);
}

static int no_line(const struct decode *d, enum sqlstate code, const char *why)
{
    return err_set(d->e, code, "invalid line specification: %s", why);
}

static bool near(double x, double y)
{
    return x == y || fabs(x - y) <= NEAR;
}

/* Ax + By + C = 0 through two points. */
static int line_through(const struct decode *d, const struct packed_type *t, const struct point p[static 2])
{
    if (near(p[0].x, p[1].x) && near(p[0].y, p[1].y))
        return no_line(d, SQLSTATE_INVALID_TEXT_REPRESENTATION, "must be two distinct points");
    if (near(p[0].x, p[1].x))
        return put_doubles(d, t, (double[]){-1, 0, p[0].x}, 3);
    if (near(p[0].y, p[1].y))
        return put_doubles(d, t, (double[]){0, -1, p[0].y}, 3);
    double slope = (p[0].y - p[1].y) / (p[0].x - p[1].x), c = p[0].y - slope * p[0].x;
    return put_doubles(d, t, (double[]){slope, -1, c == 0 ? 0 : c}, 3);
}

static int line_text(struct place *at, const struct packed_type *t)
{
    double v[3];
    struct point p[2] = {{0, 0}, {0, 0}};
    bool open;
    blanks(at);
    if (!take(at, '{')) {
        TRY(points(at, 2, true, &open, p));
        TRY(at_end(at));
        return line_through(at->d, t, p);
    }
    for (size_t i = 0; i < 3; i++) {
        TRY(number(at, &v[i]));
        if (!take(at, i < 2 ? ',' : '}'))
            return bad_text(at->d);
    }
    TRY(at_end(at));
    if (near(v[0], 0) && near(v[1], 0))
        return no_line(at->d, SQLSTATE_INVALID_TEXT_REPRESENTATION, "A and B cannot both be zero");
    return put_doubles(at->d, t, v, 3);
}

static int circle_text(struct place *at, const struct packed_type *t)
{
    struct point p;
    double radius;
    char close = '\0';
    blanks(at);
    if (take(at, '<')) {
        close = '>';
    } else if (*at->p == '(') {
        struct place inner = {at->d, at->p + 1};
        blanks(&inner);
        if (*inner.p == '(') {
            close = ')';
            *at = inner;
        }
    }
    TRY(pair(at, &p));
    (void)take(at, ',');
    TRY(number(at, &radius));
    if (radius < 0 || (close && !take(at, ')') && !(close == '>' && take(at, '>'))))
        return bad_text(at->d);
    TRY(at_end(at));
    return put_doubles(at->d, t, (double[]){p.x, p.y, radius}, 3);
}

int geometry_from_text(const struct decode *d, const struct packed_type *t)
{
    struct place at = {d, arena_strndup(d->arena, d->in.p, d->in.n)};
    if (!at.p)
        return err_oom(d->e);
    switch (t->kind) {
    case PACKED_POINT: return point_text(&at, t);
    case PACKED_LSEG:
    case PACKED_BOX: return segment_text(&at, t);
    case PACKED_PATH:
    case PACKED_POLYGON: return path_text(&at, t);
    case PACKED_LINE: return line_text(&at, t);
    case PACKED_CIRCLE: return circle_text(&at, t);
    default: return bad_text(d);
    }
}

/* ---- binary ---- */

static int bad_points(const struct decode *d, const struct packed_type *t)
{
    return err_set(d->e, SQLSTATE_INVALID_BINARY_REPRESENTATION,
                   "invalid number of points in external \"%s\" value", t->name);
}

/* A value whose bytes are just so many. */
static int sized(const struct decode *d, const struct packed_type *t, size_t size)
{
    return d->in.n == size ? packed_put(d, t, d->in.p, size) : bad_size(d, size);
}

static int box_binary(const struct decode *d, const struct packed_type *t)
{
    const uint8_t *b = (const uint8_t *)d->in.p;
    if (d->in.n != (size_t)2 * PACKED_POINT_BYTES)
        return bad_size(d, (size_t)2 * PACKED_POINT_BYTES);
    return put_box(
        d, t, (struct point[]){{get_double(b), get_double(b + 8)}, {get_double(b + 16), get_double(b + 24)}});
}

static int path_binary(const struct decode *d, const struct packed_type *t)
{
    size_t head = (t->kind == PACKED_PATH ? 1 : 0) + PACKED_COUNT_BYTES;
    if (d->in.n < head)
        return cut_short(d);
    const uint8_t *b = (const uint8_t *)d->in.p;
    int32_t n = (int32_t)get_be32(b + head - PACKED_COUNT_BYTES);
    if (n <= 0 || n >= INT32_MAX / PACKED_POINT_BYTES)
        return bad_points(d, t);
    size_t size = head + (size_t)n * PACKED_POINT_BYTES;
    if (d->in.n != size)
        return bad_size(d, size);
    if (t->kind != PACKED_PATH || b[0] <= 1)
        return packed_put(d, t, b, size);
    uint8_t *closed = arena_alloc(d->arena, size); /* any byte but 0 says that it is */
    if (!closed)
        return err_oom(d->e);
    memcpy(closed, b, size);
    closed[0] = 1;
    return packed_put(d, t, closed, size);
}

static int line_binary(const struct decode *d, const struct packed_type *t)
{
    const uint8_t *b = (const uint8_t *)d->in.p;
    TRY(sized(d, t, 24));
    if (t->kind == PACKED_LINE && near(get_double(b), 0) && near(get_double(b + 8), 0))
        return no_line(d, SQLSTATE_INVALID_BINARY_REPRESENTATION, "A and B cannot both be zero");
    if (t->kind == PACKED_CIRCLE && get_double(b + 16) < 0)
        return err_set(d->e, SQLSTATE_INVALID_BINARY_REPRESENTATION,
                       "invalid radius in external \"circle\" value");
    return ST_OK;
}

int geometry_from_binary(const struct decode *d, const struct packed_type *t)
{
    switch (t->kind) {
    case PACKED_POINT: return sized(d, t, PACKED_POINT_BYTES);
    case PACKED_LSEG: return sized(d, t, (size_t)2 * PACKED_POINT_BYTES);
    case PACKED_BOX: return box_binary(d, t);
    case PACKED_PATH:
    case PACKED_POLYGON: return path_binary(d, t);
    case PACKED_LINE:
    case PACKED_CIRCLE: return line_binary(d, t);
    default: return bad_binary(d);
    }
}
