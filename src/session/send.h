/* Rows to the client. The session's own thread. */
#ifndef TAVANA_SESSION_SEND_H
#define TAVANA_SESSION_SEND_H

#include "base/err.h"

#include <stdint.h>

struct backend_fetch;
struct backend_portal;
struct session;

/* Rows of a portal that was started go to the client as they come; nothing is held back while the engine
 * works on the next ones. */
int session_send_stream(struct session *s, struct backend_portal *engine, const struct backend_fetch *how,
                        uint64_t *rows, struct err *e);
/* While the client reads a page, rows of the next one are made, as long as nobody wants the session. */
void session_look_ahead(struct session *s);

#endif
