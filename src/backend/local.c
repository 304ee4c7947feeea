/* The table of the seam's calls, the life of the backend and of its sessions, and their settings;
 * statements and portals are in the other files of local_. A session has no connection of the engine until
 * it needs one, so settings are only noted here, under a version that each connection compares with its own
 * before a statement runs (local_conn.c). A search path is told at once, since only the engine knows
 * whether its schemas exist. Opening tries all three of what may be configured wrongly: the spool's
 * directory, the database, the catalog. */
#include "backend/local.h"

#include "backend/local_cache.h"
#include "backend/local_call.h"
#include "backend/local_catalog.h"
#include "backend/local_conn.h"
#include "backend/local_copy.h"
#include "backend/local_enums.h"
#include "backend/local_fetch.h"
#include "backend/local_literals.h"
#include "backend/local_park.h"
#include "backend/local_portal.h"
#include "backend/local_priv.h"
#include "backend/local_split.h"
#include "backend/local_stale.h"
#include "backend/local_start.h"
#include "backend/local_stmt.h"
#include "backend/local_tx.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "encode/shown.h"
#include "engine/sequence_values.h"
#include "engine/shown.h"
#include "sql/name.h"

#include <stdio.h>
#include <string.h>

/* ---- sessions ---- */

static const struct engine_text_ops shown_values = {shown_begin, shown_put, shown_put_json, shown_end};

static int session_open(struct backend *b, const struct backend_identity *who, struct backend_session **out,
                        struct err *e)
{
    struct local_session *s = mem_calloc(1, sizeof *s);
    if (!s)
        return err_oom(e);
    if (!(s->user = mem_strdup(who->user)) || !(s->database = mem_strdup(who->database)) ||
        !(s->sequences = sequence_values_new())) {
        mem_free(s->user);
        mem_free(s->database);
        mem_free(s);
        return err_oom(e);
    }
    s->base.ops = b->ops;
    s->local = (struct local *)b;
    s->number = __atomic_add_fetch(&s->local->sessions, 1, __ATOMIC_RELAXED);
    s->encode = (struct encode_settings){.zone = tz_utc(), .extra_float_digits = 1};
    list_init(&s->by_use);
    list_init(&s->detached);
    pthread_mutex_init(&s->lock, NULL);
    s->slot = black_box_take();
    *out = &s->base;
    return ST_OK;
}

static void session_close(struct backend_session *bs)
{
    struct local_session *s = (struct local_session *)bs;
    if (!s)
        return;
    local_plans_forget(s);
    local_conn_free(s->main);
    black_box_give(s->slot);
    pthread_mutex_destroy(&s->lock);
    tz_unref(s->encode.zone);
    mem_free(s->path);
    local_tables_free(s->tables);
    local_enums_free(s->enums);
    mem_free(s->user);
    mem_free(s->database);
    sequence_values_free(s->sequences);
    mem_free(s);
}

static void session_cancel(struct backend_session *bs)
{
    local_call_cancel((struct local_session *)bs);
}

/* ---- settings ---- */

/* The engine's zones are ICU's: names it knows, "+02" and POSIX's "<+02>-02" it does not, and it reads the
 * sign of "UTC+3" the other way. A zone that is but an offset gets the name that means the same. */
static int engine_zone(const struct tz *zone, char name[TZ_NAME_MAX], struct err *e)
{
    enum {
        JANUARY_2020 = 1577836800,
        JULY_2020 = 1593561600,
        HOUR = 3600,
        WEST = -12 * HOUR,
        EAST = 14 * HOUR
    };
    const char *given = tz_name(zone);
    if (strchr(given, '\''))
        return err_set(e, SQLSTATE_INVALID_PARAMETER_VALUE, "invalid time zone");
    int32_t offset = tz_offset_at(zone, JANUARY_2020);
    bool fixed =
        !strchr(given, '/') && strpbrk(given, "+-<0123456789") && offset == tz_offset_at(zone, JULY_2020);
    if (!fixed) {
        (void)snprintf(name, TZ_NAME_MAX, "%s", given);
        return ST_OK;
    }
    if (offset % HOUR != 0 || offset < WEST || offset > EAST)
        return err_set(e, SQLSTATE_INVALID_PARAMETER_VALUE,
                       "the engine has no time zone for the offset \"%s\": use a name", given);
    if (offset == 0)
        (void)snprintf(name, TZ_NAME_MAX, "UTC");
    else
        (void)snprintf(name, TZ_NAME_MAX, "Etc/GMT%+d", -offset / HOUR);
    return ST_OK;
}

/* The engine is told when a statement next needs it. */
static int session_apply_settings(struct backend_session *bs, const struct backend_settings *settings,
                                  struct err *e)
{
    struct local_session *s = (struct local_session *)bs;
    CLEANUP(tz_unrefp) const struct tz *zone = NULL;
    TRY(tz_find_styled(&zone, settings->time_zone, e));
    if (zone != s->encode.zone) {
        char name[TZ_NAME_MAX];
        TRY(engine_zone(zone, name, e));
        memcpy(s->time_zone, name, sizeof name);
        s->settings++;
    }
    tz_unref(s->encode.zone);
    s->encode = (struct encode_settings){
        .zone = TAKE_PTR(zone),
        .extra_float_digits = settings->extra_float_digits,
        .bytea_escape = settings->bytea_escape,
    };
    return ST_OK;
}

/* At once, so that a schema that does not exist is told now. */
static int session_set_search_path(struct backend_session *bs, const char *path, struct err *e)
{
    struct local_session *s = (struct local_session *)bs;
    CLEANUP(mem_freep) char *sql = NULL;
    if (!*path && !s->path)
        return ST_OK; /* as it is: no reason to connect */
    if (*path) {
        size_t n = strlen(path);
        if (n > LOCAL_SEARCH_PATH_MAX)
            return err_set(e, SQLSTATE_PROGRAM_LIMIT_EXCEEDED, "a search path can have at most %d bytes",
                           LOCAL_SEARCH_PATH_MAX);
        static const char head[] = "SET SESSION search_path = '";
        sql = mem_alloc(sizeof head + 2 * n + 1);
        if (!sql)
            return err_oom(e);
        memcpy(sql, head, sizeof head - 1);
        char *p = sql + sizeof head - 1;
        for (; *path; path++) {
            if (*path == '\'')
                *p++ = '\'';
            *p++ = *path;
        }
        *p++ = '\'';
        *p = '\0';
    }
    local_enter(s, s->on_main ? NULL : s->main);
    int st = local_change_path(s, &sql, e);
    (void)local_leave(s);
    return st;
}

static int session_reset(struct backend_session *bs, struct err *e)
{
    struct local_session *s = (struct local_session *)bs;
    (void)e;
    if (s->on_main) { /* the session has closed its portals by now */
        struct err over;
        err_init(&over);
        err_set(&over, SQLSTATE_INVALID_CURSOR_NAME, "the portal ended with the session's state");
        local_conn_fail_user(s, &over);
    }
    (void)local_conn_drop_main(s); /* temporary objects, variables and settings go with it */
    mem_free(TAKE_PTR(s->path));
    sequence_values_forget(s->sequences);
    tz_unref(s->encode.zone);
    s->encode = (struct encode_settings){.zone = tz_utc(), .extra_float_digits = 1};
    s->time_zone[0] = '\0';
    s->settings = 0;
    local_tx_forget(s);
    local_catalog_settled(s);
    return ST_OK;
}

/* ---- the backend ---- */

static const struct backend_ops ops = {
    .session_open = session_open,
    .session_close = session_close,
    .split = local_split,
    .prepare = local_prepare,
    .stmt_free = local_stmt_free,
    .holds = local_holds,
    .open = local_open,
    .start = local_start,
    .fetch = local_fetch,
    .ahead = local_ahead,
    .park = local_park,
    .slice = local_slice,
    .portal_close = local_portal_close,
    .copy_open = local_copy_open,
    .copy_data = local_copy_data,
    .copy_settle = local_copy_settle,
    .copy_finish = local_copy_finish,
    .copy_close = local_copy_close,
    .tx = local_tx,
    .apply_settings = session_apply_settings,
    .set_search_path = session_set_search_path,
    .reset = session_reset,
    .cancel = session_cancel,
};

/* A directory that cannot be written to is told at the start. */
static int open_space(struct local *l, const struct local_options *o, struct err *e)
{
    struct segment_store *store;
    spool_space_init(&l->space, l->spool_directory, o->spool_bytes);
    TRY(l->space.home.open(&l->space.home, &store, e));
    store->ops->release(store);
    l->rows.home = &l->space.home;
    return ST_OK;
}

/* Commits that follow upon each other must not keep it open for ever. */
static void init_gate(pthread_rwlock_t *gate)
{
    pthread_rwlockattr_t attributes;
    pthread_rwlockattr_init(&attributes);
    pthread_rwlockattr_setkind_np(&attributes, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    pthread_rwlock_init(gate, &attributes);
    pthread_rwlockattr_destroy(&attributes);
}

static void local_free(struct local *l)
{
    if (!l)
        return;
    engine_close(l->engine);
    local_literals_clear(l);
    for (size_t i = 0; i < l->tables.n; i++)
        local_table_unref(l->tables.kept[i]);
    pthread_mutex_destroy(&l->tables_lock);
    pthread_mutex_destroy(&l->literals_lock);
    pthread_mutex_destroy(&l->plans_lock);
    pthread_rwlock_destroy(&l->commit_gate);
    mem_free(l->home);
    mem_free(l);
}

DEFINE_CLEANUP(struct local, local_free)

/* A catalog that is not there is told at the start. */
static int find_home(struct local *l, const char *catalog, struct err *e)
{
    struct engine_conn *c;
    if (!catalog)
        return ST_OK;
    CLEANUP(buf_release) struct buf use;
    buf_init(&use, SIZE_MAX);
    buf_printf(&use, "USE ");
    sql_name_put(&use, str_of(catalog));
    l->home = buf_ok(&use) ? mem_strndup((const char *)use.data, use.len) : NULL;
    if (!l->home)
        return err_oom(e);
    TRY(engine_connect(l->engine, &c, e));
    int st = engine_exec(c, l->home, e);
    engine_disconnect(c);
    return st;
}

int local_backend_new(struct backend **out, const struct local_options *o, struct err *e)
{
    size_t n = o->spool_directory ? strlen(o->spool_directory) + 1 : 0;
    CLEANUP(local_freep) struct local *l = mem_calloc(1, sizeof *l + n);
    if (!l)
        return err_oom(e);
    l->base.ops = &ops;
    list_init(&l->by_use);
    pthread_mutex_init(&l->plans_lock, NULL);
    pthread_mutex_init(&l->literals_lock, NULL);
    pthread_mutex_init(&l->tables_lock, NULL);
    init_gate(&l->commit_gate);
    l->rows = (struct local_rows_options){.batch_rows = o->batch_rows ? o->batch_rows : LOCAL_BATCH_ROWS,
                                          .memory_rows = o->portal_rows};
    l->streams_max = o->streams_max ? o->streams_max : LOCAL_STREAMS;
    if (n) {
        memcpy(l->spool_directory, o->spool_directory, n);
        TRY(open_space(l, o, e));
    }
    l->has_catalog = o->engine.catalog.name != NULL;
    l->shares_catalogs = o->engine.nextensions > 0;
    l->reads_elsewhere = o->engine.nallowed_directories > 0 || o->engine.nextensions > 0;
    struct engine_options options = o->engine;
    options.text = &shown_values;
    TRY(engine_open(&l->engine, &options, e));
    TRY(find_home(l, o->default_catalog, e));
    *out = &TAKE_PTR(l)->base;
    return ST_OK;
}

void local_backend_free(struct backend *b)
{
    local_free((struct local *)b);
}
