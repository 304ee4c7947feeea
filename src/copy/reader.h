/* COPY FROM STDIN: bytes in, cut anywhere, rows of fields out. Nothing runs ahead: a reader keeps what it was
 * fed only of a line (a row, in binary) that is not whole yet. Text and csv fields are as the column's type
 * reads them, escapes and quotes taken away; binary ones are the column's bytes. Lines and columns are
 * counted, for the context of errors. Pure. One thread at a time.
 * Errors, in PostgreSQL's words: 22P04 the file's form, 22021 bytes that are no UTF-8, 54000 a line or row
 * beyond COPY_ROW_MAX. Source: PostgreSQL 15 manual, COPY (File Formats); corners as measured. */
#ifndef TAVANA_COPY_READER_H
#define TAVANA_COPY_READER_H

#include "base/err.h"
#include "base/str.h"
#include "copy/options.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { COPY_ROW_MAX = 0x3fffffff }; /* bytes of a line or a binary row: what PostgreSQL's buffers can hold */

struct copy_reader;

/* What is copied into. All of it is copied. */
struct copy_target {
    const char *table; /* as messages name it */
    size_t ncolumns;
    const char *const *columns;
    const bool *force_not_null, *force_null; /* one a column; NULL: none */
    struct account *memory;                  /* that a long line counts against; NULL: none */
};

/* A reader of one file. The caller's, for copy_reader_free. Options and target are lent until then. */
int copy_reader_new(struct copy_reader **out, const struct copy_options *o, const struct copy_target *target,
                    struct err *e);
/* NULL is fine. */
void copy_reader_free(struct copy_reader *r);

/* The next bytes, lent until copy_reader_next answers ST_AGAIN. Before the first next, and after an
 * ST_AGAIN. */
void copy_reader_feed(struct copy_reader *r, const void *data, size_t n);
/* There are no more. Instead of a feed. */
void copy_reader_end(struct copy_reader *r);

/* ST_OK    *fields has ncolumns of them, p NULL: NULL; lent until the next call of next
 * ST_AGAIN all bytes are used: feed, or end. What comes behind an end marker (\.) is thrown away.
 * ST_EOF   after end: there are no more rows
 * ST_ERR   with its context; the reader is of no more use */
int copy_reader_next(struct copy_reader *r, const struct str **fields, struct err *e);

/* After ST_ERR: how many fields of the row are there all the same, in front of what is wrong with it.
 * PostgreSQL reads values one by one, and so meets a wrong value in one of those first. */
size_t copy_reader_fields(const struct copy_reader *r);

/* For an error about the row that next handed out last, while its bytes are still there: sets the context
 * 'COPY t, line 3, column a: "x"', or of the whole line when column is COPY_WHOLE_LINE. */
#define COPY_WHOLE_LINE SIZE_MAX
/* Adds "COPY table, line n, column c" to e, with what is wrong there. */
void copy_reader_context(const struct copy_reader *r, size_t column, struct err *e);
/* The line (binary: row) of the row that next handed out last, from 1. */
uint64_t copy_reader_line(const struct copy_reader *r);

#endif
