/* What a column's vector holds on its way in: the column's own type where we fill it, else text or bytes,
 * which the INSERT casts. The engine's API can fill no STRUCT's vector as simply, and reads all forms from
 * JSON. */
#include "engine/appender_carrier.h"

#include "engine/appender_priv.h"

#include "base/alloc.h"

#include <string.h>

static bool is_composite(const struct engine_column_type *t)
{
    return t->type == ENGINE_STRUCT || t->type == ENGINE_MAP || t->type == ENGINE_UNION;
}

enum engine_type append_carrier(const struct engine_column_type *t)
{
    switch (t->type) {
    case ENGINE_STRUCT:
    case ENGINE_MAP:
    case ENGINE_UNION:
    case ENGINE_BIGNUM:
    case ENGINE_OTHER:
    case ENGINE_NULL: return ENGINE_VARCHAR;
    case ENGINE_GEOMETRY: return ENGINE_BLOB;
    case ENGINE_ARRAY: return ENGINE_LIST;
    case ENGINE_TIME_NS: return ENGINE_TIME;
    case ENGINE_TIMESTAMP_S:
    case ENGINE_TIMESTAMP_MS:
    case ENGINE_TIMESTAMP_NS: return ENGINE_TIMESTAMP;
    default: return t->type;
    }
}

static duckdb_logical_type list_of(const struct engine_column_type *t, duckdb_logical_type own)
{
    duckdb_logical_type child = t->type == ENGINE_LIST ? duckdb_list_type_child_type(own)
                                                       : duckdb_array_type_child_type(own),
                        element = append_carrier_type(t->children, child),
                        list = element ? duckdb_create_list_type(element) : NULL;
    duckdb_destroy_logical_type(&child);
    duckdb_destroy_logical_type(&element);
    return list;
}

duckdb_logical_type append_carrier_type(const struct engine_column_type *t, duckdb_logical_type own)
{
    switch (append_carrier(t)) {
    case ENGINE_LIST: return list_of(t, own);
    case ENGINE_DECIMAL: return duckdb_create_decimal_type(t->width, t->scale);
    case ENGINE_VARCHAR: return duckdb_create_logical_type(DUCKDB_TYPE_VARCHAR);
    case ENGINE_BLOB: return duckdb_create_logical_type(DUCKDB_TYPE_BLOB);
    case ENGINE_TIME: return duckdb_create_logical_type(DUCKDB_TYPE_TIME);
    case ENGINE_TIMESTAMP: return duckdb_create_logical_type(DUCKDB_TYPE_TIMESTAMP);
    case ENGINE_ENUM: { /* as it is: there is no other way to name it */
        size_t n = t->nnames;
        const char **names = mem_calloc(n, sizeof *names);
        duckdb_logical_type type = NULL;
        for (size_t i = 0; names && i < n; i++)
            names[i] = t->names[i].p;
        if (names)
            type = duckdb_create_enum_type(names, n);
        mem_free(names);
        return type;
    }
    default: return duckdb_create_logical_type(duckdb_get_type_id(own));
    }
}

int append_cast_name(struct arena *a, const struct engine_column_type *t, const char **out, struct err *e)
{
    size_t levels = 0;
    *out = NULL;
    for (; t->type == ENGINE_LIST || t->type == ENGINE_ARRAY; t = t->children)
        levels++;
    if (!is_composite(t) || t->alias || t->type == ENGINE_UNION)
        return ST_OK; /* the engine reads these from text by itself */
    char *name = arena_alloc(a, sizeof "JSON" + 2 * levels);
    if (!name)
        return err_oom(e);
    memcpy(name, "JSON", sizeof "JSON");
    for (size_t i = 0; i < levels; i++)
        memcpy(name + sizeof "JSON" - 1 + 2 * i, "[]", sizeof "[]");
    *out = name;
    return ST_OK;
}
