/* The shape of a result: for each column a name, a PostgreSQL type, a typmod and the table it comes from.
 * Immutable once made.
 * Shared by counting: row_desc_ref/row_desc_unref from any thread.
 * Source: PostgreSQL manual, 55.7 (RowDescription). */
#ifndef TAVANA_ROWS_ROW_DESC_H
#define TAVANA_ROWS_ROW_DESC_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    ROW_DESC_COLUMNS_MAX = 1664, /* as PostgreSQL's MaxTupleAttributeNumber: clients know no more */
    ROW_DESC_NAME_MAX = 1024, /* bytes of a name; what a column is called may be the text of its expression */
};

struct column_desc {
    const char *name; /* lies in the row_desc */
    uint32_t type_oid;
    int16_t type_size;  /* bytes, -1: varying, as pg_type.typlen */
    int32_t typmod;     /* -1: none */
    uint32_t table_oid; /* that it comes straight from; 0: none */
    int16_t attnum;     /* and its number there */
};

struct row_desc {
    uint32_t refs; /* atomic; use ref and unref */
    uint16_t ncolumns;
    struct column_desc columns[];
};

/* 54011 beyond ROW_DESC_COLUMNS_MAX. */
int row_desc_check_columns(size_t ncolumns, struct err *e);
/* Copies the names; longer ones are cut at the end of a character. 54011 as row_desc_check_columns. */
int row_desc_new(struct row_desc **out, const struct column_desc *columns, size_t ncolumns, struct err *e);
/* What it takes. */
size_t row_desc_bytes(const struct row_desc *d);
/* One more user of it; returns it. Any thread. */
struct row_desc *row_desc_ref(struct row_desc *d);
/* NULL is fine. */
void row_desc_unref(struct row_desc *d);
/* Whether a client that was told `a` may be sent rows of `b`: same count, types and typmods (names apart). */
bool row_desc_same_types(const struct row_desc *a, const struct row_desc *b);
/* Of formats, one a column of d; NULL: all text. */
bool row_desc_same_formats(const struct row_desc *d, const int16_t *a, const int16_t *b);

#endif
