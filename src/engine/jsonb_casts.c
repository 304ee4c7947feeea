/* A jsonb is a text that has been read and spelled before, so that casts from it need no error of syntax. */
#include "engine/jsonb_casts.h"

#include "base/cleanup.h"
#include "engine/catalog_type_make.h"
#include "engine/column_view.h"
#include "engine/engine_priv.h"
#include "engine/functions.h"
#include "pgfunc/json_tree.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { EXPLICIT = -1, COST_JSON = 2, JSON_MAX = 512 * 1024 * 1024, NUMERIC_SCALE = 10, NUMERIC_WIDTH = 38 };

/* What a jsonb is cast to. */
struct target {
    duckdb_type type;
    const char *name;  /* to PostgreSQL */
    double least, end; /* of whole numbers: from … to below … */
};

static const struct target targets[] = {
    {DUCKDB_TYPE_BOOLEAN, "boolean", 0, 0},
    {DUCKDB_TYPE_SMALLINT, "smallint", -0x1p15, 0x1p15},
    {DUCKDB_TYPE_INTEGER, "integer", -0x1p31, 0x1p31},
    {DUCKDB_TYPE_BIGINT, "bigint", -0x1p63, 0x1p63},
    {DUCKDB_TYPE_FLOAT, "real", 0, 0},
    {DUCKDB_TYPE_DOUBLE, "double precision", 0, 0},
    {DUCKDB_TYPE_DECIMAL, "numeric", 0, 0},
};

static bool is_null(duckdb_vector in, duckdb_vector out, idx_t row)
{
    uint64_t *validity = duckdb_vector_get_validity(in);
    if (!validity || duckdb_validity_row_is_valid(validity, row))
        return false;
    duckdb_vector_ensure_validity_writable(out);
    duckdb_validity_set_row_invalid(duckdb_vector_get_validity(out), row);
    return true;
}

static void row_error(duckdb_function_info info, const struct err *e, idx_t row, duckdb_vector out)
{
    char message[sizeof ENGINE_ERROR_MARK + 8 + ERR_MESSAGE_MAX];
    (void)snprintf(message, sizeof message, ENGINE_ERROR_MARK "%s %s", sqlstate_code(e->code), e->message);
    duckdb_cast_function_set_row_error(info, message, row, out);
}

/* ---- to jsonb ---- */

static int spell(struct arena *scratch, struct str text, struct buf *out, struct err *e)
{
    struct json j;
    buf_clear(out);
    arena_clear(scratch);
    TRY(json_parse(scratch, text, &j, e));
    json_put(out, &j);
    return buf_ok(out) ? ST_OK : err_oom(e);
}

static bool jsonb_of(duckdb_function_info info, idx_t count, duckdb_vector in, duckdb_vector out)
{
    const struct engine_string *from = duckdb_vector_get_data(in);
    CLEANUP(arena_release) struct arena scratch;
    CLEANUP(buf_release) struct buf text;
    bool all = true;
    arena_init(&scratch, JSON_MAX);
    buf_init(&text, JSON_MAX);
    for (idx_t i = 0; i < count; i++) {
        struct err e;
        if (is_null(in, out, i))
            continue;
        err_init(&e);
        if (spell(&scratch, (struct str){engine_string_data(&from[i]), from[i].len}, &text, &e) < 0) {
            row_error(info, &e, i, out);
            all = false;
            continue;
        }
        duckdb_vector_assign_string_element_len(out, i, text.len ? (const char *)text.data : "", text.len);
    }
    return all;
}

/* ---- from jsonb ---- */

static int out_of_range(const struct target *t, struct err *e)
{
    return err_set(e, SQLSTATE_NUMERIC_VALUE_OUT_OF_RANGE, "%s out of range", t->name);
}

/* A number's digits as a DECIMAL(38, 10): rounded half away from zero. */
static int decimal_of(struct str digits, const struct target *t, __int128 *out, struct err *e)
{
    __int128 v = 0;
    int scale = -1;
    bool minus = digits.n > 0 && digits.p[0] == '-', up = false;
    for (size_t i = minus; i < digits.n; i++) {
        if (digits.p[i] == '.') {
            scale = 0;
            continue;
        }
        if (scale == NUMERIC_SCALE) {
            up = digits.p[i] >= '5';
            break;
        }
        if (__builtin_mul_overflow(v, 10, &v) || __builtin_add_overflow(v, digits.p[i] - '0', &v))
            return out_of_range(t, e);
        scale += scale >= 0;
    }
    for (scale = scale < 0 ? 0 : scale; scale < NUMERIC_SCALE; scale++)
        if (__builtin_mul_overflow(v, 10, &v))
            return out_of_range(t, e);
    v += up;
    *out = minus ? -v : v;
    return ST_OK;
}

static int number_of(const struct json *j, const struct target *t, void *out, idx_t row, struct err *e)
{
    __int128 wide = 0;
    const __int128 one = 10000000000; /* of NUMERIC_SCALE digits */
    if (t->type == DUCKDB_TYPE_FLOAT || t->type == DUCKDB_TYPE_DOUBLE) {
        char text[512];
        (void)snprintf(text, sizeof text, "%.*s", (int)j->text.n, j->text.p);
        double v = strtod(text, NULL);
        if (t->type == DUCKDB_TYPE_FLOAT)
            ((float *)out)[row] = (float)v;
        else
            ((double *)out)[row] = v;
        return isfinite(t->type == DUCKDB_TYPE_FLOAT ? ((float *)out)[row] : v) ? ST_OK : out_of_range(t, e);
    }
    TRY(decimal_of(j->text, t, &wide, e));
    if (t->type == DUCKDB_TYPE_DECIMAL) {
        ((duckdb_hugeint *)out)[row] = (duckdb_hugeint){
            .lower = (uint64_t)wide, .upper = (int64_t)(uint64_t)((unsigned __int128)wide >> 64)};
        return ST_OK;
    }
    __int128 whole = (wide < 0 ? wide - one / 2 : wide + one / 2) / one;
    if ((double)whole < t->least || (double)whole >= t->end)
        return out_of_range(t, e);
    if (t->type == DUCKDB_TYPE_SMALLINT)
        ((int16_t *)out)[row] = (int16_t)whole;
    else if (t->type == DUCKDB_TYPE_INTEGER)
        ((int32_t *)out)[row] = (int32_t)whole;
    else
        ((int64_t *)out)[row] = (int64_t)whole;
    return ST_OK;
}

static int value_of(struct arena *scratch, struct str text, const struct target *t, void *out, idx_t row,
                    struct err *e)
{
    struct json j;
    enum json_kind wanted = t->type == DUCKDB_TYPE_BOOLEAN ? JSON_BOOL : JSON_NUMBER;
    arena_clear(scratch);
    TRY(json_parse(scratch, text, &j, e));
    if (j.kind != wanted)
        return err_set(e, SQLSTATE_INVALID_PARAMETER_VALUE, "cannot cast jsonb %s to type %s",
                       json_kind_name(j.kind), t->name);
    if (wanted == JSON_NUMBER)
        return number_of(&j, t, out, row, e);
    ((bool *)out)[row] = j.boolean;
    return ST_OK;
}

static bool from_jsonb(duckdb_function_info info, idx_t count, duckdb_vector in, duckdb_vector out)
{
    const struct target *t = duckdb_cast_function_get_extra_info(info);
    const struct engine_string *from = duckdb_vector_get_data(in);
    CLEANUP(arena_release) struct arena scratch;
    bool all = true;
    assert(t >= targets && t < targets + sizeof targets / sizeof *targets);
    arena_init(&scratch, JSON_MAX);
    for (idx_t i = 0; i < count; i++) {
        struct err e;
        if (is_null(in, out, i))
            continue;
        err_init(&e);
        if (value_of(&scratch, (struct str){engine_string_data(&from[i]), from[i].len}, t,
                     duckdb_vector_get_data(out), i, &e) < 0) {
            row_error(info, &e, i, out);
            all = false;
        }
    }
    return all;
}

static bool hand_on(duckdb_function_info info, idx_t count, duckdb_vector in, duckdb_vector out)
{
    (void)info;
    (void)count;
    duckdb_vector_reference_vector(out, in);
    return true;
}

/* ---- making them known ---- */

static bool add(struct engine_conn *c, duckdb_logical_type from, duckdb_logical_type to, int64_t cost,
                duckdb_cast_function_t call, const struct target *t)
{
    duckdb_cast_function f = duckdb_create_cast_function();
    duckdb_cast_function_set_source_type(f, from);
    duckdb_cast_function_set_target_type(f, to);
    duckdb_cast_function_set_implicit_cast_cost(f, cost);
    duckdb_cast_function_set_function(f, call);
    duckdb_cast_function_set_extra_info(f, (void *)(uintptr_t)t, NULL);
    bool ok = duckdb_register_cast_function(c->conn, f) == DuckDBSuccess;
    duckdb_destroy_cast_function(&f);
    return ok;
}

int jsonb_casts_register(struct engine_conn *c, struct err *e)
{
    duckdb_logical_type jsonb = catalog_types_make("pg_jsonb");
    duckdb_logical_type text = duckdb_create_logical_type(DUCKDB_TYPE_VARCHAR);
    duckdb_logical_type json = duckdb_create_logical_type(DUCKDB_TYPE_VARCHAR);
    duckdb_logical_type_set_alias(json, "JSON");
    bool ok = add(c, text, jsonb, EXPLICIT, jsonb_of, NULL) &&
              add(c, json, jsonb, EXPLICIT, jsonb_of, NULL) && add(c, jsonb, json, COST_JSON, hand_on, NULL);
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
        duckdb_logical_type to = targets[i].type == DUCKDB_TYPE_DECIMAL
                                     ? duckdb_create_decimal_type(NUMERIC_WIDTH, NUMERIC_SCALE)
                                     : duckdb_create_logical_type(targets[i].type);
        ok = ok && add(c, jsonb, to, EXPLICIT, from_jsonb, &targets[i]);
        duckdb_destroy_logical_type(&to);
    }
    duckdb_destroy_logical_type(&jsonb);
    duckdb_destroy_logical_type(&text);
    duckdb_destroy_logical_type(&json);
    return ok ? ST_OK : err_set(e, SQLSTATE_INTERNAL_ERROR, "could not register casts of jsonb");
}
