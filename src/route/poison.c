#include "route/poison.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "sql/shape.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum { LOOK_AGAIN_MS = 20 };

/* FNV-1a, 64 bits. */
static const uint64_t FNV_BASIS = UINT64_C(0xcbf29ce484222325), FNV_PRIME = UINT64_C(0x100000001b3);

struct entry {
    uint64_t key; /* 0: free */
    unsigned deaths;
    int64_t used_us;                                /* the last death */
    char workers[POISON_DEATHS][POISON_WORKER_MAX]; /* that died */
};

struct poison {
    _Atomic unsigned used; /* entries */
    pthread_mutex_t lock;  /* of what follows */
    pthread_cond_t changed;
    struct entry entries[POISON_ENTRIES];
    const void *seat; /* who has it; NULL: nobody */
    int64_t seat_us;  /* since when */
    char seat_worker[POISON_WORKER_MAX];
    char judged[POISON_JUDGED][POISON_WORKER_MAX];
    unsigned njudged;
};

int poison_new(struct poison **out, struct err *e)
{
    struct poison *p = mem_calloc(1, sizeof *p);
    pthread_condattr_t monotonic;
    if (!p)
        return err_oom(e);
    (void)pthread_mutex_init(&p->lock, NULL);
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&p->changed, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
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

/* ---- keys ---- */

static uint64_t hash_on(uint64_t h, const void *p, size_t n)
{
    const unsigned char *b = p;
    for (size_t i = 0; i < n; i++)
        h = (h ^ b[i]) * FNV_PRIME;
    return h;
}

struct poison_keys poison_keys_of(struct str sql)
{
    struct sql_shape shape;
    sql_shape(sql, &shape);
    size_t n = sql.n < SQL_SHAPE_BYTES_MAX ? sql.n : SQL_SHAPE_BYTES_MAX;
    return (struct poison_keys){shape.fingerprint, hash_on(FNV_BASIS, sql.p, n)};
}

void poison_keys_add(struct poison_keys *k, const void *value, size_t n)
{
    bool is_null = value == NULL;
    k->exact = hash_on(k->exact, &is_null, sizeof is_null);
    k->exact = hash_on(k->exact, &n, sizeof n);
    if (value)
        k->exact = hash_on(k->exact, value, n < SQL_SHAPE_BYTES_MAX ? n : SQL_SHAPE_BYTES_MAX);
}

/* ---- with the lock ---- */

static void forget(struct poison *p, struct entry *x)
{
    if (!x)
        return;
    *x = (struct entry){0};
    (void)atomic_fetch_sub(&p->used, 1);
}

/* NULL: none, or its time is over. */
static struct entry *find(struct poison *p, uint64_t key)
{
    for (size_t i = 0; key && i < POISON_ENTRIES; i++) {
        struct entry *x = &p->entries[i];
        if (x->key != key)
            continue;
        if (clock_now_us() < x->used_us + (int64_t)POISON_QUARANTINE_S * 1000000)
            return x;
        forget(p, x);
    }
    return NULL;
}

static struct entry *find_or_make(struct poison *p, uint64_t key)
{
    struct entry *x = find(p, key), *oldest = &p->entries[0];
    if (x)
        return x;
    for (size_t i = 0; i < POISON_ENTRIES && oldest->key; i++)
        if (!p->entries[i].key || p->entries[i].used_us < oldest->used_us)
            oldest = &p->entries[i];
    if (!oldest->key)
        (void)atomic_fetch_add(&p->used, 1);
    *oldest = (struct entry){.key = key};
    return oldest;
}

static bool is_judged(const struct poison *p, const char *worker)
{
    for (size_t i = 0; i < POISON_JUDGED; i++)
        if (*worker && strcmp(p->judged[i], worker) == 0)
            return true;
    return false;
}

static void judge(struct poison *p, const char *worker)
{
    (void)snprintf(p->judged[p->njudged++ % POISON_JUDGED], POISON_WORKER_MAX, "%s", worker);
}

static bool seat_is_free(const struct poison *p)
{
    return !p->seat || clock_now_us() >= p->seat_us + (int64_t)POISON_SEAT_MS * 1000;
}

static void leave_seat(struct poison *p, const void *who)
{
    if (p->seat != who)
        return;
    p->seat = NULL;
    p->seat_worker[0] = '\0';
    (void)pthread_cond_broadcast(&p->changed);
}

/* One death more of the key; how many there are. Several sessions may tell of the same. */
static unsigned count(struct poison *p, uint64_t key, const char *worker,
                      bool (*lives)(void *arg, const char *worker), void *arg)
{
    struct entry *x = find_or_make(p, key);
    for (unsigned i = 0; i < x->deaths; i++)
        if (strcmp(x->workers[i], worker) == 0)
            return x->deaths;
    if (x->deaths == 1 && lives(arg, x->workers[0]))
        x->deaths = 0; /* it was not dead */
    x->used_us = clock_now_us();
    if (x->deaths < POISON_DEATHS)
        (void)snprintf(x->workers[x->deaths++], POISON_WORKER_MAX, "%s", worker);
    return x->deaths;
}

/* ---- for sessions ---- */

bool poison_is_about(struct poison *p)
{
    return atomic_load_explicit(&p->used, memory_order_relaxed) > 0;
}

static int refused(const struct entry *x, struct err *e)
{
    int64_t left = x->used_us + (int64_t)POISON_QUARANTINE_S * 1000000 - clock_now_us();
    (void)err_set(e, SQLSTATE_OBJECT_NOT_IN_PREREQUISITE_STATE,
                  "workers died while this statement ran, so it is refused for now");
    err_detail(e, "%u workers died under it one after the other; it can be tried again in %lld s.", x->deaths,
               (long long)left / 1000000 + 1);
    err_hint(e, "The logs of the workers say what they died of.");
    return ST_ERR;
}

int poison_check(struct poison *p, const struct poison_keys *k, struct err *e)
{
    int st = ST_OK;
    (void)pthread_mutex_lock(&p->lock);
    struct entry *shape = find(p, k->shape), *exact = find(p, k->exact);
    if (exact && exact->deaths >= POISON_DEATHS)
        st = refused(exact, e);
    else if (shape && shape->deaths >= POISON_DEATHS)
        st = refused(shape, e);
    (void)pthread_mutex_unlock(&p->lock);
    return st;
}

bool poison_is_suspect(struct poison *p, const struct poison_keys *k)
{
    (void)pthread_mutex_lock(&p->lock);
    bool is = find(p, k->shape) || find(p, k->exact);
    (void)pthread_mutex_unlock(&p->lock);
    return is;
}

void poison_take_seat(struct poison *p, const void *who, const char *worker, const _Atomic bool *cancelled)
{
    const int64_t until = clock_now_us() + (int64_t)POISON_WAIT_MS * 1000;
    (void)pthread_mutex_lock(&p->lock);
    while (p->seat != who && !seat_is_free(p) && !atomic_load(cancelled) && clock_now_us() < until) {
        int64_t us = clock_now_us() + (int64_t)LOOK_AGAIN_MS * 1000;
        const struct timespec at = {us / 1000000, us % 1000000 * 1000};
        (void)pthread_cond_timedwait(&p->changed, &p->lock, &at);
    }
    if (p->seat != who && seat_is_free(p)) {
        p->seat = who;
        p->seat_us = clock_now_us();
        (void)snprintf(p->seat_worker, sizeof p->seat_worker, "%s", worker);
    }
    (void)pthread_mutex_unlock(&p->lock);
}

void poison_seat_is_on(struct poison *p, const void *who, const char *worker)
{
    (void)pthread_mutex_lock(&p->lock);
    if (p->seat == who)
        (void)snprintf(p->seat_worker, sizeof p->seat_worker, "%s", worker);
    (void)pthread_mutex_unlock(&p->lock);
}

void poison_leave_seat(struct poison *p, const void *who)
{
    (void)pthread_mutex_lock(&p->lock);
    leave_seat(p, who);
    (void)pthread_mutex_unlock(&p->lock);
}

enum poison_verdict poison_died(struct poison *p, const void *who, const struct poison_keys *k,
                                const char *worker, bool (*lives)(void *arg, const char *worker), void *arg)
{
    enum poison_verdict v = POISON_SUSPECT;
    (void)pthread_mutex_lock(&p->lock);
    bool mine = p->seat == who && strcmp(p->seat_worker, worker) == 0;
    bool others = !mine && (is_judged(p, worker) || (p->seat && strcmp(p->seat_worker, worker) == 0));
    if (mine)
        judge(p, worker);
    if (others) {
        v = POISON_NOT_TO_BLAME;
    } else {
        unsigned exact = count(p, k->exact, worker, lives, arg),
                 shape = count(p, k->shape, worker, lives, arg);
        if (exact >= POISON_DEATHS || shape >= POISON_DEATHS)
            v = POISON_REFUSED;
    }
    leave_seat(p, who);
    (void)pthread_mutex_unlock(&p->lock);
    return v;
}

/* What is refused stays so: it may have been started before, elsewhere. */
static void clear(struct poison *p, uint64_t key)
{
    struct entry *x = find(p, key);
    if (x && x->deaths < POISON_DEATHS)
        forget(p, x);
}

void poison_clear(struct poison *p, const void *who, const struct poison_keys *k)
{
    (void)pthread_mutex_lock(&p->lock);
    clear(p, k->shape);
    clear(p, k->exact);
    leave_seat(p, who);
    (void)pthread_mutex_unlock(&p->lock);
}

unsigned poison_refused(struct poison *p)
{
    unsigned n = 0;
    (void)pthread_mutex_lock(&p->lock);
    for (size_t i = 0; i < POISON_ENTRIES; i++)
        n += p->entries[i].key && p->entries[i].deaths >= POISON_DEATHS &&
             clock_now_us() < p->entries[i].used_us + (int64_t)POISON_QUARANTINE_S * 1000000;
    (void)pthread_mutex_unlock(&p->lock);
    return n;
}
