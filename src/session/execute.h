/* Runs a portal and answers. Of session/ alone. The session's own thread. */
#ifndef TAVANA_SESSION_EXECUTE_H
#define TAVANA_SESSION_EXECUTE_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

struct backend_fetch;
struct backend_portal;
struct portal;
struct session;

/* Rows, then what ends the answer. max_rows 0: all. more_follows: other statements before the Sync. */
int portal_execute(struct session *s, struct portal *p, int32_t max_rows, bool more_follows, struct err *e);
/* Starts an engine's portal, runs a command: its rows can be read then. */
int portal_begin(struct session *s, struct portal *p, bool more_follows, struct err *e);
/* Before it begins: the formats (NULL: all text; lent until then) that its rows will most likely be asked for
 * in; whole: surely, and all at once. */
void portal_expect(const struct session *s, struct portal *p, const int16_t *formats, bool whole);
/* Rows of a portal that was started go to the client as they come; nothing is held back while the engine
 * works on the next ones. */
int session_send_stream(struct session *s, struct backend_portal *engine, const struct backend_fetch *how,
                        uint64_t *rows, struct err *e);

#endif
