#include "pgtype/value_record.h"

#include "base/bytes.h"
#include "pgtype/value_array.h"
#include "pgtype/value_priv.h"

enum { WORD = 4, FIELD_LEAST = 2 * WORD, DEPTH_MAX = 32 };

static int read_field(const struct decode *d, uint32_t oid, struct str bytes, struct pg_value *out)
{
    struct decode one = {.arena = d->arena,
                         .zone = d->zone,
                         .oid = oid,
                         .in = bytes,
                         .out = out,
                         .e = d->e,
                         .depth = d->depth + 1};
    uint32_t element = value_element(oid);
    if (!element)
        return decode_binary(&one);
    out->oid = one.oid = element;
    return array_from_binary(&one, element);
}

int record_from_binary(const struct decode *d)
{
    const uint8_t *p = (const uint8_t *)d->in.p;
    size_t left = d->in.n;
    if (d->depth > DEPTH_MAX)
        return err_set(d->e, SQLSTATE_STATEMENT_TOO_COMPLEX, "records are nested more than %d levels deep",
                       DEPTH_MAX);
    if (left < WORD)
        return cut_short(d);
    uint32_t n = get_be32(p);
    p += WORD;
    left -= WORD;
    if (n > left / FIELD_LEAST)
        return cut_short(d);
    struct pg_value *fields = arena_calloc(d->arena, n + 1UL, sizeof *fields);
    if (!fields)
        return err_oom(d->e);
    for (uint32_t i = 0; i < n; i++) {
        if (left < FIELD_LEAST)
            return cut_short(d);
        uint32_t oid = get_be32(p);
        int32_t len = (int32_t)get_be32(p + WORD);
        p += FIELD_LEAST;
        left -= FIELD_LEAST;
        fields[i] = (struct pg_value){.kind = PG_NULL, .oid = oid};
        if (len == -1)
            continue;
        if (len < 0 || (uint32_t)len > left)
            return cut_short(d);
        TRY(read_field(d, oid, (struct str){(const char *)p, (size_t)len}, &fields[i]));
        p += len;
        left -= (size_t)len;
    }
    if (left)
        return bad_binary(d);
    d->out->kind = PG_RECORD;
    d->out->v.array.n = n;
    d->out->v.array.items = fields;
    d->out->v.array.ndims = 1;
    return ST_OK;
}
