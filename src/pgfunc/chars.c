#include "pgfunc/chars.h"

#include <locale.h>
#include <stdatomic.h>
#include <wctype.h>

static _Atomic(locale_t) utf8; /* made once, for the process; LC_GLOBAL_LOCALE: the system has none */

/* 0: ASCII alone has kinds. */
static locale_t locale(void)
{
    locale_t made = atomic_load_explicit(&utf8, memory_order_acquire), none = (locale_t)0;
    if (!made) {
        made = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
        if (!made)
            made = LC_GLOBAL_LOCALE;
        if (!atomic_compare_exchange_strong(&utf8, &none, made)) {
            if (made != LC_GLOBAL_LOCALE)
                freelocale(made);
            made = none;
        }
    }
    return made == LC_GLOBAL_LOCALE ? (locale_t)0 : made;
}

uint32_t char_next(struct str s, size_t *at)
{
    size_t i = (*at)++;
    unsigned char first = (unsigned char)s.p[i];
    if (first < 0xC0)
        return first;
    size_t more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : 1;
    uint32_t c = first & (0x3Fu >> more);
    for (size_t k = 0; k < more && *at < s.n && utf8_continues(s.p[*at]); k++)
        c = c << 6 | ((unsigned char)s.p[(*at)++] & 0x3F);
    return c;
}

size_t char_offset(struct str s, size_t n)
{
    size_t at = 0;
    while (n > 0 && at < s.n) {
        at++;
        while (at < s.n && utf8_continues(s.p[at]))
            at++;
        n--;
    }
    return at;
}

void char_put(struct buf *out, uint32_t c)
{
    if (c < 0x80) {
        buf_put_u8(out, (uint8_t)c);
        return;
    }
    int more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    static const uint8_t lead[] = {0, 0xC0, 0xE0, 0xF0};
    buf_put_u8(out, (uint8_t)(lead[more] | c >> (6 * more)));
    while (more-- > 0)
        buf_put_u8(out, (uint8_t)(0x80 | (c >> (6 * more) & 0x3F)));
}

bool char_is_alpha(uint32_t c)
{
    if (c < 0x80)
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    locale_t l = locale();
    return l && iswalpha_l((wint_t)c, l);
}

bool char_is_alnum(uint32_t c)
{
    if (c < 0x80)
        return char_is_alpha(c) || (c >= '0' && c <= '9');
    locale_t l = locale();
    return l && iswalnum_l((wint_t)c, l);
}

bool char_is_space(uint32_t c)
{
    if (c < 0x80)
        return c == ' ' || (c >= '\t' && c <= '\r');
    locale_t l = locale();
    return l && iswspace_l((wint_t)c, l);
}

bool char_is_of(uint32_t c, const char *name)
{
    if (cstr_ieq(name, "word"))
        return c == '_' || char_is_alnum(c);
    if (cstr_ieq(name, "ascii"))
        return c < 0x80;
    locale_t l = locale();
    wctype_t type = l ? wctype_l(name, l) : (wctype_t)0;
    return type && iswctype_l((wint_t)c, type, l);
}

uint32_t char_upper(uint32_t c)
{
    if (c < 0x80)
        return c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c;
    locale_t l = locale();
    return l ? (uint32_t)towupper_l((wint_t)c, l) : c;
}

uint32_t char_lower(uint32_t c)
{
    if (c < 0x80)
        return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
    locale_t l = locale();
    return l ? (uint32_t)towlower_l((wint_t)c, l) : c;
}
