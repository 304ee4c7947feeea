/* A cast for each width and scale, since the engine finds casts by the whole type. A text that is no number
 * is read once more by pgtype/, for the words of the refusal. */
#include "engine/decimal_casts.h"

#include "base/cleanup.h"
#include "engine/cast.h"
#include "engine/decimal_text.h"
#include "engine/nulls.h"
#include "pgtype/oid.h"
#include "pgtype/tz_cache.h"
#include "pgtype/value.h"

#include <assert.h>

enum { SCRATCH_MAX = 512 * 1024 * 1024 };

/* Why a text is no decimal of the type. */
static int refuse(struct arena *scratch, struct str text, enum decimal_read why, struct err *e)
{
    struct pg_value v;
    if (why == DECIMAL_TOO_LARGE)
        return err_set(e, SQLSTATE_NUMERIC_VALUE_OUT_OF_RANGE, "numeric field overflow");
    arena_clear(scratch);
    TRY(pg_value_decode(scratch, PGTYPE_NUMERIC, 0, (const uint8_t *)text.p, (int32_t)text.n, tz_utc(), &v,
                        e));
    return err_set(e, SQLSTATE_NUMERIC_VALUE_OUT_OF_RANGE, "NaN and infinity are not supported in a numeric");
}

static bool on_rows(duckdb_function_info info, idx_t n, duckdb_vector in, duckdb_vector out)
{
    const struct decimal_type type = decimal_type_unpack(duckdb_cast_function_get_extra_info(info));
    const struct engine_string *strings = duckdb_vector_get_data(in);
    const uint64_t *validity = duckdb_vector_get_validity(in);
    void *values = duckdb_vector_get_data(out);
    bool ok = true;
    CLEANUP(arena_release) struct arena scratch;
    arena_init(&scratch, SCRATCH_MAX);
    for (size_t i = 0; i < n; i++) {
        __int128 v;
        struct err e;
        if (is_null(validity, i)) {
            put_null(out, i);
            continue;
        }
        const struct str text = {engine_string_data(&strings[i]), strings[i].len};
        enum decimal_read how = decimal_read(text, type, &v);
        if (how == DECIMAL_READ) {
            decimal_store(values, i, type, v);
            continue;
        }
        err_init(&e);
        (void)refuse(&scratch, text, how, &e);
        ok = false;
        if (!cast_refuse(info, out, i, &e))
            return false;
    }
    return ok;
}

static bool add(struct engine_conn *c, struct decimal_type t)
{
    duckdb_logical_type text = duckdb_create_logical_type(DUCKDB_TYPE_VARCHAR);
    duckdb_logical_type target = duckdb_create_decimal_type(t.width, t.scale);
    bool ok = cast_add(c, &(struct cast_spec){.from = text,
                                              .to = target,
                                              .cost = CAST_EXPLICIT,
                                              .call = on_rows,
                                              .extra = decimal_type_pack(t)});
    duckdb_destroy_logical_type(&text);
    duckdb_destroy_logical_type(&target);
    return ok;
}

int decimal_casts_register(struct engine_conn *c, struct err *e)
{
    bool ok = true;
    for (int width = 1; width <= DECIMAL_WIDTH_MAX; width++)
        for (int scale = 0; scale <= width; scale++)
            ok = ok && add(c, (struct decimal_type){(uint8_t)width, (uint8_t)scale});
    return ok ? ST_OK
              : err_set(e, SQLSTATE_INTERNAL_ERROR, "could not register the casts of texts to numerics");
}
