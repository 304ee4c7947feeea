/* The hash of labels goes over each label and a zero behind it, so that ('a', 'b') and ('ab') differ. The
 * text of a type is read label by label into the same hash: quotes within them are doubled. */
#include "pgtype/enum_type.h"

#include "base/hash.h"

#include <assert.h>
#include <string.h>

bool enum_type_mark(struct str label, uint32_t *oid)
{
    uint64_t v = 0;
    if (label.n < 2 || label.n >= ENUM_MARK_MAX || label.p[0] != ENUM_MARK)
        return false;
    for (size_t i = 1; i < label.n; i++) {
        if (label.p[i] < '0' || label.p[i] > '9')
            return false;
        v = v * 10 + (uint64_t)(label.p[i] - '0');
    }
    if (v > UINT32_MAX || !enum_type_is((uint32_t)v))
        return false;
    *oid = (uint32_t)v;
    return true;
}

uint32_t enum_type_oid(const struct str *labels, size_t n)
{
    uint32_t oid;
    uint64_t h = HASH_BEGIN;
    assert(labels || n == 0);
    if (n > 0 && enum_type_mark(labels[n - 1], &oid))
        return oid;
    for (size_t i = 0; i < n; i++)
        h = hash_byte(hash_bytes(h, labels[i].p, labels[i].n), 0);
    return enum_type_pick(h);
}

/* A label in quotes at *at, which moves behind it, into the hash; *mark: its number if it is a mark, else 0.
 * */
static bool take_label(struct str text, size_t *at, uint64_t *h, uint32_t *mark)
{
    char start[ENUM_MARK_MAX];
    size_t n = 0;
    if (*at >= text.n || text.p[*at] != '\'')
        return false;
    for (++*at; *at < text.n; ++*at, n++) {
        char c = text.p[*at];
        if (c == '\'' && (++*at == text.n || text.p[*at] != '\''))
            break;
        *h = hash_byte(*h, (unsigned char)c);
        if (n < sizeof start)
            start[n] = c;
    }
    *h = hash_byte(*h, 0);
    *mark = 0;
    if (n < sizeof start)
        (void)enum_type_mark((struct str){start, n}, mark);
    return true;
}

uint32_t enum_type_oid_of_text(struct str text)
{
    static const struct str open = {"ENUM(", 5}, between = {", ", 2};
    uint64_t h = HASH_BEGIN;
    uint32_t mark = 0;
    size_t at = open.n;
    if (text.n < open.n || memcmp(text.p, open.p, open.n) != 0)
        return 0;
    while (take_label(text, &at, &h, &mark))
        if (text.n - at >= between.n && memcmp(text.p + at, between.p, between.n) == 0)
            at += between.n;
    if (at >= text.n || text.p[at] != ')')
        return 0;
    uint32_t oid = mark ? mark : enum_type_pick(h);
    assert(enum_type_is(oid));
    return at + 1 == text.n ? oid : enum_type_array(oid);
}
