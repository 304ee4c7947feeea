/* Edits of a text: in any order, and what cannot be carried out is an error. */
#include "sql/edits.h"

#include "base/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

struct probe {
    struct arena arena;
    struct edits x;
    struct err e;
};

static int begin(void **state)
{
    static struct probe t;
    t = (struct probe){0};
    arena_init(&t.arena, 4096);
    edits_init(&t.x, &t.arena, str_of("select a, b"));
    *state = &t;
    return 0;
}

static int end(void **state)
{
    arena_release(&((struct probe *)*state)->arena);
    return 0;
}

static void test_any_order(void **state)
{
    struct probe *t = *state;
    struct sql_rewritten out;
    assert_int_equal(edits_replace(&t->x, 10, 1, str_of("bb"), &t->e), ST_OK);
    assert_int_equal(edits_replace(&t->x, 7, 1, str_of("aa"), &t->e), ST_OK);
    assert_int_equal(edits_replace_first(&t->x, 7, 0, str_of("x, "), &t->e), ST_OK);
    assert_int_equal(edits_replace(&t->x, 10, 0, str_of("y, "), &t->e), ST_OK);
    assert_int_equal(edits_apply(&t->x, &out, &t->e), ST_OK);
    assert_string_equal(out.text.p, "select x, aa, y, bb");
    assert_int_equal(out.nedits, 4);
}

static void test_outside(void **state)
{
    struct probe *t = *state;
    assert_int_equal(edits_replace(&t->x, 12, 0, str_of("x"), &t->e), ST_ERR);
    assert_int_equal(t->e.code, SQLSTATE_INTERNAL_ERROR);
    assert_int_equal(edits_replace(&t->x, 10, SIZE_MAX, str_of("x"), &t->e), ST_ERR);
}

static void test_overlap(void **state)
{
    struct probe *t = *state;
    struct sql_rewritten out;
    assert_int_equal(edits_replace(&t->x, 0, 8, str_of("x"), &t->e), ST_OK);
    assert_int_equal(edits_replace(&t->x, 7, 1, str_of("y"), &t->e), ST_OK);
    assert_int_equal(edits_apply(&t->x, &out, &t->e), ST_ERR);
    assert_int_equal(t->e.code, SQLSTATE_INTERNAL_ERROR);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_any_order, begin, end),
        cmocka_unit_test_setup_teardown(test_outside, begin, end),
        cmocka_unit_test_setup_teardown(test_overlap, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
