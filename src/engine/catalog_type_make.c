/* Types by the names that lists of columns give them. */
#include "engine/catalog_type_make.h"

#include "pgtype/catalog_type.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum { NAME_MAX = 64 };

static const struct {
    const char *name;
    duckdb_type type;
} plain[] = {
    {"BOOLEAN", DUCKDB_TYPE_BOOLEAN},   {"SMALLINT", DUCKDB_TYPE_SMALLINT},
    {"INTEGER", DUCKDB_TYPE_INTEGER},   {"BIGINT", DUCKDB_TYPE_BIGINT},
    {"FLOAT", DUCKDB_TYPE_FLOAT},       {"DOUBLE", DUCKDB_TYPE_DOUBLE},
    {"VARCHAR", DUCKDB_TYPE_VARCHAR},   {"BLOB", DUCKDB_TYPE_BLOB},
    {"INTERVAL", DUCKDB_TYPE_INTERVAL}, {"TIMESTAMPTZ", DUCKDB_TYPE_TIMESTAMP_TZ},
};

static duckdb_logical_type list_of(duckdb_logical_type element)
{
    duckdb_logical_type list = duckdb_create_list_type(element);
    duckdb_destroy_logical_type(&element);
    return list;
}

duckdb_logical_type catalog_types_base(enum catalog_base base)
{
    switch (base) {
    case CATALOG_INT2: return duckdb_create_logical_type(DUCKDB_TYPE_SMALLINT);
    case CATALOG_INT4: return duckdb_create_logical_type(DUCKDB_TYPE_INTEGER);
    case CATALOG_TEXT: return duckdb_create_logical_type(DUCKDB_TYPE_VARCHAR);
    case CATALOG_TIMESTAMPTZ: return duckdb_create_logical_type(DUCKDB_TYPE_TIMESTAMP_TZ);
    case CATALOG_NUMERIC: return duckdb_create_decimal_type(38, 10);
    case CATALOG_BYTES: return duckdb_create_logical_type(DUCKDB_TYPE_BLOB);
    }
    return NULL;
}

duckdb_logical_type catalog_types_make(const char *name)
{
    size_t n = strlen(name);
    assert(n < NAME_MAX); /* it is of a list of ours */
    if (n > 2 && strcmp(name + n - 2, "[]") == 0) {
        char element[NAME_MAX];
        (void)snprintf(element, sizeof element, "%.*s", (int)(n - 2), name);
        return list_of(catalog_types_make(element));
    }
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        if (strcmp(plain[i].name, name) == 0)
            return duckdb_create_logical_type(plain[i].type);
    const struct catalog_type *t = catalog_type_find(name);
    if (!t)
        return NULL;
    duckdb_logical_type type = catalog_types_base(t->base);
    duckdb_logical_type_set_alias(type, t->name);
    return type;
}
