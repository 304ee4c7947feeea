#include "engine/rounding.h"

#include "engine/engine_priv.h"
#include "engine/functions.h"
#include "engine/nulls.h"
#include "engine/number_view.h"

#include <math.h>

enum way { ROUND, TRUNC, CEIL, FLOOR };

static const struct rounding {
    const char *name;
    enum way way;
} roundings[] = {{"pg_round", ROUND}, {"pg_trunc", TRUNC}, {"pg_ceil", CEIL}, {"pg_floor", FLOOR}};

/* What is rounded, and the type of the result. */
static const struct {
    duckdb_type of, to;
} types[] = {
    {DUCKDB_TYPE_TINYINT, DUCKDB_TYPE_DOUBLE},  {DUCKDB_TYPE_SMALLINT, DUCKDB_TYPE_DOUBLE},
    {DUCKDB_TYPE_INTEGER, DUCKDB_TYPE_DOUBLE},  {DUCKDB_TYPE_BIGINT, DUCKDB_TYPE_DOUBLE},
    {DUCKDB_TYPE_UTINYINT, DUCKDB_TYPE_DOUBLE}, {DUCKDB_TYPE_USMALLINT, DUCKDB_TYPE_DOUBLE},
    {DUCKDB_TYPE_UINTEGER, DUCKDB_TYPE_DOUBLE}, {DUCKDB_TYPE_FLOAT, DUCKDB_TYPE_DOUBLE},
    {DUCKDB_TYPE_DOUBLE, DUCKDB_TYPE_DOUBLE},   {DUCKDB_TYPE_ANY, DUCKDB_TYPE_DECIMAL},
};

static double of_double(enum way way, double x)
{
    switch (way) {
    case ROUND: return rint(x);
    case TRUNC: return trunc(x);
    case CEIL: return ceil(x);
    case FLOOR: return floor(x);
    }
    return x;
}

/* x times ten to the number of digits that unit is: a numeric half way goes away from zero. */
static __int128 of_wide(enum way way, __int128 x, __int128 unit)
{
    __int128 whole = x / unit, rest = x % unit, twice = (rest < 0 ? -rest : rest);
    bool up =
        (way == ROUND && twice >= unit - twice) || (way == CEIL && rest > 0) || (way == FLOOR && rest < 0);
    return !up || rest == 0 ? whole : rest < 0 ? whole - 1 : whole + 1;
}

/* Of whole numbers and reals: PostgreSQL casts them to a double first. */
static void on_reals(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output)
{
    const struct rounding *f = duckdb_scalar_function_get_extra_info(info);
    struct number_view v;
    bool known = number_view_of(&v, duckdb_data_chunk_get_vector(input, 0));
    double *out = duckdb_vector_get_data(output);
    size_t rows = duckdb_data_chunk_get_size(input);
    for (size_t i = 0; i < rows; i++)
        if (!known || is_null(v.validity, i))
            put_null(output, i);
        else
            out[i] = of_double(f->way, number_double_at(&v, i));
}

/* Of numerics with any number of digits behind the point. What else has no type of its own above comes here,
 * too, and is refused, but for a NULL without a type. */
static void on_numerics(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output)
{
    const struct rounding *f = duckdb_scalar_function_get_extra_info(info);
    struct number_view v;
    bool known = number_view_of(&v, duckdb_data_chunk_get_vector(input, 0));
    if (!known && v.type != DUCKDB_TYPE_SQLNULL) {
        duckdb_scalar_function_set_error(info, ENGINE_ERROR_MARK
                                         "42883 function round does not exist for a value that is no number");
        return;
    }
    __int128 unit = 1;
    for (unsigned i = 0; known && i < v.scale; i++)
        unit *= 10;
    number_wide *out = duckdb_vector_get_data(output);
    size_t rows = duckdb_data_chunk_get_size(input);
    for (size_t i = 0; i < rows; i++)
        if (!known || is_null(v.validity, i))
            put_null(output, i);
        else
            out[i] = of_wide(f->way, number_wide_at(&v, i), unit);
}

static bool add(duckdb_scalar_function_set set, const struct rounding *f, duckdb_type of, duckdb_type to)
{
    enum { WIDTH = 38 };
    duckdb_scalar_function s = duckdb_create_scalar_function();
    duckdb_logical_type argument = duckdb_create_logical_type(of),
                        result = to == DUCKDB_TYPE_DECIMAL ? duckdb_create_decimal_type(WIDTH, 0)
                                                           : duckdb_create_logical_type(to);
    duckdb_scalar_function_set_name(s, f->name);
    duckdb_scalar_function_add_parameter(s, argument);
    duckdb_scalar_function_set_return_type(s, result);
    duckdb_scalar_function_set_special_handling(s);
    duckdb_scalar_function_set_extra_info(s, (void *)(uintptr_t)f, NULL);
    duckdb_scalar_function_set_function(s, to == DUCKDB_TYPE_DECIMAL ? on_numerics : on_reals);
    bool ok = duckdb_add_scalar_function_to_set(set, s) == DuckDBSuccess;
    duckdb_destroy_logical_type(&argument);
    duckdb_destroy_logical_type(&result);
    duckdb_destroy_scalar_function(&s);
    return ok;
}

int rounding_register(struct engine_conn *c, struct err *e)
{
    for (size_t i = 0; i < sizeof roundings / sizeof *roundings; i++) {
        duckdb_scalar_function_set set = duckdb_create_scalar_function_set(roundings[i].name);
        bool ok = set != NULL;
        for (size_t k = 0; k < sizeof types / sizeof *types; k++)
            ok = ok && add(set, &roundings[i], types[k].of, types[k].to);
        ok = ok && duckdb_register_scalar_function_set(c->conn, set) == DuckDBSuccess;
        duckdb_destroy_scalar_function_set(&set);
        if (!ok)
            return err_set(e, SQLSTATE_INTERNAL_ERROR, "the engine does not take the function %s",
                           roundings[i].name);
    }
    return ST_OK;
}
