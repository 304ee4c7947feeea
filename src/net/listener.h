/* Listening sockets and the thread that accepts from them. Out of descriptors (EMFILE) it pauses and says so
 * once. */
#ifndef TAVANA_NET_LISTENER_H
#define TAVANA_NET_LISTENER_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

struct listener;

enum { LISTENER_SOCKETS_MAX = 16, LISTENER_NAME_MAX = 256 };

/* "HOST:PORT", "[::1]:PORT", ":PORT" (all addresses); a name may resolve to several. "/dir" is a Unix socket
 * /dir/.s.PGSQL.<unix_port>, with a stale one removed. on_accept runs on the listener's thread and owns fd.
 */
struct listener_options {
    const char *const *addresses;
    size_t naddresses;
    int unix_port;
    int backlog;
    void (*on_accept)(void *arg, int fd);
    void *arg;
};

/* Opens and binds the addresses; takes nobody in yet. The caller's, for listener_free. */
int listener_new(struct listener **out, const struct listener_options *o, struct err *e);
/* Port 0 was asked for: the port that the system gave to the first TCP socket; 0 when there is none. */
int listener_port(const struct listener *l);
/* Whether any socket can be reached from beyond this machine. */
bool listener_is_public(const struct listener *l);
/* The same question before anything is opened. Resolves names. */
int listener_address_is_public(const char *address, bool *out, struct err *e);
/* Takes connections in from now on, in a thread of its own. Once. */
int listener_start(struct listener *l, struct err *e);
/* Accepts no more, and leaves the sockets as they are, for another process. */
void listener_pause(struct listener *l);
/* Accepts no more; returns when the thread has ended. Unix sockets are unlinked. */
void listener_stop(struct listener *l);
/* Stops it, if need be. NULL is fine. */
void listener_free(struct listener *l);
/* The same for a process that only held them for another one: what is unlinked is that one's business. Not
 * after listener_start. */
void listener_forget(struct listener *l);

#endif
