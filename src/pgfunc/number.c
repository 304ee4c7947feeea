#include "pgfunc/number.h"

#include <math.h>

static const double radians_per_degree = 0.0174532925199432957692;

static int out_of_range(struct pg_call *call, const char *type)
{
    return err_set(call->e, SQLSTATE_NUMERIC_VALUE_OUT_OF_RANGE, "%s out of range", type);
}

static __int128 scale_of_numeric(void)
{
    __int128 one = 1;
    for (int i = 0; i < PG_NUMERIC_SCALE; i++)
        one *= 10;
    return one;
}

/* ---- whole numbers ---- */

/* div(a, b): the quotient without its fraction, cut towards zero. */
static int div_numeric(struct pg_call *call)
{
    const __int128 a = call->args[0].wide, b = call->args[1].wide;
    if (b == 0)
        return err_set(call->e, SQLSTATE_DIVISION_BY_ZERO, "division by zero");
    call->result.wide = a / b * scale_of_numeric();
    return ST_OK;
}

static unsigned __int128 magnitude(__int128 v)
{
    return v < 0 ? -(unsigned __int128)v : (unsigned __int128)v;
}

static unsigned __int128 gcd_of(__int128 a, __int128 b)
{
    unsigned __int128 x = magnitude(a), y = magnitude(b);
    while (y) {
        unsigned __int128 rest = x % y;
        x = y;
        y = rest;
    }
    return x;
}

/* gcd and lcm are never negative. The one of a type's least number may not fit into the type, which
 * PostgreSQL calls out of range. */
static int finish_integer(struct pg_call *call, unsigned __int128 v, unsigned __int128 max, const char *type)
{
    if (v > max)
        return out_of_range(call, type);
    call->result.integer = (int64_t)v;
    return ST_OK;
}

static int gcd_int4(struct pg_call *call)
{
    return finish_integer(call, gcd_of(call->args[0].integer, call->args[1].integer), INT32_MAX, "integer");
}

static int gcd_int8(struct pg_call *call)
{
    return finish_integer(call, gcd_of(call->args[0].integer, call->args[1].integer), INT64_MAX, "bigint");
}

static int gcd_numeric(struct pg_call *call)
{
    call->result.wide = (__int128)gcd_of(call->args[0].wide, call->args[1].wide);
    return ST_OK;
}

static unsigned __int128 lcm_of(__int128 a, __int128 b)
{
    unsigned __int128 gcd = gcd_of(a, b);
    return gcd ? magnitude(a) / gcd * magnitude(b) : 0;
}

static int lcm_int4(struct pg_call *call)
{
    return finish_integer(call, lcm_of(call->args[0].integer, call->args[1].integer), INT32_MAX, "integer");
}

static int lcm_int8(struct pg_call *call)
{
    return finish_integer(call, lcm_of(call->args[0].integer, call->args[1].integer), INT64_MAX, "bigint");
}

static int sign_numeric(struct pg_call *call)
{
    const __int128 v = call->args[0].wide;
    call->result.wide = v > 0 ? scale_of_numeric() : v < 0 ? -scale_of_numeric() : 0;
    return ST_OK;
}

/* ---- real numbers ---- */

static int sign_real(struct pg_call *call)
{
    const double v = call->args[0].real;
    call->result.real = v > 0 ? 1 : v < 0 ? -1 : 0;
    return ST_OK;
}

/* A result that is infinite of a finite argument has overflown, one that is zero where none can be, too. */
static int finish_real(struct pg_call *call, double v, bool never_zero)
{
    call->result.real = v;
    if (isinf(v) && isfinite(call->args[0].real))
        return err_set(call->e, SQLSTATE_NUMERIC_VALUE_OUT_OF_RANGE, "value out of range: overflow");
    if (never_zero && v == 0 && isfinite(call->args[0].real))
        return err_set(call->e, SQLSTATE_NUMERIC_VALUE_OUT_OF_RANGE, "value out of range: underflow");
    return ST_OK;
}

static int exp_real(struct pg_call *call)
{
    return finish_real(call, exp(call->args[0].real), true);
}

static int degrees(struct pg_call *call)
{
    return finish_real(call, call->args[0].real / radians_per_degree, false);
}

static int radians(struct pg_call *call)
{
    return finish_real(call, call->args[0].real * radians_per_degree, false);
}

/* clang-format off: a line each */
const struct pg_function pg_number_functions[] = {
    {.name = "pg_div", .args = {PG_NUMERIC, PG_NUMERIC}, .result = PG_NUMERIC, .call = div_numeric},
    {.name = "pg_gcd", .args = {PG_INT4, PG_INT4}, .result = PG_INT4, .call = gcd_int4},
    {.name = "pg_gcd", .args = {PG_INT8, PG_INT8}, .result = PG_INT8, .call = gcd_int8},
    {.name = "pg_gcd", .args = {PG_NUMERIC, PG_NUMERIC}, .result = PG_NUMERIC, .call = gcd_numeric},
    {.name = "pg_lcm", .args = {PG_INT4, PG_INT4}, .result = PG_INT4, .call = lcm_int4},
    {.name = "pg_lcm", .args = {PG_INT8, PG_INT8}, .result = PG_INT8, .call = lcm_int8},
    {.name = "pg_sign", .args = {PG_NUMERIC}, .result = PG_NUMERIC, .call = sign_numeric},
    {.name = "pg_sign", .args = {PG_FLOAT8}, .result = PG_FLOAT8, .call = sign_real},
    {.name = "pg_exp", .args = {PG_FLOAT8}, .result = PG_FLOAT8, .call = exp_real},
    {.name = "pg_degrees", .args = {PG_FLOAT8}, .result = PG_FLOAT8, .call = degrees},
    {.name = "pg_radians", .args = {PG_FLOAT8}, .result = PG_FLOAT8, .call = radians},
    {.name = NULL},
};
/* clang-format on */
