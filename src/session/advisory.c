/* One mutex for all: whoever takes, gives back or gives up a lock looks at it for as long as its holders
 * and waiters take. Who waits stands in the lock's line; whoever gives something back hands it on to those
 * in front of the line, in order, and rings their bells. A session that is about to wait first looks
 * whether the sessions that it would wait for wait for it: then it is the one that fails, as nobody waits
 * in a circle yet. */
#include "session/advisory.h"

#include "base/alloc.h"
#include "base/hash.h"
#include "session/session_priv.h"

#include <assert.h>
#include <poll.h>

struct advisory_entry {
    struct list link; /* of its bucket */
    struct advisory_key key;
    struct list holds;
    struct list line; /* of waits, the oldest first */
};

struct advisory_hold {
    struct list of_entry, of_session;
    struct advisory_entry *entry;
    struct session *session;
    struct advisory_mode mode;
    unsigned count;
    uint64_t born; /* its place among the session's portals and savepoints */
};

struct advisory_wait {
    struct list in_line, in_all;
    struct advisory_entry *entry;
    struct session *session;
    struct advisory_hold *hold; /* what it gets */
    bool granted;
};

void advisory_init(struct advisory *all)
{
    *all = (struct advisory){0};
    (void)pthread_mutex_init(&all->lock, NULL);
    for (size_t i = 0; i < ADVISORY_BUCKETS; i++)
        list_init(&all->buckets[i]);
    list_init(&all->waits);
}

void advisory_release(struct advisory *all)
{
    for (size_t i = 0; i < ADVISORY_BUCKETS; i++)
        assert(list_is_empty(&all->buckets[i]));
    (void)pthread_mutex_destroy(&all->lock);
}

void advisory_held_init(struct advisory_held *held)
{
    *held = (struct advisory_held){0};
    list_init(&held->holds);
}

static struct advisory *all_of(const struct session *s)
{
    return &s->server->advisory;
}

/* ---- with the lock ---- */

/* Whether two keys are one lock. */
static bool same_key(const struct advisory_key *a, const struct advisory_key *b)
{
    return a->is_pair == b->is_pair && a->number == b->number && a->database == b->database;
}

static struct list *bucket_of(struct advisory *all, const struct advisory_key *key)
{
    uint64_t h = hash_bytes(HASH_BEGIN, &key->number, sizeof key->number);
    return &all->buckets[(h ^ (h >> 32)) % ADVISORY_BUCKETS];
}

/* NULL: nobody holds it or waits for it. */
static struct advisory_entry *find_entry(struct advisory *all, const struct advisory_key *key)
{
    list_for_each (link, bucket_of(all, key)) {
        struct advisory_entry *x = list_entry(link, struct advisory_entry, link);
        if (same_key(&x->key, key))
            return x;
    }
    return NULL;
}

/* The same, made when there is none. NULL without memory. */
static struct advisory_entry *entry_of(struct advisory *all, const struct advisory_key *key)
{
    struct advisory_entry *x = find_entry(all, key);
    if (x)
        return x;
    x = mem_calloc(1, sizeof *x);
    if (!x)
        return NULL;
    x->key = *key;
    list_init(&x->holds);
    list_init(&x->line);
    list_append(bucket_of(all, key), &x->link);
    return x;
}

/* An entry lives as long as somebody holds the lock or waits for it. */
static void drop_if_idle(struct advisory_entry *x)
{
    if (!list_is_empty(&x->holds) || !list_is_empty(&x->line))
        return;
    list_remove(&x->link);
    mem_free(x);
}

/* What a session holds itself never stands in its way. */
static bool conflicts(bool shared, const struct advisory_hold *other, const struct session *s)
{
    return other->session != s && !(shared && other->mode.shared);
}

/* What s has of it in any mode. */
static bool holds_any(const struct advisory_entry *x, const struct session *s)
{
    list_for_each (link, &x->holds)
        if (list_entry(link, struct advisory_hold, of_entry)->session == s)
            return true;
    return false;
}

/* before: the wait whose turn it is; NULL: somebody new, behind the whole line. Who holds a part of it
 * already waits for holders alone, or those behind it would wait for it and it for them. */
static bool can_have(const struct advisory_entry *x, const struct session *s, bool shared,
                     const struct advisory_wait *before)
{
    list_for_each (link, &x->holds)
        if (conflicts(shared, list_entry(link, struct advisory_hold, of_entry), s))
            return false;
    if (holds_any(x, s))
        return true;
    list_for_each (link, &x->line) {
        const struct advisory_wait *w = list_entry(link, struct advisory_wait, in_line);
        if (w == before)
            break;
        if (!(shared && w->hold->mode.shared))
            return false;
    }
    return true;
}

static struct advisory_hold *find_hold(const struct session *s, const struct advisory_entry *x,
                                       struct advisory_mode mode)
{
    list_for_each (link, &s->advisory.holds) {
        struct advisory_hold *h = list_entry(link, struct advisory_hold, of_session);
        if (h->entry == x && h->mode.shared == mode.shared && h->mode.transaction == mode.transaction)
            return h;
    }
    return NULL;
}

static void put_hold(struct advisory_entry *x, struct advisory_hold *h)
{
    list_append(&x->holds, &h->of_entry);
    h->count = 1;
}

/* The line moves up. */
static void grant(struct advisory_entry *x)
{
    struct list *next;
    for (struct list *link = x->line.next; link != &x->line; link = next) {
        struct advisory_wait *w = list_entry(link, struct advisory_wait, in_line);
        next = link->next;
        if (!can_have(x, w->session, w->hold->mode.shared, w))
            continue;
        assert(!w->granted && w->session->advisory.wait == w);
        list_remove(&w->in_line);
        put_hold(x, w->hold);
        w->granted = true;
        waker_ring(&w->session->shared.worker->waker);
    }
}

/* Gives it back, and hands on what that leaves free. */
static void drop_hold(struct session *s, struct advisory_hold *h)
{
    struct advisory_entry *x = h->entry;
    assert(h->session == s && s->advisory.n > 0);
    list_remove(&h->of_entry);
    list_remove(&h->of_session);
    s->advisory.n--;
    mem_free(h);
    grant(x);
    drop_if_idle(x);
}

/* Marks whom w waits for; whether s is one of them. */
static bool mark_blockers(struct advisory *all, const struct advisory_wait *w, const struct session *s)
{
    const struct advisory_entry *x = w->entry;
    bool found = false, holds = holds_any(x, w->session);
    list_for_each (link, &x->holds) {
        struct advisory_hold *h = list_entry(link, struct advisory_hold, of_entry);
        if (!conflicts(w->hold->mode.shared, h, w->session))
            continue;
        h->session->advisory.seen = all->generation;
        found |= h->session == s;
    }
    list_for_each (link, &x->line) {
        struct advisory_wait *other = list_entry(link, struct advisory_wait, in_line);
        if (other == w || holds)
            break;
        if (w->hold->mode.shared && other->hold->mode.shared)
            continue;
        other->session->advisory.seen = all->generation;
        found |= other->session == s;
    }
    return found;
}

/* Whether s, which stands in a line, waits for itself: those whom it waits for are marked, then whom those
 * wait for, until there is nobody new. */
static bool waits_for_itself(struct advisory *all, const struct advisory_wait *mine)
{
    unsigned marked = 0, before;
    all->generation++;
    if (mark_blockers(all, mine, mine->session))
        return true;
    do {
        before = marked;
        marked = 0;
        list_for_each (link, &all->waits) {
            const struct advisory_wait *w = list_entry(link, struct advisory_wait, in_all);
            if (w->session->advisory.seen != all->generation || w->granted)
                continue;
            marked++;
            if (mark_blockers(all, w, mine->session))
                return true;
        }
    } while (marked > before);
    return false;
}

/* ---- for a session ---- */

/* A hold that is nobody's yet. */
static int new_hold(struct session *s, struct advisory_entry *x, struct advisory_mode mode,
                    struct advisory_hold **out, struct err *e)
{
    if (s->advisory.n >= ADVISORY_HOLDS_MAX) {
        (void)err_set(e, SQLSTATE_OUT_OF_MEMORY, "out of shared memory");
        err_detail(e, "A session can hold %d advisory locks.", ADVISORY_HOLDS_MAX);
        return ST_ERR;
    }
    struct advisory_hold *h = mem_calloc(1, sizeof *h);
    if (!h)
        return err_oom(e);
    *h = (struct advisory_hold){.entry = x, .session = s, .mode = mode, .born = portals_birth(s)};
    list_init(&h->of_entry);
    list_append(&s->advisory.holds, &h->of_session);
    s->advisory.n++;
    *out = h;
    return ST_OK;
}

/* With the lock. ST_AGAIN: *hold stands for what is to be waited for. */
static int take(struct session *s, const struct advisory_key *key, struct advisory_mode mode,
                struct advisory_hold **hold, struct err *e)
{
    struct advisory_entry *x = entry_of(all_of(s), key);
    if (!x)
        return err_oom(e);
    struct advisory_hold *has = find_hold(s, x, mode);
    if (has) {
        has->count++;
        return ST_OK;
    }
    if (new_hold(s, x, mode, hold, e) < 0) {
        drop_if_idle(x);
        return ST_ERR;
    }
    if (!can_have(x, s, mode.shared, NULL))
        return ST_AGAIN;
    put_hold(x, *hold);
    return ST_OK;
}

int advisory_try(struct session *s, const struct advisory_key *key, struct advisory_mode mode, bool *got,
                 struct err *e)
{
    struct advisory *all = all_of(s);
    struct advisory_hold *hold = NULL;
    (void)pthread_mutex_lock(&all->lock);
    int st = take(s, key, mode, &hold, e);
    if (st == ST_AGAIN)
        drop_hold(s, hold);
    (void)pthread_mutex_unlock(&all->lock);
    *got = st == ST_OK;
    return st < 0 ? st : ST_OK;
}

/* Stands in line, unless it must not. With the lock. */
static int stand_in_line(struct session *s, struct advisory_wait *w, struct err *e)
{
    struct advisory *all = all_of(s);
    unsigned most = session_config(s)->lock_waiters_max;
    most = most > ADVISORY_WAITERS_LEAST ? most : ADVISORY_WAITERS_LEAST;
    if (all->nwaits >= most) { /* each holds a thread */
        (void)err_set(e, SQLSTATE_TOO_MANY_CONNECTIONS, "too many sessions wait for advisory locks (%u)",
                      most);
        return ST_ERR;
    }
    assert(!s->advisory.wait && w->hold && !w->granted);
    list_append(&w->entry->line, &w->in_line);
    list_append(&all->waits, &w->in_all);
    all->nwaits++;
    s->advisory.wait = w;
    return waits_for_itself(all, w) ? err_set(e, SQLSTATE_DEADLOCK_DETECTED, "deadlock detected") : ST_OK;
}

/* The wait is over; whether it has got the lock. With the lock. */
static bool leave_line(struct session *s, struct advisory_wait *w)
{
    struct advisory *all = all_of(s);
    if (s->advisory.wait) {
        list_remove(&w->in_line);
        list_remove(&w->in_all);
        all->nwaits--;
        s->advisory.wait = NULL;
    }
    if (w->granted)
        return true;
    drop_hold(s, w->hold); /* those behind it may have their turn */
    return false;
}

static bool is_granted(struct advisory *all, const struct advisory_wait *w)
{
    (void)pthread_mutex_lock(&all->lock);
    bool granted = w->granted;
    (void)pthread_mutex_unlock(&all->lock);
    return granted;
}

/* Until it is granted, or something else ends the wait. */
static int wait_for(struct session *s, const struct advisory_wait *w, struct err *e)
{
    int64_t limit = settings_duration_us(&s->settings, SET_LOCK_TIMEOUT);
    int64_t deadline = limit ? clock_now_us() + limit : CLOCK_NEVER;
    struct waker *bell = &s->shared.worker->waker;
    while (!is_granted(all_of(s), w)) {
        TRY(session_check_interrupts(s, e));
        if (clock_now_us() >= deadline)
            return err_set(e, SQLSTATE_LOCK_NOT_AVAILABLE, "canceling statement due to lock timeout");
        struct pollfd p = {.fd = waker_fd(bell), .events = POLLIN};
        if (poll(&p, 1, clock_poll_ms(deadline)) > 0)
            waker_clear(bell);
    }
    return ST_OK;
}

int advisory_lock(struct session *s, const struct advisory_key *key, struct advisory_mode mode, struct err *e)
{
    struct advisory *all = all_of(s);
    struct advisory_wait w = {.session = s};
    TRY(s->reply->ops->flush(s->reply, e)); /* what is answered already does not wait with it */
    (void)pthread_mutex_lock(&all->lock);
    int st = take(s, key, mode, &w.hold, e);
    bool waits = st == ST_AGAIN;
    if (waits) {
        w.entry = w.hold->entry;
        list_init(&w.in_line);
        list_init(&w.in_all);
        st = stand_in_line(s, &w, e);
        if (st < 0)
            (void)leave_line(s, &w);
    }
    (void)pthread_mutex_unlock(&all->lock);
    if (!waits || st < 0)
        return st;
    st = wait_for(s, &w, e);
    (void)pthread_mutex_lock(&all->lock);
    bool got = leave_line(s, &w);
    if (got && st < 0) /* granted while it gave up */
        drop_hold(s, w.hold);
    (void)pthread_mutex_unlock(&all->lock);
    return st;
}

bool advisory_unlock(struct session *s, const struct advisory_key *key, bool shared)
{
    struct advisory *all = all_of(s);
    (void)pthread_mutex_lock(&all->lock);
    struct advisory_entry *x = find_entry(all, key);
    struct advisory_hold *h = x ? find_hold(s, x, (struct advisory_mode){.shared = shared}) : NULL;
    if (h && --h->count == 0)
        drop_hold(s, h);
    (void)pthread_mutex_unlock(&all->lock);
    return h != NULL;
}

/* All of one life, from that place in the session's order on. */
static void drop_where(struct session *s, bool transaction, uint64_t born)
{
    struct advisory *all = all_of(s);
    struct list *next;
    if (list_is_empty(&s->advisory.holds)) /* its own thread adds to it alone */
        return;
    (void)pthread_mutex_lock(&all->lock);
    for (struct list *link = s->advisory.holds.next; link != &s->advisory.holds; link = next) {
        struct advisory_hold *h = list_entry(link, struct advisory_hold, of_session);
        next = link->next;
        if (h->mode.transaction == transaction && h->born > born)
            drop_hold(s, h);
    }
    (void)pthread_mutex_unlock(&all->lock);
}

void advisory_unlock_all(struct session *s)
{
    drop_where(s, false, 0);
}

void advisory_end_transaction(struct session *s, uint64_t born)
{
    drop_where(s, true, born);
}

void advisory_each(struct session *s,
                   void (*what)(void *arg, const struct advisory_key *key, const struct session *who,
                                struct advisory_mode mode, bool granted),
                   void *arg)
{
    struct advisory *all = all_of(s);
    uint64_t database = hash_text(str_of(s->database));
    (void)pthread_mutex_lock(&all->lock);
    for (size_t i = 0; i < ADVISORY_BUCKETS; i++)
        list_for_each (link, &all->buckets[i]) {
            const struct advisory_entry *x = list_entry(link, struct advisory_entry, link);
            if (x->key.database != database)
                continue;
            list_for_each (of_entry, &x->holds) {
                const struct advisory_hold *h = list_entry(of_entry, struct advisory_hold, of_entry);
                what(arg, &x->key, h->session, h->mode, true);
            }
            list_for_each (in_line, &x->line) {
                const struct advisory_wait *w = list_entry(in_line, struct advisory_wait, in_line);
                what(arg, &x->key, w->session, w->hold->mode, false);
            }
        }
    (void)pthread_mutex_unlock(&all->lock);
}
