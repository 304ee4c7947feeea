/* Engine connections of a session: which one a statement runs on, with which settings. */
#include "backend/local_priv.h"

#include "backend/local_tx.h"
#include "base/alloc.h"
#include "base/cleanup.h"

#include <stdio.h>
#include <string.h>

DEFINE_CLEANUP(struct local_conn, local_conn_free)

/* ---- connections ---- */

void local_conn_free(struct local_conn *c)
{
    if (!c)
        return;
    local_cache_clear(c);
    engine_disconnect(c->conn);
    mem_free(c);
}

static int apply_time_zone(struct local_session *s, struct local_conn *c, struct err *e)
{
    char sql[TZ_NAME_MAX + 32];
    if (!s->time_zone[0])
        return engine_exec(c->conn, "RESET SESSION TimeZone", e);
    (void)snprintf(sql, sizeof sql, "SET SESSION TimeZone = '%s'", s->time_zone);
    return engine_exec(c->conn, sql, e);
}

/* A path is read from home: its schemas are those of the catalog there. */
static int apply_path(struct local_session *s, struct local_conn *c, struct err *e)
{
    if (s->local->home)
        TRY(engine_exec(c->conn, s->local->home, e));
    if (s->path)
        return engine_exec(c->conn, s->path, e);
    return s->local->home ? ST_OK : engine_exec(c->conn, "RESET SESSION search_path", e);
}

static int apply_settings(struct local_session *s, struct local_conn *c, struct err *e)
{
    bool had_some = c->settings != 0;
    c->settings = LOCAL_SETTINGS_UNKNOWN; /* until all of them hold */
    local_cache_clear(c);                 /* its plans have found their names by the old ones */
    if (had_some || s->time_zone[0])
        TRY(apply_time_zone(s, c, e));
    if (s->path || s->local->home || had_some)
        TRY(apply_path(s, c, e));
    c->settings = s->settings;
    return ST_OK;
}

int local_connect(struct local_session *s, struct err *e)
{
    CLEANUP(local_conn_freep) struct local_conn *c = mem_calloc(1, sizeof *c);
    if (!c)
        return err_oom(e);
    TRY(engine_connect(s->local->engine, &c->conn, e));
    engine_set_owner(c->conn, s->number);
    TRY(apply_settings(s, c, e));
    TRY(local_tx_join(s, c, e));
    s->main = TAKE_PTR(c);
    return ST_OK;
}

/* The main connection, whatever settings it has. */
static int claim(struct local_session *s, struct err *e)
{
    if (s->streaming)
        TRY(local_make_room(s, e));
    return s->main ? ST_OK : local_connect(s, e);
}

/* A setting that was told to the engine holds, so nothing stops that halfway. */
static int renew_settings(struct local_session *s, struct err *e)
{
    local_running_on(s, NULL);
    return apply_settings(s, s->main, e);
}

int local_claim(struct local_session *s, struct local_conn **out, struct err *e)
{
    TRY(claim(s, e));
    if (s->main->settings != s->settings)
        TRY(renew_settings(s, e));
    local_running_on(s, s->main);
    *out = s->main;
    return ST_OK;
}

int local_change_path(struct local_session *s, char **path, struct err *e)
{
    char *old = s->path;
    TRY(claim(s, e));
    s->path = *path;
    s->settings++;
    s->catalog++;
    if (renew_settings(s, e) != ST_OK) {
        s->path = old; /* which is told anew before anything else runs */
        return ST_ERR;
    }
    *path = old;
    return ST_OK;
}
