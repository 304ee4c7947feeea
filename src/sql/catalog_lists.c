/* The macros that make the rows stand in the .inc files of catalog.c, under make_ and the list's name. */
#include "sql/catalog_lists.h"

static const struct sql_catalog_column names[] = {
    {"oid", "BIGINT"},      {"name", "VARCHAR"},    {"schema", "VARCHAR"}, {"kind", "VARCHAR"},
    {"comment", "VARCHAR"}, {"visible", "BOOLEAN"}, {"place", "INTEGER"},  {"shown", "VARCHAR"},
};
static const struct sql_catalog_column types[] = {
    {"oid", "BIGINT"},       {"name", "VARCHAR"},   {"is_array", "BOOLEAN"}, {"base", "BIGINT"},
    {"sql_name", "VARCHAR"}, {"schema", "VARCHAR"}, {"visible", "BOOLEAN"},
};
static const struct sql_catalog_column constraints[] = {
    {"oid", "BIGINT"},
    {"name", "VARCHAR"},
    {"schema_oid", "BIGINT"},
    {"database_name", "VARCHAR"},
    {"schema_name", "VARCHAR"},
    {"table_oid", "BIGINT"},
    {"table_name", "VARCHAR"},
    {"kind", "VARCHAR"},
    {"text", "VARCHAR"},
    {"expression", "VARCHAR"},
    {"names", "VARCHAR[]"},
    {"keys", "SMALLINT[]"},
    {"referenced_table", "VARCHAR"},
    {"referenced_names", "VARCHAR[]"},
    {"referenced_schema", "VARCHAR"},
    {"actions", "VARCHAR"},
    {"kept", "BOOLEAN"},
};
static const struct sql_catalog_column indexes[] = {
    {"oid", "BIGINT"},         {"name", "VARCHAR"},    {"table_oid", "BIGINT"},  {"is_unique", "BOOLEAN"},
    {"is_primary", "BOOLEAN"}, {"def", "VARCHAR"},     {"schema_oid", "BIGINT"}, {"schema_name", "VARCHAR"},
    {"table_name", "VARCHAR"}, {"names", "VARCHAR[]"}, {"keys", "SMALLINT[]"},   {"condition", "VARCHAR"},
};
static const struct sql_catalog_column user_indexes[] = {
    {"oid", "BIGINT"},         {"name", "VARCHAR"},    {"table_oid", "BIGINT"},  {"is_unique", "BOOLEAN"},
    {"is_primary", "BOOLEAN"}, {"def", "VARCHAR"},     {"schema_oid", "BIGINT"}, {"schema_name", "VARCHAR"},
    {"table_name", "VARCHAR"}, {"names", "VARCHAR[]"}, {"condition", "VARCHAR"}, {"comment", "VARCHAR"},
};
static const struct sql_catalog_column views[] = {
    {"oid", "BIGINT"}, {"schema_name", "VARCHAR"}, {"name", "VARCHAR"}, {"query", "VARCHAR"}};
static const struct sql_catalog_column functions[] = {
    {"oid", "BIGINT"},       {"name", "VARCHAR"},   {"arguments", "VARCHAR"}, {"body", "VARCHAR"},
    {"is_macro", "BOOLEAN"}, {"result", "VARCHAR"}, {"identity", "VARCHAR"},  {"schema", "VARCHAR"},
    {"language", "VARCHAR"}, {"kind", "VARCHAR"},   {"comment", "VARCHAR"},
};
static const struct sql_catalog_column macros[] = {
    {"schema_name", "VARCHAR"}, {"name", "VARCHAR"}, {"function_type", "VARCHAR"}, {"comment", "VARCHAR"}};
static const struct sql_catalog_column comments[] = {{"key", "BIGINT"}, {"comment", "VARCHAR"}};
static const struct sql_catalog_column schemas[] = {{"oid", "BIGINT"}, {"name", "VARCHAR"}};
static const struct sql_catalog_column columns[] = {
    {"oid", "BIGINT"},
    {"name", "VARCHAR"},
    {"number", "INTEGER"},
    {"type", "VARCHAR"},
    {"not_null", "BOOLEAN"},
    {"default_text", "VARCHAR"},
    {"comment", "VARCHAR"},
    {"database_name", "VARCHAR"},
    {"schema_name", "VARCHAR"},
    {"table_name", "VARCHAR"},
    {"numeric_precision", "INTEGER"},
    {"numeric_scale", "INTEGER"},
    {"identity", "VARCHAR"},
    {"generated", "BOOLEAN"},
    {"domain", "BIGINT"},
};
static const struct sql_catalog_column objects[] = {
    {"oid", "BIGINT"},     {"name", "VARCHAR"},        {"schema_oid", "BIGINT"}, {"schema_name", "VARCHAR"},
    {"kind", "VARCHAR"},   {"persistence", "VARCHAR"}, {"size", "BIGINT"},       {"has_index", "BOOLEAN"},
    {"columns", "BIGINT"}, {"checks", "BIGINT"},       {"comment", "VARCHAR"},   {"am", "INTEGER"},
};
static const struct sql_catalog_column enums[] = {
    {"oid", "BIGINT"}, {"name", "VARCHAR"}, {"labels", "VARCHAR[]"}, {"schema_oid", "BIGINT"}};
static const struct sql_catalog_column composites[] = {{"oid", "BIGINT"},
                                                       {"name", "VARCHAR"},
                                                       {"attributes", "VARCHAR[]"},
                                                       {"schema_oid", "BIGINT"},
                                                       {"comment", "VARCHAR"}};
static const struct sql_catalog_column domains[] = {
    {"oid", "BIGINT"},          {"name", "VARCHAR"},
    {"schema_oid", "BIGINT"},   {"database_name", "VARCHAR"},
    {"schema_name", "VARCHAR"}, {"base_oid", "BIGINT"},
    {"root_oid", "BIGINT"},     {"typmod", "INTEGER"},
    {"not_null", "BOOLEAN"},    {"default_text", "VARCHAR"},
    {"checks", "VARCHAR[]"},    {"comment", "VARCHAR"},
};
static const struct sql_catalog_column databases[] = {
    {"oid", "BIGINT"}, {"name", "VARCHAR"}, {"is_current", "BOOLEAN"}};

#define LIST(name)                                                                                           \
    {                                                                                                        \
#name, name, sizeof(name) / sizeof *(name), "tavana_catalog.pg.make_" #name "()"                     \
    }
#define RELATION(name)                                                                                       \
    {                                                                                                        \
#name, NULL, 0, "tavana_catalog.pg.make_" #name "()"                                                 \
    }

const struct sql_catalog_list sql_catalog_lists[] = {
    [SQL_LIST_NAMES] = LIST(names),
    [SQL_LIST_TYPES] = LIST(types),
    [SQL_LIST_CONSTRAINTS] = LIST(constraints),
    [SQL_LIST_INDEXES] = LIST(indexes),
    [SQL_LIST_VIEWS] = LIST(views),
    [SQL_LIST_FUNCTIONS] = LIST(functions),
    [SQL_LIST_COMMENTS] = LIST(comments),
    [SQL_LIST_SCHEMAS] = LIST(schemas),
    [SQL_LIST_OTHERS] = LIST(columns),
    LIST(objects),
    LIST(enums),
    LIST(composites),
    LIST(domains),
    LIST(databases),
    LIST(macros),
    LIST(user_indexes),
    RELATION(pg_attrdef),
    RELATION(pg_attribute),
    RELATION(pg_class),
    RELATION(pg_constraint),
    RELATION(pg_description),
    RELATION(pg_enum),
    RELATION(pg_index),
    RELATION(pg_indexes),
    RELATION(pg_namespace),
    RELATION(pg_proc),
    RELATION(pg_sequence),
    RELATION(pg_type),
    {NULL, NULL, 0, NULL},
};
