/* Lists and arrays as PostgreSQL arrays. Pure. Of encode/ alone. */
#ifndef TAVANA_ENCODE_NESTED_H
#define TAVANA_ENCODE_NESTED_H

#include <stddef.h>

struct buf;
struct cell;
struct column_view;
struct err;

/* Appends the list as PostgreSQL's array text, "{1,NULL}". 2202E for an array that is not rectangular,
 * 53200. */
int array_text(struct buf *out, const struct cell *c, const struct column_view *v, size_t row, struct err *e);
/* The same in array_send's layout. */
int array_binary(struct buf *out, const struct cell *c, const struct column_view *v, size_t row,
                 struct err *e);

#endif
