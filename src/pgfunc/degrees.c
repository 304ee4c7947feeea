/* A quotient of two sines is exact where both are the same number: so sind(30) is a half. */
#include "pgfunc/degrees.h"

#include <math.h>

static const double radian = 0.0174532925199432957692;

static double sine_to_30(double x)
{
    return sin(x * radian) / sin(30 * radian) / 2;
}

static double cosine_to_60(double x)
{
    return 1 - (1 - cos(x * radian)) / (1 - cos(60 * radian)) / 2;
}

/* Of the first quadrant. */
static double sine(double x)
{
    return x <= 30 ? sine_to_30(x) : cosine_to_60(90 - x);
}

static double cosine(double x)
{
    return x <= 60 ? cosine_to_60(x) : sine_to_30(90 - x);
}

static int out_of_range(struct pg_call *call)
{
    return err_set(call->e, SQLSTATE_NUMERIC_VALUE_OUT_OF_RANGE, "input is out of range");
}

/* Angles are reduced to [0, 90], and what that did to the sign is kept. NaN goes through, infinity is
 * refused. */
static bool reduce(struct pg_call *call, double *x, int *quadrant, int *sign)
{
    *x = fmod(call->args[0].real, 360);
    *sign = *x < 0 ? -1 : 1;
    *x = fabs(*x);
    *quadrant = 0;
    if (*x > 180) {
        *x = 360 - *x;
        *quadrant = 2;
    }
    if (*x > 90) {
        *x = 180 - *x;
        *quadrant += 1;
    }
    return isfinite(call->args[0].real);
}

static int sind(struct pg_call *call)
{
    double x;
    int quadrant, sign;
    if (!reduce(call, &x, &quadrant, &sign)) {
        call->result.real = call->args[0].real;
        return isnan(call->args[0].real) ? ST_OK : out_of_range(call);
    }
    call->result.real = (quadrant >= 2 ? -sign : sign) * sine(x);
    return ST_OK;
}

static int cosd(struct pg_call *call)
{
    double x;
    int quadrant, sign;
    if (!reduce(call, &x, &quadrant, &sign)) {
        call->result.real = call->args[0].real;
        return isnan(call->args[0].real) ? ST_OK : out_of_range(call);
    }
    call->result.real = (quadrant & 1 ? -1 : 1) * cosine(x);
    return ST_OK;
}

static int tand(struct pg_call *call)
{
    double x;
    int quadrant, sign;
    if (!reduce(call, &x, &quadrant, &sign)) {
        call->result.real = call->args[0].real;
        return isnan(call->args[0].real) ? ST_OK : out_of_range(call);
    }
    const double one = sine(45) / cosine(45);
    bool negative = (quadrant >= 2) != (quadrant & 1 ? true : false);
    call->result.real = (negative ? -sign : sign) * (sine(x) / cosine(x) / one);
    if (call->result.real == 0)
        call->result.real = 0; /* PostgreSQL's has no sign */
    return ST_OK;
}

static int cot(struct pg_call *call)
{
    if (isinf(call->args[0].real))
        return out_of_range(call);
    call->result.real = 1 / tan(call->args[0].real);
    return ST_OK;
}

static int inverse_cosh(struct pg_call *call)
{
    if (call->args[0].real < 1)
        return out_of_range(call);
    call->result.real = acosh(call->args[0].real);
    return ST_OK;
}

static int inverse_tanh(struct pg_call *call)
{
    if (fabs(call->args[0].real) > 1)
        return out_of_range(call);
    call->result.real = atanh(call->args[0].real);
    return ST_OK;
}

/* clang-format off: a line each */
const struct pg_function pg_degree_functions[] = {
    {.name = "pg_sind", .args = {PG_FLOAT8}, .result = PG_FLOAT8, .call = sind},
    {.name = "pg_cosd", .args = {PG_FLOAT8}, .result = PG_FLOAT8, .call = cosd},
    {.name = "pg_tand", .args = {PG_FLOAT8}, .result = PG_FLOAT8, .call = tand},
    {.name = "pg_cot", .args = {PG_FLOAT8}, .result = PG_FLOAT8, .call = cot},
    {.name = "pg_acosh", .args = {PG_FLOAT8}, .result = PG_FLOAT8, .call = inverse_cosh},
    {.name = "pg_atanh", .args = {PG_FLOAT8}, .result = PG_FLOAT8, .call = inverse_tanh},
    {.name = NULL},
};
/* clang-format on */
