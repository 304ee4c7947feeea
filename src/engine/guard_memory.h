/* Large pieces of memory, which the engine's memory_limit does not count. Any thread. Of engine/ alone. */
#ifndef TAVANA_ENGINE_GUARD_MEMORY_H
#define TAVANA_ENGINE_GUARD_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

enum { GUARD_MEMORY_LARGE = 64 * 1024 * 1024 }; /* a smaller piece is always given */

/* Beyond so many bytes of the process no large piece of memory is given to any engine; 0: no bound. */
void guard_memory_bound(uint64_t bytes);
/* Whether a piece of this size may be had. */
bool guard_memory_is_there(uint64_t size);

#endif
