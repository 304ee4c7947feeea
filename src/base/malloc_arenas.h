/* The parts that malloc has its memory in, which glibc calls arenas. Source: "arena" in glibc's malloc. */
#ifndef TAVANA_BASE_MALLOC_ARENAS_H
#define TAVANA_BASE_MALLOC_ARENAS_H

enum {
    MALLOC_ARENAS_MIN = 4, /* one of which, the system's break, has no address space of its own */
    MALLOC_ARENAS_MAX = 64
};

/* Whole process, before its threads: they share a bounded number of arenas, one for each processor, which are
 * all made here. glibc makes up to eight for each, when threads come; and a thread that comes when a further
 * one may be made and cannot never gets one: malloc then maps each of its pieces by itself, and gives it
 * nothing when that fails. The engine cannot live with that: its errors are JSON, and one whose JSON gets no
 * memory is worded as another error, in JSON, and so on until C++ ends the process. In an arena, which has
 * address space of its own (64 MB), there is some left when the process has no more. Arenas that cannot be
 * made here are made later, or not. */
void malloc_arenas_make(void);
/* How many that is. */
unsigned malloc_arenas(void);

#endif
