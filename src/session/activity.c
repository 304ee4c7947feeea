/* A statement costs two stores of a time and a copy of its text under a lock that nobody else holds. */
#include "session/activity.h"

#include "base/alloc.h"
#include "session/session_priv.h"
#include "session/sql_list.h"

#include <assert.h>
#include <string.h>

enum { TEXT_ROOM_MIN = 64 };

/* Without memory the room stays as it is. */
static void make_room(struct activity *a, size_t n)
{
    size_t room = a->text_room ? a->text_room : TEXT_ROOM_MIN;
    while (room < n)
        room *= 2;
    char *more = a->text_room < n ? mem_realloc(a->text, room) : NULL;
    if (!more)
        return;
    a->text = more;
    a->text_room = room;
}

void activity_release(struct activity *a)
{
    mem_free(a->text);
    a->text = NULL;
    a->text_room = a->text_len = 0;
}

/* As much of it as there is room for. */
static void copy_text(struct activity *a, struct str text)
{
    size_t n = text.n < ACTIVITY_TEXT_MAX ? text.n : ACTIVITY_TEXT_MAX - 1;
    make_room(a, n);
    n = n < a->text_room ? n : a->text_room;
    while (n < text.n && n > 0 && ((unsigned char)text.p[n] & 0xc0) == 0x80) /* not within a letter */
        n--;
    if (n > 0)
        memcpy(a->text, text.p, n);
    a->text_len = n;
}

void activity_start(struct session *s)
{
    (void)pthread_mutex_lock(&s->shared.lock);
    s->activity.backend_us = s->activity.state_us = clock_wall_coarse_us();
    s->activity.state = ACTIVITY_IDLE;
    (void)pthread_mutex_unlock(&s->shared.lock);
}

void activity_begin(struct session *s, struct str text)
{
    struct activity *a = &s->activity;
    const char *application = settings_get(&s->settings, SET_APPLICATION_NAME);
    int64_t now = clock_wall_coarse_us();
    (void)pthread_mutex_lock(&s->shared.lock);
    copy_text(a, text);
    str_copy(str_of(application ? application : ""), a->application, sizeof a->application);
    a->query_us = now;
    if (a->state != ACTIVITY_ACTIVE)
        a->state_us = now;
    if (!a->transaction_us)
        a->transaction_us = now;
    a->state = ACTIVITY_ACTIVE;
    (void)pthread_mutex_unlock(&s->shared.lock);
}

void activity_end(struct session *s)
{
    struct activity *a = &s->activity;
    if (a->state == ACTIVITY_NONE)
        return;
    enum activity_state to = tx_has_failed(s) ? ACTIVITY_FAILED
                             : tx_is_block(s) ? ACTIVITY_IN_BLOCK
                                              : ACTIVITY_IDLE;
    if (to != a->state)
        a->state_us = clock_wall_coarse_us();
    if (to == ACTIVITY_IDLE)
        a->transaction_us = 0;
    a->state = to;
}

/* ---- the list ---- */

#define TYPE                                                                                                 \
    "STRUCT(pid INTEGER, usename VARCHAR, datname VARCHAR, application VARCHAR, address VARCHAR, port "      \
    "INTEGER, backend_start TIMESTAMPTZ, xact_start TIMESTAMPTZ, query_start TIMESTAMPTZ, state_change "     \
    "TIMESTAMPTZ, state VARCHAR, query VARCHAR, mine BOOLEAN)[]"

/* "127.0.0.1:4711", "[::1]:4711"; else the client came by a socket of this machine. */
static void put_client(struct buf *b, const struct session *s)
{
    const char *name = s->client ? s->client->ops->name(s->client) : NULL,
               *colon = name ? strrchr(name, ':') : NULL;
    int64_t port = 0;
    if (!colon || !str_to_i64(str_of(colon + 1), 0, UINT16_MAX, &port)) {
        buf_printf(b, ", address: NULL, port: -1");
        return;
    }
    bool six = *name == '[';
    struct str address = {name + six, (size_t)(colon - name) - 2 * six};
    buf_printf(b, ", address: ");
    sql_list_put_text(b, address);
    buf_printf(b, ", port: %lld", (long long)port);
}

/* As PostgreSQL calls them. */
static const char *const states[] = {[ACTIVITY_NONE] = "NULL",
                                     [ACTIVITY_ACTIVE] = "'active'",
                                     [ACTIVITY_IDLE] = "'idle'",
                                     [ACTIVITY_IN_BLOCK] = "'idle in transaction'",
                                     [ACTIVITY_FAILED] = "'idle in transaction (aborted)'"};

/* With both locks. */
static void put_activity(struct buf *b, const struct session *s, const struct session *by)
{
    const struct activity *a = &s->activity;
    bool mine = strcmp(s->user, by->user) == 0;
    buf_printf(b, "%s{pid: %u, usename: ", b->len > 1 ? ", " : "", s->place.pid);
    sql_list_put_text(b, str_of(s->user));
    buf_printf(b, ", datname: ");
    sql_list_put_text(b, str_of(s->database));
    buf_printf(b, ", application: ");
    sql_list_put_text(b, str_of(a->application));
    put_client(b, s);
    sql_list_put_time(b, "backend_start", a->backend_us);
    sql_list_put_time(b, "xact_start", a->transaction_us);
    sql_list_put_time(b, "query_start", a->query_us);
    sql_list_put_time(b, "state_change", a->state_us);
    buf_printf(b, ", state: %s, query: ", states[a->state]);
    sql_list_put_text(b, mine ? (struct str){a->text, a->text_len} : STR("<insufficient privilege>"));
    buf_printf(b, ", mine: %s}", mine ? "true" : "false");
}

const char *activities_as_sql(struct session *s)
{
    struct session_server *v = s->server;
    struct buf b;
    buf_init_of(&b, SIZE_MAX, &s->memory.all);
    buf_put_u8(&b, '[');
    (void)pthread_mutex_lock(&v->lock);
    for (unsigned i = 0; i < v->slots_end; i++) {
        struct session *other = v->slots[i];
        if (!other || !other->place.counted)
            continue;
        (void)pthread_mutex_lock(&other->shared.lock);
        if (other->activity.state != ACTIVITY_NONE)
            put_activity(&b, other, s);
        (void)pthread_mutex_unlock(&other->shared.lock);
    }
    (void)pthread_mutex_unlock(&v->lock);
    buf_printf(&b, "]::" TYPE);
    return sql_list_finish(s, &b);
}
