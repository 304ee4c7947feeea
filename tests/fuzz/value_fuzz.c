/* Parameters in both formats, of every type: whatever the bytes are, the answer is a value or one error. */
#include "pgtype/oid.h"
#include "pgtype/tz.h"
#include "pgtype/value.h"

#include <stdlib.h>

enum { ARENA_MAX = 64 * 1024 * 1024, HEADER = 2 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint32_t oids[] = {
#define X(symbol, oid, array_oid, len, name, sql_name, engine) oid, array_oid,
    PGTYPE_LIST(X)
#undef X
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a;
    struct pg_value v;
    struct err e;
    if (size < HEADER)
        return 0;
    err_init(&e);
    arena_init(&a, ARENA_MAX);
    uint32_t oid = oids[data[0] % (sizeof oids / sizeof *oids)];
    int16_t format = data[1] & 1;
    int st = pg_value_decode(&a, oid, format, data + HEADER, (int32_t)(size - HEADER), tz_utc(), &v, &e);
    if ((st == ST_OK) == err_is_set(&e))
        abort();
    if (st == ST_OK && v.kind == PG_ARRAY) {
        size_t items = v.v.array.ndims ? 1 : 0;
        for (int i = 0; i < v.v.array.ndims; i++)
            items *= (size_t)v.v.array.dims[i];
        if (items != v.v.array.n)
            abort();
    }
    arena_release(&a);
    return 0;
}
