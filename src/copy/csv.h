/* CSV: a field may stand in quotes, wholly or in parts. Of copy/ alone. */
#ifndef TAVANA_COPY_CSV_H
#define TAVANA_COPY_CSV_H

#include <stddef.h>

struct copy_reader;
struct err;
struct str;

/* Cuts r->line into *n fields; those beyond ncolumns are not kept. */
int copy_split_csv(struct copy_reader *r, struct str *fields, size_t *n, struct err *e);

#endif
