#include "rows/pace.h"

#include "rows/row_batch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { NOW_US = 10 * 1000 * 1000 };

/* Everything that pacing may say yes to. */
static bool does_anything(const struct pace *p)
{
    return pace_holds_first_rows(p) || pace_makes_ahead(SIZE_MAX) || pace_wants_writer(p, UINT64_MAX) ||
           pace_joins_messages(UINT32_MAX);
}

static void test_brief_results(void **state)
{
    (void)state;
    struct pace p = {0};
    for (unsigned i = 0; i < PACE_BRIEF_RESULTS; i++) {
        assert_false(pace_holds_first_rows(&p));
        pace_result_ended(&p, i % 2, PACE_BRIEF_US - 1);
    }
    assert_true(pace_holds_first_rows(&p));
    struct pace slow = p, two = p, failed = p;
    pace_result_ended(&slow, 1, PACE_BRIEF_US);
    pace_result_ended(&two, 2, 0);
    pace_result_failed(&failed);
    assert_false(pace_holds_first_rows(&slow) || pace_holds_first_rows(&two) ||
                 pace_holds_first_rows(&failed));
}

static void test_writer(void **state)
{
    (void)state;
    struct pace p = {0};
    assert_false(pace_wants_writer(&p, PACE_WRITER_FROM - 1));
    assert_true(pace_wants_writer(&p, PACE_WRITER_FROM));
    assert_true(pace_bypasses_writer(&p, PACE_WRITER_FROM, PACE_WRITER_BATCH - 1));
    assert_false(pace_bypasses_writer(&p, PACE_WRITER_FROM, PACE_WRITER_BATCH));
    assert_false(pace_bypasses_writer(&p, PACE_WRITER_FROM, 2 * ROW_BATCH_MAX));
    assert_true(pace_bypasses_writer(&p, PACE_WRITER_FROM, 2 * ROW_BATCH_MAX + 1));
}

static void test_pages(void **state)
{
    (void)state;
    struct pace p = {0};
    pace_page_ended(&p, NOW_US);
    pace_page_begins(&p, NOW_US + PACE_LATE_US);
    assert_true(pace_wants_writer(&p, PACE_WRITER_FROM));
    pace_page_begins(&p, NOW_US + PACE_LATE_US + 1);
    assert_false(pace_wants_writer(&p, PACE_LATE_BYTES));
    assert_true(pace_bypasses_writer(&p, PACE_LATE_BYTES, ROW_BATCH_MAX));
    assert_true(pace_wants_writer(&p, PACE_LATE_BYTES + 1));
    assert_false(pace_bypasses_writer(&p, PACE_LATE_BYTES + 1, ROW_BATCH_MAX));
    pace_no_page(&p);
    assert_true(pace_wants_writer(&p, PACE_WRITER_FROM));
    assert_false(pace_makes_ahead(PACE_AHEAD_FROM - 1));
    assert_true(pace_makes_ahead(PACE_AHEAD_FROM));
}

static void test_messages(void **state)
{
    (void)state;
    assert_false(pace_joins_messages(PACE_FAST_MESSAGES - 1));
    assert_true(pace_joins_messages(PACE_FAST_MESSAGES));
}

static void fill(struct pace_batch *b, int64_t now_us)
{
    if (pace_batch_may_grow(b, b->bytes))
        pace_batch_filled(b, now_us);
}

static void test_batches_grow(void **state)
{
    (void)state;
    struct pace_batch b = pace_batch_for(&(struct pace_fetch){.bytes = PACE_GROW_FROM});
    assert_int_equal(b.bytes, PACE_GROW_FROM);
    assert_false(pace_batch_may_grow(&b, b.bytes - 1)); /* it was not full */
    fill(&b, NOW_US);                                   /* the first: nothing is known yet */
    assert_int_equal(b.bytes, PACE_GROW_FROM);
    fill(&b, NOW_US + PACE_GROW_WITHIN_US);
    assert_int_equal(b.bytes, PACE_GROW_FROM);
    fill(&b, NOW_US + 2 * PACE_GROW_WITHIN_US - 1);
    assert_int_equal(b.bytes, 2 * PACE_GROW_FROM);
    for (int i = 0; i < 10; i++)
        fill(&b, NOW_US + 2 * PACE_GROW_WITHIN_US);
    assert_int_equal(b.bytes, ROW_BATCH_MAX);
    struct pace_batch small = pace_batch_for(&(struct pace_fetch){.bytes = PACE_GROW_FROM - 1});
    assert_false(pace_batch_may_grow(&small, SIZE_MAX));
}

static size_t most_of(bool is_page, bool is_encoded, size_t most)
{
    return pace_batch_for(
               &(struct pace_fetch){.bytes = 1, .most = most, .is_page = is_page, .is_encoded = is_encoded})
        .most;
}

static void test_batches_begin(void **state)
{
    (void)state;
    assert_int_equal(most_of(false, false, 0), ROW_BATCH_MAX);
    assert_int_equal(most_of(true, false, 0), PACE_PAGE_BATCH);
    assert_int_equal(most_of(false, true, 0), PACE_ENCODED_BATCH);
    assert_int_equal(most_of(true, false, PACE_GROW_FROM), PACE_GROW_FROM);
    assert_int_equal(most_of(false, true, PACE_GROW_FROM), PACE_GROW_FROM / 2);
    struct pace_fetch next = {.bytes = PACE_GROW_FROM, .before = ROW_BATCH_MAX, .is_page = true};
    assert_int_equal(pace_batch_for(&next).bytes, PACE_PAGE_BATCH);
    next.bytes = PACE_GROW_FROM - 1; /* who wants little gets it */
    assert_int_equal(pace_batch_for(&next).bytes, PACE_GROW_FROM - 1);
    next.bytes = 0;
    assert_int_equal(pace_batch_for(&next).bytes, 1);
    next.bytes = 2 * ROW_BATCH_MAX;
    assert_int_equal(pace_batch_for(&next).bytes, PACE_PAGE_BATCH);
}

static void test_plain(void **state)
{
    (void)state;
    struct pace p = {.brief_results = PACE_BRIEF_RESULTS};
    assert_true(does_anything(&p));
    pace_set_plain(true);
    assert_true(pace_is_plain());
    assert_false(does_anything(&p));
    pace_set_plain(false);
    assert_true(does_anything(&p));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_brief_results), cmocka_unit_test(test_writer),
        cmocka_unit_test(test_pages),         cmocka_unit_test(test_messages),
        cmocka_unit_test(test_plain),         cmocka_unit_test(test_batches_grow),
        cmocka_unit_test(test_batches_begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
