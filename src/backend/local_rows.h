/* A row_source: rows of a portal put down typed and taken up again by their number: chunks, serialised,
 * some of them a segment of a spool. One thread at a time. Source: docs/decisions/spool.md. */
#ifndef TAVANA_BACKEND_LOCAL_ROWS_H
#define TAVANA_BACKEND_LOCAL_ROWS_H

#include "backend/row_source.h"

struct local_rows;
struct segment_home;

enum {
    LOCAL_SEGMENT_BYTES = 512 * 1024,     /* what is gathered before it is put down; one row may have more */
    LOCAL_MEMORY_BYTES = 2 * 1024 * 1024, /* of segments of one portal; beyond they go to the store */
};

struct local_rows_options {
    uint64_t batch_rows;             /* of a segment at most; from 1 */
    uint64_t memory_rows;            /* of one portal; beyond they go to the store */
    const struct segment_home *home; /* lent; NULL: there is no store */
};

/* The first row that is put will have the number `first`. The types are copied. 53200 */
int local_rows_new(struct local_rows **out, uint64_t first, const struct engine_column_type *const *types,
                   size_t ntypes, const struct local_rows_options *o, struct err *e);
/* Rows [from, to) of c after those that are there. 53100, 53200, 58030: some of them may be there. */
int local_rows_put(struct local_rows *r, const struct chunk_view *c, size_t from, size_t to, struct err *e);
/* No more will come: gives back what only putting needs. Errors as of local_rows_put. */
int local_rows_end(struct local_rows *r, struct err *e);
/* How many there are. */
uint64_t local_rows_count(const struct local_rows *r);
/* The source of the rows, to be read before or after the end; a chunk is lent until the next row_source_at or
 * local_rows_put. Closing it is local_rows_free. */
struct row_source *local_rows_source(struct local_rows *r);
/* NULL is fine. */
void local_rows_free(struct local_rows *r);

#endif
