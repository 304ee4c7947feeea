/* Of the list of all values, as in interval_sum.c. Sums of values and of their squares are exact as long as
 * they fit into 128 bits; beside them runs the way of doubles, which answers where they do not. */
#include "engine/deviation.h"

#include "engine/column_view.h"
#include "engine/engine_priv.h"
#include "engine/flat.h"
#include "engine/functions.h"
#include "engine/nulls.h"
#include "engine/number_view.h"
#include "engine/quotient.h"

#include <assert.h>
#include <math.h>
#include <string.h>

enum { DIGITS_MAX = 38, DIGITS_ROOM = 64, SCALE_EXACT = 14, UNBOUNDED_SCALE = 10 };

/* What a variance is made of. */
struct moments {
    int64_t rows;
    double sum, squares; /* of the differences from the mean */
    number_wide exact_sum, exact_squares;
    bool exact, trims; /* trims: a numeric without precision */
    uint8_t scale;
};

static const struct deviation {
    const char *name;
    bool root, sample, real;
} deviations[] = {
    {"pg_var_samp", false, true, false},   {"pg_var_samp", false, true, true},
    {"pg_var_pop", false, false, false},   {"pg_var_pop", false, false, true},
    {"pg_stddev_samp", true, true, false}, {"pg_stddev_samp", true, true, true},
    {"pg_stddev_pop", true, false, false}, {"pg_stddev_pop", true, false, true},
};
enum { DEVIATIONS = sizeof deviations / sizeof *deviations };

static void add_double(struct moments *m, double v)
{
    double before = (double)m->rows, rows = before + 1;
    m->sum += v;
    if (before > 0) {
        double difference = v * rows - m->sum;
        m->squares += difference * difference / (rows * before);
    } else if (!isfinite(v)) {
        m->squares = NAN;
    }
    m->rows++;
}

static void add_exact(struct moments *m, __int128 v)
{
    number_wide square;
    m->exact = m->exact && !__builtin_add_overflow(m->exact_sum, v, &m->exact_sum) &&
               !__builtin_mul_overflow(v, v, &square) &&
               !__builtin_add_overflow(m->exact_squares, square, &m->exact_squares);
}

/* n * unit / by, whose product need not fit: it is divided before it is multiplied, a digit at a time. */
static unsigned __int128 divide_scaled(unsigned __int128 n, unsigned __int128 unit, unsigned __int128 by,
                                       unsigned __int128 *rest)
{
    unsigned __int128 quotient = n / by * unit;
    *rest = n % by;
    for (; unit > 1; unit /= 10) {
        *rest *= 10;
        quotient += *rest / by * (unit / 10);
        *rest %= by;
    }
    return quotient;
}

/* The square root of v * 10^-scale to as many digits, the nearest: Newton's steps down to the whole root, and
 * its rest says which neighbour is nearer. v is at least 1. */
static __int128 root_of(__int128 v, unsigned scale)
{
    enum { STEPS_MAX = 256, PRECISION = 60 };
    const unsigned __int128 n = (unsigned __int128)v;
    unsigned __int128 unit = 1, rest = 0, quotient = 0;
    for (unsigned i = 0; i < scale; i++)
        unit *= 10;
    unsigned __int128 root = (unsigned __int128)(sqrtl((long double)v) * sqrtl((long double)unit));
    root += (root >> PRECISION) + 2;
    for (int i = 0; i < STEPS_MAX; i++) {
        quotient = divide_scaled(n, unit, root, &rest);
        if (quotient >= root)
            break;
        root = (root + quotient) / 2;
    }
    bool up = quotient >= root + 2 || (quotient == root + 1 && rest > 0);
    return (__int128)(root + up);
}

/* n * squares - sum^2 over n * (n - 1) or n * n. false: it does not fit. */
static bool exact_of(const struct deviation *d, const struct moments *m, __int128 *out, int *scale)
{
    number_wide left, right, rows = m->rows;
    if (!m->exact || m->scale > SCALE_EXACT || __builtin_mul_overflow(rows, m->exact_squares, &left) ||
        __builtin_mul_overflow(m->exact_sum, m->exact_sum, &right) || left < right)
        return false;
    *out = 0;
    *scale = 0;
    if (left == right)
        return true;
    const struct quotient_operand a = {.value = left - right,
                                       .scale = (uint8_t)(2 * m->scale),
                                       .trims = m->trims},
                                  b = {.value = rows * (d->sample ? rows - 1 : rows)};
    *scale = quotient_scale(a, b);
    const struct quotient_digits digits = {DIGITS_MAX, (uint8_t)*scale};
    if (*scale >= DIGITS_MAX || !quotient_of(a, b, digits, out))
        return false;
    if (d->root && *out > 0)
        *out = root_of(*out, (unsigned)*scale);
    return true;
}

/* v * 10^-scale */
static void put_digits(duckdb_vector out, size_t row, __int128 v, unsigned scale)
{
    char text[DIGITS_ROOM], *end = text + sizeof text, *p = end;
    assert(v >= 0 && scale <= DIGITS_MAX);
    for (unsigned n = 0; v > 0 || n <= scale; n++, v /= 10) {
        if (n == scale && scale > 0)
            *--p = '.';
        *--p = (char)('0' + (int)(v % 10));
    }
    duckdb_vector_assign_string_element_len(out, row, p, (size_t)(end - p));
}

/* From the double, with the 16 digits that it has. */
static bool put_rounded(duckdb_vector out, size_t row, double v)
{
    enum { SIGNIFICANT = 16, SCALE_MAX = DIGITS_MAX - 1 };
    int exponent = v > 0 ? (int)floor(log10(v)) : 0, scale = SIGNIFICANT - exponent;
    scale = scale < 0 ? 0 : scale > SCALE_MAX ? SCALE_MAX : scale;
    long double wide = roundl((long double)v * powl(10, scale));
    if (!(wide < 1e38L))
        return false;
    put_digits(out, row, (__int128)wide, (unsigned)scale);
    return true;
}

/* The values [from, to) of a list's child. */
static struct moments moments_of(const struct deviation *d, const struct number_view *v, idx_t from, idx_t to)
{
    bool trims =
        v->decimal && v->type == DUCKDB_TYPE_HUGEINT && v->scale > 0 && v->scale % UNBOUNDED_SCALE == 0;
    struct moments m = {.exact = true, .trims = trims, .scale = v->scale};
    for (; from < to && v->type != DUCKDB_TYPE_SQLNULL; from++) {
        if (is_null(v->validity, from))
            continue;
        if (!d->real)
            add_exact(&m, number_wide_at(v, from));
        add_double(&m, number_double_at(v, from));
    }
    return m;
}

/* false: it has too many digits. */
static bool put_row(const struct deviation *d, const struct moments *m, duckdb_vector out, size_t row)
{
    __int128 v;
    int scale;
    if (m->rows < (d->sample ? 2 : 1)) {
        put_null(out, row);
        return true;
    }
    double variance = m->squares / (double)(d->sample ? m->rows - 1 : m->rows);
    double real = d->root ? sqrt(variance) : variance;
    if (d->real)
        ((double *)duckdb_vector_get_data(out))[row] = real;
    else if (exact_of(d, m, &v, &scale))
        put_digits(out, row, v, (unsigned)scale);
    else
        return put_rounded(out, row, real);
    return true;
}

static void on_rows(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output)
{
    const struct deviation *d = duckdb_scalar_function_get_extra_info(info);
    duckdb_vector lists = duckdb_data_chunk_get_vector(input, 0);
    const duckdb_list_entry *entries = duckdb_vector_get_data(lists);
    const uint64_t *validity = duckdb_vector_get_validity(lists);
    struct number_view v = {0};
    duckdb_logical_type type = duckdb_vector_get_column_type(lists);
    bool list = duckdb_get_type_id(type) == DUCKDB_TYPE_LIST,
         empty = duckdb_get_type_id(type) == DUCKDB_TYPE_SQLNULL;
    duckdb_destroy_logical_type(&type);
    if (!empty && (!list || (!number_view_of(&v, flat_elements(lists)) && v.type != DUCKDB_TYPE_SQLNULL))) {
        duckdb_scalar_function_set_error(info, ENGINE_ERROR_MARK
                                         "42883 function does not exist: what varies is no number");
        return;
    }
    for (size_t i = 0; i < duckdb_data_chunk_get_size(input); i++) {
        if (empty || is_null(validity, i)) {
            put_null(output, i);
            continue;
        }
        const struct moments m = moments_of(d, &v, entries[i].offset, entries[i].offset + entries[i].length);
        if (!put_row(d, &m, output, i)) {
            duckdb_scalar_function_set_error(info, ENGINE_ERROR_MARK "22003 value out of range");
            return;
        }
    }
}

/* of: the elements of the list; ANY: any list. */
static bool add(duckdb_scalar_function_set set, const struct deviation *d, duckdb_type of)
{
    duckdb_scalar_function f = duckdb_create_scalar_function();
    duckdb_logical_type element = duckdb_create_logical_type(of), list = duckdb_create_list_type(element);
    duckdb_logical_type result =
        duckdb_create_logical_type(d->real ? DUCKDB_TYPE_DOUBLE : DUCKDB_TYPE_VARCHAR);
    if (!d->real)
        duckdb_logical_type_set_alias(result, ENGINE_DIGITS_TYPE);
    duckdb_scalar_function_set_name(f, d->name);
    duckdb_scalar_function_add_parameter(f, of == DUCKDB_TYPE_ANY ? element : list);
    duckdb_scalar_function_set_return_type(f, result);
    duckdb_scalar_function_set_special_handling(f);
    duckdb_scalar_function_set_extra_info(f, (void *)(uintptr_t)d, NULL);
    duckdb_scalar_function_set_function(f, on_rows);
    bool ok = duckdb_add_scalar_function_to_set(set, f) == DuckDBSuccess;
    duckdb_destroy_logical_type(&element);
    duckdb_destroy_logical_type(&list);
    duckdb_destroy_logical_type(&result);
    duckdb_destroy_scalar_function(&f);
    return ok;
}

int deviation_register(struct engine_conn *c, struct err *e)
{
    for (size_t i = 0; i < DEVIATIONS; i += 2) {
        const char *name = deviations[i].name;
        duckdb_scalar_function_set set = duckdb_create_scalar_function_set(name);
        bool ok = set && add(set, &deviations[i], DUCKDB_TYPE_ANY) &&
                  add(set, &deviations[i + 1], DUCKDB_TYPE_DOUBLE) &&
                  add(set, &deviations[i + 1], DUCKDB_TYPE_FLOAT) &&
                  duckdb_register_scalar_function_set(c->conn, set) == DuckDBSuccess;
        duckdb_destroy_scalar_function_set(&set);
        if (!ok)
            return err_set(e, SQLSTATE_INTERNAL_ERROR, "the engine does not take the function %s", name);
    }
    return ST_OK;
}
