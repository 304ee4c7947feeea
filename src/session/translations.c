/* A set is searched from end to end: by hash, then by the bytes themselves, since whoever wants to can find
 * texts of one hash. A text is kept the second time it comes: of texts that come once (an INSERT with its
 * values) a set keeps hashes alone. Each translation is one allocation, counted by references, so that it is
 * read without the lock. */
#include "session/translations.h"

#include "base/alloc.h"
#include "base/hash.h"
#include "base/metric.h"
#include "dialect/translate.h"

#include <assert.h>
#include <string.h>

/* Does a translation depend on what has been added to it? Then it is a part of the key, but for what all that
 * are kept have in common: they are sent, and sum no intervals. */
static_assert(sizeof(struct dialect) == 6 * sizeof(void *),
              "struct translation_key goes with struct dialect");

void translations_init(struct translations *all)
{
    *all = (struct translations){0};
    for (size_t i = 0; i < TRANSLATION_SETS; i++)
        (void)pthread_mutex_init(&all->sets[i].lock, NULL); /* cannot fail without attributes */
}

void translation_unref(struct translation *t)
{
    if (!t || __atomic_sub_fetch(&t->refs, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    metric_gauge_add(METRIC_TRANSLATION_BYTES, -(int64_t)t->bytes);
    mem_free(t);
}

void translations_release(struct translations *all)
{
    for (size_t i = 0; i < TRANSLATION_SETS; i++) {
        for (size_t k = 0; k < TRANSLATION_WAYS; k++)
            translation_unref(all->sets[i].kept[k]);
        (void)pthread_mutex_destroy(&all->sets[i].lock);
    }
}

static uint64_t hash_of(const struct translation_key *key)
{
    unsigned flags = key->postgres + 2U * key->strings + 4U * key->dates_ordered + 8U * key->database_is;
    uint64_t hash = hash_byte(hash_text(key->text), (unsigned char)flags);
    return key->database.n ? hash_byte(hash, (unsigned char)key->database.p[key->database.n - 1]) : hash;
}

static struct translation_set *set_of(struct translations *all, uint64_t hash)
{
    return &all->sets[hash % TRANSLATION_SETS];
}

static bool is_same(const struct translation_key *a, const struct translation_key *b)
{
    return a->postgres == b->postgres && a->dates_ordered == b->dates_ordered && a->strings == b->strings &&
           a->database_is == b->database_is && str_eq(a->text, b->text) && str_eq(a->database, b->database);
}

/* ---- with the lock ---- */

static struct translation *find(struct translation_set *set, uint64_t hash, const struct translation_key *key)
{
    for (size_t i = 0; i < TRANSLATION_WAYS; i++) {
        struct translation *t = set->kept[i];
        if (!t || t->hash != hash || !is_same(&t->key, key))
            continue;
        set->used[i] = ++set->now;
        unsigned refs = __atomic_add_fetch(&t->refs, 1, __ATOMIC_RELAXED);
        assert(refs > 1); /* the set has one */
        return t;
    }
    return NULL;
}

/* From here on it was. */
static bool seen_before(struct translation_set *set, uint64_t hash)
{
    for (size_t i = 0; i < TRANSLATION_WAYS; i++)
        if (set->seen[i] == hash)
            return true;
    set->seen[set->nseen++ % TRANSLATION_WAYS] = hash;
    return false;
}

static size_t oldest(const struct translation_set *set)
{
    size_t at = 0;
    for (size_t i = 1; i < TRANSLATION_WAYS; i++)
        if (set->used[i] < set->used[at])
            at = i;
    return at;
}

/* ---- for all ---- */

struct translation *translations_find(struct translations *all, const struct translation_key *key,
                                      bool *again)
{
    *again = false;
    if (key->text.n > TRANSLATION_BYTES_MAX) /* and is not worth reading for its hash */
        return NULL;
    uint64_t hash = hash_of(key);
    struct translation_set *set = set_of(all, hash);
    (void)pthread_mutex_lock(&set->lock);
    struct translation *t = find(set, hash, key);
    if (!t)
        *again = seen_before(set, hash);
    (void)pthread_mutex_unlock(&set->lock);
    return t;
}

static size_t aligned(size_t n)
{
    const size_t align = _Alignof(max_align_t);
    return (n + align - 1) / align * align;
}

/* n bytes of p at *at, which moves on. */
static const void *put(uint8_t **at, const void *p, size_t n)
{
    uint8_t *here = *at;
    if (n)
        memcpy(here, p, n);
    *at += aligned(n);
    return here;
}

static struct translation *make(const struct translation_key *key, const struct sql_rewritten *edits,
                                const struct sql_marks *marks)
{
    assert(marks->base == 0 || edits->nedits == 0);
    size_t nmarks = edits->nedits ? marks->n : 0, added = edits->nedits ? edits->text.n : 0;
    size_t edit_bytes = edits->nedits * sizeof *edits->edits, mark_bytes = nmarks * sizeof *marks->items;
    if (added > TRANSLATION_BYTES_MAX || edits->nedits > TRANSLATION_BYTES_MAX ||
        nmarks > TRANSLATION_BYTES_MAX)
        return NULL;
    size_t bytes = aligned(sizeof(struct translation)) + aligned(key->text.n) + aligned(key->database.n) +
                   aligned(added + 1) + aligned(edit_bytes) + aligned(mark_bytes);
    uint8_t *p = bytes <= TRANSLATION_BYTES_MAX ? mem_alloc(bytes) : NULL;
    if (!p)
        return NULL;
    struct translation *t = (struct translation *)(void *)p;
    p += aligned(sizeof *t);
    *t = (struct translation){.refs = 1, .hash = hash_of(key), .key = *key, .bytes = bytes};
    t->key.text.p = put(&p, key->text.p, key->text.n);
    t->key.database.p = put(&p, key->database.p, key->database.n);
    t->edits = (struct sql_rewritten){.text = t->key.text, .nedits = edits->nedits};
    if (edits->nedits) {
        t->edits.edits = put(&p, edits->edits, edit_bytes);
        t->marks = (struct sql_marks){.items = put(&p, marks->items, mark_bytes), .n = nmarks};
        t->edits.text = (struct str){put(&p, edits->text.p, added + 1), added}; /* it is terminated */
    }
    metric_gauge_add(METRIC_TRANSLATION_BYTES, (int64_t)bytes);
    return t;
}

void translations_keep(struct translations *all, const struct translation_key *key,
                       const struct sql_rewritten *edits, const struct sql_marks *marks)
{
    struct translation *t = make(key, edits, marks), *old = t;
    if (!t)
        return;
    struct translation_set *set = set_of(all, t->hash);
    (void)pthread_mutex_lock(&set->lock);
    struct translation *same = find(set, t->hash, key); /* another session was faster */
    if (!same) {
        size_t i = oldest(set);
        old = set->kept[i];
        set->kept[i] = t;
        set->used[i] = ++set->now;
    }
    (void)pthread_mutex_unlock(&set->lock);
    translation_unref(same);
    translation_unref(old);
}
