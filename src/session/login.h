/* Connections that have not logged in: bounded, and shared out by who they come from. When there is no
 * place for a new one, the most silent one of the peer that has most gives up its own.
 * With the server's lock, but for login_share and login_heard. */
#ifndef TAVANA_SESSION_LOGIN_H
#define TAVANA_SESSION_LOGIN_H

#include "base/list.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct session;
struct session_server;

enum { LOGIN_SHARES = 1024, LOGIN_SECRET = 16, LOGIN_PEER_MAX = 128 };

struct logins {
    unsigned max, n;
    uint8_t secret[LOGIN_SECRET]; /* of the process */
    struct {
        struct list silent;
        unsigned n;
    } shares[LOGIN_SHARES];
};

/* secret: peers cannot choose their share by it. */
void logins_init(struct logins *l, unsigned max, const uint8_t secret[static LOGIN_SECRET]);
/* Which share a peer has, by the bytes that tell it from others; none are known of it: n 0. Any thread. */
unsigned login_share(const struct session_server *v, const uint8_t *key, size_t n);
/* The session counts from here on. */
void login_add(struct logins *l, struct session *s, unsigned share);
/* Harmless when it is not among them. */
void login_remove(struct logins *l, struct session *s);
/* Its log-in has got further. The session's own thread, without the lock. */
void login_heard(struct session *s);

/* What had to go for a new connection. */
struct login_dropped {
    unsigned n;
    char peer[LOGIN_PEER_MAX]; /* the last one */
    int64_t silent_us;
};
/* Waits for a place and a slot, and drops who has been silent for long enough; false: there is none. */
bool login_make_room(struct session_server *v, struct login_dropped *dropped);
/* The log's line about that, now and then. Without the lock. */
void login_log_dropped(const struct session_server *v, const struct login_dropped *dropped);

#endif
