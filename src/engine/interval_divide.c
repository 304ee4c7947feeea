/* A month is 30 days and a day 24 hours to what is left over: 1 month / 2 is 15 days, and 1 day / 2 is 12
 * hours. The microseconds are rounded once, at the end, as PostgreSQL rounds them. */
#include "engine/interval_divide.h"

#include "engine/functions.h"
#include "engine/nulls.h"
#include "engine/number_view.h"

#include <math.h>

/* What a fraction of a month or day is goes down to days of a month of 30, and to the time. */
static bool divide_one(const duckdb_interval *a, double by, duckdb_interval *out)
{
    double months = a->months / by, days = a->days / by, micros = (double)a->micros / by;
    double whole_months = trunc(months), whole_days = trunc(days);
    double more_days = round((months - whole_months) * 30 * 1e6) / 1e6;
    double rest = round((days - whole_days + more_days - trunc(more_days)) * 86400 * 1e6);
    whole_days += trunc(more_days);
    if (fabs(rest) >= 86400e6) {
        whole_days += trunc(rest / 86400e6);
        rest -= trunc(rest / 86400e6) * 86400e6;
    }
    micros = rint(micros + rest);
    if (fabs(whole_months) > INT32_MAX || fabs(whole_days) > INT32_MAX || !(fabs(micros) < 0x1p63))
        return false;
    *out = (duckdb_interval){(int32_t)whole_months, (int32_t)whole_days, (int64_t)micros};
    return true;
}

void interval_divide(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output)
{
    duckdb_vector left = duckdb_data_chunk_get_vector(input, 0);
    struct number_view b;
    if (!number_view_of(&b, duckdb_data_chunk_get_vector(input, 1)) && b.type != DUCKDB_TYPE_SQLNULL) {
        duckdb_scalar_function_set_error(
            info, ENGINE_ERROR_MARK "42883 operator does not exist: an interval is divided by no number");
        return;
    }
    const duckdb_interval *a = duckdb_vector_get_data(left);
    const uint64_t *validity = duckdb_vector_get_validity(left);
    duckdb_interval *out = duckdb_vector_get_data(output);
    size_t rows = duckdb_data_chunk_get_size(input);
    for (size_t i = 0; i < rows; i++) {
        if (is_null(validity, i) || is_null(b.validity, i) || b.type == DUCKDB_TYPE_SQLNULL) {
            put_null(output, i);
            continue;
        }
        double by = number_double_at(&b, i);
        if (by == 0) {
            duckdb_scalar_function_set_error(info, ENGINE_ERROR_MARK "22012 division by zero");
            return;
        }
        if (!divide_one(a + i, by, out + i)) {
            duckdb_scalar_function_set_error(info, ENGINE_ERROR_MARK "22008 interval out of range");
            return;
        }
    }
}
