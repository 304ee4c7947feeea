/* A slice copies rows as typed chunks out of whatever source its portal has; the portal's position moves as
 * by a fetch. What leaves a connection (local_conn.h) is put down in the same way as what is parked. */
#include "backend/local_park.h"

#include "backend/local_call.h"
#include "backend/local_portal.h"
#include "backend/local_priv.h"
#include "backend/local_pull.h"
#include "backend/local_rows.h"
#include "base/clock.h"

#include <assert.h>

/* ---- for the connections ---- */

static struct local_portal *portal_of(struct conn_user *u)
{
    return list_entry(u, struct local_portal, user);
}

static void user_leave(struct conn_user *u)
{
    struct err ignored;
    err_init(&ignored); /* told by the portal that it happened to */
    (void)local_put_down(portal_of(u), CLOCK_NEVER, &ignored);
}

static void user_fail(struct conn_user *u, const struct err *why)
{
    (void)local_portal_fail(portal_of(u), why);
}

const struct conn_user_ops local_portal_user_ops = {.leave = user_leave, .fail = user_fail};

/* ---- putting down ---- */

int local_park(struct backend_portal *bp, int64_t until_us, struct err *e)
{
    struct local_portal *p = (struct local_portal *)bp;
    assert(p->state != LOCAL_NEW && !p->fetch.portal);
    if (p->state == LOCAL_FAILED)
        return local_portal_repeat_error(p, e);
    local_enter(p->session, NULL);
    int st = local_put_down(p, until_us, e);
    (void)local_leave(p->session);
    return st;
}

/* ---- pieces ---- */

static int take_row(struct local_rows *to, struct local_portal *p, uint64_t at, uint64_t n, uint64_t *taken,
                    struct err *e)
{
    int st = local_locate(p, at, e);
    if (st != ST_OK)
        return st;
    const struct local_reader *r = &p->reader;
    size_t from = (size_t)(at - r->chunk_from);
    *taken = r->chunk->nrows - from < n ? r->chunk->nrows - from : n;
    return local_rows_put(to, r->chunk, from, from + (size_t)*taken, e);
}

static int take_backward(struct local_rows *to, struct local_portal *p, uint64_t at, uint64_t n,
                         struct err *e)
{
    p->base.position = at;
    for (uint64_t taken; n > 0 && at > 0; n--) {
        TRY(take_row(to, p, --at, 1, &taken, e));
        p->base.position = at;
    }
    return ST_OK;
}

static int take_forward(struct local_rows *to, struct local_portal *p, uint64_t at, uint64_t n, struct err *e)
{
    int st = ST_OK;
    for (uint64_t taken; n > 0; n -= taken, at += taken) {
        st = take_row(to, p, at, n, &taken, e);
        if (st != ST_OK)
            break;
        p->base.position = at + taken;
    }
    return st < 0 ? st : ST_OK;
}

/* The piece's rows, when p has any to give: one that has none any more has no types either. */
static int fill_piece(struct local_portal *piece, struct local_portal *p, const struct backend_fetch *how,
                      struct err *e)
{
    uint64_t n = how->max_rows ? how->max_rows : UINT64_MAX;
    uint64_t from = p->base.scroll || how->from > p->base.position ? how->from : p->base.position;
    size_t ntypes;
    TRY(local_see_to_typed(p, e));
    const struct engine_column_type *const *types = local_portal_types(p, &ntypes);
    if (!types)
        return ST_OK;
    TRY(local_portal_new_rows(piece, 0, types, ntypes, e));
    TRY(how->backward ? take_backward(piece->rows, p, from, n, e) : take_forward(piece->rows, p, from, n, e));
    TRY(local_rows_end(piece->rows, e));
    local_portal_count_rows(piece, local_rows_count(piece->rows));
    return ST_OK;
}

int local_slice(struct backend_portal *bp, const struct backend_fetch *how, struct backend_portal **out,
                struct err *e)
{
    struct local_portal *p = (struct local_portal *)bp;
    struct local_portal *piece = NULL;
    assert(p->state != LOCAL_NEW && !p->fetch.portal && !how->skip);
    if (p->state == LOCAL_FAILED)
        return local_portal_repeat_error(p, e);
    TRY(local_portal_new(p->session, p->base.desc, &piece, e));
    int st = fill_piece(piece, p, how, e);
    if (st != ST_OK) {
        local_portal_free(piece);
        return st;
    }
    local_portal_become(piece, piece->kept ? LOCAL_PUT_DOWN : LOCAL_COMPLETE);
    *out = &piece->base;
    return ST_OK;
}
