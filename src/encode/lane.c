/* Up to 64 values of one column as they go on the wire, each with its length in front, in slots of one
 * width: so that the loop over the rows copies a slot without looking at the type. A column that cannot be
 * made so this time (a value too large, a string too long) is left to its cells, row by row. */
#include "encode/lane.h"

#include "base/arena.h"
#include "encode/cell.h"
#include "encode/kernel.h"

#include <assert.h>

_Static_assert((int)LANE_ROWS == (int)KERNEL_ROWS &&
                   sizeof(struct kernel_slots) == LANE_ROWS * LANE_NARROW_BYTES &&
                   sizeof(struct kernel_wide_slots) == LANE_ROWS * LANE_WIDE_BYTES,
               "the same slots");

static bool has_slots(enum cell_op op)
{
    switch (op) {
    case T_BOOL:
    case T_INT8:
    case T_INT16:
    case T_INT32:
    case T_INT64:
    case T_UINT8:
    case T_UINT16:
    case T_UINT32:
    case T_UINT64:
    case T_DECIMAL:
    case T_DATE:
    case B_BOOL:
    case B_INT16:
    case B_INT32:
    case B_INT64:
    case B_FLOAT:
    case B_DOUBLE:
    case B_DECIMAL:
    case B_DATE:
    case B_TIMESTAMP:
    case C_STRING: return true;
    default: return false;
    }
}

int lane_init(struct lane *l, const struct cell *c, struct arena *a, struct err *e)
{
    *l = (struct lane){.kind = LANE_CELL};
    if (!has_slots(c->op))
        return ST_OK;
    l->slots = arena_alloc(a, LANE_ROWS * (LANE_WIDE_BYTES + 1));
    if (!l->slots)
        return err_oom(e);
    l->widths = l->slots + LANE_ROWS * LANE_WIDE_BYTES;
    return ST_OK;
}

/* ---- text ---- */

/* The value lies behind the place of its length. */
static inline void finish(uint8_t *slot, uint8_t *width, const uint8_t *end)
{
    size_t n = (size_t)(end - slot);
    (void)put_be32(slot, (uint32_t)(n - 4));
    *width = (uint8_t)n;
}

static struct kernel_slots *kernel_slots(struct lane *l)
{
    return (struct kernel_slots *)(void *)l->slots;
}

enum { SHORT_DIGITS_MAX = LANE_NARROW_BYTES - 4 - 1 };
#define SHORT_LIMIT UINT64_C(100000000000) /* of so many digits, a sign beside them */
_Static_assert(SHORT_DIGITS_MAX == 11, "as the limit says");

/* Values of every width as int64, n of them. */
#define WIDEN(name, type)                                                                                    \
    static const int64_t *name(const void *data, size_t row, size_t n, int64_t *wide)                        \
    {                                                                                                        \
        for (size_t i = 0; i < n; i++)                                                                       \
            wide[i] = (int64_t)((const type *)data)[row + i];                                                \
        return wide;                                                                                         \
    }

WIDEN(widen_i8, int8_t)
WIDEN(widen_i16, int16_t)
WIDEN(widen_i32, int32_t)
WIDEN(widen_u8, uint8_t)
WIDEN(widen_u16, uint16_t)
WIDEN(widen_u32, uint32_t)

/* All at once when none of them is negative or has more than eight digits; one by one up to eleven. */
static bool fill_integers(struct lane *l, const int64_t *v, size_t n)
{
    uint32_t small[KERNEL_ROWS];
    switch (kernel_take(v, n, SHORT_LIMIT, small)) {
    case KERNEL_SMALL: kernel_integers(small, kernel_slots(l), l->widths); return true;
    case KERNEL_FAR: return false;
    case KERNEL_WITHIN: break;
    }
    for (size_t i = 0; i < n; i++) {
        uint8_t *slot = l->slots + i * LANE_NARROW_BYTES;
        finish(slot, &l->widths[i], digits_i64(slot + 4, v[i]));
    }
    return true;
}

/* Those that would be negative as int64 are far off. */
static bool fill_u64(struct lane *l, const uint64_t *v, size_t n)
{
    uint64_t all = 0;
    for (size_t i = 0; i < n; i++)
        all |= v[i];
    return all <= INT64_MAX && fill_integers(l, (const int64_t *)v, n);
}

/* A decimal's values; NULL: it has 128 bits. */
static const int64_t *unscaled(const struct cell *c, const void *data, size_t row, size_t n, int64_t *wide)
{
    switch (c->stored) {
    case 2: return widen_i16(data, row, n, wide);
    case 4: return widen_i32(data, row, n, wide);
    case 8: return (const int64_t *)data + row;
    default: return NULL;
    }
}

static bool fill_decimals(struct lane *l, const struct cell *c, const int64_t *v, size_t n)
{
    uint32_t small[KERNEL_ROWS];
    if (!v || c->scale - 1u > 6)
        return false;
    switch (kernel_take(v, n, DIGITS_8, small)) {
    case KERNEL_SMALL: kernel_decimals(small, c->scale, kernel_slots(l), l->widths); return true;
    case KERNEL_FAR: return false;
    case KERNEL_WITHIN: break;
    }
    for (size_t i = 0; i < n; i++) {
        uint8_t *slot = l->slots + i * LANE_NARROW_BYTES;
        slot[4] = '-';
        finish(slot, &l->widths[i],
               digits_decimal(slot + 4 + (v[i] < 0), (uint32_t)(v[i] < 0 ? -v[i] : v[i]), c->scale));
    }
    return true;
}

static bool fill_dates(struct lane *l, const void *data, size_t row, size_t n)
{
    const int32_t *v = (const int32_t *)data + row;
    int32_t days[KERNEL_ROWS] = {0};
    uint32_t far = 0;
    for (size_t i = 0; i < n; i++) {
        days[i] = v[i];
        far |= v[i] < DIGITS_FIRST_DAY || v[i] > DIGITS_LAST_DAY;
    }
    if (far)
        return false;
    kernel_dates(days, kernel_slots(l));
    memset(l->widths, KERNEL_DATE_WIDTH, n);
    return true;
}

static bool fill_bools(struct lane *l, const void *data, size_t row, size_t n, uint8_t no, uint8_t yes)
{
    const uint8_t *v = (const uint8_t *)data + row;
    for (size_t i = 0; i < n; i++) {
        uint8_t *slot = l->slots + i * LANE_NARROW_BYTES;
        slot[4] = v[i] ? yes : no;
        finish(slot, &l->widths[i], slot + 5);
    }
    return true;
}

/* ---- binary ---- */

static bool binary_shorts(struct lane *l, const void *data, size_t row, size_t n)
{
    const uint16_t *v = (const uint16_t *)data + row;
    for (size_t i = 0; i < n; i++)
        (void)put_be16(put_be32(l->slots + i * LANE_NARROW_BYTES, 2), v[i]);
    memset(l->widths, 4 + 2, n);
    return true;
}

static bool words_from(struct lane *l, const void *data, size_t row, size_t n, uint32_t zero)
{
    uint32_t v[KERNEL_ROWS] = {0};
    memcpy(v, (const uint32_t *)data + row, n * sizeof v[0]);
    kernel_words(v, zero, kernel_slots(l));
    memset(l->widths, (int)(4 + sizeof v[0]), n);
    return true;
}

static bool long_words_from(struct lane *l, const void *data, size_t row, size_t n, uint64_t zero)
{
    uint64_t v[KERNEL_ROWS] = {0};
    memcpy(v, (const uint64_t *)data + row, n * sizeof v[0]);
    kernel_long_words(v, zero, kernel_slots(l));
    memset(l->widths, (int)(4 + sizeof v[0]), n);
    return true;
}

enum { DAYS_TO_2000 = 10957 };
#define DAY_MICROS INT64_C(86400000000)

/* Days and microseconds count from 2000 on the wire. Far-off and infinite ones go the checked way. */
static bool binary_dates(struct lane *l, const void *data, size_t row, size_t n)
{
    const int32_t *v = (const int32_t *)data + row;
    uint32_t far = 0;
    for (size_t i = 0; i < n; i++)
        far |= v[i] < DIGITS_FIRST_DAY || v[i] > DIGITS_LAST_DAY;
    return !far && words_from(l, data, row, n, DAYS_TO_2000);
}

static bool binary_timestamps(struct lane *l, const struct cell *c, const void *data, size_t row, size_t n)
{
    const int64_t *v = (const int64_t *)data + row;
    uint32_t far = c->to_micros_mul != 1 || c->to_micros_div != 1;
    for (size_t i = 0; i < n; i++)
        far |= v[i] < DIGITS_FIRST_DAY * DAY_MICROS || v[i] >= DIGITS_LAST_DAY * DAY_MICROS;
    return !far && long_words_from(l, data, row, n, (uint64_t)DAYS_TO_2000 * DAY_MICROS);
}

enum { NUMERIC_HEADER = 8, NUMERIC_NEGATIVE_SIGN = 0x4000 };

/* Four groups of four digits, without zero groups in front and at the end. u < 10^16, in the unit of the last
 * group; groups_behind: of the four, behind the point. */
static inline void put_numeric(uint8_t *slot, uint8_t *width, uint64_t u, bool negative, unsigned scale,
                               unsigned groups_behind)
{
    uint32_t high = (uint32_t)(u / DIGITS_8), low = (uint32_t)(u - (uint64_t)high * DIGITS_8);
    uint64_t groups = (uint64_t)(high / 10000) | (uint64_t)(high % 10000) << 16 |
                      (uint64_t)(low / 10000) << 32 | (uint64_t)(low % 10000) << 48;
    unsigned front = groups ? (unsigned)__builtin_ctzll(groups) / 16 : 0;
    unsigned count = groups ? 4 - front - (unsigned)__builtin_clzll(groups) / 16 : 0;
    unsigned weight = groups ? 3 - front - groups_behind : 0;
    groups >>= 16 * front;
    groups = (groups & UINT64_C(0x00ff00ff00ff00ff)) << 8 | (groups >> 8 & UINT64_C(0x00ff00ff00ff00ff));
    uint64_t header = (uint64_t)(uint16_t)count << 48 | (uint64_t)(uint16_t)weight << 32 |
                      (uint64_t)(negative ? NUMERIC_NEGATIVE_SIGN : 0) << 16 | scale;
    (void)put_be32(slot, NUMERIC_HEADER + 2 * count);
    (void)put_be64(slot + 4, header);
    memcpy(slot + 4 + NUMERIC_HEADER, &groups, sizeof groups);
    *width = (uint8_t)(4 + NUMERIC_HEADER + 2 * count);
}

static bool fill_numerics(struct lane *l, const struct cell *c, const int64_t *v, size_t n)
{
    static const uint64_t to_group[] = {1, 1000, 100, 10}; /* by scale % 4 */
    const uint64_t shift = to_group[c->scale % 4];
    uint32_t small[KERNEL_ROWS];
    enum kernel_range range = v ? kernel_take(v, n, UINT64_C(10000000000000000) / shift, small) : KERNEL_FAR;
    if (range == KERNEL_FAR)
        return false;
    if (range == KERNEL_SMALL && c->scale <= 7) {
        kernel_numerics(small, c->scale, (struct kernel_wide_slots *)(void *)l->slots, l->widths);
        return true;
    }
    for (size_t i = 0; i < n; i++)
        put_numeric(l->slots + i * LANE_WIDE_BYTES, &l->widths[i],
                    (uint64_t)(v[i] < 0 ? -v[i] : v[i]) * shift, v[i] < 0, c->scale, (c->scale + 3U) / 4);
    return true;
}

/* ---- strings ---- */

/* Of a column whose strings are all inlined the engine's form is a slot, but for the byte order of the
 * length. */
static bool fill_inlined(struct lane *l, const void *data, size_t row, size_t n)
{
    const struct engine_string *s = (const struct engine_string *)data + row;
    uint32_t longest = 0, zeros = 0;
    for (size_t i = 0; i < n; i++)
        longest = s[i].len > longest ? s[i].len : longest;
    if (longest > CELL_INLINED)
        return false;
    for (size_t i = 0; i < n; i++) {
        uint8_t *slot = l->slots + i * LANE_NARROW_BYTES;
        uint64_t first;
        uint32_t last;
        memcpy(&first, s[i].value.inlined, sizeof first);
        memcpy(&last, s[i].value.inlined + sizeof first, sizeof last);
        (void)put_be32(slot, s[i].len);
        memcpy(slot + 4, &first, sizeof first);
        memcpy(slot + 4 + sizeof first, &last, sizeof last);
        zeros |= cell_inlined_has_zero(first, last, s[i].len);
        l->widths[i] = (uint8_t)(4 + s[i].len);
    }
    return !zeros; /* the row that has one is found on its own */
}

/* ---- lanes ---- */

static bool fill(struct lane *l, const struct cell *c, const void *data, size_t row, size_t n)
{
    int64_t wide[KERNEL_ROWS];
    switch (c->op) {
    case T_BOOL: return fill_bools(l, data, row, n, 'f', 't');
    case T_INT8: return fill_integers(l, widen_i8(data, row, n, wide), n);
    case T_INT16: return fill_integers(l, widen_i16(data, row, n, wide), n);
    case T_INT32: return fill_integers(l, widen_i32(data, row, n, wide), n);
    case T_INT64: return fill_integers(l, (const int64_t *)data + row, n);
    case T_UINT8: return fill_integers(l, widen_u8(data, row, n, wide), n);
    case T_UINT16: return fill_integers(l, widen_u16(data, row, n, wide), n);
    case T_UINT32: return fill_integers(l, widen_u32(data, row, n, wide), n);
    case T_UINT64: return fill_u64(l, (const uint64_t *)data + row, n);
    case T_DECIMAL: return fill_decimals(l, c, unscaled(c, data, row, n, wide), n);
    case T_DATE: return fill_dates(l, data, row, n);
    case B_BOOL: return fill_bools(l, data, row, n, 0, 1);
    case B_INT16: return binary_shorts(l, data, row, n);
    case B_INT32:
    case B_FLOAT: return words_from(l, data, row, n, 0);
    case B_INT64:
    case B_DOUBLE: return long_words_from(l, data, row, n, 0);
    case B_DECIMAL: return fill_numerics(l, c, unscaled(c, data, row, n, wide), n);
    case B_DATE: return binary_dates(l, data, row, n);
    case B_TIMESTAMP: return binary_timestamps(l, c, data, row, n);
    case C_STRING: return fill_inlined(l, data, row, n);
    default: return false;
    }
}

/* What stands in a slot of a NULL was made of whatever the vector held there. */
static void put_nulls(struct lane *l, const struct column_view *v, size_t row, size_t n)
{
    size_t step = l->kind == LANE_WIDE ? LANE_WIDE_BYTES : LANE_NARROW_BYTES;
    for (size_t i = 0; i < n; i++)
        if (!column_view_valid(v, row + i)) {
            (void)put_be32(l->slots + i * step, UINT32_MAX);
            l->widths[i] = 4;
        }
}

void lane_make(struct lane *l, const struct cell *c, const struct column_view *v, size_t row, size_t n)
{
    assert(n > 0 && n <= LANE_ROWS); /* the slots that there are */
    l->kind = LANE_CELL;
    if (l->slots && fill(l, c, v->data, row, n)) {
        l->kind = c->op == B_DECIMAL ? LANE_WIDE : LANE_NARROW;
        if (v->validity)
            put_nulls(l, v, row, n);
    } else if (c->op == C_STRING && !v->validity) {
        l->kind = LANE_STRING;
        l->strings = (const struct engine_string *)v->data + row;
    }
}
