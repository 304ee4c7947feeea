/* The batch's memory stays from one fetch to the next, and so does the encoder while the fetches want the
 * same formats and settings: a cursor that is fetched a row at a time would pay for both each time. */
#include "backend/local_reader.h"

#include "backend/backend.h"
#include "backend/local_types.h"
#include "base/alloc.h"
#include "encode/copy_encoder.h"

#include <string.h>

void local_reader_init(struct local_reader *r)
{
    row_batch_init(&r->batch);
}

static void encoder_drop(struct local_reader *r)
{
    encoder_free(r->encoder);
    r->encoder = NULL;
}

void local_reader_release(struct local_reader *r)
{
    encoder_drop(r);
    row_batch_release(&r->batch);
    mem_free(r->formats);
    r->formats = NULL;
    r->chunk = NULL;
}

void local_reader_leave_source(struct local_reader *r)
{
    encoder_drop(r);
    r->chunk = NULL;
    r->ahead = 0;
}

/* ---- encoders ---- */

static bool same_formats(const int16_t *a, const int16_t *b, size_t n)
{
    return a && b ? memcmp(a, b, n * sizeof *a) == 0 : a == b;
}

int local_reader_encode_rows(struct local_reader *r, const struct engine_column_type *const *types, size_t n,
                             const int16_t *formats, const struct encode_settings *settings, struct err *e)
{
    if (r->encoder && same_formats(r->formats, formats, n) && local_same_settings(&r->encoded_with, settings))
        return ST_OK;
    int16_t *copy = NULL;
    if (formats) {
        copy = mem_calloc(n, sizeof *copy);
        if (!copy)
            return err_oom(e);
        memcpy(copy, formats, n * sizeof *copy);
    }
    encoder_drop(r);
    r->ahead = 0;
    mem_free(r->formats);
    r->formats = copy;
    r->encoded_with = *settings;
    return encoder_new(&r->encoder, types, n, r->formats, settings, e);
}

int local_reader_encode_copy(struct local_reader *r, const struct engine_column_type *const *types, size_t n,
                             const struct backend_fetch *how, const struct encode_settings *settings,
                             struct err *e)
{
    encoder_drop(r);
    r->ahead = 0;
    return copy_encoder_new(&r->encoder, types, n, how->copy, how->copy_force_quote, settings, e);
}

void local_reader_end_copy(struct local_reader *r)
{
    encoder_drop(r);
}

/* ---- ahead of a fetch ---- */

void local_reader_make_ahead(struct local_reader *r, uint64_t from, size_t bytes)
{
    struct err ignored;
    if (!r->encoder || r->ahead || !local_reader_holds(r, from))
        return;
    err_init(&ignored);
    row_batch_clear(&r->batch);
    size_t row = (size_t)(from - r->chunk_from);
    if (encode_rows(r->encoder, r->chunk, &row, UINT64_MAX, bytes, &r->batch, &ignored) != ST_OK)
        return;
    r->ahead = r->batch.nrows;
    r->ahead_from = from;
}

uint64_t local_reader_take_ahead(struct local_reader *r, uint64_t from, uint64_t most)
{
    uint64_t n = r->ahead;
    r->ahead = 0;
    return r->ahead_from == from && n <= most ? n : 0;
}
