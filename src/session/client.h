/* What the core asks of a session's client beside answers (reply.h): input of a COPY, whether it waits or has
 * gone, and what other threads may do to it. The front implements it; PostgreSQL's is front/client_ops.c.
 *
 * Thread rule: as each call says. */
#ifndef TAVANA_SESSION_CLIENT_H
#define TAVANA_SESSION_CLIENT_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct session_client;

/* Where the bytes of a COPY FROM STDIN go. */
struct copy_sink {
    /* n bytes of the file, however they were cut. */
    int (*data)(struct copy_sink *sink, const void *p, size_t n, struct err *e);
    /* All that has come is in the table, or what is wrong with it is told. */
    int (*settle)(struct copy_sink *sink, struct err *e);
    /* Says where in the file an error belongs, unless that was said. */
    void (*locate)(struct copy_sink *sink, struct err *e);
};

struct session_client_ops {
    /* ---- the session's own thread ---- */
    /* Whether the client has sent something, or has gone: it waits, or needs nothing any more. */
    bool (*is_waiting)(struct session_client *c);
    /* All that it sends goes to sink, up to the end of the file. 57014 when the client gives up, 57P05
     * when it stalls, 08006 when it has gone, 08P01 for what is no part of a COPY; and what the sink fails
     * with. An error that is the data's says where (sink->locate). */
    int (*copy_in)(struct session_client *c, struct copy_sink *sink, struct err *e);

    /* ---- any thread, with the server's lock, which keeps the session alive ---- */
    /* If the session waits for its client, it runs once. */
    void (*wake)(struct session_client *c);
    /* Who it is, for logs; of the client. */
    const char *(*name)(struct session_client *c);

    /* ---- the monitor, with the session's lock too ---- */
    /* Whether it has closed its connection. */
    bool (*is_gone)(struct session_client *c);
    /* Sends what is held back for it, if that has waited for long enough. */
    void (*send_held)(struct session_client *c, int64_t now_us);
    /* Its session is left behind: the connection ends. why: what it is told, if that can be; NULL:
     * nothing. */
    void (*hang_up)(struct session_client *c, const struct err *why, int64_t now_us);
};

struct session_client {
    const struct session_client_ops *ops;
};

#endif
