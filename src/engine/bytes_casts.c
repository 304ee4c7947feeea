/* Bytes are shown as encode/ shows a column of their type. */
#include "engine/bytes_casts.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "engine/column_view.h"
#include "engine/nulls.h"
#include "engine/shown.h"
#include "engine/view.h"
#include "pgtype/tz.h"
#include "pgtype/value.h"

#include <assert.h>

enum { SCRATCH_MAX = 512 * 1024 * 1024 };

int bytes_append_items(duckdb_vector list, idx_t row, const struct pg_value *v, struct err *e)
{
    assert(v->kind == PG_ARRAY);
    size_t n = v->v.array.n, at = duckdb_list_vector_get_size(list);
    if (v->v.array.ndims > 1)
        return err_set(e, SQLSTATE_FEATURE_NOT_SUPPORTED,
                       "an array of several dimensions of such a type is not supported here");
    if (duckdb_list_vector_reserve(list, at + n) != DuckDBSuccess ||
        duckdb_list_vector_set_size(list, at + n) != DuckDBSuccess)
        return err_oom(e);
    duckdb_vector child = duckdb_list_vector_get_child(list);
    ((duckdb_list_entry *)duckdb_vector_get_data(list))[row] = (duckdb_list_entry){at, n};
    for (size_t i = 0; i < n; i++) {
        const struct pg_value *item = &v->v.array.items[i];
        if (item->kind == PG_NULL)
            put_null(child, at + i);
        else
            duckdb_vector_assign_string_element_len(child, at + i, item->v.text.p, item->v.text.n);
    }
    return ST_OK;
}

int values_show(const struct engine_text_ops *ops, const struct engine_column_type *type, idx_t count,
                duckdb_vector in, duckdb_vector out, struct err *e)
{
    CLEANUP(arena_release) struct arena scratch;
    CLEANUP(buf_release) struct buf text;
    struct column_view view;
    void *state = NULL;
    arena_init(&scratch, SCRATCH_MAX);
    buf_init(&text, SCRATCH_MAX);
    if (!ops)
        return err_set(e, SQLSTATE_INTERNAL_ERROR, "values have no text here");
    TRY(engine_view_new(&scratch, type, &view, e));
    engine_view_point(&view, in, count);
    int st = ops->begin(&state, type, tz_utc(), e);
    for (idx_t i = 0; st == ST_OK && i < count; i++) {
        if (!column_view_valid(&view, i)) {
            put_null(out, i);
            continue;
        }
        buf_clear(&text);
        st = ops->put(state, &view, i, &text, e);
        if (st == ST_OK && !buf_ok(&text))
            st = err_oom(e);
        if (st == ST_OK)
            duckdb_vector_assign_string_element_len(out, i, (const char *)text.data, text.len);
    }
    ops->end(state);
    return st;
}

int bytes_show(const struct engine_text_ops *ops, const char *alias, idx_t count, duckdb_vector in,
               duckdb_vector out, struct err *e)
{
    const struct engine_column_type type = {.type = ENGINE_BLOB, .alias = alias};
    return values_show(ops, &type, count, in, out, e);
}
