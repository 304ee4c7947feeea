/* Marks: CHECKs that are always true and keep in the database what the engine does not, the names that
 * constraints were given. The catalog reads them back (catalog_base.inc). Pure. Any thread. */
#ifndef TAVANA_SQL_MARK_H
#define TAVANA_SQL_MARK_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "sql/token.h"

struct buf;

/* 'words', or 'words name', as a string; name NULL: none. */
void sql_mark_string(struct buf *b, const char *words, const struct sql_token *name);
/* A key or foreign key, and behind it CHECK ('words name' IS NOT NULL OR (a IS NULL AND b IS NULL)) with the
 * columns of its first bracket. *out is empty where there is no name or column. 53200 */
int sql_marked_key(struct arena *a, const char *words, const struct sql_token *name, struct str constraint,
                   struct str *out, struct err *e);
/* CHECK ((condition) OR ('name' IS NULL)) of CHECK (condition); as sql_marked_key. */
int sql_marked_check(struct arena *a, const struct sql_token *name, struct str constraint, struct str *out,
                     struct err *e);

#endif
