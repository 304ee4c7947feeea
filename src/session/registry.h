/* The sessions of a process, by the number that their clients know (BackendKeyData). A session that
 * somebody has found there stays for as long as the server's lock is held. Of session/ alone. Any thread. */
#ifndef TAVANA_SESSION_REGISTRY_H
#define TAVANA_SESSION_REGISTRY_H

#include "session/interrupts.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct session;
struct session_config;
struct session_server;
struct tls_context;
struct user_file;

/* Gives a connection that is about to log in its slot and its name; false: it is refused. May wait a
 * little. */
bool registry_claim(struct session *s, unsigned share);
/* Frees the session. */
void registry_release(struct session *s);
/* It has said who it is: from now on it counts against max_connections; false: there are so many already. */
bool registry_count_in(struct session *s);
/* Whether one more would be refused now. */
bool registry_is_full(struct session_server *v);
/* Cancels; false: none of ours is meant. */
bool registry_cancel(struct session_server *v, uint32_t pid, const uint8_t *key, size_t n);
/* Every session looks up once: those that run when they are idle again. why 0: for nothing in particular.
 * With the server's lock. */
void registry_wake_all(struct session_server *v, enum interrupt why);
/* References, as they are now; NULL: there is none. */
struct user_file *server_users(struct session_server *v);
struct tls_context *server_tls(struct session_server *v);
/* As it is now; lent until the server ends. */
const struct session_config *session_config(const struct session *s);

#endif
