/* Passwords are normalised before they are hashed, so that two ways to type the same character are the same
 * password. What cannot be normalised is taken as it is, as PostgreSQL does. Source: RFC 4013 (SASLprep). */
#include "auth/saslprep.h"

#include "base/alloc.h"

#include <stringprep.h>

enum {
    STEPS_MAX = 32,
    GROWTH_MAX = 12, /* U+FDFA: 3 bytes become 33, no character grows more */
};

/* Characters whose normal form was corrected after the version of Unicode that the library has (Corrigendum
 * 4, 2003); PostgreSQL has the corrected ones. */
static const Stringprep_table_element corrected[] = {
    {0x2F868, 0x2F868, {0x36FC}}, {0x2F874, 0x2F874, {0x5F53}}, {0x2F91F, 0x2F91F, {0x243AB}},
    {0x2F95F, 0x2F95F, {0x7AEE}}, {0x2F9BF, 0x2F9BF, {0x45D7}}, {0},
};

static bool is_ascii(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] >= 0x80)
            return false;
    return true;
}

/* The library's own SASLprep with the normalisation last: PostgreSQL looks for forbidden characters before
 * it, so that one which normalises to something harmless (U+0340) still makes the password be taken as it is.
 */
static bool postgres_order(Stringprep_profile steps[static STEPS_MAX])
{
    size_t n = 0;
    Stringprep_profile normalise = {0};
    for (const Stringprep_profile *p = stringprep_saslprep; p->operation; p++) {
        if (n + 3 >= STEPS_MAX)
            return false;
        if (p->operation == STRINGPREP_NFKC)
            normalise = *p;
        else
            steps[n++] = *p;
    }
    steps[n++] = (Stringprep_profile){.operation = STRINGPREP_MAP_TABLE,
                                      .table = corrected,
                                      .table_size = sizeof corrected / sizeof *corrected - 1};
    steps[n++] = normalise;
    steps[n] = (Stringprep_profile){0};
    return normalise.operation == STRINGPREP_NFKC;
}

int saslprep(struct str password, struct str *out, char **room, size_t *room_len, struct err *e)
{
    size_t at;
    Stringprep_profile steps[STEPS_MAX];
    *out = password;
    *room = NULL;
    *room_len = 0;
    if (is_ascii(password) || !utf8_valid(password.p, password.n, &at) || !postgres_order(steps))
        return ST_OK;
    size_t n = password.n * GROWTH_MAX + 1;
    char *text = mem_alloc(n);
    if (!text)
        return err_oom(e);
    memcpy(text, password.p, password.n);
    text[password.n] = '\0';
    *room = text;
    *room_len = n;
    int rc = stringprep(text, n, STRINGPREP_NO_UNASSIGNED, steps);
    if (rc == STRINGPREP_MALLOC_ERROR)
        return err_oom(e);
    if (rc == STRINGPREP_OK && text[0])
        *out = str_of(text);
    return ST_OK;
}
