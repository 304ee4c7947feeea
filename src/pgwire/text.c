/* Text that is not UTF-8 is refused, in PostgreSQL's words, with the bytes in question. */
#include "pgwire/text.h"

#include <stdio.h>

enum { SEQUENCE_MAX = 4 };

/* How many bytes the first one announces; PostgreSQL shows that many of a bad character. */
static size_t announced(unsigned char first)
{
    if ((first & 0xE0) == 0xC0)
        return 2;
    if ((first & 0xF0) == 0xE0)
        return 3;
    if ((first & 0xF8) == 0xF0)
        return 4;
    return 1;
}

int wire_text_check(struct str s, struct err *e)
{
    size_t at = 0;
    if (utf8_valid(s.p, s.n, &at))
        return ST_OK;
    const unsigned char *bad = (const unsigned char *)s.p + at;
    size_t n = announced(bad[0]);
    if (n > s.n - at)
        n = s.n - at;
    char shown[SEQUENCE_MAX * 5 + 1];
    size_t len = 0;
    for (size_t i = 0; i < n; i++)
        len += (size_t)snprintf(shown + len, sizeof shown - len, "%s0x%02x", i ? " " : "", bad[i]);
    return err_set(e, SQLSTATE_CHARACTER_NOT_IN_REPERTOIRE, "invalid byte sequence for encoding \"UTF8\": %s",
                   shown);
}
