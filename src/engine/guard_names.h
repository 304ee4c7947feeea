/* Names that the guard knows: functions, catalogs. Pure. Of engine/ alone. */
#ifndef TAVANA_ENGINE_GUARD_NAMES_H
#define TAVANA_ENGINE_GUARD_NAMES_H

#include "base/str.h"

#include <stdbool.h>

enum guard_verdict { GUARD_FREE, GUARD_REFUSED, GUARD_SINK, GUARD_OURS };

/* What a function of the engine of this name is to a client. */
enum guard_verdict guard_function(struct str name, bool is_table_function);
/* … with a VARIANT among its arguments. */
bool guard_breaks_on_variant(struct str name);
/* What statements call without naming it: operators, brackets, braces, a dot. A macro of such a name would
 * stand before the engine's own in everybody's statements. */
bool guard_is_syntax(struct str name);
/* A name that no client gives to a catalog. */
bool guard_reserved_catalog(struct str name);
/* A catalog of ours, which nobody is led into. */
bool guard_own_catalog(struct str name);

#endif
