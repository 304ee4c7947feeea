/* The type is known when the first rows come; what is made for it then stays until the statement ends. */
#include "engine/shown.h"

#include "base/alloc.h"
#include "base/arena.h"
#include "base/cleanup.h"
#include "engine/engine_priv.h"
#include "engine/functions.h"
#include "engine/view.h"
#include "pgtype/tz.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum { SHOWN_MAGIC = 0x73686f77, TYPES_MAX = 16 * 1024 * 1024, TEXT_MAX = 256 * 1024 * 1024 };

/* What one executor of a statement keeps. */
struct shown {
    uint32_t magic;
    struct arena arena;
    struct buf text;
    const struct engine_text_ops *ops;
    const struct engine_column_type *type; /* NULL: no rows yet */
    struct column_view view;
    bool is_bool; /* which is shown in a word, not as t */
    void *state;  /* of ops */
    const struct tz *zone;
};

static void shown_free(void *p)
{
    struct shown *s = p;
    assert(s->magic == SHOWN_MAGIC);
    if (s->ops)
        s->ops->end(s->state);
    buf_release(&s->text);
    arena_release(&s->arena);
    tz_unref(s->zone);
    mem_free(s);
}

static void on_init(duckdb_init_info info)
{
    struct shown *s = mem_calloc(1, sizeof *s);
    struct err e;
    if (!s) {
        duckdb_scalar_function_init_set_error(info, ENGINE_ERROR_MARK "53200 out of memory");
        return;
    }
    err_init(&e);
    s->magic = SHOWN_MAGIC;
    s->ops = duckdb_scalar_function_init_get_extra_info(info);
    arena_init(&s->arena, TYPES_MAX);
    buf_init(&s->text, TEXT_MAX);
    s->zone = functions_zone(info, &e);
    duckdb_scalar_function_init_set_state(info, s, shown_free);
}

static int begin(struct shown *s, duckdb_vector in, struct err *e)
{
    if (!s->ops)
        return err_set(e, SQLSTATE_INTERNAL_ERROR, "values have no text here");
    duckdb_logical_type type = duckdb_vector_get_column_type(in);
    int st = engine_type_new(&s->arena, type, &s->type, e);
    duckdb_destroy_logical_type(&type);
    if (st == ST_OK)
        st = engine_view_new(&s->arena, s->type, &s->view, e);
    s->is_bool = st == ST_OK && s->type->type == ENGINE_BOOL;
    if (st == ST_OK)
        st = s->ops->begin(&s->state, s->type, s->zone, e);
    if (st < 0)
        s->type = NULL;
    return st;
}

static int show_rows(struct shown *s, duckdb_vector in, size_t rows, duckdb_vector out, struct err *e)
{
    if (!s->type)
        TRY(begin(s, in, e));
    engine_view_point(&s->view, in, rows);
    const uint64_t *valid = duckdb_vector_get_validity(in);
    for (size_t i = 0; i < rows; i++) {
        if (valid && !(valid[i / 64] >> i % 64 & 1)) {
            duckdb_vector_ensure_validity_writable(out);
            duckdb_validity_set_row_invalid(duckdb_vector_get_validity(out), i);
            continue;
        }
        if (s->is_bool) {
            duckdb_vector_assign_string_element(out, i, ((const bool *)s->view.data)[i] ? "true" : "false");
            continue;
        }
        buf_clear(&s->text);
        TRY(s->ops->put(s->state, &s->view, i, &s->text, e));
        if (!buf_ok(&s->text))
            return err_set(e, SQLSTATE_PROGRAM_LIMIT_EXCEEDED, "a value's text is too long");
        duckdb_vector_assign_string_element_len(out, i, s->text.len ? (const char *)s->text.data : "",
                                                s->text.len);
    }
    return ST_OK;
}

static void on_rows(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output)
{
    struct shown *s = duckdb_scalar_function_get_state(info);
    struct err e;
    assert(s && s->magic == SHOWN_MAGIC);
    err_init(&e);
    if (show_rows(s, duckdb_data_chunk_get_vector(input, 0), duckdb_data_chunk_get_size(input), output, &e) ==
        ST_OK)
        return;
    char text[sizeof ENGINE_ERROR_MARK + 8 + ERR_MESSAGE_MAX];
    (void)snprintf(text, sizeof text, ENGINE_ERROR_MARK "%s %s", sqlstate_code(e.code), e.message);
    duckdb_scalar_function_set_error(info, text);
}

int shown_register(struct engine_conn *c, const struct engine_text_ops *ops, struct err *e)
{
    duckdb_scalar_function f = duckdb_create_scalar_function();
    duckdb_logical_type any = duckdb_create_logical_type(DUCKDB_TYPE_ANY);
    duckdb_logical_type text = duckdb_create_logical_type(DUCKDB_TYPE_VARCHAR);
    duckdb_scalar_function_set_name(f, "pg_show");
    duckdb_scalar_function_add_parameter(f, any);
    duckdb_scalar_function_set_return_type(f, text);
    duckdb_scalar_function_set_extra_info(f, (void *)(uintptr_t)ops, NULL);
    duckdb_scalar_function_set_init(f, on_init);
    duckdb_scalar_function_set_function(f, on_rows);
    bool ok = duckdb_register_scalar_function(c->conn, f) == DuckDBSuccess;
    duckdb_destroy_logical_type(&any);
    duckdb_destroy_logical_type(&text);
    duckdb_destroy_scalar_function(&f);
    return ok ? ST_OK : err_set(e, SQLSTATE_INTERNAL_ERROR, "the engine does not take the function pg_show");
}
