/* Sessions whose thread is in the engine, which plans and hears no interrupt. Their client is told, and
 * rid of them; the thread cleans up when it comes back. */
#ifndef TAVANA_SESSION_LEFT_H
#define TAVANA_SESSION_LEFT_H

#include "base/sqlstate.h"

#include <stdbool.h>
#include <stdint.h>

struct session;

struct left_behind {
    unsigned n; /* since the log's last line about it */
    uint32_t pid;
    enum sqlstate why; /* of the last one */
};

/* For the monitor, with the locks of server and session, of an active one that shall end: leaves it behind
 * once it has not heard of that for GIVE_UP_US; if it could have gone on, once its thread has worked on for
 * that long, or has waited for GIVE_UP_WAITING_US. */
void left_judge(struct session *s, int64_t now_us, struct left_behind *left);
/* The log's line about that. Without locks. */
void left_log(struct left_behind *left);
/* For the session's own thread: nothing more of the connection is its. */
bool session_is_left(const struct session *s);

#endif
