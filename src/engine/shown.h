/* Any value as the text that PostgreSQL shows for it: the function pg_show. How a value is written, encode/
 * knows, and the program hands it down. */
#ifndef TAVANA_ENGINE_SHOWN_H
#define TAVANA_ENGINE_SHOWN_H

#include "base/buf.h"
#include "base/err.h"
#include "engine/column_view.h"

struct engine_conn;
struct tz;

/* Values of one type as text. One thread at a time. */
struct engine_text_ops {
    /* The type is lent until end. 53200 */
    int (*begin)(void **out, const struct engine_column_type *t, const struct tz *zone, struct err *e);
    /* Appends a value that is not NULL. */
    int (*put)(void *state, const struct column_view *v, size_t row, struct buf *out, struct err *e);
    /* Appends it as PostgreSQL's to_json writes it. */
    int (*put_json)(void *state, const struct column_view *v, size_t row, struct buf *out, struct err *e);
    void (*end)(void *state); /* NULL is fine */
};

/* Makes pg_show known, once a database. ops NULL: its calls fail. They outlive the database. */
int shown_register(struct engine_conn *c, const struct engine_text_ops *ops, struct err *e);

#endif
