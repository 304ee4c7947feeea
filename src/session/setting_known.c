/* One table. A number with a unit is kept as PostgreSQL shows it, in the largest unit that divides it. */
#include "session/setting_known.h"

#include "base/str.h"
#include "session/setting_bool.h"

#include <assert.h>
#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum form { FORM_BOOL, FORM_INT, FORM_REAL, FORM_WORDS, FORM_TEXT };

enum who {
    FREE,      /* may be set, and means nothing here */
    FIXED,     /* has its default: another value would be a promise */
    SUPERUSER, /* is not a session's to set */
};

struct known {
    const char *name;
    enum form form;
    enum who who;
    const char *initial;
    const char *unit; /* of an integer; NULL: none */
    double least, most;
    const char *words; /* that may be, with commas between them */
};

#define BOOL(name, who, initial)                                                                             \
    {                                                                                                        \
        name, FORM_BOOL, who, initial, NULL, 0, 0, NULL                                                      \
    }
#define INT(name, who, initial, unit, least, most)                                                           \
    {                                                                                                        \
        name, FORM_INT, who, initial, unit, least, most, NULL                                                \
    }
#define REAL(name, who, initial, least, most)                                                                \
    {                                                                                                        \
        name, FORM_REAL, who, initial, NULL, least, most, NULL                                               \
    }
#define WORDS(name, who, initial, words)                                                                     \
    {                                                                                                        \
        name, FORM_WORDS, who, initial, NULL, 0, 0, words                                                    \
    }
#define TEXT(name, who, initial)                                                                             \
    {                                                                                                        \
        name, FORM_TEXT, who, initial, NULL, 0, 0, NULL                                                      \
    }

/* clang-format off */
static const struct known table[] = {
    BOOL("allow_in_place_tablespaces", SUPERUSER, "off"),
    BOOL("allow_system_table_mods", SUPERUSER, "off"),
    INT("backend_flush_after", FREE, "0", "8kB", 0, 256),
    TEXT("backtrace_functions", SUPERUSER, ""),
    INT("client_connection_check_interval", FIXED, "0", "ms", 0, 2147483647),
    INT("commit_delay", SUPERUSER, "0", NULL, 0, 100000),
    INT("commit_siblings", FREE, "5", NULL, 0, 1000),
    WORDS("composite_type_mismatch", SUPERUSER, "error", "error,warn,disabled"),
    WORDS("compute_query_id", SUPERUSER, "auto", "auto,regress,on,off"),
    WORDS("constraint_exclusion", FREE, "partition", "partition,on,off"),
    REAL("cpu_index_tuple_cost", FREE, "0.005", 0, DBL_MAX),
    REAL("cpu_operator_cost", FREE, "0.0025", 0, DBL_MAX),
    REAL("cpu_tuple_cost", FREE, "0.01", 0, DBL_MAX),
    REAL("cursor_tuple_fraction", FREE, "0.1", 0, 1),
    INT("deadlock_timeout", SUPERUSER, "1s", "ms", 1, 2147483647),
    INT("debug_discard_caches", SUPERUSER, "0", NULL, 0, 0),
    BOOL("debug_pretty_print", FREE, "on"),
    BOOL("debug_print_parse", FIXED, "off"),
    BOOL("debug_print_plan", FIXED, "off"),
    BOOL("debug_print_rewritten", FIXED, "off"),
    INT("default_statistics_target", FREE, "100", NULL, 1, 10000),
    TEXT("default_text_search_config", FIXED, "pg_catalog.english"),
    TEXT("dynamic_library_path", SUPERUSER, "$libdir"),
    INT("effective_cache_size", FREE, "4GB", "8kB", 1, 2147483647),
    INT("effective_io_concurrency", FREE, "1", NULL, 0, 1000),
    BOOL("enable_async_append", FREE, "on"),
    BOOL("enable_bitmapscan", FREE, "on"),
    BOOL("enable_gathermerge", FREE, "on"),
    BOOL("enable_hashagg", FREE, "on"),
    BOOL("enable_hashjoin", FREE, "on"),
    BOOL("enable_incremental_sort", FREE, "on"),
    BOOL("enable_indexonlyscan", FREE, "on"),
    BOOL("enable_indexscan", FREE, "on"),
    BOOL("enable_material", FREE, "on"),
    BOOL("enable_memoize", FREE, "on"),
    BOOL("enable_mergejoin", FREE, "on"),
    BOOL("enable_nestloop", FREE, "on"),
    BOOL("enable_parallel_append", FREE, "on"),
    BOOL("enable_parallel_hash", FREE, "on"),
    BOOL("enable_partition_pruning", FREE, "on"),
    BOOL("enable_partitionwise_aggregate", FREE, "off"),
    BOOL("enable_partitionwise_join", FREE, "off"),
    BOOL("enable_seqscan", FREE, "on"),
    BOOL("enable_sort", FREE, "on"),
    BOOL("enable_tidscan", FREE, "on"),
    BOOL("exit_on_error", FIXED, "off"),
    WORDS("force_parallel_mode", FREE, "off", "off,on,regress"),
    INT("from_collapse_limit", FREE, "8", NULL, 1, 2147483647),
    INT("geqo_effort", FREE, "5", NULL, 1, 10),
    INT("geqo_generations", FREE, "0", NULL, 0, 2147483647),
    INT("geqo_pool_size", FREE, "0", NULL, 0, 2147483647),
    REAL("geqo_seed", FREE, "0", 0, 1),
    REAL("geqo_selection_bias", FREE, "2", 1.5, 2),
    INT("geqo_threshold", FREE, "12", NULL, 2, 2147483647),
    INT("gin_fuzzy_search_limit", FREE, "0", NULL, 0, 2147483647),
    INT("gin_pending_list_limit", FREE, "4MB", "kB", 64, 2147483647),
    REAL("hash_mem_multiplier", FREE, "2", 1, 1000),
    BOOL("ignore_checksum_failure", SUPERUSER, "off"),
    REAL("jit_above_cost", FREE, "100000", -1, DBL_MAX),
    BOOL("jit_dump_bitcode", SUPERUSER, "off"),
    BOOL("jit_expressions", FREE, "on"),
    REAL("jit_inline_above_cost", FREE, "500000", -1, DBL_MAX),
    REAL("jit_optimize_above_cost", FREE, "500000", -1, DBL_MAX),
    BOOL("jit_tuple_deforming", FREE, "on"),
    INT("join_collapse_limit", FREE, "8", NULL, 1, 2147483647),
    BOOL("lo_compat_privileges", SUPERUSER, "off"),
    TEXT("local_preload_libraries", FIXED, ""),
    BOOL("log_duration", SUPERUSER, "off"),
    WORDS("log_error_verbosity", SUPERUSER, "default", "terse,default,verbose"),
    BOOL("log_executor_stats", SUPERUSER, "off"),
    BOOL("log_lock_waits", SUPERUSER, "off"),
    INT("log_min_duration_sample", SUPERUSER, "-1", "ms", -1, 2147483647),
    INT("log_min_duration_statement", SUPERUSER, "-1", "ms", -1, 2147483647),
    WORDS("log_min_error_statement", SUPERUSER, "error", "debug5,debug4,debug3,debug2,debug1,info,notice,warning,error,log,fatal,panic"),
    WORDS("log_min_messages", SUPERUSER, "warning", "debug5,debug4,debug3,debug2,debug1,info,notice,warning,error,log,fatal,panic"),
    INT("log_parameter_max_length", SUPERUSER, "-1", "B", -1, 1073741823),
    INT("log_parameter_max_length_on_error", FIXED, "0", "B", -1, 1073741823),
    BOOL("log_parser_stats", SUPERUSER, "off"),
    BOOL("log_planner_stats", SUPERUSER, "off"),
    BOOL("log_replication_commands", SUPERUSER, "off"),
    WORDS("log_statement", SUPERUSER, "none", "none,ddl,mod,all"),
    REAL("log_statement_sample_rate", SUPERUSER, "1", 0, 1),
    BOOL("log_statement_stats", SUPERUSER, "off"),
    INT("log_temp_files", SUPERUSER, "-1", "kB", -1, 2147483647),
    REAL("log_transaction_sample_rate", SUPERUSER, "0", 0, 1),
    INT("logical_decoding_work_mem", FREE, "64MB", "kB", 64, 2147483647),
    INT("maintenance_io_concurrency", FREE, "10", NULL, 0, 1000),
    INT("max_parallel_maintenance_workers", FREE, "2", NULL, 0, 1024),
    INT("max_parallel_workers", FREE, "8", NULL, 0, 1024),
    INT("max_stack_depth", SUPERUSER, "2MB", "kB", 100, 2147483647),
    INT("min_parallel_index_scan_size", FREE, "512kB", "8kB", 0, 715827882),
    INT("min_parallel_table_scan_size", FREE, "8MB", "8kB", 0, 715827882),
    BOOL("parallel_leader_participation", FREE, "on"),
    REAL("parallel_setup_cost", FREE, "1000", 0, DBL_MAX),
    REAL("parallel_tuple_cost", FREE, "0.1", 0, DBL_MAX),
    REAL("random_page_cost", FREE, "4", 0, DBL_MAX),
    REAL("recursive_worktable_factor", FREE, "10", 0.001, 1e+06),
    TEXT("restrict_nonsystem_relation_kind", FREE, ""),
    REAL("seq_page_cost", FREE, "1", 0, DBL_MAX),
    TEXT("session_preload_libraries", SUPERUSER, ""),
    WORDS("stats_fetch_consistency", FREE, "cache", "none,cache,snapshot"),
    INT("temp_buffers", FREE, "8MB", "8kB", 100, 1073741823),
    INT("temp_file_limit", SUPERUSER, "-1", "kB", -1, 2147483647),
    TEXT("timezone_abbreviations", FIXED, "Default"),
    BOOL("trace_notify", FIXED, "off"),
    BOOL("trace_sort", FIXED, "off"),
    BOOL("track_activities", SUPERUSER, "on"),
    BOOL("track_counts", SUPERUSER, "on"),
    WORDS("track_functions", SUPERUSER, "none", "none,pl,all"),
    BOOL("track_io_timing", SUPERUSER, "off"),
    BOOL("track_wal_io_timing", SUPERUSER, "off"),
    BOOL("update_process_title", SUPERUSER, "on"),
    {"vacuum_cost_delay", FORM_REAL, FREE, "0", "ms", 0, 100, NULL},
    INT("vacuum_cost_limit", FREE, "200", NULL, 1, 10000),
    INT("vacuum_cost_page_dirty", FREE, "20", NULL, 0, 10000),
    INT("vacuum_cost_page_hit", FREE, "1", NULL, 0, 10000),
    INT("vacuum_cost_page_miss", FREE, "2", NULL, 0, 10000),
    INT("vacuum_failsafe_age", FREE, "1600000000", NULL, 0, 2100000000),
    INT("vacuum_freeze_min_age", FREE, "50000000", NULL, 0, 1000000000),
    INT("vacuum_freeze_table_age", FREE, "150000000", NULL, 0, 2000000000),
    INT("vacuum_multixact_failsafe_age", FREE, "1600000000", NULL, 0, 2100000000),
    INT("vacuum_multixact_freeze_min_age", FREE, "5000000", NULL, 0, 1000000000),
    INT("vacuum_multixact_freeze_table_age", FREE, "150000000", NULL, 0, 2000000000),
    WORDS("wal_compression", SUPERUSER, "off", "pglz,lz4,zstd,on,off"),
    TEXT("wal_consistency_checking", SUPERUSER, ""),
    BOOL("wal_init_zero", SUPERUSER, "on"),
    BOOL("wal_recycle", SUPERUSER, "on"),
    INT("wal_sender_timeout", FIXED, "1min", "ms", 0, 2147483647),
    INT("wal_skip_threshold", FREE, "2MB", "kB", 0, 2147483647),
    BOOL("zero_damaged_pages", SUPERUSER, "off"),
};
/* clang-format on */

size_t setting_known_count(void)
{
    return sizeof table / sizeof *table;
}

static const struct known *known_of(size_t i)
{
    assert(i < setting_known_count());
    return &table[i];
}

const char *setting_known_name(size_t i)
{
    return known_of(i)->name;
}

const char *setting_known_default(size_t i)
{
    return known_of(i)->initial;
}

/* ---- units ---- */

struct unit {
    const char *name;
    double size; /* in bytes or milliseconds */
};

static const struct unit memory[] = {
    {"TB", 1099511627776.0}, {"GB", 1073741824.0}, {"MB", 1048576.0}, {"kB", 1024.0}, {"B", 1.0}};
static const struct unit times[] = {{"d", 86400000.0}, {"h", 3600000.0}, {"min", 60000.0},
                                    {"s", 1000.0},     {"ms", 1.0},      {"us", 0.001}};
enum { MEMORY_UNITS = sizeof memory / sizeof *memory, TIME_UNITS = sizeof times / sizeof *times };

static bool is_memory(const struct known *k)
{
    return k->unit && k->unit[strlen(k->unit) - 1] == 'B';
}

/* What one of the setting's own unit is; blocks of 8kB are one, too. */
static double base_of(const struct known *k)
{
    assert(k->unit);
    if (strcmp(k->unit, "8kB") == 0)
        return 8192.0;
    for (size_t i = 0; i < MEMORY_UNITS; i++)
        if (strcmp(k->unit, memory[i].name) == 0)
            return memory[i].size;
    return strcmp(k->unit, "s") == 0 ? 1000.0 : 1.0;
}

static const struct unit *units_of(const struct known *k, size_t *n)
{
    assert(k->unit);
    *n = is_memory(k) ? MEMORY_UNITS : TIME_UNITS;
    return is_memory(k) ? memory : times;
}

/* In the setting's own unit; false: it is no number, or its unit is none. */
static bool read_number(const struct known *k, const char *in, double *out)
{
    char *end;
    *out = strtod(in, &end);
    if (end == in || !isfinite(*out))
        return false;
    while (*end == ' ')
        end++;
    size_t n = strlen(end), nunits = 0;
    while (n > 0 && end[n - 1] == ' ')
        n--;
    if (n == 0)
        return true;
    const struct unit *units = k->unit ? units_of(k, &nunits) : NULL;
    for (size_t i = 0; i < nunits; i++)
        if (strlen(units[i].name) == n && strncmp(units[i].name, end, n) == 0) {
            *out *= units[i].size / base_of(k);
            return true;
        }
    return false;
}

/* In the largest unit that divides it; a number that is not above zero has none. */
static void show_number(const struct known *k, int64_t v, char *out, size_t n)
{
    size_t nunits = 0;
    const struct unit *units = k->unit && v > 0 ? units_of(k, &nunits) : NULL;
    for (size_t i = 0; i < nunits; i++) {
        double in_unit = (double)v * base_of(k) / units[i].size;
        if (in_unit >= 1 && in_unit == floor(in_unit)) {
            (void)snprintf(out, n, "%lld%s", (long long)in_unit, units[i].name);
            return;
        }
    }
    (void)snprintf(out, n, "%lld", (long long)v);
}

/* ---- checks ---- */

static int bad_value(const struct known *k, const char *in, struct err *e)
{
    return err_set(e, SQLSTATE_INVALID_PARAMETER_VALUE, "invalid value for parameter \"%s\": \"%s\"", k->name,
                   in);
}

static int check_number(const struct known *k, const char *in, char *out, size_t n, struct err *e)
{
    double v;
    bool whole = k->form == FORM_INT;
    assert(whole || k->form == FORM_REAL);
    if (!read_number(k, in, &v)) {
        (void)bad_value(k, in, e);
        if (k->unit)
            err_hint(e, is_memory(k)
                            ? "Valid units for this parameter are \"B\", \"kB\", \"MB\", \"GB\", and \"TB\"."
                            : "Valid units for this parameter are \"us\", \"ms\", \"s\", \"min\", \"h\", and "
                              "\"d\".");
        return ST_ERR;
    }
    v = whole ? rint(v) : v;
    const char *blank = k->unit ? " " : "", *unit = k->unit ? k->unit : "";
    if (v < k->least || v > k->most) {
        if (whole && fabs(v) > INT32_MAX)
            return bad_value(k, in, e);
        return whole ? err_set(e, SQLSTATE_INVALID_PARAMETER_VALUE,
                               "%lld%s%s is outside the valid range for parameter \"%s\" (%.0f .. %.0f)",
                               (long long)v, blank, unit, k->name, k->least, k->most)
                     : err_set(e, SQLSTATE_INVALID_PARAMETER_VALUE,
                               "%g is outside the valid range for parameter \"%s\" (%g .. %g)", v, k->name,
                               k->least, k->most);
    }
    if (whole)
        show_number(k, (int64_t)v, out, n);
    else
        (void)snprintf(out, n, "%g%s", v, v > 0 ? unit : "");
    return ST_OK;
}

/* Whether a word is in a list of them; out: as the list has it. */
static bool in_list(const char *list, const char *word, char *out, size_t n)
{
    for (const char *at = list; *at;) {
        size_t len = strcspn(at, ",");
        if (str_ieq((struct str){at, len}, str_of(word))) {
            (void)snprintf(out, n, "%.*s", (int)len, at);
            return true;
        }
        at += len + (at[len] == ',');
    }
    return false;
}

static int check_words(const struct known *k, const char *in, char *out, size_t n, struct err *e)
{
    if (in_list(k->words, in, out, n) || (setting_bool(in) == 1 && in_list(k->words, "on", out, n)) ||
        (setting_bool(in) == 0 && in_list(k->words, "off", out, n)))
        return ST_OK;
    (void)bad_value(k, in, e);
    char shown[ERR_MESSAGE_MAX];
    size_t used = 0;
    for (const char *at = k->words; *at && used + 2 < sizeof shown; at++) {
        shown[used++] = *at;
        if (*at == ',')
            shown[used++] = ' ';
    }
    err_hint(e, "Available values: %.*s.", (int)used, shown);
    return ST_ERR;
}

int setting_known_check(size_t i, const char *in, char *out, size_t n, struct err *e)
{
    const struct known *k = known_of(i);
    if (k->who == SUPERUSER)
        return err_set(e, SQLSTATE_INSUFFICIENT_PRIVILEGE, "permission denied to set parameter \"%s\"",
                       k->name);
    if (strlen(in) >= n)
        return err_set(e, SQLSTATE_PROGRAM_LIMIT_EXCEEDED, "value for parameter \"%s\" is too long", k->name);
    switch (k->form) {
    case FORM_BOOL:
        if (setting_bool(in) < 0)
            return err_set(e, SQLSTATE_INVALID_PARAMETER_VALUE, "parameter \"%s\" requires a Boolean value",
                           k->name);
        (void)snprintf(out, n, "%s", setting_bool(in) ? "on" : "off");
        break;
    case FORM_INT:
    case FORM_REAL: TRY(check_number(k, in, out, n, e)); break;
    case FORM_WORDS: TRY(check_words(k, in, out, n, e)); break;
    case FORM_TEXT: (void)snprintf(out, n, "%s", in); break;
    }
    if (k->who == FIXED && strcmp(out, k->initial) != 0)
        return err_set(e, SQLSTATE_FEATURE_NOT_SUPPORTED,
                       "parameter \"%s\" cannot be set to \"%s\" on this server", k->name, in);
    return ST_OK;
}

void setting_known_counted(size_t i, const char *value, char *out, size_t n)
{
    const struct known *k = known_of(i);
    double v;
    if (k->form == FORM_INT && read_number(k, value, &v))
        (void)snprintf(out, n, "%lld", (long long)rint(v));
    else if (k->unit && read_number(k, value, &v))
        (void)snprintf(out, n, "%g", v);
    else
        (void)snprintf(out, n, "%s", value);
}
