/* OpenSSL reads and writes through this BIO. It asks for records in small pieces, a header of five bytes
 * first; so AHEAD_MAX bytes are read ahead of it, which saves a system call for each short message. Bytes
 * that came before TLS began (behind the SSLRequest) are given first. */
#include "net/conn_bio.h"

#include "net/conn_priv.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "net/conn_tls_priv.h"

static ssize_t receive(const struct conn *c, void *p, size_t n)
{
    ssize_t r;
    do
        r = recv(c->fd, p, n, c->read_flags);
    while (r < 0 && errno == EINTR);
    return r;
}

static int io_result(BIO *b, struct conn_tls *t, ssize_t r, bool reading)
{
    if (r >= 0)
        return (int)r;
    if (errno != EAGAIN && errno != EWOULDBLOCK)
        t->io_errno = errno;
    else if (reading)
        BIO_set_retry_read(b);
    else
        BIO_set_retry_write(b);
    return -1;
}

static size_t take(void *to, size_t n, const uint8_t *from, size_t have)
{
    size_t some = n < have ? n : have;
    memcpy(to, from, some);
    return some;
}

static int bio_read(BIO *b, char *p, int len)
{
    struct conn *c = BIO_get_data(b);
    struct conn_tls *t = c->tls;
    BIO_clear_retry_flags(b);
    if (len <= 0)
        return 0;
    size_t n = (size_t)len;
    if (t->early) {
        assert(t->early_at < t->early_len); /* it is freed when all was given */
        n = take(p, n, t->early + t->early_at, t->early_len - t->early_at);
        t->early_at += n;
        if (t->early_at == t->early_len)
            mem_free(TAKE_PTR(t->early));
        return (int)n;
    }
    if (t->ahead_at == t->ahead_len && n < AHEAD_MAX) {
        ssize_t r = receive(c, t->ahead, AHEAD_MAX);
        t->got_eof = r == 0;
        if (r <= 0)
            return io_result(b, t, r, true);
        t->ahead_at = 0;
        t->ahead_len = (uint16_t)r;
    }
    assert(t->ahead_at <= t->ahead_len && t->ahead_len <= AHEAD_MAX);
    if (t->ahead_at < t->ahead_len) {
        n = take(p, n, t->ahead + t->ahead_at, (size_t)(t->ahead_len - t->ahead_at));
        t->ahead_at = (uint16_t)(t->ahead_at + n);
        return (int)n;
    }
    ssize_t r = receive(c, p, n);
    t->got_eof = r == 0;
    return io_result(b, t, r, true);
}

static int bio_write(BIO *b, const char *p, int len)
{
    struct conn *c = BIO_get_data(b);
    BIO_clear_retry_flags(b);
    if (len <= 0)
        return 0;
    ssize_t r;
    do
        r = send(c->fd, p, (size_t)len, MSG_NOSIGNAL | MSG_DONTWAIT);
    while (r < 0 && errno == EINTR);
    return io_result(b, c->tls, r, false);
}

static long bio_ctrl(BIO *b, int command, long number, void *p)
{
    (void)number;
    (void)p;
    const struct conn *c = BIO_get_data(b);
    switch (command) {
    case BIO_CTRL_FLUSH: return 1;
    case BIO_CTRL_EOF: return c->tls->got_eof;
    default: return 0;
    }
}

BIO_METHOD *conn_tls_method(void)
{
    BIO_METHOD *m = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "conn");
    if (!m || !BIO_meth_set_read(m, bio_read) || !BIO_meth_set_write(m, bio_write) ||
        !BIO_meth_set_ctrl(m, bio_ctrl)) {
        BIO_meth_free(m);
        return NULL;
    }
    return m;
}
