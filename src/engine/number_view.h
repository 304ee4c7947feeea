/* A vector of numbers of any of the engine's types, read a row at a time as one kind of number: what
 * functions of ours that take every type of number see. Of engine/ alone. Any thread that has the vector.
 * Source: duckdb.h, "Decimal Interface". */
#ifndef TAVANA_ENGINE_NUMBER_VIEW_H
#define TAVANA_ENGINE_NUMBER_VIEW_H

#include <duckdb.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* As the engine lays a HUGEINT out on machines that it runs on. */
typedef __int128 number_wide __attribute__((aligned(8)));

struct number_view {
    const void *data;
    const uint64_t *validity; /* NULL: no NULLs */
    duckdb_type type;         /* DECIMAL: of what holds it: SMALLINT, INTEGER, BIGINT or HUGEINT */
    uint8_t scale;            /* digits behind the point; 0 of whole numbers */
    bool decimal;
};

/* Whether values of a type are numbers that a number_view reads. */
bool number_type(duckdb_type type);

/* false: the vector holds no numbers. */
bool number_view_of(struct number_view *v, duckdb_vector vector);

/* The value times 10^scale; of whole numbers and decimals. The row is no NULL. */
__int128 number_wide_at(const struct number_view *v, size_t row);

/* The value as a double, of any number. The row is no NULL. */
double number_double_at(const struct number_view *v, size_t row);

#endif
