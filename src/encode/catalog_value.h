/* Values of PostgreSQL's catalog types that are not written as their base is (pgtype/catalog_type.h). */
#ifndef TAVANA_ENCODE_CATALOG_VALUE_H
#define TAVANA_ENCODE_CATALOG_VALUE_H

#include "encode/encode_priv.h"
#include "pgtype/catalog_type.h"

/* Whether such a form has a way of its own in this format. */
bool catalog_value_is_special(enum catalog_form form, int16_t format);
/* Appends the value, which is not NULL, of a cell with that form. 53200 */
int catalog_value(struct buf *out, const struct cell *c, const struct column_view *v, size_t row,
                  struct err *e);

#endif
