/* Of engine/guard*.c only. */
#ifndef TAVANA_ENGINE_GUARD_PRIV_H
#define TAVANA_ENGINE_GUARD_PRIV_H

#include "engine/engine_priv.h"

/* A definition under the name that the engine's compiler gave one of its functions: the dynamic linker finds
 * ours first. STRING is std::string within such a name. */
#define HOOK(name) __asm__(name) __attribute__((visibility("default")))
#define STRING     "NSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEE"

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
