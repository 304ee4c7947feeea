/* Records as text: (1,"a b",). Pure. Any thread. Source: PostgreSQL 15 manual, 8.16.6, and record_in as
 * measured. */
#ifndef TAVANA_PGTYPE_RECORD_H
#define TAVANA_PGTYPE_RECORD_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

#include <stddef.h>

/* The n fields of a record; p NULL: NULL. Of the arena. 22P02 with PostgreSQL's detail, 53200. */
int record_read(struct arena *a, struct str text, size_t n, struct str *fields, struct err *e);
/* Appends a field of a record's text, in quotes where it needs them; p NULL: NULL, which is nothing. */
void record_put_field(struct buf *out, struct str field);

#endif
