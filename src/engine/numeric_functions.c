/* Computed with 113 bits, 34 digits, of which the longest result shows 22 behind the point. */
#include "engine/numeric_functions.h"

#include "engine/column_view.h"
#include "engine/engine_priv.h"
#include "engine/functions.h"
#include "engine/nulls.h"
#include "engine/number_view.h"

#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

/* clang has no functions of 128 bits in the C library's headers: its builds have 19 digits. */
#ifdef __clang__
typedef long double quad;
#define QUAD(function) function##l
#else
typedef _Float128 quad;
#define QUAD(function) function##f128
#endif

enum { SIGNIFICANT = 16, GROUP = 4, LEAST_DIGITS = 6, POWERS = 39 };

struct operand {
    quad value;
    double real;
    int scale; /* digits behind the point */
};

/* *digits: behind the point. NULL, or the error. */
typedef const char *compute_fn(const struct operand *x, size_t n, quad *out, int *digits);

static const char root_of_negative[] = ENGINE_ERROR_MARK "2201F cannot take square root of a negative number";
static const char log_of_zero[] = ENGINE_ERROR_MARK "2201E cannot take logarithm of zero";
static const char log_of_negative[] = ENGINE_ERROR_MARK "2201E cannot take logarithm of a negative number";
static const char overflow[] = ENGINE_ERROR_MARK "22003 value out of range: overflow";
static const char underflow[] = ENGINE_ERROR_MARK "22003 value out of range: underflow";
static const char power_of_zero[] = ENGINE_ERROR_MARK "2201F zero raised to a negative power is undefined";
static const char power_of_negative[] =
    ENGINE_ERROR_MARK "2201F a negative number raised to a non-integer power yields a complex result";

static int floor_div(int a, int b)
{
    return a >= 0 ? a / b : -((b - 1 - a) / b);
}

static int larger(int a, int b)
{
    return a > b ? a : b;
}

/* Digits before the point, of a result that may be beyond any number. */
static int bounded(double digits)
{
    return digits > INT16_MAX ? INT16_MAX : digits < -INT16_MAX ? -INT16_MAX : (int)digits;
}

static int exponent_of(double x)
{
    return x == 0 ? 0 : (int)floor(log10(fabs(x)));
}

static const char *root(const struct operand *x, size_t n, quad *out, int *digits)
{
    (void)n;
    if (x->value < 0)
        return root_of_negative;
    *out = QUAD(sqrt)(x->value);
    int weight = floor_div(exponent_of(x->real), GROUP);
    *digits = larger(SIGNIFICANT - ((weight + 1) * GROUP / 2 - 1), x->scale);
    return NULL;
}

static const char *exponential(const struct operand *x, size_t n, quad *out, int *digits)
{
    (void)n;
    *out = QUAD(exp)(x->value);
    *digits = larger(SIGNIFICANT - bounded(x->real * 0.434294481903252), x->scale);
    return NULL;
}

static int logarithm_weight(double natural)
{
    double size = fabs(natural);
    return size == 0 ? 0 : size < 0.105 ? exponent_of(size) : (int)log10(size);
}

static const char *natural(const struct operand *x, size_t n, quad *out, int *digits)
{
    (void)n;
    if (x->value <= 0)
        return x->value == 0 ? log_of_zero : log_of_negative;
    *out = QUAD(log)(x->value);
    *digits = larger(SIGNIFICANT - logarithm_weight((double)*out), x->scale);
    return NULL;
}

/* Of base 10, or of the first operand. */
static const char *logarithm(const struct operand *x, size_t n, quad *out, int *digits)
{
    const struct operand *of = n > 1 ? &x[1] : &x[0];
    const quad base = n > 1 ? x[0].value : 10;
    if (of->value <= 0 || base <= 0)
        return of->value == 0 || base == 0 ? log_of_zero : log_of_negative;
    quad natural_base = QUAD(log)(base), natural_of = QUAD(log)(of->value);
    if (natural_base == 0)
        return ENGINE_ERROR_MARK "22012 division by zero";
    *out = natural_of / natural_base;
    *digits = SIGNIFICANT - (logarithm_weight((double)natural_of) - logarithm_weight((double)natural_base));
    *digits = larger(*digits, larger(x[0].scale, of->scale));
    return NULL;
}

static const char *power(const struct operand *x, size_t n, quad *out, int *digits)
{
    (void)n;
    quad base = x[0].value, exponent = x[1].value;
    if (base == 0 && exponent < 0)
        return power_of_zero;
    if (base < 0 && QUAD(floor)(exponent) != exponent)
        return power_of_negative;
    *out = QUAD(pow)(base, exponent);
    double size = base == 0 || exponent == 0 ? 0 : x[1].real * log10(fabs(x[0].real));
    *digits = larger(SIGNIFICANT - bounded(size), base == 0 ? SIGNIFICANT : larger(x[0].scale, x[1].scale));
    bool whole = QUAD(floor)(exponent) == exponent && QUAD(fabs)(exponent) <= INT32_MAX;
    if (base == 0 || whole)
        *digits = larger(SIGNIFICANT, whole ? x[0].scale : 0);
    return NULL;
}

static const struct function {
    const char *name;
    compute_fn *compute;
    double (*real)(double);
    uint8_t args, scale;
} functions[] = {
    {"pg_sqrt_sent", root, sqrt, 1, ENGINE_ROOT_SCALE},
    {"pg_exp_sent", exponential, exp, 1, ENGINE_POWER_SCALE},
    {"pg_ln_sent", natural, log, 1, ENGINE_LOGARITHM_SCALE},
    {"pg_log_sent", logarithm, log10, 1, ENGINE_LOGARITHM_SCALE},
    {"pg_log_sent", logarithm, NULL, 2, ENGINE_LOGARITHM_SCALE},
    {"pg_power_sent", power, NULL, 2, ENGINE_POWER_SCALE},
};

static quad power_of_10(int n)
{
    quad p = 1;
    while (n-- > 0)
        p *= 10;
    return p;
}

/* Rounded half away from zero to so many digits, as a decimal of scale. */
static const char *round_to(quad v, int digits, int scale, __int128 *out)
{
    if (digits > scale && v != 0 && QUAD(fabs)(v) < 1 / power_of_10(scale - LEAST_DIGITS))
        return underflow;
    assert(scale > LEAST_DIGITS && scale < ENGINE_COMPUTED_WIDTH);
    digits = digits < 0 ? 0 : digits > scale ? scale : digits;
    quad size = QUAD(floor)(QUAD(fabs)(v) * power_of_10(digits) + (quad)0.5);
    if (!(size < power_of_10(ENGINE_COMPUTED_WIDTH - (scale - digits))))
        return overflow;
    __int128 n = (__int128)size;
    for (; digits < scale; digits++)
        n *= 10;
    *out = v < 0 ? -n : n;
    return NULL;
}

static struct operand operand_at(const struct number_view *v, size_t row)
{
    struct operand x = {.real = number_double_at(v, row), .scale = v->scale};
    if (v->type == DUCKDB_TYPE_FLOAT || v->type == DUCKDB_TYPE_DOUBLE) {
        x.value = (quad)x.real;
        return x;
    }
    __int128 n = number_wide_at(v, row);
    x.value = (quad)n / power_of_10(v->scale);
    bool trims =
        v->decimal && v->type == DUCKDB_TYPE_HUGEINT && v->scale % 10 == 0; /* no precision was declared */
    for (; trims && x.scale > 0 && n % 10 == 0; x.scale--)
        n /= 10;
    return x;
}

/* The logarithm of any base, which PostgreSQL has of numerics alone. */
static const char *logarithm_of_doubles(double base, double of, double *out)
{
    const struct operand x[2] = {{.value = (quad)base, .real = base}, {.value = (quad)of, .real = of}};
    quad v = 0;
    int digits;
    const char *error = logarithm(x, 2, &v, &digits);
    *out = (double)v;
    return error;
}

/* What of two finite doubles is none. */
static const char *check_doubles(const struct function *f, double a, double b)
{
    if (f->compute == root)
        return a < 0 ? root_of_negative : NULL;
    if (f->compute == natural || f->compute == logarithm)
        return a > 0 ? NULL : a == 0 ? log_of_zero : log_of_negative;
    if (f->compute == power && a == 0 && b < 0)
        return power_of_zero;
    return f->compute == power && a < 0 && floor(b) != b ? power_of_negative : NULL;
}

static const char *of_doubles(const struct function *f, double a, double b, double *out)
{
    bool finite = isfinite(a) && isfinite(b);
    if (finite && f->compute == logarithm && f->args == 2)
        return logarithm_of_doubles(a, b, out);
    const char *error = finite ? check_doubles(f, a, b) : NULL;
    if (error)
        return error;
    *out = f->real ? f->real(a) : f->compute == power ? pow(a, b) : log(b) / log(a);
    if (finite && isinf(*out))
        return overflow;
    bool never_zero = f->compute == exponential || (f->compute == power && a != 0);
    return finite && *out == 0 && never_zero ? underflow : NULL;
}

/* typed: all arguments are numbers; else one is a NULL. */
static const char *doubles_on_rows(const struct function *f, const struct number_view *v, bool typed,
                                   size_t rows, duckdb_vector output)
{
    double *out = duckdb_vector_get_data(output);
    for (size_t row = 0; row < rows; row++) {
        if (!typed || is_null(v[0].validity, row) || (f->args > 1 && is_null(v[1].validity, row))) {
            put_null(output, row);
            continue;
        }
        double a = number_double_at(&v[0], row), b = f->args > 1 ? number_double_at(&v[1], row) : 0;
        const char *error = of_doubles(f, a, b, &out[row]);
        if (error)
            return error;
    }
    return NULL;
}

/* The same of numerics. */
static const char *numerics_on_rows(const struct function *f, const struct number_view *v, bool typed,
                                    size_t rows, duckdb_vector output)
{
    number_wide *out = duckdb_vector_get_data(output);
    for (size_t row = 0; row < rows; row++) {
        if (!typed || is_null(v[0].validity, row) || (f->args > 1 && is_null(v[1].validity, row))) {
            put_null(output, row);
            continue;
        }
        struct operand x[2] = {operand_at(&v[0], row)};
        if (f->args > 1)
            x[1] = operand_at(&v[1], row);
        quad result;
        int digits;
        __int128 wide = 0;
        const char *error = f->compute(x, f->args, &result, &digits);
        if (!error)
            error = round_to(result, digits, f->scale, &wide);
        if (error)
            return error;
        out[row] = wide;
    }
    return NULL;
}

static void on_rows(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output)
{
    const struct function *f = duckdb_scalar_function_get_extra_info(info);
    struct number_view v[2];
    assert(f->args == 1 || f->args == 2);
    bool typed = true;
    duckdb_logical_type type = duckdb_vector_get_column_type(output);
    bool real = duckdb_get_type_id(type) == DUCKDB_TYPE_DOUBLE;
    duckdb_destroy_logical_type(&type);
    for (size_t i = 0; i < f->args; i++) {
        bool number = number_view_of(&v[i], duckdb_data_chunk_get_vector(input, i));
        typed = typed && number;
        if (!number && v[i].type != DUCKDB_TYPE_SQLNULL) {
            duckdb_scalar_function_set_error(info, ENGINE_ERROR_MARK
                                             "42883 function does not exist: an argument is no number");
            return;
        }
    }
    const size_t rows = duckdb_data_chunk_get_size(input);
    const char *error =
        real ? doubles_on_rows(f, v, typed, rows, output) : numerics_on_rows(f, v, typed, rows, output);
    if (error)
        duckdb_scalar_function_set_error(info, error);
}

/* ---- making them known ---- */

/* What makes a double. */
static const duckdb_type reals[] = {DUCKDB_TYPE_TINYINT,   DUCKDB_TYPE_UTINYINT, DUCKDB_TYPE_SMALLINT,
                                    DUCKDB_TYPE_USMALLINT, DUCKDB_TYPE_INTEGER,  DUCKDB_TYPE_UINTEGER,
                                    DUCKDB_TYPE_BIGINT,    DUCKDB_TYPE_FLOAT,    DUCKDB_TYPE_DOUBLE};
enum { REALS = sizeof reals / sizeof *reals, WHOLES = REALS - 2 };

static bool add(duckdb_scalar_function_set set, const struct function *f, duckdb_type a, duckdb_type b,
                bool real)
{
    duckdb_scalar_function s = duckdb_create_scalar_function();
    duckdb_logical_type left = duckdb_create_logical_type(a), right = duckdb_create_logical_type(b);
    duckdb_logical_type result = real ? duckdb_create_logical_type(DUCKDB_TYPE_DOUBLE)
                                      : duckdb_create_decimal_type(ENGINE_COMPUTED_WIDTH, f->scale);
    duckdb_scalar_function_set_name(s, f->name);
    duckdb_scalar_function_add_parameter(s, left);
    if (f->args > 1)
        duckdb_scalar_function_add_parameter(s, right);
    duckdb_scalar_function_set_return_type(s, result);
    duckdb_scalar_function_set_special_handling(s);
    duckdb_scalar_function_set_extra_info(s, (void *)(uintptr_t)f, NULL);
    duckdb_scalar_function_set_function(s, on_rows);
    bool ok = duckdb_add_scalar_function_to_set(set, s) == DuckDBSuccess;
    duckdb_destroy_logical_type(&left);
    duckdb_destroy_logical_type(&right);
    duckdb_destroy_logical_type(&result);
    duckdb_destroy_scalar_function(&s);
    return ok;
}

/* PostgreSQL has the logarithm of any base of numerics alone, which integers become. */
static bool add_all(duckdb_scalar_function_set set, const struct function *f)
{
    bool ok = add(set, f, DUCKDB_TYPE_ANY, DUCKDB_TYPE_ANY, false);
    for (size_t a = 0; a < REALS; a++) {
        if (f->args == 1)
            ok = ok && add(set, f, reals[a], reals[a], true);
        for (size_t b = 0; f->args > 1 && b < REALS; b++) {
            bool numeric = f->compute == logarithm && a < WHOLES && b < WHOLES;
            ok = ok && (numeric || add(set, f, reals[a], reals[b], true));
        }
        if (f->args > 1 && a >= WHOLES)
            ok = ok && add(set, f, reals[a], DUCKDB_TYPE_ANY, true) &&
                 add(set, f, DUCKDB_TYPE_ANY, reals[a], true);
    }
    return ok;
}

int numeric_functions_register(struct engine_conn *c, struct err *e)
{
    enum { N = sizeof functions / sizeof *functions };
    for (size_t i = 0; i < N;) {
        const char *name = functions[i].name;
        duckdb_scalar_function_set set = duckdb_create_scalar_function_set(name);
        bool ok = set != NULL;
        for (; i < N && strcmp(functions[i].name, name) == 0; i++)
            ok = ok && add_all(set, &functions[i]);
        ok = ok && duckdb_register_scalar_function_set(c->conn, set) == DuckDBSuccess;
        duckdb_destroy_scalar_function_set(&set);
        if (!ok)
            return err_set(e, SQLSTATE_INTERNAL_ERROR, "the engine does not take the function %s", name);
    }
    return ST_OK;
}
