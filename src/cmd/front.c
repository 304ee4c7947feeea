/* What clients come to: options become plain structs here, since sessions read no configuration
 * themselves. */
#include "cmd/front.h"

#include "auth/digest.h"
#include "auth/user_file.h"
#include "base/clock.h"
#include "base/log.h"
#include "front/accept.h"
#include "front/front.h"
#include "net/listener.h"
#include "net/lot.h"
#include "net/tls.h"
#include "session/server.h"

#include <assert.h>

enum {
    DESCRIPTORS_BESIDE_CLIENTS = 512, /* files of the engine, listeners, bells of threads … */
    LISTEN_BACKLOG = 1024,
    LOGINS_MIN = 8,
    SCRAM_SECRET_MIN = 16, /* bytes */
    TERMINATE_WAIT_US = 10 * 1000 * 1000,
    GIVE_UP_WAIT_US = 500 * 1000, /* for clients to be told; what hangs in a dead engine is not waited for */
};

static struct front *front_of(struct process *p)
{
    return (struct front *)p;
}

/* Of n, what one user may have: a share of it where users are told apart, and all of it elsewhere. */
static uint64_t of_one_user(const struct config *c, uint64_t n)
{
    const uint64_t percent = 100;
    return n - n / percent * (percent - (uint64_t)c->user_share) -
           n % percent * (percent - (uint64_t)c->user_share) / percent;
}

static void set_user_share(struct session_config *out, const struct config *c)
{
    if (!c->users_file)
        return;
    out->user_cursors = (unsigned)of_one_user(c, (uint64_t)c->server_max_cursors);
    out->user_connections = (unsigned)of_one_user(c, (uint64_t)c->max_connections);
    out->user_threads = (unsigned)of_one_user(c, (uint64_t)(c->max_threads - c->thread_reserve));
    out->user_client_memory = (size_t)of_one_user(c, (uint64_t)c->client_memory);
    out->user_stream_memory = of_one_user(c, (uint64_t)c->stream_memory);
}

/* Units change here: options are in milliseconds as people write them, sessions count microseconds. */
static void session_config_from(struct session_config *out, const struct config *c)
{
    *out = (struct session_config){
        .max_connections = (unsigned)c->max_connections,
        .lock_waiters_max = (unsigned)(c->max_threads - c->thread_reserve) / 2,
        .authentication_timeout_us = c->authentication_timeout_ms * 1000,
        .tls_required = c->tls.value == CONFIG_TLS_REQUIRED,
        .trust = c->trust.value == CONFIG_TRUST_AUTO && !c->users_file,
        .message_max = (size_t)c->message_size_max,
        .client_memory = (size_t)c->client_memory,
        .memory_max = (size_t)c->session_memory_max,
        .statements_max = (unsigned)c->prepared_statements_max,
        .portals_max = (unsigned)c->portals_max,
        .cursors_max = (unsigned)c->max_cursors,
        .server_cursors_max = (unsigned)c->server_max_cursors,
        .cursor_idle_us = c->cursor_idle_timeout_ms * 1000,
        .cursor_cleanup_us = c->cursor_cleanup_interval_ms * 1000,
        .stream_idle_park_us = c->stream_idle_park_ms * 1000,
        .flush_bytes = (size_t)c->flush_threshold_bytes,
        .flush_rows = (uint64_t)c->flush_threshold_rows,
        .write_buffer = (size_t)c->write_buffer_size,
        .stream_memory = (uint64_t)c->stream_memory,
        .stream_wait_us = c->stream_wait_ms * 1000,
        .flush_timeout_us = c->flush_timeout_ms * 1000,
        .slow_flush_us = c->slow_flush_ms * 1000,
        .client_check_us = c->client_check_interval_ms * 1000,
        .statement_timeout_us = c->statement_timeout_ms * 1000,
        .idle_transaction_timeout_us = c->idle_in_transaction_session_timeout_ms * 1000,
        .idle_session_timeout_us = c->idle_session_timeout_ms * 1000,
        .max_result_rows = (uint64_t)c->max_result_rows,
        .max_result_bytes = (uint64_t)c->max_result_bytes,
        .keepalive_idle_s = (int)(c->tcp_keepalives_idle_ms / 1000),
        .keepalive_interval_s = (int)(c->tcp_keepalives_interval_ms / 1000),
        .keepalive_count = (int)c->tcp_keepalives_count,
        .tcp_user_timeout_ms = (int)c->tcp_user_timeout_ms,
        .log_statements = c->log_statements,
        .engine_sql = c->sql.value == CONFIG_SQL_DUCKDB,
        .default_database = c->database,
        .version = TAVANA_VERSION,
    };
    set_user_share(out, c);
}

/* What salts of users who do not exist are made from, so that they are the same wherever the file is. */
static int load_scram_secret(struct user_file *users, const char *path, struct err *e)
{
    struct buf secret;
    buf_init(&secret, USER_FILE_BYTES_MAX);
    int rc = user_file_read(path, &secret, e);
    if (rc == ST_OK && secret.len < SCRAM_SECRET_MIN)
        rc = err_set(e, SQLSTATE_CONFIG_FILE_ERROR, "scram_secret_file \"%s\" has less than %d bytes", path,
                     SCRAM_SECRET_MIN);
    if (rc == ST_OK)
        rc = user_file_set_secret(users, secret.data, secret.len, e);
    digest_wipe(secret.data, secret.len);
    buf_release(&secret);
    return rc;
}

/* Users and certificates, at start and after SIGHUP. */
static int load_credentials(struct front *v, const struct config *c, struct err *e)
{
    struct user_file *users = NULL;
    struct tls_context *tls = NULL;
    if (c->users_file)
        TRY(user_file_load(&users, c->users_file, e));
    if (users && c->scram_secret_file && load_scram_secret(users, c->scram_secret_file, e) < 0) {
        user_file_unref(users);
        return ST_ERR;
    }
    if (c->tls.value != CONFIG_TLS_OFF) {
        struct tls_options o = {
            .cert_file = c->tls_cert_file,
            .key_file = c->tls_key_file,
            .ca_file = c->tls_ca_file,
            .min_version = c->tls_min_version.text,
        };
        int rc = tls_context_new(&tls, &o, e);
        if (rc < 0) {
            user_file_unref(users);
            return rc;
        }
    }
    pg_front_set_users(v->clients, users);
    pg_front_set_tls(v->clients, tls);
    return ST_OK;
}

/* Nobody may come in from beyond this machine without saying who he is. */
static int check_authentication(const struct config *c, struct err *e)
{
    if (c->users_file)
        return ST_OK;
    if (c->trust.value == CONFIG_TRUST_OFF)
        return err_set(e, SQLSTATE_CONFIG_FILE_ERROR, "trust is off, but no users_file is configured");
    for (size_t i = 0; i < c->listen.n; i++) {
        bool public;
        TRY(listener_address_is_public(c->listen.items[i], &public, e));
        if (!public)
            continue;
        (void)err_set(
            e, SQLSTATE_CONFIG_FILE_ERROR,
            "listening on \"%s\" can be reached from other machines, but no users_file is configured",
            c->listen.items[i]);
        err_hint(e, "Make users with `tavana passwd` and name their file with --users-file.");
        return ST_ERR;
    }
    return ST_OK;
}

static int check_tls(const struct config *c, struct err *e)
{
    if (c->tls.value != CONFIG_TLS_OFF && (!c->tls_cert_file || !c->tls_key_file))
        return err_set(e, SQLSTATE_CONFIG_FILE_ERROR,
                       "tls is %s, but tls_cert_file or tls_key_file is missing", c->tls.text);
    return ST_OK;
}

struct show_cb {
    void (*cb)(void *arg, const char *name, const char *value, const char *text);
    void *arg;
};

static int show_row(void *arg, const struct config_row *row)
{
    const struct show_cb *show = arg;
    show->cb(show->arg, row->name, row->value, row->text);
    return ST_OK;
}

static void show_options(void *arg, void (*cb)(void *, const char *, const char *, const char *),
                         void *cb_arg)
{
    struct process *p = arg;
    struct show_cb show = {cb, cb_arg};
    (void)pthread_rwlock_rdlock(&p->config_lock);
    (void)config_each(&p->config, show_row, &show);
    (void)pthread_rwlock_unlock(&p->config_lock);
}

static void on_accept(void *arg, int fd)
{
    struct front *v = arg;
    front_accept(v->clients, fd);
}

static int open_listener(struct front *v, struct err *e)
{
    const struct config *c = &v->process.config;
    const char *addresses[CONFIG_LIST_MAX + 1];
    size_t n = 0;
    assert(c->listen.n <= CONFIG_LIST_MAX);
    for (size_t i = 0; i < c->listen.n; i++)
        addresses[n++] = c->listen.items[i];
    if (c->unix_socket_directory)
        addresses[n++] = c->unix_socket_directory;
    struct listener_options o = {
        .addresses = addresses,
        .naddresses = n,
        .unix_port = (int)c->port,
        .backlog = LISTEN_BACKLOG,
        .on_accept = on_accept,
        .arg = v,
    };
    return listener_new(&v->listener, &o, e);
}

/* Those who have not logged in must not have all descriptors where the system gives few: a quarter. */
static unsigned logins_within(uint64_t wanted, uint64_t descriptors)
{
    uint64_t quarter = descriptors / 4;
    uint64_t n = wanted < quarter ? wanted : quarter;
    return (unsigned)(n > LOGINS_MIN ? n : LOGINS_MIN);
}

int front_listen(struct process *p, struct err *e)
{
    struct front *f = front_of(p);
    TRY(check_authentication(&p->config, e));
    TRY(check_tls(&p->config, e));
    const struct config *c = &p->config;
    uint64_t wanted = (uint64_t)c->max_connections + (uint64_t)c->login_connections_max +
                      SESSION_ENDING_CONNECTIONS + DESCRIPTORS_BESIDE_CLIENTS;
    uint64_t limit;
    TRY(process_raise_descriptors(wanted, &limit, e));
    f->logins_max = logins_within((uint64_t)c->login_connections_max, limit);
    return open_listener(f, e);
}

int front_open_sessions(struct front *f, struct backend *backend, struct err *e)
{
    struct process *p = &f->process;
    const struct config *c = &p->config;
    assert(f->listener && p->pool); /* front_listen and process_open_pool came before */
    struct session_config sc;
    session_config_from(&sc, c);
    sc.logins_max = f->logins_max;
    TRY(lot_new(&f->lot, sc.max_connections + sc.logins_max + SESSION_ENDING_CONNECTIONS, e));
    const struct session_wiring w = {
        .backend = backend,
        .pool = p->pool,
        .show = {.arg = p, .each_option = show_options},
    };
    TRY(session_server_new(&f->sessions, &w, &sc, e));
    const struct pg_front_wiring of_clients = {
        .sessions = f->sessions,
        .pool = p->pool,
        .lot = f->lot,
        .peers = c->peers.items,
        .npeers = c->peers.n,
    };
    TRY(pg_front_new(&f->clients, &of_clients, e));
    TRY(load_credentials(f, c, e));
    TRY(session_server_start(f->sessions, e));
    return listener_start(f->listener, e);
}

int front_reload(struct process *p, const struct config *next, struct err *e)
{
    struct front *f = front_of(p);
    struct session_config sc;
    TRY(check_authentication(next, e));
    TRY(check_tls(next, e));
    TRY(load_credentials(f, next, e));
    session_config_from(&sc, next);
    return session_server_set_config(f->sessions, &sc, e);
}

unsigned front_drain(struct process *p)
{
    struct front *v = front_of(p);
    int64_t timeout_us = p->config.shutdown_timeout_ms * 1000;
    log_line(LOG_INFO, "draining", "sessions=%u", session_server_counts(v->sessions).sessions);
    listener_stop(v->listener);
    session_server_drain(v->sessions);
    if (session_server_wait(v->sessions, clock_now_us() + timeout_us))
        return session_server_counts(v->sessions).left;
    log_line(LOG_WARNING, "terminating_sessions", "sessions=%u", session_server_counts(v->sessions).sessions);
    session_server_terminate(v->sessions);
    while (!session_server_wait(v->sessions, clock_now_us() + TERMINATE_WAIT_US))
        log_line(LOG_WARNING, "sessions_still_ending", "sessions=%u",
                 session_server_counts(v->sessions).sessions);
    return session_server_counts(v->sessions).left;
}

void front_give_up(struct process *p)
{
    struct front *v = front_of(p);
    listener_pause(v->listener);
    session_server_crash(v->sessions);
    (void)session_server_wait(v->sessions, clock_now_us() + GIVE_UP_WAIT_US);
}

void front_forget_sockets(struct process *p)
{
    struct front *f = front_of(p);
    listener_forget(f->listener);
    f->listener = NULL;
}

void front_gauges(struct process *p, struct ops_gauges *g)
{
    ops_gauge(g, "tavana_sessions_parked", "Sessions that cost no thread now", lot_count(front_of(p)->lot));
    ops_gauge(g, "tavana_client_memory_bytes", "Bytes that sessions take beyond their first 64 kB each",
              (double)session_server_counts(front_of(p)->sessions).memory);
}

int front_port(const struct process *p)
{
    return listener_port(((const struct front *)p)->listener);
}

/* The pool's threads may still be on their way out of a session, and look at the lot. */
void front_close(struct front *f)
{
    listener_free(f->listener);
    pg_front_free(f->clients);
    session_server_free(f->sessions);
    thread_pool_free(f->process.pool);
    lot_free(f->lot);
}
