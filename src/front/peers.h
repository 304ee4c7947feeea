/* CancelRequests on their way to other gateways: one queue, and a few threads of its own that dial, so that a
 * peer which does not answer costs the queue and nothing else. What finds the queue full is dropped and
 * counted. Any thread. Source: docs/gateway.md. */
#ifndef TAVANA_FRONT_PEERS_H
#define TAVANA_FRONT_PEERS_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

struct peers;

enum {
    PEERS_QUEUE_MAX = 256,   /* messages that wait */
    PEERS_MESSAGE_MAX = 64,  /* bytes of one */
    PEERS_SENDERS = 4,       /* threads */
    PEERS_TIMEOUT_MS = 1000, /* of an address, to be connected and to close */
    PEERS_REST_MS = 5000,    /* one that did not answer in time is left out for so long */
};

/* Addresses are HOST:PORT, and copied. None: *out is NULL, which every call below takes. */
int peers_new(struct peers **out, const char *const *addresses, size_t n, struct err *e);
/* To all of them, soon; n at most PEERS_MESSAGE_MAX. Never waits. */
void peers_send(struct peers *p, const uint8_t *message, size_t n);
/* What still waits is not sent. */
void peers_free(struct peers *p);

#endif
