/* Entries lie in an array that is searched from end to end: deaths are rare, and poison_is_about says without
 * the lock that nobody is suspected. A death is noted under two keys, the shape of the statement and its very
 * text. Nobody is judged at once: poison_check does that when the next run is asked for, and not before all
 * sessions of a dead worker had the time to tell of its death. The seat is a session and a time at which it
 * ends; whoever waits for it looks again every LOOK_AGAIN_MS, since a cancel wakes nobody here. */
#include "route/poison.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/thread.h"
#include "route/poison_state.h"

#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum { LOOK_AGAIN_MS = 20 };

struct death {
    char worker[POISON_WORKER_MAX];
    bool late;   /* it had given rows, or had run for longer than what kills is expected to */
    bool seated; /* another one has the seat there: whether that is convicted decides */
};

struct entry {
    enum poison_state state;
    uint64_t key; /* 0: free */
    uint64_t shape;
    unsigned ndeaths; /* more than 0 while it is suspected */
    struct death deaths[POISON_DEATHS_MAX];
    unsigned nrelapses; /* deaths after it had been cleared since it went on; the last of them are here: */
    char relapses[POISON_RELAPSES][POISON_WORKER_MAX];
    uint64_t rows;   /* at the last deaths: the most */
    int64_t ran_us;  /* the same */
    int64_t used_us; /* the last death */
};

struct judged {
    char worker[POISON_WORKER_MAX];
    bool late; /* its culprit */
};

struct poison {
    _Atomic unsigned suspects; /* entries with deaths */
    pthread_mutex_t lock;      /* of what follows */
    pthread_cond_t changed;
    struct entry entries[POISON_ENTRIES];
    const void *seat; /* who has it; NULL: nobody */
    int64_t seat_us, seat_end_us;
    char seat_worker[POISON_WORKER_MAX];
    struct judged judged[POISON_JUDGED];
    unsigned njudged;
};

int poison_new(struct poison **out, struct err *e)
{
    struct poison *p = mem_calloc(1, sizeof *p);
    if (!p)
        return err_oom(e);
    (void)pthread_mutex_init(&p->lock, NULL);
    thread_cond_init(&p->changed);
    *out = p;
    return ST_OK;
}

void poison_free(struct poison *p)
{
    if (!p)
        return;
    (void)pthread_cond_destroy(&p->changed);
    (void)pthread_mutex_destroy(&p->lock);
    mem_free(p);
}

/* ---- with the lock ---- */

static void come_to(struct entry *x, enum poison_event ev)
{
    const enum poison_state next = poison_state_after(x->state, ev);
    assert(next < POISON_STATES);
    x->state = next;
    assert(poison_state_is_suspected(next) == (x->ndeaths > 0));
}

/* An entry that has nothing to be remembered is free. */
static void free_if_forgotten(struct entry *x)
{
    if (x->state == POISON_ENDED && x->nrelapses == 0)
        *x = (struct entry){0};
}

static void recount(struct poison *p)
{
    unsigned n = 0;
    for (size_t i = 0; i < POISON_ENTRIES; i++)
        n += poison_state_is_suspected(p->entries[i].state);
    atomic_store(&p->suspects, n);
}

/* What is over goes meanwhile. NULL: none. */
static struct entry *find(struct poison *p, uint64_t key)
{
    const int64_t over = clock_now_us() - (int64_t)POISON_QUARANTINE_S * 1000000;
    struct entry *found = NULL;
    bool gone = false;
    for (size_t i = 0; key && i < POISON_ENTRIES; i++) {
        struct entry *x = &p->entries[i];
        if (x->key && x->used_us <= over) {
            *x = (struct entry){0};
            gone = true;
        }
        if (x->key == key)
            found = x;
    }
    if (gone)
        recount(p);
    return found;
}

/* NULL: none that is suspected. */
static struct entry *find_suspect(struct poison *p, uint64_t key)
{
    struct entry *x = find(p, key);
    return x && poison_state_is_suspected(x->state) ? x : NULL;
}

static struct entry *find_or_make(struct poison *p, uint64_t key, uint64_t shape)
{
    struct entry *x = find(p, key), *oldest = &p->entries[0];
    if (x)
        return x;
    for (size_t i = 0; i < POISON_ENTRIES && oldest->key; i++)
        if (!p->entries[i].key || p->entries[i].used_us < oldest->used_us)
            oldest = &p->entries[i];
    *oldest = (struct entry){.key = key, .shape = shape};
    return oldest;
}

static const struct death *death_on(const struct entry *x, const char *worker)
{
    for (unsigned i = 0; i < x->ndeaths; i++)
        if (strcmp(x->deaths[i].worker, worker) == 0)
            return &x->deaths[i];
    return NULL;
}

/* Whether another one is likelier to have killed that worker than one that had run on it for long: it had
 * just begun there, or is known to kill. */
static bool is_explained(const struct poison *p, const struct entry *x, const char *worker)
{
    for (size_t i = 0; i < POISON_ENTRIES; i++) {
        const struct entry *y = &p->entries[i];
        const struct death *d = y->key && y->shape != x->shape ? death_on(y, worker) : NULL;
        if (d && (!d->late || (poison_state_was_alone(y->state) && y->ndeaths >= POISON_DEATHS)))
            return true;
    }
    return false;
}

/* Whether another one was on each of the workers that died under it: nobody can tell which of them it was. */
static bool has_company(const struct poison *p, const struct entry *x)
{
    for (size_t i = 0; i < POISON_ENTRIES; i++) {
        const struct entry *y = &p->entries[i];
        unsigned n = 0;
        for (unsigned d = 0; y->key && y->shape != x->shape && d < x->ndeaths; d++)
            n += death_on(y, x->deaths[d].worker) != NULL;
        if (n == x->ndeaths)
            return true;
    }
    return false;
}

static bool is_refused(const struct poison *p, const struct entry *x)
{
    unsigned n = 0;
    if (!x || x->ndeaths < POISON_DEATHS)
        return false;
    if (x->ndeaths >= POISON_DEATHS_MAX)
        return true;
    for (unsigned i = 0; i < x->ndeaths; i++) {
        const struct death *d = &x->deaths[i];
        n += !d->seated && (!d->late || !is_explained(p, x, d->worker));
    }
    return n >= POISON_DEATHS && (poison_state_was_alone(x->state) || !has_company(p, x));
}

static int64_t proof_us(const struct poison *p, const struct entry *x)
{
    int64_t us = (int64_t)POISON_PROOF_MS * 1000;
    for (unsigned i = 0; i < x->nrelapses && i < POISON_RELAPSES; i++)
        if (!is_explained(p, x, x->relapses[i]))
            us *= 10;
    return us;
}

static const struct judged *judged(const struct poison *p, const char *worker)
{
    for (size_t i = 0; i < POISON_JUDGED; i++)
        if (*worker && strcmp(p->judged[i].worker, worker) == 0)
            return &p->judged[i];
    return NULL;
}

static bool seat_is_free(const struct poison *p)
{
    return !p->seat || clock_now_us() >= p->seat_end_us;
}

/* Whoever has it was not convicted of what has happened there meanwhile. */
static void free_seat(struct poison *p)
{
    for (size_t i = 0; p->seat_worker[0] && i < POISON_ENTRIES; i++)
        for (unsigned d = 0; d < p->entries[i].ndeaths; d++)
            if (strcmp(p->entries[i].deaths[d].worker, p->seat_worker) == 0)
                p->entries[i].deaths[d].seated = false;
    p->seat = NULL;
    p->seat_worker[0] = '\0';
}

static void leave_seat(struct poison *p, const void *who)
{
    if (p->seat != who)
        return;
    free_seat(p);
    (void)pthread_cond_broadcast(&p->changed);
}

/* On the worker of that run. */
static bool other_has_seat(const struct poison *p, const struct poison_run *r)
{
    return p->seat && p->seat != r->who && strcmp(p->seat_worker, r->worker) == 0;
}

static bool was_late(const struct entry *x)
{
    for (unsigned i = 0; i < x->ndeaths; i++)
        if (x->deaths[i].late)
            return true;
    return false;
}

static void drop_death(struct entry *x, unsigned i)
{
    assert(i < x->ndeaths && x->ndeaths <= POISON_DEATHS_MAX);
    memmove(&x->deaths[i], &x->deaths[i + 1], (x->ndeaths - i - 1) * sizeof x->deaths[0]);
    x->ndeaths--;
}

/* Deaths on workers that are there after all are none. */
static void drop_mistaken(struct entry *x, bool (*lives)(void *arg, const char *worker), void *arg)
{
    const bool suspected = x->ndeaths > 0;
    for (unsigned i = x->ndeaths; i-- > 0;)
        if (lives(arg, x->deaths[i].worker))
            drop_death(x, i);
    if (suspected && x->ndeaths == 0)
        come_to(x, POISON_ACQUITTED);
}

static void note_relapse(struct entry *x, const char *worker)
{
    (void)snprintf(x->relapses[x->nrelapses++ % POISON_RELAPSES], POISON_WORKER_MAX, "%s", worker);
}

static void add_death(const struct poison *p, struct entry *x, const struct poison_run *r)
{
    const bool first = x->ndeaths == 0;
    const bool late = r->rows > 0 || r->ran_us >= (int64_t)POISON_SEAT_MS * 1000 || was_late(x);
    x->rows = first || r->rows > x->rows ? r->rows : x->rows;
    x->ran_us = first || r->ran_us > x->ran_us ? r->ran_us : x->ran_us;
    if (x->ndeaths == POISON_DEATHS_MAX)
        return;
    struct death *d = &x->deaths[x->ndeaths++];
    *d = (struct death){.late = late, .seated = other_has_seat(p, r)};
    (void)snprintf(d->worker, sizeof d->worker, "%s", r->worker);
}

/* One death more of the key. Several sessions may tell of the same. */
static void count(struct poison *p, uint64_t key, const struct poison_run *r, bool alone,
                  bool (*lives)(void *arg, const char *worker), void *arg)
{
    struct entry *x = find_or_make(p, key, r->keys.shape);
    x->used_us = clock_now_us();
    if (!death_on(x, r->worker)) {
        drop_mistaken(x, lives, arg);
        if (x->state == POISON_WENT_ON)
            note_relapse(x, r->worker);
        add_death(p, x, r);
    }
    come_to(x, alone ? POISON_DIED_ALONE : POISON_DIED);
}

/* Who was on a worker by chance. One that had just begun there may have killed it before the culprit could,
 * if that one kills late. */
static void acquit(struct poison *p, const struct entry *culprit, bool late)
{
    for (size_t i = 0; i < POISON_ENTRIES; i++) {
        struct entry *y = &p->entries[i];
        if (y->state != POISON_SUSPECTED || y->shape == culprit->shape)
            continue;
        for (unsigned d = y->ndeaths; d-- > 0;)
            if (death_on(culprit, y->deaths[d].worker) && (y->deaths[d].late || !late))
                drop_death(y, d);
        if (y->ndeaths == 0) {
            come_to(y, POISON_ACQUITTED);
            free_if_forgotten(y);
        }
    }
}

static void convict(struct poison *p, struct entry *culprit)
{
    const bool late = was_late(culprit);
    come_to(culprit, POISON_IS_JUDGED);
    acquit(p, culprit, late);
    for (unsigned i = 0; i < culprit->ndeaths; i++) {
        struct judged *j = &p->judged[p->njudged++ % POISON_JUDGED];
        *j = (struct judged){.late = late};
        memcpy(j->worker, culprit->deaths[i].worker, sizeof j->worker);
    }
    recount(p);
}

/* Not before all that were on the worker have had the time to tell of it: one that had just begun there may
 * be among them. */
static void judge(struct poison *p)
{
    const int64_t told = clock_now_us() - (int64_t)POISON_SETTLE_MS * 1000;
    for (size_t i = 0; i < POISON_ENTRIES; i++) {
        struct entry *x = &p->entries[i];
        if (x->state == POISON_ALONE && x->used_us <= told && is_refused(p, x))
            convict(p, x);
    }
}

/* ---- for sessions ---- */

bool poison_is_about(struct poison *p)
{
    return atomic_load_explicit(&p->suspects, memory_order_relaxed) > 0;
}

static int refused(const struct entry *x, struct err *e)
{
    int64_t left = x->used_us + (int64_t)POISON_QUARANTINE_S * 1000000 - clock_now_us();
    (void)err_set(e, SQLSTATE_OBJECT_NOT_IN_PREREQUISITE_STATE,
                  "workers died while this statement ran, so it is refused for now");
    err_detail(e, "%u workers died under it one after the other; it can be tried again in %lld s.",
               x->ndeaths, (long long)left / 1000000 + 1);
    err_hint(e, "The logs of the workers say what they died of.");
    return ST_ERR;
}

int poison_check(struct poison *p, const struct poison_keys *k, struct err *e)
{
    int st = ST_OK;
    (void)pthread_mutex_lock(&p->lock);
    judge(p);
    const struct entry *shape = find(p, k->shape), *exact = find(p, k->exact);
    if (is_refused(p, exact))
        st = refused(exact, e);
    else if (is_refused(p, shape))
        st = refused(shape, e);
    (void)pthread_mutex_unlock(&p->lock);
    return st;
}

static void add_suspicion(struct poison_suspicion *s, const struct entry *x)
{
    if (!x)
        return;
    s->is = true;
    s->rows = x->rows > s->rows ? x->rows : s->rows;
    s->seat_us = 2 * x->ran_us > s->seat_us ? 2 * x->ran_us : s->seat_us;
    if (s->seat_us > (int64_t)POISON_SEAT_MAX_MS * 1000)
        s->seat_us = (int64_t)POISON_SEAT_MAX_MS * 1000;
}

struct poison_suspicion poison_suspects(struct poison *p, const struct poison_keys *k)
{
    struct poison_suspicion s = {.seat_us = (int64_t)POISON_SEAT_MS * 1000};
    (void)pthread_mutex_lock(&p->lock);
    add_suspicion(&s, find_suspect(p, k->shape));
    add_suspicion(&s, find_suspect(p, k->exact));
    (void)pthread_mutex_unlock(&p->lock);
    return s;
}

void poison_take_seat(struct poison *p, const void *who, const char *worker, int64_t seat_us,
                      const _Atomic bool *cancelled)
{
    const int64_t until = clock_now_us() + (int64_t)POISON_WAIT_MS * 1000;
    assert(who && seat_us > 0);
    (void)pthread_mutex_lock(&p->lock);
    while (p->seat != who && !seat_is_free(p) && !atomic_load(cancelled) && clock_now_us() < until) {
        int64_t us = clock_now_us() + (int64_t)LOOK_AGAIN_MS * 1000;
        const struct timespec at = {us / 1000000, us % 1000000 * 1000};
        (void)pthread_cond_timedwait(&p->changed, &p->lock, &at);
    }
    if (p->seat != who && seat_is_free(p)) {
        free_seat(p);
        p->seat = who;
        p->seat_us = seat_us;
        p->seat_end_us = clock_now_us() + (*worker ? seat_us : (int64_t)POISON_WAIT_MS * 1000);
        (void)snprintf(p->seat_worker, sizeof p->seat_worker, "%s", worker);
    }
    (void)pthread_mutex_unlock(&p->lock);
}

void poison_seat_is_on(struct poison *p, const void *who, const char *worker)
{
    (void)pthread_mutex_lock(&p->lock);
    if (p->seat == who) {
        (void)snprintf(p->seat_worker, sizeof p->seat_worker, "%s", worker);
        p->seat_end_us = clock_now_us() + p->seat_us;
    }
    (void)pthread_mutex_unlock(&p->lock);
}

void poison_leave_seat(struct poison *p, const void *who)
{
    (void)pthread_mutex_lock(&p->lock);
    leave_seat(p, who);
    (void)pthread_mutex_unlock(&p->lock);
}

/* Not where somebody else is known to be to blame. One that had just begun is counted all the same where the
 * other one is not known, or kills late: it may be what gets it convicted wrongly. */
static bool counts(const struct poison *p, const struct poison_run *r)
{
    const struct judged *j = judged(p, r->worker);
    const bool late = r->rows > 0 || r->ran_us >= (int64_t)POISON_SEAT_MS * 1000;
    return j ? (j->late && !late) : (!late || !other_has_seat(p, r));
}

void poison_died(struct poison *p, const struct poison_run *r, bool (*lives)(void *arg, const char *worker),
                 void *arg)
{
    assert(r->who && strlen(r->worker) < POISON_WORKER_MAX);
    (void)pthread_mutex_lock(&p->lock);
    const bool mine = p->seat == r->who && strcmp(p->seat_worker, r->worker) == 0;
    if (mine || counts(p, r)) {
        count(p, r->keys.exact, r, mine, lives, arg);
        count(p, r->keys.shape, r, mine, lives, arg);
        recount(p);
    }
    leave_seat(p, r->who);
    (void)pthread_mutex_unlock(&p->lock);
}

/* What is refused stays so: the run may have been started before, elsewhere. */
static void clear(struct poison *p, struct entry *x, enum poison_event ev)
{
    if (!x || is_refused(p, x))
        return;
    x->ndeaths = 0;
    come_to(x, ev);
    free_if_forgotten(x);
    recount(p);
}

void poison_ended(struct poison *p, const struct poison_keys *k)
{
    (void)pthread_mutex_lock(&p->lock);
    clear(p, find_suspect(p, k->shape), POISON_HAS_ENDED);
    clear(p, find_suspect(p, k->exact), POISON_HAS_ENDED);
    (void)pthread_mutex_unlock(&p->lock);
}

bool poison_went_on(struct poison *p, const struct poison_keys *k, int64_t us)
{
    const uint64_t keys[] = {k->shape, k->exact};
    bool suspect = false;
    (void)pthread_mutex_lock(&p->lock);
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        struct entry *x = find_suspect(p, keys[i]);
        if (x && us >= proof_us(p, x))
            clear(p, x, POISON_HAS_GONE_ON);
        suspect |= find_suspect(p, keys[i]) != NULL;
    }
    (void)pthread_mutex_unlock(&p->lock);
    return suspect;
}

unsigned poison_refused(struct poison *p)
{
    unsigned n = 0;
    (void)pthread_mutex_lock(&p->lock);
    (void)find(p, UINT64_MAX); /* what is over goes */
    for (size_t i = 0; i < POISON_ENTRIES; i++)
        n += is_refused(p, &p->entries[i]);
    (void)pthread_mutex_unlock(&p->lock);
    return n;
}
