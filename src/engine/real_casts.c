/* Most values are rounded alike from all digits and from the first 15; those that are near the middle
 * between two decimals, or have more digits than 15, are written out. */
#include "engine/real_casts.h"

#include "engine/cast.h"
#include "engine/decimal_text.h"
#include "engine/nulls.h"
#include "engine/number_view.h"

#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>

enum { DOUBLE_DIGITS = 15, FLOAT_DIGITS = 6, SCALE_FAST = 22 };

/* v to the scale, by its decimal digits. false: it does not fit. */
static bool by_digits(double v, int digits, struct decimal_type t, __int128 *out)
{
    char text[64];
    (void)snprintf(text, sizeof text, "%.*e", digits - 1, v);
    return decimal_read(str_of(text), t, out) == DECIMAL_READ;
}

/* The same by arithmetic, where that is sure to answer the same. */
static bool by_product(double v, int digits, struct decimal_type t, __int128 *out)
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

static bool on_rows(duckdb_function_info info, idx_t n, duckdb_vector in, duckdb_vector out)
{
    const struct decimal_type type = decimal_type_unpack(duckdb_cast_function_get_extra_info(info));
    struct number_view v;
    void *values = duckdb_vector_get_data(out);
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
        if (isfinite(x) && (by_product(x, digits, type, &wide) || by_digits(x, digits, type, &wide))) {
            decimal_store(values, i, type, wide);
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

static bool add(struct engine_conn *c, duckdb_type from, struct decimal_type t)
{
    duckdb_logical_type source = duckdb_create_logical_type(from);
    duckdb_logical_type target = duckdb_create_decimal_type(t.width, t.scale);
    bool ok =
        cast_add(c, &(struct cast_spec){source, target, CAST_EXPLICIT, on_rows, decimal_type_pack(t), NULL});
    duckdb_destroy_logical_type(&source);
    duckdb_destroy_logical_type(&target);
    return ok;
}

int real_casts_register(struct engine_conn *c, struct err *e)
{
    bool ok = true;
    for (int width = 1; width <= DECIMAL_WIDTH_MAX; width++)
        for (int scale = 0; scale <= width; scale++) {
            const struct decimal_type t = {(uint8_t)width, (uint8_t)scale};
            ok = ok && add(c, DUCKDB_TYPE_DOUBLE, t) && add(c, DUCKDB_TYPE_FLOAT, t);
        }
    return ok ? ST_OK
              : err_set(e, SQLSTATE_INTERNAL_ERROR, "could not register the casts of reals to numerics");
}
