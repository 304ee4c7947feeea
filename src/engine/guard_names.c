/* Names that the guard knows: functions, catalogs. */
#include "engine/guard_names.h"

#include "engine/guard_priv.h"

#include "engine/sink.h"

#include <string.h>

/* Functions that reach beyond the session, or that end the process, though the configuration is locked. */
static const char *const refused[] = {
    /* settings and logs of all sessions */
    "enable_logging",
    "disable_logging",
    "truncate_duckdb_logs",
    "duckdb_logs",
    "duckdb_log_contexts",
    "write_log",
    "enable_profiling",
    "disable_profiling",
    "enable_profile",
    "disable_profile",
    "enable_peg_parser",
    "disable_peg_parser",
    /* run text that nobody has looked at, on connections or in parsers of their own */
    "query",
    "json_execute_serialized_sql",
    "import_database",
    "check_peg_parser",
    "sql_auto_complete",
    /* the process's environment and memory */
    "getenv",
    "arrow_scan",
    "arrow_scan_dumb",
    "seq_scan",
    /* connect anywhere, or run what they are given in another database, under the operator's name */
    "postgres_scan",
    "postgres_scan_pushdown",
    "postgres_configure_pool",
    "pg_clear_cache",
    "mysql_scan",
    "mysql_clear_cache",
    "sqlite_scan",
    "sqlite_all_varchar_scan",
    /* take files into or out of a lake by their path */
    "ducklake_add_data_files",
    "ducklake_cleanup_old_files",
    "ducklake_delete_orphaned_files",
};

/* Of table functions, whichever extension they come with. */
static const char *const refused_ends[] = {"_query", "_execute", "_attach"};

/* The engine's own bugs: these take a VARIANT for the list that it is not. */
static const char *const broken_on_variant[] = {
    "list_sort",      "array_sort", "list_reverse_sort", "array_reverse_sort", "list_grade_up",
    "array_grade_up", "grade_up",   "list_resize",       "array_resize",
};

/* Functions that the parser makes of syntax (brackets, LIKE … ESCAPE): a macro of such a name would stand
 * in for the syntax in everybody's statements. */
static const char *const syntax[] = {
    "list_value",   "struct_pack",      "row",
    "map",          "struct_extract",   "struct_extract_at",
    "list_extract", "array_extract",    "list_slice",
    "array_slice",  "like_escape",      "not_like_escape",
    "ilike_escape", "not_ilike_escape", "constant_or_null",
};

/* PostgreSQL's schemas, which statements name without meaning a catalog, and the engine's own catalogs. */
static const char *const reserved[] = {
    "pg_catalog", "information_schema", "public", "pg_temp", "main", "system", "temp"};

static bool is_one_of(struct str name, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (str_ieq(name, str_of(names[i])))
            return true;
    return false;
}

#define IS_ONE_OF(name, names) is_one_of(name, names, sizeof(names) / sizeof *(names))

static bool begins(struct str name, const char *with)
{
    size_t n = strlen(with);
    return name.n >= n && str_ieq((struct str){name.p, n}, str_of(with));
}

static bool ends(struct str name, const char *with)
{
    size_t n = strlen(with);
    return name.n > n && str_ieq((struct str){name.p + name.n - n, n}, str_of(with));
}

enum guard_verdict guard_function(struct str name, bool is_table_function)
{
    if (str_ieq(name, STR(ENGINE_SINK_FUNCTION)))
        return GUARD_SINK;
    if (str_ieq(name, STR("tavana_fixed")) || str_ieq(name, STR("tavana_list")) ||
        begins(name, "tavana_of_")) /* of the catalog, for everybody */
        return GUARD_FREE;
    if (begins(name, "tavana_"))
        return GUARD_OURS;
    if (IS_ONE_OF(name, refused))
        return GUARD_REFUSED;
    for (size_t i = 0; is_table_function && i < sizeof refused_ends / sizeof *refused_ends; i++)
        if (ends(name, refused_ends[i]))
            return GUARD_REFUSED;
    return GUARD_FREE;
}

bool guard_breaks_on_variant(struct str name)
{
    return IS_ONE_OF(name, broken_on_variant);
}

bool guard_is_syntax(struct str name)
{
    size_t signs = 0;
    while (signs < name.n && strchr("+-*/%^&|<>=!~@#?:.`$", name.p[signs]))
        signs++;
    return signs == name.n || IS_ONE_OF(name, syntax);
}

bool guard_own_catalog(struct str name)
{
    return begins(name, "tavana_");
}

bool guard_reserved_catalog(struct str name)
{
    return guard_own_catalog(name) || IS_ONE_OF(name, reserved);
}
