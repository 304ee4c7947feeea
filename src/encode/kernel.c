/* Loops over 64 numbers without a branch, which the compiler turns into vector instructions; one clone
 * each for AVX2, AVX-512 and neither, chosen when the program starts (ifunc). A division by a power of ten
 * is a multiplication and a shift that are exact for the numbers in question. Source: Granlund and
 * Montgomery, "Division by invariant integers using multiplication" (1994); C. Neri and L. Schneider,
 * "Euclidean affine functions and applications to calendar algorithms" (2021), for the dates. */
#include "encode/kernel.h"

#include "encode/digits.h"

#include <string.h>

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) &&     \
    !defined(__SANITIZE_THREAD__)
#define KERNEL __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default"), optimize("O3")))
#else
#define KERNEL
#endif
#define PART  static inline __attribute__((always_inline))

#define ZEROS UINT64_C(0x3030303030303030)

KERNEL enum kernel_range kernel_take(const int64_t *v, size_t n, uint64_t limit,
                                     uint32_t small[static KERNEL_ROWS])
{
    uint64_t large = 0, far = 0;
    for (size_t i = 0; i < n; i++) {
        uint64_t u = (uint64_t)v[i];
        small[i] = (uint32_t)u;
        large |= u >= DIGITS_8;
        far |= u + limit - 1 > 2 * limit - 2;
    }
    for (size_t i = n; i < KERNEL_ROWS; i++)
        small[i] = 0;
    return far ? KERNEL_FAR : large ? KERNEL_WITHIN : KERNEL_SMALL;
}

/* Eight digits of each number, a byte each, the first one lowest. */
PART void spread(const uint32_t *v, uint64_t *out)
{
    uint32_t fours[KERNEL_ROWS], twos[2 * KERNEL_ROWS];
    for (unsigned i = 0; i < KERNEL_ROWS; i++) {
        uint32_t high = v[i] / 10000;
        fours[i] = high | (v[i] - high * 10000) << 16;
    }
    uint16_t four[2 * KERNEL_ROWS], two[4 * KERNEL_ROWS], ones[4 * KERNEL_ROWS];
    memcpy(four, fours, sizeof four);
    for (unsigned i = 0; i < 2 * KERNEL_ROWS; i++) {
        uint16_t high = (uint16_t)((uint32_t)four[i] * 5243 >> 19);
        twos[i] = high | (uint32_t)(uint16_t)(four[i] - high * 100) << 16;
    }
    memcpy(two, twos, sizeof two);
    for (unsigned i = 0; i < 4 * KERNEL_ROWS; i++) {
        uint16_t high = (uint16_t)((uint16_t)(two[i] * 103) >> 10);
        ones[i] = (uint16_t)(high | (uint16_t)(two[i] - high * 10) << 8);
    }
    memcpy(out, ones, sizeof ones);
    for (unsigned i = 0; i < KERNEL_ROWS; i++)
        out[i] |= ZEROS;
}

/* How many of the eight digits stand, beyond the first `least` of them from behind. */
PART void count_digits(const uint32_t *v, uint32_t least, uint32_t *out)
{
    for (unsigned i = 0; i < KERNEL_ROWS; i++) {
        uint32_t n = 1U + (v[i] >= 10) + (v[i] >= 100) + (v[i] >= 1000) + (v[i] >= 10000) + (v[i] >= 100000) +
                     (v[i] >= 1000000) + (v[i] >= 10000000);
        out[i] = n > least ? n : least;
    }
}

enum { LENGTH_WORD = 4, LENGTH_SHIFT = 24 }; /* big-endian, of lengths below 256 */

KERNEL void kernel_integers(const uint32_t v[static KERNEL_ROWS], struct kernel_slots *out,
                            uint8_t widths[static KERNEL_ROWS])
{
    uint64_t digits[KERNEL_ROWS];
    uint32_t n[KERNEL_ROWS];
    spread(v, digits);
    count_digits(v, 1, n);
    for (unsigned i = 0; i < KERNEL_ROWS; i++) {
        uint64_t text = digits[i] >> (64 - 8 * (uint64_t)n[i]);
        out->words[i][0] = (uint64_t)n[i] << LENGTH_SHIFT | text << 32;
        out->words[i][1] = text >> 32;
    }
    for (unsigned i = 0; i < KERNEL_ROWS; i++)
        widths[i] = (uint8_t)(LENGTH_WORD + n[i]);
}

KERNEL void kernel_decimals(const uint32_t v[static KERNEL_ROWS], unsigned scale, struct kernel_slots *out,
                            uint8_t widths[static KERNEL_ROWS])
{
    uint64_t digits[KERNEL_ROWS];
    uint32_t n[KERNEL_ROWS];
    spread(v, digits);
    count_digits(v, scale + 1, n);
    for (unsigned i = 0; i < KERNEL_ROWS; i++) {
        uint64_t before = 8 * (uint64_t)(n[i] - scale); /* bits of the digits before the point: 8 to 56 */
        uint64_t text = digits[i] >> (64 - 8 * (uint64_t)n[i]);
        uint64_t behind = digits[i] >> (64 - 8 * scale);
        text = (text & ((UINT64_C(1) << before) - 1)) | (uint64_t)'.' << before;
        uint64_t low = text | behind << before << 8, high = behind >> (56 - before);
        out->words[i][0] = (uint64_t)(n[i] + 1) << LENGTH_SHIFT | low << 32;
        out->words[i][1] = low >> 32 | high << 32;
    }
    for (unsigned i = 0; i < KERNEL_ROWS; i++)
        widths[i] = (uint8_t)(LENGTH_WORD + 1 + n[i]);
}

KERNEL void kernel_dates(const int32_t days[static KERNEL_ROWS], struct kernel_slots *out)
{
    uint32_t numbers[KERNEL_ROWS];
    uint64_t digits[KERNEL_ROWS];
    for (unsigned i = 0; i < KERNEL_ROWS; i++) { /* as digits_date */
        uint32_t n = 4 * (uint32_t)(days[i] + 719468) + 3;
        uint32_t century = n / 146097;
        uint32_t of_century = (n - 146097 * century) | 3;
        uint64_t years = (uint64_t)2939745 * of_century;
        uint32_t year = 100 * century + (uint32_t)(years >> 32);
        uint32_t of_year = (uint32_t)years / 2939745 / 4;
        uint32_t months = 2141 * of_year + 197913;
        uint32_t next = of_year >= 306;
        uint32_t month = (months >> 16) - (next ? 12 : 0);
        uint32_t day = (months & 0xffff) / 2141 + 1;
        numbers[i] = (year + next) * 10000 + month * 100 + day;
    }
    spread(numbers, digits);
    for (unsigned i = 0; i < KERNEL_ROWS; i++) {
        uint64_t rest = digits[i] >> 32;
        out->words[i][0] = (uint64_t)(KERNEL_DATE_WIDTH - LENGTH_WORD) << LENGTH_SHIFT | digits[i] << 32;
        out->words[i][1] =
            (uint64_t)'-' | (rest & 0xffff) << 8 | (uint64_t)'-' << 24 | (rest & 0xffff0000) << 16;
    }
}

/* ---- binary ---- */

KERNEL void kernel_words(const uint32_t v[static KERNEL_ROWS], uint32_t zero, struct kernel_slots *out)
{
    for (unsigned i = 0; i < KERNEL_ROWS; i++) {
        out->words[i][0] = (uint64_t)4 << LENGTH_SHIFT | (uint64_t)__builtin_bswap32(v[i] - zero) << 32;
        out->words[i][1] = 0;
    }
}

KERNEL void kernel_long_words(const uint64_t v[static KERNEL_ROWS], uint64_t zero, struct kernel_slots *out)
{
    for (unsigned i = 0; i < KERNEL_ROWS; i++) {
        uint64_t big = __builtin_bswap64(v[i] - zero);
        out->words[i][0] = (uint64_t)8 << LENGTH_SHIFT | big << 32;
        out->words[i][1] = big >> 32;
    }
}

static const uint32_t powers[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000};

PART uint64_t swap_16(uint64_t v) /* the two bytes of each 16 bits */
{
    return (v & UINT64_C(0x00ff00ff00ff00ff)) << 8 | (v >> 8 & UINT64_C(0x00ff00ff00ff00ff));
}

/* Two groups of four digits before the point and two behind, zero groups at both ends left out. A division by
 * 10^scale is a multiplication: v * 10^scale < 2^shift makes it exact (Granlund and Montgomery, "Division by
 * invariant integers using multiplication", 1994). */
KERNEL void kernel_numerics(const uint32_t v[static KERNEL_ROWS], unsigned scale,
                            struct kernel_wide_slots *out, uint8_t widths[static KERNEL_ROWS])
{
    const uint32_t power = powers[scale], fill = powers[8 - scale];
    const unsigned shift = 27 + 32 - (unsigned)__builtin_clz(power);
    const uint64_t reciprocal = (UINT64_C(1) << shift) / power + 1;
    uint32_t counts[KERNEL_ROWS], fronts[KERNEL_ROWS];
    uint64_t groups[KERNEL_ROWS];
    for (unsigned i = 0; i < KERNEL_ROWS; i++) {
        uint32_t before = (uint32_t)(v[i] * reciprocal >> shift);
        uint32_t behind = (v[i] - before * power) * fill;
        uint32_t a = before / 10000, b = before - a * 10000, c = behind / 10000, d = behind - c * 10000;
        uint32_t front = 0U + (a == 0) + ((a | b) == 0) + ((a | b | c) == 0) + ((a | b | c | d) == 0);
        uint32_t back = 0U + (d == 0) + ((c | d) == 0) + ((b | c | d) == 0);
        groups[i] = (uint64_t)(a | b << 16) | (uint64_t)(c | d << 16) << 32;
        fronts[i] = front;
        counts[i] = front == 4 ? 0 : 4 - front - back;
    }
    for (unsigned i = 0; i < KERNEL_ROWS; i++) {
        uint64_t digits = swap_16(groups[i] >> (16 * (uint64_t)fronts[i] & 63));
        uint64_t count = counts[i], weight = (count ? 1 - (uint64_t)fronts[i] : 0) & 0xffff;
        out->words[i][0] = (8 + 2 * count) << LENGTH_SHIFT | swap_16(count << 32 | weight << 48);
        out->words[i][1] = swap_16((uint64_t)scale << 16) | digits << 32;
        out->words[i][2] = digits >> 32;
    }
    for (unsigned i = 0; i < KERNEL_ROWS; i++)
        widths[i] = (uint8_t)(LENGTH_WORD + 8 + 2 * counts[i]);
}
