/* It is given the list of all values: an aggregate of the engine's C API is handed one state for many rows
 * by a window without an order, and does not know. Statements call it that sum an interval somewhere: what
 * else they sum goes through it as well. Each part is summed by itself with room for what leaves an
 * interval's range on the way and comes back. */
#include "engine/interval_sum.h"

#include "engine/engine_priv.h"
#include "engine/flat.h"
#include "engine/functions.h"
#include "engine/nulls.h"
#include "engine/number_view.h"

#include <stdint.h>
#include <string.h>

/* What a sum is made of. */
struct parts {
    int64_t rows, months, days;
    number_wide micros; /* of numbers: their sum, or that of their last digits */
    double real;
};

static const struct sum {
    const char *name;
    duckdb_type of, to;
} sums[] = {
    {"pg_sum", DUCKDB_TYPE_INTERVAL, DUCKDB_TYPE_INTERVAL},
    {"pg_sum", DUCKDB_TYPE_SMALLINT, DUCKDB_TYPE_BIGINT},
    {"pg_sum", DUCKDB_TYPE_INTEGER, DUCKDB_TYPE_BIGINT},
    {"pg_sum", DUCKDB_TYPE_BIGINT, DUCKDB_TYPE_HUGEINT},
    {"pg_sum", DUCKDB_TYPE_DOUBLE, DUCKDB_TYPE_DOUBLE},
    {"pg_sum", DUCKDB_TYPE_DECIMAL, DUCKDB_TYPE_DECIMAL},
    {"pg_sum_wide", DUCKDB_TYPE_INTERVAL, DUCKDB_TYPE_INTERVAL},
    {"pg_sum_wide", DUCKDB_TYPE_BIGINT, DUCKDB_TYPE_HUGEINT},
    {"pg_sum_wide", DUCKDB_TYPE_DOUBLE, DUCKDB_TYPE_DOUBLE},
    {"pg_sum_wide", DUCKDB_TYPE_DECIMAL, DUCKDB_TYPE_DECIMAL},
};
enum { SUMS = sizeof sums / sizeof *sums, WIDTH = 38, SCALE = 10 };

static void add_interval(struct parts *p, const duckdb_interval *v)
{
    p->months += v->months;
    p->days += v->days;
    p->micros += v->micros;
}

/* NULL, or why it is out of range. */
static const char *add_value(struct parts *p, const struct sum *sum, const struct number_view *v, size_t at)
{
    p->rows++;
    if (sum->of == DUCKDB_TYPE_INTERVAL)
        add_interval(p, (const duckdb_interval *)v->data + at);
    else if (sum->of == DUCKDB_TYPE_DOUBLE)
        p->real += number_double_at(v, at);
    else if (__builtin_add_overflow(p->micros, number_wide_at(v, at), &p->micros))
        return ENGINE_ERROR_MARK "22003 value out of range";
    return NULL;
}

/* NULL, or why it is out of range. */
static const char *put(const struct parts *p, duckdb_type type, void *out, size_t row)
{
    switch (type) {
    case DUCKDB_TYPE_INTERVAL:
        if (p->months != (int32_t)p->months || p->days != (int32_t)p->days || p->micros != (int64_t)p->micros)
            return ENGINE_ERROR_MARK "22008 interval out of range";
        ((duckdb_interval *)out)[row] =
            (duckdb_interval){(int32_t)p->months, (int32_t)p->days, (int64_t)p->micros};
        return NULL;
    case DUCKDB_TYPE_BIGINT:
        if (p->micros != (int64_t)p->micros)
            return ENGINE_ERROR_MARK "22003 bigint out of range";
        ((int64_t *)out)[row] = (int64_t)p->micros;
        return NULL;
    case DUCKDB_TYPE_DOUBLE: ((double *)out)[row] = p->real; return NULL;
    default: ((number_wide *)out)[row] = p->micros; return NULL;
    }
}

static void on_rows(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output)
{
    const struct sum *sum = duckdb_scalar_function_get_extra_info(info);
    duckdb_vector lists = duckdb_data_chunk_get_vector(input, 0);
    const duckdb_list_entry *entries = duckdb_vector_get_data(lists);
    const uint64_t *validity = duckdb_vector_get_validity(lists);
    struct number_view v;
    (void)number_view_of(&v, flat_elements(lists));
    for (size_t i = 0; i < duckdb_data_chunk_get_size(input); i++) {
        struct parts p = {0};
        const char *error = NULL;
        for (idx_t k = 0; !error && !is_null(validity, i) && k < entries[i].length; k++)
            if (!is_null(v.validity, entries[i].offset + k))
                error = add_value(&p, sum, &v, entries[i].offset + k);
        if (p.rows == 0)
            put_null(output, i);
        else if (!error)
            error = put(&p, sum->to, duckdb_vector_get_data(output), i);
        if (error) {
            duckdb_scalar_function_set_error(info, error);
            return;
        }
    }
}

static duckdb_logical_type type_of(duckdb_type type)
{
    return type == DUCKDB_TYPE_DECIMAL ? duckdb_create_decimal_type(WIDTH, SCALE)
                                       : duckdb_create_logical_type(type);
}

static bool add(duckdb_scalar_function_set set, const struct sum *sum)
{
    duckdb_scalar_function f = duckdb_create_scalar_function();
    duckdb_logical_type of = type_of(sum->of), to = type_of(sum->to), list = duckdb_create_list_type(of);
    duckdb_scalar_function_set_name(f, sum->name);
    duckdb_scalar_function_add_parameter(f, list);
    duckdb_scalar_function_set_return_type(f, to);
    duckdb_scalar_function_set_special_handling(f);
    duckdb_scalar_function_set_extra_info(f, (void *)(uintptr_t)sum, NULL);
    duckdb_scalar_function_set_function(f, on_rows);
    bool ok = duckdb_add_scalar_function_to_set(set, f) == DuckDBSuccess;
    duckdb_destroy_logical_type(&of);
    duckdb_destroy_logical_type(&to);
    duckdb_destroy_logical_type(&list);
    duckdb_destroy_scalar_function(&f);
    return ok;
}

int interval_sum_register(struct engine_conn *c, struct err *e)
{
    for (size_t i = 0; i < SUMS;) {
        const char *name = sums[i].name;
        duckdb_scalar_function_set set = duckdb_create_scalar_function_set(name);
        bool ok = set != NULL;
        for (; i < SUMS && strcmp(sums[i].name, name) == 0; i++)
            ok = ok && add(set, &sums[i]);
        ok = ok && duckdb_register_scalar_function_set(c->conn, set) == DuckDBSuccess;
        duckdb_destroy_scalar_function_set(&set);
        if (!ok)
            return err_set(e, SQLSTATE_INTERNAL_ERROR, "the engine does not take the function %s", name);
    }
    return ST_OK;
}
