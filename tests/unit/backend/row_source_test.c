/* Each source of rows alone, by the calls that all of them have. What the engine's pipeline encodes needs a
 * whole backend: local_direct_test.c. */
#include "fake_source.h"

#include "backend/local_literals.h"
#include "backend/local_result.h"
#include "backend/local_rows.h"
#include "base/alloc.h"

#include <stdlib.h>

enum { ROWS = 5000, FIRST = 7 };

static struct engine *engine;
static struct engine_conn *conn;

static struct engine_result *result_of(const char *sql)
{
    struct engine_stmt *st = NULL;
    struct engine_result *r = NULL;
    err_init(&err);
    if (engine_prepare(conn, str_of(sql), &st, &err) != ST_OK ||
        engine_run(st, ENGINE_STREAM, NULL, &r, &err) != ST_OK) {
        print_error("%s: %s\n", sql, err.message);
        abort();
    }
    engine_stmt_free(st);
    return r;
}

static int64_t value(const struct chunk_view *c, size_t row)
{
    return ((const int64_t *)c->columns[0].data)[row];
}

/* ---- the engine's result ---- */

static void test_result(void **state)
{
    (void)state;
    struct local_result r;
    const struct chunk_view *c;
    size_t n;
    int64_t next = 0;
    int st;
    local_result_open(&r, result_of("select i, 'x' || i from range(5000) t(i)"));
    assert_null(r.source.ops->at);
    assert_null(r.source.ops->encoded);
    assert_int_equal(row_source_types(&r.source, &n)[1]->type, ENGINE_VARCHAR);
    assert_int_equal(n, 2);
    while ((st = row_source_next(&r.source, &c, &err)) == ST_OK)
        for (size_t i = 0; i < c->nrows; i++)
            assert_int_equal(value(c, i), next++);
    assert_int_equal(st, ST_EOF);
    assert_int_equal(next, ROWS);
    row_source_close(&r.source);
    local_result_open(
        &r, result_of("select case when i = 300000 then error('late') else i end from range(1000000) t(i)"));
    do
        st = row_source_next(&r.source, &c, &err);
    while (st == ST_OK);
    for (int again = 0; again < 2; again++) {
        err_init(&err);
        assert_int_equal(row_source_next(&r.source, &c, &err), ST_ERR);
        assert_string_equal(err.message, "late");
    }
    row_source_close(&r.source);
    local_result_open(&r, result_of("select i from range(100000000) t(i)"));
    row_source_close(&r.source); /* not read */
    row_source_close(NULL);
}

/* ---- what was put down ---- */

static const struct local_rows_options in_memory = {.batch_rows = 1000};

static struct local_rows *put_down(void)
{
    struct local_rows *rows = NULL;
    struct local_result r;
    const struct chunk_view *c;
    size_t n;
    local_result_open(&r, result_of("select i from range(5000) t(i)"));
    const struct engine_column_type *const *types = row_source_types(&r.source, &n);
    int st = local_rows_new(&rows, FIRST, types, n, &in_memory, &err);
    while (st == ST_OK && (st = row_source_next(&r.source, &c, &err)) == ST_OK)
        st = local_rows_put(rows, c, 0, c->nrows, &err);
    row_source_close(&r.source);
    assert_int_equal(st, ST_EOF);
    return rows;
}

static void row_is_there(struct row_source *s, uint64_t row)
{
    const struct chunk_view *c;
    uint64_t first;
    assert_int_equal(row_source_at(s, row, &c, &first, &err), ST_OK);
    assert_in_range(row, first, first + c->nrows - 1);
    assert_int_equal(value(c, (size_t)(row - first)), row - FIRST);
}

static void test_rows(void **state)
{
    (void)state;
    static const uint64_t none[] = {0, FIRST - 1, FIRST + ROWS, UINT64_MAX};
    struct local_rows *rows = put_down();
    struct row_source *s = local_rows_source(rows);
    const struct chunk_view *c = NULL;
    uint64_t first = 0;
    size_t n;
    assert_null(s->ops->next);
    assert_int_equal(row_source_types(s, &n)[0]->type, ENGINE_INT64);
    assert_int_equal(local_rows_count(rows), ROWS);
    row_is_there(s, FIRST + ROWS - 1); /* before the end, too */
    assert_int_equal(local_rows_end(rows, &err), ST_OK);
    for (uint64_t i = FIRST + ROWS; i-- > FIRST;)
        row_is_there(s, i);
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        assert_int_equal(row_source_at(s, none[i], &c, &first, &err), ST_EOF);
    assert_null(c);
    assert_int_equal(first, 0);
    row_source_close(s);
}

static int put_and_get(void)
{
    const int64_t values[] = {3, 4};
    const struct column_view column = {.type = &fake_bigint, .data = values};
    const struct chunk_view given = {.nrows = 2, .ncolumns = 1, .columns = &column};
    const struct chunk_view *c;
    struct local_rows *rows = NULL;
    uint64_t first;
    err_init(&err);
    int st = local_rows_new(&rows, 0, fake_types, 1, &in_memory, &err);
    if (st == ST_OK)
        st = local_rows_put(rows, &given, 0, 2, &err);
    if (st == ST_OK)
        st = row_source_at(local_rows_source(rows), 1, &c, &first, &err);
    if (st == ST_OK)
        assert_int_equal(value(c, (size_t)(1 - first)), 4);
    local_rows_free(rows);
    return st;
}

static void test_rows_without_memory(void **state)
{
    (void)state;
    for (unsigned nth = 1, more = 1; more; nth++) {
        alloc_fail_nth(nth);
        int st = put_and_get();
        more = alloc_failed();
        assert_int_equal(st, more ? ST_ERR : ST_OK);
        assert_true(!more || err.code == SQLSTATE_OUT_OF_MEMORY);
    }
}

/* ---- the kept row of a SELECT of literals ---- */

static void keep(int64_t rows)
{
    struct fake_source from = fake_of(rows, false);
    const struct chunk_view *c;
    err_init(&err);
    assert_int_equal(row_source_next(&from.source, &c, &err), ST_OK);
    local_literals_keep(&fake_local, &fake_stmt, &from.source, c);
}

static void test_literals(void **state)
{
    (void)state;
    const struct chunk_view *c;
    uint64_t first;
    size_t n;
    keep(2); /* two rows are not kept */
    keep(2);
    assert_null(local_literals_find(&fake_local, fake_stmt.sql));
    keep(1); /* its hash alone */
    assert_null(local_literals_find(&fake_local, fake_stmt.sql));
    for (unsigned nth = 1; nth < 4; nth++) { /* without memory: as if it had not run */
        alloc_fail_nth(nth);
        keep(1);
        assert_true(alloc_failed());
        assert_null(local_literals_find(&fake_local, fake_stmt.sql));
    }
    keep(1);
    struct local_literals *k = local_literals_find(&fake_local, fake_stmt.sql);
    if (!k)
        abort();
    local_literals_clear(&fake_local); /* whoever has it goes on with it */
    struct row_source *s = local_literals_source(k);
    assert_ptr_equal(local_literals_desc(k), fake_stmt.base.info.desc);
    assert_int_equal(row_source_types(s, &n)[0]->type, ENGINE_INT64);
    assert_int_equal(n, 1);
    for (int again = 0; again < 2; again++) {
        assert_int_equal(row_source_at(s, 0, &c, &first, &err), ST_OK);
        assert_int_equal(first, 0);
        assert_int_equal(value(c, 0), 0);
        assert_int_equal(row_source_at(s, 1, &c, &first, &err), ST_EOF);
    }
    row_source_close(s); /* which does nothing */
    local_literals_unref(k);
    assert_null(local_literals_find(&fake_local, fake_stmt.sql));
}

static int set_up(void **state)
{
    const struct engine_options options = {.threads = 2};
    if (fake_open(state) != ST_OK || engine_open(&engine, &options, &err) != ST_OK ||
        engine_connect(engine, &conn, &err) != ST_OK) {
        print_error("%s\n", err.message);
        return 1;
    }
    return 0;
}

static int tear_down(void **state)
{
    engine_disconnect(conn);
    engine_close(engine);
    return fake_shut(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_result),
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_rows_without_memory),
        cmocka_unit_test(test_literals),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
