/* What putting a result aside costs: a segment file of ours beside a temporary table of the engine, filled by
 * its appender. spool DATABASE TABLE TEMP_DIRECTORY prints medians; docs/decisions/spool.md has them. */
#include "backend/local_rows.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "engine/engine.h"
#include "spool/file_store.h"

#include <duckdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RUNS = 3, PICKS = 200, PICK_ROWS = 100, MEMORY_MB = 512 };

enum figure { SCAN, OURS_PUT, OURS_READ, OURS_PICK, TABLE_PUT, TABLE_READ, TABLE_PICK, FIGURES };

static const char *const names[] = {
    "scan alone",           "segment file: scan and put",       "segment file: read all",
    "segment file: pick",   "temporary table: scan and append", "temporary table: read all",
    "temporary table: pick"};
static double seconds[FIGURES][RUNS];
static double bytes_on_disk;

static void fail(const char *what, const char *why)
{
    (void)fprintf(stderr, "spool: %s: %s\n", what, why ? why : "");
    exit(1);
}

static void must(int st, const char *what, const struct err *e)
{
    if (st < 0)
        fail(what, e->message);
}

static double now(void)
{
    return (double)clock_now_us() / 1e6;
}

static uint64_t pick(uint64_t i, uint64_t rows)
{
    return (i * UINT64_C(0x9E3779B97F4A7C15)) % (rows - PICK_ROWS);
}

/* ---- ours ---- */

static void ours(const char *database, const char *table, const char *directory, int run)
{
    struct err e;
    struct engine *en;
    struct engine_conn *c;
    struct engine_stmt *st;
    struct engine_result *r;
    struct local_rows *rows;
    struct spool_space space;
    const struct chunk_view *chunk;
    char sql[256];
    err_init(&e);
    const struct engine_options o = {
        .path = database, .read_only = true, .memory_limit = "512MB", .temp_directory = directory};
    must(engine_open(&en, &o, &e), "open", &e);
    must(engine_connect(en, &c, &e), "connect", &e);
    int n = snprintf(sql, sizeof sql, "SELECT * FROM %s", table);
    must(engine_prepare(c, (struct str){sql, (size_t)n}, &st, &e), "prepare", &e);
    double at = now();
    must(engine_run(st, ENGINE_STREAM, NULL, &r, &e), "run", &e);
    while (engine_result_next(r, &chunk, &e) == ST_OK)
        ;
    engine_result_free(r);
    seconds[SCAN][run] = now() - at;

    spool_space_init(&space, directory, UINT64_C(1) << 40);
    const struct local_rows_options ro = {.batch_rows = 10000, .memory_rows = 10000, .home = &space.home};
    at = now();
    must(engine_run(st, ENGINE_STREAM, NULL, &r, &e), "run", &e);
    const struct engine_result_info *info = engine_result_info(r);
    must(local_rows_new(&rows, 0, info->types, info->ncolumns, &ro, &e), "rows", &e);
    while (engine_result_next(r, &chunk, &e) == ST_OK)
        must(local_rows_put(rows, chunk, 0, chunk->nrows, &e), "put", &e);
    must(local_rows_end(rows, &e), "end", &e);
    engine_result_free(r);
    seconds[OURS_PUT][run] = now() - at;
    bytes_on_disk = (double)spool_space_used(&space);

    uint64_t first, count = local_rows_count(rows);
    at = now();
    for (uint64_t i = 0; i < count; i = first + chunk->nrows)
        must(row_source_at(local_rows_source(rows), i, &chunk, &first, &e), "get", &e);
    seconds[OURS_READ][run] = now() - at;
    at = now();
    for (uint64_t i = 0; i < PICKS; i++)
        must(row_source_at(local_rows_source(rows), pick(i, count), &chunk, &first, &e), "get", &e);
    seconds[OURS_PICK][run] = (now() - at) / PICKS;
    local_rows_free(rows);
    engine_stmt_free(st);
    engine_disconnect(c);
    engine_close(en);
}

/* ---- the engine's ---- */

static void query(duckdb_connection c, const char *sql)
{
    duckdb_result r;
    if (duckdb_query(c, sql, &r) != DuckDBSuccess)
        fail(sql, duckdb_result_error(&r));
    duckdb_destroy_result(&r);
}

static uint64_t drain(duckdb_connection c, const char *sql, duckdb_appender to)
{
    duckdb_prepared_statement st;
    duckdb_pending_result pending;
    duckdb_result r;
    duckdb_data_chunk chunk;
    uint64_t rows = 0;
    if (duckdb_prepare(c, sql, &st) != DuckDBSuccess)
        fail(sql, duckdb_prepare_error(st));
    if (duckdb_pending_prepared_streaming(st, &pending) != DuckDBSuccess ||
        duckdb_execute_pending(pending, &r) != DuckDBSuccess)
        fail(sql, duckdb_pending_error(pending));
    while ((chunk = duckdb_fetch_chunk(r))) {
        rows += duckdb_data_chunk_get_size(chunk);
        if (to && duckdb_append_data_chunk(to, chunk) != DuckDBSuccess)
            fail("append", duckdb_appender_error(to));
        duckdb_destroy_data_chunk(&chunk);
    }
    duckdb_destroy_result(&r);
    duckdb_destroy_pending(&pending);
    duckdb_destroy_prepare(&st);
    return rows;
}

static void theirs(const char *database, const char *table, const char *directory, int run)
{
    duckdb_config config;
    duckdb_database db;
    duckdb_connection from, to;
    duckdb_appender appender;
    char sql[256], *why = NULL;
    duckdb_create_config(&config);
    duckdb_set_config(config, "access_mode", "READ_ONLY");
    duckdb_set_config(config, "memory_limit", "512MB");
    duckdb_set_config(config, "temp_directory", directory);
    if (duckdb_open_ext(database, &db, config, &why) != DuckDBSuccess)
        fail("open", why);
    duckdb_destroy_config(&config);
    if (duckdb_connect(db, &from) != DuckDBSuccess || duckdb_connect(db, &to) != DuckDBSuccess)
        fail("connect", NULL);
    query(from, "SET streaming_buffer_size = '1KB'");
    (void)snprintf(sql, sizeof sql, "CREATE TEMP TABLE aside AS SELECT * FROM %s LIMIT 0", table);
    query(to, sql);
    double at = now();
    if (duckdb_appender_create_ext(to, "temp", NULL, "aside", &appender) != DuckDBSuccess)
        fail("appender", duckdb_appender_error(appender));
    (void)snprintf(sql, sizeof sql, "SELECT * FROM %s", table);
    uint64_t rows = drain(from, sql, appender);
    if (duckdb_appender_close(appender) != DuckDBSuccess)
        fail("appender", duckdb_appender_error(appender));
    seconds[TABLE_PUT][run] = now() - at;
    duckdb_appender_destroy(&appender);
    query(to, "SET streaming_buffer_size = '1KB'");
    at = now();
    (void)drain(to, "SELECT * FROM aside", NULL);
    seconds[TABLE_READ][run] = now() - at;
    at = now();
    for (uint64_t i = 0; i < PICKS; i++) {
        (void)snprintf(sql, sizeof sql, "SELECT * FROM aside WHERE rowid >= %llu AND rowid < %llu",
                       (unsigned long long)pick(i, rows), (unsigned long long)pick(i, rows) + PICK_ROWS);
        if (drain(to, sql, NULL) != PICK_ROWS)
            fail(sql, "rows are missing");
    }
    seconds[TABLE_PICK][run] = (now() - at) / PICKS;
    duckdb_disconnect(&from);
    duckdb_disconnect(&to);
    duckdb_close(&db);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        (void)fprintf(stderr, "usage: spool DATABASE TABLE TEMP_DIRECTORY\n");
        return 2;
    }
    for (int run = 0; run < RUNS; run++) {
        ours(argv[1], argv[2], argv[3], run);
        theirs(argv[1], argv[2], argv[3], run);
    }
    for (size_t i = 0; i < FIGURES; i++) {
        qsort(seconds[i], RUNS, sizeof seconds[i][0], by_value);
        double s = seconds[i][RUNS / 2];
        bool each = i == OURS_PICK || i == TABLE_PICK;
        (void)printf("%-36s %10.3f %s\n", names[i], each ? s * 1e3 : s, each ? "ms" : "s");
    }
    (void)printf("%-36s %10.0f MB\n", "segment file: size", bytes_on_disk / 1e6);
    return 0;
}
