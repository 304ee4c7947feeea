#include "engine/session_casts.h"

#include "base/alloc.h"
#include "engine/column_view.h"
#include "engine/engine_priv.h"
#include "engine/functions.h"
#include "engine/nulls.h"
#include "pgtype/oid.h"
#include "pgtype/quick.h"
#include "pgtype/tz.h"
#include "pgtype/value.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum { RUN_MAGIC = 0x73656361, SCRATCH_MAX = 1024 * 1024, SHOWN_MAX = 256 };

static const struct session_cast {
    const char *function, *name;
    duckdb_type type;
    uint32_t oid;
    enum pg_value_kind kind;
} casts[] = {
    {"pg_date_of", "date", DUCKDB_TYPE_DATE, PGTYPE_DATE, PG_DATE},
    {"pg_timestamp_of", "timestamp", DUCKDB_TYPE_TIMESTAMP, PGTYPE_TIMESTAMP, PG_TIMESTAMP},
    {"pg_timestamptz_of", "timestamp with time zone", DUCKDB_TYPE_TIMESTAMP_TZ, PGTYPE_TIMESTAMPTZ,
     PG_TIMESTAMPTZ},
};

/* What one executor of a statement keeps. */
struct run {
    uint32_t magic;
    const struct tz *zone;
    struct arena scratch;
};

static void run_free(void *p)
{
    struct run *r = p;
    assert(r->magic == RUN_MAGIC);
    tz_unref(r->zone);
    arena_release(&r->scratch);
    mem_free(r);
}

static void on_init(duckdb_init_info info)
{
    struct run *r = mem_calloc(1, sizeof *r);
    struct err e;
    if (!r) {
        duckdb_scalar_function_init_set_error(info, ENGINE_ERROR_MARK "53200 out of memory");
        return;
    }
    err_init(&e);
    r->magic = RUN_MAGIC;
    arena_init(&r->scratch, SCRATCH_MAX);
    r->zone = functions_zone(info, &e);
    duckdb_scalar_function_init_set_state(info, r, run_free);
}

static int read_text(const struct session_cast *c, struct run *r, struct str text, int64_t *out,
                     struct err *e)
{
    struct pg_value v;
    int32_t days;
    if (c->kind == PG_DATE ? quick_date(text, &days)
                           : c->kind == PG_TIMESTAMP && quick_timestamp(text, out)) {
        if (c->kind == PG_DATE)
            *out = days;
        return ST_OK;
    }
    arena_clear(&r->scratch);
    TRY(pg_value_decode(&r->scratch, c->oid, 0, (const uint8_t *)text.p, (int32_t)text.n, r->zone, &v, e));
    if (v.kind != c->kind)
        return err_set(e, SQLSTATE_INVALID_DATETIME_FORMAT, "invalid input syntax for type %s: \"%.*s\"",
                       c->name, (int)str_cut(text, SHOWN_MAX), text.p);
    *out = v.v.i;
    return ST_OK;
}

static void on_texts(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output)
{
    const struct session_cast *c = duckdb_scalar_function_get_extra_info(info);
    struct run *r = duckdb_scalar_function_get_state(info);
    duckdb_vector in = duckdb_data_chunk_get_vector(input, 0);
    const struct engine_string *strings = duckdb_vector_get_data(in);
    const uint64_t *validity = duckdb_vector_get_validity(in);
    void *values = duckdb_vector_get_data(output);
    assert(r && r->magic == RUN_MAGIC);
    for (size_t i = 0; i < duckdb_data_chunk_get_size(input); i++) {
        struct err e;
        int64_t v;
        if (is_null(validity, i)) {
            put_null(output, i);
            continue;
        }
        err_init(&e);
        if (read_text(c, r, (struct str){engine_string_data(&strings[i]), strings[i].len}, &v, &e) < 0) {
            char text[sizeof ENGINE_ERROR_MARK + 8 + ERR_MESSAGE_MAX];
            (void)snprintf(text, sizeof text, ENGINE_ERROR_MARK "%s %s", sqlstate_code(e.code), e.message);
            duckdb_scalar_function_set_error(info, text);
            return;
        }
        if (c->kind == PG_DATE)
            ((int32_t *)values)[i] = (int32_t)v;
        else
            ((int64_t *)values)[i] = v;
    }
}

/* What is a date or a moment already. */
static void on_values(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output)
{
    const size_t *size = duckdb_scalar_function_get_extra_info(info),
                 rows = duckdb_data_chunk_get_size(input);
    duckdb_vector in = duckdb_data_chunk_get_vector(input, 0);
    const uint64_t *validity = duckdb_vector_get_validity(in);
    memcpy(duckdb_vector_get_data(output), duckdb_vector_get_data(in), rows * *size);
    for (size_t i = 0; validity && i < rows; i++)
        if (is_null(validity, i))
            put_null(output, i);
}

static bool add(duckdb_scalar_function_set set, const char *name, duckdb_type from, duckdb_type to,
                const void *extra, duckdb_scalar_function_t function)
{
    duckdb_scalar_function s = duckdb_create_scalar_function();
    duckdb_logical_type in = duckdb_create_logical_type(from), out = duckdb_create_logical_type(to);
    duckdb_scalar_function_set_name(s, name);
    duckdb_scalar_function_add_parameter(s, in);
    duckdb_scalar_function_set_return_type(s, out);
    duckdb_scalar_function_set_special_handling(s); /* or the engine makes an integer of f(NULL) */
    duckdb_scalar_function_set_extra_info(s, (void *)(uintptr_t)extra, NULL);
    if (from == DUCKDB_TYPE_VARCHAR)
        duckdb_scalar_function_set_init(s, on_init);
    duckdb_scalar_function_set_function(s, function);
    bool ok = duckdb_add_scalar_function_to_set(set, s) == DuckDBSuccess;
    duckdb_destroy_logical_type(&in);
    duckdb_destroy_logical_type(&out);
    duckdb_destroy_scalar_function(&s);
    return ok;
}

int session_casts_register(struct engine_conn *c, struct err *e)
{
    static const struct {
        duckdb_type type;
        size_t size;
    } kept[] = {{DUCKDB_TYPE_DATE, sizeof(int32_t)},
                {DUCKDB_TYPE_TIMESTAMP, sizeof(int64_t)},
                {DUCKDB_TYPE_TIMESTAMP_TZ, sizeof(int64_t)}};
    for (size_t i = 0; i < sizeof casts / sizeof *casts; i++) {
        duckdb_scalar_function_set set = duckdb_create_scalar_function_set(casts[i].function);
        bool ok = set && add(set, casts[i].function, DUCKDB_TYPE_VARCHAR, casts[i].type, &casts[i], on_texts);
        for (size_t k = 0; k < sizeof kept / sizeof *kept; k++)
            ok = ok && add(set, casts[i].function, kept[k].type, kept[k].type, &kept[k].size, on_values);
        ok = ok && duckdb_register_scalar_function_set(c->conn, set) == DuckDBSuccess;
        duckdb_destroy_scalar_function_set(&set);
        if (!ok)
            return err_set(e, SQLSTATE_INTERNAL_ERROR, "the engine does not take the function %s",
                           casts[i].function);
    }
    return ST_OK;
}
