/* A session without a front: what the core answers when nothing speaks a protocol, over the fake backend. The
 * reply writes its answers down as a line of text; the client hands in a file and notes what it is asked. */
#include "fake_backend.h"

#include "base/thread_pool.h"
#include "rows/row_batch.h"
#include "rows/row_desc.h"
#include "session/session_priv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { TEXT_MAX = 1024 };

static struct fake *fake;
static struct session_server *server;
static struct session session;
static struct worker worker;
static struct err err;

/* ---- a reply that writes down ---- */

struct notes {
    struct reply base;
    char text[TEXT_MAX];
};

static void note(struct reply *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void note(struct reply *r, const char *fmt, ...)
{
    struct notes *n = list_entry(r, struct notes, base);
    size_t at = strlen(n->text);
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(n->text + at, sizeof n->text - at, fmt, ap);
    va_end(ap);
    at = strlen(n->text);
    (void)snprintf(n->text + at, sizeof n->text - at, " ");
}

static void columns(struct reply *r, const struct row_desc *desc, const int16_t *formats)
{
    note(r, formats ? "columns %u as asked" : "columns %u", desc->ncolumns);
}

static void no_columns(struct reply *r)
{
    note(r, "no columns");
}

static void rows_begin(struct reply *r, const struct row_desc *desc, const int16_t *formats, bool is_page)
{
    (void)desc;
    (void)formats;
    note(r, is_page ? "page" : "rows");
}

static int rows(struct reply *r, struct row_batch *batch, bool is_last, struct err *e)
{
    (void)e;
    note(r, is_last ? "%llu." : "%llu", (unsigned long long)batch->nrows);
    return ST_OK;
}

static int rows_end(struct reply *r, int status, struct err *e)
{
    (void)e;
    note(r, status < 0 ? "failed" : "end");
    return status;
}

static int ready_rows(struct reply *r, const void *p, size_t n, struct err *e)
{
    (void)p, (void)e;
    note(r, n ? "ready rows" : "no rows");
    return ST_OK;
}

static int flush(struct reply *r, struct err *e)
{
    (void)e;
    note(r, "flush");
    return ST_OK;
}

static void tag(struct reply *r, const char *text)
{
    note(r, "[%s]", text);
}

static void suspended(struct reply *r)
{
    note(r, "suspended");
}

static void empty(struct reply *r)
{
    note(r, "empty");
}

static void copy_begins(struct reply *r, enum reply_copy way, bool binary, uint16_t ncolumns,
                        const char *encoding)
{
    (void)encoding;
    note(r, "copy %s%s of %u", way == REPLY_COPY_IN ? "in" : "out", binary ? " binary" : "", ncolumns);
}

static void copy_ends(struct reply *r)
{
    note(r, "copied");
}

static void report(struct reply *r, enum reply_severity severity, const struct err *e)
{
    static const char *const names[] = {"notice", "warning", "error", "fatal"};
    note(r, "%s %s", names[severity], sqlstate_code(e->code));
}

static const struct reply_ops reply_ops = {
    .columns = columns,
    .no_columns = no_columns,
    .rows_begin = rows_begin,
    .rows = rows,
    .rows_end = rows_end,
    .ready_rows = ready_rows,
    .flush = flush,
    .tag = tag,
    .suspended = suspended,
    .empty = empty,
    .copy_begins = copy_begins,
    .copy_ends = copy_ends,
    .report = report,
};

static struct notes notes;

/* ---- a client that is asked ---- */

struct asked {
    struct session_client base;
    const char *file; /* of COPY FROM STDIN, handed in line by line; NULL: it gives up */
    bool waits, gone;
    unsigned woken, hung_up;
};

static struct asked client;

static bool is_waiting(struct session_client *c)
{
    return list_entry(c, struct asked, base)->waits;
}

static int copy_in(struct session_client *c, struct copy_sink *sink, struct err *e)
{
    const struct asked *a = list_entry(c, struct asked, base);
    for (const char *p = a->file, *next; p && *p; p = next) {
        next = strchr(p, '\n') + 1;
        int st = sink->data(sink, p, (size_t)(next - p), e);
        if (st < 0) {
            sink->locate(sink, e);
            return st;
        }
    }
    TRY(sink->settle(sink, e));
    if (a->file)
        return ST_OK;
    (void)err_set(e, SQLSTATE_QUERY_CANCELED, "it gives up");
    sink->locate(sink, e);
    return ST_ERR;
}

static void wake(struct session_client *c)
{
    list_entry(c, struct asked, base)->woken++;
}

static const char *name(struct session_client *c)
{
    (void)c;
    return "somebody";
}

static bool is_gone(struct session_client *c)
{
    return list_entry(c, struct asked, base)->gone;
}

static void send_held(struct session_client *c, int64_t now_us)
{
    (void)c, (void)now_us;
}

static void hang_up(struct session_client *c, const struct err *why, int64_t now_us)
{
    (void)why, (void)now_us;
    list_entry(c, struct asked, base)->hung_up++;
}

static const struct session_client_ops client_ops = {
    .is_waiting = is_waiting,
    .copy_in = copy_in,
    .wake = wake,
    .name = name,
    .is_gone = is_gone,
    .send_held = send_held,
    .hang_up = hang_up,
};

/* ---- a server and its one session ---- */

static const struct fake_statement script[] = {
    {.sql = "insert 1", .effect = BACKEND_WRITES, .tag = "INSERT 0", .tag_count = true, .affected = 1},
    {.sql = "select fail", .columns = "i", .fails_at = FAKE_START, .code = SQLSTATE_DIVISION_BY_ZERO},
    {.sql = "SELECT * FROM t", .columns = "it", .rows = 2},
    {.sql = "INSERT INTO t (\"i1\", \"t2\") SELECT \"i1\", \"t2\" FROM t",
     .effect = BACKEND_WRITES,
     .tag = "INSERT 0"},
};

static int set_up(void **state)
{
    const struct session_config c = {
        .max_connections = 1,
        .logins_max = 1,
        .memory_max = 64 * 1024 * 1024,
        .statements_max = 10,
        .portals_max = 10,
        .cursors_max = 10,
        .server_cursors_max = 10,
        .cursor_cleanup_us = 3600LL * 1000 * 1000,
        .flush_bytes = 64 * 1024,
        .stream_memory = 64 * 1024 * 1024,
        .client_check_us = 3600LL * 1000 * 1000,
        .engine_sql = true, /* scripts are what the backend gets */
        .version = "test",
    };
    (void)state;
    err_init(&err);
    notes = (struct notes){.base.ops = &reply_ops};
    client = (struct asked){.base.ops = &client_ops};
    fake = fake_new();
    assert_non_null(fake);
    fake_script(fake, script, sizeof script / sizeof *script);
    const struct session_wiring w = {.backend = fake_backend(fake)};
    assert_int_equal(session_server_new(&server, &w, &c, &err), ST_OK);
    assert_int_equal(waker_init(&worker.waker, &err), ST_OK);
    session_init(&session, server, &notes.base, &client.base);
    assert_true(registry_claim(&session, 0));
    assert_int_equal(session_identify(&session, "u", "db", &err), ST_OK);
    struct err e;
    err_init(&e);
    assert_int_equal(registry_count_in(&session, &e), ST_OK);
    session_runs(&session, &worker);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    session_stop_hearing(&session);
    session_close(&session);
    session_rests(&session);
    registry_release(&session);
    session_release(&session);
    assert_string_equal(fake_breaches(fake), "");
    assert_int_equal(fake_open_all(fake), 0);
    assert_int_equal(server->admission.used, 0);
    assert_int_equal(server->running, 0);
    session_server_free(server);
    waker_release(&worker.waker);
    fake_free(fake);
    return 0;
}

/* ---- what a front does ---- */

static int run_one(const struct sql_statement *sql, const struct execution *how)
{
    struct statement *st = NULL;
    struct portal *p = NULL;
    TRY(statement_from(&session, "", sql, NULL, 0, &st, &err));
    int rc = portal_new(&session, "", st, NULL, 0, false, &p, &err);
    statement_free(st);
    TRY(rc);
    assert_int_equal(portal_add(&session, p, &err), ST_OK);
    p->tells = portal_desc(p) != NULL;
    rc = portal_execute(&session, p, how, &err);
    if (rc == ST_OK && how->max_rows) {
        session_look_ahead(&session);
        rc = portal_execute(&session, p, how, &err);
    }
    portal_drop_if_there(&session, p);
    return rc;
}

static int run_all(const char *sql, const struct execution *how)
{
    struct sql_list list = {0};
    bool parsed;
    session_query_is(&session, str_of(sql));
    TRY(session_split(&session, str_of(sql), &list, &parsed, &err));
    for (size_t i = 0; i < list.n; i++) {
        if (list.n > 1)
            TRY(tx_implicit_begin(&session, &err));
        TRY(run_one(&list.items[i], how));
    }
    return tx_implicit_commit(&session, &err);
}

static const char *answer(const char *sql, uint64_t max_rows)
{
    notes.text[0] = '\0';
    err_init(&err);
    memory_begin(&session.memory, session_config(&session)->memory_max);
    session_message_begin(&session, true, clock_now_us());
    if (run_all(sql, &(struct execution){.max_rows = max_rows}) < 0) {
        session_name_cancel(&session, &err);
        session_report(&session, REPLY_ERROR, &err);
        session_statement_failed(&session);
        tx_failed(&session);
    }
    session_pipeline_over(&session, true);
    session_message_end(&session);
    arena_clear(&session.message_arena);
    return notes.text;
}

#define ask(sql, text) assert_string_equal(answer(sql, 0), text)

/* ---- the tests ---- */

static void rows_of_a_query(void **state)
{
    (void)state;
    ask("select 3", "columns 1 rows 3. end [SELECT 3] ");
    assert_int_equal(session.stats.rows, 3);
    ask("insert 1", "[INSERT 0 1] ");
    ask("select 1; insert 1", "columns 1 rows 1. end [SELECT 1] [INSERT 0 1] ");
}

static void rows_of_a_command(void **state)
{
    (void)state;
    ask("show timezone", "columns 1 ready rows [SHOW] ");
    ask("set timezone = 'Asia/Tokyo'", "[SET] ");
    ask("select set_config('timezone', 'UTC', false)", "columns 1 ready rows [SELECT 1] ");
}

static void pages(void **state)
{
    (void)state;
    assert_string_equal(answer("select 5", 3), "columns 1 page 3 end suspended page 2. end [SELECT 2] ");
}

static void a_transaction_that_fails(void **state)
{
    (void)state;
    ask("begin", "[BEGIN] ");
    assert_true(tx_is_block(&session));
    ask("select fail", "columns 1 error 22012 ");
    assert_true(tx_has_failed(&session));
    ask("select 1", "error 25P02 ");
    ask("commit", "[ROLLBACK] ");
    assert_false(tx_is_block(&session));
    ask("rollback", "warning 25P01 [ROLLBACK] ");
}

static void a_cursor(void **state)
{
    (void)state;
    ask("declare c cursor for select 2", "error 25P01 ");
    ask("begin", "[BEGIN] ");
    ask("declare c cursor for select 2", "[DECLARE CURSOR] ");
    ask("fetch 1 from c", "columns 1 page 1 end [FETCH 1] ");
    ask("fetch all from c", "columns 1 rows 1. end [FETCH 1] ");
    ask("commit", "[COMMIT] ");
}

static void a_file_comes_in(void **state)
{
    (void)state;
    client.file = "1\n2\n";
    ask("copy t from stdin", "copy in of 1 flush [COPY 2] ");
    assert_int_equal(session.stats.bytes, 4);
    client.file = "1\nbad\n";
    ask("copy t from stdin", "copy in of 1 flush error 22P02 ");
    client.file = NULL;
    ask("copy t from stdin", "copy in of 1 flush error 57014 ");
    assert_string_equal(err.context, "COPY t, line 1");
}

static void a_file_goes_out(void **state)
{
    (void)state;
    ask("copy t to stdout", "copy out of 2 rows 2. end copied [COPY 2] ");
}

static void somebody_else_asks(void **state)
{
    (void)state;
    assert_false(session_is_wanted(&session));
    client.waits = true;
    assert_true(session_is_wanted(&session));
    client.waits = false;
    session_interrupt(&session, INT_CANCEL); /* nothing runs */
    assert_false(session_is_wanted(&session));
    session_server_drain(server);
    assert_int_equal(client.woken, 1);
    assert_false(session_is_wanted(&session));
    assert_true(server_is_draining(server));
    session_server_terminate(server);
    assert_int_equal(client.woken, 2);
    assert_true(session_is_wanted(&session));
    ask("select 1", "error 57P01 ");
}

static void who_cancels_knows_the_key(void **state)
{
    const uint8_t key[] = {1, 2, 3, 4}, another[] = {1, 2, 3, 5};
    (void)state;
    assert_false(registry_cancel(server, session.place.pid, key, 0));
    registry_set_key(&session, key, sizeof key);
    assert_false(registry_cancel(server, session.place.pid, key, 0));
    assert_false(registry_cancel(server, session.place.pid, another, sizeof another));
    assert_false(registry_cancel(server, session.place.pid + 1, key, sizeof key));
    assert_true(registry_cancel(server, session.place.pid, key, sizeof key));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(rows_of_a_query),          TEST(rows_of_a_command),  TEST(pages),
        TEST(a_transaction_that_fails), TEST(a_cursor),           TEST(a_file_comes_in),
        TEST(a_file_goes_out),          TEST(somebody_else_asks), TEST(who_cancels_knows_the_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
