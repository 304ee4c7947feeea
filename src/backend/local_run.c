/* Runs a portal's statement on the session's main connection: plans it, sees to it that the plan holds for
 * the snapshot (local_version.h), and chooses between rows that the engine's pipeline encodes and plain
 * ones. Inside a call, the thread of the session. It asks of the portal what it runs and expects, and
 * changes nothing of it: texts are of its arena. */
#include "backend/local_run.h"

#include "backend/local_cache.h"
#include "backend/local_call.h"
#include "backend/local_catalog.h"
#include "backend/local_conn.h"
#include "backend/local_direct.h"
#include "backend/local_params.h"
#include "backend/local_portal.h"
#include "backend/local_priv.h"
#include "backend/local_tx.h"
#include "backend/local_types.h"
#include "backend/local_variable.h"
#include "backend/local_version.h"
#include "base/metric.h"

#include <assert.h>

void local_ran_close(struct local_ran *r)
{
    row_source_close(r->source);
    *r = (struct local_ran){0};
}

/* What changes something may not find out only after it has run that its rows have another shape. */
static int check_before(const struct local_stmt *st, const struct engine_stmt *es, struct err *e)
{
    const struct engine_stmt_info *info = engine_stmt_info(es);
    return info->unresolved || local_fits(st, info->types, info->ncolumns) ? ST_OK : local_changed_type(e);
}

static int bind_params(const struct local_portal *p, struct engine_stmt *es, struct err *e)
{
    for (size_t i = 0; i < engine_stmt_info(es)->nparams; i++)
        TRY(engine_bind(es, i + 1, &p->params[i], e));
    return ST_OK;
}

static void open_plain(struct local_ran *out, struct engine_result *result)
{
    local_result_open(&out->plain, result);
    out->source = &out->plain.source;
    out->info = engine_result_info(result);
}

/* ---- what reads ---- */

struct plan {
    struct local_session *session;
    struct local_version version;
    bool gate_closed;
};

/* Called by the engine's side once the statement has its snapshot: only from then on can it be said that
 * nothing newer than the plan is in it. */
static bool plan_holds(void *arg)
{
    const struct plan *plan = arg;
    local_plans_end(plan->session);
    bool holds = local_version_holds(plan->session, &plan->version);
    local_plans_begin(plan->session);
    return holds;
}

/* The snapshot has been taken, and the plan made. */
static bool open_gate(void *arg)
{
    struct plan *plan = arg;
    assert(plan->gate_closed); /* and by this thread */
    local_plans_end(plan->session);
    local_gate_open(plan->session->local);
    plan->gate_closed = false;
    local_plans_begin(plan->session);
    return true;
}

/* To the first rows, and deaf all the way: one value may keep a function of the engine for minutes, as a
 * regular expression or a distance of long texts does, and it hears nothing from within.
 * ST_AGAIN: the data has changed since the plan was made. */
static int try_to_read(const struct local_portal *p, const struct sql_rewritten *text, struct plan *plan,
                       bool fresh, struct engine_result **out, struct err *e)
{
    struct local_session *s = p->session;
    struct engine_stmt *es;
    local_plans_begin(s);
    TRY(local_conn_prepare_to_run(s, text->text, p->stmt->blind, fresh, &es, &plan->version, e));
    TRY(bind_params(p, es, e));
    return engine_run_if(es, ENGINE_STREAM, &s->cancelled, plan->gate_closed ? open_gate : plan_holds, plan,
                         out, e);
}

/* Twice with the gate open, since commits are few; the third time nobody commits until the snapshot is taken,
 * so that a stream of commits cannot keep a reader from starting. */
static int read_text(const struct local_portal *p, const struct sql_rewritten *text,
                     struct engine_result **out, struct err *e)
{
    struct plan plan = {.session = p->session};
    int st = try_to_read(p, text, &plan, false, out, e);
    if (st == ST_AGAIN)
        st = try_to_read(p, text, &plan, true, out, e);
    if (st != ST_AGAIN)
        return st;
    local_gate_close(p->session->local);
    plan.gate_closed = true;
    st = try_to_read(p, text, &plan, true, out, e);
    assert(st != ST_AGAIN); /* with the gate closed every plan holds */
    if (plan.gate_closed)
        (void)open_gate(&plan);
    return st;
}

static int read_plainly(const struct local_portal *p, const struct sql_rewritten *text, struct local_ran *out,
                        struct err *e)
{
    struct engine_result *result = NULL;
    int st = read_text(p, text, &result, e);
    if (st == ST_OK)
        open_plain(out, result);
    return st;
}

/* Whatever the engine has against the wrapped statement, it shall say of the client's own. */
static bool read_directly(const struct local_portal *p, const struct sql_rewritten *text,
                          struct local_ran *out)
{
    struct local_direct *d = NULL;
    struct engine_result *tickets = NULL;
    struct err ignored;
    err_init(&ignored);
    if (local_direct_new(&d, p->stmt, &p->base, text->text, &ignored) < 0)
        return false;
    local_direct_attach(d, p->session->main->conn);
    if (read_text(p, local_direct_text(d), &tickets, &ignored) == ST_OK) {
        out->info = engine_result_info(tickets);
        out->source = local_direct_open(d, tickets);
        metric_add(METRIC_STREAMS_IN_PIPELINE, 1);
        return true;
    }
    local_direct_close(d);
    p->stmt->direct = false;
    local_direct_learn(p->session->local, p->stmt, 0);
    return false;
}

static int run_reading(const struct local_portal *p, const struct sql_rewritten *text, bool typed,
                       struct local_ran *out, struct err *e)
{
    if (!typed && local_direct_wanted(p->stmt, &p->base) && read_directly(p, text, out))
        return ST_OK;
    if (local_is_cancelled(p->session)) /* planning once more would not hear of it */
        return local_cancelled(e);
    return read_plainly(p, text, out, e);
}

/* ---- what changes something ---- */

/* Planned anew each time, within the transaction that it changes: the plan shares its snapshot. */
static int change(const struct local_portal *p, const struct sql_rewritten *text, struct engine_result **out,
                  struct err *e)
{
    struct local_session *s = p->session;
    struct local_stmt *st = p->stmt;
    struct local_version ignored;
    struct engine_stmt *es;
    bool returns_rows = st->base.info.returns_rows;
    local_tx_writes(s);
    local_plans_begin(s);
    TRY(local_conn_prepare_to_run(s, text->text, st->blind, true, &es, &ignored, e));
    local_plans_end(s);
    if (local_is_cancelled(s)) /* the engine clears its own flag when it begins to run */
        return local_cancelled(e);
    if (returns_rows)
        TRY(check_before(st, es, e));
    TRY(bind_params(p, es, e));
    local_version_outdate(s);
    local_catalog_changes(s, st, engine_stmt_info(es)->kind);
    if (st->way == LOCAL_WAY_AT_ONCE)
        local_running_on(s, NULL);
    else
        local_plans_begin(s); /* within a transaction, which is rolled back when nobody waits for it */
    int run = engine_run(es, ENGINE_MATERIALIZE, &s->cancelled, out, e);
    local_plans_end(s);
    if (run == ST_OK && backend_is_left(&s->base)) {
        engine_result_free(*out);
        *out = NULL;
        run = local_cancelled(e);
    }
    if (st->way == LOCAL_WAY_AT_ONCE && st->base.info.effect == BACKEND_WRITES)
        local_data_changed(s->local); /* other changes are counted as they are committed */
    return run;
}

static int run_changing(const struct local_portal *p, const struct sql_rewritten *text, struct local_ran *out,
                        struct err *e)
{
    struct engine_result *result = NULL;
    TRY(change(p, text, &result, e));
    open_plain(out, result);
    return ST_OK;
}

/* ---- either ---- */

static int run_text(const struct local_portal *p, const struct sql_rewritten *text, bool typed,
                    struct local_ran *out, struct err *e)
{
    const struct backend_stmt_info *info = &p->stmt->base.info;
    TRY(info->effect == BACKEND_READS ? run_reading(p, text, typed, out, e) : run_changing(p, text, out, e));
    assert(out->source && out->info);
    bool plain = !out->source->ops->encoded; /* else the sink looks at the types */
    if (plain && out->info->answer == ENGINE_ROWS && info->returns_rows &&
        !local_fits(p->stmt, out->info->types, out->info->ncolumns)) {
        local_ran_close(out);
        return local_changed_type(e);
    }
    return ST_OK;
}

/* SET VARIABLE: the value is made under another name, and gets its own. */
static int run_variable(const struct local_portal *p, const struct sql_rewritten *text, struct str name,
                        struct local_ran *out, struct err *e)
{
    int st = run_text(p, text, false, out, e);
    return local_variable_settle(p->session, name, st == ST_OK, e);
}

/* The session's other streams hold the engine's memory: what they have sorted, joined, grouped. They leave,
 * and the statement runs once more. */
static int run_with_room(const struct local_portal *p, const struct sql_rewritten *text,
                         struct local_ran *out, struct err *e)
{
    struct local_conn *c;
    err_init(e);
    TRY(local_conn_leave_all(p->session, e));
    TRY(local_claim(p->session, &c, e));
    return run_text(p, text, false, out, e);
}

int local_run(struct local_portal *p, struct local_ran *out, struct err *e)
{
    struct local_conn *c;
    struct sql_rewritten text;
    struct str variable;
    bool sets_variable = p->stmt->way == LOCAL_WAY_VARIABLE;
    bool reads = p->stmt->base.info.effect == BACKEND_READS;
    TRY(local_run_text(p->stmt, p->params, &p->arena, &text, e));
    if (sets_variable)
        TRY(local_variable_text(&p->arena, &text, &variable, e));
    TRY(local_claim(p->session, &c, e));
    int st = sets_variable ? run_variable(p, &text, variable, out, e) : run_text(p, &text, false, out, e);
    if (st == ST_ERR && reads && e->code == SQLSTATE_OUT_OF_MEMORY && p->session->ndetached)
        st = run_with_room(p, &text, out, e);
    if (st == ST_OK)
        return ST_OK;
    local_ran_close(out);
    local_map_position(p->stmt, &text, e);
    return ST_ERR;
}

/* ---- an end without its reason ---- */

/* Once more from the start, nothing sent: until the statement fails, or ends. */
static int run_to_the_error(struct local_portal *p, struct err *e)
{
    struct local_conn *c;
    assert(!p->stream.source); /* it has failed: its stream is closed */
    struct local_ran again = {0};
    struct sql_rewritten text;
    const struct chunk_view *chunk;
    TRY(local_run_text(p->stmt, p->params, &p->arena, &text, e));
    TRY(local_claim(p->session, &c, e));
    int st = run_text(p, &text, true, &again, e); /* typed, so that nobody has to take encoded rows */
    while (st == ST_OK) {
        assert(again.source);
        st = row_source_next(again.source, &chunk, e);
    }
    if (st == ST_ERR)
        local_map_position(p->stmt, &text, e);
    local_ran_close(&again);
    return st;
}

int local_learn_error(struct local_portal *p, bool has_moved, struct err *e)
{
    bool reads = p->stmt->base.info.effect == BACKEND_READS;
    for (int i = 0; reads && i < LOCAL_LEARN_TRIES && !has_moved; i++) {
        struct err why;
        err_init(&why);
        int st = run_to_the_error(p, &why);
        err_init(e);
        if (local_is_cancelled(p->session))
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
