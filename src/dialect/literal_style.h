/* What DateStyle and IntervalStyle have to do with a literal. Of dialect/ alone. */
#ifndef TAVANA_DIALECT_LITERAL_STYLE_H
#define TAVANA_DIALECT_LITERAL_STYLE_H

#include "base/str.h"
#include "pgtype/style.h"

struct rewriter;

/* The session's style, where it says what the text means as a value of that type; else the plain one. A view
 * keeps the style that it was made with, as in PostgreSQL. 53200 */
int literal_style(struct rewriter *r, uint32_t oid, struct str text, struct style *out);

#endif
