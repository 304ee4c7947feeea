/* Texts live as long as the message that they were made for; names and values are always quoted, whatever is
 * in them. */
#include "session/sql_text.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "session/session_priv.h"
#include "sql/name.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

static const char *keep(struct session *s, struct buf *b)
{
    return buf_ok(b) ? arena_strndup(&s->message_arena, (const char *)b->data, b->len) : NULL;
}

const char *step_text(struct session *s, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *text = n < 0 ? NULL : arena_alloc(&s->message_arena, (size_t)n + 1);
    if (text)
        (void)vsnprintf(text, (size_t)n + 1, format, again);
    va_end(again);
    return text;
}

const char *step_name(struct session *s, const char *name)
{
    CLEANUP(buf_release) struct buf b;
    buf_init(&b, SIZE_MAX);
    assert(name);
    sql_name_put(&b, str_of(name));
    return keep(s, &b);
}

const char *step_literal(struct session *s, const char *value)
{
    CLEANUP(buf_release) struct buf b;
    buf_init(&b, SIZE_MAX);
    assert(value);
    buf_put_u8(&b, '\'');
    for (const char *p = value; *p; p++) {
        if (*p == '\'')
            buf_put_u8(&b, '\'');
        buf_put_u8(&b, (uint8_t)*p);
    }
    buf_put_u8(&b, '\'');
    return keep(s, &b);
}

const char *step_token(struct session *s, const struct sql_token *t)
{
    char *name = arena_alloc(&s->message_arena, t->text.n + 1);
    if (name)
        name[sql_name_read(t, name)] = '\0';
    return name;
}
