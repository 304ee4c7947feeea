/* Quotients of numerics with the digits that PostgreSQL gives them. Of engine/ alone. Any thread. Source:
 * PostgreSQL 15 manual, 9.3: at least 16 significant digits, in steps of four, and as many as
 * either operand shows. */
#ifndef TAVANA_ENGINE_QUOTIENT_H
#define TAVANA_ENGINE_QUOTIENT_H

#include <stdbool.h>
#include <stdint.h>

enum { QUOTIENT_DIGITS_MAX = 38 };

struct quotient_operand {
    __int128 value; /* times 10^scale */
    uint8_t scale;
    bool trims; /* zeros at the end of its fraction are not shown */
};

/* A decimal's digits in all, and those of them behind the point. */
struct quotient_digits {
    uint8_t width, scale;
};

/* How many digits behind the point PostgreSQL shows of a / b. b is not 0. */
int quotient_scale(struct quotient_operand a, struct quotient_operand b);
/* How many digits of its fraction an operand shows. */
int quotient_shown(struct quotient_operand x);

/* a / b, rounded half away from zero to PostgreSQL's digits, at most d.scale, as such a decimal.
 * b is not 0. false: it has more digits than that. */
bool quotient_of(struct quotient_operand a, struct quotient_operand b, struct quotient_digits d,
                 __int128 *out);

#endif
