#include "pgfunc/format.h"

#include "base/alloc.h"
#include "pgfunc/to_char_date.h"
#include "pgfunc/to_char_number.h"
#include "pgfunc/to_date.h"
#include "pgfunc/to_number.h"

const struct pg_function pg_format_functions[] = {
    {.name = "to_char",
     .args = {PG_TIMESTAMP, PG_TEXT},
     .result = PG_TEXT,
     .call = to_char_timestamp,
     .forget = mem_free},
    {.name = "to_char",
     .args = {PG_TIMESTAMPTZ, PG_TEXT},
     .result = PG_TEXT,
     .call = to_char_timestamptz,
     .forget = mem_free,
     .needs_zone = true},
    {.name = "to_char",
     .args = {PG_DATE, PG_TEXT},
     .result = PG_TEXT,
     .call = to_char_date,
     .forget = mem_free,
     .needs_zone = true},
    {.name = "to_char",
     .args = {PG_INTERVAL, PG_TEXT},
     .result = PG_TEXT,
     .call = to_char_interval,
     .forget = mem_free},
    {.name = "to_char",
     .args = {PG_TIME, PG_TEXT},
     .result = PG_TEXT,
     .call = to_char_time,
     .forget = mem_free},
    {.name = "to_char", .args = {PG_INT4, PG_TEXT}, .result = PG_TEXT, .call = to_char_int4},
    {.name = "to_char", .args = {PG_INT8, PG_TEXT}, .result = PG_TEXT, .call = to_char_int8},
    {.name = "to_char", .args = {PG_HUGEINT, PG_TEXT}, .result = PG_TEXT, .call = to_char_hugeint},
    {.name = "to_char", .args = {PG_FLOAT4, PG_TEXT}, .result = PG_TEXT, .call = to_char_float4},
    {.name = "to_char", .args = {PG_FLOAT8, PG_TEXT}, .result = PG_TEXT, .call = to_char_float8},
    {.name = "to_char", .args = {PG_NUMERIC, PG_TEXT}, .result = PG_TEXT, .call = to_char_numeric},
    {.name = "to_date", .args = {PG_TEXT, PG_TEXT}, .result = PG_DATE, .call = to_date, .forget = mem_free},
    {.name = "to_timestamp",
     .args = {PG_TEXT, PG_TEXT},
     .result = PG_TIMESTAMPTZ,
     .call = to_timestamp,
     .forget = mem_free,
     .needs_zone = true},
    {.name = "to_number", .args = {PG_TEXT, PG_TEXT}, .result = PG_NUMERIC, .call = to_number},
    {.name = NULL},
};
