/* What the catalog shows of a session alone: its cursors and prepared statements. A statement that names
 * pg_cursors or pg_prepared_statements gets them as a list of structs, in its text. */
#include "session/listing.h"

#include "pgtype/oid.h"
#include "session/session_priv.h"

#include <stdio.h>
#include <time.h>

static void put_text(struct buf *b, const char *p, size_t n)
{
    buf_put_u8(b, '\'');
    for (size_t i = 0; i < n; i++) {
        if (p[i] == '\'')
            buf_put_u8(b, '\'');
        buf_put_u8(b, (uint8_t)p[i]);
    }
    buf_put_u8(b, '\'');
}

static void put_field(struct buf *b, const char *name, struct str value)
{
    buf_printf(b, "%s: ", name);
    put_text(b, value.p, value.n);
}

static void put_flag(struct buf *b, const char *name, bool value)
{
    buf_printf(b, ", %s: %s", name, value ? "true" : "false");
}

static void put_time(struct buf *b, const char *name, int64_t wall_us)
{
    time_t seconds = (time_t)(wall_us / 1000000);
    struct tm tm;
    char text[32];
    (void)gmtime_r(&seconds, &tm);
    (void)strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &tm);
    buf_printf(b, ", %s: TIMESTAMPTZ '%s.%06d+00'", name, text, (int)(wall_us % 1000000));
}

static const char *finish(struct session *s, struct buf *b)
{
    const char *text = buf_ok(b) ? arena_strndup(&s->message_arena, (const char *)b->data, b->len) : NULL;
    buf_release(b);
    return text;
}

static void put_cursor(struct buf *b, const struct portal *p)
{
    buf_put(b, b->len > 1 ? ", {" : "{", b->len > 1 ? 3 : 1);
    put_field(b, "name", str_of(p->name));
    buf_put(b, ", ", 2);
    put_field(b, "statement", p->is_cursor ? (struct str){p->source, p->source_len} : p->statement->source);
    put_flag(b, "is_holdable", p->hold);
    put_flag(b, "is_binary", p->binary);
    put_flag(b, "is_scrollable", p->scroll);
    put_time(b, "creation_time", p->created_us);
    buf_put_u8(b, '}');
}

const char *cursors_as_sql(struct session *s)
{
    struct buf b;
    buf_init_of(&b, SIZE_MAX, &s->memory.all);
    buf_put_u8(&b, '[');
    list_for_each (link, &s->portals.list) {
        const struct portal *p = list_entry(link, struct portal, link);
        if (p->visible)
            put_cursor(&b, p);
    }
    if (s->portals.binding) /* it will be there when it runs */
        put_cursor(&b, s->portals.binding);
    buf_printf(&b, "]::STRUCT(name VARCHAR, statement VARCHAR, is_holdable BOOLEAN, is_binary BOOLEAN, "
                   "is_scrollable BOOLEAN, creation_time TIMESTAMPTZ)[]");
    return finish(s, &b);
}

static void put_statement(struct buf *b, const struct statement *st)
{
    buf_put(b, b->len > 1 ? ", {" : "{", b->len > 1 ? 3 : 1);
    put_field(b, "name", str_of(st->name));
    buf_put(b, ", ", 2);
    put_field(b, "statement", st->source);
    put_flag(b, "from_sql", st->from_sql);
    put_time(b, "prepare_time", st->created_us);
    buf_printf(b, ", types: [");
    for (uint16_t i = 0; i < statement_nparams(st); i++) {
        const struct pgtype_info *type = pgtype_find(statement_param_oid(st, i));
        const char *name = type ? type->sql_name : "unknown";
        buf_put(b, ", ", i ? 2 : 0);
        put_text(b, name, strlen(name));
    }
    buf_printf(b, "]}");
}

const char *statements_as_sql(struct session *s)
{
    struct buf b;
    buf_init_of(&b, SIZE_MAX, &s->memory.all);
    buf_put_u8(&b, '[');
    list_for_each (link, &s->statements.list) {
        const struct statement *st = list_entry(link, struct statement, link);
        if (st->name[0]) /* as PostgreSQL: the named ones */
            put_statement(&b, st);
    }
    buf_printf(&b, "]::STRUCT(name VARCHAR, statement VARCHAR, from_sql BOOLEAN, prepare_time TIMESTAMPTZ, "
                   "types VARCHAR[])[]");
    return finish(s, &b);
}
