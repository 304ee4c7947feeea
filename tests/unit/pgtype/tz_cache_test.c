/* Which zones are kept, and for how long. */
#include "pgtype/tz_cache.h"

#include "pgtype/tz.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static const struct tz *found(const char *name)
{
    const struct tz *z = NULL;
    struct err e;
    err_init(&e);
    if (tz_find(&z, name, &e) != ST_OK)
        fail_msg("%s: %s", name, e.message);
    return z;
}

static const struct tz *made_up(int i)
{
    char name[16];
    (void)snprintf(name, sizeof name, "-%02d:%02d:%02d", i / 3600, i / 60 % 60, i % 60);
    return found(name);
}

/* Made up for the whole length of a test, so that all the others go. */
static void forget_all_but_used(void)
{
    for (int i = 0; i < TZ_CACHE_MAX; i++)
        tz_unref(made_up(40000 + i));
}

static void a_name_is_kept_as_its_file_has_it(void **state)
{
    static const struct {
        const char *asked, *name;
    } rows[] = {
        {"europe/berlin", "Europe/Berlin"},
        {"EUROPE/BERLIN", "Europe/Berlin"},
        {"america/argentina/buenos_aires", "America/Argentina/Buenos_Aires"},
        {"etc/gmt+5", "Etc/GMT+5"},
        {"est5edt", "EST5EDT"},
        {"utc", "UTC"},
        {"+02", "+02"},
        {"gmt-13:00", "GMT-13:00"},
        {"<+02>-02", "<+02>-02"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct tz *z = found(rows[i].asked), *again = found(rows[i].name);
        assert_string_equal(tz_name(z), rows[i].name);
        assert_ptr_equal(z, again);
        tz_unref(again);
        tz_unref(z);
    }
}

/* UTC is nobody's to count, and outlives every cache. */
static void utc_is_always_there(void **state)
{
    (void)state;
    unsigned before = tz_cached();
    const struct tz *z = found("Utc");
    assert_ptr_equal(z, tz_utc());
    assert_int_equal(tz_cached(), before);
    for (int i = 0; i < 3; i++)
        tz_unref(z);
    assert_ptr_equal(tz_ref(z), z);
    assert_int_equal(tz_offset_at(tz_utc(), 0), 0);
    assert_int_equal(tz_local_to_utc(tz_utc(), 12345), 12345);
    assert_null(tz_ref(NULL));
    tz_unref(NULL);
}

/* Whoever makes names up fills nothing: the least recently used goes. What is in use lives on, and is found
 * again before others that nobody uses. */
static void the_cache_forgets(void **state)
{
    enum { MANY = 4 * TZ_CACHE_MAX };
    (void)state;
    const struct tz *kept = found("Asia/Tokyo");
    for (int i = 0; i < MANY; i++) {
        const struct tz *z = made_up(i);
        assert_int_equal(tz_offset_at(z, 0), i);
        tz_unref(z);
    }
    assert_int_equal(tz_cached(), TZ_CACHE_MAX);
    const struct tz *again = found("asia/tokyo");
    assert_ptr_equal(again, kept);
    tz_unref(again);
    tz_unref(kept);
}

/* A zone that was asked for again is younger than those that were not. */
static void use_makes_young(void **state)
{
    (void)state;
    forget_all_but_used();
    const struct tz *young = made_up(1), *old = made_up(2);
    tz_unref(young);
    tz_unref(old);
    for (int i = 0; i < TZ_CACHE_MAX - 2; i++)
        tz_unref(made_up(100 + i));
    tz_unref(made_up(1));
    tz_unref(made_up(3)); /* one has to go, and it is the second */
    assert_int_equal(tz_cached(), TZ_CACHE_MAX);
    const struct tz *z = made_up(1);
    assert_ptr_equal(z, young);
    tz_unref(z);
}

/* More zones in use than the cache keeps: they work, and go with their users. */
static void all_may_be_in_use(void **state)
{
    enum { MANY = TZ_CACHE_MAX + 20 };
    const struct tz *used[MANY];
    (void)state;
    for (int i = 0; i < MANY; i++)
        used[i] = made_up(i);
    assert_int_equal(tz_cached(), TZ_CACHE_MAX);
    for (int i = 0; i < MANY; i++) {
        assert_int_equal(tz_offset_at(used[i], 0), i);
        tz_unref(used[i]);
    }
}

/* A reference more keeps a zone that the cache has forgotten. */
static void references_are_counted(void **state)
{
    (void)state;
    const struct tz *z = found("Asia/Seoul");
    assert_ptr_equal(tz_ref(z), z);
    tz_unref(z);
    const struct tz *others[TZ_CACHE_MAX];
    for (int i = 0; i < TZ_CACHE_MAX; i++) /* all in use, so that even this one goes */
        others[i] = made_up(i);
    assert_int_equal(tz_offset_at(z, 1700000000), 32400);
    const struct tz *another = found("Asia/Seoul");
    assert_ptr_not_equal(another, z);
    tz_unref(another);
    tz_unref(z);
    for (int i = 0; i < TZ_CACHE_MAX; i++)
        tz_unref(others[i]);
}

/* What is not there is not kept either, and leaves the place of what is. */
static void failures_are_not_kept(void **state)
{
    (void)state;
    unsigned before = tz_cached();
    for (int i = 0; i < 3; i++) {
        const struct tz *z = NULL;
        struct err e;
        err_init(&e);
        assert_int_equal(tz_find(&z, "Nowhere/At_All", &e), ST_ERR);
        assert_null(z);
    }
    assert_int_equal(tz_cached(), before);
}

enum { THREADS = 4, ROUNDS = 400 };

static void *look_up(void *of_thread)
{
    for (int i = 0; i < ROUNDS; i++) {
        struct err e;
        const struct tz *z = NULL;
        char name[16];
        int offset = 20000 + (*(int *)of_thread * ROUNDS + i) % (2 * TZ_CACHE_MAX);
        err_init(&e);
        (void)snprintf(name, sizeof name, "-%02d:%02d:%02d", offset / 3600, offset / 60 % 60, offset % 60);
        if (tz_find(&z, name, &e) != ST_OK || tz_offset_at(tz_ref(z), 0) != offset)
            return of_thread;
        tz_unref(z);
        tz_unref(z);
    }
    return NULL;
}

/* All at once, with more names than are kept. */
static void any_thread_may_ask(void **state)
{
    pthread_t threads[THREADS];
    int numbers[THREADS];
    (void)state;
    for (int i = 0; i < THREADS; i++) {
        numbers[i] = i;
        assert_int_equal(pthread_create(&threads[i], NULL, look_up, &numbers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        void *failed;
        assert_int_equal(pthread_join(threads[i], &failed), 0);
        assert_null(failed);
    }
    assert_int_equal(tz_cached(), TZ_CACHE_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_is_kept_as_its_file_has_it),
        cmocka_unit_test(utc_is_always_there),
        cmocka_unit_test(failures_are_not_kept),
        cmocka_unit_test(the_cache_forgets),
        cmocka_unit_test(use_makes_young),
        cmocka_unit_test(all_may_be_in_use),
        cmocka_unit_test(references_are_counted),
        cmocka_unit_test(any_thread_may_ask),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
