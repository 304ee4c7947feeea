/* Rows without names for their members, ROW(1, 'a'), as PostgreSQL's records. Of encode/ alone. Source:
 * PostgreSQL 15 manual, 8.16.6; its binary form as measured. */
#ifndef TAVANA_ENCODE_RECORD_H
#define TAVANA_ENCODE_RECORD_H

#include "base/buf.h"

#include <stddef.h>

struct cell;
struct column_view;
struct err;

/* Appends (1,"a b",). */
int record_text(struct buf *out, const struct cell *c, const struct column_view *v, size_t row,
                struct err *e);
/* Appends the number of members, then type, length and bytes of each. */
int record_binary(struct buf *out, const struct cell *c, const struct column_view *v, size_t row,
                  struct err *e);

#endif
