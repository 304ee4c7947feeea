/* PostgreSQL lists up to 100 objects, a line each; a message here is cut where its field ends. */
#include "session/depends.h"

#include "session/session_priv.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

int depends_add(struct session *s, struct depends *d, const char *object, const char *on, struct err *e)
{
    if (!object || !on)
        return err_oom(e);
    if (d->n == d->cap) {
        size_t more = d->cap ? 2 * d->cap : 8;
        struct depends_on *items = arena_calloc(&s->message_arena, more, sizeof *items);
        if (!items)
            return err_oom(e);
        if (d->n)
            memcpy(items, d->items, d->n * sizeof *items);
        d->items = items;
        d->cap = more;
    }
    d->items[d->n++] = (struct depends_on){object, on};
    return ST_OK;
}

/* One line an object, as far as there is room. */
static void lines(const struct depends *d, bool goes, char out[static ERR_DETAIL_MAX])
{
    size_t n = 0;
    out[0] = '\0';
    for (size_t i = 0; i < d->n && n + 1 < ERR_DETAIL_MAX; i++) {
        const struct depends_on *x = &d->items[i];
        int len =
            goes ? snprintf(out + n, ERR_DETAIL_MAX - n, "%sdrop cascades to %s", i ? "\n" : "", x->object)
                 : snprintf(out + n, ERR_DETAIL_MAX - n, "%s%s depends on %s", i ? "\n" : "", x->object,
                            x->on);
        n += len > 0 ? (size_t)len : 0;
    }
}

int depends_refuse(const struct depends *d, const char *what, struct err *e)
{
    char text[ERR_DETAIL_MAX];
    if (d->n == 0)
        return ST_OK;
    lines(d, false, text);
    (void)err_set(e, SQLSTATE_DEPENDENT_OBJECTS_STILL_EXIST,
                  "cannot drop %s because other objects depend on it", what);
    err_detail(e, "%s", text);
    err_hint(e, "Use DROP ... CASCADE to drop the dependent objects too.");
    return ST_ERR;
}

void depends_tell(struct session *s, const struct depends *d)
{
    char text[ERR_DETAIL_MAX];
    if (d->n == 1)
        session_notice(s, REPLY_NOTICE, SQLSTATE_SUCCESSFUL_COMPLETION, "drop cascades to %s",
                       d->items[0].object);
    if (d->n < 2)
        return;
    lines(d, true, text);
    session_notice_detail(s, text, "drop cascades to %zu other objects", d->n);
}

static const char *as_written(struct session *s, const char *name)
{
    bool plain = *name && !isdigit((unsigned char)*name);
    for (const char *p = name; *p && plain; p++)
        plain = *p == '_' || isdigit((unsigned char)*p) || (*p >= 'a' && *p <= 'z');
    return plain ? name : step_name(s, name);
}

const char *depends_name(struct session *s, const char *schema, const char *name)
{
    char first[ERR_NAME_MAX];
    session_first_schema(s, first, sizeof first);
    const char *shown = strcmp(schema, "main") == 0 ? "public" : schema;
    const char *plain = as_written(s, name);
    if (strcmp(shown, first) == 0 || strcmp(shown, "public") == 0 || !plain)
        return plain;
    const char *in = as_written(s, shown);
    return in ? step_text(s, "%s.%s", in, plain) : NULL;
}
