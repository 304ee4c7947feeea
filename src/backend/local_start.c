/* An error of start fails the portal, whatever had begun: the stream is closed, its connection given back,
 * and every later call repeats the error. */
#include "backend/local_start.h"

#include "backend/local_call.h"
#include "backend/local_composites.h"
#include "backend/local_enums.h"
#include "backend/local_errors.h"
#include "backend/local_literals.h"
#include "backend/local_park.h"
#include "backend/local_portal.h"
#include "backend/local_priv.h"
#include "backend/local_pull.h"
#include "backend/local_stale.h"
#include "backend/local_tx.h"
#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/clock.h"

#include <assert.h>
#include <string.h>

DEFINE_CLEANUP(struct local_portal, local_portal_free)

/* ---- open ---- */

static int decode(struct local_portal *p, const struct backend_param *params, struct err *e)
{
    const struct backend_stmt_info *info = &p->stmt->base.info;
    p->params = arena_calloc(&p->arena, info->nparams, sizeof *p->params);
    if (!p->params)
        return err_oom(e);
    for (size_t i = 0; i < info->nparams; i++) {
        const uint8_t *data = params[i].data; /* lent for this call only; the portal keeps values */
        if (params[i].len > 0) {
            uint8_t *copy = arena_alloc(&p->arena, (size_t)params[i].len);
            if (!copy)
                return err_oom(e);
            data = memcpy(copy, data, (size_t)params[i].len);
        }
        TRY(pg_value_decode(&p->arena, info->param_oids[i], params[i].format, data, params[i].len,
                            p->session->encode.zone, &p->params[i], e));
    }
    return ST_OK;
}

int local_open(struct backend_session *bs, struct backend_stmt *stmt, const struct backend_param *params,
               size_t nparams, struct backend_portal **out, struct err *e)
{
    struct local_session *s = (struct local_session *)bs;
    struct local_stmt *st = (struct local_stmt *)stmt;
    if (nparams != stmt->info.nparams)
        return err_set(e, SQLSTATE_PROTOCOL_VIOLATION,
                       "bind message supplies %zu parameters, but prepared statement requires %d", nparams,
                       stmt->info.nparams);
    CLEANUP(local_portal_freep) struct local_portal *p = NULL;
    TRY(local_portal_new(s, stmt->info.desc, &p, e));
    p->stmt = st;
    assert(st->session == s && st->refs > 0);
    st->refs++;
    TRY(local_holds(stmt, e));
    TRY(decode(p, params, e));
    *out = &TAKE_PTR(p)->base;
    return ST_OK;
}

/* ---- start ---- */

/* SET, USE, CREATE TEMP … have run: what another connection of this session would need. */
static int remember(struct local_portal *p, struct err *e)
{
    struct local_session *s = p->session;
    switch (p->stmt->after) {
    case LOCAL_AFTER_PIN: local_conn_pin(s); return ST_OK;
    case LOCAL_AFTER_PATH: {
        if (p->stmt->sql.n > LOCAL_SEARCH_PATH_MAX)
            return err_set(e, SQLSTATE_PROGRAM_LIMIT_EXCEEDED,
                           "a statement that sets the search path can have at most %d bytes",
                           LOCAL_SEARCH_PATH_MAX);
        char *path = mem_strndup(p->stmt->sql.p, p->stmt->sql.n);
        if (!path)
            return err_oom(e);
        mem_free(s->path);
        s->path = path;
        return ST_OK;
    }
    case LOCAL_AFTER_PATH_RESET: mem_free(TAKE_PTR(s->path)); return ST_OK;
    default: return ST_OK;
    }
}

/* The statement has begun (a stream) or ended (anything else). */
static int settle(struct local_portal *p, struct err *e)
{
    const struct engine_result_info *r = p->stream.info;
    assert(p->stream.source && r && p->state == LOCAL_NEW);
    const struct backend_stmt_info *info = &p->stmt->base.info;
    TRY(remember(p, e));
    p->base.rows_affected = r->changed;
    if (r->answer != ENGINE_ROWS || !info->returns_rows) {
        local_portal_end_stream(p);
        local_portal_become(p, LOCAL_COMPLETE);
        return ST_OK;
    }
    local_conn_use(p->session, &p->user, &local_portal_user_ops);
    local_portal_become(p, p->stream.source->ops->encoded ? LOCAL_STREAMS_ENCODED : LOCAL_STREAMS_TYPED);
    if (p->base.scroll) /* then they are not encoded */
        TRY(local_keep_rows(p, e));
    /* What changes something has run to its end, and the engine has all of its rows in memory. */
    return info->effect == BACKEND_READS ? ST_OK : local_put_down(p, CLOCK_NEVER, e);
}

static int run_and_settle(struct local_portal *p, struct err *e)
{
    TRY(local_run(p, &p->stream, e));
    return settle(p, e);
}

/* In a transaction of its own, in which it is planned, too: told that it failed, it was not done; told its
 * tag, it is committed. */
static int change_alone(struct local_portal *p, struct err *e)
{
    TRY(local_tx_begin_alone(p->session, e));
    int st = run_and_settle(p, e);
    if (st != ST_OK)
        local_portal_end_stream(p);
    return local_tx_end_alone(p->session, st, e);
}

static int run_in_its_way(struct local_portal *p, struct err *e)
{
    bool alone = p->session->tx == LOCAL_TX_NONE && p->stmt->way == LOCAL_WAY_ALONE;
    return alone ? change_alone(p, e) : run_and_settle(p, e);
}

/* The row of a SELECT of literals is kept already: the engine has no part in it. */
static void start_kept(struct local_portal *p)
{
    local_portal_keep(p, local_literals_source(p->stmt->literals_row));
    local_portal_count_rows(p, LOCAL_LITERALS_ROWS);
    local_portal_become(p, LOCAL_PUT_DOWN);
}

int local_start(struct backend_portal *bp, struct err *e)
{
    struct local_portal *p = (struct local_portal *)bp;
    struct local_session *s = p->session;
    if (p->state != LOCAL_NEW)
        return ST_OK;
    assert(p->stmt); /* only a slice of another portal has none, and that is never new */
    if (p->stmt->literals && !p->stmt->literals_row)
        p->stmt->literals_row = local_literals_find(s->local, p->stmt->sql);
    if (p->stmt->literals_row) {
        start_kept(p);
        return ST_OK;
    }
    local_enter_for(s, p->stmt, s->on_main ? NULL : s->main);
    int st = run_in_its_way(p, e);
    bool cancelled = local_leave(s);
    /* What has been done cannot be cancelled any more; a stream that has only begun can. */
    if (st == ST_OK && cancelled && s->on_main == &p->user)
        st = local_cancelled(e);
    if (st != ST_OK) {
        local_errors_explain(p->stmt->target, e);
        local_enum_explain(p->stmt, e);
        local_composite_explain(s, e);
    }
    return st == ST_OK ? ST_OK : local_portal_fail(p, e);
}
