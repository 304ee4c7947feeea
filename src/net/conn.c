/* A client's connection: a socket that never blocks, its input in one buffer that grows as messages need
 * it, and TLS below both when there is some (conn_tls.h). Writes and waits end by the socket, the session's
 * bell or a deadline, whichever is first. */
#include "net/conn_priv.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/metric.h"
#include "net/conn_tls.h"

enum { LINGER_LOOK_MS = 10 };
enum drained { CONN_GOES_ON, CONN_ENDED };

DEFINE_CLEANUP(struct conn, conn_free)

static bool is_down(const struct conn *c)
{
    return __atomic_load_n(&c->down, __ATOMIC_ACQUIRE);
}

static int was_shut_down(struct err *e)
{
    return err_set(e, SQLSTATE_CONNECTION_FAILURE, "connection was shut down");
}

static void name_inet(struct conn *c, const struct sockaddr_in *a)
{
    char text[INET_ADDRSTRLEN] = "?";
    (void)inet_ntop(AF_INET, &a->sin_addr, text, sizeof text);
    (void)snprintf(c->peer_name, sizeof c->peer_name, "%s:%u", text, ntohs(a->sin_port));
    c->is_loopback = ntohl(a->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
}

static void name_inet6(struct conn *c, const struct sockaddr_in6 *a)
{
    char text[INET6_ADDRSTRLEN] = "?";
    (void)inet_ntop(AF_INET6, &a->sin6_addr, text, sizeof text);
    (void)snprintf(c->peer_name, sizeof c->peer_name, "[%s]:%u", text, ntohs(a->sin6_port));
    c->is_loopback = IN6_IS_ADDR_LOOPBACK(&a->sin6_addr) ||
                     (IN6_IS_ADDR_V4MAPPED(&a->sin6_addr) && a->sin6_addr.s6_addr[12] == IN_LOOPBACKNET);
}

static int learn_peer(struct conn *c, struct err *e)
{
    union {
        struct sockaddr any;
        struct sockaddr_in in;
        struct sockaddr_in6 in6;
        struct sockaddr_storage room;
    } a;
    socklen_t n = sizeof a;
    if (getpeername(c->fd, &a.any, &n) < 0)
        return conn_failed(e, "learn the client's address", errno);
    switch (a.any.sa_family) {
    case AF_UNIX:
        c->is_unix = c->is_loopback = true;
        (void)snprintf(c->peer_name, sizeof c->peer_name, "local");
        return ST_OK;
    case AF_INET: name_inet(c, &a.in); break;
    case AF_INET6: name_inet6(c, &a.in6); break;
    default: return err_set(e, SQLSTATE_CONNECTION_FAILURE, "address family %d", (int)a.any.sa_family);
    }
    int one = 1;
    if (setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) < 0)
        return conn_failed(e, "set TCP_NODELAY", errno);
    return ST_OK;
}

int conn_new(struct conn **out, int fd, struct err *e)
{
    CLEANUP(conn_freep) struct conn *c = mem_calloc(1, sizeof *c);
    if (!c) {
        (void)close(fd);
        return err_oom(e);
    }
    c->fd = fd;
    c->read_flags = MSG_DONTWAIT;
    const struct timeval soon = {.tv_usec = CONN_SOON_US};
    if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof soon) < 0)
        return conn_failed(e, "set SO_RCVTIMEO", errno);
    TRY(learn_peer(c, e));
    *out = TAKE_PTR(c);
    return ST_OK;
}

/* A close with unread input sends a reset, which can overtake the last message we wrote (a FATAL, say). */
static enum drained drain(const struct conn *c)
{
    uint8_t waste[4096];
    for (size_t total = 0; total < CONN_DRAIN_MAX;) {
        ssize_t n = recv(c->fd, waste, sizeof waste, MSG_DONTWAIT);
        if (n <= 0)
            return n < 0 && (errno == EAGAIN || errno == EINTR) ? CONN_GOES_ON : CONN_ENDED;
        total += (size_t)n;
    }
    return CONN_GOES_ON;
}

/* Until the peer's side has taken all that was written, is gone, or the time is over: what it still sends is
 * read, since input that comes in behind the close has the kernel throw away what is not sent yet. */
static void linger(const struct conn *c)
{
    const int64_t until = clock_now_us() + (int64_t)CONN_LINGER_MS * 1000;
    const int ends = 1; /* our own end counts as a byte until it is acknowledged */
    for (int left = 0; ioctl(c->fd, SIOCOUTQ, &left) == 0 && left > ends && clock_now_us() < until;) {
        struct pollfd p = {.fd = c->fd, .events = POLLIN};
        (void)poll(&p, 1, LINGER_LOOK_MS);
        if ((p.revents & (POLLHUP | POLLERR | POLLNVAL)) || drain(c) == CONN_ENDED)
            return;
        if (p.revents & POLLIN) /* one that never stops sending is read at a pace */
            (void)poll(NULL, 0, 1);
    }
}

static void end(struct conn *c, bool lingers)
{
    conn_tls_free(c);
    (void)shutdown(c->fd, SHUT_WR);
    (void)drain(c);
    if (lingers && !c->is_unix)
        linger(c);
    (void)close(c->fd);
    mem_free(c->in);
    mem_free(c);
}

void conn_free(struct conn *c)
{
    if (c)
        end(c, false);
}

void conn_end(struct conn *c)
{
    end(c, true);
}

int conn_fd(const struct conn *c)
{
    return c->fd;
}

bool conn_is_unix(const struct conn *c)
{
    return c->is_unix;
}

bool conn_is_loopback(const struct conn *c)
{
    return c->is_loopback;
}

/* The name of the user at the other end of a Unix socket, as the kernel knows it: the client cannot claim
 * another one. False without such a user, or if the name does not fit. */
bool conn_peer_user(const struct conn *c, char *out, size_t n)
{
    struct ucred cred;
    socklen_t len = sizeof cred;
    if (!c->is_unix || getsockopt(c->fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) < 0)
        return false;
    char room[4096]; /* names and directories of one passwd entry */
    struct passwd entry, *found = NULL;
    if (getpwuid_r(cred.uid, &entry, room, sizeof room, &found) != 0 || !found)
        return false;
    size_t need = strlen(found->pw_name) + 1;
    if (need > n)
        return false;
    memcpy(out, found->pw_name, need);
    return true;
}

/* What connections of one peer have in common, for limits: an IPv4 address, the first half of an IPv6 one (a
 * customer's network has at least that), a local user. */
static size_t peer_key(uint8_t *out, uint8_t family, const void *p, size_t n)
{
    assert(n + 1 <= CONN_PEER_KEY_MAX);
    out[0] = family; /* an address is not a user */
    memcpy(out + 1, p, n);
    return n + 1;
}

size_t conn_peer_key(int fd, uint8_t out[static CONN_PEER_KEY_MAX])
{
    union {
        struct sockaddr any;
        struct sockaddr_in in;
        struct sockaddr_in6 in6;
        struct sockaddr_storage room;
    } a = {.room = {0}};
    socklen_t n = sizeof a;
    struct ucred cred;
    if (getpeername(fd, &a.any, &n) < 0)
        return 0;
    if (a.any.sa_family == AF_INET)
        return peer_key(out, AF_INET, &a.in.sin_addr, sizeof a.in.sin_addr);
    if (a.any.sa_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&a.in6.sin6_addr))
        return peer_key(out, AF_INET, a.in6.sin6_addr.s6_addr + 12, 4);
    if (a.any.sa_family == AF_INET6)
        return peer_key(out, AF_INET6, &a.in6.sin6_addr, 8);
    n = sizeof cred;
    if (a.any.sa_family != AF_UNIX || getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &n) < 0)
        return 0;
    return peer_key(out, AF_UNIX, &cred.uid, sizeof cred.uid);
}

const char *conn_peer_name(const struct conn *c)
{
    return c->peer_name;
}

struct conn_stats conn_stats(const struct conn *c)
{
    return c->stats;
}

/* Unread bytes to the front. */
static void compact(struct conn *c)
{
    if (c->in_start == 0)
        return;
    memmove(c->in, c->in + c->in_start, c->in_end - c->in_start);
    c->in_end -= c->in_start;
    c->in_start = 0;
}

/* Room behind in_end. Doubles when little would be left, or when the peer sends faster than we read. */
static int make_room(struct conn *c, size_t max, struct err *e)
{
    size_t unread = c->in_end - c->in_start;
    if (unread >= max)
        return err_set(e, SQLSTATE_PROGRAM_LIMIT_EXCEEDED, "message does not fit into %zu bytes", max);
    size_t want = c->in_cap;
    if (c->in_cap == 0)
        want = CONN_READ_CHUNK;
    else if (c->in_cap - unread < CONN_READ_CHUNK || (c->last_full && c->in_cap < CONN_READ_MAX))
        want = 2 * c->in_cap;
    if (want > max)
        want = max;
    if (want <= c->in_cap) {
        if (c->in_cap - c->in_end < CONN_READ_CHUNK)
            compact(c);
        return ST_OK;
    }
    compact(c);
    assert(want > c->in_end); /* what is unread fits, and there is room behind it */
    uint8_t *in = mem_realloc(c->in, want);
    if (!in)
        return err_oom(e);
    c->in = in;
    c->in_cap = want;
    return ST_OK;
}

/* plain_read and plain_write are the ways without TLS; those of conn_tls.c answer in the same words, so
 * that conn_fill and conn_write need not know which they call. */
static int plain_read(struct conn *c, void *p, size_t n, size_t *got, struct err *e)
{
    ssize_t r;
    do
        r = recv(c->fd, p, n, c->read_flags);
    while (r < 0 && errno == EINTR);
    if (r > 0) {
        *got = (size_t)r;
        return ST_OK;
    }
    if (r == 0)
        return ST_EOF;
    return errno == EAGAIN || errno == EWOULDBLOCK ? ST_AGAIN
                                                   : conn_failed(e, "receive from the client", errno);
}

int conn_fill(struct conn *c, size_t max, struct err *e)
{
    if (is_down(c))
        return was_shut_down(e);
    TRY(make_room(c, max, e));
    size_t unread = c->in_end - c->in_start, got = 0;
    assert(c->in_start <= c->in_end && c->in_end < c->in_cap); /* make_room has */
    size_t room = c->in_cap - c->in_end;
    if (room > max - unread)
        room = max - unread;
    int st = c->tls ? conn_tls_read(c, c->in + c->in_end, room, &got, e)
                    : plain_read(c, c->in + c->in_end, room, &got, e);
    if (st != ST_OK)
        return st;
    assert(got > 0 && got <= room); /* nothing would be an end or a wait */
    c->last_full = got == room;
    c->in_end += got;
    c->stats.bytes_in += got;
    metric_add(METRIC_BYTES_RECEIVED, got);
    return ST_OK;
}

int conn_fill_soon(struct conn *c, size_t max, struct err *e)
{
    c->read_flags = 0;
    int st = conn_fill(c, max, e);
    c->read_flags = MSG_DONTWAIT;
    return st;
}

const uint8_t *conn_input(const struct conn *c, size_t *n)
{
    *n = c->in_end - c->in_start;
    return c->in + c->in_start;
}

size_t conn_input_bytes(const struct conn *c)
{
    return c->in_cap;
}

void conn_consume(struct conn *c, size_t n)
{
    assert(n <= c->in_end - c->in_start);
    c->in_start += n;
    if (c->in_start == c->in_end)
        c->in_start = c->in_end = 0;
}

bool conn_has_buffered(const struct conn *c)
{
    return c->in_end > c->in_start || (c->tls && conn_tls_has_buffered(c));
}

void conn_trim(struct conn *c)
{
    if (c->in_end > c->in_start)
        return;
    mem_free(TAKE_PTR(c->in));
    c->in_start = c->in_end = c->in_cap = 0;
    c->last_full = false;
}

/* ST_OK: look at the socket again. ST_AGAIN: bell or deadline; the bell comes first, so that it is not
 * starved by a busy socket. */
static int wait_for(struct conn *c, short events, struct waker *w, int64_t deadline_us, struct err *e)
{
    struct pollfd p[2] = {{.fd = c->fd, .events = events}, {.fd = w ? waker_fd(w) : -1, .events = POLLIN}};
    for (;;) {
        if (is_down(c))
            return was_shut_down(e);
        int n = poll(p, 2, clock_poll_ms(deadline_us));
        if (n < 0 && errno != EINTR)
            return conn_failed(e, "wait for the client", errno);
        if (n > 0 && p[1].revents) {
            waker_clear(w);
            return ST_AGAIN;
        }
        if (n > 0)
            return ST_OK;
        if (n == 0 && clock_poll_ms(deadline_us) == 0)
            return ST_AGAIN;
    }
}

static int plain_write(struct conn *c, const void *p, size_t n, size_t *done, short *events, struct err *e)
{
    ssize_t r;
    do
        r = send(c->fd, p, n, MSG_NOSIGNAL | MSG_DONTWAIT);
    while (r < 0 && errno == EINTR);
    if (r >= 0) {
        *done = (size_t)r;
        return ST_OK;
    }
    *events = POLLOUT;
    return errno == EAGAIN || errno == EWOULDBLOCK ? ST_AGAIN : conn_failed(e, "send to the client", errno);
}

int conn_write(struct conn *c, struct waker *w, const void *p, size_t n, size_t *done, int64_t deadline_us,
               int64_t *waited_us, struct err *e)
{
    const uint8_t *from = p;
    *done = 0;
    while (*done < n) {
        if (is_down(c))
            return was_shut_down(e);
        size_t some = 0;
        short events = POLLOUT;
        int st = c->tls ? conn_tls_write(c, from + *done, n - *done, &some, &events, e)
                        : plain_write(c, from + *done, n - *done, &some, &events, e);
        if (st == ST_OK) {
            assert(some <= n - *done);
            *done += some;
            c->stats.bytes_out += some;
            continue;
        }
        if (st != ST_AGAIN)
            return st;
        int64_t start = clock_now_us();
        st = wait_for(c, events, w, deadline_us, e);
        if (waited_us)
            *waited_us += clock_now_us() - start;
        if (st != ST_OK)
            return st;
    }
    return ST_OK;
}

int conn_wait_readable(struct conn *c, struct waker *w, int64_t deadline_us, struct err *e)
{
    if (conn_has_buffered(c))
        return ST_OK;
    return wait_for(c, POLLIN, w, deadline_us, e);
}

bool conn_peer_gone(const struct conn *c)
{
    struct pollfd p = {.fd = c->fd, .events = POLLRDHUP};
    return poll(&p, 1, 0) == 1 && (p.revents & (POLLRDHUP | POLLHUP | POLLERR | POLLNVAL)) != 0;
}

void conn_shutdown(struct conn *c)
{
    __atomic_store_n(&c->down, true, __ATOMIC_RELEASE);
    (void)shutdown(c->fd, SHUT_RDWR);
}

static int set_tcp(const struct conn *c, int option, int value, const char *name, struct err *e)
{
    if (value > 0 && setsockopt(c->fd, IPPROTO_TCP, option, &value, sizeof value) < 0)
        return err_set(e, SQLSTATE_INVALID_PARAMETER_VALUE, "could not set %s to %d: %s", name, value,
                       strerrordesc_np(errno));
    return ST_OK;
}

int conn_set_keepalive(struct conn *c, const struct conn_keepalive *k, struct err *e)
{
    if (c->is_unix)
        return ST_OK;
    int one = 1;
    if (setsockopt(c->fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof one) < 0)
        return conn_failed(e, "set SO_KEEPALIVE", errno);
    TRY(set_tcp(c, TCP_KEEPIDLE, k->idle_s, "TCP_KEEPIDLE", e));
    TRY(set_tcp(c, TCP_KEEPINTVL, k->interval_s, "TCP_KEEPINTVL", e));
    TRY(set_tcp(c, TCP_KEEPCNT, k->count, "TCP_KEEPCNT", e));
    return set_tcp(c, TCP_USER_TIMEOUT, k->user_timeout_ms, "TCP_USER_TIMEOUT", e);
}
