/* "value for domain d violates check constraint "c"", and between unit separators behind it the schema, the
 * domain and the constraint. */
#include "engine/error_domain.h"

#include <string.h>

enum { NAMES = 3 };

/* The text between two separators, from *at on; what is too long is cut. */
static bool take(const char **at, char out[static ERR_NAME_MAX])
{
    const char *end = strchr(*at, '\x1f');
    if (!end)
        return false;
    (void)str_copy((struct str){*at, (size_t)(end - *at)}, out, ERR_NAME_MAX);
    *at = end + 1;
    return true;
}

bool error_domain(struct err *e)
{
    static const char value[] = "value for domain ", null[] = "domain ",
                      nulls[] = " does not allow null values";
    char names[NAMES][ERR_NAME_MAX], message[sizeof e->message];
    const char *end = strchr(e->message, '\x1f'), *start = NULL, *at = end ? end + 1 : NULL;
    if (!end)
        return false;
    for (const char *c = e->message; c < end && !start; c++)
        if (strncmp(c, value, sizeof value - 1) == 0 || strncmp(c, null, sizeof null - 1) == 0)
            start = c;
    for (int i = 0; start && i < NAMES; i++)
        if (!take(&at, names[i]))
            return false;
    if (!start)
        return false;
    bool is_null = strncmp(start, null, sizeof null - 1) == 0;
    size_t n = (size_t)(end - start);
    if (is_null && (n < sizeof nulls || memcmp(end - sizeof nulls + 1, nulls, sizeof nulls - 1) != 0))
        return false;
    (void)str_copy((struct str){start, n}, message, sizeof message);
    err_init(e);
    (void)err_set(e, is_null ? SQLSTATE_NOT_NULL_VIOLATION : SQLSTATE_CHECK_VIOLATION, "%s", message);
    err_type_names(e, names[0], names[1], names[2]);
    return true;
}
