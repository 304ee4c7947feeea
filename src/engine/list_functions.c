/* Overloads of || for lists of types whose values are of one size, and for texts. */
#include "engine/list_functions.h"

#include "engine/column_view.h"
#include "engine/engine_priv.h"
#include "engine/flat.h"
#include "engine/functions.h"
#include "engine/nulls.h"

#include <assert.h>
#include <string.h>

static const struct element {
    duckdb_type type;
    size_t size; /* 0: a text */
} elements[] = {
    {DUCKDB_TYPE_BOOLEAN, 1},      {DUCKDB_TYPE_SMALLINT, 2}, {DUCKDB_TYPE_INTEGER, 4},
    {DUCKDB_TYPE_BIGINT, 8},       {DUCKDB_TYPE_FLOAT, 4},    {DUCKDB_TYPE_DOUBLE, 8},
    {DUCKDB_TYPE_DATE, 4},         {DUCKDB_TYPE_TIME, 8},     {DUCKDB_TYPE_TIMESTAMP, 8},
    {DUCKDB_TYPE_TIMESTAMP_TZ, 8}, {DUCKDB_TYPE_UUID, 16},    {DUCKDB_TYPE_INTERVAL, sizeof(duckdb_interval)},
    {DUCKDB_TYPE_VARCHAR, 0},
};

/* The value of a row of `from`, perhaps NULL, in that of `to`. */
static void copy_value(const struct element *el, duckdb_vector from, size_t i, duckdb_vector to, size_t k)
{
    if (is_null(duckdb_vector_get_validity(from), i)) {
        put_null(to, k);
    } else if (el->size) {
        memcpy((char *)duckdb_vector_get_data(to) + k * el->size,
               (const char *)duckdb_vector_get_data(from) + i * el->size, el->size);
    } else {
        const struct engine_string *s = (const struct engine_string *)duckdb_vector_get_data(from) + i;
        duckdb_vector_assign_string_element_len(to, k, engine_string_data(s), s->len);
    }
}

/* A list and one more element; a NULL for a list is an empty one. */
static bool extend(const struct element *el, duckdb_data_chunk input, duckdb_vector out, bool append)
{
    assert(el && duckdb_data_chunk_get_column_count(input) == 2);
    duckdb_vector lists = duckdb_data_chunk_get_vector(input, append ? 0 : 1);
    duckdb_vector values = duckdb_data_chunk_get_vector(input, append ? 1 : 0);
    duckdb_vector from = flat_elements(lists);
    const duckdb_list_entry *entries = duckdb_vector_get_data(lists);
    size_t rows = duckdb_data_chunk_get_size(input), total = 0, at = 0;
    for (size_t i = 0; i < rows; i++)
        total += 1 + (is_null(duckdb_vector_get_validity(lists), i) ? 0 : entries[i].length);
    if (duckdb_list_vector_reserve(out, total) != DuckDBSuccess ||
        duckdb_list_vector_set_size(out, total) != DuckDBSuccess)
        return false;
    duckdb_vector to = duckdb_list_vector_get_child(out);
    for (size_t i = 0; i < rows; i++) {
        size_t n = is_null(duckdb_vector_get_validity(lists), i) ? 0 : entries[i].length;
        ((duckdb_list_entry *)duckdb_vector_get_data(out))[i] = (duckdb_list_entry){at, n + 1};
        copy_value(el, values, i, to, append ? at + n : at);
        for (size_t k = 0; k < n; k++)
            copy_value(el, from, entries[i].offset + k, to, at + k + !append);
        at += n + 1;
    }
    return true;
}

static void append(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output)
{
    if (!extend(duckdb_scalar_function_get_extra_info(info), input, output, true))
        duckdb_scalar_function_set_error(info, ENGINE_ERROR_MARK "53200 out of memory");
}

static void prepend(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output)
{
    if (!extend(duckdb_scalar_function_get_extra_info(info), input, output, false))
        duckdb_scalar_function_set_error(info, ENGINE_ERROR_MARK "53200 out of memory");
}

static bool add(duckdb_scalar_function_set set, const struct element *el, bool appends)
{
    duckdb_scalar_function f = duckdb_create_scalar_function();
    duckdb_logical_type one = duckdb_create_logical_type(el->type), list = duckdb_create_list_type(one);
    duckdb_scalar_function_set_name(f, "||");
    duckdb_scalar_function_add_parameter(f, appends ? list : one);
    duckdb_scalar_function_add_parameter(f, appends ? one : list);
    duckdb_scalar_function_set_return_type(f, list);
    duckdb_scalar_function_set_special_handling(f);
    duckdb_scalar_function_set_extra_info(f, (void *)(uintptr_t)el, NULL);
    duckdb_scalar_function_set_function(f, appends ? append : prepend);
    bool ok = duckdb_add_scalar_function_to_set(set, f) == DuckDBSuccess;
    duckdb_destroy_logical_type(&one);
    duckdb_destroy_logical_type(&list);
    duckdb_destroy_scalar_function(&f);
    return ok;
}

int list_functions_register(struct engine_conn *c, struct err *e)
{
    duckdb_scalar_function_set set = duckdb_create_scalar_function_set("||");
    bool ok = set != NULL;
    for (size_t i = 0; i < sizeof elements / sizeof *elements; i++)
        ok = ok && add(set, &elements[i], true) && add(set, &elements[i], false);
    ok = ok && duckdb_register_scalar_function_set(c->conn, set) == DuckDBSuccess;
    duckdb_destroy_scalar_function_set(&set);
    return ok ? ST_OK : err_set(e, SQLSTATE_INTERNAL_ERROR, "the engine does not take || of lists");
}
