/* Numbers and dates as decimal digits, without branches on their lengths: eight digits are made at once in
 * one register and those in front are shifted out. They store up to DIGITS_SLACK bytes beyond what they
 * return. Source: eight digits by three multiplications, a known trick of SWAR; C. Neri and L. Schneider,
 * "Euclidean affine functions and their application to calendar algorithms" (2022), for dates. */
#ifndef TAVANA_ENCODE_DIGITS_H
#define TAVANA_ENCODE_DIGITS_H

#include <stdint.h>
#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the first digit is the lowest byte");

enum { DIGITS_SLACK = 8 };

#define DIGITS_8     UINT32_C(100000000)
#define DIGITS_ZEROS UINT64_C(0x3030303030303030)

/* v < 10^8 as eight digits from 0 to 9, a byte each, the first one lowest. */
static inline uint64_t digits_spread(uint32_t v)
{
    uint64_t fours = v / 10000 | (uint64_t)(v % 10000) << 32;
    uint64_t high = fours * 10486 >> 20 & UINT64_C(0x0000007f0000007f); /* of each four: / 100 */
    uint64_t twos = high | (fours - 100 * high) << 16;
    uint64_t tens = twos * 103 >> 10 & UINT64_C(0x000f000f000f000f); /* of each two: / 10 */
    return tens | (twos - 10 * tens) << 8;
}

static inline uint8_t *digits_store(uint8_t *p, uint64_t spread, unsigned skip)
{
    spread = (spread | DIGITS_ZEROS) >> (8 * skip);
    memcpy(p, &spread, sizeof spread);
    return p + 8 - skip;
}

/* Zeros in front of the last `least` digits; least from 1 to 8. */
static inline unsigned digits_leading(uint64_t spread, unsigned least)
{
    return (unsigned)__builtin_ctzll(spread | UINT64_C(1) << (8 * (8 - least))) / 8;
}

static inline uint8_t *digits_u64(uint8_t *p, uint64_t v)
{
    if (v >= DIGITS_8) {
        uint64_t high = v / DIGITS_8;
        p = digits_u64(p, high);
        return digits_store(p, digits_spread((uint32_t)(v - high * DIGITS_8)), 0);
    }
    uint64_t spread = digits_spread((uint32_t)v);
    return digits_store(p, spread, digits_leading(spread, 1));
}

static inline uint8_t *digits_i64(uint8_t *p, int64_t v)
{
    *p = '-';
    return digits_u64(p + (v < 0), v < 0 ? 0 - (uint64_t)v : (uint64_t)v);
}

/* A decimal below 10^8 in its last digits' unit, with scale digits behind the point: 1 to 7. */
static inline uint8_t *digits_decimal(uint8_t *p, uint32_t v, unsigned scale)
{
    uint64_t spread = digits_spread(v);
    p = digits_store(p, spread, digits_leading(spread, scale + 1)) - scale;
    *p = '.';
    return digits_store(p + 1, spread, 8 - scale);
}

/* YYYY-MM-DD. days since 1970-01-01, from DIGITS_FIRST_DAY to DIGITS_LAST_DAY. */
enum { DIGITS_FIRST_DAY = -719162, DIGITS_LAST_DAY = 2932896 }; /* 0001-01-01 to 9999-12-31 */

static inline uint8_t *digits_date(uint8_t *p, int32_t days)
{
    uint32_t n = 4 * (uint32_t)(days + 719468) + 3; /* days since March of the year 0, in quarters */
    uint32_t century = n / 146097;
    uint32_t of_century = (n % 146097) | 3;
    uint64_t years = (uint64_t)2939745 * of_century;
    uint32_t year = 100 * century + (uint32_t)(years >> 32);
    uint32_t of_year = (uint32_t)years / 2939745 / 4;
    uint32_t months = 2141 * of_year + 197913;
    uint32_t next = of_year >= 306; /* January and February belong to the next year */
    uint32_t month = (months >> 16) - (next ? 12 : 0);
    uint32_t day = (months & 0xffff) / 2141 + 1;
    uint64_t spread = digits_spread((year + next) * 10000 + month * 100 + day) | DIGITS_ZEROS;
    uint32_t first = (uint32_t)spread, last = (uint32_t)(spread >> 32);
    memcpy(p, &first, 4);
    p[4] = '-';
    memcpy(p + 5, &last, 2);
    p[7] = '-';
    last >>= 16;
    memcpy(p + 8, &last, 2);
    return p + 10;
}

#endif
