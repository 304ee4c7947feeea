#include "pgtype/tid.h"

#include <assert.h>
#include <stdio.h>

static bool read_number(struct str *text, uint64_t max, uint64_t *out)
{
    size_t i = 0;
    assert(max <= UINT32_MAX); /* one digit more overflows nothing */
    *out = 0;
    for (; i < text->n && text->p[i] >= '0' && text->p[i] <= '9'; i++) {
        *out = *out * 10 + (uint64_t)(text->p[i] - '0');
        if (*out > max)
            return false;
    }
    text->p += i;
    text->n -= i;
    return i > 0;
}

static bool skip(struct str *text, char c)
{
    while (text->n > 0 && text->p[0] == ' ') {
        text->p++;
        text->n--;
    }
    if (text->n == 0 || text->p[0] != c)
        return false;
    text->p++;
    text->n--;
    return true;
}

bool tid_read(struct str text, struct tid *out)
{
    uint64_t block, offset;
    if (!skip(&text, '(') || !read_number(&text, UINT32_MAX, &block) || !skip(&text, ',') ||
        !read_number(&text, UINT16_MAX, &offset) || !skip(&text, ')') || text.n > 0)
        return false;
    *out = (struct tid){(uint32_t)block, (uint16_t)offset};
    return true;
}

size_t tid_write(struct tid t, bool padded, char out[TID_TEXT_MAX])
{
    int n = snprintf(out, TID_TEXT_MAX, padded ? "(%010lu,%05u)" : "(%lu,%u)", (unsigned long)t.block,
                     (unsigned)t.offset);
    assert(n > 0 && n < TID_TEXT_MAX);
    return (size_t)n;
}
