#include "pgwire/frontend.h"

#include "base/alloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* A literal without its NUL. */
#define IN(text) (const uint8_t *)(text), sizeof(text) - 1

static void is_error(const struct err *e, int st, const char *code, const char *message)
{
    assert_int_equal(st, ST_ERR);
    assert_string_equal(e->message, message);
    assert_string_equal(sqlstate_code(e->code), code);
}

static void test_query(void **state)
{
    (void)state;
    struct fe_query q;
    struct err e;
    err_init(&e);
    assert_int_equal(fe_query_decode(IN("select 1\0"), &q, &e), ST_OK);
    assert_int_equal(q.sql.n, 8);
    assert_string_equal(q.sql.p, "select 1");
    is_error(&e, fe_query_decode(IN("select 1"), &q, &e), "08P01", "invalid string in message");
    err_init(&e);
    is_error(&e, fe_query_decode(IN(""), &q, &e), "08P01", "invalid string in message");
    err_init(&e);
    is_error(&e, fe_query_decode(IN("a\0b\0"), &q, &e), "08P01", "invalid message format");
    err_init(&e);
    is_error(&e, fe_query_decode(IN("a\xe2\x82\0"), &q, &e), "22021",
             "invalid byte sequence for encoding \"UTF8\": 0xe2 0x82");
    err_init(&e);
    is_error(&e, fe_query_decode(IN("\xff\0"), &q, &e), "22021",
             "invalid byte sequence for encoding \"UTF8\": 0xff");
    err_init(&e);
    is_error(&e, fe_query_decode(IN("\xf8zzzz\0"), &q, &e), "22021",
             "invalid byte sequence for encoding \"UTF8\": 0xf8");
    err_init(&e);
    is_error(&e, fe_query_decode(IN("\xf0\x82\x82\xac!\0"), &q, &e), "22021",
             "invalid byte sequence for encoding \"UTF8\": 0xf0 0x82 0x82 0xac");
}

static void test_parse(void **state)
{
    (void)state;
    struct fe_parse m;
    struct err e;
    err_init(&e);
    assert_int_equal(fe_parse_decode(IN("s1\0select $1\0\0\2\0\0\0\x17\0\0\0\0"), &m, &e), ST_OK);
    assert_string_equal(m.name, "s1");
    assert_string_equal(m.sql.p, "select $1");
    assert_int_equal(m.noids, 2);
    assert_int_equal(fe_parse_oid(&m, 0), 23);
    assert_int_equal(fe_parse_oid(&m, 1), 0);
    is_error(&e, fe_parse_decode(IN("\0q\0\0\2\0\0\0\x17\0\0\0"), &m, &e), "08P01",
             "insufficient data left in message");
    err_init(&e);
    is_error(&e, fe_parse_decode(IN("\0q\0\xff\xff\0\0\0\x17\0\0\0"), &m, &e), "08P01",
             "insufficient data left in message");
    err_init(&e);
    is_error(&e, fe_parse_decode(IN("\0q\0\0\0x"), &m, &e), "08P01", "invalid message format");
}

static void test_names_are_bounded(void **state)
{
    (void)state;
    static uint8_t in[WIRE_NAME_MAX + 16];
    struct fe_execute x;
    struct err e;
    err_init(&e);
    memset(in, 'n', WIRE_NAME_MAX);
    assert_int_equal(fe_execute_decode(in, WIRE_NAME_MAX + 5, &x, &e), ST_OK);
    in[WIRE_NAME_MAX] = 'n';
    is_error(&e, fe_execute_decode(in, WIRE_NAME_MAX + 6, &x, &e), "54000",
             "name of a prepared statement or portal is too long");
}

static void test_bind(void **state)
{
    (void)state;
    struct fe_bind m;
    struct err e;
    err_init(&e);
    assert_int_equal(
        fe_bind_decode(IN("p\0s\0\0\2\0\1\0\0\0\2\0\0\0\2\xff\0\xff\xff\xff\xff\0\1\0\1"), &m, &e), ST_OK);
    assert_string_equal(m.portal, "p");
    assert_string_equal(m.statement, "s");
    assert_int_equal(m.nvalues, 2);
    assert_int_equal(fe_bind_param_format(&m, 0), 1);
    assert_int_equal(fe_bind_param_format(&m, 1), 0);
    assert_int_equal(fe_bind_result_format(&m, 0), 1);
    assert_int_equal(fe_bind_result_format(&m, 41), 1); /* one for all */
    const uint8_t *at = m.values;
    struct fe_bind_value v = fe_bind_next(&at);
    assert_int_equal(v.len, 2);
    assert_memory_equal(v.data, "\xff\0", 2);
    v = fe_bind_next(&at);
    assert_int_equal(v.len, -1);
    assert_null(v.data);

    assert_int_equal(fe_bind_decode(IN("\0\0\0\0\0\1\0\0\0\0\0\0"), &m, &e), ST_OK);
    assert_int_equal(fe_bind_param_format(&m, 0), 0);
    assert_int_equal(fe_bind_result_format(&m, 3), 0);
    at = m.values;
    v = fe_bind_next(&at);
    assert_int_equal(v.len, 0);
    assert_non_null(v.data);
}

static void test_bad_binds(void **state)
{
    (void)state;
    static const struct {
        const char *in;
        size_t n;
        const char *code, *message;
    } bad[] = {
#define BAD(in, code, message) {in, sizeof(in) - 1, code, message}
        BAD("\0\0\0\1\0\7\0\0\0\0", "22023", "unsupported format code: 7"),
        BAD("\0\0\0\1\xff\xff\0\0\0\0", "22023", "unsupported format code: -1"),
        BAD("\0\0\0\0\0\0\0\1\0\2", "22023", "unsupported format code: 2"),
        BAD("\0\0\0\2\0\0\0\0\0\1\0\0\0\0\0\0", "08P01",
            "bind message has 2 parameter formats but 1 parameters"),
        BAD("\0\0\0\0\0\1\0\0\0\5abcd\0\0", "22021", "invalid byte sequence for encoding \"UTF8\": 0x00"),
        BAD("\0\0\0\0\0\1\0\0\0\7abcd\0\0", "08P01", "insufficient data left in message"),
        BAD("\0\0\0\0\0\1\x7f\xff\xff\xff\0\0", "08P01", "insufficient data left in message"),
        BAD("\0\0\0\0\0\1\xff\xff\xff\xfe\0\0", "08P01", "insufficient data left in message"),
        BAD("\0\0\0\0\xff\xff\0\0", "08P01", "insufficient data left in message"),
        BAD("\0\0\0\0\0\0\0\0z", "08P01", "invalid message format"),
        BAD("\0", "08P01", "invalid string in message"),
        BAD("\0\0\0\0\0\1\0\0\0\3a\xff"
            "b\0\0",
            "22021", "invalid byte sequence for encoding \"UTF8\": 0xff"),
        BAD("\0\0\0\0\0\1\0\0\0\3a\0b\0\0", "22021", "invalid byte sequence for encoding \"UTF8\": 0x00"),
#undef BAD
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct fe_bind m;
        struct err e;
        err_init(&e);
        int st = fe_bind_decode((const uint8_t *)bad[i].in, bad[i].n, &m, &e);
        is_error(&e, st, bad[i].code, bad[i].message);
    }
}

/* Every prefix of a good message is refused, in memory that ends where it does. */
static void test_bind_cut_short(void **state)
{
    (void)state;
    static const char whole[] = "p\0s\0\0\1\0\1\0\2\0\0\0\2ab\xff\xff\xff\xff\0\2\0\1\0";
    for (size_t n = 0; n <= sizeof whole; n++) {
        struct fe_bind m;
        struct err e;
        uint8_t *copy = mem_alloc(n);
        assert_non_null(copy);
        memcpy(copy, whole, n);
        err_init(&e);
        assert_int_equal(fe_bind_decode(copy, n, &m, &e), n == sizeof whole ? ST_OK : ST_ERR);
        mem_free(copy);
    }
}

static void test_describe_and_close(void **state)
{
    (void)state;
    struct fe_target t;
    struct err e;
    err_init(&e);
    assert_int_equal(fe_target_decode(IN("Sname\0"), &t, &e), ST_OK);
    assert_int_equal(t.kind, 'S');
    assert_string_equal(t.name, "name");
    assert_int_equal(fe_close_decode(IN("P\0"), &t, &e), ST_OK);
    assert_int_equal(t.kind, 'P');
    is_error(&e, fe_target_decode(IN("X\0"), &t, &e), "08P01", "invalid DESCRIBE message subtype 88");
    err_init(&e);
    is_error(&e, fe_close_decode(IN("X\0"), &t, &e), "08P01", "invalid CLOSE message subtype 88");
    err_init(&e);
    is_error(&e, fe_close_decode(IN(""), &t, &e), "08P01", "no data left in message");
    err_init(&e);
    is_error(&e, fe_close_decode(IN("Sx\0y"), &t, &e), "08P01", "invalid message format");
}

static void test_execute_and_the_rest(void **state)
{
    (void)state;
    struct fe_execute x;
    const char *message;
    struct err e;
    err_init(&e);
    assert_int_equal(fe_execute_decode(IN("p\0\0\0\1\0"), &x, &e), ST_OK);
    assert_string_equal(x.portal, "p");
    assert_int_equal(x.max_rows, 256);
    assert_int_equal(fe_execute_decode(IN("\0\xff\xff\xff\xff"), &x, &e), ST_OK);
    assert_int_equal(x.max_rows, -1);
    is_error(&e, fe_execute_decode(IN("p\0\0\0\1"), &x, &e), "08P01", "insufficient data left in message");
    err_init(&e);
    assert_int_equal(fe_empty_decode(0, &e), ST_OK);
    is_error(&e, fe_empty_decode(1, &e), "08P01", "invalid message format");
    err_init(&e);
    assert_int_equal(fe_copy_fail_decode(IN("stop\0"), &message, &e), ST_OK);
    assert_string_equal(message, "stop");
    is_error(&e, fe_copy_fail_decode(IN("stop"), &message, &e), "08P01", "invalid string in message");
}

static void test_sasl_initial(void **state)
{
    (void)state;
    struct fe_sasl_initial s;
    struct err e;
    err_init(&e);
    assert_int_equal(fe_sasl_initial_decode(IN("SCRAM-SHA-256\0\0\0\0\3n,,"), &s, &e), ST_OK);
    assert_string_equal(s.mechanism, "SCRAM-SHA-256");
    assert_int_equal(s.len, 3);
    assert_memory_equal(s.data, "n,,", 3);
    assert_int_equal(fe_sasl_initial_decode(IN("X\0\xff\xff\xff\xff"), &s, &e), ST_OK);
    assert_int_equal(s.len, -1);
    assert_null(s.data);
    is_error(&e, fe_sasl_initial_decode(IN("X\0\xff\xff\xff\xfe"), &s, &e), "08P01",
             "insufficient data left in message");
    err_init(&e);
    is_error(&e, fe_sasl_initial_decode(IN("X\0\0\0\0\2a"), &s, &e), "08P01",
             "insufficient data left in message");
    err_init(&e);
    is_error(&e, fe_sasl_initial_decode(IN("X\0\0\0\0\1ab"), &s, &e), "08P01", "invalid message format");
}

static void test_function_call(void **state)
{
    (void)state;
    struct err e;
    struct fe_function_call m;
    static const char whole[] = "\0\0\3\xb8\0\2\0\1\0\0\0\2\0\0\0\4\0\0\0\7\xff\xff\xff\xff\0\1";
    err_init(&e);
    assert_int_equal(fe_function_call_decode(IN(whole), &m, &e), ST_OK);
    assert_int_equal(m.function, 952);
    assert_int_equal(m.nvalues, 2);
    assert_int_equal(m.first.len, 4);
    assert_memory_equal(m.first.data, "\0\0\0\7", 4);
    assert_true(m.first_is_binary && m.result_is_binary);
    for (size_t n = 0; n + 1 < sizeof whole; n++) {
        err_init(&e);
        is_error(&e, fe_function_call_decode((const uint8_t *)whole, n, &m, &e), "08P01",
                 "insufficient data left in message");
    }
    err_init(&e);
    assert_int_equal(fe_function_call_decode(IN("\0\0\0\1\0\0\0\0\0\0"), &m, &e), ST_OK);
    assert_true(m.nvalues == 0 && m.first.len == -1 && !m.result_is_binary);
    is_error(&e, fe_function_call_decode(IN("\0\0\0\1\0\2\0\0\0\0\0\1\xff\xff\xff\xff\0\0"), &m, &e), "08P01",
             "function call message contains 2 argument formats but 1 arguments");
    err_init(&e);
    is_error(&e, fe_function_call_decode(IN("\0\0\0\1\0\0\0\1\xff\xff\xff\xfe\0\0"), &m, &e), "08P01",
             "invalid argument size -2 in function call message");
    err_init(&e);
    is_error(&e, fe_function_call_decode(IN("\0\0\0\1\0\0\0\0\0\2"), &m, &e), "22023",
             "unsupported format code: 2");
    err_init(&e);
    is_error(&e, fe_function_call_decode(IN("\0\0\0\1\0\0\0\0\0\0x"), &m, &e), "08P01",
             "invalid message format");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_query),
        cmocka_unit_test(test_function_call),
        cmocka_unit_test(test_parse),
        cmocka_unit_test(test_bind),
        cmocka_unit_test(test_bad_binds),
        cmocka_unit_test(test_bind_cut_short),
        cmocka_unit_test(test_names_are_bounded),
        cmocka_unit_test(test_sasl_initial),
        cmocka_unit_test(test_describe_and_close),
        cmocka_unit_test(test_execute_and_the_rest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
