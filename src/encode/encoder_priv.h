/* What encoder.c (DataRow, and COPY's binary rows, which are laid out the same) and copy_encoder.c (text and
 * csv) share. */
#ifndef TAVANA_ENCODE_ENCODER_PRIV_H
#define TAVANA_ENCODE_ENCODER_PRIV_H

#include "base/arena.h"
#include "encode/encode_priv.h"
#include "encode/lane.h"

enum {
    ENCODER_MEMORY = 64 * 1024 * 1024,
    SCRATCH_KEEP = 64 * 1024,
};

struct copy_cells;

struct encoder {
    size_t ncolumns;
    size_t fixed_bound; /* of a row, without its unbounded cells */
    size_t nunbounded;
    bool renders;            /* some of those to scratch */
    uint8_t message;         /* 'D' DataRow, 'd' CopyData */
    struct copy_cells *copy; /* NULL: DataRow */
    struct encode_settings settings;
    struct arena arena;
    struct buf scratch;   /* of one row's cells that are rendered first … */
    size_t *scratch_ends; /* … and where each ends */
    uint32_t *unbounded;  /* columns whose room depends on the value */
    struct lane *lanes;   /* one a column, made with the first chunk of some size; NULL: not yet */
    struct cell cells[];
};

/* formats NULL: all `format`. */
int encoder_make(struct encoder **out, const struct engine_column_type *const *types, size_t ncolumns,
                 const int16_t *formats, int16_t format, const struct encode_settings *settings,
                 struct err *e);
/* Rows [*row, end) in the layout of DataRow; otherwise as encode_rows. */
int encoder_store_rows(struct encoder *enc, const struct chunk_view *chunk, size_t *row, size_t end,
                       size_t batch_bytes, struct row_batch *batch, struct err *e);
/* Both ST_ERR; the second says which column a value's failure is of. */
int encoder_row_too_large(struct err *e);
/* Names the column in an error that was just made. Returns ST_ERR. */
int encoder_name_column(size_t column, struct err *e);

/* copy_encoder.c: as encoder_store_rows, in the format of the COPY. */
int copy_encode_rows(struct encoder *enc, const struct chunk_view *chunk, size_t *row, size_t end,
                     size_t batch_bytes, struct row_batch *batch, struct err *e);

#endif
