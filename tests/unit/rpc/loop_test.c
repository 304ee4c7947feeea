/* A worker and its client in one process: what comes back is what the backend itself would have said. */
#include "../backend/local_fixture.h"

#include "base/account.h"
#include "base/clock.h"
#include "base/thread_pool.h"
#include "copy/options.h"
#include "rpc/client.h"
#include "rpc/service.h"
#include "sql/copy.h"
#include "sql/statement.h"
#include "sql/token.h"

#include <poll.h>
#include <pthread.h>

static struct backend *local;
static struct thread_pool *pool;
static struct rpc_service *service;
static struct rpc_client *client;

static const struct rpc_security plain;

static int open_loop(void **state)
{
    if (open_backend(state) != 0)
        return -1;
    local = backend;
    const struct thread_pool_options po = {.max = 16, .reserve = 2, .idle_ms = 1000, .name = "test"};
    static const char *const addresses[] = {"127.0.0.1:0"};
    assert_int_equal(thread_pool_new(&pool, &po, &err), ST_OK);
    const struct rpc_service_options so = {
        .backend = local,
        .server =
            {.addresses = addresses, .naddresses = 1, .security = &plain, .silence_ms = 2000, .pool = pool},
        .sessions_max = 4,
        .version = "test",
    };
    assert_int_equal(rpc_service_new(&service, &so, &err), ST_OK);
    char address[32];
    (void)snprintf(address, sizeof address, "127.0.0.1:%d", rpc_service_port(service));
    const struct rpc_client_options co = {
        .channel = {.address = address, .security = &plain, .timeout_ms = 2000}, .gateway = "test"};
    assert_int_equal(rpc_client_new(&client, &co, &err), ST_OK);
    backend = rpc_client_backend(client);
    return 0;
}

static int close_loop(void **state)
{
    rpc_client_free(client);
    rpc_service_stop(service);
    thread_pool_free(pool);
    rpc_service_free(service);
    backend = local;
    return close_backend(state);
}

static void test_rows(void **state)
{
    (void)state;
    struct backend_session *s = session();
    assert_string_equal(query(s, "select 1 + 0, 'x', null"), "1|x|NULL\n");
    struct backend_stmt *st = prepared(s, "select $1::int + 1 as n, $2::text");
    assert_int_equal(st->info.nparams, 2);
    assert_int_equal(st->info.param_oids[0], 23);
    assert_string_equal(st->info.desc->columns[0].name, "n");
    assert_int_equal(st->info.effect, BACKEND_READS);
    static const char *const values[] = {"41", NULL};
    struct backend_portal *p = started_with(s, st, values);
    s->ops->stmt_free(st); /* the portal keeps what it needs */
    assert_string_equal(all(s, p), "42|NULL\n");
    s->ops->portal_close(p);
    s->ops->session_close(s);
}

static void test_pages_and_back(void **state)
{
    (void)state;
    static char text[TEXT_MAX];
    struct backend_session *s = session();
    struct backend_portal *p = started(s, "from range(5)");
    uint64_t n;
    assert_int_equal(fetched(s, p, 2, text, &n), ST_EOF);
    assert_string_equal(text, "0\n1\n");
    assert_false(p->complete);
    assert_int_equal(p->position, 2);
    err_init(&err);
    assert_int_equal(s->ops->park(p, CLOCK_NEVER, &err), ST_OK);
    assert_int_equal(fetched(s, p, 9, text, &n), ST_EOF);
    assert_string_equal(text, "2\n3\n4\n");
    assert_true(p->complete);
    s->ops->portal_close(p);
    struct backend_stmt *st = prepared(s, "select i from range(10000) r(i)");
    p = bound(s, st, NULL);
    p->scroll = true;
    assert_int_equal(s->ops->start(p, &err), ST_OK);
    const struct backend_fetch skip = {.max_rows = 9000, .skip = true, .batch_bytes = 65536};
    struct row_stream *rs;
    struct row_batch *b;
    n = 0;
    assert_int_equal(s->ops->fetch(p, &skip, &rs, &err), ST_OK);
    while (row_stream_next(rs, &b, &err) == ST_OK)
        n += b->nrows;
    row_stream_close(rs);
    assert_int_equal(n, 9000);
    const struct backend_fetch back = {.from = 9000, .max_rows = 2, .backward = true, .batch_bytes = 65536};
    struct backend_portal *slice = NULL;
    assert_int_equal(s->ops->slice(p, &back, &slice, &err), ST_OK);
    assert_string_equal(all(s, slice), "8999\n8998\n");
    assert_int_equal(p->position, 8998);
    s->ops->portal_close(slice);
    s->ops->portal_close(p);
    s->ops->stmt_free(st);
    s->ops->session_close(s);
}

static void test_errors_keep_all(void **state)
{
    (void)state;
    struct backend_session *s = session();
    struct backend_stmt *st = NULL;
    err_init(&err);
    assert_int_equal(s->ops->prepare(s, &(struct sql_tokens){.text = STR("select nope from range(1)")}, NULL,
                                     0, &st, &err),
                     ST_ERR);
    assert_int_equal(err.code, SQLSTATE_UNDEFINED_COLUMN);
    assert_int_equal(err.position, 8);
    assert_fails(s, "select 'x'::int", "22P02");
    struct backend_portal *p =
        started(s, "select case when i = 5000 then 'x' else '1' end::int from range(10000) t(i)");
    uint64_t n;
    assert_int_equal(fetched(s, p, 0, NULL, &n), ST_ERR);
    assert_int_equal(err.code, SQLSTATE_INVALID_TEXT_REPRESENTATION);
    s->ops->portal_close(p);
    assert_string_equal(query(s, "select 1 + 0"), "1\n");
    s->ops->session_close(s);
}

static void test_many_rows(void **state)
{
    (void)state;
    struct backend_session *s = session();
    struct backend_portal *p = started(s, "select i, repeat('r', 200) from range(100000) t(i)");
    const struct backend_fetch how = {.batch_bytes = 65536};
    struct row_stream *rs;
    struct row_batch *b;
    uint64_t rows = 0;
    int st;
    err_init(&err);
    assert_int_equal(s->ops->fetch(p, &how, &rs, &err), ST_OK);
    while ((st = row_stream_next(rs, &b, &err)) == ST_OK) {
        assert_true(b->len <= 2 * RPC_BATCH_MAX);
        rows += b->nrows;
    }
    assert_int_equal(st, ST_EOF);
    assert_int_equal(rows, 100000);
    row_stream_close(rs);
    s->ops->portal_close(p);
    p = started(s, "select repeat('r', 100000) from range(20) t(i) union all select repeat('r', 300000)");
    rows = 0;
    assert_int_equal(s->ops->fetch(p, &how, &rs, &err), ST_OK);
    while ((st = row_stream_next(rs, &b, &err)) == ST_OK) {
        assert_true(b->len <= 2 * RPC_BATCH_MAX || b->nrows == 1);
        rows += b->nrows;
    }
    assert_int_equal(rows, 21);
    row_stream_close(rs);
    s->ops->portal_close(p);
    p = started(s, "select i, repeat('r', 200) from range(100000000) t(i)");
    assert_int_equal(s->ops->fetch(p, &how, &rs, &err), ST_OK);
    assert_int_equal(row_stream_next(rs, &b, &err), ST_OK);
    row_stream_close(rs); /* left early */
    s->ops->portal_close(p);
    assert_string_equal(query(s, "select 1 + 0"), "1\n");
    s->ops->session_close(s);
}

struct canceller {
    struct backend_session *session;
    pthread_t thread;
};

static void *cancel_soon(void *arg)
{
    const struct canceller *c = arg;
    (void)poll(NULL, 0, 200);
    c->session->ops->cancel(c->session);
    return NULL;
}

static void test_cancel(void **state)
{
    (void)state;
    struct backend_session *s = session();
    struct canceller c = {.session = s};
    struct backend_stmt *st = prepared(s, "select i from range(100000000000) t(i) where i % 7 = 9");
    struct backend_portal *p = bound(s, st, NULL);
    assert_int_equal(pthread_create(&c.thread, NULL, cancel_soon, &c), 0);
    uint64_t n;
    err_init(&err);
    int rc = s->ops->start(p, &err); /* with the first rows, or not */
    if (rc == ST_OK)
        rc = fetched(s, p, 0, NULL, &n);
    assert_int_equal(rc, ST_ERR);
    assert_int_equal(err.code, SQLSTATE_QUERY_CANCELED);
    s->ops->stmt_free(st);
    (void)pthread_join(c.thread, NULL);
    s->ops->portal_close(p);
    s->ops->cancel(s); /* nothing runs */
    assert_string_equal(query(s, "select 1 + 0"), "1\n");
    s->ops->session_close(s);
}

static void test_transaction_and_settings(void **state)
{
    (void)state;
    struct backend_session *s = session(), *other = session();
    s->ops->portal_close(started(s, "create table loop_t (a int)"));
    err_init(&err);
    assert_int_equal(s->ops->tx(s, BACKEND_TX_BEGIN, &err), ST_OK);
    struct backend_portal *p = started(s, "insert into loop_t values (1), (2)");
    assert_int_equal(p->rows_affected, 2);
    s->ops->portal_close(p);
    assert_string_equal(query(other, "select count(*) from loop_t"), "0\n");
    assert_int_equal(s->ops->tx(s, BACKEND_TX_COMMIT, &err), ST_OK);
    assert_string_equal(query(other, "select count(*) from loop_t"), "2\n");
    const struct backend_settings zone = {.time_zone = "Asia/Tokyo", .extra_float_digits = 1};
    assert_int_equal(s->ops->apply_settings(s, &zone, &err), ST_OK);
    assert_string_equal(query(s, "select timestamptz '2020-01-01 00:00:00+00'"), "2020-01-01 09:00:00+09\n");
    const struct backend_settings nowhere = {.time_zone = "No/Where"};
    assert_int_equal(s->ops->apply_settings(s, &nowhere, &err), ST_ERR);
    assert_int_equal(err.code, SQLSTATE_INVALID_PARAMETER_VALUE);
    s->ops->session_close(other);
    s->ops->session_close(s);
}

/* It is kept by the worker, and counts against what the session may take here. */
static void a_line_that_does_not_end(struct backend_session *s, const struct backend_copy_in *in)
{
    char piece[10000];
    struct account memory = {.max = 1000000};
    struct backend_copy *c = NULL;
    memset(piece, 'x', sizeof piece);
    err_init(&err);
    assert_true(account_take(&memory, 500000));
    s->memory = &memory;
    assert_int_equal(s->ops->tx(s, BACKEND_TX_BEGIN, &err), ST_OK);
    assert_int_equal(s->ops->copy_open(s, in, &c, &err), ST_OK);
    for (int i = 0; i < 20; i++)
        assert_int_equal(s->ops->copy_data(c, piece, sizeof piece, &err), ST_OK);
    assert_int_equal(s->ops->copy_settle(c, &err), ST_OK);
    int st = ST_OK;
    for (int i = 0; i < 100000 && st == ST_OK; i++)
        st = s->ops->copy_data(c, piece, sizeof piece, &err);
    assert_int_equal(st, ST_ERR);
    assert_int_equal(err.code, SQLSTATE_OUT_OF_MEMORY);
    assert_true(memory.refused);
    s->ops->copy_close(c);
    s->memory = NULL;
    err_init(&err);
    assert_int_equal(s->ops->tx(s, BACKEND_TX_ROLLBACK, &err), ST_OK);
}

static void test_copy_in(void **state)
{
    (void)state;
    struct backend_session *s = session();
    struct arena a;
    struct sql_statement statement;
    struct sql_copy copy;
    struct backend_copy *c = NULL;
    uint64_t rows = 0;
    arena_init(&a, 1 << 20);
    s->ops->portal_close(started(s, "create table loop_c (a int, b text)"));
    err_init(&err);
    assert_int_equal(sql_classify(&a, sql_tokens_of(STR("copy loop_c from stdin")), &statement, &err), ST_OK);
    assert_int_equal(sql_parse_copy(&a, &statement, &copy, &err), ST_OK);
    const struct backend_copy_in in = {
        .table = copy.source, .name = copy.table, .options = &copy.options, .statement = &copy};
    assert_int_equal(s->ops->tx(s, BACKEND_TX_BEGIN, &err), ST_OK);
    assert_int_equal(s->ops->copy_open(s, &in, &c, &err), ST_OK);
    assert_int_equal(c->ncolumns, 2);
    assert_int_equal(s->ops->copy_data(c, "1\tone\n2\tt", 9, &err), ST_OK);
    assert_int_equal(s->ops->copy_data(c, "wo\n", 3, &err), ST_OK);
    assert_int_equal(s->ops->copy_finish(c, &rows, &err), ST_OK);
    assert_int_equal(rows, 2);
    s->ops->copy_close(c);
    assert_int_equal(s->ops->tx(s, BACKEND_TX_COMMIT, &err), ST_OK);
    assert_string_equal(query(s, "select * from loop_c order by a"), "1|one\n2|two\n");
    assert_int_equal(s->ops->tx(s, BACKEND_TX_BEGIN, &err), ST_OK);
    assert_int_equal(s->ops->copy_open(s, &in, &c, &err), ST_OK);
    int st = ST_OK;
    for (int i = 0; i < 100000 && st == ST_OK; i++)
        st = s->ops->copy_data(c, "x\tbad\n", 6, &err);
    assert_int_equal(st, ST_ERR);
    assert_int_equal(err.code, SQLSTATE_INVALID_TEXT_REPRESENTATION);
    s->ops->copy_close(c);
    err_init(&err);
    assert_int_equal(s->ops->tx(s, BACKEND_TX_ROLLBACK, &err), ST_OK);
    a_line_that_does_not_end(s, &in);
    arena_release(&a);
    s->ops->session_close(s);
}

static void test_bounds(void **state)
{
    (void)state;
    static const struct backend_identity who = {"u", "db", "test"};
    struct backend_session *open[5] = {0};
    int64_t until = clock_now_us() + 5000000; /* those of other tests end behind their backs */
    while (rpc_service_stats(service).sessions > 0 && clock_now_us() < until)
        (void)poll(NULL, 0, 10);
    for (unsigned i = 0; i < 4; i++)
        open[i] = session();
    err_init(&err);
    assert_int_equal(backend->ops->session_open(backend, &who, &open[4], &err), ST_ERR);
    assert_int_equal(err.code, SQLSTATE_TOO_MANY_CONNECTIONS);
    struct backend_stmt *statements[100]; /* more than ids wait to be closed */
    for (unsigned i = 0; i < 100; i++)
        statements[i] = prepared(open[0], "select 1 + 0");
    for (unsigned i = 0; i < 100; i++)
        open[0]->ops->stmt_free(statements[i]);
    assert_string_equal(query(open[0], "select 1 + 0"), "1\n");
    for (unsigned i = 0; i < 4; i++)
        open[i]->ops->session_close(open[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_pages_and_back),
        cmocka_unit_test(test_errors_keep_all),
        cmocka_unit_test(test_many_rows),
        cmocka_unit_test(test_cancel),
        cmocka_unit_test(test_transaction_and_settings),
        cmocka_unit_test(test_copy_in),
        cmocka_unit_test(test_bounds),
    };
    return cmocka_run_group_tests(tests, open_loop, close_loop);
}
