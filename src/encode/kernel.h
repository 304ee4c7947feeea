/* Cells of KERNEL_ROWS numbers at once, in loops that the compiler turns into vector code: no branch, no
 * call, the same steps for each. A slot is a cell as the wire has it: the length word, then up to 12 bytes.
 * Built for the processor's wider registers too; which one runs is decided when the program starts. The
 * numbers' way is that of digits.h and number.c, which are the oracles of the tests. */
#ifndef TAVANA_ENCODE_KERNEL_H
#define TAVANA_ENCODE_KERNEL_H

#include <stddef.h>
#include <stdint.h>

enum { KERNEL_ROWS = 64 };

struct kernel_slots {
    uint64_t words[KERNEL_ROWS][2];
};

struct kernel_wide_slots { /* up to 20 bytes behind the length word */
    uint64_t words[KERNEL_ROWS][3];
};

/* What numbers are like: all of them from 0 to 10^8 - 1; all between -limit and limit; or not. */
enum kernel_range { KERNEL_SMALL, KERNEL_WITHIN, KERNEL_FAR };
/* n of them, up to KERNEL_ROWS, as the functions below want them; zeros behind. */
enum kernel_range kernel_take(const int64_t *v, size_t n, uint64_t limit, uint32_t small[static KERNEL_ROWS]);

/* v below 10^8. widths: bytes with the length word. */
void kernel_integers(const uint32_t v[static KERNEL_ROWS], struct kernel_slots *out,
                     uint8_t widths[static KERNEL_ROWS]);
/* In units of the last digit, v below 10^8; scale digits behind the point: 1 to 7. */
void kernel_decimals(const uint32_t v[static KERNEL_ROWS], unsigned scale, struct kernel_slots *out,
                     uint8_t widths[static KERNEL_ROWS]);
/* Days since 1970 from DIGITS_FIRST_DAY to DIGITS_LAST_DAY; every width is KERNEL_DATE_WIDTH. */
enum { KERNEL_DATE_WIDTH = 14 };
/* YYYY-MM-DD behind its length word. */
void kernel_dates(const int32_t days[static KERNEL_ROWS], struct kernel_slots *out);

/* Binary: 4 and 8 bytes, counted from `zero` on. */
void kernel_words(const uint32_t v[static KERNEL_ROWS], uint32_t zero, struct kernel_slots *out);
/* The same of 8 bytes. */
void kernel_long_words(const uint64_t v[static KERNEL_ROWS], uint64_t zero, struct kernel_slots *out);
/* numeric, binary: v below 10^8 in units of the last digit; scale 0 to 7. */
void kernel_numerics(const uint32_t v[static KERNEL_ROWS], unsigned scale, struct kernel_wide_slots *out,
                     uint8_t widths[static KERNEL_ROWS]);

#endif
