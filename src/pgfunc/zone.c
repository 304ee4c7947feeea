#include "pgfunc/zone.h"

static int shift(struct pg_call *call, bool east)
{
    const struct pg_interval by = call->args[0].interval;
    int64_t micros = call->args[1].integer;
    if (by.months || by.days)
        return err_set(call->e, SQLSTATE_INVALID_PARAMETER_VALUE,
                       "interval time zone must not include months or days");
    call->result.integer = micros;
    if (micros == INT64_MAX || micros == -INT64_MAX)
        return ST_OK;
    bool over = east ? __builtin_add_overflow(micros, by.micros, &call->result.integer)
                     : __builtin_sub_overflow(micros, by.micros, &call->result.integer);
    return over ? err_set(call->e, SQLSTATE_DATETIME_FIELD_OVERFLOW, "timestamp out of range") : ST_OK;
}

static int to_local(struct pg_call *call)
{
    return shift(call, true);
}

static int from_local(struct pg_call *call)
{
    return shift(call, false);
}

const struct pg_function pg_zone_functions[] = {
    {.name = "timezone", .args = {PG_INTERVAL, PG_TIMESTAMPTZ}, .result = PG_TIMESTAMP, .call = to_local},
    {.name = "timezone", .args = {PG_INTERVAL, PG_TIMESTAMP}, .result = PG_TIMESTAMPTZ, .call = from_local},
    {.name = NULL},
};
