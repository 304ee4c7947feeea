/* Statements whose tables were changed after they were described. PostgreSQL says so at Bind and at
 * Describe, so these plan the statement once more when the catalog may have changed since
 * (local_catalog.h); what is planned there is kept for Execute. What another process changed is found by
 * Execute, with the same error. */
#include "backend/local_stale.h"

#include "backend/local_cache.h"
#include "backend/local_call.h"
#include "backend/local_conn.h"
#include "backend/local_params.h"
#include "backend/local_priv.h"
#include "backend/local_types.h"

#include <assert.h>
#include <string.h>

/* A name that was too long for the description is as far as it goes. */
static bool same_names(const struct row_desc *described, const struct engine_stmt_info *now)
{
    for (size_t i = 0; i < described->ncolumns; i++) {
        const char *name = described->columns[i].name;
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
    if (local_conn_prepare(st->session, st->text.text, st->blind, &es, e) != ST_OK) {
        local_map_position(st, &st->text, e);
        return ST_ERR;
    }
    const struct engine_stmt_info *now = engine_stmt_info(es);
    assert(!st->base.info.returns_rows || st->base.info.desc);
    if (!st->base.info.returns_rows || now->unresolved)
        return ST_OK;
    bool same = local_fits(st, now->types, now->ncolumns) && same_names(st->base.info.desc, now);
    return same ? ST_OK : local_changed_type(e);
}

int local_holds(struct backend_stmt *stmt, struct err *e)
{
    struct local_stmt *st = (struct local_stmt *)stmt;
    struct local_session *s = st->session;
    struct local_catalog now = local_catalog_now(s);
    if (st->literals_row || local_catalog_holds(s, &st->catalog))
        return ST_OK;
    local_enter_for(s, st, s->on_main ? NULL : s->main);
    local_plans_begin(s);
    int status = compare(st, e);
    if (local_leave(s) && status == ST_OK)
        return local_cancelled(e);
    TRY(status);
    st->catalog = now;
    local_catalog_compared(s);
    return ST_OK;
}
