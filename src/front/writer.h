/* A thread that writes a session's rows while the session makes the next ones. It owns bytes and the
 * connection's output, from writer_put until writer_drain returns; everything else stays the session's. Made
 * when a result turns out to be long, ends when the session is parked: a short result never pays for it.
 * Bound: WRITER_SLOTS batches of WRITER_BYTES together, or one. Rows that come fast gather for up to
 * 2 ms before they wake it. Source: docs/decisions/rows.md. */
#ifndef TAVANA_FRONT_WRITER_H
#define TAVANA_FRONT_WRITER_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

struct row_batch;
struct pg_client;
struct writer;

enum {
    WRITER_SLOTS = 8,
    WRITER_BYTES = 3 * 1024 * 1024,
    WRITERS_MAX = 512, /* in the process; a session beyond writes itself */
};

/* NULL: there are too many, or the system gives no thread. */
struct writer *writer_new(struct pg_client *c);
/* Takes the bytes of the batch, which gets other memory for them; waits for a free slot. ST_ERR: what the
 * connection has failed with, and the same on every later call. */
int writer_put(struct writer *w, struct row_batch *batch, struct err *e);
/* Copies n bytes, of messages between rows. now: else they may wait for rows that follow at once. */
int writer_put_bytes(struct writer *w, const void *p, size_t n, bool now, struct err *e);
/* Whether it has nothing left. */
bool writer_idle(struct writer *w);
/* Until everything has been written. */
int writer_drain(struct writer *w, struct err *e);
/* Drained or failed before. NULL is fine. */
void writer_free(struct writer *w);

#endif
