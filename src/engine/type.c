/* Logical types of the engine as trees of engine_column_type. */
#include "engine/type.h"

#include "engine/engine_priv.h"

#include <assert.h>
#include <string.h>

static enum engine_type type_of(duckdb_type t)
{
    switch (t) {
    case DUCKDB_TYPE_SQLNULL: return ENGINE_NULL;
    case DUCKDB_TYPE_BOOLEAN: return ENGINE_BOOL;
    case DUCKDB_TYPE_TINYINT: return ENGINE_INT8;
    case DUCKDB_TYPE_SMALLINT: return ENGINE_INT16;
    case DUCKDB_TYPE_INTEGER: return ENGINE_INT32;
    case DUCKDB_TYPE_BIGINT: return ENGINE_INT64;
    case DUCKDB_TYPE_UTINYINT: return ENGINE_UINT8;
    case DUCKDB_TYPE_USMALLINT: return ENGINE_UINT16;
    case DUCKDB_TYPE_UINTEGER: return ENGINE_UINT32;
    case DUCKDB_TYPE_UBIGINT: return ENGINE_UINT64;
    case DUCKDB_TYPE_HUGEINT: return ENGINE_INT128;
    case DUCKDB_TYPE_UHUGEINT: return ENGINE_UINT128;
    case DUCKDB_TYPE_FLOAT: return ENGINE_FLOAT;
    case DUCKDB_TYPE_DOUBLE: return ENGINE_DOUBLE;
    case DUCKDB_TYPE_DECIMAL: return ENGINE_DECIMAL;
    case DUCKDB_TYPE_VARCHAR: return ENGINE_VARCHAR;
    case DUCKDB_TYPE_BLOB: return ENGINE_BLOB;
    case DUCKDB_TYPE_BIT: return ENGINE_BIT;
    case DUCKDB_TYPE_BIGNUM: return ENGINE_BIGNUM;
    case DUCKDB_TYPE_GEOMETRY: return ENGINE_GEOMETRY;
    case DUCKDB_TYPE_DATE: return ENGINE_DATE;
    case DUCKDB_TYPE_TIME: return ENGINE_TIME;
    case DUCKDB_TYPE_TIME_NS: return ENGINE_TIME_NS;
    case DUCKDB_TYPE_TIME_TZ: return ENGINE_TIME_TZ;
    case DUCKDB_TYPE_TIMESTAMP_S: return ENGINE_TIMESTAMP_S;
    case DUCKDB_TYPE_TIMESTAMP_MS: return ENGINE_TIMESTAMP_MS;
    case DUCKDB_TYPE_TIMESTAMP: return ENGINE_TIMESTAMP;
    case DUCKDB_TYPE_TIMESTAMP_NS: return ENGINE_TIMESTAMP_NS;
    case DUCKDB_TYPE_TIMESTAMP_TZ: return ENGINE_TIMESTAMP_TZ;
    case DUCKDB_TYPE_INTERVAL: return ENGINE_INTERVAL;
    case DUCKDB_TYPE_UUID: return ENGINE_UUID;
    case DUCKDB_TYPE_ENUM: return ENGINE_ENUM;
    case DUCKDB_TYPE_LIST: return ENGINE_LIST;
    case DUCKDB_TYPE_ARRAY: return ENGINE_ARRAY;
    case DUCKDB_TYPE_STRUCT: return ENGINE_STRUCT;
    case DUCKDB_TYPE_MAP: return ENGINE_MAP;
    case DUCKDB_TYPE_UNION: return ENGINE_UNION;
    default: return ENGINE_OTHER;
    }
}

static int type_fill(struct arena *a, duckdb_logical_type type, struct engine_column_type *out, int depth,
                     struct err *e);

/* Takes text of the engine into the arena and frees it. */
static int take_name(struct arena *a, char *text, struct str *out, struct err *e)
{
    size_t n = text ? strlen(text) : 0;
    char *copy = text ? arena_strndup(a, text, n) : NULL;
    duckdb_free(text);
    if (!copy)
        return err_oom(e);
    *out = (struct str){copy, n};
    return ST_OK;
}

static int take_names(struct arena *a, duckdb_logical_type type, struct engine_column_type *out, size_t n,
                      char *(*name)(duckdb_logical_type, idx_t), struct err *e)
{
    struct str *names = arena_calloc(a, n, sizeof *names);
    if (!names)
        return err_oom(e);
    for (size_t i = 0; i < n; i++)
        TRY(take_name(a, name(type, i), &names[i], e));
    out->names = names;
    out->nnames = n;
    return ST_OK;
}

static duckdb_logical_type only_child(duckdb_logical_type type, idx_t index)
{
    (void)index;
    return duckdb_get_type_id(type) == DUCKDB_TYPE_LIST ? duckdb_list_type_child_type(type)
                                                        : duckdb_array_type_child_type(type);
}

static duckdb_logical_type map_child(duckdb_logical_type type, idx_t index)
{
    return index ? duckdb_map_type_value_type(type) : duckdb_map_type_key_type(type);
}

static int take_children(struct arena *a, duckdb_logical_type type, struct engine_column_type *out, size_t n,
                         duckdb_logical_type (*child)(duckdb_logical_type, idx_t), int depth, struct err *e)
{
    struct engine_column_type *children = arena_calloc(a, n, sizeof *children);
    if (!children)
        return err_oom(e);
    for (size_t i = 0; i < n; i++) {
        duckdb_logical_type c = child(type, i);
        int st = type_fill(a, c, &children[i], depth + 1, e);
        duckdb_destroy_logical_type(&c);
        TRY(st);
    }
    out->children = children;
    out->nchildren = n;
    return ST_OK;
}

/* The engine keeps an enum's values in the narrowest integers that number its names. */
static uint8_t enum_bytes(duckdb_logical_type type)
{
    switch (duckdb_enum_internal_type(type)) {
    case DUCKDB_TYPE_UTINYINT: return 1;
    case DUCKDB_TYPE_USMALLINT: return 2;
    default: return 4;
    }
}

static int type_fill(struct arena *a, duckdb_logical_type type, struct engine_column_type *out, int depth,
                     struct err *e)
{
    if (!type)
        return err_oom(e);
    if (depth > ENGINE_TYPE_DEPTH_MAX)
        return err_set(e, SQLSTATE_STATEMENT_TOO_COMPLEX, "a type is nested more than %d levels deep",
                       ENGINE_TYPE_DEPTH_MAX);
    *out = (struct engine_column_type){.type = type_of(duckdb_get_type_id(type))};
    char *alias = duckdb_logical_type_get_alias(type);
    if (alias) {
        struct str name = {0};
        TRY(take_name(a, alias, &name, e));
        out->alias = name.n ? name.p : NULL;
    }
    switch (out->type) {
    case ENGINE_DECIMAL:
        out->width = duckdb_decimal_width(type);
        out->scale = duckdb_decimal_scale(type);
        return ST_OK;
    case ENGINE_ENUM:
        out->enum_bytes = enum_bytes(type);
        return take_names(a, type, out, duckdb_enum_dictionary_size(type), duckdb_enum_dictionary_value, e);
    case ENGINE_LIST: return take_children(a, type, out, 1, only_child, depth, e);
    case ENGINE_ARRAY:
        out->array_size = duckdb_array_type_array_size(type);
        return take_children(a, type, out, 1, only_child, depth, e);
    case ENGINE_MAP: return take_children(a, type, out, 2, map_child, depth, e);
    case ENGINE_STRUCT: {
        size_t n = duckdb_struct_type_child_count(type);
        TRY(take_names(a, type, out, n, duckdb_struct_type_child_name, e));
        return take_children(a, type, out, n, duckdb_struct_type_child_type, depth, e);
    }
    case ENGINE_UNION: {
        size_t n = duckdb_union_type_member_count(type);
        TRY(take_names(a, type, out, n, duckdb_union_type_member_name, e));
        return take_children(a, type, out, n, duckdb_union_type_member_type, depth, e);
    }
    default: return ST_OK;
    }
}

int engine_type_new(struct arena *a, duckdb_logical_type type, const struct engine_column_type **out,
                    struct err *e)
{
    struct engine_column_type *t = type ? arena_alloc(a, sizeof *t) : NULL;
    if (!t)
        return err_oom(e);
    TRY(type_fill(a, type, t, 0, e));
    *out = t;
    return ST_OK;
}

/* ---- copies ----
 * The engine's types end with the statement or result that they were read from; rows that are put down, and
 * those that its threads encode, outlive that. */

static int copy_into(struct arena *a, const struct engine_column_type *from, struct engine_column_type *to,
                     struct err *e)
{
    *to = *from;
    assert((from->nnames == 0 || from->names) && (from->nchildren == 0 || from->children));
    struct str *names = arena_calloc(a, from->nnames, sizeof *names);
    struct engine_column_type *children = arena_calloc(a, from->nchildren, sizeof *children);
    if (!names || !children || (from->alias && !(to->alias = arena_strdup(a, from->alias))))
        return err_oom(e);
    for (size_t i = 0; i < from->nnames; i++) {
        names[i] = (struct str){arena_strndup(a, from->names[i].p, from->names[i].n), from->names[i].n};
        if (!names[i].p)
            return err_oom(e);
    }
    for (size_t i = 0; i < from->nchildren; i++)
        TRY(copy_into(a, &from->children[i], &children[i], e));
    to->names = names;
    to->children = children;
    return ST_OK;
}

int engine_types_copy(struct arena *a, const struct engine_column_type *const *types, size_t n,
                      const struct engine_column_type *const **out, struct err *e)
{
    const struct engine_column_type **copy = arena_calloc(a, n, sizeof(void *));
    struct engine_column_type *each = arena_calloc(a, n, sizeof *each);
    if (!copy || !each)
        return err_oom(e);
    for (size_t i = 0; i < n; i++) {
        TRY(copy_into(a, types[i], &each[i], e));
        copy[i] = &each[i];
    }
    *out = copy;
    return ST_OK;
}
