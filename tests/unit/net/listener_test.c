#include "base/alloc.h"
#include "net/listener.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

static unsigned accepted, wrong;

/* Greets and closes: "S" for the client to see. */
static void on_accept(void *arg, int fd)
{
    wrong += arg != &accepted || !(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    (void)__atomic_fetch_add(&accepted, 1, __ATOMIC_RELAXED);
    (void)send(fd, "S", 1, MSG_NOSIGNAL);
    (void)close(fd);
}

static int make(struct listener **out, const char *const *addresses, size_t n, struct err *e)
{
    struct listener_options o = {.addresses = addresses,
                                 .naddresses = n,
                                 .unix_port = 21101,
                                 .backlog = 64,
                                 .on_accept = on_accept,
                                 .arg = &accepted};
    err_init(e);
    *out = NULL;
    return listener_new(out, &o, e);
}

static struct listener *listen_on(const char *a, const char *b)
{
    struct err e;
    struct listener *l;
    if (make(&l, (const char *const[]){a, b}, b ? 2 : 1, &e) < 0)
        fail_msg("%s", e.message);
    return l;
}

static int dial(int port)
{
    struct sockaddr_in a = {
        .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons((uint16_t)port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    if (connect(fd, (struct sockaddr *)&a, sizeof a) == 0)
        return fd;
    (void)close(fd);
    return -1;
}

static bool is_greeted(int fd)
{
    char byte = 0;
    bool yes = fd >= 0 && recv(fd, &byte, 1, 0) == 1 && byte == 'S';
    if (fd >= 0)
        (void)close(fd);
    return yes;
}

static void test_tcp(void **state)
{
    (void)state;
    struct err e;
    struct listener *l = listen_on("127.0.0.1:0", NULL);
    int port = listener_port(l);
    assert_in_range(port, 1, 65535);
    assert_false(listener_is_public(l));
    err_init(&e);
    assert_int_equal(listener_start(l, &e), ST_OK);
    for (int i = 0; i < 200; i++)
        assert_true(is_greeted(dial(port)));
    assert_int_equal(accepted, 200);
    assert_int_equal(wrong, 0);
    listener_stop(l);
    assert_int_equal(dial(port), -1);
    listener_stop(l);
    listener_free(l);
    listener_free(NULL);
    /* The port is free at once (SO_REUSEADDR). */
    char again[32];
    (void)snprintf(again, sizeof again, "127.0.0.1:%d", port);
    l = listen_on(again, NULL);
    assert_int_equal(listener_port(l), port);
    struct listener *second;
    assert_int_equal(make(&second, (const char *const[]){again}, 1, &e), ST_ERR);
    assert_non_null(strstr(e.message, again));
    assert_non_null(strstr(e.message, "in use"));
    listener_free(l); /* never started */
}

static void test_unix_and_tcp(void **state)
{
    (void)state;
    char dir[] = "/tmp/tavana_listen.XXXXXX";
    assert_non_null(mkdtemp(dir));
    struct err e;
    struct listener *l = listen_on(dir, "localhost:0");
    assert_false(listener_is_public(l));
    assert_true(listener_port(l) > 0);
    err_init(&e);
    assert_int_equal(listener_start(l, &e), ST_OK);
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    (void)snprintf(a.sun_path, sizeof a.sun_path, "%s/.s.PGSQL.21101", dir);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
    assert_true(is_greeted(fd));
    assert_true(is_greeted(dial(listener_port(l))));
    listener_free(l);
    assert_int_equal(rmdir(dir), 0); /* nothing is left */
    l = listen_on("/tmp", NULL);
    assert_int_equal(listener_port(l), 0);
    listener_free(l);
}

static void test_public(void **state)
{
    (void)state;
    static const struct {
        const char *address;
        bool is_public;
    } cases[] = {{"127.0.0.1:0", false}, {"127.9.9.9:0", false}, {"localhost:0", false}, {"/tmp", false},
                 {":0", true},           {"0.0.0.0:0", true},    {"*:0", true}};
    struct err e;
    bool is_public;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        err_init(&e);
        assert_int_equal(listener_address_is_public(cases[i].address, &is_public, &e), ST_OK);
        assert_int_equal(is_public, cases[i].is_public);
    }
    assert_int_equal(listener_address_is_public("nonsense", &is_public, &e), ST_ERR);
    /* Bound for a moment, on the loopback's namesake only: the answer of what was opened. */
    struct listener *l = listen_on("127.0.0.1:0", "/tmp");
    assert_false(listener_is_public(l));
    listener_free(l);
}

static void test_bad_addresses(void **state)
{
    (void)state;
    struct err e;
    struct listener *l;
    assert_int_equal(make(&l, (const char *const[]){"127.0.0.1:0", "nonsense"}, 2, &e), ST_ERR);
    assert_int_equal(e.code, SQLSTATE_INVALID_PARAMETER_VALUE);
    assert_int_equal(make(&l, (const char *const[]){"192.0.2.1:0"}, 1, &e), ST_ERR); /* not ours */
    assert_non_null(strstr(e.message, "192.0.2.1:0"));
    const char *many[LISTENER_SOCKETS_MAX + 1];
    for (size_t i = 0; i <= LISTENER_SOCKETS_MAX; i++)
        many[i] = "127.0.0.1:0";
    assert_int_equal(make(&l, many, LISTENER_SOCKETS_MAX + 1, &e), ST_ERR);
    assert_int_equal(e.code, SQLSTATE_PROGRAM_LIMIT_EXCEEDED);
    assert_int_equal(make(&l, many, LISTENER_SOCKETS_MAX, &e), ST_OK);
    listener_free(l);
    alloc_fail_nth(1);
    assert_int_equal(make(&l, many, 1, &e), ST_ERR);
    assert_true(alloc_failed());
    assert_int_equal(e.code, SQLSTATE_OUT_OF_MEMORY);
}

/* Out of descriptors: those waiting are served when there are some again, and the log says so once. */
static void test_out_of_descriptors(void **state)
{
    (void)state;
    struct err e;
    struct rlimit old, few;
    struct listener *l = listen_on("127.0.0.1:0", NULL);
    int fds[3], log_fd, saved = dup(STDERR_FILENO);
    char name[] = "/tmp/listener_log.XXXXXX", text[4096] = "";
    assert_true((log_fd = mkstemp(name)) >= 0);
    (void)unlink(name);
    for (size_t i = 0; i < 3; i++) {
        fds[i] = dial(listener_port(l)); /* in the backlog */
        assert_true(fds[i] >= 0);
    }
    accepted = 0;
    int lowest = dup(0);
    (void)close(lowest);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
    few = old;
    few.rlim_cur = (rlim_t)lowest;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
    (void)dup2(log_fd, STDERR_FILENO);
    err_init(&e);
    assert_int_equal(listener_start(l, &e), ST_OK);
    (void)usleep(500000);
    assert_int_equal(__atomic_load_n(&accepted, __ATOMIC_RELAXED), 0);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
    for (size_t i = 0; i < 3; i++)
        assert_true(is_greeted(fds[i]));
    listener_free(l);
    (void)dup2(saved, STDERR_FILENO);
    (void)close(saved);
    ssize_t n = pread(log_fd, text, sizeof text - 1, 0);
    assert_true(n > 0);
    (void)close(log_fd);
    char *paused = strstr(text, " error accept_paused reason=\"Too many open files\"\n");
    assert_non_null(paused);
    assert_null(strstr(strchr(paused, '\n'), "accept_paused"));
    assert_non_null(strstr(text, " info accept_resumed\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tcp),
        cmocka_unit_test(test_unix_and_tcp),
        cmocka_unit_test(test_public),
        cmocka_unit_test(test_bad_addresses),
        cmocka_unit_test(test_out_of_descriptors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
