/* Where the rows of a portal come from. Each implementation has a file of its own:
 *
 *   source             streams   rows                                          closed by
 *   local_result.h     yes       chunks, as the engine makes them              its portal
 *   local_direct.h     yes       encoded in the engine's pipeline, until they  its portal
 *                                are made typed: chunks from then on
 *   local_rows.h       no        chunks that were put down                     its portal
 *   local_literals.h   no        the one row of a SELECT of literals           nobody: lent by the statement
 *
 * A source that streams gives its rows once and in order, and occupies a connection of the engine for as long
 * as it is open. One that does not can be read at any position. A source has no interrupt of its own: what is
 * interrupted is the connection (local_call.h), so that a cancel also ends a statement that has no rows yet.
 * One thread at a time. */
#ifndef TAVANA_BACKEND_ROW_SOURCE_H
#define TAVANA_BACKEND_ROW_SOURCE_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct chunk_view;
struct encode_settings;
struct engine_column_type;
struct row_batch;
struct row_source;

/* Of a source whose rows are encoded until make_typed. All of it inside a call of the session, except for
 * ready, ready_bytes and suits. */
struct encoded_source_ops {
    /* Asks the engine for more until it ends.
     * ST_OK  maybe more rows are ready;  ST_EOF, ST_ERR  it has ended, the same from then on; rows that are
     *        ready stay so */
    int (*pull)(struct row_source *s, struct err *e);
    /* Whether rows, or an error in their place, can be taken without asking the engine; and how many bytes.
     */
    bool (*ready)(struct row_source *s);
    size_t (*ready_bytes)(struct row_source *s);
    /* When something is ready: adds at most `most` rows to the batch, *rows of them.
     * ST_ERR  the next row cannot be sent; *rows may have been added all the same */
    int (*take)(struct row_source *s, uint64_t most, struct row_batch *out, uint64_t *rows, struct err *e);
    /* Whether the rows are encoded as a fetch with these formats (NULL: all text) and settings wants them. */
    bool (*suits)(struct row_source *s, const int16_t *formats, const struct encode_settings *settings);
    /* The rows come by row_source_next from here on, those that are ready first.
     * ST_EOF  there are no rows at all;  ST_ERR  55000 they cannot be decoded, 53200, the statement's error
     */
    int (*make_typed)(struct row_source *s, struct err *e);
};

struct row_source_ops {
    /* Types of the rows, lent until close. NULL and *n 0: not known yet. */
    const struct engine_column_type *const *(*types)(struct row_source *s, size_t *n);
    /* NULL: it does not stream. Inside a call of the session: the next chunk, lent until the next call.
     * ST_OK  it has at least one row;  ST_EOF  the end;  ST_ERR  the same again on every later call */
    int (*next)(struct row_source *s, const struct chunk_view **out, struct err *e);
    /* NULL: it streams. The chunk that `row` is in, lent until the next call, and the number of its first
     * row.
     * ST_EOF  it has no such row, *out and *first are untouched;  ST_ERR  53200, 58030, XX001 */
    int (*at)(struct row_source *s, uint64_t row, const struct chunk_view **out, uint64_t *first,
              struct err *e);
    /* NULL: its rows are never encoded. */
    const struct encoded_source_ops *encoded;
    /* Stops what still runs, and gives back the memory. NULL: there is nothing to give back. */
    void (*close)(struct row_source *s);
};

/* A member of every implementation. */
struct row_source {
    const struct row_source_ops *ops;
};

static inline const struct engine_column_type *const *row_source_types(struct row_source *s, size_t *n)
{
    return s->ops->types(s, n);
}

static inline int row_source_next(struct row_source *s, const struct chunk_view **out, struct err *e)
{
    return s->ops->next(s, out, e);
}

static inline int row_source_at(struct row_source *s, uint64_t row, const struct chunk_view **out,
                                uint64_t *first, struct err *e)
{
    return s->ops->at(s, row, out, first, e);
}

/* NULL is fine. */
static inline void row_source_close(struct row_source *s)
{
    if (s && s->ops->close)
        s->ops->close(s);
}

#endif
