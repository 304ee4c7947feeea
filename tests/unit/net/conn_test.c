#include "base/alloc.h"
#include "base/clock.h"
#include "net/conn.h"
#include "net/conn_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <pwd.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#include <cmocka.h>

#include "pair.h"

enum { NO_LIMIT = 1 << 30 };

static struct err e;
static struct conn *c;
static int client;

static void open_pair(int family)
{
    int fds[2];
    if (family == AF_UNIX)
        unix_pair(fds);
    else
        tcp_pair(fds, family);
    client = fds[1];
    err_init(&e);
    assert_int_equal(conn_new(&c, fds[0], &e), ST_OK);
}

static void close_pair(void)
{
    conn_free(c);
    if (client >= 0)
        (void)close(client);
}

/* Until the kernel has n bytes for us. */
static void await(int fd, int n)
{
    for (int have = 0, i = 0; have < n && i < 5000; i++) {
        assert_int_equal(ioctl(fd, FIONREAD, &have), 0);
        if (have < n)
            (void)usleep(1000);
    }
}

static void test_names(void **state)
{
    (void)state;
    open_pair(AF_INET);
    assert_true(conn_is_loopback(c));
    assert_false(conn_is_unix(c));
    struct sockaddr_in a;
    socklen_t len = sizeof a;
    char want[64], user[64];
    assert_int_equal(getsockname(client, (struct sockaddr *)&a, &len), 0);
    (void)snprintf(want, sizeof want, "127.0.0.1:%u", ntohs(a.sin_port));
    assert_string_equal(conn_peer_name(c), want);
    assert_false(conn_peer_user(c, user, sizeof user));
    int on = 0;
    len = sizeof on;
    assert_int_equal(getsockopt(conn_fd(c), IPPROTO_TCP, TCP_NODELAY, &on, &len), 0);
    assert_int_equal(on, 1);
    assert_false(conn_is_tls(c));
    assert_null(conn_tls_version(c));
    assert_null(conn_tls_alpn(c));
    uint8_t binding[64];
    assert_int_equal(conn_channel_binding(c, binding), 0);
    close_pair();
    open_pair(AF_UNIX);
    assert_true(conn_is_loopback(c));
    assert_true(conn_is_unix(c));
    assert_string_equal(conn_peer_name(c), "local");
    assert_true(conn_peer_user(c, user, sizeof user));
    assert_string_equal(user, getpwuid(geteuid())->pw_name);
    assert_false(conn_peer_user(c, user, strlen(user))); /* no room for its NUL */
    close_pair();
    int probe = socket(AF_INET6, SOCK_STREAM, 0);
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    bool has_ipv6 = probe >= 0 && bind(probe, (struct sockaddr *)&six, sizeof six) == 0;
    (void)close(probe);
    if (!has_ipv6)
        return;
    open_pair(AF_INET6);
    assert_true(conn_is_loopback(c));
    assert_memory_equal(conn_peer_name(c), "[::1]:", 6);
    close_pair();
}

/* The port is not part of who it is. */
static void test_peer_keys(void **state)
{
    (void)state;
    uint8_t one[CONN_PEER_KEY_MAX], two[CONN_PEER_KEY_MAX];
    int a[2], b[2];
    const int families[] = {AF_INET, AF_INET6};
    const size_t sizes[] = {1 + 4, 1 + 8};
    for (size_t i = 0; i < 2; i++) {
        tcp_pair(a, families[i]);
        tcp_pair(b, families[i]);
        assert_int_equal(conn_peer_key(a[0], one), sizes[i]);
        assert_int_equal(conn_peer_key(b[0], two), sizes[i]);
        assert_memory_equal(one, two, sizes[i]);
        for (size_t k = 0; k < 2; k++) {
            (void)close(a[k]);
            (void)close(b[k]);
        }
    }
    unix_pair(a);
    assert_int_equal(conn_peer_key(a[0], one), 1 + sizeof(uid_t));
    uid_t me = getuid();
    assert_memory_equal(one + 1, &me, sizeof me);
    (void)close(a[0]);
    (void)close(a[1]);
    assert_int_equal(conn_peer_key(-1, one), 0);
}

static void test_keepalive(void **state)
{
    (void)state;
    open_pair(AF_INET);
    struct conn_keepalive k = {.idle_s = 11, .interval_s = 3, .count = 4, .user_timeout_ms = 9000};
    assert_int_equal(conn_set_keepalive(c, &k, &e), ST_OK);
    const int want[4][2] = {
        {TCP_KEEPIDLE, 11}, {TCP_KEEPINTVL, 3}, {TCP_KEEPCNT, 4}, {TCP_USER_TIMEOUT, 9000}};
    for (size_t i = 0; i < 4; i++) {
        int value = 0;
        socklen_t len = sizeof value;
        assert_int_equal(getsockopt(conn_fd(c), IPPROTO_TCP, want[i][0], &value, &len), 0);
        assert_int_equal(value, want[i][1]);
    }
    k.count = 1000;
    assert_int_equal(conn_set_keepalive(c, &k, &e), ST_ERR);
    assert_int_equal(e.code, SQLSTATE_INVALID_PARAMETER_VALUE);
    close_pair();
    open_pair(AF_UNIX);
    assert_int_equal(conn_set_keepalive(c, &k, &e), ST_OK);
    close_pair();
}

static void test_input(void **state)
{
    (void)state;
    size_t n;
    open_pair(AF_INET);
    assert_int_equal(conn_fill(c, NO_LIMIT, &e), ST_AGAIN);
    assert_false(conn_has_buffered(c));
    assert_int_equal(send(client, "hello world", 11, 0), 11);
    assert_int_equal(conn_wait_readable(c, NULL, CLOCK_NEVER, &e), ST_OK);
    assert_int_equal(conn_fill(c, NO_LIMIT, &e), ST_OK);
    assert_memory_equal(conn_input(c, &n), "hello world", 11);
    assert_int_equal(n, 11);
    assert_true(conn_has_buffered(c));
    conn_consume(c, 6);
    conn_trim(c); /* not empty: kept */
    assert_memory_equal(conn_input(c, &n), "world", 5);
    assert_int_equal(n, 5);
    assert_int_equal(conn_wait_readable(c, NULL, 0, &e), ST_OK); /* buffered */
    const uint8_t *left = conn_input(c, &n);
    conn_consume(c, 5);
    assert_memory_equal(left, "world", 5); /* readable until the next fill */
    assert_false(conn_has_buffered(c));
    conn_trim(c);
    assert_int_equal(c->in_cap, 0);
    assert_null(c->in);
    assert_int_equal(conn_stats(c).bytes_in, 11);
    assert_int_equal(shutdown(client, SHUT_WR), 0);
    assert_int_equal(conn_wait_readable(c, NULL, CLOCK_NEVER, &e), ST_OK);
    assert_int_equal(conn_fill(c, NO_LIMIT, &e), ST_EOF);
    assert_int_equal(conn_fill(c, NO_LIMIT, &e), ST_EOF);
    close_pair();
    assert_true(sizeof(struct conn) < 256);
}

static void *send_late(void *arg)
{
    (void)usleep(300);
    assert_int_equal(send(client, arg, 4, 0), 4);
    return NULL;
}

static void test_input_soon(void **state)
{
    static char text[] = "late";
    (void)state;
    for (int i = 0; i < 2; i++) {
        size_t n = 0;
        pthread_t thread;
        open_pair(i ? AF_UNIX : AF_INET);
        int64_t from = clock_now_us();
        assert_int_equal(conn_fill_soon(c, NO_LIMIT, &e), ST_AGAIN);
        assert_true(clock_now_us() - from >= CONN_SOON_US / 2);
        assert_int_equal(conn_fill(c, NO_LIMIT, &e), ST_AGAIN);
        assert_int_equal(pthread_create(&thread, NULL, send_late, text), 0);
        while (conn_fill_soon(c, NO_LIMIT, &e) == ST_AGAIN)
            ;
        assert_memory_equal(conn_input(c, &n), text, 4);
        assert_int_equal(n, 4);
        assert_int_equal(pthread_join(thread, NULL), 0);
        assert_int_equal(shutdown(client, SHUT_WR), 0);
        assert_int_equal(conn_fill_soon(c, NO_LIMIT, &e), ST_EOF);
        close_pair();
    }
}

static void test_input_bound(void **state)
{
    (void)state;
    static const size_t bounds[] = {1, 100, CONN_READ_CHUNK, 20000, 100000};
    static uint8_t bytes[200000];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 31 + i / 251);
    for (size_t b = 0; b < sizeof bounds / sizeof *bounds; b++) {
        size_t max = bounds[b], n = 0;
        open_pair(AF_INET);
        assert_int_equal(send(client, bytes, max + 1, 0), max + 1);
        await(conn_fd(c), (int)max + 1);
        while (n < max) {
            assert_int_equal(conn_fill(c, max, &e), ST_OK);
            (void)conn_input(c, &n);
        }
        assert_int_equal(n, max);
        assert_true(c->in_cap <= max);
        assert_memory_equal(conn_input(c, &n), bytes, max);
        assert_int_equal(conn_fill(c, max, &e), ST_ERR);
        assert_int_equal(e.code, SQLSTATE_PROGRAM_LIMIT_EXCEEDED);
        /* Read on after some was taken: nothing is lost or moved about. */
        conn_consume(c, 1);
        err_init(&e);
        assert_int_equal(conn_fill(c, max, &e), ST_OK);
        assert_memory_equal(conn_input(c, &n), bytes + 1, max);
        assert_int_equal(n, max);
        close_pair();
    }
}

/* A stream of messages of changing sizes, taken apart as a session would; the buffer stays small. */
static void *send_messages(void *arg)
{
    (void)arg;
    uint8_t message[3000];
    for (unsigned i = 0; i < 3000; i++) {
        uint16_t len = (uint16_t)(2 + i * 37 % 2900);
        memset(message, (int)(i & 0xff), sizeof message);
        memcpy(message, &len, 2);
        if (send(client, message, len, 0) != len)
            break;
    }
    (void)shutdown(client, SHUT_WR);
    return NULL;
}

static void test_messages(void **state)
{
    (void)state;
    open_pair(AF_UNIX);
    pthread_t t;
    unsigned i = 0;
    int st;
    assert_int_equal(pthread_create(&t, NULL, send_messages, NULL), 0);
    do {
        assert_int_equal(conn_wait_readable(c, NULL, CLOCK_NEVER, &e), ST_OK);
        st = conn_fill(c, 1 << 20, &e);
        for (;;) {
            size_t n;
            uint16_t len;
            const uint8_t *p = conn_input(c, &n);
            if (n < 2)
                break;
            memcpy(&len, p, 2);
            assert_int_equal(len, 2 + i * 37 % 2900);
            if (n < len)
                break;
            for (size_t k = 2; k < len; k++)
                if (p[k] != (i & 0xff))
                    fail_msg("message %u, byte %zu", i, k);
            conn_consume(c, len);
            i++;
        }
    } while (st != ST_EOF);
    assert_int_equal(i, 3000);
    assert_true(c->in_cap <= CONN_READ_MAX);
    (void)pthread_join(t, NULL);
    close_pair();
}

static void *read_all_slowly(void *arg)
{
    uint8_t *sum = arg;
    static uint8_t bytes[65536];
    ssize_t n;
    (void)usleep(30000);
    while ((n = recv(client, bytes, sizeof bytes, 0)) > 0)
        for (ssize_t i = 0; i < n; i++)
            *sum = (uint8_t)(*sum + bytes[i]);
    return NULL;
}

enum { LARGE = 16 << 20 };
static uint8_t large[LARGE];

static void test_write_waits(void **state)
{
    (void)state;
    uint8_t want = 0, got = 0;
    size_t done;
    int64_t waited = 0;
    pthread_t t;
    for (size_t i = 0; i < LARGE; i++)
        want = (uint8_t)(want + (large[i] = (uint8_t)(i * 7 + i / 1000)));
    open_pair(AF_INET);
    assert_int_equal(pthread_create(&t, NULL, read_all_slowly, &got), 0);
    assert_int_equal(conn_write(c, NULL, large, LARGE, &done, CLOCK_NEVER, &waited, &e), ST_OK);
    assert_int_equal(done, LARGE);
    assert_true(waited > 5000);
    assert_int_equal(conn_stats(c).bytes_out, LARGE);
    conn_free(c);
    (void)pthread_join(t, NULL);
    assert_int_equal(got, want);
    (void)close(client);
}

static void *send_on(void *arg)
{
    (void)arg;
    for (int i = 0; i < 200 && send(client, "more", 4, MSG_NOSIGNAL) > 0; i++)
        (void)usleep(1000);
    return NULL;
}

static size_t read_to_the_end(void)
{
    static uint8_t bytes[65536];
    size_t all = 0;
    for (ssize_t n; (n = recv(client, bytes, sizeof bytes, 0)) > 0; all += (size_t)n)
        (void)usleep(100);
    return all;
}

static void *end_conn(void *arg)
{
    conn_end(arg);
    return NULL;
}

/* A peer that sends all the while gets everything, the more slowly it reads; one that never reads is not
 * waited for. */
static void test_end_waits_for_the_peer(void **state)
{
    (void)state;
    pthread_t sends, ends;
    size_t done;
    open_pair(AF_INET);
    assert_int_equal(pthread_create(&sends, NULL, send_on, NULL), 0);
    assert_int_equal(conn_write(c, NULL, large, LARGE, &done, clock_now_us() + 20000, NULL, &e), ST_AGAIN);
    assert_in_range(done, 1, LARGE - 1);
    assert_int_equal(pthread_create(&ends, NULL, end_conn, c), 0);
    assert_int_equal(read_to_the_end(), done);
    (void)pthread_join(ends, NULL);
    (void)pthread_join(sends, NULL);
    (void)close(client);

    open_pair(AF_INET);
    (void)conn_write(c, NULL, large, LARGE, &done, clock_now_us() + 20000, NULL, &e);
    int64_t begun = clock_now_us();
    conn_end(c);
    assert_in_range(clock_now_us() - begun, (int64_t)CONN_LINGER_MS * 1000, (int64_t)CONN_LINGER_MS * 10000);
    (void)close(client);
}

static void *ring_later(void *arg)
{
    (void)usleep(20000);
    waker_ring(arg);
    return NULL;
}

static void test_write_bell_and_deadline(void **state)
{
    (void)state;
    struct waker w;
    pthread_t t;
    size_t done, total = 0;
    int64_t waited = 0, start = clock_now_us();
    open_pair(AF_UNIX);
    assert_int_equal(waker_init(&w, &e), ST_OK);
    assert_int_equal(conn_write(c, &w, large, LARGE, &done, start + 30000, &waited, &e), ST_AGAIN);
    assert_true(clock_now_us() >= start + 30000);
    assert_in_range(done, 1, LARGE - 1);
    assert_true(waited >= 20000);
    total += done;
    assert_int_equal(pthread_create(&t, NULL, ring_later, &w), 0);
    assert_int_equal(conn_write(c, &w, large + total, LARGE - total, &done, CLOCK_NEVER, NULL, &e), ST_AGAIN);
    assert_int_equal(done, 0);
    (void)pthread_join(t, NULL);
    struct pollfd p = {.fd = waker_fd(&w), .events = POLLIN};
    assert_int_equal(poll(&p, 1, 0), 0); /* cleared */
    /* A bell that rings already and a peer that reads nothing: no waiting. */
    waker_ring(&w);
    assert_int_equal(conn_write(c, &w, large, 1 << 20, &done, CLOCK_NEVER, NULL, &e), ST_AGAIN);
    waker_release(&w);
    close_pair();
}

static void test_wait_readable(void **state)
{
    (void)state;
    struct waker w;
    pthread_t t;
    open_pair(AF_INET);
    assert_int_equal(waker_init(&w, &e), ST_OK);
    int64_t start = clock_now_us();
    assert_int_equal(conn_wait_readable(c, &w, start + 10000, &e), ST_AGAIN);
    assert_true(clock_now_us() >= start + 10000);
    assert_int_equal(pthread_create(&t, NULL, ring_later, &w), 0);
    assert_int_equal(conn_wait_readable(c, &w, CLOCK_NEVER, &e), ST_AGAIN);
    (void)pthread_join(t, NULL);
    /* Both at once: the bell first, the input is there still. */
    assert_int_equal(send(client, "x", 1, 0), 1);
    await(conn_fd(c), 1);
    waker_ring(&w);
    assert_int_equal(conn_wait_readable(c, &w, CLOCK_NEVER, &e), ST_AGAIN);
    assert_int_equal(conn_wait_readable(c, &w, CLOCK_NEVER, &e), ST_OK);
    assert_int_equal(conn_fill(c, 100, &e), ST_OK);
    waker_release(&w);
    close_pair();
}

static bool gone_within(int ms)
{
    for (int i = 0; i < ms && !conn_peer_gone(c); i++)
        (void)usleep(1000);
    return conn_peer_gone(c);
}

static void test_peer_gone(void **state)
{
    (void)state;
    static const int families[] = {AF_INET, AF_UNIX};
    for (size_t i = 0; i < 2; i++) {
        size_t done;
        open_pair(families[i]);
        assert_false(conn_peer_gone(c));
        assert_int_equal(send(client, "x", 1, 0), 1);
        assert_false(conn_peer_gone(c));
        assert_int_equal(close(client), 0);
        client = -1;
        assert_true(gone_within(5000));
        /* No SIGPIPE; the first write may still go, then it is an error. */
        int st = ST_OK;
        for (int k = 0; k < 100 && st == ST_OK; k++) {
            st = conn_write(c, NULL, "gone", 4, &done, CLOCK_NEVER, NULL, &e);
            (void)usleep(1000);
        }
        assert_int_equal(st, ST_ERR);
        assert_int_equal(e.code, SQLSTATE_CONNECTION_FAILURE);
        close_pair();
        open_pair(families[i]); /* half-closed */
        assert_int_equal(shutdown(client, SHUT_WR), 0);
        assert_true(gone_within(5000));
        close_pair();
    }
}

static void test_reset(void **state)
{
    (void)state;
    open_pair(AF_INET);
    struct linger l = {.l_onoff = 1, .l_linger = 0};
    assert_int_equal(setsockopt(client, SOL_SOCKET, SO_LINGER, &l, sizeof l), 0);
    assert_int_equal(close(client), 0);
    client = -1;
    assert_true(gone_within(5000));
    assert_int_equal(conn_wait_readable(c, NULL, CLOCK_NEVER, &e), ST_OK);
    assert_int_equal(conn_fill(c, 100, &e), ST_ERR);
    assert_int_equal(e.code, SQLSTATE_CONNECTION_FAILURE);
    close_pair();
}

static void *shut_down_later(void *arg)
{
    (void)usleep(20000);
    conn_shutdown(arg);
    return NULL;
}

static void test_shutdown_from_another_thread(void **state)
{
    (void)state;
    for (int writing = 0; writing < 2; writing++) {
        pthread_t t;
        size_t done;
        open_pair(writing ? AF_UNIX : AF_INET);
        assert_int_equal(pthread_create(&t, NULL, shut_down_later, c), 0);
        if (writing) {
            assert_int_equal(conn_write(c, NULL, large, LARGE, &done, CLOCK_NEVER, NULL, &e), ST_ERR);
        } else {
            int st = conn_wait_readable(c, NULL, CLOCK_NEVER, &e);
            assert_int_equal(st == ST_OK ? conn_fill(c, 100, &e) : st, ST_ERR);
        }
        assert_int_equal(e.code, SQLSTATE_CONNECTION_FAILURE);
        (void)pthread_join(t, NULL);
        err_init(&e);
        assert_int_equal(conn_fill(c, 100, &e), ST_ERR);
        err_init(&e);
        assert_int_equal(conn_wait_readable(c, NULL, CLOCK_NEVER, &e), ST_ERR);
        err_init(&e);
        assert_int_equal(conn_write(c, NULL, "x", 1, &done, CLOCK_NEVER, NULL, &e), ST_ERR);
        assert_true(conn_peer_gone(c));
        close_pair();
    }
}

/* The client has sent more than was read; what we wrote last arrives all the same. */
static void test_last_words(void **state)
{
    (void)state;
    char text[16];
    size_t done;
    open_pair(AF_INET);
    assert_int_equal(send(client, large, 30000, 0), 30000);
    await(conn_fd(c), 30000);
    assert_int_equal(conn_fill(c, 100, &e), ST_OK);
    assert_int_equal(conn_write(c, NULL, "last words", 10, &done, CLOCK_NEVER, NULL, &e), ST_OK);
    conn_free(c);
    c = NULL;
    (void)usleep(10000);
    assert_int_equal(recv(client, text, sizeof text, MSG_WAITALL), 10);
    assert_memory_equal(text, "last words", 10);
    assert_int_equal(recv(client, text, sizeof text, 0), 0);
    close_pair();
}

static void test_failures(void **state)
{
    (void)state;
    int fds[2];
    err_init(&e);
    tcp_pair(fds, AF_INET);
    alloc_fail_nth(1);
    assert_int_equal(conn_new(&c, fds[0], &e), ST_ERR);
    assert_true(alloc_failed());
    assert_int_equal(e.code, SQLSTATE_OUT_OF_MEMORY);
    assert_int_equal(fcntl(fds[0], F_GETFD), -1); /* closed */
    (void)close(fds[1]);
    open_pair(AF_INET);
    assert_int_equal(send(client, "x", 1, 0), 1);
    await(conn_fd(c), 1);
    alloc_fail_nth(1);
    assert_int_equal(conn_fill(c, 100, &e), ST_ERR);
    assert_true(alloc_failed());
    assert_int_equal(e.code, SQLSTATE_OUT_OF_MEMORY);
    assert_int_equal(conn_fill(c, 100, &e), ST_OK); /* the bytes are not lost */
    close_pair();
    err_init(&e);
    int lone = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(conn_new(&c, lone, &e), ST_ERR); /* not connected */
    assert_int_equal(e.code, SQLSTATE_CONNECTION_FAILURE);
    assert_int_equal(fcntl(lone, F_GETFD), -1);
    conn_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_peer_keys),
        cmocka_unit_test(test_keepalive),
        cmocka_unit_test(test_input),
        cmocka_unit_test(test_input_soon),
        cmocka_unit_test(test_input_bound),
        cmocka_unit_test(test_messages),
        cmocka_unit_test(test_write_waits),
        cmocka_unit_test(test_end_waits_for_the_peer),
        cmocka_unit_test(test_write_bell_and_deadline),
        cmocka_unit_test(test_wait_readable),
        cmocka_unit_test(test_peer_gone),
        cmocka_unit_test(test_reset),
        cmocka_unit_test(test_shutdown_from_another_thread),
        cmocka_unit_test(test_last_words),
        cmocka_unit_test(test_failures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
