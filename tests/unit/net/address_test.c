#include "net/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_parse(void **state)
{
    (void)state;
    static const struct {
        const char *text, *host;
        unsigned port;
    } good[] = {
        {"localhost:15432", "localhost", 15432},
        {"127.0.0.1:0", "127.0.0.1", 0},
        {"[::1]:65535", "::1", 65535},
        {":80", "", 80},
        {"*:80", "", 80},
        {"[::]:1", "::", 1},
        {"[]:1", "", 1},
    };
    static const char *const bad[] = {"",     "localhost", "localhost:", "localhost:65536", "localhost:-1",
                                      "a:1x", "::1:80",    "::1",        "[::1]",           "a:b:1"};
    struct address a;
    struct err e;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        err_init(&e);
        assert_int_equal(address_parse(&a, good[i].text, &e), ST_OK);
        assert_string_equal(a.host, good[i].host);
        assert_int_equal(a.port, good[i].port);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        err_init(&e);
        assert_int_equal(address_parse(&a, bad[i], &e), ST_ERR);
        assert_int_equal(e.code, SQLSTATE_INVALID_PARAMETER_VALUE);
        assert_non_null(strstr(e.message, bad[i]));
    }
    char name[ADDRESS_HOST_MAX + 10];
    memset(name, 'a', sizeof name);
    memcpy(name + ADDRESS_HOST_MAX - 1, ":1", 3);
    err_init(&e);
    assert_int_equal(address_parse(&a, name, &e), ST_OK);
    memcpy(name + ADDRESS_HOST_MAX - 1, "a:1", 4);
    assert_int_equal(address_parse(&a, name, &e), ST_ERR);
}

static void resolve(struct address_list *l, const char *text)
{
    struct address a;
    struct err e;
    err_init(&e);
    assert_int_equal(address_parse(&a, text, &e), ST_OK);
    if (address_resolve(l, &a, &e) < 0)
        fail_msg("%s", e.message);
}

static void test_resolve(void **state)
{
    (void)state;
    struct address_list l;
    resolve(&l, "127.1.2.3:5");
    assert_int_equal(l.n, 1);
    assert_int_equal(l.at[0].ss_family, AF_INET);
    assert_int_equal(address_port(&l.at[0]), 5);
    assert_true(address_is_loopback(&l.at[0]));
    address_set_port(&l.at[0], 77);
    assert_int_equal(address_port(&l.at[0]), 77);
    resolve(&l, "[::1]:6");
    assert_int_equal(l.n, 1);
    assert_int_equal(l.at[0].ss_family, AF_INET6);
    assert_int_equal(address_port(&l.at[0]), 6);
    assert_true(address_is_loopback(&l.at[0]));
    address_set_port(&l.at[0], 78);
    assert_int_equal(address_port(&l.at[0]), 78);
    resolve(&l, "10.0.0.1:5");
    assert_false(address_is_loopback(&l.at[0]));
    resolve(&l, "[fe80::1]:5");
    assert_false(address_is_loopback(&l.at[0]));
    resolve(&l, ":7");
    assert_in_range(l.n, 1, 2);
    for (int i = 0; i < l.n; i++) {
        assert_false(address_is_loopback(&l.at[i]));
        assert_int_equal(address_port(&l.at[i]), 7);
    }
    struct address a;
    struct err e;
    err_init(&e);
    assert_int_equal(address_parse(&a, "no.such.host.invalid:1", &e), ST_OK);
    assert_int_equal(address_resolve(&l, &a, &e), ST_ERR);
    assert_non_null(strstr(e.message, "no.such.host.invalid"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse),
        cmocka_unit_test(test_resolve),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
