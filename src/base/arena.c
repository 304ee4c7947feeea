/* Blocks in a list, the newest first. What does not fit into the newest opens another; the rest of a block is
 * not looked at again, since what an arena holds is small or few. */
#include "base/arena.h"

#include "base/account.h"
#include "base/alloc.h"

#include <assert.h>
#include <stdalign.h>
#include <stdint.h>
#include <string.h>

struct arena_block {
    struct arena_block *next;
    size_t len;
    size_t cap;
    alignas(max_align_t) uint8_t data[];
};

/* What the usual block holds: with its head it is of the largest size that the heap keeps for a thread. */
enum { ARENA_BLOCK = 1032 - sizeof(struct arena_block) };

void arena_init(struct arena *a, size_t max)
{
    *a = (struct arena){.max = max};
}

void arena_init_of(struct arena *a, size_t max, struct account *account)
{
    *a = (struct arena){.max = max, .account = account};
}

static struct arena_block *block_new(struct arena *a, size_t cap)
{
    size_t bytes = sizeof(struct arena_block) + cap;
    if (bytes < cap || !account_take(a->account, bytes))
        return NULL;
    struct arena_block *b = mem_alloc(bytes);
    if (!b) {
        account_give(a->account, bytes);
        return NULL;
    }
    *b = (struct arena_block){.next = a->blocks, .cap = cap};
    a->blocks = b;
    return b;
}

void arena_release(struct arena *a)
{
    while (a->blocks) {
        struct arena_block *b = a->blocks;
        a->blocks = b->next;
        account_give(a->account, sizeof *b + b->cap);
        mem_free(b);
    }
    a->used = 0;
}

/* One block of the usual size stays, so that an arena that is cleared with each message does not allocate. */
void arena_clear(struct arena *a)
{
    struct arena_block *b = a->blocks;
    if (!b || b->next || b->cap > ARENA_BLOCK) {
        arena_release(a);
        return;
    }
    b->len = 0;
    a->used = 0;
}

static size_t align_up(size_t n)
{
    size_t align = alignof(max_align_t);
    return (n + align - 1) / align * align;
}

void *arena_alloc(struct arena *a, size_t n)
{
    if (n > a->max || a->used > a->max - n)
        return NULL;
    struct arena_block *b = a->blocks;
    if (!b || b->cap - b->len < n) {
        size_t cap = n > ARENA_BLOCK ? n : ARENA_BLOCK;
        b = block_new(a, cap);
        if (!b)
            return NULL;
    }
    assert(n <= b->cap - b->len);
    void *p = b->data + b->len;
    size_t taken = align_up(n);
    b->len = taken > b->cap - b->len ? b->cap : b->len + taken;
    a->used += n;
    return p;
}

void *arena_calloc(struct arena *a, size_t n, size_t size)
{
    size_t total;
    if (__builtin_mul_overflow(n, size, &total))
        return NULL;
    void *p = arena_alloc(a, total);
    if (p)
        memset(p, 0, total);
    return p;
}

char *arena_strndup(struct arena *a, const char *s, size_t n)
{
    if (n == SIZE_MAX)
        return NULL;
    char *copy = arena_alloc(a, n + 1);
    if (!copy)
        return NULL;
    if (n)
        memcpy(copy, s, n);
    copy[n] = '\0';
    return copy;
}

char *arena_strdup(struct arena *a, const char *s)
{
    return arena_strndup(a, s, strlen(s));
}
