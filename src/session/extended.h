/* The extended query protocol. Of session/ alone. The session's own thread. */
#ifndef TAVANA_SESSION_EXTENDED_H
#define TAVANA_SESSION_EXTENDED_H

#include "base/err.h"

struct frame;
struct session;

/* One message but Sync. 08P01 for what is none: the session ends. */
int extended_message(struct session *s, const struct frame *f, struct err *e);
/* Sync: commits what was implicit. */
int extended_sync(struct session *s, struct err *e);

#endif
