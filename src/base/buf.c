#include "base/buf.h"

#include "base/account.h"
#include "base/alloc.h"
#include "base/bytes.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { BUF_FIRST = 256 };

void buf_init(struct buf *b, size_t max)
{
    *b = (struct buf){.max = max};
}

void buf_init_of(struct buf *b, size_t max, struct account *account)
{
    *b = (struct buf){.max = max, .account = account};
}

void buf_release(struct buf *b)
{
    account_give(b->account, b->cap);
    mem_free(b->data);
    *b = (struct buf){.max = b->max, .account = b->account};
}

/* The account is asked first, so that what is refused has not been allocated. */
static bool grow(struct buf *b, size_t cap)
{
    assert(cap >= b->cap && cap <= b->max);
    if (!account_take(b->account, cap - b->cap))
        return false;
    uint8_t *data = mem_realloc(b->data, cap);
    if (!data) {
        account_give(b->account, cap - b->cap);
        return false;
    }
    b->data = data;
    b->cap = cap;
    return true;
}

void buf_clear(struct buf *b)
{
    b->len = 0;
    b->failed = false;
}

void buf_trim(struct buf *b)
{
    if (b->len == 0) {
        buf_release(b);
        return;
    }
    assert(b->len <= b->cap);
    uint8_t *data = b->len < b->cap ? mem_realloc(b->data, b->len) : NULL;
    if (!data)
        return;
    account_give(b->account, b->cap - b->len);
    b->data = data;
    b->cap = b->len;
}

uint8_t *buf_reserve(struct buf *b, size_t n)
{
    if (b->failed)
        return NULL;
    if (n <= b->cap - b->len && b->data)
        return b->data + b->len;
    if (n > b->max || b->len > b->max - n) {
        b->failed = true;
        return NULL;
    }
    size_t cap = b->cap ? b->cap : BUF_FIRST;
    while (cap < b->len + n)
        cap = cap > b->max / 2 ? b->max : cap * 2;
    if (cap > b->max)
        cap = b->max;
    /* Where twice as much does not fit, what is needed may. */
    if (!grow(b, cap) && !(b->account && grow(b, b->len + n))) {
        b->failed = true;
        return NULL;
    }
    return b->data + b->len;
}

void buf_commit(struct buf *b, size_t n)
{
    assert(n <= b->cap - b->len);
    b->len += n;
}

void buf_put(struct buf *b, const void *p, size_t n)
{
    uint8_t *to = buf_reserve(b, n);
    if (!to)
        return;
    if (n)
        memcpy(to, p, n);
    b->len += n;
}

void buf_put_u8(struct buf *b, uint8_t v)
{
    buf_put(b, &v, sizeof v);
}

void buf_put_be16(struct buf *b, uint16_t v)
{
    uint8_t *p = buf_reserve(b, sizeof v);
    if (p)
        buf_commit(b, (size_t)(put_be16(p, v) - p));
}

void buf_put_be32(struct buf *b, uint32_t v)
{
    uint8_t *p = buf_reserve(b, sizeof v);
    if (p)
        buf_commit(b, (size_t)(put_be32(p, v) - p));
}

void buf_put_be64(struct buf *b, uint64_t v)
{
    uint8_t *p = buf_reserve(b, sizeof v);
    if (p)
        buf_commit(b, (size_t)(put_be64(p, v) - p));
}

void buf_put_cstr(struct buf *b, const char *s)
{
    buf_put(b, s, strlen(s) + 1);
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    int len = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    uint8_t *p = len < 0 ? NULL : buf_reserve(b, (size_t)len + 1); /* vsnprintf's NUL is not kept */
    if (p) {
        (void)vsnprintf((char *)p, (size_t)len + 1, fmt, again);
        b->len += (size_t)len;
    } else {
        b->failed = true;
    }
    va_end(again);
}

void buf_consume(struct buf *b, size_t n)
{
    assert(n <= b->len);
    b->len -= n;
    if (b->len && n)
        memmove(b->data, b->data + n, b->len);
}
