/* Pieces of lists of structs, as text that the engine reads. Of session/ alone. The session's own thread. */
#ifndef TAVANA_SESSION_SQL_LIST_H
#define TAVANA_SESSION_SQL_LIST_H

#include "base/buf.h"
#include "base/str.h"

#include <stdint.h>

struct session;

/* 'text' */
void sql_list_put_text(struct buf *b, struct str text);
/* , name: TIMESTAMPTZ '…', of microseconds since 1970; 0 is NULL. */
void sql_list_put_time(struct buf *b, const char *name, int64_t wall_us);
/* In the session's message arena; NULL without memory. Releases b. */
const char *sql_list_finish(struct session *s, struct buf *b);

#endif
