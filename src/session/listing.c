/* What the catalog shows of a session: its cursors, prepared statements and settings; and of all sessions
 * their advisory locks. A statement that names pg_cursors, for one, gets them as a list of structs, in its
 * text. */
#include "session/listing.h"

#include "pgtype/oid.h"
#include "session/option.h"
#include "session/session_priv.h"
#include "session/sql_list.h"

static void put_field(struct buf *b, const char *name, struct str value)
{
    buf_printf(b, "%s: ", name);
    sql_list_put_text(b, value);
}

static void put_flag(struct buf *b, const char *name, bool value)
{
    buf_printf(b, ", %s: %s", name, value ? "true" : "false");
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
    sql_list_put_time(b, "creation_time", p->created_us);
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
    return sql_list_finish(s, &b);
}

static void put_statement(struct buf *b, const struct statement *st)
{
    buf_put(b, b->len > 1 ? ", {" : "{", b->len > 1 ? 3 : 1);
    put_field(b, "name", str_of(st->name));
    buf_put(b, ", ", 2);
    put_field(b, "statement", st->source);
    put_flag(b, "from_sql", st->from_sql);
    sql_list_put_time(b, "prepare_time", st->created_us);
    buf_printf(b, ", types: [");
    for (uint16_t i = 0; i < statement_nparams(st); i++) {
        const struct pgtype_info *type = pgtype_find(statement_param_oid(st, i));
        const char *name = type ? type->sql_name : "unknown";
        buf_put(b, ", ", i ? 2 : 0);
        sql_list_put_text(b, str_of(name));
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
    return sql_list_finish(s, &b);
}

/* ---- settings ---- */

/* In the unit that PostgreSQL counts it in. */
static void put_value(struct buf *b, const char *name, const struct session *s, size_t i, const char *value)
{
    char counted[SETTING_VALUE_MAX];
    settings_counted(&s->settings, i, value, counted);
    buf_printf(b, ", %s: ", name);
    sql_list_put_text(b, str_of(counted));
}

/* Its columns are those of pg_settings that only the session knows. */
static void put_setting(struct buf *b, const struct session *s, size_t i)
{
    const char *reset = settings_reset_value(&s->settings, i);
    bool internal = settings_flags(i) & SETTING_INTERNAL;
    buf_put(b, b->len > 1 ? ", {" : "{", b->len > 1 ? 3 : 1);
    put_field(b, "name", str_of(settings_name(&s->settings, i)));
    put_value(b, "setting", s, i, settings_get(&s->settings, i));
    buf_put(b, ", ", 2);
    put_field(b, "shown", str_of(settings_get(&s->settings, i)));
    put_value(b, "boot", s, i, settings_boot_value(i));
    put_value(b, "reset", s, i, reset);
    buf_put(b, ", ", 2);
    put_field(b, "description", str_of(settings_text(i)));
    buf_printf(b, ", context: '%s', source: '%s'}", internal ? "internal" : "",
               internal                                            ? "default"
               : strcmp(settings_get(&s->settings, i), reset) == 0 ? "client"
                                                                   : "session");
}

struct options {
    const struct session *session;
    struct buf *list;
};

/* An option that a session may set for itself is among its settings. */
static void put_option(void *arg, const char *name, const char *value, const char *text)
{
    const struct options *o = arg;
    struct buf *b = o->list;
    if (settings_find(&o->session->settings, name) >= 0)
        return;
    buf_put(b, b->len > 1 ? ", {" : "{", b->len > 1 ? 3 : 1);
    put_field(b, "name", str_of(name));
    buf_put(b, ", ", 2);
    put_field(b, "setting", str_of(value));
    buf_put(b, ", ", 2);
    put_field(b, "shown", str_of(value));
    buf_put(b, ", ", 2);
    put_field(b, "boot", str_of(value));
    buf_put(b, ", ", 2);
    put_field(b, "reset", str_of(value));
    buf_put(b, ", ", 2);
    put_field(b, "description", str_of(text));
    buf_printf(b, ", context: 'postmaster', source: 'configuration file'}");
}

const char *settings_as_sql(struct session *s)
{
    struct buf b;
    buf_init_of(&b, SIZE_MAX, &s->memory.all);
    buf_put_u8(&b, '[');
    for (size_t i = 0; i < settings_count(&s->settings); i++)
        put_setting(&b, s, i);
    options_each(s, put_option, &(struct options){s, &b});
    buf_printf(&b, "]::STRUCT(name VARCHAR, setting VARCHAR, shown VARCHAR, boot VARCHAR, reset VARCHAR, "
                   "description VARCHAR, "
                   "context VARCHAR, source VARCHAR)[]");
    return sql_list_finish(s, &b);
}

/* ---- locks ---- */

/* PostgreSQL spells a number as two halves, and a pair as it is. */
static void put_lock(void *arg, const struct advisory_key *key, const struct session *who,
                     struct advisory_mode mode, bool granted)
{
    struct buf *b = arg;
    uint64_t number = (uint64_t)key->number;
    buf_printf(b, "%s{class: %lu, object: %lu, part: %d, pid: %u, mode: '%s', granted: %s}",
               b->len > 1 ? ", " : "", (unsigned long)(number >> 32), (unsigned long)(number & UINT32_MAX),
               key->is_pair ? 2 : 1, who->place.pid, mode.shared ? "ShareLock" : "ExclusiveLock",
               granted ? "true" : "false");
}

const char *locks_as_sql(struct session *s)
{
    struct buf b;
    buf_init_of(&b, SIZE_MAX, &s->memory.all);
    buf_put_u8(&b, '[');
    advisory_each(s, put_lock, &b);
    buf_printf(&b, "]::STRUCT(class BIGINT, object BIGINT, part SMALLINT, pid INTEGER, mode VARCHAR, granted "
                   "BOOLEAN)[]");
    return sql_list_finish(s, &b);
}
