/* The front of PostgreSQL's protocol: accepts connections, brings them to sessions (session/), turns their
 * messages into calls and answers into bytes. What all of its connections share is here.
 *
 * Thread rule: any thread. */
#ifndef TAVANA_FRONT_FRONT_H
#define TAVANA_FRONT_FRONT_H

#include "base/err.h"

#include <stddef.h>

struct lot;
struct pg_front;
struct session_server;
struct thread_pool;
struct tls_context;
struct user_file;

/* All of it outlives the front. */
struct pg_front_wiring {
    struct session_server *sessions;
    struct thread_pool *pool;
    struct lot *lot;
    const char *const
        *peers; /* addresses that a CancelRequest for none of our sessions is sent on to; copied */
    size_t npeers;
};

/* The caller's, for pg_front_free. */
int pg_front_new(struct pg_front **out, const struct pg_front_wiring *w, struct err *e);
/* Who may log in; NULL: nobody is asked. For log-ins from now on; the reference becomes the front's. */
void pg_front_set_users(struct pg_front *f, struct user_file *users);
/* For connections from now on; the reference becomes the front's. NULL: none. */
void pg_front_set_tls(struct pg_front *f, struct tls_context *tls);
/* References, as they are now; NULL: there is none. */
struct user_file *pg_front_users(struct pg_front *f);
struct tls_context *pg_front_tls(struct pg_front *f);
/* No connection may be left. NULL is fine. */
void pg_front_free(struct pg_front *f);

#endif
