/* A row_source: the one row of a SELECT of literals, kept by its text for the whole process
 * (sql/literals.h). Any thread. */
#ifndef TAVANA_BACKEND_LOCAL_LITERALS_H
#define TAVANA_BACKEND_LOCAL_LITERALS_H

#include "backend/row_source.h"
#include "base/str.h"

struct local;
struct local_literals;
struct local_stmt;
struct row_desc;

enum { LOCAL_LITERALS_ROWS = 1 };

/* The row of this text, one reference of it; NULL: it is not kept. */
struct local_literals *local_literals_find(struct local *l, struct str text);
/* Keeps the first chunk that the source gave for the statement, from the second run of its text on, when it
 * is a single row. Without memory nothing happens. */
void local_literals_keep(struct local *l, const struct local_stmt *st, struct row_source *from,
                         const struct chunk_view *chunk);
/* Lent. */
struct row_desc *local_literals_desc(const struct local_literals *k);
/* Lent; several portals may read it at once. Closing it does nothing. */
struct row_source *local_literals_source(struct local_literals *k);
/* NULL is fine. */
void local_literals_unref(struct local_literals *k);
/* The backend ends. */
void local_literals_clear(struct local *l);

#endif
