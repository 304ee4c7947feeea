/* The parent keeps the listening sockets and starts a child again that died. It has no thread, opens
 * nothing of the engine, and waits for signals alone, so that there is little in it that could fail. */
#include "cmd/parent.h"

#include "base/black_box.h"
#include "base/clock.h"
#include "base/crash.h"
#include "base/log.h"
#include "cmd/restart_plan.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    EXIT_FAILED = 1,
    RUNNING_LOGGED_MAX = 50, /* statements, of those that ran when a child died */
    FORK_AGAIN_MS = 1000,    /* when the system gives no process */
};

struct family {
    struct parent *parent;
    pid_t child;    /* 0: none */
    bool stopping;  /* by a signal */
    bool was_ready; /* one of the children, ever */
    struct restart_plan plan;
    sigset_t signals;
};

/* ---- signals ---- */

static void block_signals(struct family *f)
{
    (void)sigemptyset(&f->signals);
    (void)sigaddset(&f->signals, SIGINT);
    (void)sigaddset(&f->signals, SIGTERM);
    (void)sigaddset(&f->signals, SIGHUP);
    (void)sigaddset(&f->signals, SIGCHLD);
    (void)sigprocmask(SIG_BLOCK, &f->signals, NULL);
}

static void pass_on(struct family *f, int number)
{
    if (number == SIGHUP)
        f->parent->reloaded = true;
    else if (!f->stopping) {
        f->stopping = true;
        f->parent->close_sockets(f->parent->arg);
    }
    if (f->child)
        (void)kill(f->child, number);
}

/* Until the child is gone or, without one, until_us is reached or there is nothing left to wait for. */
static void wait_for_signal(struct family *f, int64_t until_us)
{
    int64_t left = until_us == CLOCK_NEVER ? 0 : until_us - clock_now_us();
    const struct timespec t = {left > 0 ? left / 1000000 : 0, left > 0 ? left % 1000000 * 1000 : 0};
    siginfo_t info;
    int number = sigtimedwait(&f->signals, &info, until_us == CLOCK_NEVER ? NULL : &t);
    if (number > 0 && number != SIGCHLD)
        pass_on(f, number);
}

static void pause_ms(struct family *f, int64_t ms)
{
    const int64_t until_us = clock_now_us() + ms * 1000;
    while (!f->stopping && clock_now_us() < until_us)
        wait_for_signal(f, until_us);
}

/* ---- a child ---- */

/* A child that outlives its parent would hold the sockets and the database: it is killed with it. */
static void become_child(const struct family *f, pid_t parent)
{
    sigset_t mine;
    (void)sigemptyset(&mine);
    (void)sigaddset(&mine, SIGCHLD);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) /* it died before it could be asked for */
        _exit(EXIT_FAILED);
    (void)sigprocmask(SIG_UNBLOCK, &mine, NULL);
    crash_watch();
    (void)f;
}

/* False: in the child. */
static bool start_child(struct family *f)
{
    const pid_t parent = getpid();
    assert(f->child == 0); /* else two would serve the same sockets, and one alone be waited for */
    (void)fflush(NULL);
    f->child = fork();
    if (f->child == 0) {
        become_child(f, parent);
        return false;
    }
    if (f->child < 0) {
        log_line(LOG_ERROR, "not_started", "reason=\"%s\"", strerrordesc_np(errno));
        f->child = 0;
        pause_ms(f, FORK_AGAIN_MS);
    }
    return true;
}

/* Its wait status. */
static int wait_for_child(struct family *f)
{
    int status;
    assert(f->child > 0); /* 0 would be any child of the group's */
    while (waitpid(f->child, &status, WNOHANG) == 0)
        wait_for_signal(f, CLOCK_NEVER);
    f->child = 0;
    return status;
}

/* ---- a death ---- */

static void log_statements(pid_t pid, int64_t now_us)
{
    struct black_box_statement s;
    unsigned at = 0, logged = 0;
    char text[LOG_QUOTE_MAX];
    for (; logged < RUNNING_LOGGED_MAX && black_box_next(&at, &s); logged++)
        log_line(LOG_ERROR, "was_running", "pid=%d fingerprint=%016" PRIx64 " ms=%" PRId64 "%s statement=%s",
                 (int)pid, s.fingerprint, (now_us - s.begun_us) / 1000,
                 s.crashed ? " met_the_signal=yes" : "", log_quote(text, s.text));
}

static void log_death(pid_t pid, int status, const struct black_box_death *d)
{
    if (WIFSIGNALED(status))
        log_line(LOG_ERROR, "server_process_died", "pid=%d signal=%d reason=\"%s%s\" statements=%u", (int)pid,
                 WTERMSIG(status), sigdescr_np(WTERMSIG(status)) ? sigdescr_np(WTERMSIG(status)) : "unknown",
                 d->stack_full ? ", its stack was full" : "", d->running);
    else
        log_line(LOG_ERROR, "server_process_died", "pid=%d exit_code=%d statements=%u", (int)pid,
                 WEXITSTATUS(status), d->running);
    log_statements(pid, clock_now_us());
}

/* It has not been ready once: whoever started us shall know, and not find it tried again for ever. */
static int failed_to_start(int status)
{
    if (WIFEXITED(status))
        return WEXITSTATUS(status); /* it has said why */
    fprintf(stderr, "tavana: the server process was ended by signal %d while it started\n", WTERMSIG(status));
    return EXIT_FAILED;
}

/* Whether there shall be another one. *code: when not. */
static bool survive(struct family *f, pid_t pid, int status, int *code)
{
    struct black_box_death d;
    int64_t pause = 0;
    black_box_read(&d);
    f->was_ready |= d.was_ready;
    *code = WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILED;
    if (WIFEXITED(status) && *code == 0)
        return false;
    if (!f->was_ready) {
        *code = failed_to_start(status);
        return false;
    }
    log_death(pid, status, &d);
    *code = EXIT_FAILED;
    if (f->stopping)
        return false;
    if (!restart_plan_next(&f->plan, clock_now_us(), &pause)) {
        log_line(LOG_ERROR, "giving_up", "deaths=%d seconds=%d", RESTART_DEATHS_MAX, RESTART_WINDOW_S);
        return false;
    }
    black_box_next_child();
    log_line(LOG_WARNING, "starting_again", "restarts=%u pause_ms=%" PRId64, black_box_restarts(), pause);
    pause_ms(f, pause);
    if (f->stopping)
        *code = 0;
    return !f->stopping;
}

int parent_run(struct parent *p)
{
    struct family f = {.parent = p};
    int code = 0;
    pid_t pid;
    block_signals(&f);
    do {
        do
            if (!start_child(&f))
                return PARENT_IS_CHILD;
        while (!f.child && !f.stopping);
        if (!f.child)
            return 0;
        pid = f.child;
    } while (survive(&f, pid, wait_for_child(&f), &code));
    return code;
}
