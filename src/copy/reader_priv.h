/* Shared by the readers of copy/. */
#ifndef TAVANA_COPY_READER_PRIV_H
#define TAVANA_COPY_READER_PRIV_H

#include "base/arena.h"
#include "base/buf.h"
#include "copy/input.h"
#include "copy/reader.h"

enum copy_newline { NEWLINE_UNKNOWN, NEWLINE_LF, NEWLINE_CR, NEWLINE_CRLF };

/* Where in a line the scan for its end stands; kept between feeds. */
enum copy_scan {
    SCAN_BODY,
    SCAN_CR,        /* behind a carriage return that may end the line */
    SCAN_BACKSLASH, /* behind a backslash */
    SCAN_MARKER,    /* behind \. */
    SCAN_MARKER_CR, /* behind \. and a carriage return */
};

enum copy_part { PART_SIGNATURE, PART_EXTENSION, PART_ROWS, PART_TRAILER }; /* of a binary file */

struct copy_reader {
    struct copy_options options;
    const char *table;
    size_t ncolumns;
    const char *const *columns;
    const bool *force_not_null, *force_null; /* NULL: none */
    struct arena arena;                      /* of the above and of fields */
    int (*next)(struct copy_reader *r, struct err *e);

    struct copy_input in;
    bool ended;         /* nothing will be fed any more */
    bool marked;        /* the end marker was read: the rest does not count */
    bool has_line;      /* line is that of the row, and errors show it; lines.c sets it */
    struct buf scratch; /* fields that are not as they stand in the line */
    struct str *fields; /* of the row that was handed out */
    size_t nfields;     /* that lie in front of an error */
    struct str line;    /* that it was made from */
    uint64_t line_number;

    enum copy_newline newline;
    enum copy_scan scan;
    bool header_due, in_quotes, after_escape;
    bool plain; /* the line has no backslash (text) or quote (csv) */

    enum copy_part part;
    size_t skip;      /* bytes of the header's extension that are left */
    size_t column;    /* binary: being read … */
    size_t column_at; /* … and where in the row its length is */
};

/* Instead of a column, to copy_reader_context: the line's number alone, since its bytes are no text. */
#define COPY_LINE_NUMBER (SIZE_MAX - 1)

/* An error of the form of the data, with the context of the line so far. */
int copy_bad_form(struct copy_reader *r, struct err *e, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* The line and the fields that were handed out are not needed any more. */
void copy_drop_line(struct copy_reader *r);

#endif
