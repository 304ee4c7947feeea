/* What the files of this room share. Nobody else includes it. */
#ifndef TAVANA_SESSION_SESSION_PRIV_H
#define TAVANA_SESSION_SESSION_PRIV_H

#include "backend/backend.h"
#include "base/account.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/list.h"
#include "base/thread_pool.h"
#include "rows/pace.h"
#include "session/activity.h"
#include "session/admission.h"
#include "session/advisory.h"
#include "session/alter.h"
#include "session/ask.h"
#include "session/begin.h"
#include "session/bind.h"
#include "session/bind_execute.h"
#include "session/calls.h"
#include "session/command.h"
#include "session/copy.h"
#include "session/copy_in.h"
#include "session/copy_out.h"
#include "session/cursor.h"
#include "session/deadline.h"
#include "session/dependents.h"
#include "session/depends.h"
#include "session/describe.h"
#include "session/domain_list.h"
#include "session/domains.h"
#include "session/engine.h"
#include "session/execute.h"
#include "session/explain.h"
#include "session/function.h"
#include "session/hand_over.h"
#include "session/index.h"
#include "session/interrupts.h"
#include "session/left.h"
#include "session/listing.h"
#include "session/login.h"
#include "session/matview.h"
#include "session/memory.h"
#include "session/monitor.h"
#include "session/notice.h"
#include "session/notify.h"
#include "session/parse.h"
#include "session/portal.h"
#include "session/portal_run.h"
#include "session/prepare.h"
#include "session/procedure.h"
#include "session/qualified.h"
#include "session/registry.h"
#include "session/relation.h"
#include "session/send.h"
#include "session/server.h"
#include "session/session.h"
#include "session/set.h"
#include "session/set_config.h"
#include "session/settings.h"
#include "session/several.h"
#include "session/split.h"
#include "session/sql_text.h"
#include "session/statement.h"
#include "session/statements.h"
#include "session/step.h"
#include "session/transaction.h"
#include "session/translations.h"
#include "session/types.h"
#include "session/users.h"
#include "session/utility.h"
#include "sql/alter.h"
#include "sql/calls.h"
#include "sql/command.h"
#include "sql/cursor.h"
#include "sql/parsed.h"
#include "sql/prepare.h"
#include "sql/rewrite.h"
#include "sql/set_config.h"
#include "sql/several.h"
#include "sql/statement.h"
#include "sql/table.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

/* Whether its statements mean what PostgreSQL means by them. */
static inline bool means_postgres(const struct session *s)
{
    return strcmp(settings_get(&s->settings, SET_TAVANA_SQL), "postgres") == 0;
}

enum { SESSION_SERVER_MAGIC = 0x5e55e12e };

struct session_server {
    unsigned magic;
    struct session_wiring wiring;
    _Atomic(const struct session_config *) config;
    struct list old_configs;

    pthread_mutex_t lock; /* registry, counts, old_configs */
    pthread_cond_t changed;
    pthread_cond_t room; /* a place in logins or a slot is free */
    struct logins logins;
    struct session **slots;
    uint32_t *generations;
    uint32_t *free_slots;
    unsigned capacity, nfree;
    unsigned slots_end; /* behind the last slot that ever had a session */
    unsigned counted;   /* against max_connections */
    struct users users;
    unsigned nleft; /* of the slots: sessions whose threads were left behind */
    _Atomic bool draining;
    _Atomic bool crashed; /* with that: the engine has failed */
    _Atomic unsigned running;
    _Atomic unsigned cursors;
    struct admission admission;
    struct account_pool memory; /* of all sessions */
    struct translations translations;
    struct advisory advisory;
    struct notify notify;

    pthread_t monitor;
    bool monitor_started, monitor_stop;
    unsigned backend_calls; /* that the monitor has heard */
};

#endif
