/* A session's life, as far as the core knows of it: made, run, closed. */
#include "session/session.h"

#include "base/alloc.h"
#include "base/metric.h"
#include "session/session_priv.h"

#include <assert.h>

void session_init(struct session *s, struct session_server *v, struct reply *reply,
                  struct session_client *client)
{
    assert(reply->ops && client->ops);
    *s = (struct session){.magic = SESSION_MAGIC, .server = v, .reply = reply, .client = client};
    list_init(&s->place.login);
    shared_init(&s->shared);
    tx_init(&s->tx);
    statements_init(&s->statements);
    portals_init(&s->portals);
    advisory_held_init(&s->advisory);
    notify_session_init(&s->notify);
    memory_init(&s->memory, session_config(s)->memory_max, &v->memory);
    settings_init(&s->settings, &s->memory.named);
    arena_init_of(&s->message_arena, SIZE_MAX, &s->memory.all);
}

int session_identify(struct session *s, const char *user, const char *database, struct err *e)
{
    assert(!s->user && !s->database);
    s->user = mem_strdup(user);
    s->database = mem_strdup(database);
    if (!s->user || !s->database)
        return err_oom(e);
    return session_config(s)->engine_sql ? settings_start(&s->settings, "tavana.sql", "duckdb", e) : ST_OK;
}

void session_runs(struct session *s, struct worker *w)
{
    assert(s->magic == SESSION_MAGIC && w);
    atomic_fetch_add(&s->server->running, 1);
    metric_gauge_add(METRIC_SESSIONS_RUNNING, 1);
    shared_set_worker(&s->shared, w);
}

void session_rests(struct session *s)
{
    shared_set_worker(&s->shared, NULL);
    atomic_fetch_sub(&s->server->running, 1);
    metric_gauge_add(METRIC_SESSIONS_RUNNING, -1);
}

struct waker *session_bell(const struct session *s)
{
    return &s->shared.worker->waker;
}

void session_close(struct session *s)
{
    portals_drop_all(s);
    statements_drop_all(s);
    tx_release_savepoints(s);
    notify_session_end(s);
    advisory_end_transaction(s, 0);
    advisory_unlock_all(s);
    session_engine_close(s);
    settings_release(&s->settings);
    on_commit_release(s);
    arena_release(&s->message_arena);
}

void session_release(struct session *s)
{
    assert(s->magic == SESSION_MAGIC && !s->engine);
    shared_release(&s->shared);
    activity_release(&s->activity);
    arena_release(&s->message_arena);
    mem_free(s->user);
    mem_free(s->database);
    s->magic = 0;
}
