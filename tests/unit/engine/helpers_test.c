#include "engine/engine.h"

#include "base/alloc.h"
#include "base/clock.h"

#include <dirent.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct engine *engine;
static struct engine_conn *conn;
static struct err err;

static int64_t run(const char *sql)
{
    struct engine_stmt *st = NULL;
    struct engine_result *r = NULL;
    const struct chunk_view *chunk = NULL;
    err_init(&err);
    if (engine_prepare(conn, str_of(sql), &st, &err) != ST_OK ||
        engine_run(st, ENGINE_STREAM, NULL, &r, &err) != ST_OK ||
        engine_result_next(r, &chunk, &err) != ST_OK)
        fail_msg("%s", err.message);
    int64_t first = *(const int64_t *)chunk->columns[0].data;
    while (engine_result_next(r, &chunk, &err) == ST_OK)
        ;
    engine_result_free(r);
    engine_stmt_free(st);
    return first;
}

/* Clock ticks that threads of this name have used. */
static unsigned long cpu_of(const char *name)
{
    unsigned long total = 0;
    DIR *tasks = opendir("/proc/self/task");
    for (struct dirent *d; (d = readdir(tasks));) {
        char path[300], line[512] = "";
        unsigned long user, system;
        (void)snprintf(path, sizeof path, "/proc/self/task/%s/stat", d->d_name);
        FILE *f = fopen(path, "r");
        if (!f)
            continue;
        char *got = fgets(line, sizeof line, f);
        (void)fclose(f);
        const char *rest = got ? strrchr(line, ')') : NULL;
        if (rest && strstr(line, name) &&
            sscanf(rest, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system) == 2)
            total += user + system;
    }
    (void)closedir(tasks);
    return total;
}

static void open_engine(unsigned threads)
{
    err_init(&err);
    if (engine_open(&engine, &(struct engine_options){.threads = threads}, &err) != ST_OK ||
        engine_connect(engine, &conn, &err) != ST_OK)
        fail_msg("%s", err.message);
}

static void close_engine(void)
{
    engine_disconnect(conn);
    engine_close(engine);
}

static const char long_one[] =
    "select count(*) from range(200000000) t(i) where hash(i) % 1000 = 7 and hash(i + 1) % 1000 = 8";

static void a_long_statement_is_helped(void **state)
{
    (void)state;
    open_engine(4);
    (void)run(long_one);
    assert_true(cpu_of("engine helper") > 0);
    assert_int_equal(run("select current_setting('threads')::bigint"), 4);
    close_engine();
}

static void short_ones_are_not(void **state)
{
    (void)state;
    /* A statement that the scheduler held up was late, and helped: on a busy machine a round may say nothing. */
    enum { ROUNDS = 6, TICKS = 2 };
    bool quiet = false;
    open_engine(4);
    for (int round = 0; round < ROUNDS && !quiet; round++) {
        const unsigned long before = cpu_of("engine helper");
        for (int i = 0; i < 1000; i++)
            assert_int_equal(run("select 7::bigint"), 7);
        quiet = cpu_of("engine helper") - before <= TICKS;
    }
    close_engine();
    assert_true(quiet);
}

static void one_thread_is_enough(void **state)
{
    (void)state;
    open_engine(1);
    assert_int_equal(run("select count(*) from range(1000000)"), 1000000);
    assert_int_equal(cpu_of("engine helper"), 0);
    close_engine();
}

static void *interrupt_soon(void *arg)
{
    (void)usleep(200 * 1000);
    engine_interrupt(arg);
    return NULL;
}

static void an_interrupt_reaches_the_helpers(void **state)
{
    struct engine_stmt *st;
    struct engine_result *r = NULL;
    const struct chunk_view *chunk;
    pthread_t other;
    (void)state;
    open_engine(4);
    err_init(&err);
    assert_int_equal(
        engine_prepare(conn, STR("select count(*) from range(1000000000000) t(i) where hash(i) % 1000 = 7"),
                       &st, &err),
        ST_OK);
    assert_int_equal(pthread_create(&other, NULL, interrupt_soon, conn), 0);
    int64_t begun = clock_now_us();
    int status = engine_run(st, ENGINE_STREAM, NULL, &r, &err);
    if (status == ST_OK)
        status = engine_result_next(r, &chunk, &err);
    assert_int_equal(status, ST_ERR);
    assert_int_equal(err.code, SQLSTATE_QUERY_CANCELED);
    assert_true(clock_now_us() - begun < 10 * INT64_C(1000000));
    (void)pthread_join(other, NULL);
    engine_result_free(r);
    engine_stmt_free(st);
    assert_int_equal(run("select 7::bigint"), 7);
    close_engine(); /* waits for the helpers */
}

/* Many connections, long and short statements: all right, none hangs. */
static void *run_some(void *arg)
{
    struct engine_conn *c;
    struct err e;
    err_init(&e);
    if (engine_connect(engine, &c, &e) != ST_OK)
        return arg;
    for (int i = 0; i < 20; i++)
        if (engine_exec(c, i % 4 ? "select 1" : "select sum(hash(i) % 10) from range(2000000) t(i)", &e) !=
            ST_OK)
            return arg;
    engine_disconnect(c);
    return NULL;
}

static void many_at_once(void **state)
{
    pthread_t threads[8];
    (void)state;
    open_engine(3);
    for (size_t i = 0; i < 8; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, run_some, engine), 0);
    for (size_t i = 0; i < 8; i++) {
        void *failed = NULL;
        (void)pthread_join(threads[i], &failed);
        assert_null(failed);
    }
    close_engine();
}

static void every_allocation_fails_once(void **state)
{
    (void)state;
    for (unsigned nth = 1, more = 1; more; nth++) {
        struct engine *en = NULL;
        err_init(&err);
        alloc_fail_nth(nth);
        int st = engine_open(&en, &(struct engine_options){.threads = 2}, &err);
        more = alloc_failed();
        assert_int_equal(st, more ? ST_ERR : ST_OK);
        if (st == ST_OK)
            engine_close(en);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_long_statement_is_helped),
                                       cmocka_unit_test(short_ones_are_not),
                                       cmocka_unit_test(one_thread_is_enough),
                                       cmocka_unit_test(an_interrupt_reaches_the_helpers),
                                       cmocka_unit_test(many_at_once),
                                       cmocka_unit_test(every_allocation_fails_once)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
