/* A value as text outside of a row: what x::text gives. Pure. One thread at a time. */
#ifndef TAVANA_ENCODE_SHOWN_H
#define TAVANA_ENCODE_SHOWN_H

#include "base/err.h"

#include <stddef.h>

struct buf;
struct column_view;
struct engine_column_type;
struct tz;

/* The calls of engine_text_ops. */
int shown_begin(void **out, const struct engine_column_type *t, const struct tz *zone, struct err *e);
int shown_put(void *state, const struct column_view *v, size_t row, struct buf *out, struct err *e);
int shown_put_json(void *state, const struct column_view *v, size_t row, struct buf *out, struct err *e);
void shown_end(void *state);

#endif
