/* Overloads by type. Two decimals give a DECIMAL(38, 16): sixteen digits behind the point, which is what
 * PostgreSQL gives for quotients from 1 to 9,999; it gives more digits to smaller ones. */
#include "engine/arithmetic.h"

#include "engine/engine_priv.h"
#include "engine/functions.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>

enum { DECIMAL_WIDTH = 38, DECIMAL_IN = 10, DECIMAL_OUT = 16 };

static const char zero[] = ENGINE_ERROR_MARK "22012 division by zero";
static const char too_large[] = ENGINE_ERROR_MARK "22003 ";

struct columns {
    const void *left, *right;
    const uint64_t *left_valid, *right_valid;
    void *out;
    duckdb_vector vector;
    size_t rows;
};

static struct columns columns_of(duckdb_data_chunk input, duckdb_vector output)
{
    duckdb_vector a = duckdb_data_chunk_get_vector(input, 0), b = duckdb_data_chunk_get_vector(input, 1);
    return (struct columns){
        .left = duckdb_vector_get_data(a),
        .right = duckdb_vector_get_data(b),
        .left_valid = duckdb_vector_get_validity(a),
        .right_valid = duckdb_vector_get_validity(b),
        .out = duckdb_vector_get_data(output),
        .vector = output,
        .rows = duckdb_data_chunk_get_size(input),
    };
}

static bool is_valid(const uint64_t *validity, size_t row)
{
    return !validity || (validity[row / 64] >> row % 64 & 1);
}

/* Whether both are there; else the result is NULL. */
static bool both(const struct columns *c, size_t row)
{
    if (is_valid(c->left_valid, row) && is_valid(c->right_valid, row))
        return true;
    duckdb_vector_ensure_validity_writable(c->vector);
    duckdb_validity_set_row_invalid(duckdb_vector_get_validity(c->vector), row);
    return false;
}

static void fail(duckdb_function_info info, const char *text, const char *type)
{
    char message[128];
    (void)snprintf(message, sizeof message, "%s%s%s", text, type, *type ? " out of range" : "");
    duckdb_scalar_function_set_error(info, message);
}

/* Whole numbers: the one quotient that does not fit is the least number by minus one. */
#define DIVIDE(name, type, least, title)                                                                     \
    static void divide_##name(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output)      \
    {                                                                                                        \
        const struct columns c = columns_of(input, output);                                                  \
        const type *a = c.left, *b = c.right;                                                                \
        type *out = c.out;                                                                                   \
        const bool all = !c.left_valid && !c.right_valid;                                                    \
        for (size_t i = 0; i < c.rows; i++) {                                                                \
            if (!all && !both(&c, i))                                                                        \
                continue;                                                                                    \
            if (b[i] == 0) {                                                                                 \
                fail(info, zero, "");                                                                        \
                return;                                                                                      \
            }                                                                                                \
            if (b[i] == -1 && a[i] == (least)) {                                                             \
                fail(info, too_large, title);                                                                \
                return;                                                                                      \
            }                                                                                                \
            out[i] = (type)(a[i] / b[i]);                                                                    \
        }                                                                                                    \
    }

#define MODULO(name, type)                                                                                   \
    static void modulo_##name(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output)      \
    {                                                                                                        \
        const struct columns c = columns_of(input, output);                                                  \
        const type *a = c.left, *b = c.right;                                                                \
        type *out = c.out;                                                                                   \
        const bool all = !c.left_valid && !c.right_valid;                                                    \
        for (size_t i = 0; i < c.rows; i++) {                                                                \
            if (!all && !both(&c, i))                                                                        \
                continue;                                                                                    \
            if (b[i] == 0) {                                                                                 \
                fail(info, zero, "");                                                                        \
                return;                                                                                      \
            }                                                                                                \
            out[i] = (type)(b[i] == -1 ? 0 : a[i] % b[i]);                                                   \
        }                                                                                                    \
    }

/* As the engine lays a HUGEINT out on machines that it runs on. */
typedef __int128 hugeint __attribute__((aligned(8)));

DIVIDE(int2, int16_t, INT16_MIN, "smallint")
DIVIDE(int4, int32_t, INT32_MIN, "integer")
DIVIDE(int8, int64_t, INT64_MIN, "bigint")
MODULO(int2, int16_t)
MODULO(int4, int32_t)
MODULO(int8, int64_t)
MODULO(huge, hugeint)

/* A quotient that is infinite of finite numbers has overflown; NaN and infinities go through. */
#define REAL(name, type)                                                                                     \
    static void divide_##name(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output)      \
    {                                                                                                        \
        const struct columns c = columns_of(input, output);                                                  \
        const type *a = c.left, *b = c.right;                                                                \
        type *out = c.out;                                                                                   \
        for (size_t i = 0; i < c.rows; i++) {                                                                \
            if (!both(&c, i))                                                                                \
                continue;                                                                                    \
            if (b[i] == 0 && !isnan(a[i])) {                                                                 \
                fail(info, zero, "");                                                                        \
                return;                                                                                      \
            }                                                                                                \
            out[i] = a[i] / b[i];                                                                            \
            if (isinf(out[i]) && !isinf(a[i])) {                                                             \
                fail(info, too_large, "value");                                                              \
                return;                                                                                      \
            }                                                                                                \
        }                                                                                                    \
    }

REAL(float4, float)
REAL(float8, double)

typedef unsigned __int128 wide;

static const wide ten_16 = 10000000000000000ULL;
static const wide ten_38 = (wide)10000000000000000000ULL * 10000000000000000000ULL;

/* The next digit of rest / b behind the point; rest < b < 10^38, ten times which need not fit. */
static wide next_digit(wide *rest, wide b)
{
    wide digit = 0, sum = 0;
    if (*rest <= ~(wide)0 / 10) {
        digit = *rest * 10 / b;
        *rest = *rest * 10 % b;
        return digit;
    }
    for (int i = 0; i < 10; i++) {
        sum += *rest;
        if (sum >= b) {
            sum -= b;
            digit++;
        }
    }
    *rest = sum;
    return digit;
}

/* a * 10^16 / b to the nearest, half away from zero, of one scale. false: it has more than 38 digits. */
static bool divide_wide(wide a, wide b, wide *out)
{
    wide whole, rest;
    if (a <= ~(wide)0 / ten_16) {
        whole = a * ten_16 / b;
        rest = a * ten_16 % b;
    } else {
        whole = a / b;
        rest = a % b;
        for (int i = 0; i < DECIMAL_OUT; i++) {
            if (whole > ten_38 / 10)
                return false;
            whole = whole * 10 + next_digit(&rest, b);
        }
    }
    if (rest >= b - rest)
        whole++;
    *out = whole;
    return whole < ten_38;
}

static wide magnitude(__int128 v)
{
    return v < 0 ? -(wide)v : (wide)v;
}

static void divide_numeric(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output)
{
    const struct columns c = columns_of(input, output);
    const hugeint *a = c.left, *b = c.right;
    hugeint *out = c.out;
    for (size_t i = 0; i < c.rows; i++) {
        wide q;
        if (!both(&c, i))
            continue;
        if (b[i] == 0) {
            fail(info, zero, "");
            return;
        }
        if (!divide_wide(magnitude(a[i]), magnitude(b[i]), &q)) {
            fail(info, too_large, "value");
            return;
        }
        out[i] = (a[i] < 0) != (b[i] < 0) ? -(__int128)q : (__int128)q;
    }
}

/* What a fraction of a month or day is goes down to days of a month of 30, and to the time. */
static bool divide_one(const duckdb_interval *a, double by, duckdb_interval *out)
{
    double months = a->months / by, days = a->days / by, micros = (double)a->micros / by;
    double whole_months = trunc(months), whole_days = trunc(days);
    double more_days = round((months - whole_months) * 30 * 1e6) / 1e6;
    double rest = round((days - whole_days + more_days - trunc(more_days)) * 86400 * 1e6);
    whole_days += trunc(more_days);
    if (fabs(rest) >= 86400e6) {
        whole_days += trunc(rest / 86400e6);
        rest -= trunc(rest / 86400e6) * 86400e6;
    }
    micros = rint(micros + rest);
    if (fabs(whole_months) > INT32_MAX || fabs(whole_days) > INT32_MAX || !(fabs(micros) < 0x1p63))
        return false;
    *out = (duckdb_interval){(int32_t)whole_months, (int32_t)whole_days, (int64_t)micros};
    return true;
}

static void divide_interval(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output)
{
    const struct columns c = columns_of(input, output);
    const double *b = c.right;
    for (size_t i = 0; i < c.rows; i++) {
        if (!both(&c, i))
            continue;
        if (b[i] == 0) {
            fail(info, zero, "");
            return;
        }
        if (!divide_one((const duckdb_interval *)c.left + i, b[i], (duckdb_interval *)c.out + i)) {
            fail(info, too_large, "interval");
            return;
        }
    }
}

/* ---- making them known ---- */

struct overload {
    duckdb_type
        type; /* of both and of the result; an interval is divided by a DOUBLE, and a HUGEINT, which is
                       * a sum of bigint and to PostgreSQL a numeric, makes one */
    duckdb_scalar_function_t divide, modulo;
};

static const struct overload overloads[] = {
    {DUCKDB_TYPE_SMALLINT, divide_int2, modulo_int2},   {DUCKDB_TYPE_INTEGER, divide_int4, modulo_int4},
    {DUCKDB_TYPE_BIGINT, divide_int8, modulo_int8},     {DUCKDB_TYPE_HUGEINT, divide_numeric, modulo_huge},
    {DUCKDB_TYPE_FLOAT, divide_float4, NULL},           {DUCKDB_TYPE_DOUBLE, divide_float8, NULL},
    {DUCKDB_TYPE_DECIMAL, divide_numeric, modulo_huge}, {DUCKDB_TYPE_INTERVAL, divide_interval, NULL},
};

static duckdb_logical_type type_of(duckdb_type type, int scale)
{
    return type == DUCKDB_TYPE_DECIMAL ? duckdb_create_decimal_type(DECIMAL_WIDTH, (uint8_t)scale)
                                       : duckdb_create_logical_type(type);
}

static bool add(duckdb_scalar_function_set set, const char *name, duckdb_type type, int scale,
                duckdb_scalar_function_t f)
{
    duckdb_scalar_function s = duckdb_create_scalar_function();
    bool sum = type == DUCKDB_TYPE_HUGEINT && f == divide_numeric;
    duckdb_logical_type in = type_of(type, DECIMAL_IN),
                        out = type_of(sum ? DUCKDB_TYPE_DECIMAL : type, scale);
    duckdb_logical_type by = type_of(type == DUCKDB_TYPE_INTERVAL ? DUCKDB_TYPE_DOUBLE : type, DECIMAL_IN);
    duckdb_scalar_function_set_name(s, name);
    duckdb_scalar_function_add_parameter(s, in);
    duckdb_scalar_function_add_parameter(s, by);
    duckdb_scalar_function_set_return_type(s, out);
    duckdb_scalar_function_set_special_handling(s); /* or the engine makes an integer of NULL / 2 */
    duckdb_scalar_function_set_function(s, f);
    bool ok = duckdb_add_scalar_function_to_set(set, s) == DuckDBSuccess;
    duckdb_destroy_logical_type(&in);
    duckdb_destroy_logical_type(&out);
    duckdb_destroy_logical_type(&by);
    duckdb_destroy_scalar_function(&s);
    return ok;
}

static int register_set(struct engine_conn *c, const char *name, bool divide, struct err *e)
{
    duckdb_scalar_function_set set = duckdb_create_scalar_function_set(name);
    bool ok = set != NULL;
    for (size_t i = 0; i < sizeof overloads / sizeof *overloads; i++) {
        const struct overload *o = &overloads[i];
        duckdb_scalar_function_t f = divide ? o->divide : o->modulo;
        ok = ok && (!f || add(set, name, o->type, divide ? DECIMAL_OUT : DECIMAL_IN, f));
    }
    ok = ok && duckdb_register_scalar_function_set(c->conn, set) == DuckDBSuccess;
    duckdb_destroy_scalar_function_set(&set);
    return ok ? ST_OK : err_set(e, SQLSTATE_INTERNAL_ERROR, "the engine does not take the function %s", name);
}

/* ---- the types of sums ---- */

static void nothing(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output)
{
    (void)input;
    (void)output;
    fail(info, ENGINE_ERROR_MARK "XX000 a type has been taken for a value", "");
}

/* The engine's sum, and what is summed: PostgreSQL's sum. */
static const struct {
    duckdb_type sum, of, postgres;
} sums[] = {
    {DUCKDB_TYPE_HUGEINT, DUCKDB_TYPE_TINYINT, DUCKDB_TYPE_BIGINT},
    {DUCKDB_TYPE_HUGEINT, DUCKDB_TYPE_SMALLINT, DUCKDB_TYPE_BIGINT},
    {DUCKDB_TYPE_HUGEINT, DUCKDB_TYPE_INTEGER, DUCKDB_TYPE_BIGINT},
};

/* Overloads of a function of the engine's that makes a list of the wider type of its arguments:
 * sql/catalog_calls.inc casts to the type that the elements have, and nobody calls it. */
static int register_sums(struct engine_conn *c, struct err *e)
{
    static const char name[] = "list_pack";
    duckdb_scalar_function_set set = duckdb_create_scalar_function_set(name);
    bool ok = set != NULL;
    for (size_t i = 0; i < sizeof sums / sizeof *sums; i++) {
        duckdb_scalar_function s = duckdb_create_scalar_function();
        duckdb_logical_type sum = duckdb_create_logical_type(sums[i].sum);
        duckdb_logical_type of = duckdb_create_logical_type(sums[i].of);
        duckdb_logical_type element = duckdb_create_logical_type(sums[i].postgres);
        duckdb_logical_type result = duckdb_create_list_type(element);
        duckdb_scalar_function_set_name(s, name);
        duckdb_scalar_function_add_parameter(s, sum);
        duckdb_scalar_function_add_parameter(s, of);
        duckdb_scalar_function_set_return_type(s, result);
        duckdb_scalar_function_set_special_handling(s);
        duckdb_scalar_function_set_function(s, nothing);
        ok = ok && duckdb_add_scalar_function_to_set(set, s) == DuckDBSuccess;
        duckdb_destroy_logical_type(&sum);
        duckdb_destroy_logical_type(&of);
        duckdb_destroy_logical_type(&element);
        duckdb_destroy_logical_type(&result);
        duckdb_destroy_scalar_function(&s);
    }
    ok = ok && duckdb_register_scalar_function_set(c->conn, set) == DuckDBSuccess;
    duckdb_destroy_scalar_function_set(&set);
    return ok ? ST_OK : err_set(e, SQLSTATE_INTERNAL_ERROR, "the engine does not take the function %s", name);
}

int arithmetic_register(struct engine_conn *c, struct err *e)
{
    TRY(register_set(c, "pg_divide", true, e));
    TRY(register_set(c, "pg_modulo", false, e));
    return register_sums(c, e);
}
