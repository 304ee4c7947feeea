#include "pgtype/tid.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_read_and_write(void **state)
{
    static const struct {
        const char *given, *shown, *padded;
    } all[] = {
        {"(0,1)", "(0,1)", "(0000000000,00001)"},
        {" ( 4294967295 , 65535 )", NULL, NULL}, /* blanks stand before the marks alone */
        {" (4294967295,65535)", "(4294967295,65535)", "(4294967295,65535)"},
        {"(0000000007,00010)", "(7,10)", "(0000000007,00010)"},
        {"(4294967296,1)", NULL, NULL},
        {"(1,65536)", NULL, NULL},
        {"(1,2", NULL, NULL},
        {"(1,2)x", NULL, NULL},
        {"(-1,2)", NULL, NULL},
        {"(,2)", NULL, NULL},
        {"1,2", NULL, NULL},
        {"", NULL, NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        struct tid t;
        char out[TID_TEXT_MAX];
        assert_int_equal(tid_read(str_of(all[i].given), &t), all[i].shown != NULL);
        if (!all[i].shown)
            continue;
        assert_int_equal(tid_write(t, false, out), str_of(all[i].shown).n);
        assert_string_equal(out, all[i].shown);
        (void)tid_write(t, true, out);
        assert_string_equal(out, all[i].padded);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_read_and_write)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
