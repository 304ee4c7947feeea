/* The steps that a command of the client is carried out in. */
#include "session/step.h"

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

int step_run(struct session *s, const char *text, struct err *e)
{
    assert(s->tx.in_engine || s->tx.state == TX_IDLE);
    struct session_query q = {.text = text, .memory = &s->memory.all};
    struct backend_stmt *stmt = NULL;
    struct backend_portal *portal = NULL;
    if (!text)
        return err_oom(e);
    int st = session_prepare(s, &q, &stmt, e);
    if (st == ST_OK)
        st = s->engine->ops->open(s->engine, stmt, NULL, 0, &portal, e);
    if (st == ST_OK)
        st = s->engine->ops->start(portal, e);
    if (portal)
        s->engine->ops->portal_close(portal);
    if (stmt)
        s->engine->ops->stmt_free(stmt);
    if (st < 0)
        e->position = 0; /* of a text that nobody has seen */
    return st;
}

int step_run_sent(struct session *s, const char *text, struct err *e)
{
    struct str led;
    if (!text)
        return err_oom(e);
    TRY(session_lead(s, str_of(text), &led, e));
    return step_run(s, led.p, e);
}
