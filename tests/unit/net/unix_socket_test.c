#include "net/unix_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char dir[] = "/tmp/tavana_unix.XXXXXX";
static char path[64], lock_path[80];
static struct err e;

static int begin(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(dir));
    (void)snprintf(path, sizeof path, "%s/.s.PGSQL.21100", dir);
    (void)snprintf(lock_path, sizeof lock_path, "%s.lock", path);
    return 0;
}

static int end(void **state)
{
    (void)state;
    return rmdir(dir); /* fails when something was left */
}

static int open_here(struct unix_socket *u)
{
    err_init(&e);
    return unix_socket_open(u, dir, 21100, 5, &e);
}

static bool can_connect(void)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    (void)snprintf(a.sun_path, sizeof a.sun_path, "%s", path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool yes = connect(fd, (struct sockaddr *)&a, sizeof a) == 0;
    (void)close(fd);
    return yes;
}

static void test_open_and_close(void **state)
{
    (void)state;
    struct unix_socket u;
    struct stat st;
    char pid[32] = "";
    for (int i = 0; i < 2; i++) {
        assert_int_equal(open_here(&u), ST_OK);
        assert_string_equal(u.path, path);
        assert_true(can_connect());
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_mode & 07777, 0777);
        FILE *f = fopen(lock_path, "re");
        assert_non_null(f);
        assert_non_null(fgets(pid, sizeof pid, f));
        assert_int_equal(strtol(pid, NULL, 10), getpid());
        (void)fclose(f);
        unix_socket_close(&u);
        assert_int_equal(access(path, F_OK), -1);
        assert_int_equal(access(lock_path, F_OK), -1);
        unix_socket_close(&u); /* once is enough, twice no harm */
    }
}

static void test_in_use(void **state)
{
    (void)state;
    struct unix_socket u, other;
    assert_int_equal(open_here(&u), ST_OK);
    assert_int_equal(open_here(&other), ST_ERR); /* by the lock */
    assert_int_equal(e.code, SQLSTATE_OBJECT_NOT_IN_PREREQUISITE_STATE);
    assert_non_null(strstr(e.message, path));
    assert_true(can_connect());
    assert_int_equal(unlink(lock_path), 0); /* a server without our lock: it answers */
    assert_int_equal(open_here(&other), ST_ERR);
    assert_int_equal(e.code, SQLSTATE_OBJECT_NOT_IN_PREREQUISITE_STATE);
    assert_true(can_connect());
    unix_socket_close(&u);
}

/* Killed: both files stay, nobody answers, the lock is free. */
static void test_stale(void **state)
{
    (void)state;
    struct unix_socket u;
    pid_t child = fork();
    if (child == 0) {
        (void)open_here(&u);
        (void)kill(getpid(), SIGKILL);
    }
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_int_equal(access(path, F_OK), 0);
    assert_int_equal(access(lock_path, F_OK), 0);
    assert_false(can_connect());
    assert_int_equal(open_here(&u), ST_OK);
    assert_true(can_connect());
    unix_socket_close(&u);
}

static void test_not_a_socket(void **state)
{
    (void)state;
    struct unix_socket u;
    FILE *f = fopen(path, "we");
    assert_non_null(f);
    (void)fclose(f);
    assert_int_equal(open_here(&u), ST_ERR);
    assert_non_null(strstr(e.message, "not a socket"));
    assert_int_equal(access(path, F_OK), 0);
    assert_int_equal(unlink(path), 0);
}

static void test_bad_directories(void **state)
{
    (void)state;
    struct unix_socket u;
    char longest[sizeof u.path];
    err_init(&e);
    assert_int_equal(unix_socket_open(&u, "/tmp/no/such/dir", 1, 5, &e), ST_ERR);
    assert_int_equal(e.code, SQLSTATE_UNDEFINED_FILE);
    unix_socket_close(&u);
    memset(longest, 'x', sizeof longest - 1);
    longest[0] = '/';
    longest[sizeof longest - 1] = '\0';
    err_init(&e);
    assert_int_equal(unix_socket_open(&u, longest, 1, 5, &e), ST_ERR);
    assert_int_equal(e.code, SQLSTATE_INVALID_PARAMETER_VALUE);
    unix_socket_close(&u);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_open_and_close),  cmocka_unit_test(test_in_use),
        cmocka_unit_test(test_stale),           cmocka_unit_test(test_not_a_socket),
        cmocka_unit_test(test_bad_directories),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
