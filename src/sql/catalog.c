/* Tables of names, sorted for bsearch; the statements of the set-up are text in the .inc
 * files, each of which builds on the one before. Most statements have nothing to do with the catalog, and are
 * left after sql_catalog_hint: it goes over the bytes once, stops at the few letters and signs that a name to
 * be rewritten contains or begins with, and takes what it finds in comments and strings for a hint, too,
 * since it does not know tokens. What it lets through is read token by token (dialect/translate.c). */
#include "sql/catalog.h"

#include "sql/name.h"

#include <stdlib.h>
#include <strings.h>

const char *const sql_catalog_setup[] = {
#include "sql/catalog_base.inc"
/* in this order: each builds on the one above */
#include "sql/catalog_functions.inc"
/* and */
#include "sql/catalog_calls.inc"
/* then */
#include "sql/catalog_relations.inc"
/* these */
#include "sql/catalog_stats.inc"
/* then */
#include "sql/catalog_info.inc"
/* and what clients see: PostgreSQL's rows, and ours */
#include "sql/catalog_views.inc"
    NULL,
};

/* Sorted: they are searched by halves. */
static const struct sql_catalog_name pg_names[] = {
    {"aclexplode", SQL_CATALOG_FUNCTION, ""},
    {"array_lower", SQL_CATALOG_FUNCTION, ""},
    {"array_remove", SQL_CATALOG_FUNCTION, ""},
    {"array_to_json", SQL_CATALOG_ENGINE, "to_json"},
    {"array_upper", SQL_CATALOG_FUNCTION, ""},
    {"cmax", SQL_CATALOG_FUNCTION, ""},
    {"cmin", SQL_CATALOG_FUNCTION, ""},
    {"col_description", SQL_CATALOG_FUNCTION, ""},
    {"ctid", SQL_CATALOG_FUNCTION, ""},
    {"current_catalog", SQL_CATALOG_VALUE, "database"},
    {"current_database", SQL_CATALOG_VALUE, "database"},
    {"current_role", SQL_CATALOG_VALUE, "user"},
    {"current_schemas", SQL_CATALOG_FUNCTION, ""},
    {"current_setting", SQL_CATALOG_VALUE, "setting"},
    {"current_user", SQL_CATALOG_VALUE, "user"},
    {"currval", SQL_CATALOG_FUNCTION, ""},
    {"format_type", SQL_CATALOG_FUNCTION, ""},
    {"generate_subscripts", SQL_CATALOG_FUNCTION, ""},
    {"getdatabaseencoding", SQL_CATALOG_FUNCTION, ""},
    {"has_any_column_privilege", SQL_CATALOG_FUNCTION, ""},
    {"has_column_privilege", SQL_CATALOG_FUNCTION, ""},
    {"has_database_privilege", SQL_CATALOG_FUNCTION, ""},
    {"has_foreign_data_wrapper_privilege", SQL_CATALOG_FUNCTION, ""},
    {"has_function_privilege", SQL_CATALOG_FUNCTION, ""},
    {"has_language_privilege", SQL_CATALOG_FUNCTION, ""},
    {"has_schema_privilege", SQL_CATALOG_FUNCTION, ""},
    {"has_sequence_privilege", SQL_CATALOG_FUNCTION, ""},
    {"has_server_privilege", SQL_CATALOG_FUNCTION, ""},
    {"has_table_privilege", SQL_CATALOG_FUNCTION, ""},
    {"has_tablespace_privilege", SQL_CATALOG_FUNCTION, ""},
    {"has_type_privilege", SQL_CATALOG_FUNCTION, ""},
    {"inet_client_addr", SQL_CATALOG_VALUE, "client_addr"},
    {"inet_client_port", SQL_CATALOG_VALUE, "client_port"},
    {"inet_server_addr", SQL_CATALOG_VALUE, "server_addr"},
    {"inet_server_port", SQL_CATALOG_VALUE, "server_port"},
    {"json_agg", SQL_CATALOG_ENGINE, "json_group_array"},
    {"json_build_object", SQL_CATALOG_ENGINE, "json_object"},
    {"jsonb_agg", SQL_CATALOG_ENGINE, "json_group_array"},
    {"jsonb_build_object", SQL_CATALOG_ENGINE, "json_object"},
    {"lastval", SQL_CATALOG_FUNCTION, ""},
    {"obj_description", SQL_CATALOG_FUNCTION, ""},
    {"oidvectortypes", SQL_CATALOG_FUNCTION, ""},
    {"pg_advisory_unlock_all", SQL_CATALOG_FUNCTION, ""},
    {"pg_backend_pid", SQL_CATALOG_VALUE, "pid"},
    {"pg_blocking_pids", SQL_CATALOG_FUNCTION, ""},
    {"pg_char_to_encoding", SQL_CATALOG_FUNCTION, ""},
    {"pg_client_encoding", SQL_CATALOG_VALUE, "setting:client_encoding"},
    {"pg_collation_is_visible", SQL_CATALOG_FUNCTION, ""},
    {"pg_column_is_updatable", SQL_CATALOG_FUNCTION, ""},
    {"pg_current_xact_id", SQL_CATALOG_FUNCTION, ""},
    {"pg_current_xact_id_if_assigned", SQL_CATALOG_FUNCTION, ""},
    {"pg_database_size", SQL_CATALOG_FUNCTION, ""},
    {"pg_encoding_to_char", SQL_CATALOG_FUNCTION, ""},
    {"pg_function_is_visible", SQL_CATALOG_FUNCTION, ""},
    {"pg_get_constraintdef", SQL_CATALOG_FUNCTION, ""},
    {"pg_get_expr", SQL_CATALOG_FUNCTION, ""},
    {"pg_get_function_arguments", SQL_CATALOG_FUNCTION, ""},
    {"pg_get_function_identity_arguments", SQL_CATALOG_FUNCTION, ""},
    {"pg_get_function_result", SQL_CATALOG_FUNCTION, ""},
    {"pg_get_function_sqlbody", SQL_CATALOG_FUNCTION, ""},
    {"pg_get_functiondef", SQL_CATALOG_FUNCTION, ""},
    {"pg_get_indexdef", SQL_CATALOG_FUNCTION, ""},
    {"pg_get_keywords", SQL_CATALOG_FUNCTION, ""},
    {"pg_get_partition_constraintdef", SQL_CATALOG_FUNCTION, ""},
    {"pg_get_partkeydef", SQL_CATALOG_FUNCTION, ""},
    {"pg_get_ruledef", SQL_CATALOG_FUNCTION, ""},
    {"pg_get_serial_sequence", SQL_CATALOG_FUNCTION, ""},
    {"pg_get_statisticsobjdef_columns", SQL_CATALOG_FUNCTION, ""},
    {"pg_get_triggerdef", SQL_CATALOG_FUNCTION, ""},
    {"pg_get_userbyid", SQL_CATALOG_FUNCTION, "u"},
    {"pg_get_viewdef", SQL_CATALOG_FUNCTION, ""},
    {"pg_has_role", SQL_CATALOG_FUNCTION, ""},
    {"pg_indexes_size", SQL_CATALOG_FUNCTION, ""},
    {"pg_is_in_recovery", SQL_CATALOG_FUNCTION, ""},
    {"pg_is_wal_replay_paused", SQL_CATALOG_FUNCTION, ""},
    {"pg_jit_available", SQL_CATALOG_FUNCTION, ""},
    {"pg_notification_queue_usage", SQL_CATALOG_FUNCTION, ""},
    {"pg_operator_is_visible", SQL_CATALOG_FUNCTION, ""},
    {"pg_options_to_table", SQL_CATALOG_FUNCTION, ""},
    {"pg_partition_ancestors", SQL_CATALOG_ENGINE, "unnest"},
    {"pg_relation_is_publishable", SQL_CATALOG_FUNCTION, ""},
    {"pg_relation_is_updatable", SQL_CATALOG_FUNCTION, ""},
    {"pg_relation_size", SQL_CATALOG_FUNCTION, ""},
    {"pg_safe_snapshot_blocking_pids", SQL_CATALOG_FUNCTION, ""},
    {"pg_sequence_last_value", SQL_CATALOG_FUNCTION, ""},
    {"pg_show_all_settings", SQL_CATALOG_FUNCTION, "g"},
    {"pg_sleep_for", SQL_CATALOG_FUNCTION, ""},
    {"pg_sleep_until", SQL_CATALOG_FUNCTION, ""},
    {"pg_stat_get_numscans", SQL_CATALOG_FUNCTION, ""},
    {"pg_stat_reset_single_table_counters", SQL_CATALOG_FUNCTION, ""},
    {"pg_statistics_obj_is_visible", SQL_CATALOG_FUNCTION, ""},
    {"pg_table_is_visible", SQL_CATALOG_FUNCTION, ""},
    {"pg_table_size", SQL_CATALOG_FUNCTION, ""},
    {"pg_tablespace_location", SQL_CATALOG_FUNCTION, ""},
    {"pg_tablespace_size", SQL_CATALOG_FUNCTION, ""},
    {"pg_total_relation_size", SQL_CATALOG_FUNCTION, ""},
    {"pg_trigger_depth", SQL_CATALOG_FUNCTION, ""},
    {"pg_type_is_visible", SQL_CATALOG_FUNCTION, ""},
    {"quote_ident", SQL_CATALOG_FUNCTION, ""},
    {"quote_literal", SQL_CATALOG_FUNCTION, ""},
    {"quote_nullable", SQL_CATALOG_FUNCTION, ""},
    {"row_to_json", SQL_CATALOG_ENGINE, "to_json"},
    {"session_user", SQL_CATALOG_VALUE, "user"},
    {"set_config", SQL_CATALOG_VALUE, "set_config"},
    {"shobj_description", SQL_CATALOG_FUNCTION, ""},
    {"tableoid", SQL_CATALOG_FUNCTION, ""},
    {"to_jsonb", SQL_CATALOG_ENGINE, "to_json"},
    {"to_regclass", SQL_CATALOG_FUNCTION, ""},
    {"to_regnamespace", SQL_CATALOG_FUNCTION, ""},
    {"to_regproc", SQL_CATALOG_FUNCTION, ""},
    {"to_regprocedure", SQL_CATALOG_FUNCTION, ""},
    {"to_regrole", SQL_CATALOG_FUNCTION, ""},
    {"to_regtype", SQL_CATALOG_FUNCTION, ""},
    {"txid_current", SQL_CATALOG_FUNCTION, ""},
    {"txid_current_if_assigned", SQL_CATALOG_FUNCTION, ""},
    {"user", SQL_CATALOG_VALUE, "user"},
    {"version", SQL_CATALOG_VALUE, "version"},
    {"xmax", SQL_CATALOG_FUNCTION, ""},
    {"xmin", SQL_CATALOG_FUNCTION, ""},
};

static const struct sql_catalog_name info_names[] = {
    {"_pg_expandarray", SQL_CATALOG_FUNCTION, ""},
};

#include "sql/catalog_names.inc"

#define LIST(names)                                                                                          \
    {                                                                                                        \
        names, sizeof(names) / sizeof *(names)                                                               \
    }

/* Functions and relations, both sorted. */
static const struct names {
    const struct sql_catalog_name *names;
    size_t n;
} lists[][2] = {
    [SQL_CATALOG_PG] = {LIST(pg_names), LIST(pg_relations)},
    [SQL_CATALOG_INFO] = {LIST(info_names), LIST(info_relations)},
};

const struct sql_catalog_name *sql_catalog_names(enum sql_catalog_space space, bool relations, size_t *n)
{
    const struct names *list = &lists[space][relations];
    *n = list->n;
    return list->names;
}

static int compare(const void *key, const void *item)
{
    const struct str *name = key;
    const struct sql_catalog_name *known = item;
    char first = *name->p;
    if (first >= 'A' && first <= 'Z')
        first = (char)(first - 'A' + 'a');
    if (first != *known->name) /* all of ours are in lower case */
        return (unsigned char)first - (unsigned char)*known->name;
    int order = strncasecmp(name->p, known->name, name->n);
    return order ? order : known->name[name->n] ? -1 : 0;
}

const struct sql_catalog_name *sql_catalog_find(enum sql_catalog_space space, struct str name)
{
    const struct sql_catalog_name *found = NULL;
    if (name.n == 0 || memchr(name.p, '\0', name.n))
        return NULL;
    for (size_t i = 0; i < 2 && !found; i++)
        found = bsearch(&name, lists[space][i].names, lists[space][i].n, sizeof *found, compare);
    return found;
}

static bool is_word_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '$' || (c & 0x80);
}

static bool starts(struct str sql, size_t i, const char *word)
{
    size_t n = strlen(word);
    return n <= sql.n - i && strncasecmp(sql.p + i, word, n) == 0;
}

/* The word around the underscore at i: a name of the catalog, or one that starts like one. Its end. */
static size_t look_at_word(struct str sql, size_t i, struct sql_catalog_hint *hint)
{
    size_t start = i, end = i;
    while (start > 0 && is_word_byte(sql.p[start - 1]))
        start--;
    while (end < sql.n && is_word_byte(sql.p[end]))
        end++;
    if (starts(sql, start, "pg_") || starts(sql, start, "information_schema"))
        hint->any = hint->catalog = true;
    else if (sql_catalog_find(SQL_CATALOG_PG, (struct str){sql.p + start, end - start}) ||
             starts(sql, start, "generate_series"))
        hint->any = true;
    return end;
}

/* Words without an underscore, by their first letter at i. */
static bool is_short_hint(struct str sql, size_t i)
{
    static const char *const words[] = {"regclass",     "regtype", "regproc", "regprocedure",
                                        "regnamespace", "regrole", "version", "operator",
                                        "user",         "jsonb",   "public"};
    if (i > 0 && is_word_byte(sql.p[i - 1]))
        return false;
    for (size_t k = 0; k < sizeof words / sizeof *words; k++) {
        size_t end = i + strlen(words[k]);
        if (starts(sql, i, words[k]) && (end == sql.n || !is_word_byte(sql.p[end])))
            return true;
    }
    return false;
}

/* ::name and ::xid. */
static bool is_type_hint(struct str sql, size_t i)
{
    while (i < sql.n && (sql.p[i] == ':' || sql.p[i] == ' '))
        i++;
    return starts(sql, i, "name") || starts(sql, i, "xid") || starts(sql, i, "cstring");
}

struct str sql_engine_schema(const struct sql_token *schema)
{
    static const struct {
        struct str name, engine;
    } known[] = {{STR("public"), STR("main")}, {STR("pg_temp"), STR("temp")}};
    struct str name = sql_name_bare(schema);
    bool quoted = schema->kind == SQL_TOK_QUOTED; /* keeps its letters */
    for (size_t i = 0; sql_token_is_name(schema) && i < sizeof known / sizeof *known; i++)
        if (quoted ? str_eq(name, known[i].name) : str_ieq(name, known[i].name))
            return known[i].engine;
    return (struct str){NULL, 0};
}

struct sql_catalog_hint sql_catalog_hint(struct str sql)
{
    struct sql_catalog_hint hint = {0};
    for (size_t i = 0; i < sql.n && !hint.catalog; i++) {
        switch (sql.p[i]) {
        case '_': i = look_at_word(sql, i, &hint) - 1; break;
        case '{': hint.any |= i > 0 && sql.p[i - 1] == '\''; break; /* an array's literal */
        case ':':
            if (i + 1 < sql.n && sql.p[i + 1] == ':')
                hint.any |= is_type_hint(sql, i);
            break;
        case 'j':
        case 'J':
        case 'r':
        case 'R':
        case 'v':
        case 'V':
        case 'o':
        case 'O':
        case 'p':
        case 'P':
        case 'u':
        case 'U': hint.any |= is_short_hint(sql, i); break;
        default: break;
        }
    }
    return hint;
}
