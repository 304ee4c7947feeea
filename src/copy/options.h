/* How a COPY's rows are written: what its readers (copy/) and its encoder (encode/) need to know of the
 * statement (sql/). Plain values, header only. Source: PostgreSQL 15 manual, COPY. */
#ifndef TAVANA_COPY_OPTIONS_H
#define TAVANA_COPY_OPTIONS_H

#include "base/str.h"

enum copy_format { COPY_TEXT, COPY_CSV, COPY_BINARY };

enum copy_header {
    COPY_HEADER_NONE,
    COPY_HEADER_LINE, /* out: the columns' names; in: a line that is not read */
    COPY_HEADER_MATCH /* in: a line that must name the columns */
};

struct copy_options {
    enum copy_format format;
    enum copy_header header;
    char delimiter, quote, escape; /* quote and escape: of COPY_CSV */
    struct str null;               /* how NULL is written; lent */
};

/* Both ways: starts a file in COPY_BINARY, before its flags and its extension's length. */
#define COPY_BINARY_SIGNATURE "PGCOPY\n\377\r\n\0"
enum { COPY_BINARY_SIGNATURE_LEN = 11, COPY_BINARY_HEADER = COPY_BINARY_SIGNATURE_LEN + 4 + 4 };

#endif
