#include "engine/real_arithmetic.h"

#include "engine/engine_priv.h"
#include "engine/functions.h"
#include "engine/nulls.h"
#include "engine/number_view.h"

#include <math.h>

enum operation { ADD, SUBTRACT, MULTIPLY };

static const struct operator
{
    const char *name;
    enum operation operation;
}
operators[] = {{"pg_real_add", ADD}, {"pg_real_subtract", SUBTRACT}, {"pg_real_multiply", MULTIPLY}};

static double compute(enum operation o, double a, double b)
{
    return o == ADD ? a + b : o == SUBTRACT ? a - b : a * b;
}

static void fail(duckdb_function_info info, const char *text)
{
    duckdb_scalar_function_set_error(info, text);
}

static void on_rows(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output)
{
    const struct operator* o = duckdb_scalar_function_get_extra_info(info);
    struct number_view a, b;
    bool left = number_view_of(&a, duckdb_data_chunk_get_vector(input, 0));
    bool right = number_view_of(&b, duckdb_data_chunk_get_vector(input, 1));
    if ((!left && a.type != DUCKDB_TYPE_SQLNULL) || (!right && b.type != DUCKDB_TYPE_SQLNULL)) {
        fail(info, ENGINE_ERROR_MARK "42883 operator does not exist: an operand beside a real is no number");
        return;
    }
    bool real = left && right && a.type == DUCKDB_TYPE_FLOAT && b.type == DUCKDB_TYPE_FLOAT;
    void *out = duckdb_vector_get_data(output);
    size_t rows = duckdb_data_chunk_get_size(input);
    for (size_t i = 0; i < rows; i++) {
        if (!left || !right || is_null(a.validity, i) || is_null(b.validity, i)) {
            put_null(output, i);
            continue;
        }
        double x = number_double_at(&a, i), y = number_double_at(&b, i);
        double z = compute(o->operation, x, y);
        if (real)
            z = (double)(((float *)out)[i] = (float)z); /* of two floats a double holds all that matters */
        else
            ((double *)out)[i] = z;
        bool overflow = isinf(z) && !isinf(x) && !isinf(y);
        bool underflow = z == 0 && x != 0 && y != 0 && o->operation == MULTIPLY;
        if (overflow || underflow) {
            fail(info, overflow ? ENGINE_ERROR_MARK "22003 value out of range: overflow"
                                : ENGINE_ERROR_MARK "22003 value out of range: underflow");
            return;
        }
    }
}

static bool add(duckdb_scalar_function_set set, const struct operator* o, duckdb_type left, duckdb_type right)
{
    duckdb_scalar_function s = duckdb_create_scalar_function();
    duckdb_logical_type a = duckdb_create_logical_type(left), b = duckdb_create_logical_type(right);
    duckdb_logical_type result =
        duckdb_create_logical_type(left == right ? DUCKDB_TYPE_FLOAT : DUCKDB_TYPE_DOUBLE);
    duckdb_scalar_function_set_name(s, o->name);
    duckdb_scalar_function_add_parameter(s, a);
    duckdb_scalar_function_add_parameter(s, b);
    duckdb_scalar_function_set_return_type(s, result);
    duckdb_scalar_function_set_special_handling(s);
    duckdb_scalar_function_set_extra_info(s, (void *)(uintptr_t)o, NULL);
    duckdb_scalar_function_set_function(s, on_rows);
    bool ok = duckdb_add_scalar_function_to_set(set, s) == DuckDBSuccess;
    duckdb_destroy_logical_type(&a);
    duckdb_destroy_logical_type(&b);
    duckdb_destroy_logical_type(&result);
    duckdb_destroy_scalar_function(&s);
    return ok;
}

int real_arithmetic_register(struct engine_conn *c, struct err *e)
{
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++) {
        const struct operator* o = & operators[i];
        duckdb_scalar_function_set set = duckdb_create_scalar_function_set(o->name);
        bool ok = set && add(set, o, DUCKDB_TYPE_FLOAT, DUCKDB_TYPE_FLOAT) &&
                  add(set, o, DUCKDB_TYPE_FLOAT, DUCKDB_TYPE_ANY) &&
                  add(set, o, DUCKDB_TYPE_ANY, DUCKDB_TYPE_FLOAT) &&
                  duckdb_register_scalar_function_set(c->conn, set) == DuckDBSuccess;
        duckdb_destroy_scalar_function_set(&set);
        if (!ok)
            return err_set(e, SQLSTATE_INTERNAL_ERROR, "the engine does not take the function %s", o->name);
    }
    return ST_OK;
}
