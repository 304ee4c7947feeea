/* Overloads by type. Numerics give a DECIMAL(38, 16), which can still be multiplied with another; where
 * the quotient is what a client is sent, nothing is done with it any more, and pg_quotient keeps all its
 * digits. */
#include "engine/arithmetic.h"

#include "engine/column_view.h"
#include "engine/copied_rows.h"
#include "engine/engine_priv.h"
#include "engine/functions.h"
#include "engine/interval_divide.h"
#include "engine/nulls.h"
#include "engine/number_view.h"
#include "engine/quotient.h"

#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>

enum {
    UNBOUNDED_SCALE =
        10, /* of a numeric without precision, which shows no zeros at its end; its products' 20, 30 */
};

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

/* Both operands of what takes any type, or an error. A NULL without a type makes NULLs; false: nothing is
 * left to be done. When a statement is bound the types cannot be asked: the engine does not copy a
 * subquery for that. */
static bool numbers_of(struct number_view *a, struct number_view *b, duckdb_function_info info,
                       duckdb_data_chunk input, duckdb_vector output)
{
    bool left = number_view_of(a, duckdb_data_chunk_get_vector(input, 0));
    bool right = number_view_of(b, duckdb_data_chunk_get_vector(input, 1));
    if (left && right)
        return true;
    if ((!left && a->type != DUCKDB_TYPE_SQLNULL) || (!right && b->type != DUCKDB_TYPE_SQLNULL)) {
        fail(info, ENGINE_ERROR_MARK "42883 operator does not exist: an operand of / is no number", "");
        return false;
    }
    for (size_t i = 0; i < duckdb_data_chunk_get_size(input); i++)
        put_null(output, i);
    return false;
}

static struct quotient_operand operand_at(const struct number_view *v, size_t row)
{
    bool trims =
        v->decimal && v->type == DUCKDB_TYPE_HUGEINT && v->scale > 0 && v->scale % UNBOUNDED_SCALE == 0;
    return (struct quotient_operand){.value = number_wide_at(v, row), .scale = v->scale, .trims = trims};
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

DIVIDE(int2, int16_t, INT16_MIN, "smallint")
DIVIDE(int4, int32_t, INT32_MIN, "integer")
DIVIDE(int8, int64_t, INT64_MIN, "bigint")
MODULO(int2, int16_t)
MODULO(int4, int32_t)
MODULO(int8, int64_t)
MODULO(huge, number_wide)

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

/* Numbers of any other types: numerics. How many digits are kept is the function's own, in its extra info. */
static void divide_numeric(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output)
{
    const struct quotient_digits *digits = duckdb_scalar_function_get_extra_info(info);
    struct number_view a, b;
    if (!numbers_of(&a, &b, info, input, output))
        return;
    number_wide *out = duckdb_vector_get_data(output);
    size_t rows = duckdb_data_chunk_get_size(input);
    for (size_t i = 0; i < rows; i++) {
        if (is_null(a.validity, i) || is_null(b.validity, i)) {
            put_null(output, i);
            continue;
        }
        struct quotient_operand x = operand_at(&a, i), y = operand_at(&b, i);
        __int128 q;
        if (y.value == 0) {
            fail(info, zero, "");
            return;
        }
        if (!quotient_of(x, y, *digits, &q)) {
            fail(info, too_large, "value");
            return;
        }
        out[i] = q;
    }
}

enum { DIGITS_ROOM = 64, DIGITS_MAX = 38 };

/* v × 10^-scale. */
static void put_digits(duckdb_vector out, size_t row, __int128 v, unsigned scale)
{
    char text[DIGITS_ROOM], *end = text + sizeof text, *p = end;
    unsigned __int128 left = v < 0 ? -(unsigned __int128)v : (unsigned __int128)v;
    assert(scale <= DIGITS_MAX);
    for (unsigned n = 0; left > 0 || n <= scale; n++, left /= 10) {
        if (n == scale && scale > 0)
            *--p = '.';
        *--p = (char)('0' + (int)(left % 10));
    }
    if (v < 0)
        *--p = '-';
    duckdb_vector_assign_string_element_len(out, row, p, (size_t)(end - p));
}

/* A quotient with all the digits that PostgreSQL shows. */
static const char *quotient_digits(struct quotient_operand a, struct quotient_operand b, __int128 *out,
                                   int *scale)
{
    *scale = quotient_scale(a, b);
    const struct quotient_digits d = {DIGITS_MAX, (uint8_t)*scale};
    return *scale < DIGITS_MAX && quotient_of(a, b, d, out) ? NULL
                                                            : ENGINE_ERROR_MARK "22003 value out of range";
}

/* To the larger of both scales. false: it has too many digits. */
static bool rescale(__int128 *v, unsigned places)
{
    for (; places > 0; places--)
        if (__builtin_mul_overflow(*v, 10, v))
            return false;
    return true;
}

static const char *modulo_digits(struct quotient_operand a, struct quotient_operand b, __int128 *out,
                                 int *scale)
{
    int shown_a = quotient_shown(a), shown_b = quotient_shown(b);
    uint8_t larger = a.scale > b.scale ? a.scale : b.scale;
    *scale = shown_a > shown_b ? shown_a : shown_b;
    if (!rescale(&a.value, larger - a.scale) || !rescale(&b.value, larger - b.scale))
        return ENGINE_ERROR_MARK "22003 value out of range";
    *out = a.value % b.value;
    for (int i = larger; i > *scale; i--)
        *out /= 10;
    return NULL;
}

/* Numbers of any types: numerics, as their digits. What is computed is the function's own. */
typedef const char *digits_fn(struct quotient_operand a, struct quotient_operand b, __int128 *out,
                              int *scale);

static void digits_of_rows(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output,
                           digits_fn *compute)
{
    struct number_view a, b;
    if (!numbers_of(&a, &b, info, input, output))
        return;
    if (a.type == DUCKDB_TYPE_DOUBLE || a.type == DUCKDB_TYPE_FLOAT || b.type == DUCKDB_TYPE_DOUBLE ||
        b.type == DUCKDB_TYPE_FLOAT) {
        fail(info, ENGINE_ERROR_MARK "42883 operator does not exist: double precision % numeric", "");
        return;
    }
    for (size_t i = 0; i < duckdb_data_chunk_get_size(input); i++) {
        __int128 v = 0;
        int scale = 0;
        if (is_null(a.validity, i) || is_null(b.validity, i)) {
            put_null(output, i);
            continue;
        }
        struct quotient_operand x = operand_at(&a, i), y = operand_at(&b, i);
        const char *error = y.value == 0 ? zero : compute(x, y, &v, &scale);
        if (error) {
            fail(info, error, "");
            return;
        }
        put_digits(output, i, v, (unsigned)scale);
    }
}

static void divide_to_digits(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output)
{
    digits_of_rows(info, input, output, quotient_digits);
}

static void modulo_to_digits(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output)
{
    digits_of_rows(info, input, output, modulo_digits);
}

/* A double beside any other number. */
static void divide_mixed(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output)
{
    struct number_view a, b;
    if (!numbers_of(&a, &b, info, input, output))
        return;
    double *out = duckdb_vector_get_data(output);
    size_t rows = duckdb_data_chunk_get_size(input);
    for (size_t i = 0; i < rows; i++) {
        if (is_null(a.validity, i) || is_null(b.validity, i)) {
            put_null(output, i);
            continue;
        }
        double x = number_double_at(&a, i), y = number_double_at(&b, i);
        if (y == 0 && !isnan(x)) {
            fail(info, zero, "");
            return;
        }
        out[i] = x / y;
        if (isinf(out[i]) && !isinf(x)) {
            fail(info, too_large, "value");
            return;
        }
    }
}

enum { VECTOR_ROWS = COPIED_CHUNK_ROWS };

/* All values of a vector of whole numbers, at most 64 bits each. NULLs become anything. */
static void read_whole(const struct number_view *v, size_t rows, int64_t *out)
{
#define READ(type)                                                                                           \
    for (size_t i = 0; i < rows; i++)                                                                        \
    out[i] = ((const type *)v->data)[i]
    switch (v->type) {
    case DUCKDB_TYPE_TINYINT: READ(int8_t); return; // NOLINT(*-signed-char-misuse,cert-str34-c): a number
    case DUCKDB_TYPE_UTINYINT: READ(uint8_t); return;
    case DUCKDB_TYPE_SMALLINT: READ(int16_t); return;
    case DUCKDB_TYPE_USMALLINT: READ(uint16_t); return;
    case DUCKDB_TYPE_INTEGER: READ(int32_t); return;
    case DUCKDB_TYPE_UINTEGER: READ(uint32_t); return;
    default: READ(int64_t); return;
    }
#undef READ
}

/* Whole numbers of different sizes: PostgreSQL's result is of the larger. */
static void compute_whole(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output,
                          bool modulo)
{
    const duckdb_type *type = duckdb_scalar_function_get_extra_info(info);
    struct number_view a, b;
    (void)number_view_of(&a, duckdb_data_chunk_get_vector(input, 0));
    (void)number_view_of(&b, duckdb_data_chunk_get_vector(input, 1));
    void *out = duckdb_vector_get_data(output);
    size_t rows = duckdb_data_chunk_get_size(input);
    int64_t left[VECTOR_ROWS], right[VECTOR_ROWS];
    assert(rows <= VECTOR_ROWS);
    read_whole(&a, rows, left);
    read_whole(&b, rows, right);
    const bool all = !a.validity && !b.validity;
    for (size_t i = 0; i < rows; i++) {
        if (!all && (is_null(a.validity, i) || is_null(b.validity, i))) {
            put_null(output, i);
            continue;
        }
        const int64_t x = left[i], y = right[i];
        if (y == 0) {
            fail(info, zero, "");
            return;
        }
        int64_t q = 0;
        bool fits = true;
        if ((uint64_t)x <= UINT32_MAX &&
            (uint64_t)y <= UINT32_MAX) /* a division of 32 bits takes half the time */
            q = modulo ? (uint32_t)x % (uint32_t)y : (uint32_t)x / (uint32_t)y;
        else if (y != -1)
            q = modulo ? x % y : x / y;
        else if (!modulo) /* the least number has no positive one */
            fits = !__builtin_sub_overflow((int64_t)0, x, &q);
        if (*type != DUCKDB_TYPE_BIGINT)
            fits = fits && q == (*type == DUCKDB_TYPE_SMALLINT ? (int16_t)q : (int32_t)q);
        if (!fits) {
            fail(info, too_large,
                 *type == DUCKDB_TYPE_SMALLINT  ? "smallint"
                 : *type == DUCKDB_TYPE_INTEGER ? "integer"
                                                : "bigint");
            return;
        }
        if (*type == DUCKDB_TYPE_SMALLINT)
            ((int16_t *)out)[i] = (int16_t)q;
        else if (*type == DUCKDB_TYPE_INTEGER)
            ((int32_t *)out)[i] = (int32_t)q;
        else
            ((int64_t *)out)[i] = q;
    }
}

static void divide_whole(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output)
{
    compute_whole(info, input, output, false);
}

static void modulo_whole(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output)
{
    compute_whole(info, input, output, true);
}

/* ---- making them known ---- */

enum { DECIMAL_WIDTH = 38, DECIMAL_IN = 10, ARGUMENTS_MAX = 3 };

/* Digits of quotients that go on being computed with, and of those that a client is sent. */
static const struct quotient_digits plain = {DECIMAL_WIDTH, DECIMAL_IN}, nested = {DECIMAL_WIDTH, 16},
                                    sent = {ENGINE_COMPUTED_WIDTH, ENGINE_QUOTIENT_SCALE},
                                    sent_whole = {ENGINE_COMPUTED_WIDTH, ENGINE_WHOLE_QUOTIENT_SCALE};

struct overload {
    duckdb_type args[ARGUMENTS_MAX]; /* INVALID, which is 0: there is none */
    duckdb_type result;
    duckdb_scalar_function_t function;
    const struct quotient_digits *digits; /* of a result that is a DECIMAL */
    const duckdb_type *whole;             /* of divide_whole */
};

static duckdb_logical_type type_of(duckdb_type type, const struct quotient_digits *d)
{
    if (type == DUCKDB_TYPE_DECIMAL)
        return duckdb_create_decimal_type(d->width, d->scale);
    duckdb_logical_type t = duckdb_create_logical_type(type);
    if (type == DUCKDB_TYPE_VARCHAR)
        duckdb_logical_type_set_alias(t, ENGINE_DIGITS_TYPE);
    return t;
}

static bool add(duckdb_scalar_function_set set, const char *name, const struct overload *o)
{
    duckdb_scalar_function s = duckdb_create_scalar_function();
    duckdb_scalar_function_set_name(s, name);
    for (size_t i = 0; i < ARGUMENTS_MAX && o->args[i] != DUCKDB_TYPE_INVALID; i++) {
        duckdb_logical_type t = type_of(o->args[i], &plain);
        duckdb_scalar_function_add_parameter(s, t);
        duckdb_destroy_logical_type(&t);
    }
    duckdb_logical_type result = type_of(o->result, o->digits);
    duckdb_scalar_function_set_return_type(s, result);
    duckdb_destroy_logical_type(&result);
    duckdb_scalar_function_set_special_handling(s); /* or the engine makes an integer of NULL / 2 */
    duckdb_scalar_function_set_function(s, o->function);
    const void *extra = o->whole ? (const void *)o->whole : o->digits;
    if (extra)
        duckdb_scalar_function_set_extra_info(s, (void *)(uintptr_t)extra, NULL);
    bool ok = duckdb_add_scalar_function_to_set(set, s) == DuckDBSuccess;
    duckdb_destroy_scalar_function(&s);
    return ok;
}

/* Whole numbers and what PostgreSQL takes them for. */
static const struct {
    duckdb_type type, postgres;
} wholes[] = {
    {DUCKDB_TYPE_TINYINT, DUCKDB_TYPE_SMALLINT},  {DUCKDB_TYPE_UTINYINT, DUCKDB_TYPE_SMALLINT},
    {DUCKDB_TYPE_SMALLINT, DUCKDB_TYPE_SMALLINT}, {DUCKDB_TYPE_USMALLINT, DUCKDB_TYPE_INTEGER},
    {DUCKDB_TYPE_INTEGER, DUCKDB_TYPE_INTEGER},   {DUCKDB_TYPE_UINTEGER, DUCKDB_TYPE_BIGINT},
    {DUCKDB_TYPE_BIGINT, DUCKDB_TYPE_BIGINT},
};
enum { WHOLES = sizeof wholes / sizeof *wholes };

static const duckdb_type whole_results[] = {DUCKDB_TYPE_SMALLINT, DUCKDB_TYPE_INTEGER, DUCKDB_TYPE_BIGINT};

static const duckdb_type *whole_result(size_t a, size_t b)
{
    size_t r = 0;
    while (r + 1 < sizeof whole_results / sizeof *whole_results &&
           (whole_results[r] < wholes[a].postgres || whole_results[r] < wholes[b].postgres))
        r++; /* the engine's numbers of these types grow with their size */
    assert(r < sizeof whole_results / sizeof *whole_results);
    return &whole_results[r];
}

static const struct overload divisions[] = {
    {{DUCKDB_TYPE_SMALLINT, DUCKDB_TYPE_SMALLINT}, DUCKDB_TYPE_SMALLINT, divide_int2, NULL, NULL},
    {{DUCKDB_TYPE_INTEGER, DUCKDB_TYPE_INTEGER}, DUCKDB_TYPE_INTEGER, divide_int4, NULL, NULL},
    {{DUCKDB_TYPE_BIGINT, DUCKDB_TYPE_BIGINT}, DUCKDB_TYPE_BIGINT, divide_int8, NULL, NULL},
    {{DUCKDB_TYPE_FLOAT, DUCKDB_TYPE_FLOAT}, DUCKDB_TYPE_FLOAT, divide_float4, NULL, NULL},
    {{DUCKDB_TYPE_DOUBLE, DUCKDB_TYPE_DOUBLE}, DUCKDB_TYPE_DOUBLE, divide_float8, NULL, NULL},
    {{DUCKDB_TYPE_FLOAT, DUCKDB_TYPE_DOUBLE}, DUCKDB_TYPE_DOUBLE, divide_mixed, NULL, NULL},
    {{DUCKDB_TYPE_DOUBLE, DUCKDB_TYPE_FLOAT}, DUCKDB_TYPE_DOUBLE, divide_mixed, NULL, NULL},
    {{DUCKDB_TYPE_FLOAT, DUCKDB_TYPE_ANY}, DUCKDB_TYPE_DOUBLE, divide_mixed, NULL, NULL},
    {{DUCKDB_TYPE_ANY, DUCKDB_TYPE_FLOAT}, DUCKDB_TYPE_DOUBLE, divide_mixed, NULL, NULL},
    {{DUCKDB_TYPE_DOUBLE, DUCKDB_TYPE_ANY}, DUCKDB_TYPE_DOUBLE, divide_mixed, NULL, NULL},
    {{DUCKDB_TYPE_ANY, DUCKDB_TYPE_DOUBLE}, DUCKDB_TYPE_DOUBLE, divide_mixed, NULL, NULL},
    {{DUCKDB_TYPE_INTERVAL, DUCKDB_TYPE_ANY}, DUCKDB_TYPE_INTERVAL, interval_divide, NULL, NULL},
    {{DUCKDB_TYPE_INTERVAL, DUCKDB_TYPE_DOUBLE}, DUCKDB_TYPE_INTERVAL, interval_divide, NULL, NULL},
    {{DUCKDB_TYPE_INTERVAL, DUCKDB_TYPE_FLOAT}, DUCKDB_TYPE_INTERVAL, interval_divide, NULL, NULL},
};

static const struct overload numeric_nested[] = {
    {{DUCKDB_TYPE_ANY, DUCKDB_TYPE_ANY}, DUCKDB_TYPE_DECIMAL, divide_numeric, &nested, NULL},
};

static const struct overload numeric_sent[] = {
    {{DUCKDB_TYPE_ANY, DUCKDB_TYPE_ANY}, DUCKDB_TYPE_DECIMAL, divide_numeric, &sent, NULL},
    {{DUCKDB_TYPE_HUGEINT, DUCKDB_TYPE_ANY}, DUCKDB_TYPE_DECIMAL, divide_numeric, &sent_whole, NULL},
};

static const struct overload quotient_to_digits[] = {
    {{DUCKDB_TYPE_ANY, DUCKDB_TYPE_ANY}, DUCKDB_TYPE_VARCHAR, divide_to_digits, NULL, NULL},
};

static const struct overload modulos_to_digits[] = {
    {{DUCKDB_TYPE_SMALLINT, DUCKDB_TYPE_SMALLINT}, DUCKDB_TYPE_SMALLINT, modulo_int2, NULL, NULL},
    {{DUCKDB_TYPE_INTEGER, DUCKDB_TYPE_INTEGER}, DUCKDB_TYPE_INTEGER, modulo_int4, NULL, NULL},
    {{DUCKDB_TYPE_BIGINT, DUCKDB_TYPE_BIGINT}, DUCKDB_TYPE_BIGINT, modulo_int8, NULL, NULL},
};

static const struct overload modulo_digits_any[] = {
    {{DUCKDB_TYPE_ANY, DUCKDB_TYPE_ANY}, DUCKDB_TYPE_VARCHAR, modulo_to_digits, NULL, NULL},
};

static const struct overload modulos[] = {
    {{DUCKDB_TYPE_SMALLINT, DUCKDB_TYPE_SMALLINT}, DUCKDB_TYPE_SMALLINT, modulo_int2, NULL, NULL},
    {{DUCKDB_TYPE_INTEGER, DUCKDB_TYPE_INTEGER}, DUCKDB_TYPE_INTEGER, modulo_int4, NULL, NULL},
    {{DUCKDB_TYPE_BIGINT, DUCKDB_TYPE_BIGINT}, DUCKDB_TYPE_BIGINT, modulo_int8, NULL, NULL},
    {{DUCKDB_TYPE_HUGEINT, DUCKDB_TYPE_HUGEINT}, DUCKDB_TYPE_HUGEINT, modulo_huge, NULL, NULL},
    {{DUCKDB_TYPE_DECIMAL, DUCKDB_TYPE_DECIMAL}, DUCKDB_TYPE_DECIMAL, modulo_huge, &plain, NULL},
};

/* A sum, the count, and one of the values, for its type. */
static const struct overload averages[] = {
    {{DUCKDB_TYPE_ANY, DUCKDB_TYPE_BIGINT, DUCKDB_TYPE_BIGINT},
     DUCKDB_TYPE_DECIMAL,
     divide_numeric,
     &sent_whole,
     NULL},
    {{DUCKDB_TYPE_ANY, DUCKDB_TYPE_BIGINT, DUCKDB_TYPE_ANY},
     DUCKDB_TYPE_DECIMAL,
     divide_numeric,
     &sent,
     NULL},
    {{DUCKDB_TYPE_DOUBLE, DUCKDB_TYPE_BIGINT, DUCKDB_TYPE_ANY}, DUCKDB_TYPE_DOUBLE, divide_mixed, NULL, NULL},
    {{DUCKDB_TYPE_INTERVAL, DUCKDB_TYPE_BIGINT, DUCKDB_TYPE_ANY},
     DUCKDB_TYPE_INTERVAL,
     interval_divide,
     NULL,
     NULL},
};

/* The averages with all their digits. */
static const struct overload averages_to_digits[] = {
    {{DUCKDB_TYPE_ANY, DUCKDB_TYPE_BIGINT, DUCKDB_TYPE_ANY},
     DUCKDB_TYPE_VARCHAR,
     divide_to_digits,
     NULL,
     NULL},
    {{DUCKDB_TYPE_DOUBLE, DUCKDB_TYPE_BIGINT, DUCKDB_TYPE_ANY}, DUCKDB_TYPE_DOUBLE, divide_mixed, NULL, NULL},
};

static bool add_wholes(duckdb_scalar_function_set set, const char *name, duckdb_scalar_function_t function)
{
    bool ok = true;
    for (size_t a = 0; a < WHOLES; a++)
        for (size_t b = 0; b < WHOLES; b++) {
            const struct overload o = {.args = {wholes[a].type, wholes[b].type},
                                       .result = *whole_result(a, b),
                                       .function = function,
                                       .whole = whole_result(a, b)};
            bool known = a == b && wholes[a].type == wholes[a].postgres; /* among divisions */
            ok = ok && (known || add(set, name, &o));
        }
    return ok;
}

static bool add_all(duckdb_scalar_function_set set, const char *name, const struct overload *o, size_t n)
{
    bool ok = true;
    for (size_t i = 0; i < n; i++)
        ok = ok && add(set, name, &o[i]);
    return ok;
}

#define ALL(o) o, sizeof(o) / sizeof *(o)

static int register_set(struct engine_conn *c, const char *name, const struct overload *o, size_t n,
                        const struct overload *numeric, size_t nnumeric, duckdb_scalar_function_t whole,
                        struct err *e)
{
    duckdb_scalar_function_set set = duckdb_create_scalar_function_set(name);
    bool ok = set && add_all(set, name, o, n) && add_all(set, name, numeric, nnumeric) &&
              (nnumeric == 0 || add_wholes(set, name, whole)) &&
              duckdb_register_scalar_function_set(c->conn, set) == DuckDBSuccess;
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
    {DUCKDB_TYPE_SMALLINT, DUCKDB_TYPE_INTEGER, DUCKDB_TYPE_SMALLINT}, /* nullif(a, b): that of a */
    {DUCKDB_TYPE_SMALLINT, DUCKDB_TYPE_BIGINT, DUCKDB_TYPE_SMALLINT},
    {DUCKDB_TYPE_INTEGER, DUCKDB_TYPE_BIGINT, DUCKDB_TYPE_INTEGER},
};

/* An overload of a function that nobody calls: it makes a list of a type. */
static bool add_type(duckdb_scalar_function_set set, const char *name, const duckdb_type *args, size_t n,
                     duckdb_type to)
{
    duckdb_scalar_function s = duckdb_create_scalar_function();
    duckdb_logical_type element = duckdb_create_logical_type(to);
    duckdb_logical_type result = duckdb_create_list_type(element);
    duckdb_scalar_function_set_name(s, name);
    for (size_t i = 0; i < n; i++) {
        duckdb_logical_type t = duckdb_create_logical_type(args[i]);
        duckdb_scalar_function_add_parameter(s, t);
        duckdb_destroy_logical_type(&t);
    }
    duckdb_scalar_function_set_return_type(s, result);
    duckdb_scalar_function_set_special_handling(s);
    duckdb_scalar_function_set_function(s, nothing);
    bool ok = duckdb_add_scalar_function_to_set(set, s) == DuckDBSuccess;
    duckdb_destroy_logical_type(&element);
    duckdb_destroy_logical_type(&result);
    duckdb_destroy_scalar_function(&s);
    return ok;
}

/* Overloads of a function of the engine's that makes a list of the wider type of its arguments:
 * sql/catalog_calls.inc casts to the type that the elements have, and nobody calls it. */
static int register_sums(struct engine_conn *c, struct err *e)
{
    static const char name[] = "list_pack";
    duckdb_scalar_function_set set = duckdb_create_scalar_function_set(name);
    bool ok = set != NULL;
    for (size_t i = 0; i < sizeof sums / sizeof *sums; i++)
        ok = ok && add_type(set, name, (const duckdb_type[]){sums[i].sum, sums[i].of}, 2, sums[i].postgres);
    ok = ok && duckdb_register_scalar_function_set(c->conn, set) == DuckDBSuccess;
    duckdb_destroy_scalar_function_set(&set);
    return ok ? ST_OK : err_set(e, SQLSTATE_INTERNAL_ERROR, "the engine does not take the function %s", name);
}

/* What a minus beside a date makes in the engine, and in PostgreSQL. */
static const struct {
    duckdb_type of, to;
} differences[] = {
    {DUCKDB_TYPE_BIGINT, DUCKDB_TYPE_INTEGER},      {DUCKDB_TYPE_DATE, DUCKDB_TYPE_DATE},
    {DUCKDB_TYPE_TIMESTAMP, DUCKDB_TYPE_TIMESTAMP}, {DUCKDB_TYPE_TIMESTAMP_TZ, DUCKDB_TYPE_TIMESTAMP_TZ},
    {DUCKDB_TYPE_INTERVAL, DUCKDB_TYPE_INTERVAL},   {DUCKDB_TYPE_DOUBLE, DUCKDB_TYPE_DOUBLE},
    {DUCKDB_TYPE_TIME, DUCKDB_TYPE_TIME},
};

/* Nobody calls it either. */
static int register_differences(struct engine_conn *c, struct err *e)
{
    static const char name[] = "pg_difference_type";
    duckdb_scalar_function_set set = duckdb_create_scalar_function_set(name);
    bool ok = set != NULL;
    for (size_t i = 0; i < sizeof differences / sizeof *differences; i++)
        ok = ok && add_type(set, name, &differences[i].of, 1, differences[i].to);
    ok = ok && duckdb_register_scalar_function_set(c->conn, set) == DuckDBSuccess;
    duckdb_destroy_scalar_function_set(&set);
    return ok ? ST_OK : err_set(e, SQLSTATE_INTERNAL_ERROR, "the engine does not take the function %s", name);
}

int arithmetic_register(struct engine_conn *c, struct err *e)
{
    TRY(register_differences(c, e));
    TRY(register_set(c, "pg_divide", ALL(divisions), ALL(numeric_nested), divide_whole, e));
    TRY(register_set(c, "pg_quotient", ALL(divisions), ALL(numeric_sent), divide_whole, e));
    TRY(register_set(c, "pg_average", ALL(averages), NULL, 0, NULL, e));
    TRY(register_set(c, "pg_modulo", ALL(modulos), NULL, 0, NULL, e));
    TRY(register_set(c, "pg_quotient_digits", ALL(divisions), ALL(quotient_to_digits), divide_whole, e));
    TRY(register_set(c, "pg_modulo_digits", ALL(modulos_to_digits), ALL(modulo_digits_any), modulo_whole, e));
    TRY(register_set(c, "pg_average_digits", ALL(averages_to_digits), NULL, 0, NULL, e));
    return register_sums(c, e);
}
