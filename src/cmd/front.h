/* The side of PostgreSQL's clients: listener, sessions, users and certificates. The same for `tavana serve`
 * and `tavana gateway`, which differ in the backend that they pass. Threads: as process.h. */
#ifndef TAVANA_CMD_FRONT_H
#define TAVANA_CMD_FRONT_H

#include "backend/backend.h"
#include "cmd/process.h"

struct listener;
struct lot;
struct pg_front;
struct session_server;

struct front {
    struct process *process;
    struct lot *lot;
    struct session_server *sessions;
    struct pg_front *clients; /* PostgreSQL's protocol in front of them */
    struct listener *listener;
    unsigned logins_max; /* login_connections_max, or less where descriptors are few */
};

/* What may be refused before anything is opened; and the port, which is the most common failure. */
int front_open_listener(struct front *f, struct process *p, struct err *e);
/* Of a process that opened it for another one. */
void front_forget_listener(struct front *f);
/* Clients are let in. */
int front_open_sessions(struct front *f, struct backend *backend, struct err *e);
/* Takes over what `next` changes and a running server can change. ST_ERR: nothing was changed. */
int front_reload(struct front *f, const struct config *next, struct err *e);
/* As process_role.drain. */
unsigned front_drain(struct front *f);
/* The engine is dead, and the process will be: sessions are told (57P02). */
void front_give_up(struct front *f);
/* The numbers of sessions for /metrics. */
void front_gauges(const struct front *f, struct ops_gauges *g);
/* The port that is listened on. */
int front_port(const struct front *f);
/* In two steps, with the end of the pool between them. Half-made ones too. */
void front_close_sessions(struct front *f);
/* The second step. */
void front_free(struct front *f);

#endif
