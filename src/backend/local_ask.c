#include "backend/local_ask.h"

#include "backend/local_conn.h"
#include "backend/local_priv.h"
#include "base/cleanup.h"
#include "engine/engine.h"

#include <assert.h>

DEFINE_CLEANUP(struct engine_stmt, engine_stmt_free)
DEFINE_CLEANUP(struct engine_result, engine_result_free)

/* Every column is a VARCHAR; NULL is a p of NULL. */
static int rows_of(const struct chunk_view *c, local_row_fn *take, void *arg, struct err *e)
{
    enum { COLUMNS_MAX = 8 };
    struct str values[COLUMNS_MAX];
    assert(c->ncolumns <= COLUMNS_MAX);
    for (size_t row = 0; row < c->nrows; row++) {
        assert(c->columns);
        for (size_t i = 0; i < c->ncolumns; i++) {
            const struct engine_string *s = (const struct engine_string *)c->columns[i].data + row;
            values[i] = (struct str){0};
            if (column_view_valid(&c->columns[i], row))
                values[i] = (struct str){engine_string_data(s), s->len};
        }
        TRY(take(arg, values, c->ncolumns, e));
    }
    return ST_OK;
}

int local_ask(struct local_session *s, struct buf *sql, local_row_fn *take, void *arg, struct err *e)
{
    CLEANUP(engine_stmt_freep) struct engine_stmt *st = NULL;
    CLEANUP(engine_result_freep) struct engine_result *r = NULL;
    const struct chunk_view *chunk;
    int status;
    if (!buf_ok(sql))
        return err_oom(e);
    assert(s->main && sql->len > 0);
    TRY(engine_prepare(s->main->conn, (struct str){(const char *)sql->data, sql->len}, &st, e));
    TRY(engine_run(st, ENGINE_MATERIALIZE, &s->cancelled, &r, e));
    while ((status = engine_result_next(r, &chunk, e)) == ST_OK)
        TRY(rows_of(chunk, take, arg, e));
    return status < 0 ? status : ST_OK;
}

void local_put_literal(struct buf *b, struct str text)
{
    buf_put_u8(b, '\'');
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '\'')
            buf_put_u8(b, '\'');
        buf_put_u8(b, (uint8_t)text.p[i]);
    }
    buf_put_u8(b, '\'');
}
