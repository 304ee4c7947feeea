/* The last moment of a process: what a deadly signal (SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT) met goes into
 * the black box, for the parent to log, and then the signal does what it always did. On a stack of its own,
 * since the one that a thread runs on may be full. Not in a program with sanitizers, which have handlers of
 * their own. */
#ifndef TAVANA_BASE_CRASH_H
#define TAVANA_BASE_CRASH_H

#include <signal.h>
#include <stddef.h>

enum { CRASH_STACK = 32 * 1024 };

/* Once a process, before its threads. */
void crash_watch(void);
/* Takes the signals that are watched out of a set that is to be blocked: one that a thread blocks and causes
 * all the same ends the process past the handler. */
void crash_leave_out(sigset_t *set);
/* A thread's; stack lasts as long as the thread. */
void crash_thread_begin(void *stack, size_t bytes);
/* Gives the thread's signal stack back; before the thread ends. */
void crash_thread_end(void);

#endif
