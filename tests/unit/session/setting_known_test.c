#include "session/setting_known.h"

#include "base/str.h"
#include "session/settings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static size_t find(const char *name)
{
    for (size_t i = 0; i < setting_known_count(); i++)
        if (strcmp(setting_known_name(i), name) == 0)
            return i;
    fail_msg("%s", name);
    return 0;
}

static void check(const char *name, const char *in, const char *shown, const char *counted)
{
    char out[SETTING_VALUE_MAX], number[SETTING_VALUE_MAX];
    struct err e;
    err_init(&e);
    assert_int_equal(setting_known_check(find(name), in, out, sizeof out, &e), ST_OK);
    assert_string_equal(out, shown);
    setting_known_counted(find(name), out, number, sizeof number);
    assert_string_equal(number, counted);
}

static void refuses(const char *name, const char *in, enum sqlstate code)
{
    char out[SETTING_VALUE_MAX];
    struct err e;
    err_init(&e);
    assert_int_equal(setting_known_check(find(name), in, out, sizeof out, &e), ST_ERR);
    assert_int_equal(e.code, code);
}

static void test_values(void **state)
{
    (void)state;
    check("enable_seqscan", "Y", "on", "on");
    check("constraint_exclusion", "FALSE", "off", "off");
    check("constraint_exclusion", "Partition", "partition", "partition");
    check("effective_cache_size", "131072", "1GB", "131072");
    check("effective_cache_size", " 1 GB ", "1GB", "131072");
    check("effective_cache_size", "100", "800kB", "100");
    check("temp_buffers", "1MB", "1MB", "128");
    check("random_page_cost", "1.1", "1.1", "1.1");
    check("join_collapse_limit", "1", "1", "1");
    refuses("enable_seqscan", "maybe", SQLSTATE_INVALID_PARAMETER_VALUE);
    refuses("effective_cache_size", "1 parsec", SQLSTATE_INVALID_PARAMETER_VALUE);
    refuses("effective_cache_size", "1e300", SQLSTATE_INVALID_PARAMETER_VALUE);
    refuses("join_collapse_limit", "0", SQLSTATE_INVALID_PARAMETER_VALUE);
    refuses("random_page_cost", "nan", SQLSTATE_INVALID_PARAMETER_VALUE);
    refuses("force_parallel_mode", "x", SQLSTATE_INVALID_PARAMETER_VALUE);
    refuses("log_statement", "all", SQLSTATE_INSUFFICIENT_PRIVILEGE);
    refuses("default_text_search_config", "german", SQLSTATE_FEATURE_NOT_SUPPORTED);
}

/* A default is what its own check would make of it, unless it is a superuser's. */
static void test_defaults(void **state)
{
    (void)state;
    for (size_t i = 0; i < setting_known_count(); i++) {
        char out[SETTING_VALUE_MAX];
        struct err e;
        err_init(&e);
        if (setting_known_check(i, setting_known_default(i), out, sizeof out, &e) == ST_OK)
            assert_string_equal(out, setting_known_default(i));
        else
            assert_int_equal(e.code, SQLSTATE_INSUFFICIENT_PRIVILEGE);
    }
}

/* They are kept like others, and take room only where they are set. */
static void test_kept(void **state)
{
    (void)state;
    struct settings s;
    struct err e;
    err_init(&e);
    settings_init(&s, NULL);
    int i = settings_find(&s, "Enable_SeqScan");
    assert_true(i >= (int)SETTINGS_COUNT);
    assert_string_equal(settings_get(&s, (size_t)i), "on");
    assert_int_equal(s.nset, 0);
    assert_int_equal(settings_set(&s, "enable_seqscan", "off", false, true, &e), ST_OK);
    assert_int_equal(settings_set(&s, "my.own", "x", false, true, &e), ST_OK);
    assert_string_equal(settings_get(&s, (size_t)i), "off");
    settings_end_transaction(&s, false);
    assert_string_equal(settings_get(&s, (size_t)i), "on");
    assert_int_equal(settings_start(&s, "enable_sort", "0", &e), ST_OK);
    assert_int_equal(settings_set(&s, "enable_sort", "1", false, false, &e), ST_OK);
    assert_int_equal(settings_reset_all(&s, false, &e), ST_OK);
    assert_string_equal(settings_get(&s, (size_t)settings_find(&s, "enable_sort")), "off");
    settings_release(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
