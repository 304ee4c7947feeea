/* Integers, decimals and numerics. Those that store do so at p and return the end; cell.h says how much
 * room they need. Pure. Of encode/ alone. */
#ifndef TAVANA_ENCODE_NUMBER_H
#define TAVANA_ENCODE_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct engine_column_type;
struct engine_string;
struct err;

/* Decimal digits. */
uint8_t *text_u64(uint8_t *p, uint64_t v);
/* Decimal digits, with a sign when negative. */
uint8_t *text_i64(uint8_t *p, int64_t v);
/* Decimal digits. */
uint8_t *text_u128(uint8_t *p, unsigned __int128 v);
/* v × 10^-scale, with scale digits behind the point. */
uint8_t *text_decimal(uint8_t *p, __int128 v, uint8_t scale);
/* Cuts the zeros, and a point, off the end of a decimal that has a point. */
static inline uint8_t *text_without_zeros(uint8_t *end)
{
    while (end[-1] == '0')
        end--;
    return end[-1] == '.' ? end - 1 : end;
}
/* How many digits behind the point PostgreSQL shows of a numeric that it has computed, told by its value
 * and by the scale that stands for the way it was computed (ENGINE_…_SCALE); *v loses the zeros that are
 * not shown. Where two operands of one value would have made different digits, those of the more likely
 * one. */
uint8_t numeric_computed(__int128 *v, uint8_t scale);
/* value word only: ndigits, weight, sign, dscale, digits */
uint8_t *binary_numeric(uint8_t *p, __int128 v, uint8_t scale);
/* The same without zeros at the end of the fraction. */
uint8_t *binary_numeric_trimmed(uint8_t *p, __int128 v, uint8_t scale);
/* The same of a value of 64 bits. */
uint8_t *binary_numeric_i64(uint8_t *p, int64_t v, uint8_t scale);
/* The same of a magnitude and its sign. */
uint8_t *binary_numeric_u128(uint8_t *p, unsigned __int128 magnitude, bool negative, uint8_t scale);
/* The value of a DECIMAL column's row, widened from the bytes that it is stored in. */
__int128 decimal_at(const struct engine_column_type *t, const void *data, size_t row);
/* Decimal digits of any length, "-123.45": as numeric's binary form. */
int binary_numeric_text(struct buf *out, const char *digits, size_t n, struct err *e);
/* "-1.50", of at most 38 digits: as numeric's binary form, with the digits that are written. XX000 */
int binary_digits(struct buf *out, const struct engine_string *s, struct err *e);
/* The engine's BIGNUM as decimal digits, appended. 53200 */
int bignum_text(struct buf *out, const struct engine_string *s, struct err *e);

#endif
