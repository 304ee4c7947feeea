/* The session's side of the backend: opened at the first statement that needs it, told of settings that it
 * should know. */
#include "session/session_priv.h"

#include <string.h>

int session_apply_settings(struct session *s, struct err *e)
{
    if (!s->engine)
        return ST_OK; /* told when it is opened */
    uint64_t changed = settings_take_changed(&s->settings);
    const uint64_t formats =
        (uint64_t)1 << SET_TIMEZONE | (uint64_t)1 << SET_EXTRA_FLOAT_DIGITS | (uint64_t)1 << SET_BYTEA_OUTPUT;
    if (changed & formats || !s->settings_applied) {
        struct backend_settings now = {
            .time_zone = settings_get(&s->settings, SET_TIMEZONE),
            .extra_float_digits = (int)settings_int(&s->settings, SET_EXTRA_FLOAT_DIGITS),
            .bytea_escape = strcmp(settings_get(&s->settings, SET_BYTEA_OUTPUT), "escape") == 0,
        };
        TRY(s->engine->ops->apply_settings(s->engine, &now, e));
    }
    bool path_set = s->settings.slots[SET_SEARCH_PATH].value || s->settings.slots[SET_SEARCH_PATH].start;
    if (changed & (uint64_t)1 << SET_SEARCH_PATH && (s->settings_applied || path_set))
        TRY(s->engine->ops->set_search_path(s->engine,
                                            path_set ? settings_get(&s->settings, SET_SEARCH_PATH) : "", e));
    s->settings_applied = true;
    return ST_OK;
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
        TRY(b->ops->session_open(b, &who, &s->engine, e));
        (void)pthread_mutex_lock(&s->lock);
        s->cancel_target = s->engine;
        (void)pthread_mutex_unlock(&s->lock);
        s->settings_applied = false;
    }
    if (s->settings.changed || !s->settings_applied)
        TRY(session_apply_settings(s, e));
    *out = s->engine;
    return ST_OK;
}
