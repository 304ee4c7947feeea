/* width_bucket: which of count equal parts of a range a value is in; 0 below it, count + 1 above.
 * Source: PostgreSQL 15 manual, table 9.5. */
#include "pgfunc/width_bucket.h"

#include <assert.h>
#include <math.h>

static int bad(struct pg_call *call, const char *why)
{
    return err_set(call->e, SQLSTATE_INVALID_ARGUMENT_FOR_WIDTH_BUCKET_FUNCTION, "%s", why);
}

/* Below, above, or the part that part(…) says, of a range that may go down. */
static int store(struct pg_call *call, bool below, bool above, int64_t part)
{
    const int64_t count = call->args[3].integer;
    int64_t bucket = below ? 0 : above ? count + 1 : part + 1;
    if (bucket > INT32_MAX)
        return err_set(call->e, SQLSTATE_NUMERIC_VALUE_OUT_OF_RANGE, "integer out of range");
    call->result.integer = bucket;
    return ST_OK;
}

static int of_reals(struct pg_call *call)
{
    const double v = call->args[0].real, low = call->args[1].real, high = call->args[2].real;
    assert(call->nargs == 4);
    const int64_t count = call->args[3].integer;
    if (count <= 0)
        return bad(call, "count must be greater than zero");
    if (isnan(v) || isnan(low) || isnan(high))
        return bad(call, "operand, lower bound, and upper bound cannot be NaN");
    if (isinf(low) || isinf(high))
        return bad(call, "lower and upper bounds must be finite");
    if (low == high)
        return bad(call, "lower bound cannot equal upper bound");
    bool up = low < high;
    bool below = up ? v < low : v > low, above = up ? v >= high : v <= high;
    double share = below || above ? 0 : (v / 2 - low / 2) / (high / 2 - low / 2);
    int64_t part = (int64_t)((double)count * share);
    return store(call, below, above, part < count ? part : count - 1);
}

/* n * count / d, rounded down, without overflow: n is less than d. */
static int64_t times_divided(unsigned __int128 n, int64_t count, unsigned __int128 d)
{
    assert(n < d && count > 0);
    unsigned __int128 rest = 0;
    uint64_t quotient = 0;
    for (int bit = 62; bit >= 0; bit--) {
        rest *= 2;
        quotient *= 2;
        if ((uint64_t)count >> bit & 1)
            rest += n;
        quotient += (uint64_t)(rest / d);
        rest %= d;
    }
    return (int64_t)quotient;
}

static int of_numerics(struct pg_call *call)
{
    const __int128 v = call->args[0].wide, low = call->args[1].wide, high = call->args[2].wide;
    assert(call->nargs == 4);
    const int64_t count = call->args[3].integer;
    if (count <= 0)
        return bad(call, "count must be greater than zero");
    if (low == high)
        return bad(call, "lower bound cannot equal upper bound");
    bool up = low < high;
    bool below = up ? v < low : v > low, above = up ? v >= high : v <= high;
    if (below || above)
        return store(call, below, above, 0);
    unsigned __int128 width = up ? (unsigned __int128)high - (unsigned __int128)low
                                 : (unsigned __int128)low - (unsigned __int128)high;
    unsigned __int128 from =
        up ? (unsigned __int128)v - (unsigned __int128)low : (unsigned __int128)low - (unsigned __int128)v;
    while (width >> 125) { /* room to double and add: the widest ranges lose their last bits */
        width >>= 1;
        from >>= 1;
    }
    return store(call, false, false, times_divided(from, count, width));
}

const struct pg_function pg_width_bucket_functions[] = {
    {.name = "width_bucket",
     .args = {PG_FLOAT8, PG_FLOAT8, PG_FLOAT8, PG_INT4},
     .result = PG_INT4,
     .call = of_reals},
    {.name = "width_bucket",
     .args = {PG_NUMERIC, PG_NUMERIC, PG_NUMERIC, PG_INT4},
     .result = PG_INT4,
     .call = of_numerics},
    {.name = NULL},
};
