/* A row_source: the one row of a SELECT of literals, kept by its text for the whole process
 * (sql/literals.h): run twice by the engine, then answered without it. It takes 14 microseconds to answer
 * what cannot change, and each session that only asks that would have a connection of the engine. Any
 * thread. */
#include "backend/local_literals.h"

#include "backend/local_priv.h"

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/hash.h"
#include "engine/chunk_codec.h"

#include <assert.h>
#include <string.h>

struct local_literals {
    struct row_source source;
    unsigned refs; /* atomic; the rest never changes */
    uint64_t hash;
    struct str text;
    struct row_desc *desc;
    struct arena arena; /* of text and types */
    const struct engine_column_type *const *types;
    size_t ntypes;
    struct buf bytes;
    struct chunk_decoder *decoder;
    const struct chunk_view *chunk; /* of bytes and decoder */
};

void local_literals_unref(struct local_literals *k)
{
    if (!k || __atomic_sub_fetch(&k->refs, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    chunk_decoder_free(k->decoder);
    buf_release(&k->bytes);
    row_desc_unref(k->desc);
    arena_release(&k->arena);
    mem_free(k);
}

DEFINE_CLEANUP(struct local_literals, local_literals_unref)

struct local_literals *local_literals_find(struct local *l, struct str text)
{
    struct local_literals *found = NULL;
    uint64_t hash = hash_text(text);
    (void)pthread_mutex_lock(&l->literals_lock);
    for (size_t i = 0; i < LOCAL_LITERALS_KEPT && !found; i++)
        if (l->literals[i] && l->literals[i]->hash == hash && str_eq(l->literals[i]->text, text))
            found = l->literals[i];
    if (found) {
        unsigned refs = __atomic_add_fetch(&found->refs, 1, __ATOMIC_RELAXED);
        assert(refs > 1); /* the ring has one */
    }
    (void)pthread_mutex_unlock(&l->literals_lock);
    return found;
}

static const struct row_source_ops literals_ops;

static int make(struct local_literals **out, const struct local_stmt *st, struct row_source *from,
                const struct chunk_view *chunk, struct err *e)
{
    CLEANUP(local_literals_unrefp) struct local_literals *k = mem_calloc(1, sizeof *k);
    if (!k)
        return err_oom(e);
    k->source.ops = &literals_ops;
    k->refs = 1;
    k->hash = hash_text(st->sql);
    k->desc = row_desc_ref(st->base.info.desc);
    arena_init(&k->arena, LOCAL_LITERALS_MEMORY);
    buf_init(&k->bytes, LOCAL_LITERALS_MEMORY);
    const char *text = arena_strndup(&k->arena, st->sql.p, st->sql.n);
    if (!text)
        return err_oom(e);
    k->text = (struct str){text, st->sql.n};
    const struct engine_column_type *const *types = row_source_types(from, &k->ntypes);
    TRY(engine_types_copy(&k->arena, types, k->ntypes, &k->types, e));
    TRY(chunk_decoder_new(&k->decoder, k->types, k->ntypes, e));
    TRY(chunk_encode(chunk, 0, chunk->nrows, &k->bytes, e));
    TRY(chunk_decode(k->decoder, k->bytes.data, k->bytes.len, &k->chunk, e));
    assert(k->chunk->nrows == LOCAL_LITERALS_ROWS);
    *out = TAKE_PTR(k);
    return ST_OK;
}

/* Whether this text was run before; a clash of hashes keeps a row one run too early. */
static bool seen_before(struct local *l, struct str text)
{
    uint64_t hash = hash_text(text);
    bool seen = false;
    (void)pthread_mutex_lock(&l->literals_lock);
    for (size_t i = 0; i < LOCAL_LITERALS_KEPT && !seen; i++)
        seen = l->literals_seen[i] == hash;
    if (!seen)
        l->literals_seen[l->nliterals_seen++ % LOCAL_LITERALS_KEPT] = hash;
    (void)pthread_mutex_unlock(&l->literals_lock);
    return seen;
}

void local_literals_keep(struct local *l, const struct local_stmt *st, struct row_source *from,
                         const struct chunk_view *chunk)
{
    struct local_literals *k = NULL, *old;
    struct err ignored; /* without memory it is not kept */
    err_init(&ignored);
    if (st->wrap || chunk->nrows != LOCAL_LITERALS_ROWS || !seen_before(l, st->sql) ||
        make(&k, st, from, chunk, &ignored) != ST_OK)
        return;
    (void)pthread_mutex_lock(&l->literals_lock);
    old = l->literals[l->nliterals % LOCAL_LITERALS_KEPT];
    l->literals[l->nliterals++ % LOCAL_LITERALS_KEPT] = k;
    (void)pthread_mutex_unlock(&l->literals_lock);
    local_literals_unref(old);
}

struct row_desc *local_literals_desc(const struct local_literals *k)
{
    return k->desc;
}

/* ---- the source ---- */

static const struct engine_column_type *const *literals_types(struct row_source *s, size_t *n)
{
    const struct local_literals *k = (struct local_literals *)s;
    *n = k->ntypes;
    return k->types;
}

static int literals_at(struct row_source *s, uint64_t row, const struct chunk_view **out, uint64_t *first,
                       struct err *e)
{
    (void)e;
    if (row >= LOCAL_LITERALS_ROWS)
        return ST_EOF;
    *out = ((struct local_literals *)s)->chunk;
    *first = 0;
    return ST_OK;
}

static const struct row_source_ops literals_ops = {.types = literals_types, .at = literals_at};

struct row_source *local_literals_source(struct local_literals *k)
{
    return &k->source;
}

void local_literals_clear(struct local *l)
{
    for (size_t i = 0; i < LOCAL_LITERALS_KEPT; i++)
        local_literals_unref(TAKE_PTR(l->literals[i]));
}
