#include "pgwire/backend_msg.h"

#include "base/alloc.h"
#include "base/bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define IS(b, text) is_bytes((b), (text), sizeof(text) - 1)

static void is_bytes(struct buf *b, const char *expected, size_t n)
{
    assert_true(buf_ok(b));
    assert_int_equal(b->len, n);
    assert_memory_equal(b->data, expected, n);
    buf_clear(b);
}

static void test_session_messages(void **state)
{
    (void)state;
    static const char *const mechanisms[] = {"SCRAM-SHA-256-PLUS", "SCRAM-SHA-256"};
    static const char *const unknown[] = {"_pq_.a", "_pq_.bc"};
    struct buf b;
    buf_init(&b, 4096);
    be_auth_ok(&b);
    IS(&b, "R\0\0\0\x08\0\0\0\0");
    be_auth_sasl(&b, mechanisms, 2);
    IS(&b, "R\0\0\0\x2a\0\0\0\x0aSCRAM-SHA-256-PLUS\0SCRAM-SHA-256\0\0");
    be_auth_sasl_data(&b, BE_AUTH_SASL_CONTINUE, "r=1", 3);
    IS(&b, "R\0\0\0\x0b\0\0\0\x0br=1");
    be_auth_sasl_data(&b, BE_AUTH_SASL_FINAL, "v=2", 3);
    IS(&b, "R\0\0\0\x0b\0\0\0\x0cv=2");
    be_parameter_status(&b, "TimeZone", "UTC");
    IS(&b, "S\0\0\0\x11TimeZone\0UTC\0");
    be_backend_key_data(&b, 258, (const uint8_t *)"\1\2\3\4\5", 5);
    IS(&b, "K\0\0\0\x0d\0\0\1\2\1\2\3\4\5");
    be_negotiate_protocol_version(&b, 2, unknown, 2);
    IS(&b, "v\0\0\0\x1b\0\3\0\2\0\0\0\2_pq_.a\0_pq_.bc\0");
    be_ready_for_query(&b, 'T');
    IS(&b, "Z\0\0\0\5T");
    buf_release(&b);
}

static void test_bare_messages(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 4096);
    be_no_data(&b);
    be_parse_complete(&b);
    be_bind_complete(&b);
    be_close_complete(&b);
    be_portal_suspended(&b);
    be_empty_query_response(&b);
    be_copy_done(&b);
    IS(&b, "n\0\0\0\4"
           "1\0\0\0\4"
           "2\0\0\0\4"
           "3\0\0\0\4"
           "s\0\0\0\4"
           "I\0\0\0\4"
           "c\0\0\0\4");
    be_command_complete(&b, "SELECT 1");
    IS(&b, "C\0\0\0\x0dSELECT 1\0");
    buf_release(&b);
}

static void test_rows(void **state)
{
    (void)state;
    static const struct be_column column = {"x", 0x01020304, -2, 23, 4, -1, 1};
    static const char *const values[] = {"ab", NULL, ""};
    static const int32_t lens[] = {2, -1, 0};
    static const uint32_t oids[] = {23, 0x01020304};
    struct buf b;
    size_t mark;
    buf_init(&b, 4096);
    be_no_data(&b);
    be_row_description_begin(&b, 1, &mark);
    be_row_description_column(&b, &column);
    be_row_description_end(&b, mark);
    IS(&b, "n\0\0\0\4T\0\0\0\x1a\0\1x\0\1\2\3\4\xff\xfe\0\0\0\x17\0\4\xff\xff\xff\xff\0\1");
    be_data_row_text(&b, values, lens, 3);
    IS(&b, "D\0\0\0\x14\0\3\0\0\0\2ab\xff\xff\xff\xff\0\0\0\0");
    be_parameter_description(&b, oids, 2);
    IS(&b, "t\0\0\0\x0e\0\2\0\0\0\x17\1\2\3\4");
    be_parameter_description(&b, NULL, 0);
    IS(&b, "t\0\0\0\6\0\0");
    be_parameter_description(&b, oids, 65536); /* cannot be said, so nothing is */
    assert_false(buf_ok(&b));
    assert_int_equal(b.len, 0);
    buf_release(&b);
}

static void test_reports(void **state)
{
    (void)state;
    struct buf b;
    struct err e;
    buf_init(&b, 65536);
    err_init(&e);
    err_set(&e, SQLSTATE_SYNTAX_ERROR, "bad");
    err_detail(&e, "why");
    err_hint(&e, "do");
    err_context(&e, "line %d", 3);
    e.position = 12;
    be_report(&b, BE_ERROR, &e);
    IS(&b, "E\0\0\0\x34SERROR\0VERROR\0C42601\0Mbad\0Dwhy\0Hdo\0P12\0Wline 3\0\0");
    err_init(&e);
    err_set(&e, SQLSTATE_WARNING, "w");
    be_report(&b, BE_WARNING, &e);
    IS(&b, "N\0\0\0\x21SWARNING\0VWARNING\0C01000\0Mw\0\0");
    be_report(&b, BE_NOTICE, &e);
    assert_int_equal(b.data[0], 'N');
    be_report(&b, BE_INFO, &e);
    buf_clear(&b);
    be_report(&b, BE_FATAL, &e);
    assert_memory_equal(b.data, "E\0\0\0\x1dSFATAL\0VFATAL\0", 19);
    buf_clear(&b);
    err_init(&e);
    err_set(&e, SQLSTATE_FEATURE_NOT_SUPPORTED, "cached plan must not change result type");
    be_report(&b, BE_ERROR, &e);
    assert_memory_equal(b.data + b.len - 24, "RRevalidateCachedQuery\0\0", 24);
    buf_release(&b);
}

static void put_all(struct buf *b)
{
    static const char *const names[] = {"a", "b"};
    static const struct be_column column = {"column", 0, 0, 25, -1, -1, 0};
    static const int32_t lens[] = {1, 1};
    static const uint32_t oids[] = {23, 25};
    struct err e;
    size_t mark;
    err_init(&e);
    err_set(&e, SQLSTATE_INTERNAL_ERROR, "a message that is a little longer");
    be_auth_ok(b);
    be_auth_sasl(b, names, 2);
    be_parameter_status(b, "name", "value");
    be_backend_key_data(b, 1, (const uint8_t *)"1234", 4);
    be_negotiate_protocol_version(b, 2, names, 2);
    be_ready_for_query(b, 'I');
    be_row_description_begin(b, 2, &mark);
    be_row_description_column(b, &column);
    be_row_description_column(b, &column);
    be_row_description_end(b, mark);
    be_parameter_description(b, oids, 2);
    be_data_row_text(b, names, lens, 2);
    be_report(b, BE_ERROR, &e);
    be_command_complete(b, "SELECT 1");
}

/* Steps from message to message; they must end where the buffer ends. */
static void ends_at_a_boundary(const struct buf *b)
{
    size_t at = 0;
    while (at < b->len) {
        assert_true(b->len - at >= 5);
        at += 1 + get_be32(b->data + at + 1);
    }
    assert_int_equal(at, b->len);
}

static void test_whole_messages_at_every_bound(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 65536);
    put_all(&b);
    assert_true(buf_ok(&b));
    size_t whole = b.len;
    buf_release(&b);
    for (size_t max = 0; max <= whole; max++) {
        buf_init(&b, max);
        put_all(&b);
        assert_int_equal(buf_ok(&b), max == whole);
        ends_at_a_boundary(&b);
        buf_release(&b);
    }
}

static void test_every_allocation_fails(void **state)
{
    (void)state;
    for (unsigned nth = 1, more = 1; more; nth++) {
        struct buf b;
        buf_init(&b, 65536);
        alloc_fail_nth(nth);
        put_all(&b);
        more = alloc_failed();
        assert_int_equal(buf_ok(&b), !more);
        ends_at_a_boundary(&b);
        buf_release(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_session_messages),
        cmocka_unit_test(test_bare_messages),
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_reports),
        cmocka_unit_test(test_whole_messages_at_every_bound),
        cmocka_unit_test(test_every_allocation_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
