/* The straight version of COPY's escaping, byte by byte, for the unit test and the fuzz target to compare
 * with. */
#ifndef TAVANA_TESTS_ENCODE_COPY_ORACLE_H
#define TAVANA_TESTS_ENCODE_COPY_ORACLE_H

#include "copy/options.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* out has room for 2 * n + 2 bytes. Returns how many were written. */
static inline size_t oracle_text(char *out, const struct copy_options *o, const char *s, size_t n)
{
    size_t at = 0;
    for (size_t i = 0; i < n; i++) {
        const char *controls = "\b\f\n\r\t\v", *names = "bfnrtv";
        const char *control = s[i] ? strchr(controls, s[i]) : NULL;
        if (control) {
            out[at++] = '\\';
            out[at++] = names[control - controls];
        } else {
            if (s[i] == '\\' || s[i] == o->delimiter)
                out[at++] = '\\';
            out[at++] = s[i];
        }
    }
    return at;
}

static inline size_t oracle_csv(char *out, const struct copy_options *o, const char *s, size_t n, bool force,
                                bool alone)
{
    bool quote = force || (n == o->null.n && memcmp(s, o->null.p, n) == 0) ||
                 (alone && n == 2 && memcmp(s, "\\.", 2) == 0);
    for (size_t i = 0; i < n; i++)
        quote |= s[i] == o->delimiter || s[i] == o->quote || s[i] == '\n' || s[i] == '\r';
    if (!quote) {
        memcpy(out, s, n);
        return n;
    }
    size_t at = 0;
    out[at++] = o->quote;
    for (size_t i = 0; i < n; i++) {
        if (s[i] == o->quote || s[i] == o->escape)
            out[at++] = o->escape;
        out[at++] = s[i];
    }
    out[at++] = o->quote;
    return at;
}

#endif
