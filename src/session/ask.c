/* What the session itself asks the engine. Rows come as DataRow messages of text, as for a client. */
#include "session/ask.h"

#include "base/bytes.h"
#include "pgwire/message.h"
#include "rows/row_batch.h"
#include "rows/row_desc.h"
#include "rows/row_stream.h"
#include "session/session_priv.h"

#include <assert.h>
#include <string.h>

/* Room for one row more; the array doubles within the arena. */
static int make_room(struct session *s, struct ask_rows *out, size_t *cap, struct err *e)
{
    if (out->n < *cap)
        return ST_OK;
    if (out->n == ASK_ROWS_MAX)
        return err_set(e, SQLSTATE_PROGRAM_LIMIT_EXCEEDED, "too many rows of the catalog (%d)", ASK_ROWS_MAX);
    size_t more = *cap ? 2 * *cap : 16;
    const char **values = arena_calloc(&s->message_arena, more * out->ncolumns, sizeof *values);
    if (!values)
        return err_oom(e);
    if (out->n)
        memcpy(values, out->values, out->n * out->ncolumns * sizeof *values);
    out->values = values;
    *cap = more;
    return ST_OK;
}

/* p: the DataRow. */
static int take_row(struct session *s, const uint8_t *p, struct ask_rows *out, struct err *e)
{
    const char **row = &out->values[out->n * out->ncolumns];
    assert(data_row_columns(p) == out->ncolumns);
    p += DATA_ROW_HEAD;
    for (size_t i = 0; i < out->ncolumns; i++) {
        int32_t n = (int32_t)get_be32(p);
        p += DATA_ROW_LENGTH;
        row[i] = NULL;
        if (n < 0)
            continue;
        row[i] = arena_strndup(&s->message_arena, (const char *)p, (size_t)n);
        if (!row[i])
            return err_oom(e);
        p += n;
    }
    out->n++;
    return ST_OK;
}

/* DataRow messages, one after the other. */
static int take_messages(struct session *s, const uint8_t *p, size_t n, size_t *cap, struct ask_rows *out,
                         struct err *e)
{
    for (size_t at = 0; at < n; at += message_size(p + at)) {
        TRY(make_room(s, out, cap, e));
        TRY(take_row(s, p + at, out, e));
    }
    return ST_OK;
}

static int take_rows(struct session *s, struct row_stream *stream, struct ask_rows *out, struct err *e)
{
    struct row_batch *batch;
    size_t cap = 0;
    int st;
    while ((st = row_stream_next(stream, &batch, e)) == ST_OK) {
        TRY(session_check_interrupts(s, e));
        TRY(take_messages(s, batch->data, batch->len, &cap, out, e));
    }
    return st < 0 ? st : ST_OK;
}

int ask_messages(struct session *s, const uint8_t *p, size_t n, size_t ncolumns, struct ask_rows *out,
                 struct err *e)
{
    size_t cap = 0;
    *out = (struct ask_rows){.ncolumns = ncolumns};
    return take_messages(s, p, n, &cap, out, e);
}

int session_ask_portal(struct session *s, struct backend_portal *portal, struct ask_rows *out, struct err *e)
{
    const struct backend_fetch how = {.batch_bytes = session_config(s)->flush_bytes};
    struct row_stream *stream;
    *out = (struct ask_rows){.ncolumns = portal->desc ? portal->desc->ncolumns : 0};
    TRY(s->engine->ops->fetch(portal, &how, &stream, e));
    int st = take_rows(s, stream, out, e);
    row_stream_close(stream);
    return st;
}

int ask_check(const struct ask_rows *r, size_t n, size_t ncolumns, struct err *e)
{
    return r->n == n && r->ncolumns == ncolumns
               ? ST_OK
               : err_set(e, SQLSTATE_INTERNAL_ERROR, "the catalog answered something else than was asked");
}

int session_ask(struct session *s, const char *sql, struct ask_rows *out, struct err *e)
{
    struct backend_stmt *stmt = NULL;
    struct backend_portal *portal = NULL;
    int st = session_hand_over_own(s, sql, &stmt, e);
    if (st == ST_OK)
        st = s->engine->ops->open(s->engine, stmt, NULL, 0, &portal, e);
    if (st == ST_OK)
        st = s->engine->ops->start(portal, e);
    if (st == ST_OK)
        st = session_ask_portal(s, portal, out, e);
    if (portal)
        s->engine->ops->portal_close(portal);
    if (stmt)
        s->engine->ops->stmt_free(stmt);
    return st;
}
