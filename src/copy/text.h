/* Text format: fields between delimiters, backslashes before what means something else. Of copy/ alone. */
#ifndef TAVANA_COPY_TEXT_H
#define TAVANA_COPY_TEXT_H

#include "base/str.h"

#include <stddef.h>

struct copy_reader;
struct err;

/* 22021 when s is not UTF-8, or holds a NUL. */
int copy_check_utf8(const struct copy_reader *r, struct str s, struct err *e);
/* Cuts r->line into *n fields; those beyond ncolumns are not kept. */
int copy_split_text(struct copy_reader *r, struct str *fields, size_t *n, struct err *e);

#endif
