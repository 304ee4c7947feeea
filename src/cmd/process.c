/* The life of every role: options, sockets, the parent, then in the child the role's parts, the
 * operator's pages, and signals until one ends it. Signals are taken by one thread that waits for them
 * (sigwait), so that none interrupts anything. */
#include "cmd/process.h"

#include "base/black_box.h"
#include "base/log.h"
#include "base/malloc_arenas.h"
#include "base/thread.h"
#include "cmd/parent.h"
#include "engine/heap.h"
#include "rows/pace.h"

#include <assert.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { EXIT_FAILED = 1, EXIT_USAGE = 2, THREAD_IDLE_MS = 10 * 1000 };

int process_raise_descriptors(uint64_t wanted, uint64_t *now, struct err *e)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return err_set(e, SQLSTATE_SYSTEM_ERROR, "could not read the limit of open files");
    *now = limit.rlim_cur;
    if (limit.rlim_cur >= wanted)
        return ST_OK;
    *now = limit.rlim_cur = wanted;
    if (limit.rlim_max < wanted)
        limit.rlim_max = wanted;
    if (setrlimit(RLIMIT_NOFILE, &limit) == 0)
        return ST_OK;
    (void)getrlimit(RLIMIT_NOFILE, &limit);
    *now = limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
    log_line(LOG_WARNING, "few_descriptors", "limit=%llu wanted=%llu", (unsigned long long)limit.rlim_cur,
             (unsigned long long)wanted);
    return ST_OK;
}

int process_open_pool(struct process *p, struct err *e)
{
    const struct thread_pool_options o = {
        .max = (unsigned)p->config.max_threads,
        .reserve = (unsigned)p->config.thread_reserve,
        .idle_ms = THREAD_IDLE_MS,
        .stack_size = THREAD_ENGINE_STACK,
        .name = "session",
    };
    return thread_pool_new(&p->pool, &o, e);
}

/* /ready says so at once; the thread that waits for signals does the rest. A worker's sessions are its
 * gateways': they see that it is gone, and go on elsewhere. */
void process_engine_died(void *arg, const char *why)
{
    struct process *p = arg;
    char text[LOG_QUOTE_MAX];
    atomic_store(&p->state, OPS_DRAINING);
    log_line(LOG_ERROR, "engine_failed", "message=%s", log_quote(text, why));
    if (!p->role->give_up)
        _exit(EXIT_FAILED);
    (void)kill(getpid(), SIGUSR1);
}

/* ---- the operator's pages ---- */

static enum ops_state ops_state(void *arg)
{
    struct process *p = arg;
    return atomic_load(&p->state);
}

static void ops_gauges(void *arg, struct ops_gauges *g)
{
    struct process *p = arg;
    struct thread_pool_stats pool = thread_pool_stats(p->pool);
    ops_counter(g, "tavana_restarts_total", "Times that the server process died and was started again",
                black_box_restarts());
    ops_gauge(g, "tavana_threads", "Threads that run sessions", pool.threads);
    ops_gauge(g, "tavana_threads_idle", "Of these, without work", pool.idle);
    ops_gauge(g, "tavana_threads_queue", "Sessions waiting for a thread", pool.queued);
    if (p->role->gauges)
        p->role->gauges(p, g);
}

static int open_ops(struct process *p, struct err *e)
{
    p->ops = (struct ops){.version = TAVANA_VERSION, .state = ops_state, .gauges = ops_gauges, .arg = p};
    if (p->http_fd < 0)
        return ST_OK;
    int fd = p->http_fd;
    p->http_fd = -1;
    return http_server_on(&p->http, fd, ops_handle, &p->ops, e);
}

/* ---- life ---- */

static int open_sockets(struct process *p, struct err *e)
{
    if (p->role->listen)
        TRY(p->role->listen(p, e));
    return p->config.http ? http_listen(&p->http_fd, p->config.http, e) : ST_OK;
}

static void close_http_socket(struct process *p)
{
    if (p->http_fd >= 0)
        (void)close(p->http_fd);
    p->http_fd = -1;
}

static int start_parts(struct process *p, struct err *e)
{
    thread_raise_first_stack();
    TRY(p->role->start(p, e));
    return open_ops(p, e);
}

static void release(struct process *p)
{
    (void)pthread_rwlock_destroy(&p->config_lock);
    config_release(&p->config);
}

/* Half-made ones too. */
static void stop(struct process *p)
{
    http_server_free(p->http);
    close_http_socket(p);
    p->role->stop(p);
    release(p);
}

static void report(const char *event, const struct err *e)
{
    char message[LOG_QUOTE_MAX];
    log_line(LOG_ERROR, event, "sqlstate=%s message=%s", sqlstate_code(e->code),
             log_quote(message, e->message));
}

/* A child whose parent has had a SIGHUP begins with what the files say now, or as its parent did. */
static void read_files_again(struct process *p)
{
    struct err e;
    struct config next = {0};
    err_init(&e);
    if (config_reload(&p->config, &next, &e) < 0) {
        report("reload_failed", &e);
        config_release(&next);
        return;
    }
    config_release(&p->config);
    p->config = next;
    log_set_level((enum log_level)p->config.log_level.value);
}

/* SIGHUP: files are read again; what is wrong with them leaves everything as it was. */
static void reload(struct process *p)
{
    struct err e;
    struct config next = {0};
    err_init(&e);
    if (config_reload(&p->config, &next, &e) < 0 || (p->role->reload && p->role->reload(p, &next, &e) < 0)) {
        report("reload_failed", &e);
        config_release(&next);
        return;
    }
    log_set_level((enum log_level)next.log_level.value);
    for (size_t i = 0; i < next.needs_restart.n; i++)
        log_line(LOG_WARNING, "needs_restart", "option=%s", next.needs_restart.items[i]);
    (void)pthread_rwlock_wrlock(&p->config_lock);
    struct config old = p->config;
    p->config = next;
    (void)pthread_rwlock_unlock(&p->config_lock);
    config_release(&old);
    log_line(LOG_INFO, "reloaded", "");
}

/* What the engine would do at its end it might do wrong by now: nothing of it is waited for. */
static _Noreturn void give_up(struct process *p)
{
    p->role->give_up(p);
    log_line(LOG_ERROR, "stopped", "reason=engine_failed");
    _exit(EXIT_FAILED);
}

/* Parts that threads are still in cannot be closed. What has been committed is in the log of the database. */
static _Noreturn void end_without(unsigned threads)
{
    log_line(LOG_WARNING, "stopped", "threads_left_behind=%u", threads);
    _exit(0);
}

static void run_until_signal(struct process *p, const sigset_t *signals)
{
    for (;;) {
        int number = 0;
        if (sigwait(signals, &number) != 0)
            continue;
        if (number == SIGUSR1 && atomic_load(&p->state) == OPS_DRAINING)
            give_up(p);
        if (number == SIGUSR1)
            continue; /* somebody else's */
        if (number != SIGHUP) {
            log_line(LOG_INFO, "signal", "name=%s", number == SIGINT ? "SIGINT" : "SIGTERM");
            return;
        }
        reload(p);
    }
}

static int fail(const struct err *e, int code)
{
    fprintf(stderr, "tavana: %s%s%s\n", e->message, e->hint[0] ? "; " : "", e->hint);
    return code;
}

static void print_usage(const struct process_role *role)
{
    enum { WIDTH = 25 }; /* of the longest, the gateway's --workers */
    const char *const rows[][2] = {
        {role->argument, role->argument_text},
        {"--listen HOST:PORT", role->listens_text},
        {"--http HOST:PORT", "where /metrics, /health, /ready and /status are; or off"},
        {"--config FILE", "a file of options"},
    };
    printf("Usage: tavana %s %s [--OPTION VALUE | --set OPTION=VALUE]...\n\n", role->name, role->takes);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        printf("  %-*s %s\n", WIDTH, rows[i][0], rows[i][1]);
    printf("\n`tavana options` lists every option, with its environment variable and default.\n");
}

static bool wants_help(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return true;
    return false;
}

/* Signals reach nobody but run_until_signal; a lost peer is an error of a write, not a signal. */
static void block_signals(sigset_t *signals)
{
    (void)sigemptyset(signals);
    (void)sigaddset(signals, SIGINT);
    (void)sigaddset(signals, SIGTERM);
    (void)sigaddset(signals, SIGHUP);
    (void)sigaddset(signals, SIGUSR1); /* process_engine_died */
    (void)pthread_sigmask(SIG_BLOCK, signals, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGXFSZ, SIG_IGN); /* a limit of files is an error of a write, too */
}

static void run(struct process *p, const sigset_t *signals)
{
    atomic_store(&p->state, OPS_READY);
    black_box_set_port(p->role->port(p));
    black_box_set_ready();
    log_line(LOG_INFO, "listening", "port=%d http_port=%d database=%s", p->role->port(p),
             p->http ? http_server_port(p->http) : 0, p->config.database ? p->config.database : ":memory:");
    run_until_signal(p, signals);
    atomic_store(&p->state, OPS_DRAINING);
    unsigned stuck = p->role->drain(p);
    if (stuck > 0)
        end_without(stuck);
}

/* In the parent, for good. The operator's pages stay until the child is gone. */
static void forget_sockets(void *arg)
{
    struct process *p = arg;
    if (p->role->forget_sockets)
        p->role->forget_sockets(p);
}

/* PARENT_IS_CHILD, or the exit code. */
static int with_parent(struct process *p, struct err *e)
{
    struct parent parent = {.close_sockets = forget_sockets, .arg = p};
    if (black_box_open((unsigned)p->config.max_connections, e) < 0)
        return fail(e, EXIT_FAILED);
    int code = parent_run(&parent);
    if (code == PARENT_IS_CHILD) {
        if (parent.reloaded)
            read_files_again(p);
        return code;
    }
    forget_sockets(p);
    close_http_socket(p);
    release(p);
    black_box_close();
    return code;
}

static int serve(struct process *p, const sigset_t *signals, struct err *e)
{
    int code = 0;
    if (start_parts(p, e) < 0)
        code = fail(e, e->code == SQLSTATE_CONFIG_FILE_ERROR ? EXIT_USAGE : EXIT_FAILED);
    else
        run(p, signals);
    stop(p);
    if (code == 0)
        log_line(LOG_INFO, "stopped", "");
    return code;
}

int process_main(struct process *p, const struct process_role *role, int argc, char **argv)
{
    struct err e;
    sigset_t signals;
    if (wants_help(argc, argv)) {
        print_usage(role);
        return 0;
    }
    engine_heap_begin();
    malloc_arenas_make();
    err_init(&e);
    assert(role->start && role->stop && role->drain && role->port && !p->role);
    p->role = role;
    p->http_fd = -1;
    atomic_store(&p->state, OPS_STARTING);
    if (config_load(&p->config, role->role, argc - 1, argv + 1, &e) < 0)
        return fail(&e, EXIT_USAGE);
    log_set_level((enum log_level)p->config.log_level.value);
    pace_set_plain(p->config.plain_pace);
    for (size_t i = 0; i < p->config.unknown_variables.n; i++)
        log_line(LOG_WARNING, "unknown_variable", "name=%s", p->config.unknown_variables.items[i]);
    block_signals(&signals);
    (void)pthread_rwlock_init(&p->config_lock, NULL);
    if (open_sockets(p, &e) < 0) {
        int code = fail(&e, e.code == SQLSTATE_CONFIG_FILE_ERROR ? EXIT_USAGE : EXIT_FAILED);
        stop(p);
        return code;
    }
    int code = p->config.restart ? with_parent(p, &e) : PARENT_IS_CHILD;
    return code == PARENT_IS_CHILD ? serve(p, &signals, &e) : code;
}
