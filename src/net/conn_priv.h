/* What conn.c (socket and buffer) and conn_tls.c (OpenSSL) share. Nobody else includes this. */
#ifndef TAVANA_NET_CONN_PRIV_H
#define TAVANA_NET_CONN_PRIV_H

#include "net/conn.h"

#include <string.h>

struct conn_tls;

enum {
    CONN_READ_MAX =
        256 * 1024, /* the buffer grows so far to read more at once; beyond, for one message alone */
    CONN_DRAIN_MAX = 64 * 1024, /* what a closing conn throws away unread */
    PEER_NAME_BYTES = 72,       /* "[", 45 of an IPv6 address, "]:65535" */
};

struct conn {
    int fd;
    bool is_unix, is_loopback;
    bool down;      /* conn_shutdown was called; atomic */
    bool last_full; /* the last read filled the room that it had */
    int read_flags; /* of recv: MSG_DONTWAIT, or 0 to wait for CONN_SOON_US */
    uint8_t *in;    /* in[in_start..in_end) is unread */
    size_t in_start, in_end, in_cap;
    struct conn_tls *tls; /* NULL: none */
    struct conn_stats stats;
    char peer_name[PEER_NAME_BYTES];
};

/* 08006 with errnum's text. */
static inline int conn_failed(struct err *e, const char *what, int errnum)
{
    char text[128];
    return err_set(e, SQLSTATE_CONNECTION_FAILURE, "could not %s: %s", what,
                   strerror_r(errnum, text, sizeof text));
}

#endif
