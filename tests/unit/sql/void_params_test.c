/* OUT arguments that a driver sends as parameters. */
#include "sql/void_params.h"

#include "pgtype/oid.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { DECLARED = 4 };

static void test_leaves(void **state)
{
    (void)state;
    static const struct {
        const char *sql, *wanted;
        size_t nvoids;
    } cases[] = {
        {"select * from f($1) as r", "select * from f(  ) as r", 2},
        {"select * from f($1,$2) as r", "select * from f(   $1) as r", 2},
        {"select f( $1 , $2, $3)", "select f(      $1    )", 2},
        {"select f($2,$1,$3,$4)", "select f($1,      $2)", 2},
        {"select f($1,$3)", "select f(     )", 2},
        {"select f($2, $4), '$1', $1", "select f($2, $4), '$1', $1", 0},
        {"select f($1), $3, $4", "select f($1), $3, $4", 0},
        {"select f($2, $4)", "select f($1, $2)", 2},
        {"select f($1, $5, $12)", "select f(    $3, $10)", 2},
        {"select f($1, $10)", "select f(    $8 )", 2},
        {"select f($1 + 1)", "select f($1 + 1)", 0},
        {"call p($1, $2)", "call p($1, $2)", 0},
        {"select f($99999999999999999999, $5)", "select f($99999999999999999999, $3)", 2},
        {"", "", 0},
    };
    struct arena a;
    struct err e;
    arena_init(&a, SIZE_MAX);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        static const uint32_t oids[DECLARED] = {PGTYPE_VOID, PGTYPE_INT4, PGTYPE_VOID, 0};
        struct sql_void_params out;
        err_init(&e);
        assert_int_equal(
            sql_leave_void_params(&a, str_of(cases[i].sql), oids, DECLARED, PGTYPE_VOID, &out, &e), ST_OK);
        assert_int_equal(out.nvoids, cases[i].nvoids);
        assert_int_equal(out.n, DECLARED - out.nvoids);
        assert_int_equal(out.text.n, strlen(cases[i].wanted));
        assert_memory_equal(out.text.p, cases[i].wanted, out.text.n);
        for (size_t k = 0; k < out.n && out.nvoids == 2; k++)
            assert_int_equal(out.oids[k], k == 0 ? PGTYPE_INT4 : 0);
    }
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_leaves)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
