/* Zones that were used lately. A client makes names up ("+01:02:03"), so the cache forgets and is never full;
 * whoever uses a zone keeps it alive. */
#include "pgtype/tz_cache.h"

#include "pgtype/tz_priv.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <strings.h>

static struct tz utc = {.name = "UTC", .first_name = "UTC"};
static struct list by_use = {&by_use, &by_use};
static unsigned cached;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of the two above */

const struct tz *tz_utc(void)
{
    return &utc;
}

const char *tz_name(const struct tz *z)
{
    return z->name;
}

static struct tz *counted(const struct tz *z)
{
    return (struct tz *)(uintptr_t)z; /* immutable apart from the count */
}

const struct tz *tz_ref(const struct tz *z)
{
    if (z && z != &utc) {
        unsigned before = atomic_fetch_add_explicit(&counted(z)->refs, 1, memory_order_relaxed);
        assert(before > 0); /* whoever gives one on has one */
    }
    return z;
}

void tz_unref(const struct tz *z)
{
    if (z && z != &utc && atomic_fetch_sub_explicit(&counted(z)->refs, 1, memory_order_acq_rel) == 1)
        tz_free(counted(z));
}

static struct tz *find_cached(const char *name)
{
    list_for_each (l, &by_use) {
        struct tz *z = list_entry(l, struct tz, by_use);
        if (strcasecmp(z->name, name) == 0)
            return z;
    }
    return NULL;
}

/* The least recently used of those that nobody uses; when all are used, the least recently used of them. */
static void forget_one(void)
{
    assert(cached > 0);
    struct tz *least = list_entry(by_use.next, struct tz, by_use);
    list_for_each (l, &by_use) {
        struct tz *z = list_entry(l, struct tz, by_use);
        if (atomic_load(&z->refs) == 1) {
            least = z;
            break;
        }
    }
    list_remove(&least->by_use);
    cached--;
    tz_unref(least);
}

static int add(struct tz **out, const char *name, struct err *e)
{
    TRY(tz_load(out, name, e));
    struct tz *z = *out;
    while (cached >= TZ_CACHE_MAX)
        forget_one();
    atomic_store(&z->refs, 1);
    list_append(&by_use, &z->by_use);
    cached++;
    return ST_OK;
}

int tz_find(const struct tz **out, const char *name, struct err *e)
{
    if (strcasecmp(name, "UTC") == 0) {
        *out = &utc;
        return ST_OK;
    }
    (void)pthread_mutex_lock(&lock);
    struct tz *z = find_cached(name);
    int rc = z ? ST_OK : add(&z, name, e);
    if (rc == ST_OK) {
        list_remove(&z->by_use);
        list_append(&by_use, &z->by_use);
        *out = tz_ref(z);
    }
    (void)pthread_mutex_unlock(&lock);
    return rc;
}

unsigned tz_cached(void)
{
    (void)pthread_mutex_lock(&lock);
    unsigned n = cached;
    (void)pthread_mutex_unlock(&lock);
    return n;
}
