/* CancelRequests. Any thread. */
#ifndef TAVANA_FRONT_CANCEL_H
#define TAVANA_FRONT_CANCEL_H

#include <stddef.h>
#include <stdint.h>

struct pg_front;

/* Cancels what the session with this number and key runs, ours or a peer's. Never waits, and says nothing: a
 * client must not learn whether it guessed right. */
void cancel_request(struct pg_front *f, uint32_t pid, const uint8_t *key, size_t n);

#endif
