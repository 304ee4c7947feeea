/* How deep a JSON text is nested. Pure. Of engine/ alone. */
#ifndef TAVANA_ENGINE_GUARD_JSON_H
#define TAVANA_ENGINE_GUARD_JSON_H

#include <stdbool.h>
#include <stddef.h>

/* Brackets of a JSON text are nested deeper than GUARD_JSON_DEPTH_MAX. */
bool guard_json_is_deep(const char *text, size_t n);

#endif
