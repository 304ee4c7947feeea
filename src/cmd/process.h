/* What every role of the program has: its configuration, a parent, a pool of threads, the operator's pages,
 * signals. A role is a struct that begins with a struct process. */
#ifndef TAVANA_CMD_PROCESS_H
#define TAVANA_CMD_PROCESS_H

#include "base/thread_pool.h"
#include "config/config.h"
#include "net/http.h"
#include "ops/ops.h"

#include <pthread.h>
#include <stdatomic.h>

struct process;

struct process_role {
    enum config_role role;
    const char *name;                     /* of the subcommand */
    const char *takes;                    /* for its usage: what it alone takes … */
    const char *argument, *argument_text; /* … called so, and what that is */
    const char *listens_text;             /* what --listen is */
    /* Refuses what can be refused before anything is opened, and opens the sockets that clients come to, in
     * the parent, for it and all its children. NULL: none of its own to keep. */
    int (*listen)(struct process *p, struct err *e);
    /* In the parent: its own hold of them. */
    void (*forget_sockets)(struct process *p);
    /* Opens the role's parts; what was opened before a failure is closed by stop. */
    int (*start)(struct process *p, struct err *e);
    void (*stop)(struct process *p);
    /* SIGHUP: takes over what may change; on ST_ERR everything stays as it was. NULL: nothing of its own. */
    int (*reload)(struct process *p, const struct config *next, struct err *e);
    /* SIGTERM: nothing new; what runs may finish within shutdown_timeout. How many threads will not come back
     * soon: they are in an engine that cannot be stopped, and what they do there changes nothing. */
    unsigned (*drain)(struct process *p);
    /* The engine is dead: tells whom it can, soon. NULL: the process ends at once. */
    void (*give_up)(struct process *p);
    void (*gauges)(struct process *p, struct ops_gauges *g); /* NULL: none of its own */
    int (*port)(const struct process *p);
};

struct process {
    const struct process_role *role;
    struct config config;
    pthread_rwlock_t config_lock; /* SHOW reads config while SIGHUP puts a new one there */
    struct thread_pool *pool;
    struct ops ops;
    _Atomic enum ops_state state;
    int http_fd; /* listening, for http; -1: none, or http's now */
    struct http_server *http;
};

/* The whole life; returns the exit code. */
int process_main(struct process *p, const struct process_role *role, int argc, char **argv);

/* ---- for roles ---- */

/* For engine_on_death. Any thread, and at any moment. */
void process_engine_died(void *arg, const char *why);
/* The threads that run sessions and calls. */
int process_open_pool(struct process *p, struct err *e);
/* *limit: what there is in the end, which may be less. */
int process_raise_descriptors(uint64_t wanted, uint64_t *limit, struct err *e);

#endif
