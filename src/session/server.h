/* All sessions of a process. A session is sequential code (ARCHITECTURE.md, decision 3): it belongs to one
 * thread at a time, that of the front which made it. Other threads reach it only through the registry here
 * (cancel, shutdown, the monitor), which keeps it alive while they look. Lock order: registry, then
 * session. Any thread. */
#ifndef TAVANA_SESSION_SERVER_H
#define TAVANA_SESSION_SERVER_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct backend;
struct thread_pool;

/* Sockets beyond max_connections and login_connections_max: of those that are about to end. */
enum { SESSION_ENDING_CONNECTIONS = 128 };

struct session_config {
    unsigned max_connections;
    unsigned logins_max; /* connections that have not logged in */
    int64_t authentication_timeout_us;
    bool tls_required;
    bool trust;           /* nobody is asked for a password; only ever on loopback */
    size_t message_max;   /* bytes of one message from a client */
    size_t client_memory; /* bytes that all sessions together may take beyond ACCOUNT_OWN each; 0: no limit */
    size_t memory_max;    /* bytes that a session's own statements, parameters and settings may take */
    unsigned lock_waiters_max; /* sessions that wait for advisory locks; each holds a thread meanwhile */
    unsigned statements_max, portals_max;
    unsigned cursors_max, server_cursors_max;
    int64_t cursor_idle_us;      /* a cursor that nothing is fetched from for so long is closed; 0: never */
    int64_t cursor_cleanup_us;   /* idle ones are looked for so often */
    int64_t stream_idle_park_us; /* a stream that stands for so long is put aside; 0: never */
    size_t flush_bytes;          /* a batch of rows leaves at this many bytes … */
    uint64_t flush_rows;         /* … or rows; 0: only by bytes */
    size_t write_buffer;
    uint64_t stream_memory; /* of all results that are being sent, see admission.h */
    /* What one user may have of connections, threads of the pool, stream_memory and client_memory, as at the
     * start, and of cursors; 0 connections: users are not told apart. */
    unsigned user_connections, user_threads;
    uint64_t user_stream_memory;
    size_t user_client_memory;
    unsigned user_cursors;
    int64_t stream_wait_us; /* for it, when others have all of it */
    int64_t flush_timeout_us, slow_flush_us;
    int64_t client_check_us;
    int64_t statement_timeout_us, idle_transaction_timeout_us, idle_session_timeout_us; /* 0: none */
    uint64_t max_result_rows, max_result_bytes;                                         /* 0: none */
    int keepalive_idle_s, keepalive_interval_s, keepalive_count, tcp_user_timeout_ms;
    bool log_statements;
    bool engine_sql; /* new sessions begin with tavana.sql = duckdb */
    const char *default_database;
    const char *version; /* Tavana's */
};

/* What SHOW may ask of the rest of the house. */
struct session_show {
    void *arg;
    /* Calls cb for every option of the server: name, value as text, one line about it. */
    void (*each_option)(void *arg,
                        void (*cb)(void *cb_arg, const char *name, const char *value, const char *text),
                        void *cb_arg);
};

struct session_wiring {
    struct backend *backend;
    struct thread_pool *pool; /* that runs the sessions; NULL: users have no share of one */
    struct session_show show;
};

struct session_server;

/* The config's strings are copied. */
int session_server_new(struct session_server **out, const struct session_wiring *w,
                       const struct session_config *c, struct err *e);
/* Also starts the monitor: time limits of statements, clients that are gone. */
int session_server_start(struct session_server *v, struct err *e);
/* For new statements and sessions, after a reload; max_connections stays what it was. */
int session_server_set_config(struct session_server *v, const struct session_config *c, struct err *e);

/* No new sessions; those outside a transaction end as soon as they are idle (57P01). */
void session_server_drain(struct session_server *v);
/* Every session ends now (57P01); statements that run are interrupted. */
void session_server_terminate(struct session_server *v);
/* The same, with 57P02: the engine has failed. */
void session_server_crash(struct session_server *v);
/* Waits until all sessions have ended or the deadline has passed; whether they have. Those count as ended
 * whose thread was left behind in the engine: while there are some, the server cannot be freed. */
bool session_server_wait(struct session_server *v, int64_t deadline_us);
/* None may be left. NULL is fine. */
void session_server_free(struct session_server *v);

struct session_counts {
    unsigned sessions, running, left;
    size_t memory; /* bytes of client_memory */
};
/* Numbers of one moment, for gauges. */
struct session_counts session_server_counts(struct session_server *v);

#endif
