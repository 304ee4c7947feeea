/* As in shown.c the type is known when the first rows come. Texts are copied as they are; what other elements
 * look like, the operations say that rows are sent with. */
#include "engine/array_join.h"

#include "base/alloc.h"
#include "base/arena.h"
#include "base/buf.h"
#include "engine/engine_priv.h"
#include "engine/functions.h"
#include "engine/nulls.h"
#include "engine/view.h"
#include "pgtype/tz.h"

#include <assert.h>
#include <stdio.h>

enum { JOIN_MAGIC = 0x6a6f696e, TYPES_MAX = 16 * 1024 * 1024, TEXT_MAX = 256 * 1024 * 1024 };

/* What one executor of a statement keeps. */
struct join {
    uint32_t magic;
    struct arena arena;
    struct buf text;
    const struct engine_text_ops *ops;
    const struct engine_column_type *type; /* of the list; NULL: no rows yet */
    const struct engine_column_type *element;
    struct column_view view;
    bool is_text; /* the elements are shown as they lie there */
    void *state;  /* of ops, unless is_text */
    const struct tz *zone;
};

/* What stands between two elements and for a NULL; p NULL: a NULL is left out. */
struct words {
    struct str separator, null;
    bool begun; /* there was an element */
};

static void join_free(void *p)
{
    struct join *j = p;
    assert(j->magic == JOIN_MAGIC);
    if (j->state)
        j->ops->end(j->state);
    buf_release(&j->text);
    arena_release(&j->arena);
    tz_unref(j->zone);
    mem_free(j);
}

static void on_init(duckdb_init_info info)
{
    struct join *j = mem_calloc(1, sizeof *j);
    struct err e;
    if (!j) {
        duckdb_scalar_function_init_set_error(info, ENGINE_ERROR_MARK "53200 out of memory");
        return;
    }
    err_init(&e);
    j->magic = JOIN_MAGIC;
    j->ops = duckdb_scalar_function_init_get_extra_info(info);
    arena_init(&j->arena, TYPES_MAX);
    buf_init(&j->text, TEXT_MAX);
    j->zone = functions_zone(info, &e);
    duckdb_scalar_function_init_set_state(info, j, join_free);
}

static bool is_list(const struct engine_column_type *t)
{
    return t->type == ENGINE_LIST || t->type == ENGINE_ARRAY;
}

static int begin(struct join *j, duckdb_vector in, struct err *e)
{
    const struct engine_column_type *type;
    duckdb_logical_type engine_type = duckdb_vector_get_column_type(in);
    int st = engine_type_new(&j->arena, engine_type, &type, e);
    duckdb_destroy_logical_type(&engine_type);
    TRY(st);
    TRY(engine_view_new(&j->arena, type, &j->view, e));
    j->element = type;
    while (is_list(j->element))
        j->element = j->element->children;
    j->is_text = j->element->type == ENGINE_VARCHAR && !j->element->alias;
    if (!j->is_text && j->element->type != ENGINE_NULL) {
        if (!j->ops)
            return err_set(e, SQLSTATE_INTERNAL_ERROR, "values have no text here");
        TRY(j->ops->begin(&j->state, j->element, j->zone, e));
    }
    j->type = type;
    return ST_OK;
}

static int put_element(struct join *j, const struct column_view *v, size_t row, struct words *w,
                       struct err *e)
{
    bool null = j->element->type == ENGINE_NULL || is_null(v->validity, row);
    if (null && !w->null.p)
        return ST_OK;
    if (w->begun)
        buf_put(&j->text, w->separator.p, w->separator.n);
    w->begun = true;
    if (null) {
        buf_put(&j->text, w->null.p, w->null.n);
    } else if (j->is_text) {
        const struct engine_string *s = (const struct engine_string *)v->data + row;
        buf_put(&j->text, engine_string_data(s), s->len);
    } else {
        return j->ops->put(j->state, v, row, &j->text, e);
    }
    return ST_OK;
}

/* A list within a list is as deep as its type. */
static int put_list(struct join *j, const struct column_view *v, size_t row, struct words *w, struct err *e)
{
    struct engine_list_entry all = {row * v->type->array_size, v->type->array_size};
    if (v->type->type == ENGINE_LIST)
        all = ((const struct engine_list_entry *)v->data)[row];
    const struct column_view *child = &v->children[0];
    for (uint64_t i = all.offset; i < all.offset + all.length; i++) {
        if (!is_list(child->type))
            TRY(put_element(j, child, i, w, e));
        else if (!is_null(child->validity, i))
            TRY(put_list(j, child, i, w, e));
    }
    return ST_OK;
}

static struct str text_of(duckdb_vector v, size_t row)
{
    const struct engine_string *s = (const struct engine_string *)duckdb_vector_get_data(v) + row;
    return is_null(duckdb_vector_get_validity(v), row) ? (struct str){NULL, 0}
                                                       : (struct str){engine_string_data(s), s->len};
}

static int join_rows(struct join *j, duckdb_data_chunk input, duckdb_vector out, struct err *e)
{
    duckdb_vector in = duckdb_data_chunk_get_vector(input, 0),
                  separators = duckdb_data_chunk_get_vector(input, 1),
                  nulls = duckdb_data_chunk_get_column_count(input) > 2
                              ? duckdb_data_chunk_get_vector(input, 2)
                              : NULL;
    if (!j->type)
        TRY(begin(j, in, e));
    if (is_list(j->type))
        engine_view_point(&j->view, in, duckdb_data_chunk_get_size(input));
    for (size_t i = 0; i < duckdb_data_chunk_get_size(input); i++) {
        struct words w = {text_of(separators, i), {NULL, 0}, false};
        if (!is_list(j->type) || is_null(j->view.validity, i) || !w.separator.p) {
            put_null(out, i);
            continue;
        }
        if (nulls)
            w.null = text_of(nulls, i);
        buf_clear(&j->text);
        TRY(put_list(j, &j->view, i, &w, e));
        if (!buf_ok(&j->text))
            return err_set(e, SQLSTATE_PROGRAM_LIMIT_EXCEEDED, "a value's text is too long");
        duckdb_vector_assign_string_element_len(out, i, j->text.len ? (const char *)j->text.data : "",
                                                j->text.len);
    }
    return ST_OK;
}

static void on_rows(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output)
{
    struct join *j = duckdb_scalar_function_get_state(info);
    struct err e;
    assert(j && j->magic == JOIN_MAGIC);
    err_init(&e);
    if (join_rows(j, input, output, &e) == ST_OK)
        return;
    char text[sizeof ENGINE_ERROR_MARK + 8 + ERR_MESSAGE_MAX];
    (void)snprintf(text, sizeof text, ENGINE_ERROR_MARK "%s %s", sqlstate_code(e.code), e.message);
    duckdb_scalar_function_set_error(info, text);
}

/* Of a NULL without a type there is an overload of its own, since no list can be made of it. */
static bool add(duckdb_scalar_function_set set, const struct engine_text_ops *ops, size_t nargs, bool untyped)
{
    duckdb_scalar_function f = duckdb_create_scalar_function();
    duckdb_logical_type any = duckdb_create_logical_type(untyped ? DUCKDB_TYPE_SQLNULL : DUCKDB_TYPE_ANY);
    duckdb_logical_type list = duckdb_create_list_type(any);
    duckdb_logical_type text = duckdb_create_logical_type(DUCKDB_TYPE_VARCHAR);
    duckdb_scalar_function_set_name(f, "pg_array_join");
    duckdb_scalar_function_add_parameter(f, untyped ? any : list);
    for (size_t i = 1; i < nargs; i++)
        duckdb_scalar_function_add_parameter(f, text);
    duckdb_scalar_function_set_return_type(f, text);
    duckdb_scalar_function_set_special_handling(f);
    duckdb_scalar_function_set_extra_info(f, (void *)(uintptr_t)ops, NULL);
    duckdb_scalar_function_set_init(f, on_init);
    duckdb_scalar_function_set_function(f, on_rows);
    bool ok = duckdb_add_scalar_function_to_set(set, f) == DuckDBSuccess;
    duckdb_destroy_logical_type(&any);
    duckdb_destroy_logical_type(&list);
    duckdb_destroy_logical_type(&text);
    duckdb_destroy_scalar_function(&f);
    return ok;
}

int array_join_register(struct engine_conn *c, const struct engine_text_ops *ops, struct err *e)
{
    duckdb_scalar_function_set set = duckdb_create_scalar_function_set("pg_array_join");
    bool ok = set && add(set, ops, 2, false) && add(set, ops, 3, false) && add(set, ops, 2, true) &&
              add(set, ops, 3, true) && duckdb_register_scalar_function_set(c->conn, set) == DuckDBSuccess;
    duckdb_destroy_scalar_function_set(&set);
    return ok ? ST_OK : err_set(e, SQLSTATE_INTERNAL_ERROR, "the engine does not take pg_array_join");
}
