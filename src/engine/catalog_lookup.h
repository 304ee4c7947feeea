/* Functions that look one thing up in the lists of the catalog: tavana_of_constraint(number) is its text.
 *
 *   tavana_of_relation_name(n)     as it is shown, with its schema where the path needs it
 *   tavana_of_relation_visible(n), tavana_of_relation_comment(n)
 *   tavana_of_relation(text)       the number of a relation by its name, perhaps with its schema, quoted
 *   tavana_of_type(n, modifier)    as format_type spells it; tavana_of_type_visible(n)
 *   tavana_of_constraint(n), tavana_of_index(n), tavana_of_index_column(n, place), tavana_of_view(n)
 *   tavana_of_comment(n * 65536 + place), tavana_of_schema(n)
 *   tavana_of_function_name(n), …_arguments, …_body, …_result
 *
 * NULL: there is nothing of that number. */
#ifndef TAVANA_ENGINE_CATALOG_LOOKUP_H
#define TAVANA_ENGINE_CATALOG_LOOKUP_H

#include "engine/engine_priv.h"

/* Once a database, behind catalog_types_register. */
int catalog_lookup_register(struct engine_conn *c, struct err *e);

#endif
