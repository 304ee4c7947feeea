/* A cast that PostgreSQL lacks hands the bytes on, since the engine takes one name of a BLOB for another;
 * their first byte then says so where they are shown. */
#include "engine/packed_casts.h"

#include "base/alloc.h"
#include "engine/bytes_casts.h"
#include "engine/cast.h"
#include "engine/catalog_type_make.h"
#include "engine/nulls.h"
#include "pgtype/oid.h"
#include "pgtype/packed.h"
#include "pgtype/tz.h"
#include "pgtype/value.h"

#include <assert.h>
#include <stdio.h>

struct cast {
    const struct packed_type *type;
    const struct engine_text_ops *ops;
    bool array;
};

static int one_from_text(void *arg, const struct engine_string *from, struct arena *scratch,
                         duckdb_vector out, idx_t row, struct err *e)
{
    const struct cast *c = arg;
    const struct pgtype_info *type = pgtype_find(c->type->oid);
    struct pg_value v;
    assert(type);
    if (from->len > INT32_MAX)
        return err_set(e, SQLSTATE_PROGRAM_LIMIT_EXCEEDED, "a text is too long for a value");
    TRY(pg_value_decode(scratch, c->array ? type->array_oid : type->oid, 0,
                        (const uint8_t *)engine_string_data(from), (int32_t)from->len, tz_utc(), &v, e));
    if (c->array)
        return bytes_append_items(out, row, &v, e);
    assert(v.kind == PG_BYTES);
    duckdb_vector_assign_string_element_len(out, row, v.v.text.p, v.v.text.n);
    return ST_OK;
}

static bool from_text(duckdb_function_info info, idx_t count, duckdb_vector in, duckdb_vector out)
{
    return cast_strings(info, count, in, out, one_from_text, duckdb_cast_function_get_extra_info(info));
}

/* An address that is cast has its prefix always; one that is sent, only where it is not whole. */
static int add_prefix(idx_t count, duckdb_vector out, struct err *e)
{
    enum { SHOWN_MAX = 64 };
    const struct engine_string *s = duckdb_vector_get_data(out);
    for (idx_t i = 0; i < count; i++) {
        char text[SHOWN_MAX];
        if (is_null(duckdb_vector_get_validity(out), i) || memchr(engine_string_data(&s[i]), '/', s[i].len))
            continue;
        bool v6 = memchr(engine_string_data(&s[i]), ':', s[i].len);
        int n =
            snprintf(text, sizeof text, "%.*s/%d", (int)s[i].len, engine_string_data(&s[i]), v6 ? 128 : 32);
        if (n < 0 || (size_t)n >= sizeof text)
            return err_set(e, SQLSTATE_INTERNAL_ERROR, "an address is damaged");
        duckdb_vector_assign_string_element_len(out, i, text, (idx_t)n);
    }
    return ST_OK;
}

static bool to_text(duckdb_function_info info, idx_t count, duckdb_vector in, duckdb_vector out)
{
    const struct cast *c = duckdb_cast_function_get_extra_info(info);
    struct err e;
    err_init(&e);
    int st = bytes_show(c->ops, c->type->engine_name, count, in, out, &e);
    if (st == ST_OK && c->type->kind == PACKED_INET)
        st = add_prefix(count, out, &e);
    return st == ST_OK || cast_fail(info, &e);
}

/* inet and cidr of each other: a cidr has no bits behind its prefix. */
static int one_address(void *arg, const struct engine_string *from, struct arena *scratch, duckdb_vector out,
                       idx_t row, struct err *e)
{
    const struct cast *c = arg;
    const struct packed_type *other =
        packed_type_find(c->type->kind == PACKED_CIDR ? PGTYPE_INET : PGTYPE_CIDR);
    struct str s;
    assert(other);
    if (!packed_value(other, (struct str){engine_string_data(from), from->len}, &s))
        return err_set(e, SQLSTATE_INTERNAL_ERROR, "an address is damaged");
    char *bytes = arena_alloc(scratch, s.n + 1);
    if (!bytes)
        return err_oom(e);
    bytes[0] = (char)c->type->kind;
    memcpy(bytes + 1, s.p, s.n);
    if (c->type->kind ==
        PACKED_CIDR) { /* the network's bytes stand in front of the prefix, the address's behind */
        size_t n = s.p[0] == PACKED_IPV4 ? PACKED_IPV4_BYTES : PACKED_IPV6_BYTES;
        memcpy(bytes + 1 + 2 + n, s.p + 1, n);
    }
    duckdb_vector_assign_string_element_len(out, row, bytes, s.n + 1);
    return ST_OK;
}

static bool address(duckdb_function_info info, idx_t count, duckdb_vector in, duckdb_vector out)
{
    return cast_strings(info, count, in, out, one_address, duckdb_cast_function_get_extra_info(info));
}

/* ---- making them known ---- */

static bool add(struct engine_conn *c, duckdb_logical_type from, duckdb_logical_type to,
                duckdb_cast_function_t call, struct cast what)
{
    assert(what.type);
    struct cast *kept = mem_calloc(1, sizeof *kept);
    if (!kept)
        return false;
    *kept = what;
    return cast_add(c, &(struct cast_spec){from, to, CAST_EXPLICIT, call, kept, mem_free});
}

static bool add_addresses(struct engine_conn *c)
{
    duckdb_logical_type inet = catalog_types_make("pg_address"), cidr = catalog_types_make("pg_cidr");
    bool ok = add(c, inet, cidr, address, (struct cast){packed_type_find(PGTYPE_CIDR), NULL, false}) &&
              add(c, cidr, inet, address, (struct cast){packed_type_find(PGTYPE_INET), NULL, false});
    duckdb_destroy_logical_type(&inet);
    duckdb_destroy_logical_type(&cidr);
    return ok;
}

int packed_casts_register(struct engine_conn *c, const struct engine_text_ops *ops, struct err *e)
{
    duckdb_logical_type text = duckdb_create_logical_type(DUCKDB_TYPE_VARCHAR);
    duckdb_logical_type bytes = duckdb_create_logical_type(DUCKDB_TYPE_BLOB);
    bool ok = add_addresses(c);
    for (size_t i = 0; i < PACKED_TYPES; i++) {
        const struct packed_type *t = &packed_types[i];
        duckdb_logical_type type = catalog_types_make(t->engine_name), list = duckdb_create_list_type(type);
        ok = ok && add(c, text, type, from_text, (struct cast){t, ops, false}) &&
             add(c, text, list, from_text, (struct cast){t, ops, true}) &&
             add(c, type, text, to_text, (struct cast){t, ops, false}) &&
             add(c, bytes, type, cast_hand_on, (struct cast){t, ops, false});
        duckdb_destroy_logical_type(&type);
        duckdb_destroy_logical_type(&list);
    }
    duckdb_destroy_logical_type(&text);
    duckdb_destroy_logical_type(&bytes);
    return ok ? ST_OK : err_set(e, SQLSTATE_INTERNAL_ERROR, "could not register casts of packed types");
}
