/* A cast for each width and scale, since the engine finds casts by the whole type. A text that is no number
 * is read once more by pgtype/, for the words of the refusal. */
#include "engine/decimal_casts.h"

#include "engine/cast.h"
#include "engine/decimal_text.h"
#include "pgtype/oid.h"
#include "pgtype/tz_cache.h"
#include "pgtype/value.h"

/* Why a text is no decimal of the type. */
static int refuse(struct arena *scratch, struct str text, enum decimal_read why, struct err *e)
{
    struct pg_value v;
    if (why == DECIMAL_TOO_LARGE)
        return err_set(e, SQLSTATE_NUMERIC_VALUE_OUT_OF_RANGE, "numeric field overflow");
    TRY(pg_value_decode(scratch, PGTYPE_NUMERIC, 0, (const uint8_t *)text.p, (int32_t)text.n, tz_utc(), &v,
                        e));
    return err_set(e, SQLSTATE_NUMERIC_VALUE_OUT_OF_RANGE, "NaN and infinity are not supported in a numeric");
}

/* A cast_value; the vector's data is as wide as the type asks for. */
static int read_one(void *arg, const struct engine_string *from, struct arena *scratch, duckdb_vector out,
                    idx_t row, struct err *e)
{
    const struct decimal_type type = decimal_type_unpack(arg);
    const struct str text = {engine_string_data(from), from->len};
    __int128 v;
    enum decimal_read how = decimal_read(text, type, &v);
    if (how != DECIMAL_READ)
        return refuse(scratch, text, how, e);
    decimal_store(duckdb_vector_get_data(out), row, type, v);
    return ST_OK;
}

static bool on_rows(duckdb_function_info info, idx_t n, duckdb_vector in, duckdb_vector out)
{
    return cast_strings(info, n, in, out, read_one, duckdb_cast_function_get_extra_info(info));
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
