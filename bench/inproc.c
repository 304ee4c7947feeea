/* The engine without a network: what a server over it could reach. Reads commands from standard input and
 * answers each with one line of JSON, so that it runs interleaved with servers, its cache as warm as theirs.
 *
 * inproc DATABASE
 *   scan SQL      streams all chunks, looks at none      text SQL, binary SQL   and encodes the rows
 *   first SQL     up to the first chunk, from a new connection on
 *   statements THREADS MILLISECONDS SQL
 *                 DuckDB with its own settings, in memory: a connection a thread, each runs its cached
 * statement again and again memory        what the engine's own report says that it holds */
#include "base/clock.h"
#include "encode/encoder.h"
#include "engine/engine.h"
#include "pgtype/tz.h"
#include "rows/row_batch.h"

#include <duckdb.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum { COLUMNS_MAX = 1600, LINE_MAX_BYTES = 1 << 16, THREADS_MAX = 64 };

enum figure { SCAN, TEXT, BINARY, FIRST };

struct taken {
    uint64_t rows;
    int64_t first_us, us;
};

static struct engine *engine;
static int16_t binary[COLUMNS_MAX];

static void must(int st, const struct err *e)
{
    if (st >= 0)
        return;
    (void)fprintf(stderr, "inproc: %s\n", e->message);
    exit(1);
}

static double cpu_seconds(void)
{
    struct rusage u;
    (void)getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
           (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static struct engine_conn *connect_engine(void)
{
    struct err e;
    struct engine_conn *c;
    err_init(&e);
    must(engine_connect(engine, &c, &e), &e);
    return c;
}

static void encode_chunk(struct encoder *enc, const struct chunk_view *chunk, struct row_batch *batch)
{
    struct err e;
    err_init(&e);
    for (size_t row = 0; row < chunk->nrows;) {
        must(encode_rows(enc, chunk, &row, UINT64_MAX, ROW_BATCH_MAX, batch, &e), &e);
        if (row < chunk->nrows || batch->len >= ROW_BATCH_MAX)
            row_batch_clear(batch);
    }
}

static struct taken stream(const char *sql, enum figure what)
{
    struct err e;
    struct engine_stmt *st;
    struct engine_result *r;
    struct encoder *enc;
    struct row_batch batch;
    const struct chunk_view *chunk;
    const struct encode_settings settings = {.zone = tz_utc(), .extra_float_digits = 1};
    struct taken t = {0};
    err_init(&e);
    row_batch_init(&batch);
    struct engine_conn *c = connect_engine();
    int64_t begun = clock_now_us();
    must(engine_prepare(c, (struct str){sql, strlen(sql)}, &st, &e), &e);
    must(engine_run(st, ENGINE_STREAM, NULL, &r, &e), &e);
    const struct engine_result_info *info = engine_result_info(r);
    must(encoder_new(&enc, info->types, info->ncolumns, what == BINARY ? binary : NULL, &settings, &e), &e);
    while (engine_result_next(r, &chunk, &e) == ST_OK) {
        if (t.rows == 0)
            t.first_us = clock_now_us() - begun;
        t.rows += chunk->nrows;
        if (what == FIRST)
            break;
        if (what != SCAN)
            encode_chunk(enc, chunk, &batch);
    }
    t.us = clock_now_us() - begun;
    encoder_free(enc);
    engine_result_free(r);
    row_batch_release(&batch);
    engine_stmt_free(st);
    engine_disconnect(c);
    return t;
}

/* ---- statements ---- */

struct runner {
    pthread_t thread;
    const char *sql;
    int64_t until_us;
    uint64_t n;
};

/* DuckDB as it comes, not as our server sets it up. */
static duckdb_database plain;

static void *run_statements(void *arg)
{
    struct runner *r = arg;
    duckdb_connection c;
    duckdb_prepared_statement st;
    if (duckdb_connect(plain, &c) != DuckDBSuccess || duckdb_prepare(c, r->sql, &st) != DuckDBSuccess)
        exit(1);
    for (; clock_now_us() < r->until_us; r->n++) {
        duckdb_result result;
        if (duckdb_execute_prepared(st, &result) != DuckDBSuccess)
            exit(1);
        duckdb_data_chunk chunk = duckdb_fetch_chunk(result);
        duckdb_destroy_data_chunk(&chunk);
        duckdb_destroy_result(&result);
    }
    duckdb_destroy_prepare(&st);
    duckdb_disconnect(&c);
    return NULL;
}

static void statements(const char *how)
{
    static struct runner runners[THREADS_MAX];
    unsigned threads, ms;
    int at = 0;
    if (sscanf(how, "%u %u %n", &threads, &ms, &at) != 2 || threads == 0 || threads > THREADS_MAX)
        exit(2);
    if (!plain && duckdb_open(NULL, &plain) != DuckDBSuccess)
        exit(1);
    int64_t begun = clock_now_us();
    double cpu = cpu_seconds();
    uint64_t n = 0;
    for (unsigned i = 0; i < threads; i++) {
        runners[i] = (struct runner){.sql = how + at, .until_us = begun + (int64_t)ms * 1000};
        if (pthread_create(&runners[i].thread, NULL, run_statements, &runners[i]) != 0)
            exit(1);
    }
    for (unsigned i = 0; i < threads; i++) {
        (void)pthread_join(runners[i].thread, NULL);
        n += runners[i].n;
    }
    double seconds = (double)(clock_now_us() - begun) / 1e6;
    (void)printf("{\"per_s\": %.0f, \"cpu_us\": %.2f}\n", (double)n / seconds,
                 (cpu_seconds() - cpu) * 1e6 / (double)n);
}

static void memory(void)
{
    struct err e;
    struct engine_stmt *st;
    struct engine_result *r;
    const struct chunk_view *chunk;
    static const char sql[] = "SELECT sum(memory_usage_bytes)::BIGINT FROM duckdb_memory()";
    err_init(&e);
    struct engine_conn *c = connect_engine();
    must(engine_prepare(c, (struct str){sql, sizeof sql - 1}, &st, &e), &e);
    must(engine_run(st, ENGINE_MATERIALIZE, NULL, &r, &e), &e);
    must(engine_result_next(r, &chunk, &e), &e);
    (void)printf("{\"bytes\": %lld}\n", (long long)*(const int64_t *)chunk->columns[0].data);
    engine_result_free(r);
    engine_stmt_free(st);
    engine_disconnect(c);
}

static void figure(const char *sql, enum figure what)
{
    double cpu = cpu_seconds();
    struct taken t = stream(sql, what);
    (void)printf("{\"rows\": %llu, \"seconds\": %.6f, \"first_row_ms\": %.3f, \"cpu_s\": %.3f}\n",
                 (unsigned long long)t.rows, (double)t.us / 1e6, (double)t.first_us / 1e3,
                 cpu_seconds() - cpu);
}

static void obey(char *line)
{
    static const char *const figures[] = {
        [SCAN] = "scan", [TEXT] = "text", [BINARY] = "binary", [FIRST] = "first"};
    char *rest = strchr(line, ' ');
    if (rest)
        *rest++ = '\0';
    for (enum figure f = SCAN; rest && f <= FIRST; f++)
        if (strcmp(line, figures[f]) == 0)
            return figure(rest, f);
    if (strcmp(line, "memory") == 0)
        return memory();
    if (!rest || strcmp(line, "statements") != 0)
        exit(2);
    statements(rest);
}

int main(int argc, char **argv)
{
    static char line[LINE_MAX_BYTES];
    struct err e;
    if (argc != 2) {
        (void)fprintf(stderr, "usage: inproc DATABASE\n");
        return 2;
    }
    for (size_t i = 0; i < COLUMNS_MAX; i++)
        binary[i] = 1;
    err_init(&e);
    must(engine_open(&engine, &(struct engine_options){.path = argv[1], .read_only = true}, &e), &e);
    while (fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = '\0';
        obey(line);
        (void)fflush(stdout);
    }
    engine_close(engine);
    return 0;
}
