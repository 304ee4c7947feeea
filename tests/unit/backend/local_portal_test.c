#include "local_fixture.h"

static void test_pages(void **state)
{
    (void)state;
    static char text[TEXT_MAX];
    struct backend_session *s = session();
    struct backend_portal *p = started(s, "from range(5)");
    uint64_t n;
    assert_int_equal(fetched(s, p, 2, text, &n), ST_EOF);
    assert_string_equal(text, "0\n1\n");
    assert_false(p->complete);
    assert_int_equal(fetched(s, p, 3, text, &n), ST_EOF);
    assert_string_equal(text, "2\n3\n4\n");
    assert_false(p->complete); /* nobody has looked further */
    assert_int_equal(fetched(s, p, 1, text, &n), ST_EOF);
    assert_int_equal(n, 0);
    assert_true(p->complete);
    assert_int_equal(fetched(s, p, 1, text, &n), ST_EOF);
    s->ops->portal_close(p);
    s->ops->session_close(s);
}

/* Every row once and in order, over chunk borders, whatever the sizes of the pages. */
static void test_pages_over_chunks(void **state)
{
    (void)state;
    static char text[TEXT_MAX];
    struct backend_session *s = session();
    struct backend_portal *p = started(s, "select i from range(30000) r(i)");
    unsigned long want = 0;
    for (uint64_t page = 1; !p->complete; page = page % 3001 * 2 + 1) {
        uint64_t n;
        assert_int_equal(fetched(s, p, page, text, &n), ST_EOF);
        assert_true(n == page || p->complete);
        for (char *at = text; *at; at = strchr(at, '\n') + 1)
            assert_int_equal(strtoul(at, NULL, 10), want++);
    }
    assert_int_equal(want, 30000);
    s->ops->portal_close(p);
    s->ops->session_close(s);
}

static void test_batches(void **state)
{
    (void)state;
    struct backend_session *s = session();
    struct backend_portal *p = started(s, "select i from range(100000) r(i)");
    const struct backend_fetch how = {.batch_bytes = 1000, .batch_rows = 7};
    struct row_stream *rs;
    struct row_batch *b;
    uint64_t rows = 0;
    int st;
    err_init(&err);
    assert_int_equal(s->ops->fetch(p, &how, &rs, &err), ST_OK);
    while ((st = row_stream_next(rs, &b, &err)) == ST_OK) {
        assert_in_range(b->nrows, 1, 7);
        rows += b->nrows;
    }
    assert_int_equal(st, ST_EOF);
    assert_int_equal(rows, 100000);
    row_stream_close(rs);
    s->ops->portal_close(p);
    p = started(s, "select i from range(100000) r(i)");
    const struct backend_fetch large = {.batch_bytes = ROW_BATCH_MAX};
    assert_int_equal(s->ops->fetch(p, &large, &rs, &err), ST_OK);
    assert_int_equal(row_stream_next(rs, &b, &err), ST_OK);
    assert_int_equal(b->nrows, 2048); /* the first chunk does not wait for a full batch */
    assert_int_equal(row_stream_next(rs, &b, &err), ST_OK);
    assert_true(b->nrows > 4096);
    row_stream_close(rs);
    s->ops->portal_close(p); /* abandoned */
    assert_string_equal(query(s, "select 1"), "1\n");
    s->ops->session_close(s);
}

static void test_error_after_rows(void **state)
{
    (void)state;
    struct backend_session *s = session();
    struct backend_portal *p =
        started(s, "select case when i = 300000 then error('late') else i end from range(1000000) r(i)");
    uint64_t n;
    assert_int_equal(fetched(s, p, 0, NULL, &n), ST_ERR);
    assert_string_equal(err.message, "late");
    assert_true(n > 0 && n <= 300000);
    assert_false(p->complete);
    assert_int_equal(fetched(s, p, 0, NULL, &n), ST_ERR);
    assert_string_equal(err.message, "late");
    s->ops->portal_close(p);
    assert_string_equal(query(s, "select 1"), "1\n");
    s->ops->session_close(s);
}

static void test_portals_interleave(void **state)
{
    (void)state;
    static char text[TEXT_MAX];
    struct backend_session *s = session();
    uint64_t n;
    query(s, "create table it as select * from range(5000) r(a)");
    for (int in_tx = 0; in_tx < 2; in_tx++) {
        err_init(&err);
        if (in_tx)
            assert_int_equal(s->ops->tx(s, BACKEND_TX_BEGIN, &err), ST_OK);
        struct backend_portal *p = started(s, "select a from it order by a"),
                              *q = started(s, "select a * 2 from it order by a");
        assert_int_equal(fetched(s, p, 2, text, &n), ST_EOF);
        assert_string_equal(text, "0\n1\n");
        assert_int_equal(fetched(s, q, 2, text, &n), ST_EOF);
        assert_string_equal(text, "0\n2\n");
        query(s, "insert into it values (-1)");
        assert_int_equal(fetched(s, p, 0, text, &n), ST_EOF);
        assert_int_equal(n, 4998);
        assert_int_equal(fetched(s, q, 0, text, &n), ST_EOF);
        assert_int_equal(n, 4998);
        s->ops->portal_close(p);
        s->ops->portal_close(q);
        assert_string_equal(query(s, "select count(*) from it"), "5001\n");
        if (in_tx)
            assert_int_equal(s->ops->tx(s, BACKEND_TX_ROLLBACK, &err), ST_OK);
        else
            query(s, "delete from it where a = -1");
    }
    assert_string_equal(query(s, "select count(*) from it"), "5000\n");
    query(s, "drop table it");
    s->ops->session_close(s);
}

/* Where another connection would not show the same, the portal stays and the other statement waits. */
static void test_portal_that_cannot_move(void **state)
{
    (void)state;
    static char text[TEXT_MAX];
    uint64_t n;
    for (int why = 0; why < 3; why++) {
        struct backend_session *s = session();
        err_init(&err);
        if (why == 0) {
            query(s, "create temp table own as select * from range(3000) r(a)");
        } else if (why == 1) {
            assert_int_equal(s->ops->tx(s, BACKEND_TX_BEGIN, &err), ST_OK);
            query(s, "create table own as select * from range(3000) r(a)");
        } else {
            query(s, "set variable x = 3000");
        }
        struct backend_portal *p = started(s, why < 2 ? "from own" : "from range(getvariable('x'))");
        assert_int_equal(fetched(s, p, 1, text, &n), ST_EOF);
        assert_fails(s, "select 1", "0A000");
        assert_int_equal(fetched(s, p, 0, text, &n), ST_EOF);
        assert_int_equal(n, 2999);
        assert_string_equal(query(s, "select 1"), "1\n");
        s->ops->portal_close(p);
        if (why == 1)
            assert_int_equal(s->ops->tx(s, BACKEND_TX_ROLLBACK, &err), ST_OK);
        s->ops->session_close(s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pages),
        cmocka_unit_test(test_pages_over_chunks),
        cmocka_unit_test(test_batches),
        cmocka_unit_test(test_error_after_rows),
        cmocka_unit_test(test_portals_interleave),
        cmocka_unit_test(test_portal_that_cannot_move),
    };
    return cmocka_run_group_tests(tests, open_backend, close_backend);
}
