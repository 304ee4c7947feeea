/* What is in a list is a client's text: quotes are doubled, and nothing else is special to the engine. */
#include "session/sql_list.h"

#include "session/session_priv.h"

#include <time.h>

void sql_list_put_text(struct buf *b, struct str text)
{
    buf_put_u8(b, '\'');
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '\'')
            buf_put_u8(b, '\'');
        buf_put_u8(b, (uint8_t)text.p[i]);
    }
    buf_put_u8(b, '\'');
}

void sql_list_put_time(struct buf *b, const char *name, int64_t wall_us)
{
    time_t seconds = (time_t)(wall_us / 1000000);
    struct tm tm;
    char text[32];
    if (!wall_us) {
        buf_printf(b, ", %s: NULL", name);
        return;
    }
    (void)gmtime_r(&seconds, &tm);
    (void)strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &tm);
    buf_printf(b, ", %s: TIMESTAMPTZ '%s.%06d+00'", name, text, (int)(wall_us % 1000000));
}

const char *sql_list_finish(struct session *s, struct buf *b)
{
    const char *text = buf_ok(b) ? arena_strndup(&s->message_arena, (const char *)b->data, b->len) : NULL;
    buf_release(b);
    return text;
}
