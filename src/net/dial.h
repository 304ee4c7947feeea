/* One message to every address of a name, over TCP. Waits; any thread. */
#ifndef TAVANA_NET_DIAL_H
#define TAVANA_NET_DIAL_H

#include "base/err.h"

#include <stddef.h>

/* Connects to each address that "HOST:PORT" resolves to, sends all of it and waits for the other side to
 * close. ST_ERR (of err_errno; 22023 for the name) when none could be reached; each within timeout_ms. */
int dial_send_all(const char *address, const void *p, size_t n, int timeout_ms, struct err *e);

#endif
