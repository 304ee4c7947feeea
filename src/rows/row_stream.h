/* Rows of one result, pulled: the one seam from engine to socket. Nothing runs ahead of the caller by more
 * than a bounded batch. One thread at a time; only cancel may come from another.
 *
 *   next     ST_OK   *out is lent until the next call of next or close
 *            ST_EOF  the trailer was read, *out is untouched: the result is complete
 *            ST_ERR  *e is filled, and the same on every later call. An end without a trailer is an error
 *   cancel   asks, never waits
 *   close    never fails; NULL is fine
 *
 * Source: ARCHITECTURE.md, decision 1. */
#ifndef TAVANA_ROWS_ROW_STREAM_H
#define TAVANA_ROWS_ROW_STREAM_H

#include "base/err.h"

struct row_batch;
struct row_stream;

struct row_stream_ops {
    int (*next)(struct row_stream *s, struct row_batch **out, struct err *e);
    void (*cancel)(struct row_stream *s);
    void (*close)(struct row_stream *s);
};

/* First member of every implementation. */
struct row_stream {
    const struct row_stream_ops *ops;
};

static inline int row_stream_next(struct row_stream *s, struct row_batch **out, struct err *e)
{
    return s->ops->next(s, out, e);
}

static inline void row_stream_cancel(struct row_stream *s)
{
    s->ops->cancel(s);
}

static inline void row_stream_close(struct row_stream *s)
{
    if (s)
        s->ops->close(s);
}

#endif
