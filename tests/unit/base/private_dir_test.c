#include "base/private_dir.h"

#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { THREADS = 4, ROUNDS = 200 };

static char parent[64];

static int set_up(void **state)
{
    (void)state;
    (void)snprintf(parent, sizeof parent, "/tmp/private_dir_XXXXXX");
    return mkdtemp(parent) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    return rmdir(parent); /* fails when something was left */
}

static void file_in(const char *directory, const char *name)
{
    char path[PRIVATE_DIR_PATH_MAX + 32];
    (void)snprintf(path, sizeof path, "%s/%s", directory, name);
    int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(close(fd), 0);
}

static bool exists(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0;
}

static void make(struct private_dir *d)
{
    struct err e;
    err_init(&e);
    assert_int_equal(private_dir_make(d, parent, "x_", &e), ST_OK);
}

static void test_each_has_its_own(void **state)
{
    (void)state;
    struct private_dir a, b;
    make(&a);
    make(&b);
    assert_string_not_equal(a.path, b.path);
    file_in(a.path, "kept");
    struct private_dir c;
    make(&c); /* what is in use stays */
    char path[PRIVATE_DIR_PATH_MAX + 32];
    (void)snprintf(path, sizeof path, "%s/kept", a.path);
    assert_true(exists(path));
    private_dir_remove(&c);
    private_dir_remove(&b);
    private_dir_remove(&a);
    private_dir_remove(&a);
}

/* Makes one as a process would that is then killed. */
static void leave_behind(char path[PRIVATE_DIR_PATH_MAX])
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct private_dir d;
        make(&d);
        file_in(d.path, "a");
        file_in(d.path, "b");
        (void)!write(ends[1], d.path, sizeof d.path);
        _exit(0);
    }
    assert_int_equal(read(ends[0], path, PRIVATE_DIR_PATH_MAX), PRIVATE_DIR_PATH_MAX);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

static void test_what_was_left_is_removed(void **state)
{
    (void)state;
    char left[PRIVATE_DIR_PATH_MAX], other[128], longer[128];
    leave_behind(left);
    assert_true(exists(left));
    (void)snprintf(other, sizeof other, "%s/y_left", parent);
    (void)snprintf(longer, sizeof longer, "%s/x_backups", parent);
    assert_int_equal(mkdir(other, 0700) | mkdir(longer, 0700), 0);
    struct private_dir d;
    make(&d);
    assert_false(exists(left));
    assert_true(exists(other) && exists(longer)); /* others' */
    private_dir_remove(&d);
    assert_int_equal(rmdir(other) | rmdir(longer), 0);
}

/* A link under our prefix leads nowhere. */
static void test_links_are_not_followed(void **state)
{
    (void)state;
    char target[128], link[128];
    (void)snprintf(target, sizeof target, "%s/target", parent);
    (void)snprintf(link, sizeof link, "%s/x_link_a", parent);
    assert_int_equal(mkdir(target, 0700), 0);
    file_in(target, "precious");
    assert_int_equal(symlink(target, link), 0);
    struct private_dir d;
    make(&d);
    char path[160];
    (void)snprintf(path, sizeof path, "%s/precious", target);
    assert_true(exists(path));
    private_dir_remove(&d);
    assert_int_equal(unlink(path) | unlink(link) | rmdir(target), 0);
}

static void test_parents(void **state)
{
    (void)state;
    struct private_dir d;
    struct err e;
    char path[PRIVATE_DIR_PATH_MAX];
    (void)snprintf(path, sizeof path, "%s/new", parent);
    err_init(&e);
    assert_int_equal(private_dir_make(&d, path, "x_", &e), ST_OK);
    private_dir_remove(&d);
    assert_int_equal(rmdir(path), 0);
    (void)snprintf(path, sizeof path, "%s/no/such", parent);
    assert_int_equal(private_dir_make(&d, path, "x_", &e), ST_ERR);
    assert_non_null(strstr(e.message, "No such file or directory"));
    private_dir_remove(&d);
    memset(path, 'x', sizeof path - 1);
    path[sizeof path - 1] = '\0';
    memcpy(path, "/", 1);
    err_init(&e);
    assert_int_equal(private_dir_make(&d, path, "x_", &e), ST_ERR);
    private_dir_remove(&d);
}

static void *makes_and_removes(void *failed)
{
    for (int i = 0; i < ROUNDS; i++) {
        struct private_dir d;
        struct err e;
        err_init(&e);
        if (private_dir_make(&d, parent, "x_", &e) != ST_OK || !exists(d.path))
            *(bool *)failed = true;
        private_dir_remove(&d);
    }
    return NULL;
}

static void test_all_at_once(void **state)
{
    (void)state;
    pthread_t t[THREADS];
    bool failed[THREADS] = {0};
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&t[i], NULL, makes_and_removes, &failed[i]), 0);
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(t[i], NULL), 0);
        assert_false(failed[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_each_has_its_own, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_what_was_left_is_removed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_links_are_not_followed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_parents, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_all_at_once, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
