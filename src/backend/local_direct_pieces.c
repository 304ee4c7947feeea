/* A source that is closed may still have states at work in the engine's threads, so the memory is counted:
 * one reference is the source's, one each state's. Spare pieces go back and forth, so that a long scan
 * allocates nothing once it has some. */
#include "backend/local_direct_pieces.h"

#include "base/alloc.h"
#include "encode/row_decoder.h"
#include "engine/chunk_codec.h"
#include "pgtype/tz.h"

#include <assert.h>

void direct_chunk_free(struct direct_piece *p)
{
    while (p) {
        struct direct_piece *more = p->more;
        row_batch_release(&p->batch);
        buf_release(&p->segment);
        mem_free(p->err);
        mem_free(p);
        p = more;
    }
}

void direct_pieces_free(struct direct_piece *p)
{
    while (p) {
        struct direct_piece *next = p->next;
        direct_chunk_free(p);
        p = next;
    }
}

struct local_direct *local_direct_ref(struct local_direct *d)
{
    unsigned before = atomic_fetch_add(&d->refs, 1);
    assert(before > 0); /* whoever gives one on has one */
    return d;
}

void local_direct_unref(struct local_direct *d)
{
    if (!d || atomic_fetch_sub(&d->refs, 1) != 1)
        return;
    assert(!d->conn && !d->result); /* the source was closed: nobody comes in by the sink any more */
    direct_pieces_free(d->ready);
    direct_pieces_free(d->full);
    direct_pieces_free(d->spare);
    row_decoder_free(d->rows_decoder);
    chunk_decoder_free(d->segment_decoder);
    (void)pthread_mutex_destroy(&d->lock);
    arena_release(&d->arena);
    arena_release(&d->type_arena);
    tz_unref(d->settings.zone);
    mem_free(d);
}
