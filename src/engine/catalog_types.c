/* A value of such a type lies in memory as one of its base does, so that a cast hands the vector on; only
 * to text some are written anew. */
#include "engine/catalog_types.h"

#include "base/buf.h"
#include "engine/cast.h"
#include "engine/catalog_type_make.h"
#include "engine/column_view.h"
#include "engine/flat.h"
#include "engine/nulls.h"
#include "pgtype/catalog_type.h"
#include "pgtype/tid.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum { VALUE_MAX = 64 * 1024, COST_BASE = 1, COST_WIDER = 2, COST_TEXT = 100, NAME_SHOWN_MAX = 128 };

/* ---- casts ---- */

/* NULL stays NULL. */
static bool skip_null(duckdb_vector in, duckdb_vector out, idx_t row)
{
    if (!is_null(duckdb_vector_get_validity(in), row))
        return false;
    put_null(out, row);
    return true;
}

static bool widen(duckdb_function_info info, idx_t count, duckdb_vector in, duckdb_vector out)
{
    (void)info;
    const int32_t *from = duckdb_vector_get_data(in);
    int64_t *to = duckdb_vector_get_data(out);
    for (idx_t i = 0; i < count; i++)
        if (!skip_null(in, out, i))
            to[i] = from[i];
    return true;
}

/* The elements of an int2vector. */
static bool widen_small(duckdb_function_info info, idx_t count, duckdb_vector in, duckdb_vector out)
{
    (void)info;
    const int16_t *from = duckdb_vector_get_data(in);
    int32_t *to = duckdb_vector_get_data(out);
    for (idx_t i = 0; i < count; i++)
        if (!skip_null(in, out, i))
            to[i] = from[i];
    return true;
}

static bool regproc_text(duckdb_function_info info, idx_t count, duckdb_vector in, duckdb_vector out)
{
    (void)info;
    const int32_t *from = duckdb_vector_get_data(in);
    for (idx_t i = 0; i < count; i++) {
        char number[16];
        if (skip_null(in, out, i))
            continue;
        const char *name = from[i] == 0 ? "-" : catalog_proc_name((uint32_t)from[i]);
        (void)snprintf(number, sizeof number, "%lu", (unsigned long)(uint32_t)from[i]);
        duckdb_vector_assign_string_element(out, i, name ? name : number);
    }
    return true;
}

static int one_regproc(void *arg, const struct engine_string *from, struct arena *scratch, duckdb_vector out,
                       idx_t row, struct err *e)
{
    struct str name = {engine_string_data(from), from->len};
    (void)arg;
    (void)scratch;
    if (catalog_proc_find(name, &((uint32_t *)duckdb_vector_get_data(out))[row]))
        return ST_OK;
    return err_set(e, SQLSTATE_UNDEFINED_FUNCTION, "function \"%.*s\" does not exist",
                   (int)(name.n < NAME_SHOWN_MAX ? name.n : NAME_SHOWN_MAX), name.p);
}

static bool regproc_of(duckdb_function_info info, idx_t count, duckdb_vector in, duckdb_vector out)
{
    return cast_strings(info, count, in, out, one_regproc, NULL);
}

/* pg_typeof(x)::oid: the number of the type that is named. */
static int one_regtype(void *arg, const struct engine_string *from, struct arena *scratch, duckdb_vector out,
                       idx_t row, struct err *e)
{
    struct str name = {engine_string_data(from), from->len};
    uint32_t oid = pgtype_by_name(name);
    (void)arg;
    (void)scratch;
    if (oid == 0)
        return err_set(e, SQLSTATE_UNDEFINED_OBJECT, "type \"%.*s\" does not exist",
                       (int)(name.n < NAME_SHOWN_MAX ? name.n : NAME_SHOWN_MAX), name.p);
    ((uint32_t *)duckdb_vector_get_data(out))[row] = oid;
    return ST_OK;
}

static bool regtype_number(duckdb_function_info info, idx_t count, duckdb_vector in, duckdb_vector out)
{
    return cast_strings(info, count, in, out, one_regtype, NULL);
}

static int one_tid_text(void *arg, const struct engine_string *from, struct arena *scratch, duckdb_vector out,
                        idx_t row, struct err *e)
{
    struct tid t = {0};
    char text[TID_TEXT_MAX];
    (void)arg;
    (void)scratch;
    (void)e;
    (void)tid_read((struct str){engine_string_data(from), from->len}, &t);
    duckdb_vector_assign_string_element_len(out, row, text, tid_write(t, false, text));
    return ST_OK;
}

static bool tid_text(duckdb_function_info info, idx_t count, duckdb_vector in, duckdb_vector out)
{
    return cast_strings(info, count, in, out, one_tid_text, NULL);
}

static int one_tid(void *arg, const struct engine_string *from, struct arena *scratch, duckdb_vector out,
                   idx_t row, struct err *e)
{
    struct tid t = {0};
    char text[TID_TEXT_MAX];
    struct str given = {engine_string_data(from), from->len};
    (void)arg;
    (void)scratch;
    if (!tid_read(given, &t))
        return err_set(e, SQLSTATE_INVALID_TEXT_REPRESENTATION, "invalid input syntax for type tid: \"%.*s\"",
                       (int)(given.n < NAME_SHOWN_MAX ? given.n : NAME_SHOWN_MAX), given.p);
    duckdb_vector_assign_string_element_len(out, row, text, tid_write(t, true, text));
    return ST_OK;
}

static bool tid_of(duckdb_function_info info, idx_t count, duckdb_vector in, duckdb_vector out)
{
    return cast_strings(info, count, in, out, one_tid, NULL);
}

static int64_t element_at(const struct catalog_type *t, const void *data, idx_t i)
{
    return t->base == CATALOG_INT2 ? ((const int16_t *)data)[i] : (int64_t)((const uint32_t *)data)[i];
}

static bool vector_text(duckdb_function_info info, idx_t count, duckdb_vector in, duckdb_vector out)
{
    const struct catalog_type *t = duckdb_cast_function_get_extra_info(info);
    assert(t && t->form == CATALOG_VECTOR);
    const duckdb_list_entry *lists = duckdb_vector_get_data(in);
    const void *data = duckdb_vector_get_data(flat_elements(in));
    struct buf text;
    buf_init(&text, VALUE_MAX);
    for (idx_t row = 0; row < count; row++) {
        if (skip_null(in, out, row))
            continue;
        buf_clear(&text);
        for (idx_t i = 0; i < lists[row].length; i++)
            buf_printf(&text, i ? " %lld" : "%lld", (long long)element_at(t, data, lists[row].offset + i));
        duckdb_vector_assign_string_element_len(out, row, text.len ? (const char *)text.data : "", text.len);
    }
    bool ok = buf_ok(&text);
    buf_release(&text);
    if (!ok)
        duckdb_cast_function_set_error(info, "out of memory");
    return ok;
}

/* The three types are the caller's. */
static int add_cast(struct engine_conn *c, const struct catalog_type *t, duckdb_logical_type from,
                    duckdb_logical_type to, int64_t cost, duckdb_cast_function_t call, struct err *e)
{
    return cast_add(c, &(struct cast_spec){from, to, cost, call, (void *)(uintptr_t)t, NULL})
               ? ST_OK
               : err_set(e, SQLSTATE_INTERNAL_ERROR, "could not register casts of %s", t->name);
}

static int add_casts(struct engine_conn *c, const struct catalog_type *t, struct err *e)
{
    if (t->base == CATALOG_BYTES)
        return ST_OK; /* range_casts.h: such bytes mean nothing to anybody else */
    duckdb_logical_type from = catalog_types_make(t->name), base = catalog_types_base(t->base);
    duckdb_logical_type text = duckdb_create_logical_type(DUCKDB_TYPE_VARCHAR);
    duckdb_logical_type wide = duckdb_create_logical_type(DUCKDB_TYPE_BIGINT);
    bool tid = t->form == CATALOG_TID;
    int st = add_cast(c, t, from, base, tid ? COST_TEXT : COST_BASE, tid ? tid_text : cast_hand_on, e);
    if (st == ST_OK && tid)
        st = add_cast(c, t, text, from, COST_TEXT, tid_of, e);
    if (st == ST_OK && t->base == CATALOG_INT4)
        st = add_cast(c, t, from, wide, COST_WIDER, widen, e);
    if (st == ST_OK && t->base == CATALOG_INT2) { /* beside a constant, which is an integer */
        duckdb_logical_type integer = duckdb_create_logical_type(DUCKDB_TYPE_INTEGER);
        st = add_cast(c, t, from, integer, COST_WIDER, widen_small, e);
        duckdb_destroy_logical_type(&integer);
    }
    if (st == ST_OK && t->form == CATALOG_REGPROC)
        st = add_cast(c, t, from, text, COST_TEXT, regproc_text, e);
    if (st == ST_OK && t->form == CATALOG_REGPROC)
        st = add_cast(c, t, text, from, COST_TEXT, regproc_of, e);
    if (st == ST_OK && t->form == CATALOG_REGTYPE) {
        duckdb_logical_type oid = catalog_types_make("pg_oid");
        st = add_cast(c, t, from, oid, CAST_EXPLICIT, regtype_number, e);
        duckdb_destroy_logical_type(&oid);
    }
    duckdb_destroy_logical_type(&from);
    duckdb_destroy_logical_type(&base);
    duckdb_destroy_logical_type(&text);
    duckdb_destroy_logical_type(&wide);
    return st;
}

/* ---- int2vector and oidvector ---- */

/* v[i], which counts from 0. */
static void extract(duckdb_function_info info, duckdb_data_chunk in, duckdb_vector out)
{
    const struct catalog_type *t = duckdb_scalar_function_get_extra_info(info);
    assert(t && t->form == CATALOG_VECTOR);
    duckdb_vector list = duckdb_data_chunk_get_vector(in, 0);
    const duckdb_list_entry *lists = duckdb_vector_get_data(list);
    const void *data = duckdb_vector_get_data(flat_elements(list));
    const int64_t *index = duckdb_vector_get_data(duckdb_data_chunk_get_vector(in, 1));
    void *to = duckdb_vector_get_data(out);
    for (idx_t row = 0; row < duckdb_data_chunk_get_size(in); row++) {
        if (skip_null(list, out, row) || skip_null(duckdb_data_chunk_get_vector(in, 1), out, row))
            continue;
        if (index[row] < 0 || (uint64_t)index[row] >= lists[row].length) {
            put_null(out, row);
            continue;
        }
        int64_t v = element_at(t, data, lists[row].offset + (uint64_t)index[row]);
        if (t->base == CATALOG_INT2)
            ((int16_t *)to)[row] = (int16_t)v;
        else
            ((int32_t *)to)[row] = (int32_t)v;
    }
}

static int add_extract(struct engine_conn *c, const struct catalog_type *t, duckdb_logical_type list,
                       duckdb_logical_type element, struct err *e)
{
    duckdb_scalar_function f = duckdb_create_scalar_function();
    duckdb_logical_type number = duckdb_create_logical_type(DUCKDB_TYPE_BIGINT);
    duckdb_scalar_function_set_name(f, "array_extract");
    duckdb_scalar_function_add_parameter(f, list);
    duckdb_scalar_function_add_parameter(f, number);
    duckdb_scalar_function_set_return_type(f, element);
    duckdb_scalar_function_set_extra_info(f, (void *)(uintptr_t)t, NULL);
    duckdb_scalar_function_set_special_handling(f);
    duckdb_scalar_function_set_function(f, extract);
    duckdb_state state = duckdb_register_scalar_function(c->conn, f);
    duckdb_destroy_logical_type(&number);
    duckdb_destroy_scalar_function(&f);
    return state == DuckDBSuccess
               ? ST_OK
               : err_set(e, SQLSTATE_INTERNAL_ERROR, "could not register subscripts of %s", t->name);
}

static int add_vector(struct engine_conn *c, const struct catalog_type *element_type, struct err *e)
{
    const struct catalog_type *t = catalog_type_of_list(element_type->name);
    if (!t)
        return ST_OK;
    duckdb_logical_type element = catalog_types_make(t->name);
    duckdb_logical_type list = duckdb_create_list_type(element);
    duckdb_logical_type text = duckdb_create_logical_type(DUCKDB_TYPE_VARCHAR);
    int st = add_cast(c, t, list, text, COST_TEXT, vector_text, e);
    if (st == ST_OK)
        st = add_extract(c, t, list, element, e);
    duckdb_destroy_logical_type(&element);
    duckdb_destroy_logical_type(&list);
    duckdb_destroy_logical_type(&text);
    return st;
}

int catalog_types_register(struct engine_conn *c, struct err *e)
{
    TRY(engine_exec(c, "BEGIN TRANSACTION", e)); /* one instead of one a type */
    for (size_t i = 0; i < catalog_types_count; i++) {
        duckdb_logical_type type = catalog_types_make(catalog_types[i].name);
        duckdb_state state = duckdb_register_logical_type(c->conn, type, NULL);
        duckdb_destroy_logical_type(&type);
        if (state != DuckDBSuccess)
            return err_set(e, SQLSTATE_INTERNAL_ERROR, "could not register type %s", catalog_types[i].name);
        TRY(add_casts(c, &catalog_types[i], e));
        TRY(add_vector(c, &catalog_types[i], e));
    }
    return engine_exec(c, "COMMIT", e);
}
