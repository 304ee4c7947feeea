/* A jsonb is a text that has been read and spelled before, so that casts from it need no error of syntax. */
#include "engine/jsonb_casts.h"

#include "base/cleanup.h"
#include "engine/cast.h"
#include "engine/catalog_type_make.h"
#include "pgfunc/json_tree.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { COST_JSON = 2, JSON_MAX = 512 * 1024 * 1024, NUMERIC_SCALE = 10, NUMERIC_WIDTH = 38 };

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

/* ---- to jsonb ---- */

static int one_to_jsonb(void *arg, const struct engine_string *from, struct arena *scratch, duckdb_vector out,
                        idx_t row, struct err *e)
{
    struct buf *text = arg;
    struct json j;
    TRY(json_parse(scratch, (struct str){engine_string_data(from), from->len}, &j, e));
    buf_clear(text);
    json_put(text, &j);
    if (!buf_ok(text))
        return err_oom(e);
    duckdb_vector_assign_string_element_len(out, row, text->len ? (const char *)text->data : "", text->len);
    return ST_OK;
}

static bool to_jsonb(duckdb_function_info info, idx_t count, duckdb_vector in, duckdb_vector out)
{
    CLEANUP(buf_release) struct buf text;
    buf_init(&text, JSON_MAX);
    return cast_strings(info, count, in, out, one_to_jsonb, &text);
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

static int one_from_jsonb(void *arg, const struct engine_string *from, struct arena *scratch,
                          duckdb_vector out, idx_t row, struct err *e)
{
    const struct target *t = arg;
    struct json j;
    enum json_kind wanted = t->type == DUCKDB_TYPE_BOOLEAN ? JSON_BOOL : JSON_NUMBER;
    TRY(json_parse(scratch, (struct str){engine_string_data(from), from->len}, &j, e));
    if (j.kind != wanted)
        return err_set(e, SQLSTATE_INVALID_PARAMETER_VALUE, "cannot cast jsonb %s to type %s",
                       json_kind_name(j.kind), t->name);
    if (wanted == JSON_NUMBER)
        return number_of(&j, t, duckdb_vector_get_data(out), row, e);
    ((bool *)duckdb_vector_get_data(out))[row] = j.boolean;
    return ST_OK;
}

static bool from_jsonb(duckdb_function_info info, idx_t count, duckdb_vector in, duckdb_vector out)
{
    struct target *t = duckdb_cast_function_get_extra_info(info);
    assert(t >= targets && t < targets + sizeof targets / sizeof *targets);
    return cast_strings(info, count, in, out, one_from_jsonb, t);
}

/* ---- making them known ---- */

static bool add(struct engine_conn *c, duckdb_logical_type from, duckdb_logical_type to, int64_t cost,
                duckdb_cast_function_t call, const struct target *t)
{
    return cast_add(c, &(struct cast_spec){from, to, cost, call, (void *)(uintptr_t)t, NULL});
}

int jsonb_casts_register(struct engine_conn *c, struct err *e)
{
    duckdb_logical_type jsonb = catalog_types_make("pg_jsonb");
    duckdb_logical_type text = duckdb_create_logical_type(DUCKDB_TYPE_VARCHAR);
    duckdb_logical_type json = duckdb_create_logical_type(DUCKDB_TYPE_VARCHAR);
    duckdb_logical_type_set_alias(json, "JSON");
    bool ok = add(c, text, jsonb, CAST_EXPLICIT, to_jsonb, NULL) &&
              add(c, json, jsonb, CAST_EXPLICIT, to_jsonb, NULL) &&
              add(c, jsonb, json, COST_JSON, cast_hand_on, NULL);
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
        duckdb_logical_type to = targets[i].type == DUCKDB_TYPE_DECIMAL
                                     ? duckdb_create_decimal_type(NUMERIC_WIDTH, NUMERIC_SCALE)
                                     : duckdb_create_logical_type(targets[i].type);
        ok = ok && add(c, jsonb, to, CAST_EXPLICIT, from_jsonb, &targets[i]);
        duckdb_destroy_logical_type(&to);
    }
    duckdb_destroy_logical_type(&jsonb);
    duckdb_destroy_logical_type(&text);
    duckdb_destroy_logical_type(&json);
    return ok ? ST_OK : err_set(e, SQLSTATE_INTERNAL_ERROR, "could not register casts of jsonb");
}
