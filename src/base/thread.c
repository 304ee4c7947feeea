#include "base/thread.h"

#include "base/alloc.h"
#include "base/crash.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { THREAD_NAME_MAX = 16 };

struct engine_thread {
    void *(*run)(void *);
    void *arg;
};

/* The stack of the last moment lies at the far end of the thread's own, which is never the one that is full.
 */
static void *run_engine_thread(void *arg)
{
    const struct engine_thread t = *(struct engine_thread *)arg;
    char last_moment[CRASH_STACK];
    mem_free(arg);
    crash_thread_begin(last_moment, sizeof last_moment);
    void *result = t.run(t.arg);
    crash_thread_end();
    return result;
}

static int start_thread(pthread_t *out, size_t stack_size, void *(*run)(void *), void *arg)
{
    pthread_attr_t attr;
    int err = pthread_attr_init(&attr);
    if (err)
        return err;
    if (stack_size) {
        size_t least = (size_t)sysconf(_SC_THREAD_STACK_MIN);
        size_t page = (size_t)sysconf(_SC_PAGESIZE);
        size_t size = stack_size < least ? least : stack_size;
        err = pthread_attr_setstacksize(&attr, (size + page - 1) / page * page);
    }
    if (!err)
        err = pthread_create(out, &attr, run, arg);
    (void)pthread_attr_destroy(&attr);
    return err;
}

static int start_engine(pthread_t *out, size_t stack_size, void *(*run)(void *), void *arg)
{
    struct engine_thread *t = mem_alloc(sizeof *t); /* the thread frees it */
    if (!t)
        return ENOMEM;
    *t = (struct engine_thread){run, arg};
    int err = start_thread(out, stack_size, run_engine_thread, t);
    if (err)
        mem_free(t);
    return err;
}

int thread_start(pthread_t *out, size_t stack_size, void *(*run)(void *), void *arg)
{
    sigset_t all, before; /* a thread inherits the mask: signals are for the one that waits for them */
    (void)sigfillset(&all);
    crash_leave_out(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    int err = stack_size >= THREAD_ENGINE_STACK ? start_engine(out, stack_size, run, arg)
                                                : start_thread(out, stack_size, run, arg);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return err;
}

void thread_raise_first_stack(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_STACK, &limit) != 0 || limit.rlim_cur >= THREAD_ENGINE_STACK)
        return;
    limit.rlim_cur = limit.rlim_max < THREAD_ENGINE_STACK ? limit.rlim_max : THREAD_ENGINE_STACK;
    (void)setrlimit(RLIMIT_STACK, &limit);
}

void thread_cond_init(pthread_cond_t *c)
{
    pthread_condattr_t monotonic;
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(c, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
}

int64_t thread_cpu_us(pthread_t thread)
{
    clockid_t clock;
    struct timespec t;
    if (pthread_getcpuclockid(thread, &clock) != 0 || clock_gettime(clock, &t) != 0)
        return 0;
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

void thread_set_name(const char *name)
{
    char cut[THREAD_NAME_MAX] = "";
    memcpy(cut, name, strnlen(name, sizeof cut - 1));
    (void)pthread_setname_np(pthread_self(), cut);
}
