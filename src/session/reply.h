/* What the core of a session (statements, portals, cursors, transactions, commands) answers its client
 * with. The core knows no message: the front gives each session a reply, which turns answers into its
 * protocol. The one of PostgreSQL's protocol is front/pg_reply.c.
 *
 * Thread rule: the session's own thread. Order: answers reach the client in the order of the calls. A call
 * without a status cannot fail for its caller: what went wrong is told by the next one that has a status,
 * and ends the session.
 *
 * An answer to a statement is: columns or no_columns when they are asked for; rows_begin, rows and
 * ready_rows, rows_end; then one of tag, suspended, empty. A COPY puts copy_begins and copy_ends around
 * its rows. Notices come anywhere between them. */
#ifndef TAVANA_SESSION_REPLY_H
#define TAVANA_SESSION_REPLY_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct reply;
struct row_batch;
struct row_desc;

enum reply_severity { REPLY_NOTICE, REPLY_WARNING, REPLY_ERROR, REPLY_FATAL };
enum reply_copy { REPLY_COPY_IN, REPLY_COPY_OUT };

struct reply_ops {
    /* The columns of rows to come. formats: 0 text, 1 binary, one a column; NULL: all text. */
    void (*columns)(struct reply *r, const struct row_desc *desc, const int16_t *formats);
    void (*no_columns)(struct reply *r);
    /* Rows of a stream: of these columns, in these formats (as columns has them), both lent until rows_end.
     * is_page: the client asked for so many, and most likely asks for more. */
    void (*rows_begin)(struct reply *r, const struct row_desc *desc, const int16_t *formats, bool is_page);
    /* Encoded rows; the batch may get other memory in exchange. is_last: the stream has no more of them.
     * Waits for a client that does not read. 57P01, 08006: the session ends. */
    int (*rows)(struct reply *r, struct row_batch *batch, bool is_last, struct err *e);
    /* status: what the stream has ended with. */
    int (*rows_end)(struct reply *r, int status, struct err *e);
    /* Rows that lie ready as encoded bytes, of a command's result. */
    int (*ready_rows)(struct reply *r, const void *p, size_t n, struct err *e);
    /* What has been answered until now is on its way: before a wait. */
    int (*flush)(struct reply *r, struct err *e);
    /* A statement is complete: "SELECT 5". */
    void (*tag)(struct reply *r, const char *tag);
    /* A portal has given as many rows as it was asked for. */
    void (*suspended)(struct reply *r);
    /* The statement was empty. */
    void (*empty)(struct reply *r);
    /* encoding: of the file; NULL: the client's. */
    void (*copy_begins)(struct reply *r, enum reply_copy way, bool binary, uint16_t ncolumns,
                        const char *encoding);
    void (*copy_ends)(struct reply *r);
    void (*report)(struct reply *r, enum reply_severity severity, const struct err *e);
};

struct reply {
    const struct reply_ops *ops;
};

#endif
