/* The session's side of the backend: opened at the first statement that needs it, told of settings that it
 * should know. */
#include "session/engine.h"

#include "base/cleanup.h"
#include "session/session_priv.h"

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

/* PostgreSQL's path in the engine's words: "$user" and "" name nothing here, public is the engine's main, and
 * the catalog is always searched. */
static int engine_search_path(const char *path, struct buf *out, struct err *e)
{
    struct str schema;
    while ((path = next_schema(path, &schema))) {
        if (str_eq(schema, STR("\"$user\"")) || str_eq(schema, STR("\"\"")) ||
            str_ieq(schema, STR("pg_catalog")))
            continue;
        if (str_ieq(schema, STR("public")) || str_eq(schema, STR("\"public\"")))
            schema = STR("main");
        if (out->len)
            buf_put_u8(out, ',');
        buf_put(out, schema.p, schema.n);
    }
    buf_put_u8(out, 0);
    return buf_ok(out) ? ST_OK : err_oom(e);
}

/* What there is of a path that some schemas of are gone from, as PostgreSQL searches it. */
static int apply_existing(struct session *s, const char *path, struct err *e)
{
    struct str schema;
    char one[SETTING_VALUE_MAX];
    CLEANUP(buf_release) struct buf there;
    buf_init(&there, 2 * SETTING_VALUE_MAX);
    while ((path = next_schema(path, &schema))) {
        (void)snprintf(one, sizeof one, "%.*s", (int)schema.n, schema.p);
        err_init(e);
        if (s->engine->ops->set_search_path(s->engine, one, e) == ST_OK) {
            if (there.len)
                buf_put_u8(&there, ',');
            buf_put(&there, schema.p, schema.n);
        } else if (e->code != SQLSTATE_INVALID_SCHEMA_NAME) {
            return ST_ERR;
        }
    }
    err_init(e);
    buf_put_u8(&there, 0);
    return buf_ok(&there) ? s->engine->ops->set_search_path(s->engine, (const char *)there.data, e)
                          : err_oom(e);
}

static int apply_search_path(struct session *s, bool as_set, struct err *e)
{
    struct buf path;
    buf_init(&path, 2 * SETTING_VALUE_MAX);
    int rc = engine_search_path(settings_get(&s->settings, SET_SEARCH_PATH), &path, e);
    if (rc == ST_OK)
        rc = s->engine->ops->set_search_path(s->engine, (const char *)path.data, e);
    if (rc < 0 && !as_set && e->code == SQLSTATE_INVALID_SCHEMA_NAME)
        rc = apply_existing(s, (const char *)path.data, e);
    buf_release(&path);
    return rc;
}

static int apply_changed(struct session *s, uint64_t changed, bool as_set, struct err *e)
{
    const uint64_t told = (uint64_t)1 << SET_TIMEZONE | (uint64_t)1 << SET_EXTRA_FLOAT_DIGITS |
                          (uint64_t)1 << SET_BYTEA_OUTPUT | (uint64_t)1 << SET_TAVANA_RESUME;
    if (changed & told || !s->settings_applied) {
        struct backend_settings now = {
            .time_zone = settings_get(&s->settings, SET_TIMEZONE),
            .extra_float_digits = (int)settings_int(&s->settings, SET_EXTRA_FLOAT_DIGITS),
            .bytea_escape = strcmp(settings_get(&s->settings, SET_BYTEA_OUTPUT), "escape") == 0,
            .resume = strcmp(settings_get(&s->settings, SET_TAVANA_RESUME), "verified") == 0,
        };
        TRY(s->engine->ops->apply_settings(s->engine, &now, e));
    }
    bool path_set = s->settings.slots[SET_SEARCH_PATH].value || s->settings.slots[SET_SEARCH_PATH].start;
    if (s->settings_applied ? changed >> SET_SEARCH_PATH & 1 : path_set)
        TRY(apply_search_path(s, as_set, e));
    s->settings_applied = true;
    return ST_OK;
}

int session_apply_settings(struct session *s, bool as_set, struct err *e)
{
    if (!s->engine)
        return ST_OK; /* told when it is opened */
    uint64_t changed = settings_take_changed(&s->settings);
    int st = apply_changed(s, changed, as_set, e);
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
    if (s->settings.changed || !s->settings_applied)
        TRY(session_apply_settings(s, false, e));
    *out = s->engine;
    return ST_OK;
}

void session_engine_counts(struct backend_session *engine, struct account *memory)
{
    engine->memory = memory;
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
