/* The elements of a list as one text: the function pg_array_join, which array_to_string is
 * (sql/catalog_calls.inc). It reads the list once and needs no lambda, whose body the engine does not fold.
 * Of engine/ alone. Source: PostgreSQL 15 manual, 9.19. */
#ifndef TAVANA_ENGINE_ARRAY_JOIN_H
#define TAVANA_ENGINE_ARRAY_JOIN_H

#include "base/err.h"
#include "engine/shown.h"

struct engine_conn;

/* pg_array_join(list, separator[, text of NULL]): elements of inner lists as well, one after the other. Once
 * a database, before its configuration is locked. ops NULL: there are only lists of texts. XX000 */
int array_join_register(struct engine_conn *c, const struct engine_text_ops *ops, struct err *e);

#endif
