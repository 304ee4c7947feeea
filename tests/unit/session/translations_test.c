#include "session/translations.h"

#include "base/alloc.h"
#include "base/metric.h"
#include "base/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct translations all;

static int begin(void **state)
{
    (void)state;
    translations_init(&all);
    return 0;
}

static int end(void **state)
{
    (void)state;
    translations_release(&all);
    return 0;
}

static const struct sql_edit one_edit[] = {{.at = 0, .removed = 1, .added = 2}};
static const struct sql_mark two_marks[] = {{.at = 0, .n = 2, .kind = SQL_TOK_WORD},
                                            {.at = 3, .n = 1, .kind = SQL_TOK_NUMBER}};

static void keep(const struct translation_key *key, const char *made)
{
    struct sql_rewritten r = {.text = str_of(made), .nedits = 1, .edits = one_edit};
    struct sql_marks m = {.items = two_marks, .n = 2};
    translations_keep(&all, key, &r, &m);
}

/* Whether it is kept; *again as translations_find says. */
static bool is_kept(const struct translation_key *key, bool *again)
{
    struct translation *t = translations_find(&all, key, again);
    translation_unref(t);
    return t != NULL;
}

static void test_worth_keeping_from_the_second_time_on(void **state)
{
    bool again;
    const struct translation_key key = {.text = STR("x 1"), .postgres = true};
    (void)state;
    assert_false(is_kept(&key, &again));
    assert_false(again);
    assert_false(is_kept(&key, &again));
    assert_true(again);
    keep(&key, "yy 1");
    struct translation *t = translations_find(&all, &key, &again);
    assert_non_null(t);
    assert_false(again);
    assert_true(str_eq(t->edits.text, STR("yy 1")));
    assert_int_equal(t->edits.text.p[t->edits.text.n], 0);
    assert_int_equal(t->edits.nedits, 1);
    assert_memory_equal(t->edits.edits, one_edit, sizeof one_edit);
    assert_int_equal(t->marks.n, 2);
    assert_memory_equal(t->marks.items, two_marks, sizeof two_marks);
    translation_unref(t);
}

static void test_without_edits_the_text_itself(void **state)
{
    bool again;
    const struct translation_key key = {.text = STR("select 1")};
    const struct sql_rewritten same = {.text = key.text};
    const struct sql_marks marks = {.items = two_marks, .n = 2, .base = 7};
    (void)state;
    translations_keep(&all, &key, &same, &marks);
    struct translation *t = translations_find(&all, &key, &again);
    assert_non_null(t);
    assert_true(str_eq(t->edits.text, key.text));
    assert_int_equal(t->edits.nedits, 0);
    assert_int_equal(t->marks.n, 0); /* the sender has its own */
    translation_unref(t);
}

static void test_all_of_the_key_counts(void **state)
{
    bool again;
    struct translation_key key = {.text = STR("x 1")};
    (void)state;
    keep(&key, "yy 1");
    assert_true(is_kept(&key, &again));
    key.postgres = true;
    assert_false(is_kept(&key, &again));
    key = (struct translation_key){.text = STR("x 1"), .strings = true};
    assert_false(is_kept(&key, &again));
    key = (struct translation_key){.text = STR("x 2")};
    assert_false(is_kept(&key, &again));
}

static void test_two_sessions_keep_the_same(void **state)
{
    bool again;
    const struct translation_key key = {.text = STR("x 1")};
    (void)state;
    keep(&key, "yy 1");
    int64_t bytes = metric_gauge_value(METRIC_TRANSLATION_BYTES);
    assert_true(bytes > 0);
    keep(&key, "yy 1");
    assert_int_equal(metric_gauge_value(METRIC_TRANSLATION_BYTES), bytes);
    assert_true(is_kept(&key, &again));
}

static void test_is_bounded(void **state)
{
    static char text[TRANSLATION_BYTES_MAX + 2];
    enum { MANY = 10 * TRANSLATION_SETS * TRANSLATION_WAYS };
    unsigned kept = 0;
    bool again;
    (void)state;
    memset(text, 'x', sizeof text - 1);
    const struct translation_key large = {.text = str_of(text)};
    keep(&large, "yy 1");
    assert_false(is_kept(&large, &again));
    assert_false(is_kept(&large, &again));
    assert_false(again); /* nor is it asked for */
    const struct translation_key small = {.text = STR("x")};
    keep(&small, text);
    assert_false(is_kept(&small, &again));
    for (unsigned i = 0; i < MANY; i++) {
        (void)snprintf(text, sizeof text, "x %u", i);
        keep(&(struct translation_key){.text = str_of(text)}, "yy 1");
    }
    for (unsigned i = 0; i < MANY; i++) {
        (void)snprintf(text, sizeof text, "x %u", i);
        kept += is_kept(&(struct translation_key){.text = str_of(text)}, &again);
    }
    assert_in_range(kept, TRANSLATION_SETS, TRANSLATION_SETS * TRANSLATION_WAYS);
}

static void test_the_least_used_goes(void **state)
{
    char text[32];
    bool again;
    const struct translation_key often = {.text = STR("often")};
    (void)state;
    keep(&often, "yy 1");
    for (unsigned i = 0; i < 10 * TRANSLATION_SETS * TRANSLATION_WAYS; i++) {
        (void)snprintf(text, sizeof text, "x %u", i);
        keep(&(struct translation_key){.text = str_of(text)}, "yy 1");
        assert_true(is_kept(&often, &again));
    }
}

static void test_a_reference_outlives_all(void **state)
{
    bool again;
    const struct translation_key key = {.text = STR("x 1")};
    (void)state;
    keep(&key, "yy 1");
    struct translation *t = translations_find(&all, &key, &again);
    assert_non_null(t);
    translations_release(&all);
    translations_init(&all);
    assert_true(str_eq(t->edits.text, STR("yy 1")));
    translation_unref(t);
    assert_int_equal(metric_gauge_value(METRIC_TRANSLATION_BYTES), 0);
}

static void test_without_memory(void **state)
{
    bool again;
    const struct translation_key key = {.text = STR("x 1")};
    (void)state;
    alloc_fail_nth(1);
    keep(&key, "yy 1");
    assert_true(alloc_failed());
    assert_false(is_kept(&key, &again));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_worth_keeping_from_the_second_time_on, begin, end),
        cmocka_unit_test_setup_teardown(test_without_edits_the_text_itself, begin, end),
        cmocka_unit_test_setup_teardown(test_all_of_the_key_counts, begin, end),
        cmocka_unit_test_setup_teardown(test_two_sessions_keep_the_same, begin, end),
        cmocka_unit_test_setup_teardown(test_is_bounded, begin, end),
        cmocka_unit_test_setup_teardown(test_the_least_used_goes, begin, end),
        cmocka_unit_test_setup_teardown(test_a_reference_outlives_all, begin, end),
        cmocka_unit_test_setup_teardown(test_without_memory, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
