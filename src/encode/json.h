/* Structs, maps and unions, which PostgreSQL has no anonymous types for, as JSON. Pure. Of encode/ alone. */
#ifndef TAVANA_ENCODE_JSON_H
#define TAVANA_ENCODE_JSON_H

#include <stddef.h>

struct buf;
struct cell;
struct column_view;
struct err;

/* Appends the value as JSON text. Not of NULL. 22P02, 54000, 53200. */
int json_value(struct buf *out, const struct cell *c, const struct column_view *v, size_t row, struct err *e);

#endif
