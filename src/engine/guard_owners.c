/* Whose the attached catalogs and the secrets are: the engine keeps neither apart by session. */
#include "engine/guard_owners.h"

#include "engine/guard_priv.h"

#include "base/alloc.h"

#include <assert.h>
#include <string.h>

/* owner 0: the engine's own, or the operator's, who no session can take it from. */
struct owned {
    struct list link;
    const struct engine *engine;
    uint64_t owner;
    enum guard_object kind;
    size_t n;
    char name[];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct list all = {&all, &all};
static size_t count;

/* With the lock held. Names are told apart as the engine does: upper and lower case are the same. */
static struct owned *find(const struct engine *en, enum guard_object kind, struct str name)
{
    list_for_each (link, &all) {
        struct owned *o = list_entry(link, struct owned, link);
        if (o->engine == en && o->kind == kind && str_ieq((struct str){o->name, o->n}, name))
            return o;
    }
    return NULL;
}

static void forget(struct owned *o)
{
    assert(count > 0);
    list_remove(&o->link);
    count--;
    mem_free(o);
}

bool guard_owners_put(const struct engine *en, enum guard_object kind, struct str name, uint64_t owner)
{
    (void)pthread_mutex_lock(&lock);
    struct owned *o = find(en, kind, name);
    if (!o && name.n <= GUARD_NAME_MAX && count < GUARD_OWNED_MAX && (o = mem_alloc(sizeof *o + name.n))) {
        *o = (struct owned){.engine = en, .kind = kind, .n = name.n};
        memcpy(o->name, name.p, name.n);
        list_append(&all, &o->link);
        count++;
    }
    if (o)
        o->owner = owner;
    (void)pthread_mutex_unlock(&lock);
    return o != NULL;
}

void guard_owners_drop(const struct engine *en, enum guard_object kind, struct str name)
{
    (void)pthread_mutex_lock(&lock);
    struct owned *o = find(en, kind, name);
    if (o)
        forget(o);
    (void)pthread_mutex_unlock(&lock);
}

bool guard_owners_find(const struct engine *en, enum guard_object kind, struct str name, uint64_t *owner)
{
    (void)pthread_mutex_lock(&lock);
    const struct owned *o = find(en, kind, name);
    *owner = o ? o->owner : 0;
    (void)pthread_mutex_unlock(&lock);
    return o != NULL;
}

bool guard_owners_know(enum guard_object kind, struct str name)
{
    bool found = false;
    (void)pthread_mutex_lock(&lock);
    for (struct list *l = all.next; l != &all && !found; l = l->next) {
        const struct owned *o = list_entry(l, struct owned, link);
        found = o->kind == kind && str_ieq((struct str){o->name, o->n}, name);
    }
    (void)pthread_mutex_unlock(&lock);
    return found;
}

void guard_owners_forget(const struct engine *en)
{
    (void)pthread_mutex_lock(&lock);
    for (struct list *l = all.next, *next; l != &all; l = next) {
        struct owned *o = list_entry(l, struct owned, link);
        next = l->next;
        if (o->engine == en)
            forget(o);
    }
    (void)pthread_mutex_unlock(&lock);
}
