/* Writing to a client's socket, and waiting for one that does not read. */
#include "front/socket.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/metric.h"
#include "front/front_priv.h"

#include <assert.h>

enum { WRITER_TICK_US = 100 * 1000 }; /* no bell reaches the writer's wait */

/* What the wait for a slow client ends with. ST_OK: go on waiting. */
static int while_blocked(struct pg_client *c, int64_t blocked_since_us, bool *slow_logged, struct err *e)
{
    unsigned interrupts = atomic_load(&c->session.shared.interrupts);
    if (interrupts & INT_CLIENT_GONE)
        return err_set(e, SQLSTATE_CONNECTION_FAILURE, "connection to client lost");
    if (interrupts & INT_TERMINATE)
        return session_terminated(&c->session, e);
    const struct session_config *config = session_config(&c->session);
    int64_t blocked_us = clock_now_us() - blocked_since_us;
    if (blocked_us >= config->slow_flush_us && !*slow_logged) {
        *slow_logged = true;
        metric_add(METRIC_SLOW_FLUSHES, 1);
        log_line(LOG_WARNING, "slow_client", "pid=%u peer=%s blocked_s=%.1f", c->session.place.pid,
                 conn_peer_name(c->conn), (double)blocked_us / 1e6);
    }
    if (config->flush_timeout_us && blocked_us >= config->flush_timeout_us) {
        metric_add(METRIC_FLUSH_TIMEOUTS, 1);
        log_line(LOG_WARNING, "client_cut_off", "pid=%u peer=%s blocked_s=%.1f", c->session.place.pid,
                 conn_peer_name(c->conn), (double)blocked_us / 1e6);
        return err_set(e, SQLSTATE_CONNECTION_FAILURE, "client did not read for too long");
    }
    return ST_OK;
}

/* All of it, however long the client takes within the limits. A cancel does not end it: what was begun are
 * whole messages, and the statement ends after them. */
int socket_write(struct pg_client *c, struct waker *bell, const uint8_t *p, size_t n, struct err *e)
{
    const struct session_config *config = session_config(&c->session);
    assert(c->magic == PG_CLIENT_MAGIC && c->conn);
    int64_t waited_us = 0, now = clock_now_us(), since = now;
    int64_t tick_us = bell ? config->slow_flush_us : WRITER_TICK_US;
    if (config->slow_flush_us < tick_us)
        tick_us = config->slow_flush_us;
    if (config->flush_timeout_us && config->flush_timeout_us < tick_us)
        tick_us = config->flush_timeout_us;
    bool slow_logged = false, counted = false;
    for (size_t at = 0; at < n;) {
        size_t done = 0;
        int st = conn_write(c->conn, bell, p + at, n - at, &done, now + tick_us, &waited_us, e);
        at += done;
        if (at < n)
            now = clock_now_us();
        if (done)
            since = now;
        if (waited_us > 0 && !counted) {
            counted = true;
            metric_add(METRIC_BACKPRESSURE, 1);
        }
        if (st == ST_AGAIN)
            st = while_blocked(c, since, &slow_logged, e);
        TRY(st);
    }
    metric_add(METRIC_BYTES_SENT, n);
    return ST_OK;
}
