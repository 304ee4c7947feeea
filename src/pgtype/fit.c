/* Source: PostgreSQL 15's casts of a type to itself. Half of a unit is rounded away from the year 2000, where
 * PostgreSQL counts from. */
#include "pgtype/fit.h"

enum { MICROS_DIGITS = 6 };

static const int64_t epoch_2000 = INT64_C(946684800000000);

bool pg_fit_text(struct str *text, int32_t n, bool padded)
{
    if (padded)
        while (text->n && text->p[text->n - 1] == ' ')
            text->n--;
    if (text->n <= (size_t)n || str_chars(*text) <= (size_t)n)
        return true;
    struct str cut = *text;
    for (size_t chars = str_chars(cut); chars > (size_t)n; chars--) {
        if (cut.p[cut.n - 1] != ' ')
            return false;
        cut.n--;
    }
    *text = cut;
    return true;
}

static int64_t unit_of(int32_t digits)
{
    int64_t unit = 1;
    for (int32_t i = digits; i >= 0 && i < MICROS_DIGITS; i++)
        unit *= 10;
    return unit;
}

int64_t pg_fit_timestamp(int64_t micros, int32_t digits)
{
    int64_t unit = unit_of(digits), since;
    bool infinite = micros == INT64_MAX || micros == -INT64_MAX;
    if (infinite || unit == 1 || __builtin_sub_overflow(micros, epoch_2000, &since))
        return micros;
    int64_t half = unit / 2, whole = since < 0 ? -((-since + half) / unit) : (since + half) / unit;
    return whole * unit + epoch_2000;
}

int64_t pg_fit_time(int64_t micros, int32_t digits)
{
    int64_t unit = unit_of(digits);
    return (micros + unit / 2) / unit * unit;
}
