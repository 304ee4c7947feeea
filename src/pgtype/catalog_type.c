/* One list of types, short enough to be searched from its start, and one of functions, by number. */
#include "pgtype/catalog_type.h"

#include <string.h>

const struct catalog_type catalog_types[] = {
#define X(name, base, form, type, typmod) {name, CATALOG_##base, CATALOG_##form, PGTYPE_##type, typmod},
    CATALOG_TYPE_LIST(X)
#undef X
};

const size_t catalog_types_count = sizeof catalog_types / sizeof *catalog_types;

const struct catalog_type *catalog_type_find(const char *alias)
{
    if (!alias || strncmp(alias, "pg_", 3) != 0)
        return NULL;
    for (size_t i = 0; i < catalog_types_count; i++)
        if (strcmp(catalog_types[i].name, alias) == 0)
            return &catalog_types[i];
    return NULL;
}

static const struct catalog_type vectors[] = {
    {"pg_int2vector_element", CATALOG_INT2, CATALOG_VECTOR, PGTYPE_INT2VECTOR, -1},
    {"pg_oidvector_element", CATALOG_INT4, CATALOG_VECTOR, PGTYPE_OIDVECTOR, -1},
};

const struct catalog_type *catalog_type_of_list(const char *element_alias)
{
    for (size_t i = 0; element_alias && i < sizeof vectors / sizeof *vectors; i++)
        if (strcmp(vectors[i].name, element_alias) == 0)
            return &vectors[i];
    return NULL;
}

bool catalog_type_is(struct str name)
{
    bool found = false;
    for (size_t i = 0; i < catalog_types_count && !found; i++)
        found = str_ieq(name, str_of(catalog_types[i].name));
    return found;
}

static const struct {
    uint32_t oid;
    const char *name;
} procs[] = {
#include "pgtype/proc_names.inc"
};

const char *catalog_proc_name(uint32_t oid)
{
    size_t low = 0, high = sizeof procs / sizeof *procs;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (procs[middle].oid == oid)
            return procs[middle].name;
        if (procs[middle].oid < oid)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static struct str without_schema(struct str name)
{
    static const char schema[] = "pg_catalog.";
    size_t n = sizeof schema - 1;
    bool has = name.n > n && str_ieq((struct str){name.p, n}, str_of(schema));
    return has ? (struct str){name.p + n, name.n - n} : name;
}

static bool number_of(struct str s, uint32_t *out)
{
    uint64_t v = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9' || v > UINT32_MAX)
            return false;
        v = v * 10 + (uint64_t)(s.p[i] - '0');
    }
    *out = (uint32_t)v;
    return s.n > 0 && v <= UINT32_MAX;
}

bool catalog_proc_find(struct str name, uint32_t *oid)
{
    if (str_eq(name, STR("-"))) {
        *oid = 0;
        return true;
    }
    if (number_of(name, oid))
        return true;
    name = without_schema(name);
    for (size_t i = 0; i < sizeof procs / sizeof *procs; i++)
        if (str_ieq(name, without_schema(str_of(procs[i].name)))) {
            *oid = procs[i].oid;
            return true;
        }
    return false;
}
