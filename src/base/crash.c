/* A handler for the signals that end a process: it notes which statement the thread was running, and
 * whether its stack was full, in memory that the parent reads; then the signal takes its course, core dump
 * and all. It runs on a stack of its own and calls nothing that is not async-signal-safe (signal-safety(7)).
 * */
#include "base/crash.h"

#include "base/black_box.h"

#include <pthread.h>
#include <signal.h>
#include <stdint.h>

static const int watched[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};

enum { WATCHED = sizeof watched / sizeof *watched };

void crash_leave_out(sigset_t *set)
{
    for (size_t i = 0; i < WATCHED; i++)
        (void)sigdelset(set, watched[i]);
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)

void crash_watch(void)
{
}

void crash_thread_begin(void *stack, size_t bytes)
{
    (void)stack, (void)bytes;
}

void crash_thread_end(void)
{
}

#else

enum { BELOW = 1024 * 1024 }; /* the end of a stack: a frame may reach beyond its guard page */

/* The lowest address of this thread's stack; 0: not known. */
static _Thread_local uintptr_t stack_low;

/* The handler's reset (SA_RESETHAND) has happened: the signal ends the process as soon as it returns. */
static void on_crash(int number, siginfo_t *info, void *context)
{
    (void)context;
    uintptr_t at = (uintptr_t)info->si_addr;
    bool full = number == SIGSEGV && info->si_code > 0 && stack_low && at < stack_low + CRASH_STACK &&
                at + BELOW > stack_low;
    black_box_crash(full);
    (void)raise(number);
}

void crash_watch(void)
{
    struct sigaction a = {.sa_sigaction = on_crash,
                          .sa_flags = (int)(SA_SIGINFO | SA_ONSTACK | SA_RESETHAND)};
    (void)sigemptyset(&a.sa_mask);
    for (size_t i = 0; i < WATCHED; i++)
        (void)sigaction(watched[i], &a, NULL);
}

void crash_thread_begin(void *stack, size_t bytes)
{
    const stack_t s = {.ss_sp = stack, .ss_size = bytes};
    pthread_attr_t attr;
    void *low;
    size_t size;
    (void)sigaltstack(&s, NULL);
    if (pthread_getattr_np(pthread_self(), &attr) != 0)
        return;
    if (pthread_attr_getstack(&attr, &low, &size) == 0)
        stack_low = (uintptr_t)low;
    (void)pthread_attr_destroy(&attr);
}

void crash_thread_end(void)
{
    const stack_t s = {.ss_flags = SS_DISABLE};
    (void)sigaltstack(&s, NULL);
    stack_low = 0;
}

#endif
