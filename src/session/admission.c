/* Bytes are granted in the order of the line: nobody overtakes the first one with a smaller wish, so a
 * large one is not starved. Those whose own user has its share already are passed over. Whoever gives bytes
 * back grants them to those in line, under the one lock, and rings their bells. A ticket lies on the stack
 * of the thread that waits, which takes it out of the line before it goes on. A result that finds all bytes
 * free is let in whatever it takes, since there is nobody to wait for. */
#include "session/admission.h"

#include "base/metric.h"
#include "base/waker.h"

#include <assert.h>

void admission_init(struct admission *a, uint64_t limit, uint64_t share_max)
{
    *a = (struct admission){.limit = limit, .share_max = share_max};
    (void)pthread_mutex_init(&a->lock, NULL); /* cannot fail without attributes */
    list_init(&a->waiting);
}

void admission_release(struct admission *a)
{
    assert(list_is_empty(&a->waiting) && a->used == 0);
    (void)pthread_mutex_destroy(&a->lock);
}

/* ---- with the lock ---- */

static bool fits(const struct admission *a, uint64_t bytes)
{
    return a->used == 0 || (bytes <= a->limit && a->used <= a->limit - bytes);
}

static bool fits_share(const struct admission *a, const struct admission_share *share, uint64_t bytes)
{
    return !share || share->used == 0 || share->used + bytes <= a->share_max;
}

static void take(struct admission *a, struct admission_share *share, uint64_t bytes)
{
    assert(bytes > 0);
    a->used += bytes;
    if (share)
        share->used += bytes;
    metric_gauge_add(METRIC_STREAM_MEMORY_BYTES, (int64_t)bytes);
}

static void grant(struct admission *a)
{
    struct list *next;
    for (struct list *link = a->waiting.next; link != &a->waiting; link = next) {
        struct admission_ticket *t = list_entry(link, struct admission_ticket, link);
        next = link->next;
        if (!fits_share(a, t->share, t->bytes))
            continue;
        if (!fits(a, t->bytes))
            return;
        take(a, t->share, t->bytes);
        assert(!t->granted);
        list_remove(&t->link);
        t->granted = true;
        waker_ring(t->bell);
    }
}

/* ---- for all ---- */

bool admission_try(struct admission *a, struct admission_share *share, uint64_t bytes, bool extra)
{
    (void)pthread_mutex_lock(&a->lock);
    bool ok = list_is_empty(&a->waiting) && fits_share(a, share, bytes) &&
              (extra ? a->used + bytes <= a->limit / 2 : fits(a, bytes));
    if (ok)
        take(a, share, bytes);
    (void)pthread_mutex_unlock(&a->lock);
    return ok;
}

void admission_queue(struct admission *a, struct admission_ticket *t)
{
    (void)pthread_mutex_lock(&a->lock);
    t->granted = false;
    list_append(&a->waiting, &t->link);
    metric_gauge_add(METRIC_STREAMS_WAITING, 1);
    grant(a); /* what was given back since the try */
    (void)pthread_mutex_unlock(&a->lock);
}

bool admission_granted(struct admission *a, struct admission_ticket *t)
{
    (void)pthread_mutex_lock(&a->lock);
    bool granted = t->granted;
    (void)pthread_mutex_unlock(&a->lock);
    return granted;
}

bool admission_waits_for_own(struct admission *a, const struct admission_ticket *t)
{
    (void)pthread_mutex_lock(&a->lock);
    bool own = !fits_share(a, t->share, t->bytes);
    (void)pthread_mutex_unlock(&a->lock);
    return own;
}

bool admission_unqueue(struct admission *a, struct admission_ticket *t)
{
    (void)pthread_mutex_lock(&a->lock);
    bool granted = t->granted;
    if (!granted)
        list_remove(&t->link);
    metric_gauge_add(METRIC_STREAMS_WAITING, -1);
    grant(a); /* the next one may want less */
    (void)pthread_mutex_unlock(&a->lock);
    return granted;
}

void admission_give_back(struct admission *a, struct admission_share *share, uint64_t bytes)
{
    (void)pthread_mutex_lock(&a->lock);
    assert(bytes <= a->used);
    a->used -= bytes;
    if (share) {
        assert(bytes <= share->used);
        share->used -= bytes;
    }
    metric_gauge_add(METRIC_STREAM_MEMORY_BYTES, -(int64_t)bytes);
    grant(a);
    (void)pthread_mutex_unlock(&a->lock);
}
