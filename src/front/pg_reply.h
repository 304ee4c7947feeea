/* The reply (reply.h) of PostgreSQL's protocol: answers as messages, through the session's output. */
#ifndef TAVANA_FRONT_PG_REPLY_H
#define TAVANA_FRONT_PG_REPLY_H

#include "session/reply.h"

struct pg_reply {
    struct reply base;
    unsigned batches; /* of the rows that are being sent */
    int64_t first_us; /* when the first of them came; 0: nothing was to follow it */
    bool is_page;
    bool sends; /* between rows_begin and rows_end */
};

void pg_reply_init(struct pg_reply *r);

#endif
