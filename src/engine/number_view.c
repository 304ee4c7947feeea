#include "engine/number_view.h"

#include <assert.h>

enum { EXACT_POWERS = 27 }; /* 5^27 fits into the 64 bits of a long double's mantissa */

bool number_type(duckdb_type type)
{
    switch (type) {
    case DUCKDB_TYPE_TINYINT:
    case DUCKDB_TYPE_SMALLINT:
    case DUCKDB_TYPE_INTEGER:
    case DUCKDB_TYPE_BIGINT:
    case DUCKDB_TYPE_UTINYINT:
    case DUCKDB_TYPE_USMALLINT:
    case DUCKDB_TYPE_UINTEGER:
    case DUCKDB_TYPE_UBIGINT:
    case DUCKDB_TYPE_HUGEINT:
    case DUCKDB_TYPE_FLOAT:
    case DUCKDB_TYPE_DOUBLE:
    case DUCKDB_TYPE_DECIMAL: return true;
    default: return false;
    }
}

bool number_view_of(struct number_view *v, duckdb_vector vector)
{
    duckdb_logical_type type = duckdb_vector_get_column_type(vector);
    *v = (struct number_view){.data = duckdb_vector_get_data(vector),
                              .validity = duckdb_vector_get_validity(vector),
                              .type = duckdb_get_type_id(type)};
    bool known = number_type(v->type);
    if (v->type == DUCKDB_TYPE_DECIMAL) {
        v->decimal = true;
        v->scale = duckdb_decimal_scale(type);
        v->type = duckdb_decimal_internal_type(type);
    }
    char *alias = duckdb_logical_type_get_alias(type);
    known = known && !alias;
    duckdb_free(alias);
    duckdb_destroy_logical_type(&type);
    return known;
}

__int128 number_wide_at(const struct number_view *v, size_t row)
{
    switch (v->type) {
    case DUCKDB_TYPE_TINYINT: return ((const int8_t *)v->data)[row];
    case DUCKDB_TYPE_SMALLINT: return ((const int16_t *)v->data)[row];
    case DUCKDB_TYPE_INTEGER: return ((const int32_t *)v->data)[row];
    case DUCKDB_TYPE_BIGINT: return ((const int64_t *)v->data)[row];
    case DUCKDB_TYPE_UTINYINT: return ((const uint8_t *)v->data)[row];
    case DUCKDB_TYPE_USMALLINT: return ((const uint16_t *)v->data)[row];
    case DUCKDB_TYPE_UINTEGER: return ((const uint32_t *)v->data)[row];
    case DUCKDB_TYPE_UBIGINT: return ((const uint64_t *)v->data)[row];
    default: assert(v->type == DUCKDB_TYPE_HUGEINT); return ((const number_wide *)v->data)[row];
    }
}

/* A division by a power of ten that is exact in a long double is rounded once there, and once more to the
 * double: the last bit may be another than that of the nearest double, seldom. */
double number_double_at(const struct number_view *v, size_t row)
{
    if (v->type == DUCKDB_TYPE_DOUBLE)
        return ((const double *)v->data)[row];
    if (v->type == DUCKDB_TYPE_FLOAT)
        return (double)((const float *)v->data)[row];
    assert(v->scale <= 38);
    long double x = (long double)number_wide_at(v, row), power = 1;
    for (unsigned left = v->scale; left > 0;) {
        unsigned n = left < EXACT_POWERS ? left : EXACT_POWERS;
        power = 1;
        for (unsigned i = 0; i < n; i++)
            power *= 10;
        x /= power;
        left -= n;
    }
    return (double)x;
}
