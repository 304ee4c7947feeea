/* Writing to a client's socket, however long that takes within the limits. Of front/ alone. The session's
 * own thread, or its writer's. */
#ifndef TAVANA_FRONT_SOCKET_H
#define TAVANA_FRONT_SOCKET_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

struct pg_client;
struct waker;

/* n bytes. What ends the wait for a client that does not read: it has gone or reads for too long nothing
 * (08006), the server ends (57P01, 57P02). A cancel does not: what was begun are whole messages, and the
 * statement ends after them. bell NULL: on the writer's thread. */
int socket_write(struct pg_client *c, struct waker *bell, const uint8_t *p, size_t n, struct err *e);

#endif
