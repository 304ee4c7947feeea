/* The parent of a role's process: holds its listening sockets, starts it again when it dies, says what ran
 * then, passes signals on. It has no threads, no engine and no sessions, so that nothing a client sends can
 * harm it; what it knows of the child is what the black box tells. Source: docs/operations.md; PostgreSQL's
 * postmaster. */
#ifndef TAVANA_CMD_PARENT_H
#define TAVANA_CMD_PARENT_H

#include <stdbool.h>

enum { PARENT_IS_CHILD = -1 };

struct parent {
    /* Nothing new comes in from here on: the child has been told to stop, and what waits shall not wait for
     * nobody. */
    void (*close_sockets)(void *arg);
    void *arg;
    bool reloaded; /* SIGHUP has come since the start: the next child reads the files again */
};

/* Forks, with the signals that a process waits for blocked. Returns PARENT_IS_CHILD in each child, and in the
 * parent, once there is no child any more, its exit code: 0 after a clean stop; the child's when that ended
 * by itself before it was ever ready; else 1. A child dies with its parent. */
int parent_run(struct parent *p);

#endif
