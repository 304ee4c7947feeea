/* Whether rows may go to a client as it was told they would. Any thread. */
#ifndef TAVANA_BACKEND_LOCAL_TYPES_H
#define TAVANA_BACKEND_LOCAL_TYPES_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

struct encode_settings;
struct engine_column_type;
struct local_stmt;

/* Whether rows of these n types are those of the statement's description. */
bool local_fits(const struct local_stmt *st, const struct engine_column_type *const *types, size_t n);
/* Fills e for rows that do not: 0A000. Always ST_ERR. */
int local_changed_type(struct err *e);
/* Whether values become the same text by both. */
bool local_same_settings(const struct encode_settings *a, const struct encode_settings *b);

#endif
