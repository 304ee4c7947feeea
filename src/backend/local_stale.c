/* Statements whose tables were changed after they were described. PostgreSQL says so at Bind, so a Bind plans
 * the statement once more when the catalog may have changed since; what is planned there is kept for Execute.
 *
 * The catalog's versions are counts, looked at without asking the engine:
 *
 *   local.catalog_version   transactions of this process that ended, either way, and had changed the catalog
 *   local_session.catalog   what the session did to it: each CREATE, ALTER, DROP, SET of a path … and each
 *                           end of a transaction in which it did, or in which something was compared with it
 *
 * What another process changes in a catalog that several share is not counted: Execute finds that, with the
 * same error. */
#include "backend/local_priv.h"

#include <string.h>

struct local_catalog local_catalog_now(const struct local_session *s)
{
    return (struct local_catalog){.all = __atomic_load_n(&s->local->catalog_version, __ATOMIC_SEQ_CST),
                                  .own = s->catalog};
}

bool local_catalog_holds(const struct local_session *s, const struct local_catalog *c)
{
    struct local_catalog now = local_catalog_now(s);
    return now.all == c->all && now.own == c->own;
}

static bool changes_catalog(enum engine_kind kind)
{
    switch (kind) {
    case ENGINE_STMT_SELECT:
    case ENGINE_STMT_INSERT:
    case ENGINE_STMT_UPDATE:
    case ENGINE_STMT_DELETE:
    case ENGINE_STMT_MERGE:
    case ENGINE_STMT_EXPLAIN:
    case ENGINE_STMT_COPY:
    case ENGINE_STMT_PREPARE:
    case ENGINE_STMT_VACUUM: return false;
    default: return true;
    }
}

void local_catalog_changes(struct local_session *s, const struct local_stmt *st, enum engine_kind kind)
{
    if (!changes_catalog(kind))
        return;
    s->catalog++;
    s->catalog_open = true;
    if (st->base.info.effect != BACKEND_WRITES)
        return; /* temporary objects, settings: nobody else's */
    s->catalog_changed = true;
    if (st->way == LOCAL_WAY_AT_ONCE)
        local_catalog_settled(s);
}

void local_catalog_settled(struct local_session *s)
{
    if (s->catalog_changed)
        (void)__atomic_fetch_add(&s->local->catalog_version, 1, __ATOMIC_SEQ_CST);
    if (s->catalog_open) {
        s->catalog++;
        s->changes++; /* what was planned meanwhile was planned by another catalog */
    }
    s->catalog_open = s->catalog_changed = false;
}

/* A name that was too long for the description is as far as it goes. */
static bool same_names(const struct row_desc *told, const struct engine_stmt_info *now)
{
    for (size_t i = 0; i < told->ncolumns; i++) {
        const char *name = told->columns[i].name;
        size_t n = strlen(name);
        if (strncmp(name, now->names[i], n) != 0 || (now->names[i][n] && n + 4 <= ROW_DESC_NAME_MAX))
            return false;
    }
    return true;
}

static int compare(struct local_stmt *st, struct err *e)
{
    struct local_conn *c;
    struct engine_stmt *es;
    TRY(local_claim(st->session, &c, e));
    if (local_conn_prepare(st->session, st->text.text, &es, e) != ST_OK) {
        local_map_position(st, &st->text, e);
        return ST_ERR;
    }
    const struct engine_stmt_info *now = engine_stmt_info(es);
    if (!st->base.info.returns_rows || now->unresolved)
        return ST_OK;
    bool same = local_fits(st, now->types, now->ncolumns) && same_names(st->base.info.desc, now);
    return same ? ST_OK : local_changed_type(e);
}

int local_see_that_it_holds(struct local_stmt *st, struct err *e)
{
    struct local_session *s = st->session;
    struct local_catalog now = local_catalog_now(s);
    if (st->kept || local_catalog_holds(s, &st->catalog))
        return ST_OK;
    local_enter_for(s, st, s->streaming ? NULL : s->main);
    local_plans_begin(s);
    int status = compare(st, e);
    if (local_leave(s) && status == ST_OK)
        return local_cancelled(e);
    TRY(status);
    st->catalog = now;
    s->catalog_open |= s->tx != LOCAL_TX_NONE; /* the next transaction may see another catalog */
    return ST_OK;
}
