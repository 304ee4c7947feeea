#include "local_fixture.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/metric.h"

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
    assert_string_equal(query(s, "select 1 + 0"), "1\n");
    s->ops->session_close(s);
}

static struct backend_portal *scrolling(struct backend_session *s, const char *sql);

static uint64_t first_of(struct backend_session *s, struct backend_portal *p, const struct backend_fetch *how,
                         uint64_t *batch_rows)
{
    struct row_stream *rs;
    struct row_batch *b;
    err_init(&err);
    assert_int_equal(s->ops->fetch(p, how, &rs, &err), ST_OK);
    assert_int_equal(row_stream_next(rs, &b, &err), ST_OK);
    *batch_rows = b->nrows;
    uint64_t first = UINT64_MAX;
    if (b->len) {
        const uint8_t *value = b->data + 11;
        first = how->formats ? get_be64(value) : strtoul((const char *)value, NULL, 10);
    }
    row_stream_close(rs);
    return first;
}

/* Rows made ahead come once, in the format and at the place that is asked for then. */
static void test_ahead(void **state)
{
    (void)state;
    static const int16_t binary[] = {1};
    const struct backend_fetch page = {.from = 0, .max_rows = 100, .batch_bytes = 65536};
    struct backend_session *s = session();
    struct backend_portal *p = started(s, "select i from range(100000) r(i)");
    uint64_t n;
    s->ops->ahead(p); /* nothing has been fetched */
    assert_int_equal(first_of(s, p, &page, &n), 0);
    struct backend_fetch next = page;
    next.from = 100;
    next.max_rows = 5000;
    s->ops->ahead(p);
    s->ops->ahead(p);
    assert_int_equal(p->position, 100);
    assert_int_equal(p->rows, 2048); /* the engine was not asked */
    assert_int_equal(first_of(s, p, &next, &n), 100);
    assert_int_equal(n, 1948); /* the rest of the chunk, at once */
    s->ops->ahead(p);          /* the chunk is used up */
    next.from = 2048;
    next.max_rows = 10;
    assert_int_equal(first_of(s, p, &next, &n), 2048);
    assert_int_equal(n, 10);
    s->ops->ahead(p);
    next.from = 2058;
    assert_int_equal(first_of(s, p, &next, &n), 2058);
    assert_int_equal(n, 10); /* more lay ready than are wanted */
    s->ops->ahead(p);
    next.from = 2068;
    next.formats = binary;
    assert_int_equal(first_of(s, p, &next, &n), 2068);
    s->ops->ahead(p);
    next.from = 2078;
    next.skip = true;
    (void)first_of(s, p, &next, &n);
    assert_int_equal(n, 10);
    s->ops->ahead(p);
    const struct backend_fetch rest = {.from = 3000, .batch_bytes = 65536};
    assert_int_equal(first_of(s, p, &rest, &n), 3000);
    s->ops->portal_close(p);
    p = scrolling(s, "select i from range(5000) r(i)");
    next = page;
    assert_int_equal(first_of(s, p, &next, &n), 0);
    s->ops->ahead(p);
    next = (struct backend_fetch){.from = 100, .max_rows = 10, .backward = true, .batch_bytes = 65536};
    assert_int_equal(first_of(s, p, &next, &n), 99);
    s->ops->portal_close(p);
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
    assert_string_equal(query(s, "select 1 + 0"), "1\n");
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

/* Where another connection would not show the same, the rest of the portal's rows is put down. */
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
        assert_string_equal(query(s, "select 1 + 0"), "1\n");
        assert_int_equal(p->rows, 3000);
        if (why < 2)
            query(s, "delete from own");
        assert_int_equal(fetched(s, p, 0, text, &n), ST_EOF);
        assert_int_equal(n, 2999);
        s->ops->portal_close(p);
        if (why == 1)
            assert_int_equal(s->ops->tx(s, BACKEND_TX_ROLLBACK, &err), ST_OK);
        s->ops->session_close(s);
    }
}

/* ---- positions ---- */

struct move {
    uint64_t from, max;
    bool backward, skip;
    const char *rows;
    uint64_t n;
};

static void moved(struct backend_session *s, struct backend_portal *p, const struct move *m)
{
    static char text[TEXT_MAX];
    const struct backend_fetch how = {
        .from = m->from, .max_rows = m->max, .backward = m->backward, .skip = m->skip, .batch_bytes = 65536};
    struct row_stream *rs = NULL;
    struct row_batch *b = NULL;
    uint64_t n = 0;
    int st;
    text[0] = '\0';
    err_init(&err);
    assert_int_equal(s->ops->fetch(p, &how, &rs, &err), ST_OK);
    while ((st = row_stream_next(rs, &b, &err)) == ST_OK) {
        n += b->nrows;
        put_rows(text, b);
    }
    assert_int_equal(st, ST_EOF);
    row_stream_close(rs);
    assert_string_equal(text, m->rows);
    assert_int_equal(n, m->n);
    assert_int_equal(p->position, m->backward ? m->from - n : m->from + n);
}

static struct backend_portal *scrolling(struct backend_session *s, const char *sql)
{
    struct backend_stmt *st = prepared(s, sql);
    struct backend_portal *p = bound(s, st, NULL);
    p->scroll = true;
    err_init(&err);
    assert_int_equal(s->ops->start(p, &err), ST_OK);
    s->ops->stmt_free(st);
    return p;
}

/* Both ways over 10000 rows, while it streams and when it is parked. */
static void test_scroll(void **state)
{
    (void)state;
    static const struct move moves[] = {
        {0, 2, false, false, "0\n1\n", 2},
        {2, 5, true, false, "1\n0\n", 2},
        {0, 1, false, false, "0\n", 1},
        {5000, 2, false, false, "5000\n5001\n", 2},
        {2049, 3, true, false, "2048\n2047\n2046\n", 3},
        {7, 3000, false, true, "", 3000},
        {3007, 1, false, false, "3007\n", 1},
        {3008, 3000, true, true, "", 3000},
        {8, 1, true, false, "7\n", 1},
        {9998, 0, false, false, "9998\n9999\n", 2},
        {10000, 2, true, false, "9999\n9998\n", 2},
        {10000, 5, false, false, "", 0},
        {0, 0, true, false, "", 0},
        {9999, 0, false, true, "", 1},
        {0, 1, false, false, "0\n", 1},
    };
    struct backend_session *s = session();
    for (int when = 0; when < 3; when++) {
        struct backend_portal *p = scrolling(s, "select i from range(10000) r(i)");
        for (size_t i = 0; i < sizeof moves / sizeof moves[0]; i++) {
            if (when == 1 && i == 4) {
                err_init(&err);
                assert_int_equal(s->ops->park(p, CLOCK_NEVER, &err), ST_OK);
                assert_true(p->complete);
                assert_int_equal(p->rows, 10000);
            } else if (when == 2) { /* its stream has a connection of its own meanwhile */
                assert_string_equal(query(s, "select 1 + 0"), "1\n");
            }
            moved(s, p, &moves[i]);
        }
        assert_true(p->complete);
        assert_int_equal(p->rows, 10000);
        s->ops->portal_close(p);
    }
    s->ops->session_close(s);
}

/* Stopped at every chunk, read between, parked to its end, read on. */
static void test_park_in_pieces(void **state)
{
    (void)state;
    static char text[TEXT_MAX];
    struct backend_session *s = session();
    struct backend_portal *p = started(s, "from range(10000)");
    uint64_t n;
    int pieces = 0, st;
    err_init(&err);
    for (uint64_t at = 0; (st = s->ops->park(p, 0, &err)) == ST_AGAIN; at += 3, pieces++) {
        char want[64];
        assert_int_equal(fetched(s, p, 3, text, &n), ST_EOF);
        (void)snprintf(want, sizeof want, "%d\n%d\n%d\n", (int)at, (int)at + 1, (int)at + 2);
        assert_string_equal(text, want);
    }
    assert_int_equal(st, ST_OK);
    assert_true(pieces >= 3);
    assert_true(p->complete);
    assert_int_equal(fetched(s, p, 0, text, &n), ST_EOF);
    assert_int_equal(n, 10000 - 3 * pieces);
    s->ops->portal_close(p);
    s->ops->session_close(s);
}

/* Parked with a half-read chunk; the transaction ends, the rows stay. */
static void test_park(void **state)
{
    (void)state;
    static char text[TEXT_MAX];
    struct backend_session *s = session();
    uint64_t n;
    query(s, "create table pt as select i, 'a string that is not short ' || i as t from range(5000) r(i)");
    assert_int_equal(s->ops->tx(s, BACKEND_TX_BEGIN, &err), ST_OK);
    query(s, "update pt set i = i");
    struct backend_portal *p = started(s, "select i, t from pt order by i"),
                          *q = started(s, "select i from pt order by i");
    assert_int_equal(fetched(s, p, 3, text, &n), ST_EOF);
    err_init(&err);
    assert_int_equal(s->ops->park(p, CLOCK_NEVER, &err), ST_OK);
    assert_int_equal(s->ops->park(p, CLOCK_NEVER, &err), ST_OK);
    assert_int_equal(s->ops->park(q, CLOCK_NEVER, &err), ST_OK);
    assert_int_equal(s->ops->tx(s, BACKEND_TX_COMMIT, &err), ST_OK);
    query(s, "drop table pt");
    assert_int_equal(fetched(s, p, 1, text, &n), ST_EOF);
    assert_string_equal(text, "3|a string that is not short 3\n");
    moved(s, p,
          &(struct move){4995, 0, false, false,
                         "4995|a string that is not short 4995\n4996|a string that is not short 4996\n"
                         "4997|a string that is not short 4997\n4998|a string that is not short 4998\n"
                         "4999|a string that is not short 4999\n",
                         5});
    assert_int_equal(fetched(s, q, 0, NULL, &n), ST_EOF);
    assert_int_equal(n, 5000);
    s->ops->portal_close(p);
    s->ops->portal_close(q);
    s->ops->session_close(s);
}

static void test_park_fails(void **state)
{
    (void)state;
    struct backend_session *s = session();
    struct backend_portal *p =
        started(s, "select case when i = 300000 then error('late') else i end from range(1000000) r(i)");
    uint64_t n;
    err_init(&err);
    assert_int_equal(s->ops->park(p, CLOCK_NEVER, &err), ST_ERR);
    assert_string_equal(err.message, "late");
    assert_int_equal(fetched(s, p, 1, NULL, &n), ST_ERR);
    assert_string_equal(err.message, "late");
    assert_string_equal(query(s, "select 1 + 0"), "1\n");
    s->ops->portal_close(p);
    s->ops->session_close(s);
}

/* One portal finds no room; the others go on, and so does the session. */
static void test_no_room(void **state)
{
    (void)state;
    static char text[TEXT_MAX];
    struct backend_session *s = session();
    struct backend_portal *small = started(s, "from range(3)"), *large = started(s, "from range(10000000)");
    uint64_t n;
    err_init(&err);
    assert_int_equal(s->ops->park(large, CLOCK_NEVER, &err), ST_ERR);
    assert_int_equal(err.code, SQLSTATE_DISK_FULL);
    assert_int_equal(fetched(s, large, 1, NULL, &n), ST_ERR);
    assert_int_equal(err.code, SQLSTATE_DISK_FULL);
    err_init(&err);
    assert_int_equal(s->ops->park(small, CLOCK_NEVER, &err), ST_OK);
    assert_int_equal(fetched(s, small, 0, text, &n), ST_EOF);
    assert_string_equal(text, "0\n1\n2\n");
    assert_string_equal(query(s, "select 1 + 0"), "1\n");
    s->ops->portal_close(small);
    s->ops->portal_close(large);
    s->ops->session_close(s);
}

/* A piece lives on when the portal has moved or is gone. */
static void test_slice(void **state)
{
    (void)state;
    struct backend_session *s = session();
    for (int scroll = 0; scroll < 2; scroll++) {
        struct backend_portal *p =
            scroll ? scrolling(s, "select i from range(6) r(i)") : started(s, "select i from range(6) r(i)");
        struct backend_portal *piece = NULL, *none = NULL, *back = NULL;
        struct backend_fetch how = {.from = 2, .max_rows = 2};
        err_init(&err);
        assert_int_equal(s->ops->slice(p, &how, &piece, &err), ST_OK);
        assert_int_equal(p->position, 4);
        moved(s, p, &(struct move){4, 0, false, false, "4\n5\n", 2});
        how = (struct backend_fetch){.from = 6};
        assert_int_equal(s->ops->slice(p, &how, &none, &err), ST_OK);
        if (scroll) {
            how = (struct backend_fetch){.from = 6, .max_rows = 2, .backward = true};
            assert_int_equal(s->ops->slice(p, &how, &back, &err), ST_OK);
            assert_int_equal(p->position, 4);
        }
        s->ops->portal_close(p);
        assert_int_equal(piece->rows, 2);
        moved(s, piece, &(struct move){0, 1, false, false, "2\n", 1});
        moved(s, piece, &(struct move){1, 0, false, false, "3\n", 1});
        moved(s, none, &(struct move){0, 0, false, false, "", 0});
        if (back)
            moved(s, back, &(struct move){0, 0, false, false, "5\n4\n", 2});
        s->ops->portal_close(piece);
        s->ops->portal_close(none);
        s->ops->portal_close(back);
    }
    s->ops->session_close(s);
}

/* What the statement fails with while a piece is taken has ended the portal, as in any other call: what had
 * been pulled by then is nobody's any more. */
static void test_slice_fails(void **state)
{
    (void)state;
    struct backend_session *s = session();
    struct backend_portal *piece = NULL,
                          *p = started(s, "select case when i = 300000 then error('late') else i "
                                          "end from range(1000000) r(i)");
    const struct backend_fetch how = {.max_rows = 400000};
    uint64_t n;
    err_init(&err);
    assert_int_equal(s->ops->slice(p, &how, &piece, &err), ST_ERR);
    assert_string_equal(err.message, "late");
    assert_null(piece);
    assert_int_equal(fetched(s, p, 1, NULL, &n), ST_ERR);
    assert_string_equal(err.message, "late");
    assert_string_equal(query(s, "select 1 + 0"), "1\n");
    s->ops->portal_close(p);
    s->ops->session_close(s);
}

/* More portals than may stream: the idlest are parked, and all give their rows. */
static void test_more_than_may_stream(void **state)
{
    (void)state;
    static char text[TEXT_MAX], want[32];
    enum { PORTALS = 30 };
    struct backend_session *s = session();
    struct backend_portal *p[PORTALS];
    uint64_t n, parked = metric_value(METRIC_STREAMS_PARKED);
    for (size_t i = 0; i < PORTALS; i++) {
        (void)snprintf(text, sizeof text, "select i * %zu from range(5000) r(i)", i);
        p[i] = started(s, text);
    }
    assert_true(metric_value(METRIC_STREAMS_PARKED) > parked);
    for (size_t row = 0; row < 5; row++)
        for (size_t i = 0; i < PORTALS; i++) {
            assert_int_equal(fetched(s, p[i], 1, text, &n), ST_EOF);
            (void)snprintf(want, sizeof want, "%zu\n", i * row);
            assert_string_equal(text, want);
        }
    for (size_t i = 0; i < PORTALS; i++) {
        assert_int_equal(fetched(s, p[i], 0, NULL, &n), ST_EOF);
        assert_int_equal(n, 4995);
        s->ops->portal_close(p[i]);
    }
    s->ops->session_close(s);
}

/* From its second run on a row of literals comes without the engine, in every way that rows are had. */
static void test_literals(void **state)
{
    (void)state;
    static const char sql[] = "select 1 as one, 'two' as two, null as three, 4.5 as four";
    static const char row[] = "1|two|NULL|4.5\n";
    for (int i = 0; i < 3; i++) {
        struct backend_session *s = session();
        struct backend_stmt *st = prepared(s, sql);
        assert_int_equal(st->info.effect, BACKEND_READS);
        assert_string_equal(st->info.tag, "SELECT");
        assert_int_equal(st->info.desc->ncolumns, 4);
        assert_string_equal(st->info.desc->columns[1].name, "two");
        struct backend_portal *p = started_with(s, st, NULL);
        assert_string_equal(all(s, p), row);
        assert_int_equal(p->rows, 1);
        s->ops->portal_close(p);
        p = started_with(s, st, NULL);
        const struct backend_fetch how = {.batch_bytes = 1000};
        struct backend_portal *piece;
        assert_int_equal(s->ops->slice(p, &how, &piece, &err), ST_OK);
        assert_string_equal(all(s, piece), row);
        assert_string_equal(all(s, p), "");
        s->ops->portal_close(piece);
        s->ops->portal_close(p);
        p = bound(s, st, NULL);
        p->scroll = true;
        assert_int_equal(s->ops->start(p, &err), ST_OK);
        assert_string_equal(all(s, p), row);
        assert_int_equal(s->ops->park(p, CLOCK_NEVER, &err), ST_OK);
        assert_string_equal(all(s, p), row);
        s->ops->portal_close(p);
        s->ops->stmt_free(st);
        s->ops->session_close(s);
    }
}

/* More texts than are kept push each other out while portals still have their rows. */
static void test_many_literals(void **state)
{
    (void)state;
    char sql[64], want[64];
    struct backend_session *s = session();
    struct backend_portal *first = NULL;
    for (int i = 0; i < 300; i++) {
        (void)snprintf(sql, sizeof sql, "select %d", i / 3);
        (void)snprintf(want, sizeof want, "%d\n", i / 3);
        struct backend_portal *p = started(s, sql);
        if (i == 2) {
            first = p;
            continue;
        }
        assert_string_equal(all(s, p), want);
        s->ops->portal_close(p);
    }
    assert_string_equal(all(s, first), "0\n");
    s->ops->portal_close(first);
    s->ops->session_close(s);
}

static void test_literals_without_memory(void **state)
{
    (void)state;
    for (unsigned nth = 1, more = 1; more; nth++) {
        char sql[64];
        (void)snprintf(sql, sizeof sql, "select 'without memory %u'", nth);
        struct backend_session *s = session();
        struct backend_portal *p = started(s, sql);
        (void)all(s, p);
        s->ops->portal_close(p);
        struct backend_stmt *st = prepared(s, sql);
        p = started_with(s, st, NULL);
        const struct backend_fetch how = {.batch_bytes = 1000};
        struct row_stream *rs;
        struct row_batch *b;
        uint64_t rows = 0;
        err_init(&err);
        assert_int_equal(s->ops->fetch(p, &how, &rs, &err), ST_OK);
        alloc_fail_nth(nth); /* of what the row is kept in, and its encoding */
        int status;
        while ((status = row_stream_next(rs, &b, &err)) == ST_OK)
            rows += b->nrows;
        more = alloc_failed();
        alloc_fail_nth(0);
        assert_true(status == ST_EOF ? rows == 1 : err.code == SQLSTATE_OUT_OF_MEMORY);
        row_stream_close(rs);
        s->ops->portal_close(p);
        s->ops->stmt_free(st);
        s->ops->session_close(s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pages),
        cmocka_unit_test(test_pages_over_chunks),
        cmocka_unit_test(test_batches),
        cmocka_unit_test(test_ahead),
        cmocka_unit_test(test_error_after_rows),
        cmocka_unit_test(test_portals_interleave),
        cmocka_unit_test(test_literals),
        cmocka_unit_test(test_many_literals),
        cmocka_unit_test(test_literals_without_memory),
        cmocka_unit_test(test_portal_that_cannot_move),
        cmocka_unit_test(test_scroll),
        cmocka_unit_test(test_park),
        cmocka_unit_test(test_park_in_pieces),
        cmocka_unit_test(test_park_fails),
        cmocka_unit_test(test_no_room),
        cmocka_unit_test(test_slice),
        cmocka_unit_test(test_slice_fails),
        cmocka_unit_test(test_more_than_may_stream),
    };
    return cmocka_run_group_tests(tests, open_backend, close_backend);
}
