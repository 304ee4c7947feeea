/* The database: opened with a configuration that nobody can change afterwards. */
#include "engine/database.h"

#include "engine/deviation.h"
#include "engine/engine_priv.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "engine/arithmetic.h"
#include "engine/array_join.h"
#include "engine/catalog_list.h"
#include "engine/catalog_lookup.h"
#include "engine/catalog_rows.h"
#include "engine/catalog_snapshot.h"
#include "engine/catalog_types.h"
#include "engine/composite_types.h"
#include "engine/copied_rows.h"
#include "engine/decimal_casts.h"
#include "engine/functions.h"
#include "engine/guard_files.h"
#include "engine/guard_memory.h"
#include "engine/guard_priv.h"
#include "engine/interval_casts.h"
#include "engine/interval_sum.h"
#include "engine/json_values.h"
#include "engine/jsonb_casts.h"
#include "engine/lake_lock.h"
#include "engine/list_functions.h"
#include "engine/numeric_functions.h"
#include "engine/own_catalog.h"
#include "engine/packed_casts.h"
#include "engine/range_casts.h"
#include "engine/range_functions.h"
#include "engine/real_arithmetic.h"
#include "engine/real_casts.h"
#include "engine/rounding.h"
#include "engine/session_casts.h"
#include "engine/session_value.h"
#include "engine/shown.h"
#include "engine/sink_priv.h"
#include "engine/text_casts.h"
#include "engine/unknown.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum { SETTING_MAX = 64 * 1024 };

#define SPILL_PREFIX "tavana_spill_"

DEFINE_CLEANUP(struct engine, engine_close)
DEFINE_CLEANUP(struct engine_conn, engine_disconnect)

const char *engine_version(void)
{
    return duckdb_library_version();
}

/* Settings that a session changes for itself; all others are locked. local.c lets no user have the first. */
#define SESSION_SETTINGS                                                                                     \
    "['streaming_buffer_size', 'TimeZone', '" ENGINE_STYLE_OPTION "', 'search_path', 'schema']"

/* Of every engine that we open; docs/decisions/engine.md gives the reasons. */
static const struct {
    const char *name, *value;
} fixed[] = {
    {"autoinstall_known_extensions", "false"},
    {"autoload_known_extensions", "false"},
    {"allow_community_extensions", "false"},
    {"allow_persistent_secrets", "false"},
    {"default_null_order", "nulls_last_on_asc_first_on_desc"},
    {"errors_as_json", "true"},
    {"allocator_background_threads", "true"},
    {"allocator_flush_threshold", "1MB"},
    {"allocator_bulk_deallocation_flush_threshold", "4MB"},
};

static int set_config(duckdb_config config, const char *name, const char *value, struct err *e)
{
    if (duckdb_set_config(config, name, value) == DuckDBSuccess)
        return ST_OK;
    return err_set(e, SQLSTATE_CONFIG_FILE_ERROR, "the engine does not take \"%s\" for its setting \"%s\"",
                   value, name);
}

static int configure(duckdb_config config, const struct engine_options *o, const char *spill, struct err *e)
{
    for (size_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++)
        TRY(set_config(config, fixed[i].name, fixed[i].value, e));
    if (o->read_only)
        TRY(set_config(config, "access_mode", "read_only", e));
    if (o->memory_limit)
        TRY(set_config(config, "memory_limit", o->memory_limit, e));
    if (o->threads) {
        char threads[16];
        (void)snprintf(threads, sizeof threads, "%u", o->threads);
        TRY(set_config(config, "threads", threads, e));
    }
    TRY(set_config(config, "temp_directory", spill, e));
    if (*spill && o->temp_directory_limit)
        TRY(set_config(config, "max_temp_directory_size", o->temp_directory_limit, e));
    return ST_OK;
}

static void put_literal(struct buf *b, const char *text)
{
    buf_put_u8(b, '\'');
    for (; *text; text++) {
        if (*text == '\'')
            buf_put_u8(b, '\'');
        buf_put_u8(b, (uint8_t)*text);
    }
    buf_put_u8(b, '\'');
}

static int exec_buf(struct engine_conn *c, struct buf *b, struct err *e)
{
    buf_put_u8(b, '\0');
    if (!buf_ok(b))
        return err_oom(e);
    int st = engine_exec(c, (const char *)b->data, e);
    buf_clear(b);
    return st;
}

static int load_extensions(struct engine_conn *c, const struct engine_options *o, struct buf *b,
                           struct err *e)
{
    for (size_t i = 0; i < o->nextensions; i++) {
        buf_printf(b, "LOAD ");
        put_literal(b, o->extensions[i]);
        TRY(exec_buf(c, b, e));
        c->engine->has_lake |= lake_lock_is_needed(o->extensions[i]);
    }
    return ST_OK;
}

/* The one INTEGER that a statement of ours answers. */
static int ask_integer(struct engine_conn *c, struct str sql, int32_t *out, struct err *e)
{
    struct engine_stmt *st = NULL;
    struct engine_result *r = NULL;
    const struct chunk_view *chunk;
    int status = engine_prepare(c, sql, &st, e);
    if (status == ST_OK)
        status = engine_run(st, ENGINE_MATERIALIZE, NULL, &r, e);
    if (status == ST_OK && (status = engine_result_next(r, &chunk, e)) == ST_OK) {
        assert(chunk->nrows == 1 && chunk->ncolumns == 1 && chunk->columns[0].type->type == ENGINE_INT32);
        *out = *(const int32_t *)chunk->columns[0].data;
    }
    engine_result_free(r);
    engine_stmt_free(st);
    return status;
}

/* The engine keeps no threads of its own: ours help it. Its count of threads, by which it cuts its work,
 * stays. */
static int take_threads_over(struct engine_conn *c, struct err *e)
{
    int32_t threads = 1;
    TRY(ask_integer(c, STR("SELECT current_setting('threads')::INTEGER"), &threads, e));
    char sql[64];
    (void)snprintf(sql, sizeof sql, "SET GLOBAL external_threads = %d", (int)threads);
    TRY(engine_exec(c, sql, e));
    return helpers_new(&c->engine->helpers, c->engine, (unsigned)threads, e);
}

/* Without a cipher the engine would take the setting and refuse the first statement that spills. */
static int encrypt_spill(struct engine_conn *c, struct err *e)
{
    int32_t ciphers = 0;
    TRY(ask_integer(
        c,
        STR("SELECT count(*)::INTEGER FROM duckdb_extensions() WHERE extension_name = 'httpfs' AND loaded"),
        &ciphers, e));
    if (!ciphers)
        return err_set(
            e, SQLSTATE_CONFIG_FILE_ERROR,
            "option \"spill_encryption\" needs the engine's extension httpfs, which has the cipher: name "
            "its file in the option \"extensions\"");
    return engine_exec(c, "SET GLOBAL temp_file_encryption = true", e);
}

/* The order matters: each step takes away what the one before still needs. */
static int lock_down(struct engine_conn *c, const struct engine_options *o, struct buf *b, struct err *e)
{
    TRY(engine_exec(c, "SET GLOBAL TimeZone = 'UTC'", e));
    TRY(take_threads_over(c, e));
    TRY(load_extensions(c, o, b, e));
    if (o->spill_encryption)
        TRY(encrypt_spill(c, e));
    TRY(catalog_types_register(c, e));
    TRY(jsonb_casts_register(c, e));
    TRY(range_casts_register(c, o->text, e));
    TRY(packed_casts_register(c, o->text, e));
    TRY(catalog_rows_register(c, e));
    TRY(catalog_list_register(c, e));
    TRY(catalog_lookup_register(c, e));
    TRY(copied_rows_register(c->engine, c, e));
    TRY(sink_register(c->engine, c, e));
    TRY(functions_register(c, e));
    TRY(arithmetic_register(c, e));
    TRY(real_arithmetic_register(c, e));
    TRY(rounding_register(c, e));
    TRY(real_casts_register(c, e));
    TRY(decimal_casts_register(c, e));
    TRY(numeric_functions_register(c, e));
    TRY(unknown_register(c, e));
    TRY(shown_register(c, o->text, e));
    TRY(array_join_register(c, o->text, e));
    TRY(json_values_register(c, o->text, e));
    TRY(interval_casts_register(c, e));
    TRY(interval_sum_register(c, e));
    TRY(deviation_register(c, e));
    TRY(list_functions_register(c, e));
    TRY(range_functions_register(c, e));
    TRY(functions_register_style(c, e));
    TRY(text_casts_register(c, e));
    TRY(session_casts_register(c, e));
    TRY(session_value_register(c, e));
    TRY(composite_types_register(c, e));
    TRY(own_catalog_attach(c, &o->catalog, e));
    for (size_t i = 0; i < o->ninit; i++)
        TRY(engine_exec(c, o->init[i], e));
    buf_printf(b, "SET allowed_directories = [");
    for (size_t i = 0; i < o->nallowed_directories; i++) {
        if (i)
            buf_printf(b, ", ");
        put_literal(b, o->allowed_directories[i]);
    }
    buf_printf(b, "]");
    TRY(exec_buf(c, b, e));
    TRY(engine_exec(c, "SET enable_external_access = false", e));
    TRY(engine_exec(c, "SET allowed_configs = " SESSION_SETTINGS, e));
    TRY(engine_exec(c, "SET lock_configuration = true", e));
    guard_memory_bound(o->resident_max);
    if (o->temp_directory && *o->temp_directory)
        TRY(guard_files_add(c->engine, o->temp_directory, e));
    return guard_close(c, o->protect, o->nprotect, o->allowed_functions, o->nallowed_functions, e);
}

/* The engine's own text says why it cannot be opened, but only by the call that also takes a
 * configuration. */
static int open_database(struct engine *en, const struct engine_options *o, struct err *e)
{
    duckdb_config config = NULL;
    if (duckdb_create_config(&config) != DuckDBSuccess)
        return err_oom(e);
    int st = configure(config, o, en->spill.path, e);
    char *why = NULL;
    if (st == ST_OK &&
        duckdb_open_ext(o->path && *o->path ? o->path : NULL, &en->db, config, &why) != DuckDBSuccess)
        st = engine_error(e, why, NULL);
    duckdb_free(why);
    duckdb_destroy_config(&config);
    return st;
}

int engine_open(struct engine **out, const struct engine_options *o, struct err *e)
{
    CLEANUP(engine_closep) struct engine *en = mem_calloc(1, sizeof *en);
    if (!en)
        return err_oom(e);
    (void)pthread_mutex_init(&en->copied_lock, NULL); /* cannot fail without attributes */
    list_init(&en->copied);
    (void)pthread_mutex_init(&en->sinks_lock, NULL);
    list_init(&en->sinks);
    (void)pthread_mutex_init(&en->catalogs_lock, NULL);
    list_init(&en->catalogs);
    (void)pthread_mutex_init(&en->lake_lock, NULL);
    en->text = o->text;
    en->spill = (struct private_dir)PRIVATE_DIR_NONE;
    TRY(guard_init(e));
    if (o->temp_directory && *o->temp_directory)
        TRY(private_dir_make(&en->spill, o->temp_directory, SPILL_PREFIX, e));
    TRY(open_database(en, o, e));
    CLEANUP(engine_disconnectp) struct engine_conn *c = NULL;
    TRY(engine_connect(en, &c, e));
    CLEANUP(buf_release) struct buf b;
    buf_init(&b, SETTING_MAX);
    TRY(lock_down(c, o, &b, e));
    *out = TAKE_PTR(en);
    return ST_OK;
}

void engine_close(struct engine *en)
{
    if (!en)
        return;
    assert(list_is_empty(&en->copied)); /* no COPY is under way: their rows lie in memory of their own */
    helpers_free(en->helpers);
    assert(list_is_empty(&en->sinks)); /* all connections are closed */
    catalog_cache_release(en);
    guard_open(en);
    duckdb_close(&en->db);
    private_dir_remove(&en->spill);
    (void)pthread_mutex_destroy(&en->copied_lock);
    (void)pthread_mutex_destroy(&en->sinks_lock);
    (void)pthread_mutex_destroy(&en->catalogs_lock);
    mem_free(en);
}
