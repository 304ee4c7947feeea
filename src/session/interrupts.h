/* Asking a session to end what it does, and what asked for that, as an error. The session's
 * own thread, or its writer's; session_interrupt from any. */
#ifndef TAVANA_SESSION_INTERRUPTS_H
#define TAVANA_SESSION_INTERRUPTS_H

#include "base/err.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct backend_session;
struct session;
struct worker;

/* Why somebody wants the session's attention; bits of session_shared.interrupts. */
enum interrupt {
    INT_CANCEL = 1,
    INT_STATEMENT_TIMEOUT = 2,
    INT_TERMINATE = 4,
    INT_CLIENT_GONE = 8,
    INT_LOGIN_DROPPED = 16, /* its place is another connection's; it will never be a session */
    INT_STATEMENT_MASK = INT_CANCEL | INT_STATEMENT_TIMEOUT,
};

enum { SESSION_SHARED_MAGIC = 0x5e55541d };

/* What other threads may touch of a session: the monitor, a cancel, the end of the server. Who reaches it
 * from another thread holds the server's lock, which keeps the session alive. */
struct session_shared {
    unsigned magic;
    pthread_mutex_t
        lock; /* of worker, active, interrupted_us, cancel_target; and of what a front holds back */
    struct worker *worker;  /* while it runs; its own thread reads it without the lock */
    bool active;            /* a statement runs: it can be cancelled */
    int64_t interrupted_us; /* since when it shall end; 0: it may run … */
    int64_t cpu_us;         /* … and what its thread had spent on a processor by then */
    pthread_t thread;       /* that runs the statement, while it is active */
    struct backend_session *cancel_target;
    _Atomic unsigned interrupts;     /* bits of enum interrupt */
    _Atomic int64_t deadline_us;     /* of the statement; CLOCK_NEVER: none */
    _Atomic int64_t active_since_us; /* 0: no statement runs */
};

/* Nothing runs, nobody asks. */
void shared_init(struct session_shared *sh);
/* Nobody can find it any more. */
void shared_release(struct session_shared *sh);
/* It runs on w from now on; NULL: on none. */
void shared_set_worker(struct session_shared *sh, struct worker *w);
/* What a cancel goes to; NULL: to nothing. */
void shared_set_target(struct session_shared *sh, struct backend_session *target);
/* What a session that shall end tells its client: 57P01, or 57P02 when the engine has failed. */
int session_terminated(const struct session *s, struct err *e);
/* ST_ERR with 57014, 57P01, 57P02 or 08006 when somebody wants the running statement to end. */
int session_check_interrupts(struct session *s, struct err *e);
/* Says what asked for the end of a statement that the engine reports as interrupted. */
void session_name_cancel(struct session *s, struct err *e);
/* Asks the session to look up: what it waits for ends. */
void session_interrupt(struct session *s, enum interrupt why);
/* Whether its client, or somebody else, waits for a session that does what need not be done now. */
bool session_is_wanted(struct session *s);
/* The same of several reasons, by a caller that holds the session's lock and has judged the statement
 * under it. */
void session_interrupt_locked(struct session *s, unsigned why);

#endif
