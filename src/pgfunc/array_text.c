#include "pgfunc/array_text.h"

#include "base/status.h"

#include <stdbool.h>
#include <string.h>

static int malformed(struct str text, struct err *e)
{
    return err_set(e, SQLSTATE_INVALID_TEXT_REPRESENTATION, "malformed array literal: \"%.*s\"", (int)text.n,
                   text.p);
}

/* One element from *at on, which moves behind it; into `to`, which has room for it. */
static bool element(struct str s, size_t *at, char *to, struct str *out)
{
    char quote = s.p[*at] == '"' || s.p[*at] == '\'' ? s.p[*at] : '\0';
    size_t n = 0, i = *at + (quote != '\0');
    while (i + 1 < s.n && (quote ? s.p[i] != quote : s.p[i] != ',')) {
        if (s.p[i] == '\\' && i + 2 < s.n)
            i++;
        to[n++] = s.p[i++];
    }
    while (!quote && n > 0 && to[n - 1] == ' ')
        n--;
    *at = i + (quote != '\0');
    bool null = !quote && n == 4 && str_ieq((struct str){to, n}, STR("null"));
    *out = null ? (struct str){0} : (struct str){to, n};
    return quote ? i + 1 < s.n : n > 0;
}

int array_text_read(struct arena *a, struct str text, struct array_text *out, struct err *e)
{
    *out = (struct array_text){0};
    bool braces = text.n >= 2 && text.p[0] == '{' && text.p[text.n - 1] == '}';
    if (!braces && !(text.n >= 2 && text.p[0] == '[' && text.p[text.n - 1] == ']'))
        return malformed(text, e);
    size_t commas = 0;
    for (size_t i = 0; i < text.n; i++)
        commas += text.p[i] == ',';
    out->items = arena_alloc(a, (commas + 1) * sizeof *out->items);
    char *to = arena_alloc(a, text.n);
    if (!out->items || !to)
        return err_oom(e);
    for (size_t at = 1; at + 1 < text.n;) {
        while (at + 1 < text.n && text.p[at] == ' ')
            at++;
        if (at + 1 >= text.n && out->n == 0)
            break;
        if (at + 1 >= text.n || !element(text, &at, to, &out->items[out->n]))
            return malformed(text, e);
        to += out->items[out->n++].n;
        while (at + 1 < text.n && text.p[at] == ' ')
            at++;
        if (at + 1 < text.n && text.p[at++] != ',')
            return malformed(text, e);
    }
    return ST_OK;
}
