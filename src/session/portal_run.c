/* Forward and backward over the rows of a portal, as PostgreSQL counts: pos rows lie behind it, the last of
 * them is the current row; before the first row at_start holds, behind the last one at_end. A run that asks
 * for more rows than there are, or for all, goes off the end; one that asks for exactly the rest does not
 * know that it was the rest. Source: PostgreSQL manual, FETCH, and its answers as measured. */
#include "session/portal_run.h"

#include "pgwire/message.h"
#include "rows/row_batch.h"
#include "rows/row_stream.h"
#include "session/session_priv.h"

#include <assert.h>

static int only_forward(struct err *e)
{
    (void)err_set(e, SQLSTATE_OBJECT_NOT_IN_PREREQUISITE_STATE, "cursor can only scan forward");
    err_hint(e, "Declare it with SCROLL option to enable backward scan.");
    return ST_ERR;
}

/* ---- where the rows come from ---- */

static int discard(struct portal *p, const struct backend_fetch *how, struct session *s, uint64_t *rows,
                   struct err *e)
{
    struct row_stream *stream;
    struct row_batch *batch;
    TRY(s->engine->ops->fetch(p->engine, how, &stream, e));
    int st;
    while ((st = row_stream_next(stream, &batch, e)) == ST_OK) {
        *rows += batch->nrows;
        st = session_check_interrupts(s, e);
        if (st < 0)
            break;
    }
    row_stream_close(stream);
    return st < 0 ? st : ST_OK;
}

/* The worker that holds its cursors is draining: told once, while their rows can still be had. */
static void warn_of_drain(struct session *s)
{
    if (s->engine->draining && !s->warned_of_drain)
        session_notice(
            s, REPLY_WARNING, SQLSTATE_WARNING,
            "the worker that has this session's cursors is shutting down: fetch what is left soon");
    s->warned_of_drain = s->engine->draining;
}

static int run_engine(struct session *s, struct portal *p, const struct portal_run *run, uint64_t *rows,
                      struct err *e)
{
    const struct session_config *c = session_config(s);
    assert(run->to == RUN_DISCARD || run->reader);
    const struct backend_fetch how = {
        .from = run->backward && !p->at_end ? p->pos - 1 : p->pos,
        .max_rows = run->count == PORTAL_ALL ? 0 : run->count,
        .backward = run->backward,
        .skip = run->to == RUN_DISCARD,
        .formats = run->to == RUN_SEND ? run->reader->formats : NULL,
        .batch_bytes = c->flush_bytes,
        .batch_rows = c->flush_rows,
    };
    int st = ST_OK;
    switch (run->to) {
    case RUN_SEND: st = session_send_stream(s, p->engine, &how, rows, e); break;
    case RUN_DISCARD: st = discard(p, &how, s, rows, e); break;
    case RUN_SLICE:
        st = s->engine->ops->slice(p->engine, &how, &run->reader->engine, e);
        if (st == ST_OK)
            *rows = run->reader->engine->rows;
        break;
    }
    warn_of_drain(s);
    return st;
}

/* A command's result lies ready as messages; of text alone, so formats make no difference. */
static int run_result(struct session *s, struct portal *p, const struct portal_run *run, uint64_t *rows,
                      struct err *e)
{
    struct command_result *r = &p->result;
    size_t end = r->at;
    assert(!run->backward && run->count > 0);
    while (end < r->rows.len && *rows < run->count) {
        end += message_size(r->rows.data + end);
        ++*rows;
    }
    assert(end <= r->rows.len);
    if (run->to == RUN_SEND) {
        TRY(s->reply->ops->ready_rows(s->reply, r->rows.data + r->at, end - r->at, e));
        stats_add(&s->stats, *rows, 0);
    } else if (run->to == RUN_SLICE) {
        buf_put(&run->reader->result.rows, r->rows.data + r->at, end - r->at);
        if (!buf_ok(&run->reader->result.rows))
            return err_oom(e);
    }
    r->at = end;
    return ST_OK;
}

/* ---- counting ---- */

static void moved_forward(struct portal *p, const struct portal_run *run, uint64_t rows)
{
    if (rows > 0)
        p->at_start = false;
    if (run->count == PORTAL_ALL || rows < run->count)
        p->at_end = true;
    p->pos += rows;
}

static void moved_backward(struct portal *p, const struct portal_run *run, uint64_t rows)
{
    if (rows > 0 && p->at_end) {
        p->at_end = false;
        p->pos++; /* it stood one row further than it had counted */
    }
    if (run->count == PORTAL_ALL || rows < run->count) {
        p->at_start = true;
        p->pos = 0;
    } else {
        p->pos -= rows;
    }
}

void portal_went_off_end(struct portal *p)
{
    p->at_start = false;
    p->at_end = true;
}

void portal_tell(struct session *s, struct portal *p)
{
    if (p->tells)
        s->reply->ops->columns(s->reply, portal_desc(p), p->formats);
    p->tells = false;
}

int portal_run(struct session *s, struct portal *p, const struct portal_run *run, uint64_t *rows,
               struct err *e)
{
    *rows = 0;
    if (run->backward && !p->scroll)
        return only_forward(e);
    if (run->to == RUN_SEND)
        portal_tell(s, run->reader);
    if (run->count == 0 || (run->backward ? p->at_start : p->at_end))
        return ST_OK;
    portal_used(p, s->stats.start_us); /* FETCH says it again, exactly */
    TRY(p->engine ? run_engine(s, p, run, rows, e) : run_result(s, p, run, rows, e));
    if (run->backward)
        moved_backward(p, run, *rows);
    else
        moved_forward(p, run, *rows);
    return ST_OK;
}

/* ---- FETCH ---- */

static int go_to_start(struct portal *p, struct err *e)
{
    if (p->at_start && !p->at_end)
        return ST_OK;
    if (!p->scroll)
        return only_forward(e);
    p->at_start = true;
    p->at_end = false;
    p->pos = 0;
    return ST_OK;
}

static int pass(struct session *s, struct portal *p, bool backward, uint64_t count, struct err *e)
{
    uint64_t ignored;
    if (count == 0)
        return ST_OK;
    return portal_run(s, p, &(struct portal_run){.backward = backward, .count = count, .to = RUN_DISCARD},
                      &ignored, e);
}

static uint64_t magnitude(int64_t n)
{
    return n == SQL_FETCH_ALL ? PORTAL_ALL : n < 0 ? 0 - (uint64_t)n : (uint64_t)n;
}

static int last_run(struct session *s, struct portal *p, bool backward, uint64_t count,
                    const struct portal_run *to, uint64_t *rows, struct err *e)
{
    struct portal_run run = *to;
    run.backward = backward;
    run.count = count;
    return portal_run(s, p, &run, rows, e);
}

/* Row n from the start, 1 being the first: from where it stands, or from the start when that is nearer. */
static int fetch_nth(struct session *s, struct portal *p, uint64_t n, const struct portal_run *to,
                     uint64_t *rows, struct err *e)
{
    if (n - 1 <= p->pos / 2) {
        TRY(go_to_start(p, e));
        TRY(pass(s, p, false, n - 1, e));
        return last_run(s, p, false, 1, to, rows, e);
    }
    uint64_t at = p->at_end ? p->pos + 1 : p->pos;
    if (n <= at)
        TRY(pass(s, p, true, at - n + 1, e));
    else
        TRY(pass(s, p, false, n - at - 1, e));
    return last_run(s, p, false, 1, to, rows, e);
}

static int fetch_absolute(struct session *s, struct portal *p, int64_t n, const struct portal_run *to,
                          uint64_t *rows, struct err *e)
{
    if (n > 0)
        return fetch_nth(s, p, (uint64_t)n, to, rows, e);
    if (n == 0) {
        TRY(go_to_start(p, e));
        return last_run(s, p, false, 0, to, rows, e);
    }
    TRY(pass(s, p, false, PORTAL_ALL, e));
    TRY(pass(s, p, true, magnitude(n) - 1, e));
    return last_run(s, p, true, 1, to, rows, e);
}

static int fetch_relative(struct session *s, struct portal *p, int64_t n, const struct portal_run *to,
                          uint64_t *rows, struct err *e)
{
    TRY(pass(s, p, n < 0, magnitude(n) - 1, e));
    return last_run(s, p, n < 0, 1, to, rows, e);
}

/* The current row once more, if it stands on one. MOVE only says whether it does. */
static int fetch_current(struct session *s, struct portal *p, bool backward, const struct portal_run *to,
                         uint64_t *rows, struct err *e)
{
    bool on_row = !p->at_start && !p->at_end;
    if (to->to == RUN_DISCARD) {
        *rows = on_row;
        return ST_OK;
    }
    if (!on_row)
        return last_run(s, p, backward, 0, to, rows, e);
    TRY(pass(s, p, true, 1, e));
    return last_run(s, p, false, 1, to, rows, e);
}

int portal_fetch(struct session *s, struct portal *p, const struct sql_fetch *f, const struct portal_run *to,
                 uint64_t *rows, struct err *e)
{
    if (f->direction == SQL_FETCH_ABSOLUTE)
        return fetch_absolute(s, p, f->count, to, rows, e);
    if (f->count == 0)
        return fetch_current(s, p, f->direction == SQL_FETCH_BACKWARD, to, rows, e);
    if (f->direction == SQL_FETCH_RELATIVE)
        return fetch_relative(s, p, f->count, to, rows, e);
    bool backward = (f->direction == SQL_FETCH_BACKWARD) != (f->count < 0);
    if (backward && f->count == SQL_FETCH_ALL && to->to == RUN_DISCARD) { /* as PostgreSQL: a rewind */
        *rows = p->pos - (p->pos > 0 && !p->at_end);
        return go_to_start(p, e);
    }
    return last_run(s, p, backward, magnitude(f->count), to, rows, e);
}
