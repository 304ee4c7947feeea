/* Portals: parameters decoded at open, the statement started, the end kept. */
#include "backend/local_priv.h"

#include "backend/local_tx.h"
#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/metric.h"
#include "engine/sink.h"
#include "sql/token.h"

#include <assert.h>
#include <string.h>

static void portal_free(struct local_portal *p)
{
    if (!p)
        return;
    local_stream_end(p);
    local_rows_free(p->rows);
    row_batch_release(&p->batch);
    row_desc_unref(p->base.desc);
    mem_free(p->formats);
    mem_free(p->err);
    arena_release(&p->arena);
    if (p->stmt)
        local_stmt_free(&p->stmt->base);
    mem_free(p);
}

DEFINE_CLEANUP(struct local_portal, portal_free)

void local_portal_become(struct local_portal *p, enum local_state to)
{
    assert(local_state_may_follow(p->state, to));
    assert(local_state_streams(to) == (p->result != NULL));
    assert(local_state_keeps(to) == (p->rows != NULL || (to == LOCAL_PUT_DOWN && p->stmt && p->stmt->kept)));
    assert(to != LOCAL_STREAMS_ENCODED || p->direct);
    p->state = to;
    p->base.started = true;
    p->base.complete |= local_state_is_over(to);
}

int local_portal_fail(struct local_portal *p, const struct err *e)
{
    local_stream_end(p);
    local_rows_free(TAKE_PTR(p->rows));
    if (!p->err)
        p->err = mem_alloc(sizeof *p->err);
    if (p->err)
        *p->err = *e;
    local_portal_become(p, LOCAL_FAILED);
    return ST_ERR;
}

int local_portal_repeat_error(const struct local_portal *p, struct err *e)
{
    if (!p->err)
        return err_set(e, SQLSTATE_OUT_OF_MEMORY, "the portal has failed before");
    *e = *p->err;
    return ST_ERR;
}

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

int local_portal_new(struct local_session *s, struct row_desc *desc, struct local_portal **out, struct err *e)
{
    struct local_portal *p = mem_calloc(1, sizeof *p);
    if (!p)
        return err_oom(e);
    p->session = s;
    list_init(&p->by_use);
    arena_init_of(&p->arena, LOCAL_STATEMENT_MEMORY, s->base.memory);
    row_batch_init(&p->batch);
    if (desc)
        p->base.desc = row_desc_ref(desc);
    *out = p;
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
    CLEANUP(portal_freep) struct local_portal *p = NULL;
    TRY(local_portal_new(s, stmt->info.desc, &p, e));
    p->stmt = st;
    st->refs++;
    TRY(local_see_that_it_holds(st, e));
    TRY(decode(p, params, e));
    *out = &TAKE_PTR(p)->base;
    return ST_OK;
}

/* ---- start ---- */

bool local_fits(const struct local_stmt *st, const struct engine_column_type *const *types, size_t n)
{
    const struct row_desc *told = st->base.info.desc;
    if (told->ncolumns != n)
        return false;
    for (size_t i = 0; i < n; i++) {
        struct column_desc d = {0};
        encode_describe(types[i], &d);
        if (d.type_oid != told->columns[i].type_oid)
            return false;
        if (d.typmod != told->columns[i].typmod && !(st->numeric && told->columns[i].typmod == -1))
            return false;
    }
    return true;
}

int local_changed_type(struct err *e)
{
    return err_set(e, SQLSTATE_FEATURE_NOT_SUPPORTED, "cached plan must not change result type");
}

/* What changes something may not find out only after it has run that its rows have another shape. */
static int check_before(const struct local_stmt *st, const struct engine_stmt *es, struct err *e)
{
    const struct engine_stmt_info *info = engine_stmt_info(es);
    return info->unresolved || local_fits(st, info->types, info->ncolumns) ? ST_OK : local_changed_type(e);
}

static int bind_params(struct local_portal *p, struct engine_stmt *es, struct err *e)
{
    for (size_t i = 0; i < engine_stmt_info(es)->nparams; i++)
        TRY(engine_bind(es, i + 1, &p->params[i], e));
    return ST_OK;
}

struct plan {
    struct local_session *session;
    struct local_version version;
    bool gate_closed;
};

static bool plan_holds(void *arg)
{
    const struct plan *plan = arg;
    local_plans_end(plan->session);
    return local_version_holds(plan->session, &plan->version);
}

/* The snapshot has been taken, and the plan made. */
static bool open_gate(void *arg)
{
    struct plan *plan = arg;
    local_plans_end(plan->session);
    local_gate_open(plan->session->local);
    plan->gate_closed = false;
    return true;
}

/* ST_AGAIN: the data has changed since the plan was made. */
static int try_to_read(struct local_portal *p, const struct sql_rewritten *text, struct plan *plan,
                       bool fresh, struct err *e)
{
    struct local_session *s = p->session;
    struct engine_stmt *es;
    local_plans_begin(s);
    TRY(local_conn_prepare_to_run(s, text->text, fresh, &es, &plan->version, e));
    TRY(bind_params(p, es, e));
    return engine_run_if(es, ENGINE_STREAM, &s->cancelled, plan->gate_closed ? open_gate : plan_holds, plan,
                         &p->result, e);
}

static int read_text(struct local_portal *p, const struct sql_rewritten *text, struct err *e)
{
    struct plan plan = {.session = p->session};
    int st = try_to_read(p, text, &plan, false, e);
    if (st == ST_AGAIN)
        st = try_to_read(p, text, &plan, true, e);
    if (st != ST_AGAIN)
        return st;
    local_gate_close(p->session->local);
    plan.gate_closed = true;
    st = try_to_read(p, text, &plan, true, e);
    if (plan.gate_closed)
        (void)open_gate(&plan);
    return st;
}

/* Whatever the engine has against the wrapped statement, it shall say of the client's own. */
static bool read_directly(struct local_portal *p, const struct sql_rewritten *text)
{
    struct err ignored;
    err_init(&ignored);
    if (local_direct_new(&p->direct, p, text->text, &ignored) < 0)
        return false;
    engine_set_sink(p->session->main->conn, local_direct_sink(p->direct));
    if (read_text(p, local_direct_text(p->direct), &ignored) == ST_OK) {
        metric_add(METRIC_STREAMS_IN_PIPELINE, 1);
        return true;
    }
    engine_set_sink(p->session->main->conn, NULL);
    engine_result_free(TAKE_PTR(p->result));
    local_direct_unref(TAKE_PTR(p->direct));
    p->stmt->direct = false;
    local_direct_learn(p->session->local, p->stmt, 0);
    return false;
}

static int run_reading(struct local_portal *p, const struct sql_rewritten *text, struct err *e)
{
    if (local_direct_wanted(p) && read_directly(p, text))
        return ST_OK;
    if (local_is_cancelled(p->session)) /* planning once more would not hear of it */
        return local_cancelled(e);
    return read_text(p, text, e);
}

static int change(struct local_portal *p, const struct sql_rewritten *text, struct err *e)
{
    struct local_session *s = p->session;
    struct local_stmt *st = p->stmt;
    struct local_version ignored;
    struct engine_stmt *es;
    bool returns_rows = st->base.info.returns_rows;
    if (s->tx != LOCAL_TX_NONE)
        s->wrote = true;
    local_plans_begin(s);
    TRY(local_conn_prepare_to_run(s, text->text, true, &es, &ignored, e));
    local_plans_end(s);
    if (local_is_cancelled(s)) /* the engine clears its own flag when it begins to run */
        return local_cancelled(e);
    if (returns_rows)
        TRY(check_before(st, es, e));
    TRY(bind_params(p, es, e));
    s->changes++;
    local_catalog_changes(s, st, engine_stmt_info(es)->kind);
    if (st->way == LOCAL_WAY_AT_ONCE)
        local_running_on(s, NULL);
    int run = engine_run(es, ENGINE_MATERIALIZE, &s->cancelled, &p->result, e);
    if (st->way == LOCAL_WAY_AT_ONCE && st->base.info.effect == BACKEND_WRITES)
        local_data_changed(s->local); /* other changes are counted as they are committed */
    return run;
}

static int run(struct local_portal *p, const struct sql_rewritten *text, struct err *e)
{
    struct local_stmt *st = p->stmt;
    const struct backend_stmt_info *info = &st->base.info;
    TRY(info->effect == BACKEND_READS ? run_reading(p, text, e) : change(p, text, e));
    const struct engine_result_info *r = engine_result_info(p->result);
    if (!p->direct && r->answer == ENGINE_ROWS && info->returns_rows &&
        !local_fits(st, r->types, r->ncolumns))
        return local_changed_type(e);
    return ST_OK;
}

/* SET, USE, CREATE TEMP … have run: what another connection of this session would need. */
static int remember(struct local_portal *p, struct err *e)
{
    struct local_session *s = p->session;
    switch (p->stmt->after) {
    case LOCAL_AFTER_PIN: s->pinned = true; return ST_OK;
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
    const struct engine_result_info *r = engine_result_info(p->result);
    const struct backend_stmt_info *info = &p->stmt->base.info;
    TRY(remember(p, e));
    p->base.rows_affected = r->changed;
    if (r->answer != ENGINE_ROWS || !info->returns_rows) {
        local_stream_end(p);
        local_portal_become(p, LOCAL_COMPLETE);
        return ST_OK;
    }
    p->session->streaming = p;
    local_portal_become(p, p->direct ? LOCAL_STREAMS_ENCODED : LOCAL_STREAMS_TYPED);
    if (p->base.scroll) /* then they are not encoded */
        TRY(local_keep_rows(p, e));
    /* What changes something has run to its end, and the engine has all of its rows in memory. */
    return info->effect == BACKEND_READS ? ST_OK : local_put_down(p, e);
}

static int run_and_settle(struct local_portal *p, struct err *e)
{
    struct local_conn *c;
    struct sql_rewritten text;
    struct str variable;
    bool sets_variable = p->stmt->way == LOCAL_WAY_VARIABLE;
    TRY(local_run_text(p->stmt, p->params, &p->arena, &text, e));
    if (sets_variable)
        TRY(local_variable_text(&p->arena, &text, &variable, e));
    TRY(local_claim(p->session, &c, e));
    int st = run(p, &text, e);
    if (sets_variable)
        st = local_variable_settle(p->session, variable, st == ST_OK, e);
    bool reads = p->stmt->base.info.effect == BACKEND_READS;
    if (st == ST_ERR && reads && e->code == SQLSTATE_OUT_OF_MEMORY && p->session->ndetached) {
        /* The session's other streams hold the engine's memory: what they have sorted, joined, grouped. */
        err_init(e);
        TRY(local_put_down_all(p->session, e));
        TRY(local_claim(p->session, &c, e));
        st = run(p, &text, e);
    }
    if (st != ST_OK) {
        local_map_position(p->stmt, &text, e);
        return ST_ERR;
    }
    return settle(p, e);
}

/* In a transaction of its own, in which it is planned, too: told that it failed, it was not done; told its
 * tag, it is committed. */
static int change_alone(struct local_portal *p, struct err *e)
{
    TRY(local_tx_begin_alone(p->session, e));
    int st = run_and_settle(p, e);
    if (st != ST_OK)
        local_stream_end(p);
    return local_tx_end_alone(p->session, st, e);
}

static int start(struct local_portal *p, struct err *e)
{
    bool alone = p->session->tx == LOCAL_TX_NONE && p->stmt->way == LOCAL_WAY_ALONE;
    return alone ? change_alone(p, e) : run_and_settle(p, e);
}

/* ---- an end without its reason ---- */

/* Once more from the start, nothing sent: until the statement fails, or ends. */
static int run_to_the_error(struct local_portal *p, struct err *e)
{
    struct local_conn *c;
    struct sql_rewritten text;
    const struct chunk_view *chunk;
    p->base.expects_formats = false; /* typed, so that nobody has to take encoded rows */
    local_stream_end(p);
    TRY(local_run_text(p->stmt, p->params, &p->arena, &text, e));
    TRY(local_claim(p->session, &c, e));
    int st = run(p, &text, e);
    while (st == ST_OK)
        st = engine_result_next(p->result, &chunk, e);
    if (st == ST_ERR)
        local_map_position(p->stmt, &text, e);
    return st;
}

int local_learn_error(struct local_portal *p, struct err *e)
{
    struct local_session *s = p->session;
    bool reads = p->stmt->base.info.effect == BACKEND_READS;
    for (int i = 0; reads && i < LOCAL_LEARN_TRIES && !p->detached; i++) {
        struct err why;
        err_init(&why);
        int st = run_to_the_error(p, &why);
        err_init(e);
        if (local_is_cancelled(s))
            return local_cancelled(e);
        if (st == ST_ERR && why.code != SQLSTATE_QUERY_CANCELED) {
            *e = why;
            return ST_ERR;
        }
    }
    err_init(e);
    (void)err_set(e, SQLSTATE_INTERNAL_ERROR,
                  "the engine stopped the statement for an error that it did not tell");
    err_hint(e, "Run it again to see the error.");
    return ST_ERR;
}

int local_start(struct backend_portal *bp, struct err *e)
{
    struct local_portal *p = (struct local_portal *)bp;
    struct local_session *s = p->session;
    if (p->state != LOCAL_NEW)
        return ST_OK;
    if (p->stmt->literals && !p->stmt->kept)
        p->stmt->kept = local_literals_find(s->local, p->stmt->sql);
    if (p->stmt->kept) {
        p->chunk = local_literals_chunk(p->stmt->kept);
        p->base.rows = p->chunk->nrows;
        local_portal_become(p, LOCAL_PUT_DOWN);
        return ST_OK;
    }
    local_enter_for(s, p->stmt, s->streaming ? NULL : s->main);
    int st = start(p, e);
    bool cancelled = local_leave(s);
    /* What has been done cannot be cancelled any more; a stream that has only begun can. */
    if (st == ST_OK && cancelled && s->streaming == p)
        st = local_cancelled(e);
    return st == ST_OK ? ST_OK : local_portal_fail(p, e);
}

void local_portal_close(struct backend_portal *bp)
{
    portal_free((struct local_portal *)bp);
}
