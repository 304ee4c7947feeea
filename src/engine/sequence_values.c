/* One array a session, newest sequence last, searched from there: a session takes values of few. */
#include "engine/sequence_values.h"

#include "base/alloc.h"

#include <assert.h>
#include <pthread.h>
#include <string.h>

struct taken {
    int64_t oid, value;
};

struct sequence_values {
    pthread_mutex_t lock;
    struct taken *items;
    size_t n, size;
    int64_t last, before; /* the sequences of the last value and of the one before, 0: none */
};

struct sequence_values *sequence_values_new(void)
{
    struct sequence_values *v = mem_calloc(1, sizeof *v);
    if (v)
        (void)pthread_mutex_init(&v->lock, NULL);
    return v;
}

void sequence_values_free(struct sequence_values *v)
{
    if (!v)
        return;
    (void)pthread_mutex_destroy(&v->lock);
    mem_free(v->items);
    mem_free(v);
}

/* The newest of that number; NULL: nothing was taken of it. */
static struct taken *find(const struct sequence_values *v, int64_t oid)
{
    for (size_t i = v->n; i-- > 0;)
        if (v->items[i].oid == oid)
            return &v->items[i];
    return NULL;
}

/* Room for one more; the oldest makes it where there are too many. NULL: no memory. */
static struct taken *add(struct sequence_values *v, int64_t oid)
{
    assert(v->n <= SEQUENCE_VALUES_MAX);
    if (v->n == SEQUENCE_VALUES_MAX) {
        v->n--;
        memmove(v->items, v->items + 1, v->n * sizeof *v->items);
    }
    if (v->n == v->size) {
        size_t size = v->size ? 2 * v->size : 8;
        struct taken *more = mem_realloc(v->items, size * sizeof *more);
        if (!more)
            return NULL;
        v->items = more;
        v->size = size;
    }
    v->items[v->n].oid = oid;
    return &v->items[v->n++];
}

void sequence_values_put(struct sequence_values *v, int64_t oid, int64_t value)
{
    (void)pthread_mutex_lock(&v->lock);
    struct taken *t = find(v, oid);
    if (!t)
        t = add(v, oid);
    if (t) {
        t->value = value;
        if (v->last != oid)
            v->before = v->last;
        v->last = oid;
    }
    (void)pthread_mutex_unlock(&v->lock);
}

bool sequence_values_find(struct sequence_values *v, int64_t oid, int64_t *value)
{
    (void)pthread_mutex_lock(&v->lock);
    const struct taken *t = find(v, oid);
    if (t)
        *value = t->value;
    (void)pthread_mutex_unlock(&v->lock);
    return t != NULL;
}

bool sequence_values_last(struct sequence_values *v, int64_t *value)
{
    (void)pthread_mutex_lock(&v->lock);
    const struct taken *t = v->last ? find(v, v->last) : NULL;
    if (t)
        *value = t->value;
    (void)pthread_mutex_unlock(&v->lock);
    return t != NULL;
}

void sequence_values_same(struct sequence_values *v, int64_t from, int64_t to)
{
    (void)pthread_mutex_lock(&v->lock);
    const struct taken *t = find(v, from);
    int64_t value = t ? t->value : 0;
    struct taken *new = t && !find(v, to) ? add(v, to) : NULL;
    if (new)
        new->value = value;
    if (v->last == to)
        v->last = v->before;
    if (v->last == from)
        v->last = to;
    (void)pthread_mutex_unlock(&v->lock);
}

void sequence_values_forget(struct sequence_values *v)
{
    (void)pthread_mutex_lock(&v->lock);
    v->n = 0;
    v->last = v->before = 0;
    (void)pthread_mutex_unlock(&v->lock);
}
