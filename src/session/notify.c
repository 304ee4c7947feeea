/* A notification is copied for each session that listens, by the thread that commits; the session is woken if
 * it waits for its client. */
#include "session/notify.h"

#include "base/alloc.h"
#include "session/session_priv.h"

#include <assert.h>
#include <string.h>

struct channel {
    struct list link;
    bool listen, all; /* of changes */
    char name[];
};

void notify_init(struct notify *all)
{
    (void)pthread_mutex_init(&all->lock, NULL);
    list_init(&all->listeners);
}

void notify_release(struct notify *all)
{
    (void)pthread_mutex_destroy(&all->lock);
}

void notify_session_init(struct notify_session *n)
{
    *n = (struct notify_session){0};
    list_init(&n->listener);
    list_init(&n->channels);
    list_init(&n->inbox);
    list_init(&n->changes);
    list_init(&n->outbox);
}

static struct notify *all_of(const struct session *s)
{
    return &s->server->notify;
}

void notify_free(struct notification *n)
{
    if (!n)
        return;
    mem_free(n->channel);
    mem_free(n->payload);
    mem_free(n);
}

/* All of a list. */
static void free_channels(struct list *channels)
{
    while (!list_is_empty(channels)) {
        struct channel *c = list_entry(channels->next, struct channel, link);
        list_remove(&c->link);
        mem_free(c);
    }
}

/* All of a list. */
static void free_notifications(struct list *all)
{
    while (!list_is_empty(all)) {
        struct notification *n = list_entry(all->next, struct notification, link);
        list_remove(&n->link);
        notify_free(n);
    }
}

void notify_session_end(struct session *s)
{
    struct notify_session *n = &s->notify;
    (void)pthread_mutex_lock(&all_of(s)->lock);
    list_remove(&n->listener);
    (void)pthread_mutex_unlock(&all_of(s)->lock);
    free_channels(&n->channels);
    free_channels(&n->changes);
    free_notifications(&n->inbox);
    free_notifications(&n->outbox);
}

/* ---- LISTEN, UNLISTEN ---- */

/* Notes a LISTEN or UNLISTEN; it counts when the transaction is committed. */
static int change(struct session *s, const char *name, bool listen, struct err *e)
{
    size_t n = name ? strlen(name) : 0;
    struct channel *c = mem_calloc(1, sizeof *c + n + 1);
    if (!c)
        return err_oom(e);
    c->listen = listen;
    c->all = !name;
    if (name)
        memcpy(c->name, name, n);
    list_append(&s->notify.changes, &c->link);
    return ST_OK;
}

int notify_listen(struct session *s, const char *channel, struct err *e)
{
    if (s->notify.nchannels >= NOTIFY_CHANNELS_MAX)
        return err_set(e, SQLSTATE_PROGRAM_LIMIT_EXCEEDED, "a session can listen to %d channels",
                       NOTIFY_CHANNELS_MAX);
    TRY(change(s, channel, true, e));
    s->notify.nchannels++;
    return ST_OK;
}

int notify_unlisten(struct session *s, const char *channel, struct err *e)
{
    return change(s, channel, false, e);
}

/* By its name, as it is. */
static struct channel *find(struct list *channels, const char *name)
{
    list_for_each (link, channels) {
        struct channel *c = list_entry(link, struct channel, link);
        if (strcmp(c->name, name) == 0)
            return c;
    }
    return NULL;
}

/* With the lock. */
static void apply_change(struct notify_session *n, struct channel *c)
{
    struct channel *has = c->all ? NULL : find(&n->channels, c->name);
    if (c->listen && !has) {
        list_append(&n->channels, &c->link);
        return;
    }
    if (c->all)
        free_channels(&n->channels);
    if (!c->listen && has) {
        list_remove(&has->link);
        mem_free(has);
    }
    mem_free(c);
}

/* LISTEN and UNLISTEN of a transaction that was committed, in their order. */
static void apply_changes(struct session *s)
{
    struct notify_session *n = &s->notify;
    while (!list_is_empty(&n->changes)) {
        struct channel *c = list_entry(n->changes.next, struct channel, link);
        list_remove(&c->link);
        apply_change(n, c);
    }
    n->nchannels = 0;
    list_for_each (link, &n->channels)
        n->nchannels++;
    list_remove(&n->listener);
    if (n->nchannels > 0)
        list_append(&all_of(s)->listeners, &n->listener);
}

/* ---- NOTIFY ---- */

/* A notification with its own copies of the texts. NULL without memory. */
static struct notification *make(uint32_t pid, const char *channel, const char *payload)
{
    struct notification *n = mem_calloc(1, sizeof *n);
    if (!n)
        return NULL;
    list_init(&n->link);
    n->pid = pid;
    n->channel = mem_strdup(channel);
    n->payload = mem_strdup(payload);
    n->bytes = sizeof *n + strlen(channel) + strlen(payload);
    if (n->channel && n->payload)
        return n;
    notify_free(n);
    return NULL;
}

int notify_send(struct session *s, const char *channel, const char *payload, struct err *e)
{
    struct notify_session *mine = &s->notify;
    assert(s->tx.state != TX_IDLE || !channel); /* it comes with the transaction's end */
    if (!channel || !*channel)
        return err_set(e, SQLSTATE_INVALID_PARAMETER_VALUE, "channel name cannot be empty");
    if (strlen(channel) > SQL_NAME_MAX)
        return err_set(e, SQLSTATE_INVALID_PARAMETER_VALUE, "channel name too long");
    payload = payload ? payload : "";
    if (strlen(payload) > NOTIFY_PAYLOAD_MAX)
        return err_set(e, SQLSTATE_INVALID_PARAMETER_VALUE, "payload string too long");
    list_for_each (link, &mine->outbox) {
        const struct notification *n = list_entry(link, struct notification, link);
        if (strcmp(n->channel, channel) == 0 && strcmp(n->payload, payload) == 0)
            return ST_OK;
    }
    struct notification *n = make(s->place.pid, channel, payload);
    if (!n)
        return err_oom(e);
    if (mine->outbox_bytes + n->bytes > NOTIFY_INBOX_MAX) {
        notify_free(n);
        return err_set(e, SQLSTATE_PROGRAM_LIMIT_EXCEEDED, "too many notifications in the NOTIFY queue");
    }
    mine->outbox_bytes += n->bytes;
    list_append(&mine->outbox, &n->link);
    return ST_OK;
}

/* Channels are those of a database. */
static bool same_database(const struct session *a, const struct session *b)
{
    return strcmp(a->database, b->database) == 0;
}

static struct session *listener_at(struct list *link)
{
    return list_entry(list_entry(link, struct notify_session, listener), struct session, notify);
}

int notify_check(struct session *s, struct err *e)
{
    bool full = false;
    if (list_is_empty(&s->notify.outbox))
        return ST_OK;
    (void)pthread_mutex_lock(&all_of(s)->lock);
    list_for_each (link, &all_of(s)->listeners)
        full |= listener_at(link)->notify.inbox_bytes + s->notify.outbox_bytes > NOTIFY_INBOX_MAX;
    (void)pthread_mutex_unlock(&all_of(s)->lock);
    return full ? err_set(e, SQLSTATE_PROGRAM_LIMIT_EXCEEDED, "too many notifications in the NOTIFY queue")
                : ST_OK;
}

/* With the lock. Without memory the session that should get it ends: it must not believe that there was
 * nothing. */
static void deliver(struct session *from, struct session *to)
{
    list_for_each (link, &from->notify.outbox) {
        const struct notification *n = list_entry(link, struct notification, link);
        if (!find(&to->notify.channels, n->channel))
            continue;
        struct notification *copy = make(n->pid, n->channel, n->payload);
        if (!copy) {
            session_interrupt(to, INT_TERMINATE);
            break;
        }
        to->notify.inbox_bytes += copy->bytes;
        list_append(&to->notify.inbox, &copy->link);
        atomic_store(&to->notify.any, true);
    }
    if (to != from && atomic_load(&to->notify.any))
        to->client->ops->wake(to->client);
}

void notify_committed(struct session *s)
{
    struct notify_session *mine = &s->notify;
    if (list_is_empty(&mine->changes) && list_is_empty(&mine->outbox))
        return;
    (void)pthread_mutex_lock(&all_of(s)->lock);
    apply_changes(s);
    list_for_each (link, &all_of(s)->listeners)
        if (same_database(s, listener_at(link)))
            deliver(s, listener_at(link));
    (void)pthread_mutex_unlock(&all_of(s)->lock);
    free_notifications(&mine->outbox);
    mine->outbox_bytes = 0;
}

void notify_rolled_back(struct session *s)
{
    free_channels(&s->notify.changes);
    free_notifications(&s->notify.outbox);
    s->notify.outbox_bytes = 0;
}

struct notification *notify_take(struct session *s)
{
    struct notify_session *mine = &s->notify;
    struct notification *n = NULL;
    if (!atomic_load(&mine->any))
        return NULL;
    (void)pthread_mutex_lock(&all_of(s)->lock);
    if (!list_is_empty(&mine->inbox)) {
        n = list_entry(mine->inbox.next, struct notification, link);
        list_remove(&n->link);
        assert(mine->inbox_bytes >= n->bytes);
        mine->inbox_bytes -= n->bytes;
    }
    atomic_store(&mine->any, !list_is_empty(&mine->inbox));
    (void)pthread_mutex_unlock(&all_of(s)->lock);
    return n;
}
