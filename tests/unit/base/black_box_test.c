#include "base/black_box.h"
#include "base/crash.h"
#include "base/thread.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { SANITIZED = 1 };
#else
enum { SANITIZED = 0 };
#endif

static void open_box(unsigned slots)
{
    struct err e;
    err_init(&e);
    assert_int_equal(black_box_open(slots, &e), ST_OK);
}

static void without_a_box_nothing_happens(void **state)
{
    (void)state;
    struct black_box_slot *s = black_box_take();
    assert_null(s);
    black_box_begin(s, 1, "select");
    black_box_end(s, false);
    black_box_give(s);
    black_box_set_ready();
    black_box_set_port(5);
    assert_int_equal(black_box_port(), 0);
    assert_int_equal(black_box_restarts(), 0);
}

static void slots_are_taken_and_given_back(void **state)
{
    (void)state;
    struct black_box_slot *s[3];
    open_box(3);
    for (int round = 0; round < 5; round++) {
        for (size_t i = 0; i < 3; i++)
            assert_non_null(s[i] = black_box_take());
        assert_null(black_box_take()); /* beyond: not written down */
        for (size_t i = 0; i < 3; i++)
            black_box_give(s[i]);
    }
    black_box_close();
}

/* What a child wrote is there when it is gone; what was over is not. */
static void a_child_leaves_what_it_ran(void **state)
{
    (void)state;
    struct black_box_death d;
    struct black_box_statement st;
    unsigned at = 0;
    char text[2 * BLACK_BOX_TEXT];
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    open_box(8);
    pid_t pid = fork();
    if (pid == 0) {
        black_box_set_ready();
        black_box_set_port(4711);
        black_box_begin(black_box_take(), 11, "select ?");
        black_box_begin(black_box_take(), 12, text);
        struct black_box_slot *over = black_box_take(), *idle = black_box_take();
        black_box_begin(over, 13, "over");
        black_box_end(over, false);
        black_box_begin(idle, 14, "idle");
        black_box_end(idle, true);
        _exit(3);
    }
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    black_box_read(&d);
    assert_true(d.was_ready && !d.stack_full);
    assert_int_equal(d.running, 3);
    assert_true(black_box_next(&at, &st));
    assert_int_equal(st.fingerprint, 11);
    assert_string_equal(st.text, "select ?");
    assert_true(black_box_next(&at, &st));
    assert_int_equal(strlen(st.text), BLACK_BOX_TEXT - 1);
    assert_true(black_box_next(&at, &st));
    assert_string_equal(st.text, "idle");
    assert_false(black_box_next(&at, &st));
    black_box_next_child();
    black_box_read(&d);
    assert_int_equal(d.running, 0);
    assert_true(d.was_ready);
    assert_int_equal(black_box_port(), 4711);
    assert_int_equal(black_box_restarts(), 1);
    black_box_close();
}

static volatile int depth;

/* Without an end, as far as the compiler knows. */
static __attribute__((noinline)) int sink_into(volatile char *before)
{
    volatile char frame[1000];
    frame[0] = *before;
    depth++;
    return depth > 0 ? sink_into(frame) + frame[0] : 0;
}

static void *fill_the_stack(void *arg)
{
    char c = 0;
    (void)arg;
    black_box_begin(black_box_take(), 21, "deep");
    return (void *)(uintptr_t)sink_into(&c);
}

static void *read_nothing(void *arg)
{
    black_box_begin(black_box_take(), 22, "wild");
    return (void *)(uintptr_t) * (volatile char *)arg;
}

static void *give_up(void *arg)
{
    (void)arg;
    black_box_begin(black_box_take(), 23, "abort");
    abort();
}

static int die_in(void *(*run)(void *))
{
    const struct rlimit no_core = {0, 0};
    pid_t pid = fork();
    int status;
    if (pid == 0) {
        pthread_t t;
        (void)setrlimit(RLIMIT_CORE, &no_core);
        crash_watch();
        if (thread_start(&t, THREAD_ENGINE_STACK, run, (void *)(uintptr_t)64) == 0)
            (void)pthread_join(t, NULL);
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

/* The signal ends the process as ever, and the statement that met it is known. */
static void a_signal_is_written_down(void **state)
{
    (void)state;
    static const struct {
        void *(*run)(void *);
        int signal;
        uint64_t fingerprint;
        bool stack_full;
    } cases[] = {
        {fill_the_stack, SIGSEGV, 21, true},
        {read_nothing, SIGSEGV, 22, false},
        {give_up, SIGABRT, 23, false},
    };
    if (SANITIZED) /* its own handlers */
        skip();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct black_box_death d;
        struct black_box_statement st;
        unsigned at = 0;
        open_box(2);
        int status = die_in(cases[i].run);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == cases[i].signal);
        black_box_read(&d);
        assert_int_equal(d.stack_full, cases[i].stack_full);
        assert_true(black_box_next(&at, &st));
        assert_int_equal(st.fingerprint, cases[i].fingerprint);
        assert_true(st.crashed);
        black_box_close();
    }
}

static void *wait_for_end(void *arg)
{
    (void)pthread_barrier_wait(arg);
    return NULL;
}

static size_t resident_kb(void)
{
    struct rusage u;
    (void)getrusage(RUSAGE_SELF, &u);
    return (size_t)u.ru_maxrss;
}

/* Large stacks are reserved, not taken. */
static void a_thousand_large_stacks(void **state)
{
    (void)state;
    enum { N = 1000 };
    static pthread_t threads[N];
    pthread_barrier_t all;
    size_t before = resident_kb();
    (void)pthread_barrier_init(&all, NULL, N + 1);
    for (size_t i = 0; i < N; i++)
        assert_int_equal(thread_start(&threads[i], THREAD_ENGINE_STACK, wait_for_end, &all), 0);
    size_t grown = resident_kb() - before;
    (void)pthread_barrier_wait(&all);
    for (size_t i = 0; i < N; i++)
        (void)pthread_join(threads[i], NULL);
    print_message("%d stacks took %zu kB\n", N, grown);
    if (!SANITIZED)
        assert_true(grown < (size_t)N * 64);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_box_nothing_happens), cmocka_unit_test(slots_are_taken_and_given_back),
        cmocka_unit_test(a_child_leaves_what_it_ran),    cmocka_unit_test(a_signal_is_written_down),
        cmocka_unit_test(a_thousand_large_stacks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
