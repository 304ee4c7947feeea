/* What is an option, and what its value is, cmd says: session_show. */
#include "session/option.h"

#include "session/session_priv.h"

struct option_search {
    const char *name;
    char *out;
    size_t size;
    bool found;
};

static void match_option(void *arg, const char *name, const char *value, const char *text)
{
    struct option_search *o = arg;
    (void)text;
    if (o->found || !cstr_ieq(name, o->name))
        return;
    o->found = true;
    (void)str_copy(str_of(value), o->out, o->size);
}

bool option_value(struct session *s, const char *name, char *out, size_t size)
{
    struct option_search o = {.name = name, .out = out, .size = size};
    const struct session_show *show = &s->server->wiring.show;
    if (show->each_option)
        show->each_option(show->arg, match_option, &o);
    return o.found;
}
