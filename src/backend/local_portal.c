/* A portal's parts go in one order when it moves on: first the reader lets go of the chunk and of the
 * encoder, whose types are the source's; then the source is closed, which stops the engine; then the
 * connection is given back. A batch that a fetch has lent out stays until the fetch is closed. */
#include "backend/local_portal.h"

#include "backend/local_priv.h"
#include "backend/local_rows.h"
#include "backend/local_stmt.h"
#include "base/alloc.h"
#include "base/cleanup.h"

#include <assert.h>

int local_portal_new(struct local_session *s, struct row_desc *desc, struct local_portal **out, struct err *e)
{
    struct local_portal *p = mem_calloc(1, sizeof *p);
    if (!p)
        return err_oom(e);
    p->session = s;
    arena_init_of(&p->arena, LOCAL_STATEMENT_MEMORY, s->base.memory);
    local_reader_init(&p->reader);
    if (desc)
        p->base.desc = row_desc_ref(desc);
    *out = p;
    return ST_OK;
}

static void kept_close(struct local_portal *p)
{
    row_source_close(TAKE_PTR(p->kept));
    p->rows = NULL;
}

void local_portal_free(struct local_portal *p)
{
    if (!p)
        return;
    local_portal_end_stream(p);
    kept_close(p);
    local_reader_release(&p->reader);
    row_desc_unref(p->base.desc);
    mem_free(p->err);
    arena_release(&p->arena);
    if (p->stmt)
        local_stmt_free(&p->stmt->base);
    mem_free(p);
}

void local_portal_close(struct backend_portal *bp)
{
    local_portal_free((struct local_portal *)bp);
}

/* ---- rows that lie here ---- */

int local_portal_new_rows(struct local_portal *p, uint64_t first,
                          const struct engine_column_type *const *types, size_t n, struct err *e)
{
    assert(!p->kept);
    TRY(local_rows_new(&p->rows, first, types, n, &p->session->local->rows, e));
    p->kept = local_rows_source(p->rows);
    return ST_OK;
}

void local_portal_keep(struct local_portal *p, struct row_source *lent)
{
    assert(!p->kept);
    p->kept = lent;
}

void local_portal_count_rows(struct local_portal *p, uint64_t n)
{
    assert(!p->base.complete);
    p->base.rows += n;
}

/* ---- state ---- */

void local_portal_become(struct local_portal *p, enum local_state to)
{
    assert(local_state_may_follow(p->state, to));
    assert(local_state_streams(to) == (p->stream.source != NULL));
    assert(local_state_streams(to) == (p->user.conn != NULL));
    assert(local_state_keeps(to) == (p->kept != NULL));
    assert(to != LOCAL_STREAMS_ENCODED || p->stream.source->ops->encoded);
    assert(to != LOCAL_STREAMS_KEPT || p->rows);
    p->state = to;
    p->base.started = true;
    p->base.complete |= local_state_is_over(to);
}

void local_portal_end_stream(struct local_portal *p)
{
    local_reader_leave_source(&p->reader);
    if (!p->fetch.portal) /* else it has rows on their way */
        row_batch_release(&p->reader.batch);
    local_ran_close(&p->stream);
    local_conn_release(p->session, &p->user);
}

int local_portal_fail(struct local_portal *p, const struct err *e)
{
    local_portal_end_stream(p);
    kept_close(p);
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

const struct engine_column_type *const *local_portal_types(const struct local_portal *p, size_t *n)
{
    *n = 0;
    if (p->kept)
        return row_source_types(p->kept, n);
    return p->stream.source ? row_source_types(p->stream.source, n) : NULL;
}
