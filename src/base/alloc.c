/* The only place that calls malloc and its kin, so that tests can let the nth allocation of a thread
 * fail. None of these gives NULL for a size of nought: an empty array is no lack of memory. */
#include "base/alloc.h"

#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* glibc's calloc passes over what the thread has freed before (until 2.41); malloc takes that, up to this
 * size. */
enum { ZEROED_BY_HAND = 1032 };

static _Thread_local unsigned countdown;
static _Thread_local bool failed;

static bool fails(void)
{
    if (countdown == 0 || --countdown > 0)
        return false;
    failed = true;
    return true;
}

void *mem_alloc(size_t n)
{
    return fails() ? NULL : malloc(n ? n : 1);
}

void *mem_calloc(size_t n, size_t size)
{
    size_t total;
    if (__builtin_mul_overflow(n, size, &total)) /* calloc looks too, but a sanitizer's ends the process */
        return NULL;
    if (fails())
        return NULL;
    if (total > ZEROED_BY_HAND)
        return calloc(n, size);
    void *p = malloc(total ? total : 1);
    return p ? memset(p, 0, total) : NULL;
}

void *mem_realloc(void *p, size_t n)
{
    return fails() ? NULL : realloc(p, n ? n : 1);
}

char *mem_strdup(const char *s)
{
    return mem_strndup(s, strlen(s));
}

char *mem_strndup(const char *s, size_t n)
{
    if (n == SIZE_MAX)
        return NULL;
    char *copy = mem_alloc(n + 1);
    if (!copy)
        return NULL;
    if (n)
        memcpy(copy, s, n);
    copy[n] = '\0';
    return copy;
}

void mem_free(void *p)
{
    free(p);
}

/* glibc's default gives a block of a megabyte back to the kernel as soon as it is freed, and gets it
 * anew, page by page, for the next: a gateway's batches are of that size. */
void mem_keep_freed(int bytes)
{
    (void)mallopt(M_TRIM_THRESHOLD, bytes);
    (void)mallopt(M_MMAP_THRESHOLD, bytes / 2);
}

void alloc_fail_nth(unsigned nth)
{
    countdown = nth;
    failed = false;
}

bool alloc_failed(void)
{
    countdown = 0;
    bool was = failed;
    failed = false;
    return was;
}
