/* LISTEN and NOTIFY, between the sessions of a process: behind gRPC those of one gateway. What is notified in
 * a transaction comes with its commit, in the order of the commits, to each session that listens; a session
 * takes it when it is in no transaction.
 *
 * Thread rule: a session's calls are its own thread's. Its inbox is filled by others, with notify.lock.
 * Source: PostgreSQL 15 manual, NOTIFY. */
#ifndef TAVANA_SESSION_NOTIFY_H
#define TAVANA_SESSION_NOTIFY_H

#include "base/err.h"
#include "base/list.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct session;

enum {
    NOTIFY_PAYLOAD_MAX = 7999,          /* bytes, as in PostgreSQL */
    NOTIFY_CHANNELS_MAX = 1000,         /* that a session listens to */
    NOTIFY_INBOX_MAX = 4 * 1024 * 1024, /* bytes that a session which does not read lets pile up; and of what
                                           one transaction notifies */
};

/* Of a process. */
struct notify {
    pthread_mutex_t lock;
    struct list listeners; /* sessions that listen to something */
};

/* Of a session. */
struct notify_session {
    struct list listener; /* in notify.listeners */
    struct list channels; /* with notify.lock */
    struct list inbox;    /* with notify.lock: what came */
    size_t inbox_bytes;   /* the same */
    _Atomic bool any;     /* there is something in the inbox */
    struct list changes;  /* LISTEN and UNLISTEN of this transaction, in their order */
    struct list outbox;   /* NOTIFY of this transaction */
    size_t outbox_bytes, nchannels;
};

struct notification {
    struct list link;
    uint32_t pid; /* whose it is */
    char *channel, *payload;
    size_t bytes;
};

/* Nobody listens. */
void notify_init(struct notify *all);
/* All sessions have ended. */
void notify_release(struct notify *all);
/* It listens to nothing, and nothing has come. */
void notify_session_init(struct notify_session *n);
/* It listens to nothing any more. */
void notify_session_end(struct session *s);

/* From the transaction's commit on. 54000 beyond NOTIFY_CHANNELS_MAX. */
int notify_listen(struct session *s, const char *channel, struct err *e);
/* channel NULL: all. */
int notify_unlisten(struct session *s, const char *channel, struct err *e);
/* With the transaction's commit; the same again in one transaction comes once. 22023 for a channel or payload
 * that cannot be; 54000. */
int notify_send(struct session *s, const char *channel, const char *payload, struct err *e);
/* Before the commit: whether everybody has room for what comes. 54000 */
int notify_check(struct session *s, struct err *e);
/* The transaction counts: what it changed, and what it notifies. */
void notify_committed(struct session *s);
/* It does not. */
void notify_rolled_back(struct session *s);
/* Takes what came, oldest first; NULL: nothing. The caller's, for notify_free. */
struct notification *notify_take(struct session *s);
/* NULL is fine. */
void notify_free(struct notification *n);

#endif
