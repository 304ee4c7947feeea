/* What the files of this room share. Nobody else includes it. */
#ifndef TAVANA_SESSION_SESSION_PRIV_H
#define TAVANA_SESSION_SESSION_PRIV_H

#include "auth/scram.h"
#include "auth/user_file.h"
#include "backend/backend.h"
#include "base/account.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/list.h"
#include "base/thread_pool.h"
#include "net/conn.h"
#include "net/lot.h"
#include "net/tls.h"
#include "pgwire/backend_msg.h"
#include "pgwire/frame.h"
#include "session/admission.h"
#include "session/begin.h"
#include "session/bind.h"
#include "session/bind_execute.h"
#include "session/cancel.h"
#include "session/command.h"
#include "session/copy.h"
#include "session/copy_in.h"
#include "session/copy_out.h"
#include "session/cursor.h"
#include "session/deadline.h"
#include "session/describe.h"
#include "session/engine.h"
#include "session/execute.h"
#include "session/extended.h"
#include "session/interrupts.h"
#include "session/left.h"
#include "session/listing.h"
#include "session/login.h"
#include "session/memory.h"
#include "session/monitor.h"
#include "session/notice.h"
#include "session/output.h"
#include "session/peers.h"
#include "session/pg_reply.h"
#include "session/portal.h"
#include "session/portal_run.h"
#include "session/registry.h"
#include "session/run.h"
#include "session/send.h"
#include "session/server.h"
#include "session/set.h"
#include "session/set_config.h"
#include "session/settings.h"
#include "session/several.h"
#include "session/simple.h"
#include "session/startup.h"
#include "session/statement.h"
#include "session/statements.h"
#include "session/transaction.h"
#include "sql/command.h"
#include "sql/cursor.h"
#include "sql/prepare.h"
#include "sql/rewrite.h"
#include "sql/serial.h"
#include "sql/set_config.h"
#include "sql/several.h"
#include "sql/statement.h"

#include <pthread.h>
#include <stdatomic.h>

enum {
    SESSION_MAGIC = 0x5e551011,
    CANCEL_KEY_3_0 = 4,
    CANCEL_KEY_3_2 = 32,
    OUT_MAX = 64 * 1024 * 1024, /* of the messages of one statement that are not rows */
};

/* Where a connection is before it is a session; every phase that needs input is parked between messages. */
enum phase {
    PHASE_FIRST_PACKET,
    PHASE_TLS_HANDSHAKE,
    PHASE_SASL_FIRST, /* the mechanism and client-first */
    PHASE_SASL_FINAL, /* client-final */
    PHASE_READY,
};

/* One slot of the registry. */
struct session {
    unsigned magic;
    struct task task;     /* of the pool, while it runs */
    struct parked parked; /* of the lot, while it does not */
    struct session_server *server;
    struct conn *conn;
    _Atomic enum phase phase;
    enum lot_reason woken_by;
    uint32_t slot;
    uint32_t pid;
    uint8_t cancel_key_len;
    bool counted;    /* against max_connections; with the server's lock, as the next one */
    bool left;       /* its client is gone, its thread is still in the engine: see left.c */
    bool logging_in; /* against login_connections_max; with the server's lock, as the next three */
    uint16_t login_share;
    struct list login; /* among those of its share, the most silent first */
    int64_t heard_us;  /* when its log-in last got further */
    bool direct_tls;
    bool saw_ssl_request, saw_gss_request;
    bool closing;
    bool skip_to_sync;
    char message_type;    /* that is worked on … */
    size_t message_bytes; /* … and how many of it still stand first in the input */
    size_t skip_input;    /* bytes of a message that nobody wants any more */
    enum tx_state tx;
    bool engine_tx; /* the engine has a transaction open for us */
    bool tx_read_only;
    bool tx_wrote;
    struct list savepoints; /* of the transaction, oldest first; see transaction.c */
    unsigned nsavepoints;
    uint8_t cancel_key[CANCEL_KEY_3_2];
    int64_t opened_us;
    int64_t auth_deadline_us;
    uint32_t protocol;

    /* Shared with other threads. */
    pthread_mutex_t lock;   /* worker, active, cancel_target */
    struct worker *worker;  /* while it runs */
    bool active;            /* a statement runs: it can be cancelled */
    int64_t interrupted_us; /* since when it shall end; 0: it may run */
    struct backend_session *cancel_target;
    _Atomic unsigned interrupts;
    _Atomic int64_t statement_deadline_us; /* CLOCK_NEVER: none */
    _Atomic int64_t active_since_us;       /* 0: no statement runs */

    char *user, *database;
    uint8_t *startup_packet; /* its payload, until the log-in is over: nothing in there is looked up before */
    size_t startup_packet_len;
    struct scram_server *scram;
    struct scram_verifier *verifier; /* until the log-in is over */
    bool scram_doomed;
    struct settings settings;
    struct backend_session *engine; /* made at the first statement that needs it */
    bool settings_applied;

    struct output output;
    struct pg_reply pg;
    struct reply *reply; /* &pg.base */
    struct arena message_arena;
    struct list statements, portals;
    struct backend_portal
        *ahead;             /* a page of it went out last: it can look ahead while the client reads that */
    struct portal *running; /* the one that portal_execute is in */
    struct portal *binding; /* of the Bind that is worked on */
    struct str query;       /* the message that is worked on, when it is SQL */
    bool ends_query;        /* the statement that runs is the last one of it */
    int64_t timeout_us;     /* when statement_timeout ends a pipeline; 0: it does not run; see deadline.c */
    bool completed;         /* the message that is worked on has told a CommandComplete */
    bool told_that_it_goes; /* the worker, to the client */
    struct fetch_memo last_fetch;
    unsigned nstatements, nportals, ncursors; /* portals with names */
    struct session_memory memory;
    uint64_t births;
    int64_t idle_deadline_us; /* of the session itself, while it is parked */
    int64_t sweep_us;         /* when idle cursors are looked for next; CLOCK_NEVER: there are none */
    uint64_t statement_rows, statement_bytes; /* of the statement that runs */
    int64_t statement_start_us;
    char statement_label[24]; /* for the log: its first word or tag */
    bool first_row_seen;
};

struct session_server {
    struct session_wiring wiring; /* peers apart */
    struct peers *peers;          /* NULL: none */
    _Atomic(const struct session_config *) config;
    struct list old_configs;

    pthread_mutex_t lock; /* registry, users, tls, count */
    pthread_cond_t changed;
    pthread_cond_t room; /* a place in logins or a slot is free */
    struct logins logins;
    struct session **slots;
    uint32_t *generations;
    uint32_t *free_slots;
    unsigned capacity, nfree;
    unsigned counted; /* against max_connections */
    unsigned nleft;   /* of the slots: sessions whose threads were left behind */
    struct user_file *users;
    struct tls_context *tls;
    _Atomic bool draining;
    _Atomic bool crashed; /* with that: the engine has failed */
    _Atomic unsigned running;
    _Atomic unsigned cursors;
    struct admission admission;

    pthread_t monitor;
    bool monitor_started, monitor_stop;
    unsigned backend_calls; /* that the monitor has heard */
};

#endif
