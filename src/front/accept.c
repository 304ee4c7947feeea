/* From an accepted socket to a client that waits in the lot for its first packet. */
#include "front/accept.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/metric.h"
#include "front/client_ops.h"
#include "front/front_priv.h"
#include "front/run.h"
#include "session/login.h"

#include <assert.h>
#include <poll.h>
#include <unistd.h>

enum { LOG_EVERY_US = 10 * 1000 * 1000 }; /* lines about connections that could not be taken */

/* Whole before anybody can find it: whoever does may wake it at once. */
static int client_init(struct pg_client *c, struct pg_front *f, int fd, struct err *e)
{
    c->magic = PG_CLIENT_MAGIC;
    c->front = f;
    client_ops_init(c);
    pg_reply_init(&c->reply);
    session_init(&c->session, f->wiring.sessions, &c->reply.base, &c->base);
    output_init(&c->output);
    c->task.run = pg_client_run;
    list_init(&c->task.link);
    parked_init(&c->parked, fd, pg_client_on_leave);
    const struct session_config *config = session_config(&c->session);
    startup_init(&c->startup, clock_now_us() + config->authentication_timeout_us);
    TRY(conn_new(&c->conn, fd, e));
    struct conn_keepalive k = {config->keepalive_idle_s, config->keepalive_interval_s,
                               config->keepalive_count, config->tcp_user_timeout_ms};
    return conn_set_keepalive(c->conn, &k, e);
}

static void accept_failed(const struct err *e)
{
    static struct log_limit limit;
    char message[LOG_QUOTE_MAX];
    unsigned left_out;
    if (log_limit_passes(&limit, LOG_EVERY_US, &left_out))
        log_line(LOG_ERROR, "accept_failed", "sqlstate=%s message=%s lines_left_out=%u",
                 sqlstate_code(e->code), log_quote(message, e->message), left_out);
}

/* Of a client that never ran. */
static void refuse(struct pg_client *c, bool claimed)
{
    struct conn *conn = c->conn;
    metric_add(METRIC_SESSIONS_REFUSED, 1);
    if (claimed)
        registry_release(&c->session);
    pg_client_free(c);
    conn_free(conn);
}

static unsigned share_of(const struct pg_front *f, int fd)
{
    uint8_t key[CONN_PEER_KEY_MAX];
    size_t n = conn_peer_key(fd, key);
    return login_share(f->wiring.sessions, key, n);
}

void front_accept(struct pg_front *f, int fd)
{
    struct err e;
    err_init(&e);
    assert(f->magic == PG_FRONT_MAGIC);
    unsigned share = share_of(f, fd);
    struct pg_client *c = mem_calloc(1, sizeof *c);
    if (!c) {
        (void)err_oom(&e);
        accept_failed(&e);
        metric_add(METRIC_SESSIONS_REFUSED, 1);
        (void)close(fd);
        return;
    }
    struct lot *lot = f->wiring.lot;
    bool whole = client_init(c, f, fd, &e) == ST_OK;
    bool claimed = whole && registry_claim(&c->session, share);
    if (claimed && lot_add(lot, &c->parked, &e) == ST_OK) {
        lot_park(lot, &c->parked, POLLIN, c->startup.deadline_us);
        return;
    }
    if (err_is_set(&e))
        accept_failed(&e);
    refuse(c, claimed);
}
