/* The tour of the house: every part of `tavana serve`, in the order in which they are started and, backwards,
 * ended. */
#include "cmd/serve.h"

#include "auth/user_file.h"
#include "backend/local.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/thread_pool.h"
#include "config/config.h"
#include "net/http.h"
#include "net/listener.h"
#include "net/lot.h"
#include "net/tls.h"
#include "ops/ops.h"
#include "session/session.h"
#include "sql/catalog.h"

#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
    EXIT_FAILED = 1,
    EXIT_USAGE = 2,
    DESCRIPTORS_BESIDE_CLIENTS = 512, /* files of the engine, listeners, bells of threads … */
    THREAD_IDLE_MS = 10 * 1000,
    LISTEN_BACKLOG = 1024,
    TERMINATE_WAIT_US = 10 * 1000 * 1000,
};

struct server {
    struct config config;
    struct backend *backend;
    struct lot *lot;
    struct thread_pool *pool;
    struct session_server *sessions;
    struct listener *listener;
    struct ops ops;
    _Atomic enum ops_state state;
    struct http_server *http;
    pthread_rwlock_t config_lock; /* SHOW reads config while SIGHUP puts a new one there */
};

static void session_config_from(struct session_config *out, const struct config *c)
{
    *out = (struct session_config){
        .max_connections = (unsigned)c->max_connections,
        .authentication_timeout_us = c->authentication_timeout_ms * 1000,
        .tls_required = c->tls.value == CONFIG_TLS_REQUIRED,
        .trust = c->trust.value == CONFIG_TRUST_AUTO && !c->users_file,
        .message_max = (size_t)c->message_size_max,
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
        .default_database = c->database,
        .version = TAVANA_VERSION,
    };
}

/* Users and certificates, at start and after SIGHUP. */
static int load_credentials(struct server *v, const struct config *c, struct err *e)
{
    struct user_file *users = NULL;
    struct tls_context *tls = NULL;
    if (c->users_file)
        TRY(user_file_load(&users, c->users_file, e));
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
    session_server_set_users(v->sessions, users);
    session_server_set_tls(v->sessions, tls);
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

static int raise_descriptor_limit(const struct config *c, struct err *e)
{
    struct rlimit limit;
    rlim_t wanted = (rlim_t)c->max_connections + DESCRIPTORS_BESIDE_CLIENTS;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return err_set(e, SQLSTATE_SYSTEM_ERROR, "could not read the limit of open files");
    if (limit.rlim_cur >= wanted)
        return ST_OK;
    limit.rlim_cur = wanted;
    if (limit.rlim_max < wanted)
        limit.rlim_max = wanted;
    if (setrlimit(RLIMIT_NOFILE, &limit) == 0)
        return ST_OK;
    (void)getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
    log_line(LOG_WARNING, "few_descriptors", "limit=%llu wanted=%llu", (unsigned long long)limit.rlim_cur,
             (unsigned long long)wanted);
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
    struct server *v = arg;
    struct show_cb show = {cb, cb_arg};
    (void)pthread_rwlock_rdlock(&v->config_lock);
    (void)config_each(&v->config, show_row, &show);
    (void)pthread_rwlock_unlock(&v->config_lock);
}

static int open_backend(struct server *v, struct err *e)
{
    const struct config *c = &v->config;
    char memory[32] = "";
    if (c->memory_limit)
        (void)snprintf(memory, sizeof memory, "%lldB", (long long)c->memory_limit);
    struct local_options o = {
        .spool_bytes = (uint64_t)c->spool_limit,
        .batch_rows = (uint64_t)c->cursor_batch_size,
        .portal_rows = (uint64_t)c->portal_buffer_rows,
        .streams_max = (unsigned)c->streams_max,
        .engine =
            {
                .path = c->database,
                .memory_limit = memory[0] ? memory : NULL,
                .threads = (unsigned)c->threads,
                .temp_directory = c->temp_directory,
                .allowed_directories = c->allowed_directories.items,
                .nallowed_directories = c->allowed_directories.n,
                .extensions = c->extensions.items,
                .nextensions = c->extensions.n,
                .init = sql_catalog_setup,
            },
    };
    const char *system_directory = getenv("TMPDIR");
    if (c->spool_limit)
        o.spool_directory = c->spool_directory ? c->spool_directory
                            : system_directory ? system_directory
                                               : P_tmpdir;
    while (o.engine.init[o.engine.ninit])
        o.engine.ninit++;
    return local_backend_new(&v->backend, &o, e);
}

static enum ops_state ops_state(void *arg)
{
    struct server *v = arg;
    return atomic_load(&v->state);
}

static void ops_gauges(void *arg, struct ops_gauges *g)
{
    struct server *v = arg;
    struct thread_pool_stats pool = thread_pool_stats(v->pool);
    ops_gauge(g, "tavana_threads", "Threads that run sessions", pool.threads);
    ops_gauge(g, "tavana_threads_idle", "Of these, without work", pool.idle);
    ops_gauge(g, "tavana_threads_queue", "Sessions waiting for a thread", pool.queued);
    ops_gauge(g, "tavana_sessions_parked", "Sessions that cost no thread now", lot_count(v->lot));
}

static int open_ops(struct server *v, struct err *e)
{
    v->ops = (struct ops){.version = TAVANA_VERSION, .state = ops_state, .gauges = ops_gauges, .arg = v};
    if (!v->config.http)
        return ST_OK;
    return http_server_new(&v->http, v->config.http, ops_handle, &v->ops, e);
}

static int open_sessions(struct server *v, struct err *e)
{
    const struct config *c = &v->config;
    struct session_config sc;
    session_config_from(&sc, c);
    struct thread_pool_options po = {
        .max = (unsigned)c->max_threads,
        .reserve = (unsigned)c->thread_reserve,
        .idle_ms = THREAD_IDLE_MS,
        .name = "session",
    };
    TRY(lot_new(&v->lot, (unsigned)c->max_connections + SESSION_SPARE_CONNECTIONS, e));
    TRY(thread_pool_new(&v->pool, &po, e));
    struct session_wiring w = {
        .backend = v->backend,
        .pool = v->pool,
        .lot = v->lot,
        .show = {.arg = v, .each_option = show_options},
    };
    TRY(session_server_new(&v->sessions, &w, &sc, e));
    TRY(load_credentials(v, c, e));
    return session_server_start(v->sessions, e);
}

static void on_accept(void *arg, int fd)
{
    struct server *v = arg;
    session_accept(v->sessions, fd);
}

static int open_listener(struct server *v, struct err *e)
{
    const struct config *c = &v->config;
    const char *addresses[CONFIG_LIST_MAX + 1];
    size_t n = 0;
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

static int start(struct server *v, struct err *e)
{
    TRY(check_authentication(&v->config, e));
    TRY(check_tls(&v->config, e));
    TRY(raise_descriptor_limit(&v->config, e));
    TRY(open_listener(v,
                      e)); /* first: a port that is taken is the most common failure, and costs nothing yet */
    TRY(open_backend(v, e));
    TRY(open_sessions(v, e));
    TRY(open_ops(v, e));
    return listener_start(v->listener, e);
}

/* In the other order; half-made servers too. */
static void stop(struct server *v)
{
    http_server_free(v->http);
    listener_free(v->listener);
    session_server_free(v->sessions);
    thread_pool_free(v->pool);
    lot_free(v->lot);
    local_backend_free(v->backend);
    (void)pthread_rwlock_destroy(&v->config_lock);
    config_release(&v->config);
}

static void report(const char *event, const struct err *e)
{
    char message[LOG_QUOTE_MAX];
    log_line(LOG_ERROR, event, "sqlstate=%s message=%s", sqlstate_code(e->code),
             log_quote(message, e->message));
}

/* SIGHUP: files are read again; what is wrong with them leaves everything as it was. */
static void reload(struct server *v)
{
    struct err e;
    struct config next = {0};
    struct session_config sc;
    err_init(&e);
    if (config_reload(&v->config, &next, &e) < 0 || check_authentication(&next, &e) < 0 ||
        check_tls(&next, &e) < 0 || load_credentials(v, &next, &e) < 0) {
        report("reload_failed", &e);
        config_release(&next);
        return;
    }
    session_config_from(&sc, &next);
    if (session_server_set_config(v->sessions, &sc, &e) < 0) {
        report("reload_failed", &e);
        config_release(&next);
        return;
    }
    log_set_level((enum log_level)next.log_level.value);
    for (size_t i = 0; i < next.needs_restart.n; i++)
        log_line(LOG_WARNING, "needs_restart", "option=%s", next.needs_restart.items[i]);
    (void)pthread_rwlock_wrlock(&v->config_lock);
    struct config old = v->config;
    v->config = next;
    (void)pthread_rwlock_unlock(&v->config_lock);
    config_release(&old);
    log_line(LOG_INFO, "reloaded", "");
}

/* No new sessions; running ones may finish within the limit; then they are ended. */
static void drain(struct server *v)
{
    int64_t timeout_us = v->config.shutdown_timeout_ms * 1000;
    log_line(LOG_INFO, "draining", "sessions=%u", session_server_counts(v->sessions).sessions);
    atomic_store(&v->state, OPS_DRAINING);
    listener_stop(v->listener);
    session_server_drain(v->sessions);
    if (session_server_wait(v->sessions, clock_now_us() + timeout_us))
        return;
    log_line(LOG_WARNING, "terminating_sessions", "sessions=%u", session_server_counts(v->sessions).sessions);
    session_server_terminate(v->sessions);
    while (!session_server_wait(v->sessions, clock_now_us() + TERMINATE_WAIT_US))
        log_line(LOG_WARNING, "sessions_still_ending", "sessions=%u",
                 session_server_counts(v->sessions).sessions);
}

static void serve_until_signal(struct server *v, const sigset_t *signals)
{
    for (;;) {
        int number = 0;
        if (sigwait(signals, &number) != 0)
            continue;
        if (number != SIGHUP) {
            log_line(LOG_INFO, "signal", "name=%s", number == SIGINT ? "SIGINT" : "SIGTERM");
            return;
        }
        reload(v);
    }
}

static const char usage[] =
    "Usage: tavana serve [DATABASE] [--OPTION VALUE | --set OPTION=VALUE]...\n"
    "\n"
    "  DATABASE           a database file; without one the engine is in memory\n"
    "  --listen HOST:PORT where clients connect (127.0.0.1:15432)\n"
    "  --http HOST:PORT   where /metrics, /health, /ready and /status are; or off\n"
    "  --config FILE      a file of options\n"
    "\n"
    "`tavana options` lists every option, with its environment variable and default.\n";

static int fail(const struct err *e, int code)
{
    fprintf(stderr, "tavana: %s%s%s\n", e->message, e->hint[0] ? "; " : "", e->hint);
    return code;
}

static bool wants_help(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return true;
    return false;
}

/* Signals reach nobody but serve_until_signal; a lost peer is an error of a write, not a signal. */
static void block_signals(sigset_t *signals)
{
    (void)sigemptyset(signals);
    (void)sigaddset(signals, SIGINT);
    (void)sigaddset(signals, SIGTERM);
    (void)sigaddset(signals, SIGHUP);
    (void)pthread_sigmask(SIG_BLOCK, signals, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
}

static void run(struct server *v, const sigset_t *signals)
{
    atomic_store(&v->state, OPS_READY);
    log_line(LOG_INFO, "listening", "port=%d http_port=%d database=%s", listener_port(v->listener),
             v->http ? http_server_port(v->http) : 0, v->config.database ? v->config.database : ":memory:");
    serve_until_signal(v, signals);
    drain(v);
}

int cmd_serve(int argc, char **argv)
{
    struct server v = {.state = OPS_STARTING};
    struct err e;
    sigset_t signals;
    if (wants_help(argc, argv)) {
        fputs(usage, stdout);
        return 0;
    }
    err_init(&e);
    if (config_load(&v.config, argc - 1, argv + 1, &e) < 0)
        return fail(&e, EXIT_USAGE);
    log_set_level((enum log_level)v.config.log_level.value);
    for (size_t i = 0; i < v.config.unknown_variables.n; i++)
        log_line(LOG_WARNING, "unknown_variable", "name=%s", v.config.unknown_variables.items[i]);
    block_signals(&signals);
    (void)pthread_rwlock_init(&v.config_lock, NULL);
    int code = 0;
    if (start(&v, &e) < 0)
        code = fail(&e, e.code == SQLSTATE_CONFIG_FILE_ERROR ? EXIT_USAGE : EXIT_FAILED);
    else
        run(&v, &signals);
    stop(&v);
    if (code == 0)
        log_line(LOG_INFO, "stopped", "");
    return code;
}
