/* One client's byte stream: TCP or Unix socket, with TLS once it was started. Nothing waits but where
 * it says so: for the socket, a bell (cancel, shutdown, time-out) and a deadline at once. One thread at a
 * time, but for conn_shutdown and conn_peer_gone. No PostgreSQL vocabulary here. */
#ifndef TAVANA_NET_CONN_H
#define TAVANA_NET_CONN_H

#include "base/err.h"
#include "base/str.h"
#include "base/waker.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

struct conn;
struct tls_context;

enum {
    CONN_READ_CHUNK = 8 * 1024,
    CONN_PEER_NAME_MAX = 128,
    CONN_PEER_KEY_MAX = 16,
    CONN_SOON_US = 1000, /* rounded up to the kernel's ticks */
    CONN_LINGER_MS = 1000,
};

struct conn_stats {
    uint64_t bytes_in, bytes_out;
};

/* Takes the socket over, also on failure. */
int conn_new(struct conn **out, int fd, struct err *e);
/* Closes; NULL is fine. */
void conn_free(struct conn *c);
/* Closes so that a peer which reads gets the last words also when it sends meanwhile: waits for that up to
 * CONN_LINGER_MS. */
void conn_end(struct conn *c);

/* The descriptor, which stays the conn's. */
int conn_fd(const struct conn *c);
/* The peer came over a Unix socket. */
bool conn_is_unix(const struct conn *c);
/* The peer is on this machine: 127.0.0.0/8 or ::1. */
bool conn_is_loopback(const struct conn *c); /* Unix sockets too */
/* The peer process's user name on a Unix socket (SO_PEERCRED); false elsewhere or without a name. */
bool conn_peer_user(const struct conn *c, char *out, size_t n);
/* Who is on the other side of a socket, for a fair share of what is scarce: the IPv4 address, the first 64
 * bits of an IPv6 address (which one customer has all of), or the user id on a Unix socket. Returns how many
 * bytes; 0 when it cannot be known. */
size_t conn_peer_key(int fd, uint8_t out[static CONN_PEER_KEY_MAX]);
/* "127.0.0.1:53412" or "local"; of the conn. */
const char *conn_peer_name(const struct conn *c);
/* A copy of its counters. */
struct conn_stats conn_stats(const struct conn *c);

/* Input. conn_fill reads what is there without waiting: ST_OK some came, ST_AGAIN none, ST_EOF the peer has
 * ended its side, ST_ERR. The buffer grows to at most `max` bytes (then ST_ERR 54000) and its memory is given
 * back when it is empty and conn_trim is called. */
int conn_fill(struct conn *c, size_t max, struct err *e);
/* The same, but ST_AGAIN only after CONN_SOON_US, in a single system call; no bell is heard meanwhile. */
int conn_fill_soon(struct conn *c, size_t max, struct err *e);
/* What was read and is not consumed: *n bytes, lent until the next fill or trim. */
const uint8_t *conn_input(const struct conn *c, size_t *n);
/* Memory that input takes, used or not. */
size_t conn_input_bytes(const struct conn *c);
/* What was consumed stays readable until the next fill or trim. */
void conn_consume(struct conn *c, size_t n);
/* Input that poll(2) on the descriptor would not show: ours, or decrypted by TLS and not yet taken. */
bool conn_has_buffered(const struct conn *c);
/* Gives the input buffer back, when all of it has been consumed. */
void conn_trim(struct conn *c);

/* Output: all of the n bytes, waiting as long as it takes. w may be NULL: no bell.
 * ST_OK     all went to the kernel
 * ST_AGAIN  the bell rang (already cleared) or the deadline passed; *done says how much went. The next write
 *           must begin with the rest and be no shorter (with TLS a part of it may be encrypted already)
 * ST_ERR    08006, the connection is of no more use
 * A bell or deadline is looked at only when the peer makes us wait. *waited_us (NULL is fine) grows by the
 * time spent so. */
int conn_write(struct conn *c, struct waker *w, const void *p, size_t n, size_t *done, int64_t deadline_us,
               int64_t *waited_us, struct err *e);
/* ST_OK readable (or buffered), ST_AGAIN bell (cleared) or deadline, ST_ERR. With TLS what is readable may be
 * less than a record: conn_fill then answers ST_AGAIN. */
int conn_wait_readable(struct conn *c, struct waker *w, int64_t deadline_us, struct err *e);

/* TLS as server. Without waiting: ST_OK done, ST_AGAIN wait for *events (POLLIN or POLLOUT) and call again,
 * ST_ERR. Bytes already buffered before the handshake are an attack (08P01; CVE-2021-23222) except with
 * direct TLS, where the caller passes the buffered first bytes on by direct = true. */
int conn_tls_accept(struct conn *c, struct tls_context *t, bool direct, short *events, struct err *e);
/* The peer talks TLS. */
bool conn_is_tls(const struct conn *c);
/* What tls-server-end-point binds to (RFC 5929): the hash of our certificate; 0 without TLS. Returns its
 * length. */
size_t conn_channel_binding(const struct conn *c, uint8_t out[static 64]);
/* Common name of a verified client certificate, NULL without one; of the conn. */
const char *conn_client_cert_name(const struct conn *c);
/* "TLSv1.3", "TLS_AES_256_GCM_SHA384": for SHOW and logs; NULL without TLS. */
const char *conn_tls_version(const struct conn *c);
/* Negotiated ALPN protocol, NULL without. */
const char *conn_tls_alpn(const struct conn *c);

/* Any thread: whether the peer has closed or reset (POLLRDHUP, POLLHUP, POLLERR). A peer that has only ended
 * its sending side counts as gone too. */
bool conn_peer_gone(const struct conn *c);
/* Any thread: makes every later read and write fail at once. */
void conn_shutdown(struct conn *c);

struct conn_keepalive {
    int idle_s, interval_s, count, user_timeout_ms; /* 0: the system's */
};
/* TCP's options; nothing happens on a Unix socket. */
int conn_set_keepalive(struct conn *c, const struct conn_keepalive *k, struct err *e);

#endif
