/* The portal of the local backend: what it holds, its state (local_state.h), how it ends. Where its rows
 * come from follows from the state:
 *
 *   state                   stream   kept   rows that were read last
 *   LOCAL_NEW               -        -      -
 *   LOCAL_STREAMS_TYPED     x        -      reader.chunk, of stream
 *   LOCAL_STREAMS_ENCODED   x        -      in stream, encoded
 *   LOCAL_STREAMS_KEPT      x        x      reader.chunk, of either
 *   LOCAL_PUT_DOWN          -        x      reader.chunk, of kept
 *   LOCAL_COMPLETE          -        -      -
 *   LOCAL_FAILED            -        -      -
 *
 * The thread of the session. */
#ifndef TAVANA_BACKEND_LOCAL_PORTAL_H
#define TAVANA_BACKEND_LOCAL_PORTAL_H

#include "backend/backend.h"
#include "backend/local_conn.h"
#include "backend/local_reader.h"
#include "backend/local_run.h"
#include "backend/local_state.h"
#include "base/arena.h"
#include "rows/pace.h"
#include "rows/row_stream.h"

struct local_rows;
struct local_session;
struct local_stmt;
struct pg_value;
struct row_source;

/* A fetch that is open: local_fetch.c's. */
struct local_fetch {
    struct row_stream base;
    struct local_portal *portal; /* NULL: none is open */
    uint64_t next;               /* the row to begin with, or backward the one after it */
    uint64_t left;               /* rows; UINT64_MAX: all */
    bool backward, skip;
    struct pace_batch pace; /* how large its batches are */
    uint64_t batch_rows;
    bool first;                      /* nothing handed on yet */
    const struct copy_options *copy; /* NULL: DataRow */
    bool any_rows;                   /* of a COPY */
};

struct local_portal {
    struct backend_portal base;
    struct local_session *session;
    struct local_stmt *stmt; /* NULL: a slice of another portal */
    enum local_state state;  /* set by local_portal_become alone */
    struct arena arena;      /* of params */
    struct pg_value *params;
    struct local_ran stream; /* what the statement gives; its source is NULL: nothing streams */
    struct conn_user user;   /* of the connection, while it streams */
    struct row_source *kept; /* rows that can be read at any position; NULL: none */
    struct local_rows *rows; /* the same, where they were put down and more may follow; NULL: they were not */
    struct local_reader reader;
    struct local_fetch fetch;
    uint64_t sent;      /* bytes of all fetches */
    size_t batch_bytes; /* how large the batches of the last fetch grew; the next one begins with that */
    struct err *err;    /* of LOCAL_FAILED; NULL: there was no memory for it */
};

/* LOCAL_NEW, without a statement. desc may be NULL. 53200 */
int local_portal_new(struct local_session *s, struct row_desc *desc, struct local_portal **out,
                     struct err *e);
/* NULL is fine. */
void local_portal_free(struct local_portal *p);
/* backend_ops.portal_close */
void local_portal_close(struct backend_portal *p);

/* Rows of these n types will be put down in portal->rows, the first one with the number `first`. 53200 */
int local_portal_new_rows(struct local_portal *p, uint64_t first,
                          const struct engine_column_type *const *types, size_t n, struct err *e);
/* The rows lie in this source, which is lent to the portal. */
void local_portal_keep(struct local_portal *p, struct row_source *lent);

/* So many more rows of its result have been seen: backend_portal.rows. */
void local_portal_count_rows(struct local_portal *p, uint64_t n);

/* The portal goes over to another state. What the state says of its rows holds already. */
void local_portal_become(struct local_portal *p, enum local_state to);
/* Nothing of the portal streams any more: the stream is closed, and its connection given back. The state is
 * to follow. */
void local_portal_end_stream(struct local_portal *p);
/* Keeps *e as how the portal ended. Always ST_ERR. */
int local_portal_fail(struct local_portal *p, const struct err *e);
/* Of one that has failed: why. Always ST_ERR. */
int local_portal_repeat_error(const struct local_portal *p, struct err *e);
/* Of the rows that the portal has, or still gets. NULL and *n 0: it has none any more, or they are not
 * known yet. */
const struct engine_column_type *const *local_portal_types(const struct local_portal *p, size_t *n);

#endif
