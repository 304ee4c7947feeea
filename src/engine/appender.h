/* Rows into a table, fast: fields in PostgreSQL's text or binary format become the engine's vectors, and full
 * ones go in by INSERT … SELECT, so that defaults, constraints and the search path are the engine's business.
 *
 * Everything happens in the transaction that the connection is in: the caller opens one and rolls it back
 * when anything fails, so that nothing was loaded. From open to free the connection belongs to the appender
 * (a thread of its own inserts what is full while the caller goes on); only engine_interrupt may be called.
 * Bounds: at most two heaps of APPENDER_ROWS rows or APPENDER_BYTES bytes, whichever is first, and a row;
 * the engine reads them where they are. */
#ifndef TAVANA_ENGINE_APPENDER_H
#define TAVANA_ENGINE_APPENDER_H

#include "base/err.h"
#include "base/str.h"
#include "engine/column_view.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct engine_conn;
struct engine_appender;
struct tz;

enum {
    APPENDER_ROWS = 245760, /* two of the engine's row groups: it inserts one with each of two threads */
    APPENDER_BYTES = 64 * 1024 * 1024,
};

/* Of the columns that are filled, in order. */
struct engine_appender_info {
    size_t ncolumns;
    const char *const *names;
    const struct engine_column_type *const *types;
};

/* table: as written, with its schema; name: as messages name it. ncolumns 0: all that are not generated.
 * 42P01, 42703, 42701, 42P10 for a generated column, in PostgreSQL's words. */
int engine_appender_open(struct engine_conn *c, struct str table, const char *name,
                         const char *const *columns, size_t ncolumns, struct engine_appender **out,
                         struct err *e);
/* What it appends to. Lent as long as the appender. */
const struct engine_appender_info *engine_appender_info(const struct engine_appender *ap);

/* Before the start: values of the column go in as function(value, n). function: of pgfunc/, static. */
void engine_appender_fit(struct engine_appender *ap, size_t column, const char *function, int32_t n);
/* Once, before the first row. oids: PostgreSQL's type of each column (see encode_describe); zone: of
 * timestamptz text without an offset. */
int engine_appender_start(struct engine_appender *ap, const uint32_t *oids, bool binary,
                          const struct tz *zone, struct err *e);

/* One row of ncolumns fields, p NULL: NULL; text must be UTF-8. Copied. ST_ERR: *column is the one whose
 * value is wrong, or SIZE_MAX: rows before this one could not go in. No more may be appended then. */
int engine_append(struct engine_appender *ap, const struct str *fields, size_t *column, struct err *e);

/* Of a row that cannot be appended whole: whether its first n fields have values. ST_ERR as engine_append. */
int engine_append_check(struct engine_appender *ap, const struct str *fields, size_t n, size_t *column,
                        struct err *e);

/* The rows so far go in, and more may follow: for whoever pauses, since a small INSERT costs more than its
 * rows. */
int engine_appender_settle(struct engine_appender *ap, struct err *e);
/* The last rows go in. On ST_OK *rows is how many did in all. */
int engine_appender_finish(struct engine_appender *ap, uint64_t *rows, struct err *e);
/* What has not gone in is dropped. NULL is fine. */
void engine_appender_free(struct engine_appender *ap);

#endif
