/* pgtype/fit.h for the engine. */
#include "pgfunc/fit.h"

#include "pgtype/fit.h"

#include <assert.h>

static int fit_text(struct pg_call *call, bool padded)
{
    assert(call->nargs == 2);
    struct str text = call->args[0].text;
    int32_t n = (int32_t)call->args[1].integer;
    if (!pg_fit_text(&text, n, padded))
        return err_set(call->e, SQLSTATE_STRING_DATA_RIGHT_TRUNCATION,
                       "value too long for type character%s(%d)", padded ? "" : " varying", (int)n);
    call->result.text = text.n ? text : STR("");
    return ST_OK;
}

static int fit_varchar(struct pg_call *call)
{
    return fit_text(call, false);
}

static int fit_bpchar(struct pg_call *call)
{
    return fit_text(call, true);
}

static int fit_timestamp(struct pg_call *call)
{
    assert(call->nargs == 2);
    call->result.integer = pg_fit_timestamp(call->args[0].integer, (int32_t)call->args[1].integer);
    return ST_OK;
}

static int fit_time(struct pg_call *call)
{
    assert(call->nargs == 2);
    call->result.integer = pg_fit_time(call->args[0].integer, (int32_t)call->args[1].integer);
    return ST_OK;
}

/* clang-format off: a line each */
const struct pg_function pg_fit_functions[] = {
    {.name = "pg_fit_varchar", .args = {PG_TEXT, PG_INT4}, .result = PG_TEXT, .call = fit_varchar},
    {.name = "pg_fit_bpchar", .args = {PG_TEXT, PG_INT4}, .result = PG_TEXT, .call = fit_bpchar},
    {.name = "pg_fit_timestamp",
     .args = {PG_TIMESTAMP, PG_INT4},
     .result = PG_TIMESTAMP,
     .call = fit_timestamp},
    {.name = "pg_fit_timestamptz",
     .args = {PG_TIMESTAMPTZ, PG_INT4},
     .result = PG_TIMESTAMPTZ,
     .call = fit_timestamp},
    {.name = "pg_fit_time", .args = {PG_TIME, PG_INT4}, .result = PG_TIME, .call = fit_time},
    {.name = NULL},
};
/* clang-format on */
