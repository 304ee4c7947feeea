/* Short values of a column, made for many rows in one go before the rows are put together: a loop over one
 * column keeps its constants in registers and has no switch in it, and of the row's cell nothing is left but
 * a copy of fixed size. A slot is a cell as the wire has it, length word first (-1: NULL), at the front of 16
 * or 24 bytes. Source: docs/decisions/rows.md. */
#ifndef TAVANA_ENCODE_LANE_H
#define TAVANA_ENCODE_LANE_H

#include "encode/encode_priv.h"

enum {
    LANE_ROWS = 64, /* made at once */
    LANE_NARROW_BYTES = 16,
    LANE_WIDE_BYTES = 24,
};

enum lane_kind {
    LANE_CELL,   /* no slots: the cell is stored by cell_store */
    LANE_NARROW, /* slots of 16 bytes */
    LANE_WIDE,   /* slots of 24 bytes */
    LANE_STRING, /* no slots, no NULL: the engine's strings as they are */
};

struct lane {
    enum lane_kind kind;                 /* of the rows that were made last */
    uint8_t *slots;                      /* room for LANE_ROWS wide ones; NULL: the cell never has slots */
    uint8_t *widths;                     /* bytes of each cell, its length word included */
    const struct engine_string *strings; /* LANE_STRING: of the first row */
};

/* Room for a lane of this cell, of the arena. */
int lane_init(struct lane *l, const struct cell *c, struct arena *a, struct err *e);
/* Rows [row, row + n) of v, n up to LANE_ROWS. Values without a short form make it LANE_CELL for these rows.
 */
void lane_make(struct lane *l, const struct cell *c, const struct column_view *v, size_t row, size_t n);

#endif
