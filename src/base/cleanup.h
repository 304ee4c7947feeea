/* Clean-up by scope for cold paths: CLEANUP(portal_freep) struct portal *p = …; TAKE_PTR(p) lets go of it. */
#ifndef TAVANA_BASE_CLEANUP_H
#define TAVANA_BASE_CLEANUP_H

#include "base/alloc.h"

#include <unistd.h>

#define CLEANUP(fn) __attribute__((cleanup(fn)))
#define TAKE_PTR(p)                                                                                          \
    __extension__({                                                                                          \
        __typeof__(p) taken_ = (p);                                                                          \
        (p) = NULL;                                                                                          \
        taken_;                                                                                              \
    })

/* Defines NAMEp(T **), the form that CLEANUP wants, of a NAME(T *) that takes NULL. */
#define DEFINE_CLEANUP(type, name)                                                                           \
    static inline void name##p(type **p)                                                                     \
    {                                                                                                        \
        name(*p);                                                                                            \
    }

static inline void mem_freep(void *p)
{
    void **pp = (void **)p;
    mem_free(*pp);
}

static inline void fd_closep(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
}

#endif
