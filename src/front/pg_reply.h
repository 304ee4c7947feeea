/* The reply (reply.h) of PostgreSQL's protocol: answers as messages, through the session's output. */
#ifndef TAVANA_FRONT_PG_REPLY_H
#define TAVANA_FRONT_PG_REPLY_H

#include "rows/row_batch.h"
#include "session/reply.h"

struct recoder;

struct pg_reply {
    struct reply base;
    struct row_batch recoded;    /* rows in the client's encoding, where that is not ours; else empty */
    const struct row_desc *desc; /* of the rows that are being sent, with their formats */
    const int16_t *formats;
    struct err *late;          /* of the message's arena: what a call without a status met; NULL: nothing */
    bool copies_binary;        /* of the last COPY: in binary format */
    const char *file_encoding; /* of a COPY that is under way, where it says so; NULL: the client's … */
    struct recoder *file_recoder; /* … and what converts from and to it; NULL: nothing has to */
    unsigned batches;             /* of the rows that are being sent */
    int64_t first_us;             /* when the first of them came; 0: nothing was to follow it */
    bool is_page;
    bool sends; /* between rows_begin and rows_end */
};

void pg_reply_init(struct pg_reply *r);
/* A message is worked on, or a COPY has ended: nothing is left of what was before. */
void pg_reply_begin(struct pg_reply *r);
/* Gives back what it keeps between messages. */
void pg_reply_trim(struct pg_reply *r);
/* What converts rows and data of a COPY. As recode_with. */
int pg_reply_recoder(struct pg_reply *r, struct recoder **out, struct err *e);
/* The message in the output from `mark` on leaves in the client's encoding; what that does not have becomes
 * a question mark. */
void pg_reply_recode(struct pg_reply *r, size_t mark);
/* What columns could not say in the client's encoding, once: 22P05. */
int pg_reply_late(struct pg_reply *r, struct err *e);

#endif
