/* Messages of a client whose client_encoding is neither UTF8 nor SQL_ASCII: what it sends becomes UTF-8
 * before it is decoded, and what it is sent leaves UTF-8 once it is made. Lengths within messages follow;
 * whatever is no text stays. A message that is malformed stays so: who decodes it says what is wrong. Of
 * front/ alone. The session's own thread. */
#ifndef TAVANA_FRONT_RECODE_H
#define TAVANA_FRONT_RECODE_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct copy_sink;
struct frame;
struct pg_client;
struct recoder;
struct row_batch;
struct row_desc;

/* What converts for the client as its settings are now; *out NULL: nothing has to. Lent until the next call.
 * 53200. */
int recode_with(struct pg_client *c, struct recoder **out, struct err *e);

/* Query, Parse, Bind, Describe, Close, Execute, CopyFail: f gets another payload, of the message's arena.
 * 22021, 22P05, 53200. */
int recode_frame(struct pg_client *c, struct recoder *r, struct frame *f, struct err *e);

/* How values lie in rows. */
struct recode_rows {
    const struct row_desc *desc; /* NULL: all text */
    const int16_t *formats;      /* NULL: all text */
    bool file_is_binary;         /* CopyData of COPY's binary format */
};

/* DataRows or CopyData, as many as are whole messages in n bytes, behind those in `to`. 22P05: those before
 * the row that cannot be converted are there. 54000, 53200. */
int recode_rows(struct recoder *r, const struct recode_rows *how, const uint8_t *p, size_t n,
                struct row_batch *to, struct err *e);

/* RowDescription, ErrorResponse, NoticeResponse, NotificationResponse, ParameterStatus that lie in b from
 * `mark` on. 22P05: they are gone, b ends at the mark; with lossy a character that the client has not got is
 * a question mark instead. Nothing happens to a buffer that has failed. */
int recode_answer(struct recoder *r, struct buf *b, size_t mark, bool lossy, struct err *e);

#endif
