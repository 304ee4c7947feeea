/* CancelRequest, and its way to another gateway. What is sent on is the same message with one byte more in
 * its key, so that who gets it does not send it on again. Source: PostgreSQL 15 manual, 55.2.8; PgBouncer's
 * peering solves the same with an id in the key, which needs each gateway to be told who it is. */
#include "front/cancel.h"

#include "front/front_priv.h"

#include "base/bytes.h"
#include "base/metric.h"

#include <assert.h>
#include <string.h>

enum {
    SENT_ON = 0x01,   /* the byte */
    CANCEL_HEAD = 12, /* length, code, process id */
    CANCEL_CODE = 80877102,
};

_Static_assert(CANCEL_HEAD + STARTUP_KEY_3_2 + 1 <= PEERS_MESSAGE_MAX, "what is sent on fits");

static void send_on(const struct pg_front *f, uint32_t pid, const uint8_t *key, size_t n)
{
    assert(n == STARTUP_KEY_3_0 || n == STARTUP_KEY_3_2);
    uint8_t m[CANCEL_HEAD + STARTUP_KEY_3_2 + 1];
    put_be32(m, (uint32_t)(CANCEL_HEAD + n + 1));
    put_be32(m + 4, CANCEL_CODE);
    put_be32(m + 8, pid);
    memcpy(m + CANCEL_HEAD, key, n);
    m[CANCEL_HEAD + n] = SENT_ON;
    peers_send(f->peers, m, CANCEL_HEAD + n + 1);
}

void cancel_request(struct pg_front *f, uint32_t pid, const uint8_t *key, size_t n)
{
    metric_add(METRIC_CANCEL_REQUESTS, 1);
    bool came_from_peer = (n == STARTUP_KEY_3_0 + 1 || n == STARTUP_KEY_3_2 + 1) && key[n - 1] == SENT_ON;
    if (came_from_peer)
        n--;
    if (n != STARTUP_KEY_3_0 && n != STARTUP_KEY_3_2) /* nobody gave such a key to anybody */
        return;
    if (!registry_cancel(f->wiring.sessions, pid, key, n) && !came_from_peer)
        send_on(f, pid, key, n);
}
