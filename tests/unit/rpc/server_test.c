/* A server whose start failed, wherever that was, ends without a word of gRPC's. */
#include "rpc/server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct err err;
static const struct rpc_security plain;

static int new_server(struct rpc_server **out, const char *const *addresses, size_t n)
{
    const struct rpc_server_options o = {
        .addresses = addresses, .naddresses = n, .security = &plain, .silence_ms = 1000, .sessions_max = 4};
    err_init(&err);
    return rpc_server_new(out, &o, &err);
}

static void test_an_address_that_is_none(void **state)
{
    (void)state;
    struct rpc_server *s = NULL;
    static const char *const addresses[] = {"127.0.0.1:0", "127.0.0.1:no port"};
    assert_int_equal(new_server(&s, addresses, 1), ST_OK);
    rpc_server_free(s);
    assert_int_equal(new_server(&s, addresses, 2), ST_ERR);
    assert_int_equal(err.code, SQLSTATE_SYSTEM_ERROR);
}

static void test_free_without_stop(void **state)
{
    (void)state;
    struct rpc_server *s = NULL;
    static const char *const addresses[] = {"127.0.0.1:0"};
    for (int stops = 0; stops < 2; stops++) {
        assert_int_equal(new_server(&s, addresses, 1), ST_OK);
        assert_int_equal(rpc_server_start(s, &err), ST_OK);
        assert_true(rpc_server_port(s) > 0);
        if (stops) {
            rpc_server_stop(s);
            rpc_server_stop(s);
        }
        rpc_server_free(s);
    }
    rpc_server_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_address_that_is_none),
        cmocka_unit_test(test_free_without_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
