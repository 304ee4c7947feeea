#include "engine/interval_casts.h"

#include "engine/cast.h"
#include "engine/engine_priv.h"
#include "engine/functions.h"
#include "engine/nulls.h"

#include <stdint.h>

static const int64_t micros_a_day = INT64_C(86400000000);

static bool interval_of_time(duckdb_function_info info, idx_t n, duckdb_vector in, duckdb_vector out)
{
    const int64_t *micros = duckdb_vector_get_data(in);
    const uint64_t *validity = duckdb_vector_get_validity(in);
    duckdb_interval *to = duckdb_vector_get_data(out);
    (void)info;
    for (size_t i = 0; i < n; i++)
        if (is_null(validity, i))
            put_null(out, i);
        else
            to[i] = (duckdb_interval){.micros = micros[i]};
    return true;
}

/* What is left of whole days, counted from midnight. */
static bool time_of_interval(duckdb_function_info info, idx_t n, duckdb_vector in, duckdb_vector out)
{
    const duckdb_interval *from = duckdb_vector_get_data(in);
    const uint64_t *validity = duckdb_vector_get_validity(in);
    int64_t *to = duckdb_vector_get_data(out);
    (void)info;
    for (size_t i = 0; i < n; i++) {
        if (is_null(validity, i)) {
            put_null(out, i);
            continue;
        }
        int64_t rest = from[i].micros % micros_a_day;
        to[i] = rest < 0 ? rest + micros_a_day : rest;
    }
    return true;
}

static bool add_cast(struct engine_conn *c, duckdb_type from, duckdb_type to, duckdb_cast_function_t call)
{
    duckdb_logical_type source = duckdb_create_logical_type(from), target = duckdb_create_logical_type(to);
    bool ok =
        cast_add(c, &(struct cast_spec){.from = source, .to = target, .cost = CAST_EXPLICIT, .call = call});
    duckdb_destroy_logical_type(&source);
    duckdb_destroy_logical_type(&target);
    return ok;
}

/* time - time */
static void subtract(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output)
{
    duckdb_vector a = duckdb_data_chunk_get_vector(input, 0), b = duckdb_data_chunk_get_vector(input, 1);
    const int64_t *left = duckdb_vector_get_data(a), *right = duckdb_vector_get_data(b);
    duckdb_interval *to = duckdb_vector_get_data(output);
    (void)info;
    for (size_t i = 0; i < duckdb_data_chunk_get_size(input); i++)
        if (is_null(duckdb_vector_get_validity(a), i) || is_null(duckdb_vector_get_validity(b), i))
            put_null(output, i);
        else
            to[i] = (duckdb_interval){.micros = left[i] - right[i]};
}

static bool add_difference(struct engine_conn *c)
{
    duckdb_scalar_function f = duckdb_create_scalar_function();
    duckdb_logical_type time = duckdb_create_logical_type(DUCKDB_TYPE_TIME);
    duckdb_logical_type interval = duckdb_create_logical_type(DUCKDB_TYPE_INTERVAL);
    duckdb_scalar_function_set_name(f, "-");
    duckdb_scalar_function_add_parameter(f, time);
    duckdb_scalar_function_add_parameter(f, time);
    duckdb_scalar_function_set_return_type(f, interval);
    duckdb_scalar_function_set_function(f, subtract);
    bool ok = duckdb_register_scalar_function(c->conn, f) == DuckDBSuccess;
    duckdb_destroy_logical_type(&time);
    duckdb_destroy_logical_type(&interval);
    duckdb_destroy_scalar_function(&f);
    return ok;
}

int interval_casts_register(struct engine_conn *c, struct err *e)
{
    bool ok = add_cast(c, DUCKDB_TYPE_TIME, DUCKDB_TYPE_INTERVAL, interval_of_time) &&
              add_cast(c, DUCKDB_TYPE_INTERVAL, DUCKDB_TYPE_TIME, time_of_interval) && add_difference(c);
    return ok ? ST_OK : err_set(e, SQLSTATE_INTERNAL_ERROR, "the engine does not take casts of intervals");
}
