/* Most values are rounded alike from all digits and from the first 15; those that are near the middle
 * between two decimals, or have more digits than 15, are written out. */
#include "engine/real_casts.h"

#include "engine/cast.h"
#include "engine/nulls.h"
#include "engine/number_view.h"

#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH_MAX = 38, DOUBLE_DIGITS = 15, FLOAT_DIGITS = 6, SCALE_FAST = 22 };

struct target {
    uint8_t width, scale;
};

static struct target targets[WIDTH_MAX + 1][WIDTH_MAX + 1]; /* what each cast is told */

/* v to the scale, by its decimal digits. false: it does not fit. */
static bool by_digits(double v, int digits, struct target t, __int128 *out)
{
    char text[64];
    (void)snprintf(text, sizeof text, "%.*e", digits - 1, v);
    const char *e = strchr(text, 'e'), *p = text;
    bool negative = *p == '-';
    long exponent = strtol(e + 1, NULL, 10), left = exponent + 1 + t.scale; /* digits that are kept */
    unsigned __int128 n = 0, limit = 1;
    int next = 0;
    for (uint8_t i = 0; i < t.width; i++)
        limit *= 10;
    for (p += negative; p < e && left >= 0; p++) {
        if (*p == '.')
            continue;
        next = *p - '0';
        if (left-- > 0) {
            n = n * 10 + (unsigned)next;
            next = 0;
        }
        if (n >= limit)
            return false;
    }
    if (left < 0 && next >= 5)
        n++;
    for (; left > 0 && n > 0; left--) {
        n *= 10;
        if (n >= limit)
            return false;
    }
    if (n >= limit)
        return false;
    *out = negative ? -(__int128)n : (__int128)n;
    return true;
}

/* The same by arithmetic, where that is sure to answer the same. */
static bool by_product(double v, int digits, struct target t, __int128 *out)
{
    static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    if (digits != DOUBLE_DIGITS || t.scale > SCALE_FAST)
        return false;
    double product = v * powers[t.scale], whole = rint(product);
    if (!(fabs(product) < 1e14) || fabs(fabs(product - whole) - 0.5) < 0.1 ||
        fabs(whole) >= (t.width > SCALE_FAST ? 1e15 : powers[t.width]))
        return false;
    *out = (__int128)whole;
    return true;
}

static void store(void *out, size_t row, uint8_t width, __int128 v)
{
    if (width <= 4)
        ((int16_t *)out)[row] = (int16_t)v;
    else if (width <= 9)
        ((int32_t *)out)[row] = (int32_t)v;
    else if (width <= 18)
        ((int64_t *)out)[row] = (int64_t)v;
    else
        ((number_wide *)out)[row] = v;
}

static bool on_rows(duckdb_function_info info, idx_t n, duckdb_vector in, duckdb_vector out)
{
    const struct target *t = duckdb_cast_function_get_extra_info(info);
    struct number_view v;
    void *values = duckdb_vector_get_data(out);
    assert(t->width >= 1 && t->width <= WIDTH_MAX && t->scale <= t->width);
    bool ok = true;
    (void)number_view_of(&v, in);
    int digits = v.type == DUCKDB_TYPE_FLOAT ? FLOAT_DIGITS : DOUBLE_DIGITS;
    for (size_t i = 0; i < n; i++) {
        __int128 wide;
        if (is_null(v.validity, i)) {
            put_null(out, i);
            continue;
        }
        double x = number_double_at(&v, i);
        if (isfinite(x) && (by_product(x, digits, *t, &wide) || by_digits(x, digits, *t, &wide))) {
            store(values, i, t->width, wide);
            continue;
        }
        struct err e;
        err_init(&e);
        (void)err_set(&e, SQLSTATE_NUMERIC_VALUE_OUT_OF_RANGE, "numeric field overflow");
        ok = false;
        if (!cast_refuse(info, out, i, &e))
            break;
    }
    return ok;
}

static bool add(struct engine_conn *c, duckdb_type from, struct target *t, int64_t cost)
{
    duckdb_logical_type source = duckdb_create_logical_type(from);
    duckdb_logical_type target = duckdb_create_decimal_type(t->width, t->scale);
    bool ok = cast_add(c, &(struct cast_spec){source, target, cost, on_rows, t, NULL});
    duckdb_destroy_logical_type(&source);
    duckdb_destroy_logical_type(&target);
    return ok;
}

int real_casts_register(struct engine_conn *c, struct err *e)
{
    bool ok = true;
    for (unsigned width = 1; width <= WIDTH_MAX; width++)
        for (unsigned scale = 0; scale <= width; scale++) {
            struct target *t = &targets[width][scale];
            *t = (struct target){(uint8_t)width, (uint8_t)scale};
            ok = ok && add(c, DUCKDB_TYPE_DOUBLE, t, CAST_EXPLICIT) &&
                 add(c, DUCKDB_TYPE_FLOAT, t, CAST_EXPLICIT);
        }
    return ok ? ST_OK
              : err_set(e, SQLSTATE_INTERNAL_ERROR, "could not register the casts of reals to numerics");
}
