/* Statements call it that sum an interval somewhere: what else they sum goes through it as well. Each part is
 * summed by itself with room for what leaves an interval's range on the way and comes back. */
#include "engine/interval_sum.h"

#include "engine/engine_priv.h"
#include "engine/functions.h"
#include "engine/nulls.h"
#include "engine/number_view.h"

#include <stdint.h>
#include <string.h>

/* What a group keeps. */
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

static struct parts *parts_of(duckdb_aggregate_state state)
{
    return (struct parts *)(void *)state;
}

static idx_t size_of(duckdb_function_info info)
{
    (void)info;
    return sizeof(struct parts);
}

static void begin(duckdb_function_info info, duckdb_aggregate_state state)
{
    (void)info;
    *parts_of(state) = (struct parts){0};
}

static void add_interval(struct parts *p, const duckdb_interval *v)
{
    p->months += v->months;
    p->days += v->days;
    p->micros += v->micros;
}

static void add_rows(duckdb_function_info info, duckdb_data_chunk input, duckdb_aggregate_state *states)
{
    duckdb_vector in = duckdb_data_chunk_get_vector(input, 0);
    const struct sum *sum = duckdb_aggregate_function_get_extra_info(info);
    struct number_view v;
    (void)number_view_of(&v, in);
    for (size_t i = 0; i < duckdb_data_chunk_get_size(input); i++) {
        struct parts *p = parts_of(states[i]);
        if (is_null(v.validity, i))
            continue;
        p->rows++;
        if (sum->of == DUCKDB_TYPE_INTERVAL) {
            add_interval(p, (const duckdb_interval *)v.data + i);
        } else if (sum->of == DUCKDB_TYPE_DOUBLE) {
            p->real += number_double_at(&v, i);
        } else if (__builtin_add_overflow(p->micros, number_wide_at(&v, i), &p->micros)) {
            duckdb_aggregate_function_set_error(info, ENGINE_ERROR_MARK "22003 value out of range");
            return;
        }
    }
}

static void add_states(duckdb_function_info info, duckdb_aggregate_state *source,
                       duckdb_aggregate_state *target, idx_t count)
{
    for (idx_t i = 0; i < count; i++) {
        const struct parts *from = parts_of(source[i]);
        struct parts *to = parts_of(target[i]);
        to->rows += from->rows;
        to->months += from->months;
        to->days += from->days;
        to->real += from->real;
        if (__builtin_add_overflow(to->micros, from->micros, &to->micros)) {
            duckdb_aggregate_function_set_error(info, ENGINE_ERROR_MARK "22003 value out of range");
            return;
        }
    }
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

static void end(duckdb_function_info info, duckdb_aggregate_state *source, duckdb_vector result, idx_t count,
                idx_t offset)
{
    const struct sum *sum = duckdb_aggregate_function_get_extra_info(info);
    void *out = duckdb_vector_get_data(result);
    for (idx_t i = 0; i < count; i++) {
        const struct parts *p = parts_of(source[i]);
        const char *error = NULL;
        if (p->rows == 0)
            put_null(result, offset + i);
        else
            error = put(p, sum->to, out, offset + i);
        if (error) {
            duckdb_aggregate_function_set_error(info, error);
            return;
        }
    }
}

static duckdb_logical_type type_of(duckdb_type type)
{
    return type == DUCKDB_TYPE_DECIMAL ? duckdb_create_decimal_type(WIDTH, SCALE)
                                       : duckdb_create_logical_type(type);
}

static bool add(duckdb_aggregate_function_set set, const struct sum *sum)
{
    duckdb_aggregate_function f = duckdb_create_aggregate_function();
    duckdb_logical_type of = type_of(sum->of), to = type_of(sum->to);
    duckdb_aggregate_function_set_name(f, sum->name);
    duckdb_aggregate_function_add_parameter(f, of);
    duckdb_aggregate_function_set_return_type(f, to);
    duckdb_aggregate_function_set_functions(f, size_of, begin, add_rows, add_states, end);
    duckdb_aggregate_function_set_extra_info(f, (void *)(uintptr_t)sum, NULL);
    bool ok = duckdb_add_aggregate_function_to_set(set, f) == DuckDBSuccess;
    duckdb_destroy_logical_type(&of);
    duckdb_destroy_logical_type(&to);
    duckdb_destroy_aggregate_function(&f);
    return ok;
}

int interval_sum_register(struct engine_conn *c, struct err *e)
{
    for (size_t i = 0; i < SUMS;) {
        const char *name = sums[i].name;
        duckdb_aggregate_function_set set = duckdb_create_aggregate_function_set(name);
        bool ok = set != NULL;
        for (; i < SUMS && strcmp(sums[i].name, name) == 0; i++)
            ok = ok && add(set, &sums[i]);
        ok = ok && duckdb_register_aggregate_function_set(c->conn, set) == DuckDBSuccess;
        duckdb_destroy_aggregate_function_set(&set);
        if (!ok)
            return err_set(e, SQLSTATE_INTERNAL_ERROR, "the engine does not take the function %s", name);
    }
    return ST_OK;
}
