/* CancelRequests. Of session/ alone. Any thread. */
#ifndef TAVANA_SESSION_CANCEL_H
#define TAVANA_SESSION_CANCEL_H

#include <stddef.h>
#include <stdint.h>

struct session_server;

/* Cancels what the session with this number and key runs, ours or a peer's. Never waits, and says nothing: a
 * client must not learn whether it guessed right. */
void cancel_request(struct session_server *v, uint32_t pid, const uint8_t *key, size_t n);

#endif
