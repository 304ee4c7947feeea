/* The side of PostgreSQL's clients: listener, sessions, users and certificates. The same for `tavana serve`
 * and `tavana gateway`, which differ in the backend that they pass. Their structs begin with a struct front,
 * as that begins with a struct process; what takes a struct process here is for their process_role. Threads:
 * as process.h. */
#ifndef TAVANA_CMD_FRONT_H
#define TAVANA_CMD_FRONT_H

#include "backend/backend.h"
#include "cmd/process.h"

struct listener;
struct lot;
struct pg_front;
struct session_server;

struct front {
    struct process process;
    struct lot *lot;
    struct session_server *sessions;
    struct pg_front *clients; /* PostgreSQL's protocol in front of them */
    struct listener *listener;
    unsigned logins_max; /* login_connections_max, or less where descriptors are few */
};

/* ---- entries of a process_role ---- */

/* What may be refused before anything is opened; and the port, which is the most common failure. */
int front_listen(struct process *p, struct err *e);
/* Of a process that opened it for another one. */
void front_forget_sockets(struct process *p);
/* Takes over what `next` changes and a running server can change. ST_ERR: nothing was changed. */
int front_reload(struct process *p, const struct config *next, struct err *e);
/* No new sessions; running ones may finish within the limit; then they are ended. */
unsigned front_drain(struct process *p);
/* The engine is dead, and the process will be: sessions are told (57P02). */
void front_give_up(struct process *p);
/* The numbers of sessions for /metrics. */
void front_gauges(struct process *p, struct ops_gauges *g);
/* The port that is listened on. */
int front_port(const struct process *p);

/* The entries that serve and gateway have in common. */
#define FRONT_ROLE                                                                                           \
    .listens_text = "where clients connect (127.0.0.1:15432)", .listen = front_listen,                       \
    .forget_sockets = front_forget_sockets, .drain = front_drain, .port = front_port

/* ---- for what a role does itself ---- */

/* Clients are let in. */
int front_open_sessions(struct front *f, struct backend *backend, struct err *e);
/* All that front_open_sessions opened is closed, half-made ones too, and with it the threads that ran
 * sessions: the backend has no more users. */
void front_close(struct front *f);

#endif
