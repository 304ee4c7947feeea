#include "rpc/check.h"

#include "base/bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct err err;

#define assert_right(call) (err_init(&err), assert_int_equal((call), ST_OK))
#define assert_wrong(call)                                                                                   \
    (err_init(&err), assert_int_equal((call), ST_ERR),                                                       \
     assert_int_equal(err.code, SQLSTATE_PROTOCOL_VIOLATION))

static char *text(const char *s)
{
    union {
        const char *in;
        char *out;
    } u = {.in = s};
    return u.out;
}

/* ---- rows ---- */

static uint8_t *put_row(uint8_t *p, unsigned ncolumns, unsigned width)
{
    p = put_u8(p, 'D');
    p = put_be32(p, 6 + ncolumns * (4 + width));
    p = put_be16(p, (uint16_t)ncolumns);
    for (unsigned i = 0; i < ncolumns; i++) {
        p = put_be32(p, width);
        memset(p, 'v', width);
        p += width;
    }
    return p;
}

static void test_rows(void **state)
{
    (void)state;
    static uint8_t bytes[4096];
    const struct rpc_rows_shape two = {.kind = 'D', .ncolumns = 2, .left = UINT64_MAX};
    uint8_t *end = put_row(put_row(put_row(bytes, 2, 5), 2, 0), 2, 7);
    const size_t n = (size_t)(end - bytes);
    assert_right(rpc_check_rows(bytes, n, 3, &two, &err));
    assert_wrong(rpc_check_rows(bytes, n, 2, &two, &err));
    assert_wrong(rpc_check_rows(bytes, n, 4, &two, &err));
    assert_wrong(rpc_check_rows(bytes, n, 0, &two, &err));
    assert_wrong(rpc_check_rows(bytes, n, UINT64_MAX, &two, &err));
    assert_wrong(rpc_check_rows(bytes, 0, 0, &two, &err));
    for (size_t cut = 1; cut < n; cut++)
        assert_wrong(rpc_check_rows(bytes, cut, 3, &two, &err));
    const struct rpc_rows_shape three = {.kind = 'D', .ncolumns = 3, .left = UINT64_MAX};
    assert_wrong(rpc_check_rows(bytes, n, 3, &three, &err));
    const struct rpc_rows_shape few = {.kind = 'D', .ncolumns = 2, .left = 2};
    assert_wrong(rpc_check_rows(bytes, n, 3, &few, &err));
    end = put_row(bytes, 0, 0);
    const struct rpc_rows_shape none = {.kind = 'D', .left = 1};
    assert_right(rpc_check_rows(bytes, (size_t)(end - bytes), 1, &none, &err));
    put_be32(put_row(bytes, 2, 3) - 7, UINT32_MAX); /* NULL, and what follows it is too much */
    assert_wrong(rpc_check_rows(bytes, 21, 1, &two, &err));
}

/* Rows are looked at four at a time, or beside the one before: a bad one is found wherever it is. */
static void each_of_many(unsigned ncolumns, size_t n, size_t bad, bool same)
{
    static uint8_t bytes[2048];
    const struct rpc_rows_shape shape = {.kind = 'D', .ncolumns = (uint16_t)ncolumns, .left = UINT64_MAX};
    uint8_t *p = bytes, *at = bytes;
    for (size_t i = 0; i < n; i++) {
        at = i == bad ? p : at;
        p = put_row(p, ncolumns, same ? 7 : (unsigned)i);
    }
    const size_t len = (size_t)(p - bytes), last = (ncolumns - 1) * (4 + (same ? 7 : bad));
    assert_right(rpc_check_rows(bytes, len, n, &shape, &err));
    put_be32(at + 7 + last, (same ? 7 : (uint32_t)bad) + 1);
    assert_wrong(rpc_check_rows(bytes, len, n, &shape, &err));
    put_be32(at + 7 + last, UINT32_MAX - 1);
    assert_wrong(rpc_check_rows(bytes, len, n, &shape, &err));
}

static void test_each_of_many(void **state)
{
    (void)state;
    for (unsigned ncolumns = 1; ncolumns <= 4; ncolumns++)
        for (size_t n = 1; n <= 9; n++)
            for (size_t bad = 0; bad < n; bad++) {
                each_of_many(ncolumns, n, bad, false);
                each_of_many(ncolumns, n, bad, true);
            }
}

/* Of the framing no byte can change without being noticed; of the values any may. */
static void every_byte_of(unsigned ncolumns, unsigned rows)
{
    uint8_t bytes[512];
    const struct rpc_rows_shape shape = {.kind = 'D', .ncolumns = (uint16_t)ncolumns, .left = UINT64_MAX};
    uint8_t *end = bytes;
    for (unsigned i = 0; i < rows; i++)
        end = put_row(end, ncolumns, 5);
    for (uint8_t *p = bytes; p < end; p++) {
        const uint8_t kept = *p;
        bool value = kept == 'v';
        for (unsigned v = 0; v < 256; v++) {
            *p = (uint8_t)v;
            err_init(&err);
            int st = rpc_check_rows(bytes, (size_t)(end - bytes), rows, &shape, &err);
            assert_true(value || v == kept ? st == ST_OK : st == ST_ERR);
        }
        *p = kept;
    }
}

static void test_every_byte_of_rows(void **state)
{
    (void)state;
    for (unsigned ncolumns = 1; ncolumns <= 3; ncolumns++)
        for (unsigned rows = 1; rows <= 6; rows++)
            every_byte_of(ncolumns, rows);
}

static void test_null_values(void **state)
{
    (void)state;
    uint8_t bytes[] = {'D', 0, 0, 0, 14, 0, 2, 255, 255, 255, 255, 255, 255, 255, 255};
    const struct rpc_rows_shape shape = {.kind = 'D', .ncolumns = 2, .left = 9};
    assert_right(rpc_check_rows(bytes, sizeof bytes, 1, &shape, &err));
    bytes[10] = 254; /* -2 */
    assert_wrong(rpc_check_rows(bytes, sizeof bytes, 1, &shape, &err));
}

static void test_files_and_counts(void **state)
{
    (void)state;
    static const uint8_t file[] = {'d', 0, 0, 0, 6, 'a', 'b', 'd', 0, 0, 0, 4};
    const struct rpc_rows_shape copy = {.kind = 'd', .left = UINT64_MAX};
    const struct rpc_rows_shape rows = {.kind = 'D', .ncolumns = 1, .left = UINT64_MAX};
    const struct rpc_rows_shape counted = {.left = 100};
    for (uint64_t n = 0; n <= 2; n++)
        assert_right(rpc_check_rows(file, sizeof file, n, &copy, &err));
    assert_wrong(rpc_check_rows(file, sizeof file, 3, &copy, &err));
    assert_wrong(rpc_check_rows(file, sizeof file - 1, 1, &copy, &err));
    assert_wrong(rpc_check_rows(file, sizeof file, 1, &rows, &err));
    assert_right(rpc_check_rows(NULL, 0, 100, &counted, &err));
    assert_wrong(rpc_check_rows(NULL, 0, 101, &counted, &err));
    assert_wrong(rpc_check_rows(file, sizeof file, 1, &counted, &err));
}

/* ---- errors, statements, reports ---- */

static void test_errors(void **state)
{
    (void)state;
    Tavana__V1__Error m;
    tavana__v1__error__init(&m);
    static const char *const wrong[] = {"",
                                        "4260",
                                        "426011",
                                        "00000",
                                        "01000",
                                        "02000",
                                        "42 01",
                                        "4260a",
                                        "\xff\xfe"
                                        "001"};
    assert_right(rpc_check_error(NULL, &err));
    m.sqlstate = text("42601");
    assert_right(rpc_check_error(&m, &err));
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        m.sqlstate = text(wrong[i]);
        assert_wrong(rpc_check_error(&m, &err));
    }
    m.sqlstate = text("XX000");
    m.position = -1;
    assert_wrong(rpc_check_error(&m, &err));
    m.position = INT32_MAX;
    assert_right(rpc_check_error(&m, &err));
    char **const texts[] = {&m.message, &m.detail, &m.hint, &m.context};
    static char long_text[65 * 1024 + 1];
    memset(long_text, 'x', sizeof long_text - 1);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char *const kept = *texts[i];
        *texts[i] = text("\xc3");
        assert_wrong(rpc_check_error(&m, &err));
        *texts[i] = long_text;
        assert_wrong(rpc_check_error(&m, &err));
        *texts[i] = kept;
    }
}

static void test_prepared(void **state)
{
    (void)state;
    Tavana__V1__PrepareReply m;
    tavana__v1__prepare_reply__init(&m);
    Tavana__V1__Column column;
    tavana__v1__column__init(&column);
    Tavana__V1__Column *list[] = {&column};
    Tavana__V1__Columns columns;
    tavana__v1__columns__init(&columns);
    columns.n_column = 1;
    columns.column = list;
    column.name = (ProtobufCBinaryData){1, (uint8_t *)text("a")};
    column.type_oid = 23;
    column.type_size = 4;
    column.typmod = -1;
    uint32_t oids[] = {23, 25};
    m.n_parameter_oids = 2;
    m.parameter_oids = oids;
    m.columns = &columns;
    assert_wrong(rpc_check_prepared(&m, &err)); /* no id */
    m.statement = 1;
    m.tag = text("INSERT 0");
    assert_right(rpc_check_prepared(&m, &err));
    static const char *const tags[] = {"SELECT 1\nZ", "select", "T\x01", "\xc3\xa4",
                                       "A TAG OF MORE THAN THE SIXTY THREE BYTES THAT POSTGRESQL HAS FOR IT"};
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++) {
        m.tag = text(tags[i]);
        assert_wrong(rpc_check_prepared(&m, &err));
    }
    m.tag = text("");
    m.effect = (Tavana__V1__PrepareReply__Effect)77;
    assert_wrong(rpc_check_prepared(&m, &err));
    m.effect = (Tavana__V1__PrepareReply__Effect)-1;
    assert_wrong(rpc_check_prepared(&m, &err));
    m.effect = TAVANA__V1__PREPARE_REPLY__EFFECT__READS;
    oids[1] = 0;
    assert_wrong(rpc_check_prepared(&m, &err));
    oids[1] = 25;
    m.n_parameter_oids = BACKEND_PARAMS_MAX + 1;
    assert_wrong(rpc_check_prepared(&m, &err));
    m.n_parameter_oids = 2;
    column.type_oid = 0;
    assert_wrong(rpc_check_prepared(&m, &err));
    column.type_oid = 23;
    column.typmod = -2;
    assert_wrong(rpc_check_prepared(&m, &err));
    column.typmod = -1;
    column.type_size = INT16_MAX + 1;
    assert_wrong(rpc_check_prepared(&m, &err));
    column.type_size = -1;
    column.name = (ProtobufCBinaryData){3, (uint8_t *)text("a\0b")};
    assert_wrong(rpc_check_prepared(&m, &err));
    column.name.data = (uint8_t *)text("a\xff"
                                       "b");
    assert_wrong(rpc_check_prepared(&m, &err));
    column.name = (ProtobufCBinaryData){0, NULL};
    assert_right(rpc_check_prepared(&m, &err));
    columns.n_column = ROW_DESC_COLUMNS_MAX + 1;
    assert_wrong(rpc_check_prepared(&m, &err));
}

static void test_split(void **state)
{
    (void)state;
    Tavana__V1__SplitReply m;
    tavana__v1__split_reply__init(&m);
    uint64_t at[] = {0, 10}, length[] = {9, 5};
    m.at = at;
    m.length = length;
    m.n_at = m.n_length = 2;
    assert_right(rpc_check_split(&m, 15, &err));
    assert_wrong(rpc_check_split(&m, 14, &err));
    at[1] = 8;
    assert_wrong(rpc_check_split(&m, 15, &err));
    at[1] = UINT64_MAX;
    assert_wrong(rpc_check_split(&m, 15, &err));
    at[1] = 10;
    length[1] = UINT64_MAX;
    assert_wrong(rpc_check_split(&m, 15, &err));
    m.n_length = 1;
    assert_wrong(rpc_check_split(&m, 15, &err));
}

static void test_reports(void **state)
{
    (void)state;
    Tavana__V1__Report m;
    tavana__v1__report__init(&m);
    m.worker = text("0123456789abcdef");
    assert_wrong(rpc_check_report(&m, 0, &err));
    m.lease = 7;
    assert_right(rpc_check_report(&m, 0, &err));
    assert_right(rpc_check_report(&m, 7, &err));
    assert_wrong(rpc_check_report(&m, 8, &err));
    static const char *const ids[] = {
        "", "a b", "a\n", "\xc3\xa4",
        "more-than-the-sixty-three-bytes-that-fit-where-a-report-is-kept-by-us"};
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        m.worker = text(ids[i]);
        assert_wrong(rpc_check_report(&m, 7, &err));
    }
}

static void test_copy_replies(void **state)
{
    (void)state;
    Tavana__V1__CopyInReply m;
    tavana__v1__copy_in_reply__init(&m);
    assert_wrong(rpc_check_copy_reply(&m, true, 0, &err));
    assert_right(rpc_check_copy_reply(&m, false, 5, &err));
    m.columns = UINT32_MAX;
    assert_wrong(rpc_check_copy_reply(&m, true, 0, &err));
    m.columns = 2;
    m.line = 4;
    assert_right(rpc_check_copy_reply(&m, true, 4, &err));
    assert_wrong(rpc_check_copy_reply(&m, false, 5, &err));
    m.line = UINT64_MAX;
    assert_wrong(rpc_check_copy_reply(&m, false, 5, &err));
    m.line = 5;
    m.rows = UINT64_MAX;
    assert_wrong(rpc_check_copy_reply(&m, false, 5, &err));
}

/* ---- portals ---- */

static struct row_desc *desc(void)
{
    static const struct column_desc a = {.name = "a", .type_oid = 23, .type_size = 4, .typmod = -1};
    static struct row_desc *d;
    if (!d)
        assert_int_equal(row_desc_new(&d, &a, 1, &err), ST_OK);
    return d;
}

static void test_states(void **state)
{
    (void)state;
    struct backend_portal before = {.desc = desc()};
    Tavana__V1__PortalState m;
    tavana__v1__portal_state__init(&m);
    assert_wrong(rpc_check_state(NULL, &before, RPC_STEP_OPEN, &err));
    assert_right(rpc_check_state(&m, &before, RPC_STEP_OPEN, &err));
    assert_wrong(rpc_check_state(&m, &before, RPC_STEP_START, &err));
    m.started = true;
    assert_wrong(rpc_check_state(&m, &before, RPC_STEP_OPEN, &err));
    assert_right(rpc_check_state(&m, &before, RPC_STEP_START, &err));
    assert_wrong(rpc_check_state(&m, &before, RPC_STEP_SLICED, &err)); /* not complete */
    m.position = 1;
    m.rows = 1;
    assert_wrong(rpc_check_state(&m, &before, RPC_STEP_START, &err));
    before = (struct backend_portal){.desc = desc(), .started = true, .rows = 10, .position = 5};
    m.rows = 9;
    m.position = 5;
    assert_wrong(rpc_check_state(&m, &before, RPC_STEP_PARK, &err));
    m.rows = 10;
    assert_right(rpc_check_state(&m, &before, RPC_STEP_PARK, &err));
    m.position = 4;
    assert_wrong(rpc_check_state(&m, &before, RPC_STEP_PARK, &err));
    m.position = 11;
    assert_wrong(rpc_check_state(&m, &before, RPC_STEP_PARK, &err));
    before.scroll = true;
    assert_right(rpc_check_state(&m, &before, RPC_STEP_PARK, &err));
    before.complete = true;
    assert_wrong(rpc_check_state(&m, &before, RPC_STEP_PARK, &err));
    m.complete = true;
    m.rows = UINT64_MAX;
    assert_wrong(rpc_check_state(&m, &before, RPC_STEP_PARK, &err));
}

static void test_trailers(void **state)
{
    (void)state;
    const struct backend_portal before = {.desc = desc(), .started = true};
    struct backend_fetch how = {.max_rows = 10};
    Tavana__V1__PortalState s;
    tavana__v1__portal_state__init(&s);
    Tavana__V1__Trailer m;
    tavana__v1__trailer__init(&m);
    assert_wrong(rpc_check_trailer(&m, &before, &how, 0, &err)); /* no state */
    m.state = &s;
    s.started = true;
    s.rows = s.position = 10;
    assert_right(rpc_check_trailer(&m, &before, &how, 10, &err));
    assert_wrong(rpc_check_trailer(&m, &before, &how, 9, &err)); /* the tenth has not come */
    assert_wrong(rpc_check_trailer(&m, &before, &how, 11, &err));
    how.max_rows = 0;
    assert_wrong(rpc_check_trailer(&m, &before, &how, 10, &err));
    s.complete = true;
    assert_right(rpc_check_trailer(&m, &before, &how, 10, &err));
    const struct backend_portal scrolls = {.desc = desc(), .started = true, .scroll = true};
    how = (struct backend_fetch){.from = 5, .backward = true};
    assert_wrong(rpc_check_trailer(&m, &scrolls, &how, 5, &err));
    s.position = 0;
    assert_right(rpc_check_trailer(&m, &scrolls, &how, 5, &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_every_byte_of_rows),
        cmocka_unit_test(test_each_of_many),
        cmocka_unit_test(test_null_values),
        cmocka_unit_test(test_files_and_counts),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_prepared),
        cmocka_unit_test(test_split),
        cmocka_unit_test(test_reports),
        cmocka_unit_test(test_copy_replies),
        cmocka_unit_test(test_states),
        cmocka_unit_test(test_trailers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
