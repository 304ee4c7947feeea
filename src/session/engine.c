/* The session's side of the backend: opened at the first statement that needs it, told of settings that it
 * should know. */
#include "session/engine.h"

#include "base/cleanup.h"
#include "pgtype/tz_cache.h"
#include "session/session_priv.h"

#include "sql/name.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/* One schema of a search_path, from at on; quotes stay. Returns where the next begins, NULL at the end. */
static const char *next_schema(const char *at, struct str *out)
{
    while (*at == ' ' || *at == ',')
        at++;
    if (!*at)
        return NULL;
    const char *end = at;
    bool quoted = false;
    for (; *end && (quoted || *end != ','); end++)
        quoted ^= *end == '"';
    *out = (struct str){at, (size_t)(end - at)};
    while (out->n && out->p[out->n - 1] == ' ')
        out->n--;
    return end;
}

/* A schema of PostgreSQL's path in the engine's words: public is its main, "$user" that of the user; n 0: it
 * is searched anyway, or names nothing. */
static struct str engine_schema(struct session *s, struct str schema)
{
    const char *user;
    if (str_eq(schema, STR("\"$user\""))) {
        user = step_name(s, s->user);
        return user ? str_of(user) : STR("");
    }
    if (str_eq(schema, STR("\"\"")) || str_ieq(schema, STR("pg_catalog")))
        return STR("");
    return str_ieq(schema, STR("public")) || str_eq(schema, STR("\"public\"")) ? STR("main") : schema;
}

/* Whether it exists is not asked: where it does not, and an error is about a table of the next, it is said
 * wrongly. */
void session_first_schema(struct session *s, char *out, size_t room)
{
    const char *path = settings_get(&s->settings, SET_SEARCH_PATH);
    struct sql_lexer l;
    struct sql_token t;
    struct str schema;
    char name[SETTING_VALUE_MAX];
    (void)str_copy(STR("public"), out, room);
    while ((path = next_schema(path, &schema))) {
        if (str_eq(schema, STR("\"$user\"")) || engine_schema(s, schema).n == 0)
            continue;
        sql_lexer_init(&l, sql_tokens_of(schema));
        if (sql_lexer_next(&l, &t), sql_token_is_name(&t))
            (void)str_copy((struct str){name, sql_name_read(&t, name)}, out, room);
        return;
    }
}

static int put_path(struct session *s, const char *path, struct err *e)
{
    assert(s->engine && *path);
    return s->engine->ops->set_search_path(s->engine, path, e);
}

/* The path's schemas, all of them or those that are there; one of which nothing is made stands for none. */
static int read_path(struct session *s, bool all, struct buf *out, struct err *e)
{
    const char *path = settings_get(&s->settings, SET_SEARCH_PATH);
    char one[SETTING_VALUE_MAX];
    struct str schema;
    while ((path = next_schema(path, &schema))) {
        schema = engine_schema(s, schema);
        if (schema.n == 0)
            continue;
        (void)snprintf(one, sizeof one, "%.*s", (int)schema.n, schema.p);
        int rc = all || str_eq(schema, STR("main")) ? ST_OK : put_path(s, one, e);
        if (rc < 0 && e->code != SQLSTATE_INVALID_SCHEMA_NAME)
            return rc;
        if (rc == ST_OK)
            buf_printf(out, "%s%s", out->len ? "," : "", one);
        err_init(e);
    }
    if (out->len == 0)
        buf_printf(out, "information_schema");
    buf_put_u8(out, 0);
    return buf_ok(out) ? ST_OK : err_oom(e);
}

static int apply_search_path(struct session *s, struct err *e)
{
    CLEANUP(buf_release) struct buf path;
    buf_init(&path, 2 * SETTING_VALUE_MAX);
    if (!strstr(settings_get(&s->settings, SET_SEARCH_PATH),
                "$user")) { /* mostly there is none of that name */
        TRY(read_path(s, true, &path, e));
        int rc = put_path(s, (const char *)path.data, e);
        if (rc == ST_OK || e->code != SQLSTATE_INVALID_SCHEMA_NAME)
            return rc;
        err_init(e);
        buf_clear(&path);
    }
    TRY(read_path(s, false, &path, e));
    return put_path(s, (const char *)path.data, e);
}

static int apply_changed(struct session *s, uint64_t changed, struct err *e)
{
    const uint64_t told = (uint64_t)1 << SET_TIMEZONE | (uint64_t)1 << SET_EXTRA_FLOAT_DIGITS |
                          (uint64_t)1 << SET_BYTEA_OUTPUT | (uint64_t)1 << SET_TAVANA_RESUME |
                          (uint64_t)1 << SET_DATESTYLE | (uint64_t)1 << SET_INTERVALSTYLE;
    if (changed & told || !s->settings_applied) {
        char zone[TZ_NAME_MAX];
        tz_styled_name(settings_get(&s->settings, SET_TIMEZONE),
                       style_of(settings_get(&s->settings, SET_DATESTYLE),
                                settings_get(&s->settings, SET_INTERVALSTYLE)),
                       zone);
        struct backend_settings now = {
            .time_zone = zone,
            .extra_float_digits = (int)settings_int(&s->settings, SET_EXTRA_FLOAT_DIGITS),
            .bytea_escape = strcmp(settings_get(&s->settings, SET_BYTEA_OUTPUT), "escape") == 0,
            .resume = strcmp(settings_get(&s->settings, SET_TAVANA_RESUME), "verified") == 0,
        };
        TRY(s->engine->ops->apply_settings(s->engine, &now, e));
    }
    bool path_set = s->settings.slots[SET_SEARCH_PATH].value || s->settings.slots[SET_SEARCH_PATH].start;
    if (s->settings_applied ? changed >> SET_SEARCH_PATH & 1 : path_set)
        TRY(apply_search_path(s, e));
    s->settings_applied = true;
    return ST_OK;
}

int session_apply_settings(struct session *s, struct err *e)
{
    if (!s->engine)
        return ST_OK; /* told when it is opened */
    uint64_t changed = settings_take_changed(&s->settings);
    int st = apply_changed(s, changed, e);
    if (st < 0)
        s->settings.changed |= changed; /* still to be told, or what it is once the failed SET is undone */
    return st;
}

int session_engine(struct session *s, struct backend_session **out, struct err *e)
{
    if (!s->engine) {
        struct backend_identity who = {
            .user = s->user,
            .database = s->database,
            .application_name = settings_get(&s->settings, SET_APPLICATION_NAME),
        };
        struct backend *b = s->server->wiring.backend;
        assert(s->user && s->database);
        TRY(b->ops->session_open(b, &who, &s->engine, e));
        assert(s->engine->ops);
        shared_set_target(&s->shared, s->engine);
        s->settings_applied = false;
    }
    bool idle = s->tx.state == TX_IDLE;
    if (s->schemas_changed && (idle || s->schemas_changed == SCHEMAS_CHANGED) && s->tx.state != TX_FAILED) {
        s->settings.changed |= (uint64_t)1 << SET_SEARCH_PATH;
        s->schemas_changed = idle ? SCHEMAS_SAME : SCHEMAS_MAY_COME_BACK;
    }
    if (s->settings.changed || !s->settings_applied)
        TRY(session_apply_settings(s, e));
    *out = s->engine;
    return ST_OK;
}

void session_engine_counts(struct backend_session *engine, struct account *memory)
{
    engine->memory = memory;
}

void session_note_tag(struct session *s, const char *tag)
{
    if (strcmp(tag, "CREATE SCHEMA") == 0 || strcmp(tag, "DROP SCHEMA") == 0)
        s->schemas_changed = SCHEMAS_CHANGED;
}

int session_engine_reset(struct session *s, struct err *e)
{
    if (!s->engine)
        return ST_OK;
    TRY(s->engine->ops->reset(s->engine, e));
    s->settings_applied = false;
    return ST_OK;
}

void session_engine_close(struct session *s)
{
    assert(list_is_empty(&s->portals.list) && list_is_empty(&s->statements.list));
    shared_set_target(&s->shared, NULL);
    if (s->engine)
        s->engine->ops->session_close(TAKE_PTR(s->engine));
}

void session_engine_look_up(struct session *s)
{
    if (s->engine && s->engine->ops->look_up)
        s->engine->ops->look_up(s->engine);
}
