/* Of engine/guard*.c only. */
#ifndef TAVANA_ENGINE_GUARD_PRIV_H
#define TAVANA_ENGINE_GUARD_PRIV_H

#include "engine/engine_priv.h"

/* libstdc++'s std::string, of the ABI that the names of the hooks name. */
struct guard_string {
    const char *p;
    size_t n;
    union {
        char local[16];
        size_t capacity;
    };
};

#endif
