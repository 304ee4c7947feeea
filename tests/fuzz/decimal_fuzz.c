/* Texts as decimals of any width: what is read as one is a numeric to pgtype, too, whose digits are read alike. */
#include "engine/decimal_text.h"
#include "pgtype/oid.h"
#include "pgtype/tz_cache.h"
#include "pgtype/value.h"

#include <stdlib.h>

enum { ARENA_MAX = 64 * 1024 * 1024, HEADER = 2, PLAIN_MAX = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a;
    struct pg_value v;
    struct err e;
    __int128 first = 0, second = 0;
    if (size < HEADER)
        return 0;
    const struct str text = {(const char *)data + HEADER, size - HEADER};
    const uint8_t width = (uint8_t)(1 + data[0] % DECIMAL_WIDTH_MAX);
    const struct decimal_type t = {width, (uint8_t)(data[1] % (width + 1))};
    err_init(&e);
    arena_init(&a, ARENA_MAX);
    enum decimal_read how = decimal_read(text, t, &first);
    int st =
        pg_value_decode(&a, PGTYPE_NUMERIC, 0, (const uint8_t *)text.p, (int32_t)text.n, tz_utc(), &v, &e);
    if (st == ST_OK && how == DECIMAL_NO_NUMBER && v.v.text.p[v.v.text.n - 1] <= '9')
        abort();
    if (st < 0 && how == DECIMAL_READ && text.n < PLAIN_MAX && e.code != SQLSTATE_NUMERIC_VALUE_OUT_OF_RANGE)
        abort();
    if (st == ST_OK && how != DECIMAL_NO_NUMBER &&
        (decimal_read(v.v.text, t, &second) != how || first != second))
        abort();
    arena_release(&a);
    return 0;
}
