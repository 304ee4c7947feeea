/* Columns that GROUP BY need not name because the key of their table is there. Of session/ alone. The
 * session's own thread. */
#ifndef TAVANA_SESSION_GROUPED_H
#define TAVANA_SESSION_GROUPED_H

#include "sql/edits.h"
#include "sql/token.h"

#include <stdbool.h>
#include <stddef.h>

struct session;

/* The engine has said that a column is not in the GROUP BY: the one at that byte, or, with SIZE_MAX, one of
 * HAVING that its message names, or of a name.* in the list. Whether it is written into it now. */
bool grouped_extend(struct session *s, const struct sql_tokens *sql, size_t at, const char *message,
                    struct edits *edits);

#endif
