/* The sessions of a process, by the number that their clients know (BackendKeyData). A session that
 * somebody has found there stays for as long as the server's lock is held. Any thread. */
#ifndef TAVANA_SESSION_REGISTRY_H
#define TAVANA_SESSION_REGISTRY_H

#include "base/list.h"
#include "session/interrupts.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct admission;
struct session;
struct session_config;
struct session_server;
struct session_user;
struct task_owner;
struct admission_share;

enum { SESSION_KEY_MAX = 32 };

/* A session's place among the others; with the server's lock, but for slot and pid, which stay. */
struct session_place {
    uint32_t slot, pid;                    /* pid: as its client knows it */
    uint8_t key[SESSION_KEY_MAX], key_len; /* who cancels has to know it; 0: nobody can yet */
    bool counted;                          /* against max_connections, and its user's share of it */
    struct session_user *user;             /* whose share it has a part of; NULL: there are none */
    bool left;       /* its client is gone, its thread is still in the engine: see left.c */
    bool logging_in; /* against login_connections_max */
    uint16_t share;
    struct list login; /* among those of its share, the most silent first */
    int64_t heard_us;  /* when its log-in last got further */
};

/* Gives a connection that is about to log in its slot and its name; false: it is refused. May wait a
 * little. */
bool registry_claim(struct session *s, unsigned share);
/* It ends: nobody can find it any more, and whoever had found it has let go of it. The last thing that
 * touches the server, which may go with its last session. */
void registry_release(struct session *s);
/* It has said who it is: from now on it counts against max_connections and its user's share of them. 53300:
 * there is no room. */
int registry_count_in(struct session *s, struct err *e);
/* What its user has of threads and of memory for results; NULL: users are not told apart. From
 * registry_count_in to registry_release. */
struct task_owner *session_task_owner(const struct session *s);
struct admission_share *session_share(const struct session *s);
/* From now on it can be cancelled by who knows its pid and n bytes of key. Once. */
void registry_set_key(struct session *s, const uint8_t *key, size_t n);
/* Its thread is left behind in the engine: it counts no longer. With the server's lock. */
void registry_leave_behind(struct session *s);
/* What it is told then. */
int registry_refuse(struct err *e);
/* Whether one more would be refused now. */
bool registry_is_full(struct session_server *v);
/* Cancels; false: none of ours is meant. */
bool registry_cancel(struct session_server *v, uint32_t pid, const uint8_t *key, size_t n);
enum registry_signal { REGISTRY_SIGNALLED, REGISTRY_FOREIGN, REGISTRY_NOBODY };
/* pg_cancel_backend and pg_terminate_backend, by a session of the same user. */
enum registry_signal registry_signal(struct session *by, int64_t pid, bool terminate);
/* Waits until that session has ended; false: it had not by the deadline, or `by` is interrupted itself. */
bool registry_wait_gone(struct session *by, uint32_t pid, int64_t deadline_us);
/* Every session looks up once: those that run when they are idle again. why 0: for nothing in particular.
 * With the server's lock. */
void registry_wake_all(struct session_server *v, enum interrupt why);
/* As it is now; lent until the server ends. */
const struct session_config *session_config(const struct session *s);
/* No new sessions are wanted; those outside a transaction end. */
bool server_is_draining(const struct session_server *v);
/* What all results may take together. */
struct admission *server_admission(struct session_server *v);
/* Rows come ready from elsewhere. */
bool server_forwards(const struct session_server *v);

#endif
