/* Signs and the dollar may stand on either side; brackets make it negative. */
#include "pgtype/money.h"

#include "base/bytes.h"
#include "pgtype/packed.h"
#include "pgtype/value_priv.h"

#include <assert.h>

enum { CENTS_DIGITS = 2 };

static const uint64_t sign_bit = UINT64_C(1) << 63;

static int put(const struct decode *d, const struct packed_type *t, int64_t cents)
{
    uint8_t bytes[PACKED_MONEY_BYTES];
    put_be64(bytes, (uint64_t)cents ^ sign_bit);
    return packed_put(d, t, bytes, sizeof bytes);
}

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static size_t skip_blanks(struct str s, size_t at)
{
    while (at < s.n && is_blank(s.p[at]))
        at++;
    return at;
}

/* Blanks, a dollar, a sign, a dollar; where the digits begin. */
static size_t read_front(struct str s, bool *negative)
{
    size_t at = skip_blanks(s, 0);
    if (at < s.n && s.p[at] == '$')
        at = skip_blanks(s, at + 1);
    if (at < s.n && (s.p[at] == '-' || s.p[at] == '(' || s.p[at] == '+')) {
        *negative = s.p[at] != '+';
        at = skip_blanks(s, at + 1);
    }
    if (at < s.n && s.p[at] == '$')
        at = skip_blanks(s, at + 1);
    return at;
}

static int too_large(const struct decode *d)
{
    return err_set(d->e, SQLSTATE_NUMERIC_VALUE_OUT_OF_RANGE, "value \"%.*s\" is out of range for type money",
                   shown(d->in), d->in.p);
}

/* *cents is kept negative, which has the wider range. Returns where the digits end, SIZE_MAX: too many. */
static size_t read_digits(struct str s, size_t at, int64_t *cents)
{
    bool point = false, over = false;
    int decimals = 0;
    assert(at <= s.n && *cents == 0);
    for (; at < s.n; at++) {
        char c = s.p[at];
        if (c >= '0' && c <= '9' && (!point || decimals < CENTS_DIGITS)) {
            over |=
                __builtin_mul_overflow(*cents, 10, cents) || __builtin_sub_overflow(*cents, c - '0', cents);
            decimals += point;
        } else if (c == '.' && !point) {
            point = true;
        } else if (c != ',') {
            break;
        }
    }
    if (at < s.n && s.p[at] >= '5' && s.p[at] <= '9')
        over |= __builtin_sub_overflow(*cents, 1, cents);
    for (; decimals < CENTS_DIGITS; decimals++)
        over |= __builtin_mul_overflow(*cents, 10, cents);
    while (at < s.n && s.p[at] >= '0' && s.p[at] <= '9')
        at++;
    return over ? SIZE_MAX : at;
}

int money_from_text(const struct decode *d, const struct packed_type *t)
{
    bool negative = false;
    int64_t cents = 0;
    size_t at = read_digits(d->in, read_front(d->in, &negative), &cents);
    if (at == SIZE_MAX)
        return too_large(d);
    for (; at < d->in.n; at++) {
        char c = d->in.p[at];
        negative |= c == '-';
        if (!is_blank(c) && !memchr("-+$)", c, 4))
            return bad_text(d);
    }
    if (!negative && __builtin_sub_overflow((int64_t)0, cents, &cents))
        return too_large(d);
    return put(d, t, cents);
}

int money_from_binary(const struct decode *d, const struct packed_type *t)
{
    return d->in.n == PACKED_MONEY_BYTES ? put(d, t, (int64_t)get_be64((const uint8_t *)d->in.p))
                                         : bad_size(d, PACKED_MONEY_BYTES);
}
