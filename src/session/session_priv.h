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
#include "session/notice.h"
#include "session/output.h"
#include "session/peers.h"
#include "session/pg_reply.h"
#include "session/session.h"
#include "session/settings.h"
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
    SAVEPOINTS_MAX = 1000,
    MEMORY_RESERVE = 128 * 1024, /* see session_memory */
    OUT_MAX = 64 * 1024 * 1024,  /* of the messages of one statement that are not rows */
};

/* Why somebody wants the session's attention; bits of session.interrupts. */
enum interrupt {
    INT_CANCEL = 1,
    INT_STATEMENT_TIMEOUT = 2,
    INT_TERMINATE = 4,
    INT_CLIENT_GONE = 8,
    INT_LOGIN_DROPPED = 16, /* its place is another connection's; it will never be a session */
    INT_STATEMENT_MASK = INT_CANCEL | INT_STATEMENT_TIMEOUT,
};

/* Where a connection is before it is a session; every phase that needs input is parked between messages. */
enum phase {
    PHASE_FIRST_PACKET,
    PHASE_TLS_HANDSHAKE,
    PHASE_SASL_FIRST, /* the mechanism and client-first */
    PHASE_SASL_FINAL, /* client-final */
    PHASE_READY,
};

/* Transaction, as ReadyForQuery tells it (I, I, T, E). The ways from one to the next are in transaction.c. */
enum tx_state {
    TX_IDLE,
    TX_IMPLICIT, /* several statements in one Query or before one Sync */
    TX_BLOCK,
    TX_FAILED,
};

enum portal_kind { PORTAL_EMPTY, PORTAL_ENGINE, PORTAL_COMMAND };

/* A savepoint stands where its transaction had written nothing: going back to it is beginning again. */
struct savepoint {
    struct list link;
    size_t mark;   /* of the settings */
    uint64_t born; /* portals with a greater number are younger */
    char name[];
};

/* A prepared statement: what Parse or PREPARE made. A portal keeps the one that it runs. */
struct statement {
    struct list link;
    unsigned refs;
    char *name;         /* "": the unnamed one */
    struct arena arena; /* text and what was parsed from it */
    struct sql_statement sql;
    struct backend_session *backend; /* whose engine statement it is */
    struct backend_stmt *engine;     /* NULL for commands that the session answers itself; of DECLARE: its
                                        query's */
    struct account *memory;          /* that it counts against … */
    size_t counted;                  /* … with so much beside its arena */
    struct str source;               /* the message that it came in, or what PREPARE said */
    struct sql_declare *declare;     /* of DECLARE */
    struct row_desc *desc;           /* of a command's result; NULL: none. With engine: see its info */
    uint32_t *oids;                  /* commands: of the parameters that were declared */
    uint16_t noids;
    int64_t created_us;
    bool from_sql;
    bool names_session; /* it asks for the session's cursors or statements: made anew for each portal */
};

/* Rows that a command made, ready to be paged. */
struct command_result {
    struct row_desc *desc; /* NULL: none */
    struct buf rows;       /* DataRow messages */
    size_t at;             /* of the first not yet sent */
    char tag[64];
};

/* A cursor is a portal that DECLARE made. */
struct portal {
    struct list link;
    char *name;
    struct account *memory; /* that it counts against … */
    size_t kept;            /* … with so much beside its rows */
    enum portal_kind kind;
    struct statement *statement;   /* that it runs */
    struct sql_statement sql;      /* the statement's */
    struct backend_portal *engine; /* of FETCH: the rows that it took, when it is paged */
    char tag[64];
    bool tag_count, returns_rows;
    bool writes;       /* anything but reading: runs to its end at once */
    bool changes_data; /* of the database, not of the session alone */
    int16_t *formats;  /* one a column; NULL: all text */
    uint16_t ncolumns;
    bool doomed; /* ended while it ran: dropped when it returns */
    bool ran;    /* a command, or a statement without rows: it runs once */
    bool failed; /* it has ended with an error: nothing can be had of it any more */
    bool tells;  /* of a simple query: its rows' description goes before the first of them */
    struct command_result result;
    struct set_config_params *set_config; /* of SELECT set_config(…) */

    /* Where it stands, as PostgreSQL counts (portal_run.c): pos rows lie behind it, the last of them is the
     * current one unless it stands before the first or behind the last. */
    bool at_start, at_end;
    uint64_t pos;

    /* of pg_cursors, and what a cursor is beside a portal (cursor.c) */
    uint64_t born;      /* in the order of the session's portals and savepoints */
    int64_t created_us; /* wall clock */
    bool visible;
    bool is_cursor, scroll, hold, binary;
    bool held;    /* was committed: outlives transactions */
    bool evicted; /* stood idle for too long: its name is left, to say so */
    bool counted; /* against the server's limit */
    int64_t used_us;
    char *source; /* of is_cursor: the message that declared it */
    size_t source_len;
    struct portal *declares; /* of DECLARE: what becomes the cursor */
};

#define PORTAL_ALL UINT64_MAX

/* One run over a portal's rows. */
struct portal_run {
    bool backward;
    uint64_t count; /* 0: none; PORTAL_ALL */
    enum { RUN_SEND, RUN_DISCARD, RUN_SLICE } to;
    struct portal *reader; /* RUN_SEND: whose formats they get, and whose description goes first; RUN_SLICE:
                              who keeps them, as its own engine portal or result */
};

/* One slot of the registry. */
/* The last FETCH, since who pages through a cursor sends the same one again and again. */
enum { FETCH_MEMO_MAX = 96 }; /* bytes of its text; longer ones are parsed each time */
struct fetch_memo {
    char text[FETCH_MEMO_MAX];
    size_t n; /* of text; 0: none */
    char name[SQL_NAME_MAX + 1];
    struct sql_fetch fetch; /* its name apart */
};

/* What a client can make the session keep, against session_memory_max (memory.c). Each of the inner two
 * leaves MEMORY_RESERVE to those around it, so that a session that is full still takes a ROLLBACK, CLOSE or
 * DEALLOCATE, in either protocol. */
struct session_memory {
    struct account all; /* with the message under way: its input, and what is made of it until it is over */
    struct account unnamed; /* of all: with the unnamed statement and portal */
    struct account
        named;    /* of unnamed: statements and portals with names, cursors, results, settings to be undone */
    size_t input; /* bytes of the connection's buffer, as all was told */
};

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

enum { LOGIN_SHARES = 1024, LOGIN_SECRET = 16 };

/* Connections that have not logged in, by who they come from; see login.c. With the server's lock. */
struct logins {
    unsigned max, n;
    uint8_t secret[LOGIN_SECRET]; /* of the process */
    struct {
        struct list silent;
        unsigned n;
    } shares[LOGIN_SHARES];
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
};

/* server.c: every session looks up once: those that run when they are idle again. With v->lock. */
void server_wake_all(struct session_server *v, enum interrupt why);

/* cancel.c */
/* To the session that is meant, ours or a peer's. Never waits. */
void cancel_request(struct session_server *v, uint32_t pid, const uint8_t *key, size_t n);

/* login.c: with v->lock but for login_share and login_heard. */
void logins_init(struct logins *l, unsigned max, const uint8_t secret[static LOGIN_SECRET]);
/* Which share a socket's peer has. */
unsigned login_share(const struct logins *l, int fd);
void login_add(struct logins *l, struct session *s, unsigned share);
/* Harmless when it is not among them. */
void login_remove(struct logins *l, struct session *s);
/* Its log-in has got further. */
void login_heard(struct session *s);
/* What had to go for a new connection. */
struct login_dropped {
    unsigned n;
    char peer[CONN_PEER_NAME_MAX]; /* the last one */
    int64_t silent_us;
};
/* Waits for a place and a slot, and drops who has been silent for long enough; false: there is none. */
bool login_make_room(struct session_server *v, struct login_dropped *dropped);
/* The log's line about that, now and then. Without v->lock. */
void login_log_dropped(const struct session_server *v, const struct login_dropped *dropped);

/* registry.c */
/* Gives a connection that is about to log in its slot and its name; false: it is refused. May wait a little.
 */
bool registry_claim(struct session *s, unsigned share);
void registry_release(struct session *s);
/* It has said who it is: from now on it counts against max_connections; false: there are so many already. */
bool registry_count_in(struct session *s);
bool registry_is_full(struct session_server *v);
/* Whether one of ours is meant. */
bool registry_cancel(struct session_server *v, uint32_t pid, const uint8_t *key, size_t n);
void session_interrupt(struct session *s, enum interrupt why);
/* The same of several reasons, by a caller that holds s->lock and has judged the statement under it. */
void session_interrupt_locked(struct session *s, unsigned why);
struct user_file *server_users(struct session_server *v);
struct tls_context *server_tls(struct session_server *v);
const struct session_config *session_config(const struct session *s);

/* monitor.c */
int monitor_start(struct session_server *v, struct err *e);
void monitor_stop(struct session_server *v);

/* left.c: sessions whose thread is in the engine, which plans and hears no interrupt. Their client is told,
 * and rid of them; the thread cleans up when it comes back. */
struct left_behind {
    unsigned n; /* since the log's last line about it */
    uint32_t pid;
    enum sqlstate why; /* of the last one */
};
/* For the monitor, with the locks of server and session, of one that shall end: once it has not heard of that
 * for GIVE_UP_US. */
void left_judge(struct session *s, int64_t now_us, struct left_behind *left);
/* The log's line about that. Without locks. */
void left_log(struct left_behind *left);
/* For the session's own thread: nothing more of the connection is its. */
bool session_is_left(const struct session *s);

/* session.c */
/* As a task of the pool, until it is parked or ends; and what hands it there. */
void session_run(struct task *t, struct worker *w);
void session_on_leave(struct parked *p, enum lot_reason why);
/* Reads what has come, as far as there may be more input in memory. soon: waits for it a little. */
int session_fill(struct session *s, bool soon, struct err *e);
/* The type of the message that follows the first `after` bytes of the input; 0 when it has not come yet. */
char session_peek_message(struct session *s, size_t after);

/* startup.c: ST_OK go on, ST_AGAIN park for *events, ST_EOF the connection is over. */
int startup_step(struct session *s, short *events, struct err *e);
/* Frees what the log-in needed, and wipes its secrets. */
void startup_forget(struct session *s);

/* interrupts, in output.c */
/* What a session that shall end tells its client: 57P01, or 57P02 when the engine has failed. */
int session_terminated(const struct session *s, struct err *e);
/* ST_ERR with 57014, 57P01, 57P02 or 08006 when somebody wants the running statement to end. */
int session_check_interrupts(struct session *s, struct err *e);
/* Says what asked for the end of a statement that the engine reports as interrupted. */
void session_name_cancel(struct session *s, struct err *e);

/* copy.c, copy_in.c, copy_out.c: on ST_OK r has the tag; rows have gone their way. */
struct sql_copy;
int copy_run(struct session *s, const struct sql_statement *sql, struct command_result *r, struct err *e);
int copy_in_run(struct session *s, const struct sql_copy *copy, struct command_result *r, struct err *e);
int copy_out_run(struct session *s, const struct sql_copy *copy, struct command_result *r, struct err *e);

/* deadline.c */
/* From here to session_statement_end, once for each message, a cancel or a time limit may end what runs. */
void session_statement_begin(struct session *s, char message_type);
void session_statement_end(struct session *s);
/* The statement has failed: what asked for its end has been heard. What cleans up behind it, and may have
 * many rows to put down, is stopped by who asks again. */
void session_statement_over(struct session *s);
/* Of a Query that has several each has statement_timeout for itself, as it is by then. */
void session_next_statement(struct session *s);
/* Its time was over while the client had the word. */
bool session_is_too_late(const struct session *s);

/* simple.c, extended.c */
void session_label(struct session *s, const char *label);
int simple_query(struct session *s, struct str sql, struct err *e);
int extended_message(struct session *s, const struct frame *f, struct err *e);
int extended_sync(struct session *s, struct err *e);

/* memory.c */
void memory_init(struct session_memory *m, size_t max);
/* At the beginning of a message: the limit as it is now, and nothing refused yet. */
void memory_begin(struct session_memory *m, size_t max);
/* That what has this name counts against. */
struct account *memory_of(struct session *s, const char *name);
/* So many bytes more, of *counted; 53200 beyond what the session may take. */
int memory_count(struct account *a, size_t *counted, size_t n, struct err *e);
/* How much of the connection's input may be in memory; then: how much is. */
size_t memory_input_max(const struct session *s);
void memory_count_input(struct session *s);
/* Says of 53200 that it is this session's limit, when it is. */
void memory_name_limit(struct session *s, struct err *e);

/* statement.c */
int statement_new(struct session *s, const char *name, struct str text, const uint32_t *oids, size_t noids,
                  struct statement **out, struct err *e);
/* The same of a statement that was cut and classified already. */
int statement_from(struct session *s, const char *name, const struct sql_statement *sql, const uint32_t *oids,
                   size_t noids, struct statement **out, struct err *e);
/* A position in a statement's text becomes one in the message that it is part of. */
void statement_shift_position(const struct sql_statement *sql, struct err *e);
/* Says what the engine's parser could not know of a statement that it refused; ST_ERR. */
int statement_explain_error(const struct sql_statement *sql, struct err *e);
/* PostgreSQL parses before it looks at anything else: a syntax error keeps a whole message from running, and
 * is one in a failed transaction too. */
int statement_check_syntax(struct session *s, const struct sql_statement *sql, struct err *e);
/* 42501 when it names what no client may reach. */
int statement_check_names(const struct sql_statement *sql, struct err *e);
/* What the session says of itself (current_user …) and the catalog's names, put into a text of a; st is told
 * when that may be different another time. */
int statement_rewrite(struct session *s, struct statement *st, struct str text, struct arena *a,
                      struct sql_rewritten *out, struct err *e);
/* Where it came from, when that is not its text. Copied. */
int statement_set_source(struct statement *st, struct str source, struct err *e);
struct statement *statement_ref(struct statement *st);
/* One reference less. NULL is fine. */
void statement_free(struct statement *st);
/* Makes it anew when what it says about the session may have changed. */
int statement_refresh(struct session *s, struct statement *st, struct err *e);
struct statement *statement_find(struct session *s, const char *name);
int statement_add(struct session *s, struct statement *st, struct err *e);
void statement_drop(struct session *s, struct statement *st);
void statements_drop_all(struct session *s);
uint16_t statement_nparams(const struct statement *st);
uint32_t statement_param_oid(const struct statement *st, uint16_t i);
struct row_desc *statement_desc(const struct statement *st);

/* portal.c */
int portal_new(struct session *s, const char *name, struct statement *st, const struct backend_param *params,
               size_t nparams, struct portal **out, struct err *e);
int portal_set_formats(struct portal *p, size_t n, const int16_t *formats, struct err *e);
struct portal *portal_find(struct session *s, const char *name);
int portal_add(struct session *s, struct portal *p, struct err *e);
void portal_drop(struct session *s, struct portal *p);
void portals_drop_all(struct session *s);
/* The end of a transaction: cursors WITH HOLD of a committed one are put into the spool first and stay, as do
 * those of earlier ones; what else there is goes. An error leaves them all: the caller rolls back. */
int portals_commit(struct session *s, struct err *e);
void portals_committed(struct session *s);
void portals_rollback(struct session *s);
/* The transaction has failed: its portals are there until it ends, but for nothing. */
void portals_fail(struct session *s);
void portal_kill(struct session *s, struct portal *p);
/* Back to a savepoint: what is younger goes, the rest is put down, since the engine's transaction ends. */
void portals_rollback_to(struct session *s, uint64_t born);
/* Drops p unless that has happened already. */
void portal_drop_if_there(struct session *s, struct portal *p);
void portal_free(struct session *s, struct portal *p);
/* Its execution in the engine, if there is one. */
void portal_close_engine(struct session *s, struct portal *p);
struct row_desc *portal_desc(const struct portal *p);
void portal_send_description(struct session *s, const struct portal *p);
/* EXECUTE: p becomes a portal of the statement that it names. */
int portal_bind_execute(struct session *s, struct portal *p, struct err *e);
int portal_bind(struct session *s, struct portal *p, struct statement *st, const struct backend_param *params,
                size_t nparams, struct err *e);
/* Reading portals that were bound take their snapshot before something is written. */
int portals_start_readers(struct session *s, const struct portal *but, struct err *e);

/* cursor.c */
int cursor_declare(struct session *s, struct portal *p, struct err *e);
/* The row description of FETCH; NULL for MOVE, or when there is no such cursor. */
int cursor_describe_fetch(struct session *s, const struct sql_statement *sql, struct row_desc **out,
                          bool *binary, struct err *e);
/* FETCH and MOVE: cursor_take keeps the rows, so that the portal can be paged; cursor_pass_on sends them. */
int cursor_take(struct session *s, struct portal *p, struct err *e);
int cursor_pass_on(struct session *s, struct portal *p, uint64_t *rows, struct err *e);
/* 34000 for a cursor that was closed for standing idle. */
int cursor_check(const struct session *s, const struct portal *p, struct err *e);
/* p is about to go. */
void cursor_forget(struct session *s, struct portal *p);
/* Closes what has stood idle for too long, puts rows aside when the session is idle, and says when to look
 * again. */
int64_t cursors_sweep(struct session *s, bool idle);
/* Whether its client, or somebody else, waits for a session that looks after its portals. */
bool session_is_wanted(struct session *s);

/* listing.c: the rows of pg_cursors and pg_prepared_statements, as an expression in the session's message
 * arena; NULL without memory. */
const char *cursors_as_sql(struct session *s);
const char *statements_as_sql(struct session *s);

/* The description that a simple query still owes its client. */
void portal_tell(struct session *s, struct portal *p);

/* portal_run.c: forward and backward over a portal's rows. *rows: how many. */
int portal_run(struct session *s, struct portal *p, const struct portal_run *how, uint64_t *rows,
               struct err *e);
/* What FETCH and MOVE say: moves, then the last run goes to `to`. */
struct sql_fetch;
int portal_fetch(struct session *s, struct portal *p, const struct sql_fetch *f, const struct portal_run *to,
                 uint64_t *rows, struct err *e);

/* execute.c: runs a portal and answers: rows, then CommandComplete, PortalSuspended or EmptyQueryResponse. */
int portal_execute(struct session *s, struct portal *p, int32_t max_rows, bool more_follows, struct err *e);
/* Starts an engine's portal, runs a command: its rows can be read then. */
int portal_begin(struct session *s, struct portal *p, bool more_follows, struct err *e);
/* Before it begins: the formats (NULL: all text; lent until then) that its rows will most likely be asked for
 * in; whole: surely, and all at once. */
void portal_expect(const struct session *s, struct portal *p, const int16_t *formats, bool whole);
/* Rows of a portal that was started go to the client as they come; nothing is held back while the engine
 * works on the next ones. */
int session_send_stream(struct session *s, struct backend_portal *engine, const struct backend_fetch *how,
                        uint64_t *rows, struct err *e);

/* transaction.c */
int tx_implicit_begin(struct session *s, struct err *e);
int tx_before_statement(struct session *s, bool writes, struct err *e);
/* The end of a Query or a Sync: commits what was implicit. */
int tx_implicit_commit(struct session *s, struct err *e);
/* Takes the session's savepoints away. */
void tx_release_savepoints(struct session *s);
/* After an error was reported. */
void tx_failed(struct session *s);
char tx_status(const struct session *s);
int tx_command(struct session *s, const struct sql_statement *sql, struct command_result *r, struct err *e);
/* SET of transaction_isolation, _read_only or _deferrable, for the rest of the transaction (value NULL: the
 * default). 25001 once it is too late. */
int tx_set(struct session *s, enum setting what, const char *value, struct err *e);
/* What SET TRANSACTION or BEGIN says, of the transaction that there is. */
int tx_set_modes(struct session *s, const struct sql_transaction *t, struct err *e);
const char *tx_isolation_name(enum sql_isolation i);
bool tx_allows(const struct session *s, enum sql_kind kind);

/* command.c: statements that the session answers itself. */
/* Whether it is the session's or, as SET of an engine's setting is, the engine's. */
int command_claims(struct session *s, const struct sql_statement *sql, bool *ours, struct err *e);
int command_describe(struct session *s, const struct sql_statement *sql, struct row_desc **out,
                     struct err *e);
int command_run(struct session *s, const struct sql_statement *sql, struct command_result *r, struct err *e);
void command_result_release(struct command_result *r);
/* SET, of what the statement said. */
int command_set(struct session *s, const struct sql_set *set, struct err *e);

/* set_config.c: st->oids and st->desc of SELECT set_config(…); its parameters, kept by the portal. */
int set_config_describe(struct session *s, struct statement *st, struct err *e);
int set_config_bind(struct portal *p, const struct statement *st, const struct backend_param *params,
                    size_t nparams, struct err *e);
int set_config_run(struct session *s, const struct sql_statement *sql, struct command_result *r,
                   struct err *e);
struct set_config_params;
/* NULL is fine. */
void set_config_free(struct set_config_params *v);

/* several.c: statements that are several for the engine */
int serial_run(struct session *s, const struct sql_statement *sql, struct command_result *r, struct err *e);
int several_run(struct session *s, const struct sql_statement *sql, struct command_result *r, struct err *e);

/* engine.c */
int session_engine(struct session *s, struct backend_session **out, struct err *e);
/* Tells the engine what has changed; what it could not be told it is told the next time. as_set: a schema of
 * search_path that is not there is 3F000; else it is passed over, as in PostgreSQL. */
int session_apply_settings(struct session *s, bool as_set, struct err *e);

#endif
