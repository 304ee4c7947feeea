#include "pgfunc/template.h"

#include <assert.h>

bool template_more(struct template_cursor *c)
{
    while (c->rest.n > 0 && c->rest.p[0] == '"') {
        c->quoted = !c->quoted;
        str_skip(&c->rest, 1);
    }
    return c->rest.n > 0;
}

enum template_kind template_text(struct template_cursor *c, struct str *text)
{
    assert(c->rest.n > 0);
    /* A backslash quotes a double quote, and within double quotes anything. */
    if (c->rest.p[0] == '\\' && c->rest.n > 1 && (c->quoted || c->rest.p[1] == '"'))
        str_skip(&c->rest, 1);
    *text = (struct str){c->rest.p, character_length(c->rest)};
    str_skip(&c->rest, text->n);
    if (c->quoted)
        return TEMPLATE_CHARACTER;
    return is_space(text->p[0])       ? TEMPLATE_SPACE
           : is_separator(text->p[0]) ? TEMPLATE_SEPARATOR
                                      : TEMPLATE_CHARACTER;
}
