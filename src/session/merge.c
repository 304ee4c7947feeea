/* The join is asked for first, in the statement's own words, for rows of the target that come more than
 * once and would be changed. What cannot be asked, of a target without row numbers, runs as it is. */
#include "session/merge.h"

#include "session/session_priv.h"
#include "session/stand_in.h"
#include "sql/merge.h"

#include <assert.h>

/* Whether the query gives a row; not when it cannot be prepared. */
static int gives_any(struct session *s, struct portal *p, const char *text, bool *any, struct err *e)
{
    const struct stand_in_params all = {
        .n = p->nparams, .oids = p->statement->engine->info.param_oids, .values = p->params};
    struct stand_in made;
    struct ask_rows rows = {0};
    struct backend_portal *portal = NULL;
    TRY(stand_in_make(s, &p->sql, text, &all, &made, e));
    if (stand_in_open(s, &p->sql, &made, &s->memory.all, &portal, e) < 0) {
        err_init(e);
        return ST_OK;
    }
    int st = s->engine->ops->start(portal, e);
    if (st == ST_OK)
        st = session_ask_portal(s, portal, &rows, e);
    s->engine->ops->portal_close(portal);
    *any = rows.n > 0;
    return st;
}

int merge_before(struct session *s, struct portal *p, struct err *e)
{
    struct sql_merge m;
    bool is, twice = false;
    assert(p->engine && !p->engine->started);
    TRY(sql_merge_read(&s->message_arena, sql_statement_tokens(&p->sql), &m, &is, e));
    if (!is || !m.acts)
        return ST_OK;
    TRY(gives_any(s, p,
                  step_text(s,
                            "%.*sSELECT 1 FROM %.*s JOIN %.*s ON (%.*s) WHERE %s GROUP BY %.*s.rowid HAVING "
                            "count(*) > 1 LIMIT 1",
                            (int)m.with.n, m.with.p, (int)m.target.n, m.target.p, (int)m.source.n, m.source.p,
                            (int)m.on.n, m.on.p, m.acts, (int)m.called.n, m.called.p),
                  &twice, e));
    if (!twice)
        return ST_OK;
    (void)err_set(e, SQLSTATE_CARDINALITY_VIOLATION, "MERGE command cannot affect row a second time");
    err_hint(e, "Ensure that not more than one source row matches any one target row.");
    return ST_ERR;
}
