/* Sessions share what they know while they see the same catalog: that of version catalog_version, without
 * changes of their own. One in a transaction does when nothing was committed since it began; else what it
 * reads is its own, as is what one with temporary objects reads. Whatever a transaction has read stays until
 * it ends or changes something itself, as its tables do.
 *
 * What another process changes is not counted here. A lake tells its own version, which is asked for before
 * each statement, or once a transaction; of other catalogs of extensions nothing is kept beyond that.
 *
 * Sizes of tables are no change of the catalog; they are as of some time within the last minute, as
 * PostgreSQL's own statistics are. */
#include "backend/local_snapshot.h"

#include "backend/local_catalog.h"
#include "backend/local_conn.h"
#include "backend/local_priv.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "engine/column_view.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum { SIZES_HOLD_S = 60, PATH_MAX_BYTES = LOCAL_SEARCH_PATH_MAX + 128 };

DEFINE_CLEANUP(struct engine_stmt, engine_stmt_free)
DEFINE_CLEANUP(struct engine_result, engine_result_free)

/* ---- what holds ---- */

static bool sizes_hold(const struct local_session *s, const struct local_snapshot *k)
{
    return k->data_version == __atomic_load_n(&s->local->data_version, __ATOMIC_RELAXED) ||
           clock_now_us() - k->read_us < SIZES_HOLD_S * INT64_C(1000000);
}

/* Within the transaction that read it a snapshot holds until that transaction changes the catalog or a
 * setting itself, even if others commit meanwhile. Outside of it, any committed change makes it old, and a
 * catalog that other processes may change is looked at anew each time. */
static bool holds(const struct local_session *s, const struct local_snapshot *k)
{
    struct local_catalog now = local_catalog_now(s);
    if (!k->known || k->at.own != now.own || k->settings != s->settings)
        return false;
    if (s->tx != LOCAL_TX_NONE && k->transaction == s->transaction)
        return true;
    if (k->elsewhere || k->transaction != 0 || k->at.all != now.all || !sizes_hold(s, k))
        return false;
    return s->tx == LOCAL_TX_NONE || s->began_at == now.all;
}

void local_snapshot_check(struct local_session *s)
{
    if (s->main->snapshot.known && !holds(s, &s->main->snapshot)) {
        engine_catalog_forget(s->main->conn);
        s->main->snapshot = (struct local_snapshot){0};
    }
}

/* ---- other processes ---- */

/* The one text that a SELECT of ours gives; "" for none. */
static int ask(struct engine_conn *c, const char *sql, char *out, size_t size, struct err *e)
{
    CLEANUP(engine_stmt_freep) struct engine_stmt *st = NULL;
    CLEANUP(engine_result_freep) struct engine_result *r = NULL;
    const struct chunk_view *chunk;
    *out = '\0';
    TRY(engine_prepare(c, str_of(sql), &st, e));
    TRY(engine_run(st, ENGINE_MATERIALIZE, NULL, &r, e));
    int status = engine_result_next(r, &chunk, e);
    if (status != ST_OK)
        return status == ST_EOF ? ST_OK : status;
    const struct engine_string *text = chunk->columns[0].data;
    (void)snprintf(out, size, "%.*s", (int)text->len, engine_string_data(text));
    return ST_OK;
}

/* *key says by what the session finds things, and which version of the lake it finds there. *elsewhere: other
 * processes may change them; *lake: they say when. */
static int look_elsewhere(struct local_session *s, char key[PATH_MAX_BYTES], bool *elsewhere, bool *lake,
                          struct err *e)
{
    char kind[32], version[32];
    struct engine_conn *c = s->main->conn;
    TRY(ask(c, "SELECT type FROM duckdb_databases() WHERE database_name = system.main.current_database()",
            kind, sizeof kind, e));
    *elsewhere = strcmp(kind, "duckdb") != 0;
    *lake = strcmp(kind, "ducklake") == 0;
    if (!*lake)
        return ST_OK;
    TRY(ask(c,
            "SELECT schema_version::VARCHAR FROM ducklake_snapshots(system.main.current_database()) "
            "ORDER BY snapshot_id DESC LIMIT 1",
            version, sizeof version, e));
    (void)snprintf(key, PATH_MAX_BYTES, "%s\x1f%s", s->path ? s->path : "", version);
    return ST_OK;
}

/* ---- reading it ---- */

/* Whether it sees what all others do that begin now. */
static bool is_shared(const struct local_session *s, uint64_t version)
{
    if (s->pinned || s->catalog_changed || (s->path && strlen(s->path) > LOCAL_SEARCH_PATH_MAX))
        return false;
    return s->tx == LOCAL_TX_NONE || s->began_at == version;
}

static bool names_catalog(struct str text)
{
    return memmem(text.p, text.n, "tavana_catalog", sizeof "tavana_catalog" - 1) != NULL;
}

static int read_lists(struct local_session *s, uint64_t lists, struct local_snapshot *now, struct err *e)
{
    char path[PATH_MAX_BYTES];
    bool lake = false;
    (void)snprintf(path, sizeof path, "%s", s->path ? s->path : "");
    if (s->local->shares_catalogs)
        TRY(look_elsewhere(s, path, &now->elsewhere, &lake, e));
    bool shared = is_shared(s, now->at.all) && (!now->elsewhere || lake);
    struct engine_catalog_key key = {.version = now->at.all, .path = path};
    engine_catalog_forget(s->main->conn); /* what was read before a failure */
    return engine_catalog_load(s->main->conn, lists, shared ? &key : NULL, e);
}

/* In one transaction: a lake numbers its tables anew with each version, so that lists of two versions do not
 * go together. */
static int read_together(struct local_session *s, uint64_t lists, struct local_snapshot *now, struct err *e)
{
    struct err ignored;
    err_init(&ignored);
    TRY(engine_exec(s->main->conn, "BEGIN TRANSACTION READ ONLY", e));
    int status = read_lists(s, lists, now, e);
    (void)engine_exec(s->main->conn, "ROLLBACK", &ignored); /* it has changed nothing */
    return status;
}

/* Nothing is known. */
static int read_anew(struct local_session *s, uint64_t lists, struct err *e)
{
    struct local_snapshot now = {.known = true,
                                 .at = local_catalog_now(s),
                                 .settings = s->settings,
                                 .data_version = __atomic_load_n(&s->local->data_version, __ATOMIC_RELAXED),
                                 .read_us = clock_now_us(),
                                 .transaction = s->tx != LOCAL_TX_NONE ? s->transaction : 0};
    bool together = s->local->shares_catalogs && s->tx == LOCAL_TX_NONE && !s->alone;
    TRY(together ? read_together(s, lists, &now, e) : read_lists(s, lists, &now, e));
    s->main->snapshot = now;
    return ST_OK;
}

int local_snapshot_ready(struct local_session *s, const struct engine_stmt *es, struct str text,
                         struct err *e)
{
    uint64_t lists = engine_stmt_info(es)->catalog;
    if (engine_stmt_info(es)->unresolved && names_catalog(text)) /* the engine may not have seen all of it */
        lists = UINT64_MAX;
    if (!lists)
        return ST_OK;
    local_snapshot_check(s);
    if (!s->main->snapshot.known)
        return read_anew(s, lists, e);
    return engine_catalog_load(s->main->conn, lists, NULL, e);
}
