/* Rows in our memory that the engine reads as if they were a table, without a copy: functions of its own,
 * registered once a database.
 *
 * Columns of the usual types come by a volatile function a type, called over a table of numbers: a scan of a
 * table has an order that the engine can keep while several of its threads insert, which no function has
 * that makes rows (measured: the insert takes 0.6 of the time with two threads). Rows with a column of
 * another type come by such a function, in one thread.
 * A source is known by a random number, so that nobody reads another's rows. Of engine/ alone. */
#ifndef TAVANA_ENGINE_COPIED_ROWS_H
#define TAVANA_ENGINE_COPIED_ROWS_H

#include "base/buf.h"
#include "base/list.h"
#include "engine/engine_priv.h"

enum {
    COPIED_CHUNK_ROWS = 2048,   /* the engine's vectors; checked at registration */
    COPIED_CHUNKS_MAX = 2 * 60, /* two of the engine's row groups, one a thread */
    COPIED_ROWS_MAX = COPIED_CHUNKS_MAX * COPIED_CHUNK_ROWS,
};

struct copied_rows {
    struct list link;
    uint64_t id;
    size_t ncolumns;
    const duckdb_logical_type *types;
    const duckdb_data_chunk *chunks; /* all but the last are full; set between two statements */
    size_t nchunks;
    size_t next; /* of chunks, in one thread's scan */
};

/* Before the configuration is locked. */
int copied_rows_register(struct engine *en, struct engine_conn *c, struct err *e);
/* From here to copied_rows_remove statements may name it. Fills id; types stay the caller's. */
int copied_rows_add(struct engine *en, struct copied_rows *r, struct err *e);
/* NULL is fine, and one that was not added. */
void copied_rows_remove(struct engine *en, struct copied_rows *r);
/* Whether a function of its own gives columns of this type. */
bool copied_rows_has_function(duckdb_logical_type type);
/* The expression of column i: "f(id, i, i)", or the name of what copied_rows_put_source gives. */
void copied_rows_put_column(struct buf *b, const struct copied_rows *r, bool by_function, size_t i);
/* What follows FROM; its parameter $1 is the number of rows when by_function. */
void copied_rows_put_source(struct buf *b, const struct copied_rows *r, bool by_function);

#endif
