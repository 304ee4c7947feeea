#include "spool/spool.h"

#include "base/alloc.h"
#include "base/metric.h"
#include "spool/file_store.h"

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { SEGMENT = 1000, LIMIT = 1 << 20 };

static char directory[] = "/tmp/spool_test.XXXXXX";
static struct err err;
static struct spool_space space;

static struct spool *spool_of(uint64_t memory_bytes, uint64_t memory_rows)
{
    const struct spool_options o = {memory_bytes, memory_rows, &space.home};
    struct spool *s = NULL;
    err_init(&err);
    assert_int_equal(spool_new(&s, &o, &err), ST_OK);
    return s;
}

/* Segment i has i % 7 + 1 rows and bytes that tell it from others; its length is odd on purpose. */
static size_t length_of(size_t i)
{
    return SEGMENT + i % 61;
}

static uint64_t rows_of(size_t i)
{
    return i % 7 + 1;
}

static int append(struct spool *s, size_t i)
{
    uint8_t bytes[SEGMENT + 61];
    for (size_t k = 0; k < length_of(i); k++)
        bytes[k] = (uint8_t)(i * 31 + k);
    return spool_append(s, bytes, length_of(i), rows_of(i), &err);
}

static void fill(struct spool *s, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++)
        if (append(s, i) != ST_OK)
            fail_msg("%zu: %s", i, err.message);
}

static void assert_segment(struct spool *s, size_t i)
{
    struct spool_segment seg;
    if (spool_read(s, i, &seg, &err) != ST_OK)
        fail_msg("%zu: %s", i, err.message);
    assert_int_equal(seg.nbytes, length_of(i));
    assert_int_equal(seg.nrows, rows_of(i));
    assert_int_equal((uintptr_t)seg.bytes % 16, 0);
    const uint8_t *p = seg.bytes;
    for (size_t k = 0; k < seg.nbytes; k++)
        if (p[k] != (uint8_t)(i * 31 + k))
            fail_msg("segment %zu, byte %zu", i, k);
}

static size_t files_in_directory(void)
{
    size_t n = 0;
    DIR *d = opendir(directory);
    assert_non_null(d);
    for (struct dirent *f; (f = readdir(d));)
        n += f->d_name[0] != '.';
    closedir(d);
    return n;
}

static void test_order_and_random_access(void **state)
{
    (void)state;
    /* all in memory; all on disk; half and half; by rows */
    const struct {
        uint64_t bytes, rows;
    } bounds[] = {{LIMIT, 0}, {0, 0}, {100 * SEGMENT, 0}, {LIMIT, 200}};
    enum { N = 300 };
    for (size_t b = 0; b < sizeof bounds / sizeof *bounds; b++) {
        struct spool *s = spool_of(bounds[b].bytes, bounds[b].rows);
        struct spool_stats stats;
        assert_int_equal(spool_rows(s), 0);
        fill(s, 0, N);
        assert_int_equal(spool_segments(s), N);
        spool_stats(s, &stats);
        assert_true(stats.memory_bytes <= bounds[b].bytes);
        assert_true(bounds[b].rows == 0 || stats.memory_rows <= bounds[b].rows);
        assert_int_equal(stats.stored_bytes == 0, b == 0);
        assert_int_equal(stats.stored_bytes, spool_space_used(&space));
        uint64_t row = 0;
        for (size_t i = 0; i < N; i++) {
            for (uint64_t k = 0; k < rows_of(i); k++)
                assert_int_equal(spool_find(s, row + k), i);
            row += rows_of(i);
            assert_segment(s, i);
        }
        assert_int_equal(spool_rows(s), row);
        for (size_t i = 0; i < 3 * N; i++) /* also between appends */
            assert_segment(s, i * 101 % N);
        fill(s, N, N + 5);
        assert_segment(s, 0);
        assert_segment(s, N + 4);
        assert_segment(s, N + 4);
        spool_free(s);
        assert_int_equal(spool_space_used(&space), 0);
    }
}

static void test_memory_fills_up_first(void **state)
{
    (void)state;
    struct spool *s = spool_of((uint64_t)length_of(0) + length_of(1), 0);
    struct spool_stats stats;
    uint64_t before = metric_value(METRIC_PORTAL_OVERFLOWS);
    fill(s, 0, 2);
    spool_stats(s, &stats);
    assert_int_equal(stats.memory_bytes, length_of(0) + length_of(1));
    assert_int_equal(stats.memory_rows, rows_of(0) + rows_of(1));
    assert_int_equal(metric_value(METRIC_PORTAL_OVERFLOWS), before);
    fill(s, 2, 4);
    assert_int_equal(metric_value(METRIC_PORTAL_OVERFLOWS), before + 1);
    assert_int_equal(metric_gauge_value(METRIC_SPOOL_DISK_BYTES), length_of(2) + length_of(3));
    assert_true(metric_gauge_value(METRIC_SPOOL_MEMORY_BYTES) >= (int64_t)(length_of(0) + length_of(1)));
    assert_int_equal(files_in_directory(), 0); /* it has no name */
    assert_segment(s, 3);
    spool_free(s);
    spool_free(NULL);
    assert_int_equal(metric_gauge_value(METRIC_SPOOL_DISK_BYTES), 0);
    assert_int_equal(metric_gauge_value(METRIC_SPOOL_MEMORY_BYTES), 0);
}

static void test_one_large_segment_does_not_keep_its_buffer(void **state)
{
    (void)state;
    enum { LARGE = 16 * 1024 * 1024 };
    struct spool *s = spool_of(0, 0);
    struct spool_segment seg;
    space.limit_bytes = 4 * LARGE;
    char *large = mem_calloc(1, LARGE);
    large[LARGE - 1] = 'z';
    fill(s, 0, 1);
    assert_int_equal(spool_append(s, large, LARGE, 1, &err), ST_OK);
    assert_int_equal(spool_read(s, 1, &seg, &err), ST_OK);
    assert_memory_equal(seg.bytes, large, LARGE);
    assert_segment(s, 0);
    assert_true(metric_gauge_value(METRIC_SPOOL_MEMORY_BYTES) < LARGE / 4);
    mem_free(large);
    spool_free(s);
}

static void test_the_limit_is_shared(void **state)
{
    (void)state;
    struct spool *a = spool_of(0, 0), *b = spool_of(0, 0), *c = spool_of(LIMIT, 0);
    fill(b, 0, 10);
    size_t n = 0;
    while (append(a, n) == ST_OK)
        n++;
    assert_string_equal(sqlstate_code(err.code), "53100");
    assert_non_null(strstr(err.detail, "1048576 bytes"));
    assert_true(spool_space_used(&space) <= LIMIT && spool_space_used(&space) > LIMIT - 2 * SEGMENT);
    assert_int_equal(spool_segments(a), n);
    assert_segment(a, n - 1); /* what was put down is there */
    err_init(&err);
    assert_segment(b, 9);
    fill(c, 0, 100);
    spool_free(a);
    fill(b, 10, 200);
    assert_segment(b, 199);
    spool_free(b);
    spool_free(c);
    assert_int_equal(spool_space_used(&space), 0);
}

static void test_without_a_disk(void **state)
{
    (void)state;
    const struct spool_options homeless = {2 * SEGMENT, 0, NULL};
    struct spool *s = NULL;
    assert_int_equal(spool_new(&s, &homeless, &err), ST_OK);
    fill(s, 0, 1);
    assert_int_equal(append(s, 60), ST_ERR);
    assert_string_equal(sqlstate_code(err.code), "53100");
    spool_free(s);
    spool_space_init(&space, "", LIMIT);
    s = spool_of(0, 0);
    assert_int_equal(append(s, 0), ST_ERR);
    assert_string_equal(sqlstate_code(err.code), "53100");
    spool_free(s);
    spool_space_init(&space, directory, 0);
    s = spool_of(0, 0);
    assert_int_equal(append(s, 0), ST_ERR);
    assert_string_equal(sqlstate_code(err.code), "53100");
    spool_free(s);
    spool_space_init(&space, "/does/not/exist", LIMIT);
    s = spool_of(0, 0);
    assert_int_equal(append(s, 0), ST_ERR);
    assert_string_equal(sqlstate_code(err.code), "58P01");
    spool_free(s);
}

/* ---- failing calls ---- */

static const struct file_calls *real;
static int fail_with;       /* errno of the next call; 0: works */
static unsigned interrupts; /* that many calls say EINTR first */
static size_t at_most;      /* bytes a call moves */
static int64_t flip_at;     /* the byte of the file that reads back wrong; -1: none */

static bool fails(void)
{
    if (interrupts > 0) {
        interrupts--;
        errno = EINTR;
        return true;
    }
    errno = fail_with;
    return fail_with != 0;
}

static ssize_t faulty_write(int fd, const void *p, size_t n, off_t at)
{
    if (!fails())
        return real->pwrite(fd, p, n < at_most ? n : at_most, at);
    if (errno == ENOSPC) /* some of it went through */
        (void)real->pwrite(fd, p, n / 2, at);
    errno = fail_with ? fail_with : EINTR;
    return -1;
}

static ssize_t faulty_read(int fd, void *p, size_t n, off_t at)
{
    if (fails())
        return -1;
    ssize_t done = real->pread(fd, p, n < at_most ? n : at_most, at);
    if (done > 0 && flip_at >= at && flip_at < at + done)
        ((uint8_t *)p)[flip_at - at] ^= 1;
    return done;
}

static int no_unnamed(const char *path)
{
    (void)path;
    errno = EOPNOTSUPP;
    return -1;
}

static int named_fails(char *path)
{
    (void)path;
    errno = EACCES;
    return -1;
}

static struct file_calls faulty;

static void use_faulty_calls(void)
{
    real = space.calls;
    faulty = *real;
    faulty.pwrite = faulty_write;
    faulty.pread = faulty_read;
    space.calls = &faulty;
    fail_with = 0;
    interrupts = 0;
    at_most = SIZE_MAX;
    flip_at = -1;
}

static void test_io_errors(void **state)
{
    (void)state;
    static const struct {
        int number;
        const char *code;
    } errors[] = {{ENOSPC, "53100"}, {EDQUOT, "53100"}, {EIO, "58030"}, {EFBIG, "58030"}};
    struct spool_segment seg;
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        spool_space_init(&space, directory, LIMIT);
        use_faulty_calls();
        struct spool *s = spool_of(0, 0);
        fill(s, 0, 3);
        uint64_t used = spool_space_used(&space);
        fail_with = errors[i].number;
        assert_int_equal(append(s, 3), ST_ERR);
        assert_string_equal(sqlstate_code(err.code), errors[i].code);
        assert_int_equal(spool_space_used(&space), used);
        assert_int_equal(spool_segments(s), 3);
        err_init(&err);
        assert_int_equal(spool_read(s, 1, &seg, &err), ST_ERR);
        assert_string_equal(sqlstate_code(err.code), errors[i].code);
        fail_with = 0;
        err_init(&err);
        for (size_t k = 0; k < 3; k++)
            assert_segment(s, k);
        fill(s, 3, 6); /* the disk has room again */
        assert_segment(s, 3);
        assert_segment(s, 5);
        spool_free(s);
    }
}

static void test_short_and_interrupted_calls(void **state)
{
    (void)state;
    use_faulty_calls();
    struct spool *s = spool_of(0, 0);
    at_most = 7;
    interrupts = 5;
    fill(s, 0, 5);
    interrupts = 5;
    for (size_t i = 5; i-- > 0;)
        assert_segment(s, i);
    spool_free(s);
}

static void test_damage_is_noticed(void **state)
{
    (void)state;
    use_faulty_calls();
    struct spool *s = spool_of(0, 0);
    struct spool_segment seg;
    fill(s, 0, 2);
    for (flip_at = 0; flip_at < (int64_t)length_of(0); flip_at++) {
        err_init(&err);
        assert_int_equal(spool_read(s, 0, &seg, &err), ST_ERR);
        assert_string_equal(sqlstate_code(err.code), "XX001");
    }
    err_init(&err);
    flip_at = -1;
    assert_segment(s, 0);
    assert_segment(s, 1);
    spool_free(s);
}

static int truncated_fd = -1;

static int remembered_file(const char *path)
{
    truncated_fd = real->open_unnamed(path);
    return truncated_fd;
}

static void test_a_file_that_lost_its_end(void **state)
{
    (void)state;
    use_faulty_calls();
    faulty.open_unnamed = remembered_file;
    struct spool *s = spool_of(0, 0);
    struct spool_segment seg;
    fill(s, 0, 3);
    assert_int_equal(ftruncate(truncated_fd, SEGMENT), 0);
    assert_int_equal(spool_read(s, 2, &seg, &err), ST_ERR);
    assert_string_equal(sqlstate_code(err.code), "XX001");
    spool_free(s);
}

static void test_named_files_lose_their_name(void **state)
{
    (void)state;
    use_faulty_calls();
    faulty.open_unnamed = no_unnamed;
    struct spool *s = spool_of(0, 0);
    fill(s, 0, 20);
    assert_int_equal(files_in_directory(), 0);
    assert_segment(s, 3);
    spool_free(s);
    faulty.open_named = named_fails;
    s = spool_of(0, 0);
    assert_int_equal(append(s, 0), ST_ERR);
    assert_string_equal(sqlstate_code(err.code), "42501");
    spool_free(s);
    static char too_long[8192];
    memset(too_long, 'x', sizeof too_long - 1);
    space.directory = too_long;
    s = spool_of(0, 0);
    assert_int_equal(append(s, 0), ST_ERR);
    spool_free(s);
}

/* The kernel's own refusal, not a made-up one. */
static void test_a_file_size_limit(void **state)
{
    (void)state;
    const struct rlimit small = {10 * SEGMENT, RLIM_INFINITY};
    struct rlimit before;
    struct spool *s = spool_of(0, 0);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    size_t n = 0;
    while (n < 100 && append(s, n) == ST_OK)
        n++;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    (void)signal(SIGXFSZ, SIG_DFL);
    assert_true(n > 5 && n < 10);
    assert_string_equal(sqlstate_code(err.code), "58030");
    err_init(&err);
    fill(s, n, 20);
    for (size_t i = 0; i < 20; i++)
        assert_segment(s, i);
    spool_free(s);
}

static int everything(void)
{
    const struct spool_options o = {20 * SEGMENT, 0, &space.home};
    struct spool *s = NULL;
    struct spool_segment seg;
    err_init(&err);
    int st = spool_new(&s, &o, &err);
    for (size_t i = 0; i < 40 && st == ST_OK; i++)
        st = append(s, i);
    if (st == ST_OK)
        st = spool_read(s, 39, &seg, &err);
    spool_free(s);
    return st;
}

static void test_every_allocation_fails_once(void **state)
{
    (void)state;
    for (unsigned nth = 1, more = 1; more; nth++) {
        alloc_fail_nth(nth);
        int st = everything();
        more = alloc_failed();
        assert_int_equal(st, more ? ST_ERR : ST_OK);
        if (more)
            assert_string_equal(sqlstate_code(err.code), "53200");
        assert_int_equal(spool_space_used(&space), 0);
        assert_int_equal(metric_gauge_value(METRIC_SPOOL_MEMORY_BYTES), 0);
    }
}

static void *churn(void *arg)
{
    size_t *refused = arg;
    struct err e;
    static const uint8_t bytes[SEGMENT * 50];
    for (size_t i = 0; i < 60; i++) {
        const struct spool_options o = {0, 0, &space.home};
        struct spool *s = NULL;
        err_init(&e);
        (void)spool_new(&s, &o, &e);
        for (size_t k = 0; k < 8; k++)
            *refused += spool_append(s, bytes, sizeof bytes, 1, &e) != ST_OK;
        spool_free(s);
    }
    return NULL;
}

static void test_threads_share_the_space(void **state)
{
    (void)state;
    enum { THREADS = 4 };
    pthread_t threads[THREADS];
    size_t refused[THREADS] = {0};
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, churn, &refused[i]), 0);
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(spool_space_used(&space), 0);
    assert_int_equal(metric_gauge_value(METRIC_SPOOL_DISK_BYTES), 0);
}

static void test_a_killed_process_leaves_nothing(void **state)
{
    (void)state;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct spool *s = spool_of(0, 0);
        fill(s, 0, 50);
        (void)kill(getpid(), SIGKILL);
        _exit(1);
    }
    int how = 0;
    assert_int_equal(waitpid(child, &how, 0), child);
    assert_true(WIFSIGNALED(how));
    assert_int_equal(files_in_directory(), 0);
}

static int before_each(void **state)
{
    (void)state;
    err_init(&err);
    spool_space_init(&space, directory, LIMIT);
    return 0;
}

static int set_up(void **state)
{
    (void)state;
    return mkdtemp(directory) ? 0 : 1;
}

static int tear_down(void **state)
{
    (void)state;
    return rmdir(directory); /* fails when something was left */
}

#define TEST(f) cmocka_unit_test_setup(f, before_each)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_order_and_random_access),
        TEST(test_memory_fills_up_first),
        TEST(test_one_large_segment_does_not_keep_its_buffer),
        TEST(test_the_limit_is_shared),
        TEST(test_without_a_disk),
        TEST(test_io_errors),
        TEST(test_short_and_interrupted_calls),
        TEST(test_damage_is_noticed),
        TEST(test_a_file_that_lost_its_end),
        TEST(test_named_files_lose_their_name),
        TEST(test_a_file_size_limit),
        TEST(test_every_allocation_fails_once),
        TEST(test_threads_share_the_space),
        TEST(test_a_killed_process_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
