/* So many arenas, whatever threads come. */
#include "base/malloc_arenas.h"

#include <malloc.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

enum { THREADS = 3 * MALLOC_ARENAS_MAX };

static unsigned arenas(void)
{
    char *text = NULL;
    size_t n = 0;
    unsigned found = 0;
    FILE *f = open_memstream(&text, &n);
    assert_non_null(f);
    assert_int_equal(malloc_info(0, f), 0);
    (void)fclose(f);
    for (const char *p = text; (p = strstr(p, "<heap ")) != NULL; p++)
        found++;
    free(text);
    return found;
}

static void *take(void *barrier)
{
    void *p = malloc(100);
    (void)pthread_barrier_wait(barrier);
    free(p);
    return NULL;
}

static void test_arenas(void **state)
{
    (void)state;
    pthread_t threads[THREADS];
    pthread_barrier_t all;
    assert_int_equal(arenas(), 1);
    malloc_arenas_make();
    assert_int_equal(arenas(), malloc_arenas());
    assert_in_range(malloc_arenas(), MALLOC_ARENAS_MIN, MALLOC_ARENAS_MAX);
    assert_int_equal(pthread_barrier_init(&all, NULL, THREADS), 0);
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, take, &all), 0);
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(arenas(), malloc_arenas());
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_arenas)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

int main(void)
{
    return 0; /* a sanitizer has a malloc of its own */
}

#endif
