/* Segments in order, numbered. The first lie in memory, up to a bound, the others in a store; an index of
 * 24 bytes a segment says where. Rows are only counted here: what a segment's bytes mean is its owner's
 * business. */
#include "spool/spool.h"

#include "base/alloc.h"
#include "base/metric.h"
#include "spool/segment_store.h"

#include <assert.h>
#include <string.h>

enum {
    INDEX_FIRST = 16,
    BUFFER_KEPT = 4 * 1024 * 1024, /* a read buffer beyond this goes when the next segment needs far less */
};

struct entry {
    uint64_t first_row;
    union {
        void *memory;
        uint64_t at; /* in the store */
    } place;
    uint32_t nbytes;
    uint32_t checksum; /* in the store only; memory is not doubted */
};

struct spool {
    struct spool_options options;
    struct entry *entries;
    size_t n, cap;
    size_t in_memory; /* the first ones are */
    uint64_t rows;
    struct spool_stats stats;
    struct segment_store *store; /* NULL until the first segment that needs it */
    void *buffer;                /* the segment read last from the store */
    size_t buffer_cap;
    size_t buffered; /* its number; SIZE_MAX: none */
};

/* ---- checksum ---- */

static inline uint64_t mix(uint64_t h, uint64_t word)
{
    h = (h ^ word) * 0x9E3779B97F4A7C15u; /* odd, so that no two words give the same */
    return h ^ h >> 32;
}

/* Four lanes, since one multiplication waits for the one before. Each step is a bijection of its lane: a
 * segment with one wrong word never passes but for the fold to 32 bits. Not against intent. */
static uint32_t checksum(const void *bytes, size_t n)
{
    const uint8_t *p = bytes;
    uint64_t lanes[4] = {1, 2, 3, 4}, words[4];
    for (; n >= sizeof words; n -= sizeof words, p += sizeof words) {
        memcpy(words, p, sizeof words);
        for (size_t i = 0; i < 4; i++)
            lanes[i] = mix(lanes[i], words[i]);
    }
    memset(words, 0, sizeof words);
    if (n)
        memcpy(words, p, n);
    for (size_t i = 0; i < 4; i++)
        lanes[i] = mix(lanes[i], words[i]);
    uint64_t h = mix(mix(mix(mix(n, lanes[0]), lanes[1]), lanes[2]), lanes[3]);
    return (uint32_t)(h ^ h >> 32);
}

/* ---- putting down ---- */

int spool_new(struct spool **out, const struct spool_options *o, struct err *e)
{
    struct spool *s = mem_calloc(1, sizeof *s);
    if (!s)
        return err_oom(e);
    s->options = *o;
    s->buffered = SIZE_MAX;
    *out = s;
    return ST_OK;
}

static int reserve_entry(struct spool *s, struct err *e)
{
    if (s->n < s->cap)
        return ST_OK;
    size_t cap = s->cap ? s->cap * 2 : INDEX_FIRST;
    struct entry *entries = mem_realloc(s->entries, cap * sizeof *entries);
    if (!entries)
        return err_oom(e);
    metric_gauge_add(METRIC_SPOOL_MEMORY_BYTES, (int64_t)((cap - s->cap) * sizeof *entries));
    s->entries = entries;
    s->cap = cap;
    return ST_OK;
}

/* Once one is in the store, all that follow go there: the place of a segment follows from its number. */
static bool fits_memory(const struct spool *s, size_t nbytes, uint64_t nrows)
{
    const struct spool_options *o = &s->options;
    uint64_t bytes = s->stats.memory_bytes, rows = s->stats.memory_rows;
    if (s->in_memory < s->n)
        return false;
    if (nbytes > o->memory_bytes || bytes > o->memory_bytes - nbytes)
        return false;
    return o->memory_rows == 0 || (nrows <= o->memory_rows && rows <= o->memory_rows - nrows);
}

static int put_in_memory(struct spool *s, struct entry *to, const void *bytes, size_t nbytes, uint64_t nrows,
                         struct err *e)
{
    assert(s->in_memory == s->n); /* else its number would not say where it is */
    if (!(to->place.memory = mem_alloc(nbytes)))
        return err_oom(e);
    memcpy(to->place.memory, bytes, nbytes);
    s->in_memory++;
    s->stats.memory_bytes += nbytes;
    s->stats.memory_rows += nrows;
    metric_gauge_add(METRIC_SPOOL_MEMORY_BYTES, (int64_t)nbytes);
    return ST_OK;
}

static int put_in_store(struct spool *s, struct entry *to, const void *bytes, size_t nbytes, struct err *e)
{
    if (!s->store) {
        if (!s->options.home) {
            (void)err_set(e, SQLSTATE_DISK_FULL, "no room left for the rows of open cursors and portals");
            err_detail(e, "The server keeps them in memory alone.");
            return ST_ERR;
        }
        TRY(s->options.home->open(s->options.home, &s->store, e));
        metric_add(METRIC_PORTAL_OVERFLOWS, 1);
    }
    TRY(s->store->ops->append(s->store, bytes, nbytes, e));
    to->place.at = s->stats.stored_bytes;
    to->checksum = checksum(bytes, nbytes);
    s->stats.stored_bytes += nbytes;
    return ST_OK;
}

int spool_append(struct spool *s, const void *bytes, size_t nbytes, uint64_t nrows, struct err *e)
{
    assert(nbytes > 0 && nbytes <= SPOOL_SEGMENT_MAX && nrows > 0);
    TRY(reserve_entry(s, e));
    struct entry *to = &s->entries[s->n];
    *to = (struct entry){.first_row = s->rows, .nbytes = (uint32_t)nbytes};
    TRY(fits_memory(s, nbytes, nrows) ? put_in_memory(s, to, bytes, nbytes, nrows, e)
                                      : put_in_store(s, to, bytes, nbytes, e));
    s->n++;
    s->rows += nrows;
    return ST_OK;
}

/* ---- taking up ---- */

uint64_t spool_rows(const struct spool *s)
{
    return s->rows;
}

size_t spool_segments(const struct spool *s)
{
    return s->n;
}

size_t spool_find(const struct spool *s, uint64_t row)
{
    assert(row < s->rows);
    size_t lo = 0, hi = s->n; /* the first row of lo is not past row, that of hi is */
    while (hi - lo > 1) {
        size_t middle = lo + (hi - lo) / 2;
        if (s->entries[middle].first_row <= row)
            lo = middle;
        else
            hi = middle;
    }
    return lo;
}

/* One buffer for what is read, as large as its segment: one grown by a very large segment is made anew. */
static int reserve_buffer(struct spool *s, size_t n, struct err *e)
{
    if (n <= s->buffer_cap && (s->buffer_cap <= BUFFER_KEPT || n > s->buffer_cap / 4))
        return ST_OK;
    void *buffer = mem_alloc(n);
    if (!buffer)
        return err_oom(e);
    metric_gauge_add(METRIC_SPOOL_MEMORY_BYTES, (int64_t)n - (int64_t)s->buffer_cap);
    mem_free(s->buffer);
    s->buffer = buffer;
    s->buffer_cap = n;
    return ST_OK;
}

static int fetch(struct spool *s, size_t i, struct err *e)
{
    const struct entry *from = &s->entries[i];
    assert(s->store && i >= s->in_memory);
    if (s->buffered == i)
        return ST_OK;
    s->buffered = SIZE_MAX;
    TRY(reserve_buffer(s, from->nbytes, e));
    TRY(s->store->ops->read(s->store, from->place.at, s->buffer, from->nbytes, e));
    if (checksum(s->buffer, from->nbytes) != from->checksum) {
        (void)err_set(e, SQLSTATE_DATA_CORRUPTED, "rows that were put aside are damaged");
        err_detail(e, "The checksum of a segment is wrong.");
        return ST_ERR;
    }
    s->buffered = i;
    return ST_OK;
}

int spool_read(struct spool *s, size_t i, struct spool_segment *out, struct err *e)
{
    assert(i < s->n);
    const struct entry *from = &s->entries[i];
    if (i >= s->in_memory)
        TRY(fetch(s, i, e));
    uint64_t end = i + 1 < s->n ? from[1].first_row : s->rows;
    assert(end > from->first_row); /* no segment is without rows */
    *out = (struct spool_segment){.bytes = i < s->in_memory ? from->place.memory : s->buffer,
                                  .nbytes = from->nbytes,
                                  .first_row = from->first_row,
                                  .nrows = end - from->first_row};
    return ST_OK;
}

void spool_stats(const struct spool *s, struct spool_stats *out)
{
    *out = s->stats;
}

void spool_free(struct spool *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->in_memory; i++)
        mem_free(s->entries[i].place.memory);
    if (s->store)
        s->store->ops->release(s->store);
    uint64_t held = s->stats.memory_bytes + s->cap * sizeof *s->entries + s->buffer_cap;
    metric_gauge_add(METRIC_SPOOL_MEMORY_BYTES, -(int64_t)held);
    mem_free(s->entries);
    mem_free(s->buffer);
    mem_free(s);
}
