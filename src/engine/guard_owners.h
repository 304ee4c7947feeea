/* Whose the attached catalogs and the secrets are: the engine keeps neither apart by session. Any thread.
 * Of engine/ alone. */
#ifndef TAVANA_ENGINE_GUARD_OWNERS_H
#define TAVANA_ENGINE_GUARD_OWNERS_H

#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

struct engine;

enum guard_object { GUARD_CATALOG, GUARD_SECRET };

/* owner 0: the operator. false: there is no room. */
bool guard_owners_put(const struct engine *en, enum guard_object kind, struct str name, uint64_t owner);
/* It is nobody's from now on; nothing happens when it was. */
void guard_owners_drop(const struct engine *en, enum guard_object kind, struct str name);
/* false: nobody's. */
bool guard_owners_find(const struct engine *en, enum guard_object kind, struct str name, uint64_t *owner);
/* Whether it is in any engine. */
bool guard_owners_know(enum guard_object kind, struct str name);
/* Of all that is in this engine. */
void guard_owners_forget(const struct engine *en);

#endif
