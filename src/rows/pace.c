/* The decisions are functions of what was measured before, of sizes and of times that the caller read: so
 * each can be tried without a clock, and the constants are in one place with the runs that set them. */
#include "rows/pace.h"

#include "rows/row_batch.h"

#include <assert.h>
#include <stdatomic.h>

static _Atomic bool is_plain;

void pace_set_plain(bool plain)
{
    atomic_store_explicit(&is_plain, plain, memory_order_relaxed);
}

bool pace_is_plain(void)
{
    return atomic_load_explicit(&is_plain, memory_order_relaxed);
}

bool pace_holds_first_rows(const struct pace *p)
{
    return p->brief_results >= PACE_BRIEF_RESULTS && !pace_is_plain();
}

void pace_result_ended(struct pace *p, unsigned batches, int64_t since_first_us)
{
    bool brief = batches == 0 || (batches == 1 && since_first_us < PACE_BRIEF_US);
    p->brief_results = brief ? p->brief_results + 1 : 0;
}

void pace_result_failed(struct pace *p)
{
    p->brief_results = 0;
}

void pace_page_begins(struct pace *p, int64_t now_us)
{
    p->page_is_late = now_us - p->page_ended_us > PACE_LATE_US;
}

void pace_page_ended(struct pace *p, int64_t now_us)
{
    p->page_ended_us = now_us;
}

void pace_no_page(struct pace *p)
{
    p->page_is_late = false;
}

bool pace_makes_ahead(size_t bytes)
{
    return bytes >= PACE_AHEAD_FROM && !pace_is_plain();
}

static size_t least_of(size_t a, size_t b)
{
    return a < b ? a : b;
}

struct pace_batch pace_batch_for(const struct pace_fetch *wanted)
{
    const size_t allowed = wanted->most ? wanted->most : ROW_BATCH_MAX;
    const size_t most = least_of(allowed, wanted->is_page ? PACE_PAGE_BATCH : ROW_BATCH_MAX);
    size_t bytes = wanted->bytes;
    if (bytes >= PACE_GROW_FROM && wanted->before > bytes)
        bytes = least_of(wanted->before, PACE_PAGE_BATCH);
    if (bytes == 0)
        bytes = 1;
    return (struct pace_batch){
        .bytes = least_of(bytes, most),
        .most = wanted->is_encoded ? least_of(allowed / 2, PACE_ENCODED_BATCH) : most,
    };
}

bool pace_batch_may_grow(const struct pace_batch *b, size_t bytes)
{
    return b->bytes >= PACE_GROW_FROM && b->bytes < b->most && bytes >= b->bytes;
}

void pace_batch_filled(struct pace_batch *b, int64_t now_us)
{
    assert(b->bytes < b->most); /* pace_batch_may_grow was asked */
    if (now_us - b->full_us < PACE_GROW_WITHIN_US)
        b->bytes = b->bytes < b->most / 2 ? 2 * b->bytes : b->most;
    b->full_us = now_us;
}

bool pace_wants_writer(const struct pace *p, uint64_t bytes)
{
    return bytes >= PACE_WRITER_FROM && !(p->page_is_late && bytes <= PACE_LATE_BYTES) && !pace_is_plain();
}

bool pace_bypasses_writer(const struct pace *p, uint64_t bytes, size_t batch_bytes)
{
    if (p->page_is_late && bytes <= PACE_LATE_BYTES)
        return true;
    return batch_bytes < PACE_WRITER_BATCH || batch_bytes > 2 * (size_t)ROW_BATCH_MAX;
}

bool pace_joins_messages(unsigned fast)
{
    return fast >= PACE_FAST_MESSAGES && !pace_is_plain();
}
