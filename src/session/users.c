/* A table of lists by the hash of the name. A record is made with the first session of a user and goes with
 * the last one; the pool of threads may hold it a little longer, since the thread that ends a session is
 * itself counted. */
#include "session/users.h"

#include "base/account.h"
#include "base/alloc.h"
#include "base/hash.h"
#include "base/thread_pool.h"
#include "session/admission.h"

#include <assert.h>
#include <stdatomic.h>
#include <string.h>

struct session_user {
    struct task_owner threads;
    struct admission_share results;
    struct account_pool memory;
    struct list link;
    unsigned refs;     /* sessions, those that do not count any more too */
    unsigned sessions; /* that count */
    _Atomic unsigned cursors;
    char name[];
};

void users_init(struct users *u, const struct users_limits *limits)
{
    u->limits = *limits;
    for (size_t i = 0; i < USERS_BUCKETS; i++)
        list_init(&u->buckets[i]);
}

static void free_of_owner(struct task_owner *o)
{
    session_user_free(list_entry(o, struct session_user, threads));
}

static struct session_user *make(struct list *bucket, const char *name, const struct users_limits *limits)
{
    size_t n = strlen(name) + 1;
    struct session_user *user = mem_calloc(1, sizeof *user + n);
    if (!user)
        return NULL;
    memcpy(user->name, name, n);
    task_owner_init(&user->threads, limits->threads, free_of_owner);
    user->memory.part_of = limits->all_memory;
    user->memory.max = limits->memory;
    list_append(bucket, &user->link);
    return user;
}

int users_enter(struct users *u, const char *name, struct session_user **out, struct err *e)
{
    *out = NULL;
    if (u->limits.sessions == 0)
        return ST_OK;
    struct list *bucket = &u->buckets[hash_text(str_of(name)) % USERS_BUCKETS];
    struct session_user *user = NULL;
    list_for_each (link, bucket)
        if (strcmp(list_entry(link, struct session_user, link)->name, name) == 0)
            user = list_entry(link, struct session_user, link);
    if (user && user->sessions >= u->limits.sessions)
        return err_set(e, SQLSTATE_TOO_MANY_CONNECTIONS, "too many connections for role \"%s\"", name);
    if (!user && !(user = make(bucket, name, &u->limits)))
        return err_oom(e);
    user->refs++;
    user->sessions++;
    assert(user->sessions <= user->refs);
    *out = user;
    return ST_OK;
}

void users_discount(struct session_user *user)
{
    if (!user)
        return;
    assert(user->sessions > 0);
    user->sessions--;
}

struct session_user *users_leave(struct session_user *user, bool counted)
{
    if (!user)
        return NULL;
    if (counted)
        users_discount(user);
    assert(user->refs > user->sessions);
    if (--user->refs > 0)
        return NULL;
    list_remove(&user->link);
    return user;
}

void session_user_free(struct session_user *user)
{
    if (!user)
        return;
    assert(user->refs == 0 && user->results.used == 0);
    assert(atomic_load(&user->cursors) == 0 && atomic_load(&user->memory.used) == 0);
    mem_free(user);
}

struct task_owner *session_user_threads(struct session_user *user)
{
    return user ? &user->threads : NULL;
}

struct admission_share *session_user_results(struct session_user *user)
{
    return user ? &user->results : NULL;
}

struct account_pool *session_user_memory(struct session_user *user)
{
    return user ? &user->memory : NULL;
}

unsigned session_user_cursors(const struct session_user *user)
{
    return user ? atomic_load(&user->cursors) : 0;
}

void session_user_count_cursor(struct session_user *user, int change)
{
    if (!user)
        return;
    unsigned before = atomic_fetch_add(&user->cursors, (unsigned)change);
    assert(change > 0 || before > 0);
    (void)before;
}
