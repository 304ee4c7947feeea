/* What the engine's threads make for a direct source (local_direct.h) and the session takes: pieces of
 * rows. The fields say who uses them. Shared by local_direct*.c only. */
#ifndef TAVANA_BACKEND_LOCAL_DIRECT_PIECES_H
#define TAVANA_BACKEND_LOCAL_DIRECT_PIECES_H

#include "backend/row_source.h"
#include "base/arena.h"
#include "base/buf.h"
#include "encode/encoder.h"
#include "engine/sink.h"
#include "rows/row_batch.h"
#include "sql/rewrite.h"

#include <pthread.h>
#include <stdatomic.h>

struct chunk_decoder;
struct local_stmt;
struct row_decoder;

enum { DIRECT_MARK_ROWS = 256, DIRECT_MARKS = 7 }; /* a chunk has 2048 */

/* Rows of a chunk, or some of them: a large chunk has several pieces. */
struct direct_piece {
    struct direct_piece *next; /* another chunk's first one; of those that are ready, just the next */
    struct direct_piece *more; /* the rest of this chunk */
    int64_t ticket;
    uint64_t rows;          /* that it has: of batch or of segment */
    struct row_batch batch; /* encoded; empty when segment is not */
    uint32_t
        marks[DIRECT_MARKS]; /* where rows DIRECT_MARK_ROWS, twice that … of batch begin, so far as known */
    size_t nmarks;
    uint64_t cut_rows;  /* that batch had before those it has now … */
    size_t cut_bytes;   /* … and marks count from */
    struct buf segment; /* typed: engine/chunk_codec.h */
    struct err *err;    /* why the row after those cannot be sent; NULL: nothing is wrong with it */
    uint64_t err_rows;  /* of the chunk that err was in the way of */
};

struct local_direct {
    struct engine_sink base;
    struct row_source source;
    _Atomic unsigned refs;         /* the source, and each state of the sink */
    _Atomic bool typed;            /* pieces are made as segments */
    const struct local_stmt *stmt; /* the portal's; of begin while the portal has the sink set */
    struct encode_settings settings;
    const int16_t *formats;    /* of arena; NULL: all text */
    size_t piece_bytes;        /* at most, or a row */
    bool decodes;              /* rows may be wanted in another form later */
    struct sql_rewritten text; /* the wrapped statement, of arena */
    struct arena arena;

    /* the session's */
    struct engine_conn *conn;                /* whose sink it is; NULL: not yet, or no longer */
    struct engine_result *result;            /* of tickets; NULL: it has not begun */
    struct direct_piece *ready, **ready_end; /* in order, first to go out first */
    size_t ready_bytes;
    size_t at;          /* bytes that were taken of the first */
    bool lent;          /* the first was handed out as a chunk, which goes with the next call */
    int64_t last;       /* the ticket of the last row seen */
    uint64_t last_rows; /* of its chunk that have still to come */
    int end;            /* ST_OK: the result goes on; else how it ended */
    struct err end_err;
    struct row_decoder *rows_decoder;
    struct chunk_decoder *segment_decoder;

    pthread_mutex_t lock; /* of what follows: the engine's threads put, the session takes */
    const struct engine_column_type *const *types; /* of type_arena; NULL: not known yet */
    size_t ntypes;
    struct arena type_arena;
    struct direct_piece *full, *spare;
    int64_t tickets;
    struct err err; /* why rows could not be taken at all */
};

/* The pieces of one chunk. NULL is fine. */
void direct_chunk_free(struct direct_piece *p);
/* With the rest of their chunks, and all that follow. NULL is fine. */
void direct_pieces_free(struct direct_piece *p);
/* One reference more. */
struct local_direct *local_direct_ref(struct local_direct *d);
/* By the session's thread or one of the engine's: the last one frees it. NULL is fine. */
void local_direct_unref(struct local_direct *d);

#endif
