/* The heap. All of our own memory comes through here, so that a test can make every allocation fail once.
 * Any thread. A failed call returns NULL and leaves what it was given untouched. */
#ifndef TAVANA_BASE_ALLOC_H
#define TAVANA_BASE_ALLOC_H

#include <stdbool.h>
#include <stddef.h>

/* n bytes, undefined; NULL without memory. For mem_free. */
void *mem_alloc(size_t n) __attribute__((malloc, warn_unused_result));
/* Zeroed; NULL too when n * size does not fit a size_t. */
void *mem_calloc(size_t n, size_t size) __attribute__((malloc, warn_unused_result));
/* p grown or shrunk to n bytes; NULL without memory, and p is as before. */
void *mem_realloc(void *p, size_t n) __attribute__((warn_unused_result));
/* A copy, for mem_free; NULL without memory. */
char *mem_strdup(const char *s) __attribute__((warn_unused_result));
/* A terminated copy of n bytes. */
char *mem_strndup(const char *s, size_t n) __attribute__((warn_unused_result));
/* NULL is fine. */
void mem_free(void *p);

/* Whole process, before its threads: so much that was freed at the end of a heap stays there, and blocks up
 * to half of that are never the system's own. For who receives large blocks all the time. */
void mem_keep_freed(int bytes);

/* For tests: the nth allocation of this thread from now on fails (1: the next one); 0 switches it off. */
void alloc_fail_nth(unsigned nth);
/* Whether it has come to that since; switches it off. */
bool alloc_failed(void);

#endif
