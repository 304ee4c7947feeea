/* The extended query protocol. The session's own thread. */
#ifndef TAVANA_FRONT_EXTENDED_H
#define TAVANA_FRONT_EXTENDED_H

#include "base/err.h"

struct frame;
struct pg_client;

/* One message but Sync. 08P01 for what is none: the session ends. */
int extended_message(struct pg_client *c, const struct frame *f, struct err *e);
/* Sync: commits what was implicit. */
int extended_sync(struct pg_client *c, struct err *e);

#endif
