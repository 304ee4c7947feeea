#include "base/alloc.h"
#include "net/http.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cmocka.h>

static int its_arg;
static unsigned handled;

static unsigned handle(void *arg, const char *path, struct buf *body, const char **content_type)
{
    assert_ptr_equal(arg, &its_arg);
    handled++;
    *content_type = "text/x-test";
    if (strcmp(path, "/large") == 0) {
        for (size_t i = 0; i < HTTP_BODY_MAX; i++)
            buf_put_u8(body, (uint8_t)('a' + i % 26));
        return 200;
    }
    if (strcmp(path, "/too-large") == 0) {
        for (size_t i = 0; i <= HTTP_BODY_MAX; i += 1024)
            (void)buf_reserve(body, 1024), buf_commit(body, buf_ok(body) ? 1024 : 0);
        return 200;
    }
    if (strcmp(path, "/empty") == 0)
        return 503;
    if (strcmp(path, "/page") != 0)
        return 404;
    buf_printf(body, "the page\n");
    return 200;
}

static struct http_server *server;

static int begin(void **state)
{
    (void)state;
    struct err e;
    err_init(&e);
    if (http_server_new(&server, "127.0.0.1:0", handle, &its_arg, &e) < 0)
        fail_msg("%s", e.message);
    return 0;
}

static int end(void **state)
{
    (void)state;
    http_server_free(server);
    http_server_free(NULL);
    return 0;
}

static int dial(void)
{
    struct sockaddr_in a = {.sin_family = AF_INET,
                            .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                            .sin_port = htons((uint16_t)http_server_port(server))};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct timeval limit = {.tv_sec = 20};
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
    return fd;
}

static char reply[HTTP_BODY_MAX + 4096];

/* Sends, reads to the end, returns the status. */
static unsigned ask(const char *request)
{
    int fd = dial();
    unsigned status = 0;
    size_t n = 0;
    assert_int_equal(send(fd, request, strlen(request), MSG_NOSIGNAL), strlen(request));
    for (ssize_t r = 1; r > 0 && n<sizeof reply - 1; n += r> 0 ? (size_t)r : 0)
        r = recv(fd, reply + n, sizeof reply - 1 - n, 0);
    reply[n] = '\0';
    (void)close(fd);
    (void)sscanf(reply, "HTTP/1.%*d %u", &status);
    return status;
}

#define REQUEST(method, path) method " " path " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"

static const char *body(void)
{
    const char *end_of_head = strstr(reply, "\r\n\r\n");
    assert_non_null(end_of_head);
    return end_of_head + 4;
}

static void test_pages(void **state)
{
    (void)state;
    assert_int_equal(ask(REQUEST("GET", "/page")), 200);
    assert_string_equal(body(), "the page\n");
    assert_non_null(strstr(reply, "Content-Type: text/x-test\r\n"));
    assert_non_null(strstr(reply, "Content-Length: 9\r\n"));
    assert_int_equal(ask(REQUEST("GET", "/page?with=query")), 200);
    assert_int_equal(ask(REQUEST("HEAD", "/page")), 200);
    assert_string_equal(body(), "");
    assert_non_null(strstr(reply, "Content-Length: 9\r\n"));
    assert_int_equal(ask(REQUEST("GET", "/other")), 404);
    assert_int_equal(ask(REQUEST("GET", "/empty")), 503);
    assert_string_equal(body(), "");
}

static void test_bounds(void **state)
{
    (void)state;
    assert_int_equal(ask(REQUEST("GET", "/large")), 200);
    assert_int_equal(strlen(body()), HTTP_BODY_MAX);
    assert_int_equal(ask(REQUEST("GET", "/too-large")), 500);
}

static void test_other_methods(void **state)
{
    (void)state;
    static const char *const requests[] = {
        REQUEST("DELETE", "/page"), REQUEST("OPTIONS", "/page"),
        "POST /page HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello",
        "PUT /page HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"};
    unsigned before = handled;
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
        assert_int_equal(ask(requests[i]), 405);
        assert_non_null(strstr(reply, "Allow: GET, HEAD\r\n"));
    }
    assert_int_equal(handled, before);
}

static void test_nonsense(void **state)
{
    (void)state;
    static char endless[64 * 1024];
    (void)ask("\x16\x03\x01 this is not HTTP\r\n\r\n");
    memset(endless, 'x', sizeof endless - 1);
    memcpy(endless, "GET /", 5);
    int fd = dial();
    (void)send(fd, endless, sizeof endless - 1, MSG_NOSIGNAL);
    (void)close(fd);
    fd = dial(); /* leaves in the middle */
    (void)send(fd, "GET /pa", 7, MSG_NOSIGNAL);
    (void)close(fd);
    assert_int_equal(ask(REQUEST("GET", "/page")), 200);
}

/* A thousand that begin a request and go on with it as slowly as they can keep nobody out; those that came
 * last are still there. */
static void test_slow_connections(void **state)
{
    (void)state;
    enum { MANY = 1000 };
    static const char head[] = "GET /page HTTP/1.1\r\nHost: x\r\nX: ",
                      rest[] = "\r\nConnection: close\r\n\r\n";
    static int fds[MANY];
    for (size_t i = 0; i < MANY; i++) {
        fds[i] = dial();
        (void)send(fds[i], head, sizeof head - 1, MSG_NOSIGNAL);
        if (i % 50 == 0)
            assert_int_equal(ask(REQUEST("GET", "/page")), 200);
        for (size_t k = i > 20 ? i - 20 : 0; k < i; k++)
            (void)send(fds[k], "y", 1, MSG_NOSIGNAL);
    }
    assert_int_equal(ask(REQUEST("GET", "/page")), 200);
    int last = fds[MANY - 1];
    assert_int_equal(send(last, rest, sizeof rest - 1, MSG_NOSIGNAL), sizeof rest - 1);
    assert_true(recv(last, reply, sizeof reply, 0) > 0);
    assert_memory_equal(reply, "HTTP/1.1 200", 12);
    for (size_t i = 0; i < MANY; i++)
        (void)close(fds[i]);
}

static void test_addresses(void **state)
{
    (void)state;
    struct err e;
    struct http_server *s = NULL;
    char taken[32];
    err_init(&e);
    (void)snprintf(taken, sizeof taken, "127.0.0.1:%d", http_server_port(server));
    assert_int_equal(http_server_new(&s, taken, handle, &its_arg, &e), ST_ERR);
    assert_non_null(strstr(e.message, taken));
    err_init(&e);
    assert_int_equal(http_server_new(&s, "nonsense", handle, &its_arg, &e), ST_ERR);
    assert_int_equal(e.code, SQLSTATE_INVALID_PARAMETER_VALUE);
    err_init(&e);
    alloc_fail_nth(1);
    assert_int_equal(http_server_new(&s, "127.0.0.1:0", handle, &its_arg, &e), ST_ERR);
    assert_true(alloc_failed());
    assert_int_equal(e.code, SQLSTATE_OUT_OF_MEMORY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pages),     cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_nonsense),  cmocka_unit_test(test_slow_connections),
        cmocka_unit_test(test_addresses), cmocka_unit_test(test_other_methods),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
