/* Values that a session has as text, in SQL. Of session/ alone. Any thread. */
#ifndef TAVANA_SESSION_VALUE_TEXT_H
#define TAVANA_SESSION_VALUE_TEXT_H

#include "base/buf.h"

#include <stdbool.h>

struct column_desc;

/* 'value', or NULL. */
void value_put_literal(struct buf *b, const char *value);
/* The type of a column, as SQL; false: it has no name here, and nothing was put. */
bool value_put_type(struct buf *b, const struct column_desc *c);

#endif
