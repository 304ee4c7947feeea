/* Begins to run a portal. Of session/ alone. The session's own thread. */
#ifndef TAVANA_SESSION_BEGIN_H
#define TAVANA_SESSION_BEGIN_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

struct portal;
struct session;

/* Starts an engine's portal, runs a command: its rows can be read then. */
int portal_begin(struct session *s, struct portal *p, bool more_follows, struct err *e);
/* Starts an engine's portal whose statement has to do with foreign keys (p->keys). */
int begin_with_keys(struct session *s, struct portal *p, struct err *e);
/* Before it begins: the formats (NULL: all text; lent until then) that its rows will most likely be asked for
 * in; whole: surely, and all at once. */
void portal_expect(const struct session *s, struct portal *p, const int16_t *formats, bool whole);

#endif
