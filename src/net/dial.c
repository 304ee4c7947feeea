/* A short message to every address of a name, one after the other, and a wait for the other side to
 * close: how a gateway passes a cancel on to its peers. */
#include "net/dial.h"

#include "base/clock.h"
#include "net/address.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

/* 0, or an errno. */
static int wait_until(int fd, short events, int64_t until_us)
{
    struct pollfd p = {.fd = fd, .events = events};
    for (;;) {
        int64_t left = (until_us - clock_now_us()) / 1000;
        if (left <= 0)
            return ETIMEDOUT;
        int n = poll(&p, 1, (int)left);
        if (n > 0)
            return 0;
        if (n < 0 && errno != EINTR)
            return errno;
    }
}

static int connect_within(int fd, const struct sockaddr_storage *a, socklen_t len, int64_t until_us)
{
    if (connect(fd, (const struct sockaddr *)a, len) == 0)
        return 0;
    if (errno != EINPROGRESS)
        return errno;
    int rc = wait_until(fd, POLLOUT, until_us);
    socklen_t n = sizeof rc;
    if (rc == 0 && getsockopt(fd, SOL_SOCKET, SO_ERROR, &rc, &n) != 0)
        rc = errno;
    return rc;
}

/* What is sent fits into any socket's buffer. */
static int converse(int fd, const void *p, size_t n, int64_t until_us)
{
    char answer[64];
    if (send(fd, p, n, MSG_NOSIGNAL) != (ssize_t)n)
        return errno ? errno : EMSGSIZE;
    for (;;) {
        int rc = wait_until(fd, POLLIN, until_us);
        if (rc != 0)
            return rc;
        if (recv(fd, answer, sizeof answer, 0) <= 0)
            return 0;
    }
}

static int send_to(const struct sockaddr_storage *a, socklen_t len, const void *p, size_t n, int64_t until_us)
{
    int fd = socket(a->ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return errno;
    int rc = connect_within(fd, a, len, until_us);
    if (rc == 0)
        rc = converse(fd, p, n, until_us);
    (void)close(fd);
    return rc;
}

int dial_send_all(const char *address, const void *p, size_t n, int timeout_ms, struct err *e)
{
    struct address a;
    struct address_list list;
    int failed = 0, served = 0;
    TRY(address_parse(&a, address, e));
    TRY(address_resolve(&list, &a, e));
    for (int i = 0; i < list.n; i++) {
        int rc = send_to(&list.at[i], list.len[i], p, n, clock_now_us() + (int64_t)timeout_ms * 1000);
        served += rc == 0;
        if (rc != 0)
            failed = rc;
    }
    return served ? ST_OK : err_errno(e, failed, "could not reach %s", address);
}
