/* Types are compared by what the client was told of them, OID and typmod: another type of the engine that
 * is sent in the same way is no change. The scale of what is computed from a numeric parameter is not
 * promised. */
#include "backend/local_types.h"

#include "backend/local_priv.h"

#include <assert.h>

bool local_fits(const struct local_stmt *st, const struct engine_column_type *const *types, size_t n)
{
    const struct row_desc *described = st->base.info.desc;
    if (described->ncolumns != n)
        return false;
    for (size_t i = 0; i < n; i++) {
        struct column_desc d = {0};
        encode_describe(types[i], &d);
        assert(!st->shown || st->base.info.desc);
        if (st->shown && st->shown[i].limited) {
            if (d.type_oid != st->shown[i].engine_oid || d.typmod != st->shown[i].engine_typmod)
                return false;
            continue;
        }
        if (d.type_oid != described->columns[i].type_oid)
            return false;
        if (d.typmod != described->columns[i].typmod && !(st->numeric && described->columns[i].typmod == -1))
            return false;
    }
    return true;
}

int local_changed_type(struct err *e)
{
    return err_set(e, SQLSTATE_FEATURE_NOT_SUPPORTED, "cached plan must not change result type");
}

bool local_same_settings(const struct encode_settings *a, const struct encode_settings *b)
{
    return a->zone == b->zone && a->extra_float_digits == b->extra_float_digits &&
           a->bytea_escape == b->bytea_escape;
}
