/* One line a signature, with a letter for each argument; each line becomes an overload for each of the six
 * types of ranges. A text among the arguments is a literal, which is read as the range's own type: PostgreSQL
 * gives an unknown literal the type of the other operand. */
#include "engine/range_functions.h"

#include "base/alloc.h"
#include "base/arena.h"
#include "base/buf.h"
#include "engine/catalog_type_make.h"
#include "engine/column_view.h"
#include "engine/engine_priv.h"
#include "engine/flat.h"
#include "engine/functions.h"
#include "engine/nulls.h"
#include "pgtype/oid.h"
#include "pgtype/range.h"
#include "pgtype/range_key.h"
#include "pgtype/range_ops.h"
#include "pgtype/tz.h"
#include "pgtype/value.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum {
    RUN_MAGIC = 0x72616e67,
    ARGUMENTS_MAX = 3,
    SCRATCH_MAX = 512 * 1024 * 1024,
    VALUE_MAX = 256 * 1024 * 1024,
    NUMERIC_SCALE = 10,
    NUMERIC_WIDTH = 38,
};

enum operation {
    RELATE,      /* detail: an enum range_relation; the operands in turn */
    RELATE_BACK, /* the second operand first */
    COMBINE,     /* detail: an enum range_combination */
    BOUND,       /* detail: whether the lower one */
    INCLUSIVE,   /* the same */
    INFINITE,    /* the same */
    IS_EMPTY,
    MERGE,
    GATHER, /* detail: an enum range_combination, of a list's members */
    MAKE,
    MAKE_MULTI,
    READ,    /* of text, in the session's time zone */
    NOTHING, /* of a NULL, which fits a bigint best; there is no such function */
};

/* r range, m multirange, R and M lists of them, e a value of its bounds' type, t text, b boolean, n bigint; a
 * star: any number of ranges. */
struct signature {
    const char *name; /* of MAKE, MAKE_MULTI and READ: a suffix of the type's name */
    enum operation operation;
    int detail;
    char arguments[ARGUMENTS_MAX + 1];
    char result;
};

#define PAIRS(name, how, detail)                                                                             \
    {name, how, detail, "rr", 'b'}, {name, how, detail, "rm", 'b'}, {name, how, detail, "mr", 'b'},          \
        {name, how, detail, "mm", 'b'}, {name, how, detail, "rt", 'b'}, {name, how, detail, "mt", 'b'},      \
        {name, how, detail, "tr", 'b'},                                                                      \
    {                                                                                                        \
        name, how, detail, "tm", 'b'                                                                         \
    }
#define UNARY(name, how, detail, result)                                                                     \
    {name, how, detail, "r", result},                                                                        \
    {                                                                                                        \
        name, how, detail, "m", result                                                                       \
    }

static const struct signature signatures[] = {
    PAIRS("@>", RELATE, RANGE_CONTAINS),
    {"@>", RELATE, RANGE_CONTAINS, "re", 'b'},
    {"@>", RELATE, RANGE_CONTAINS, "me", 'b'},
    PAIRS("<@", RELATE_BACK, RANGE_CONTAINS),
    {"<@", RELATE_BACK, RANGE_CONTAINS, "er", 'b'},
    {"<@", RELATE_BACK, RANGE_CONTAINS, "em", 'b'},
    PAIRS("&&", RELATE, RANGE_OVERLAPS),
    PAIRS("<<", RELATE, RANGE_BEFORE),
    PAIRS(">>", RELATE_BACK, RANGE_BEFORE),
    PAIRS("&<", RELATE, RANGE_OVERLEFT),
    PAIRS("&>", RELATE, RANGE_OVERRIGHT),
    PAIRS("-|-", RELATE, RANGE_ADJACENT),
    {"+", COMBINE, RANGE_UNION, "rr", 'r'},
    {"+", COMBINE, RANGE_UNION, "mm", 'm'},
    {"*", COMBINE, RANGE_INTERSECT, "rr", 'r'},
    {"*", COMBINE, RANGE_INTERSECT, "mm", 'm'},
    {"-", COMBINE, RANGE_MINUS, "rr", 'r'},
    {"-", COMBINE, RANGE_MINUS, "mm", 'm'},
    UNARY("lower", BOUND, true, 'e'),
    UNARY("upper", BOUND, false, 'e'),
    UNARY("isempty", IS_EMPTY, 0, 'b'),
    UNARY("lower_inc", INCLUSIVE, true, 'b'),
    UNARY("upper_inc", INCLUSIVE, false, 'b'),
    UNARY("lower_inf", INFINITE, true, 'b'),
    UNARY("upper_inf", INFINITE, false, 'b'),
    {"range_merge", MERGE, 0, "rr", 'r'},
    {"range_merge", MERGE, 0, "m", 'r'},
    {"multirange", COMBINE, RANGE_UNION, "r", 'm'},
    {"pg_range_agg", GATHER, RANGE_UNION, "R", 'm'},
    {"pg_range_agg", GATHER, RANGE_UNION, "M", 'm'},
    {"pg_range_intersect_agg", GATHER, RANGE_INTERSECT, "R", 'r'},
    {"pg_range_intersect_agg", GATHER, RANGE_INTERSECT, "M", 'm'},
};

/* Named after their types. */
static const struct signature makers[] = {
    {"", MAKE, 0, "ee", 'r'},
    {"", MAKE, 0, "eet", 'r'},
    {"", READ, 0, "t", 'r'}, /* a cast in the shape of a call */
};
static const struct signature multi_makers[] = {{"", MAKE_MULTI, 0, "*", 'm'}, {"", READ, 0, "t", 'm'}};
static const struct signature readers[] = {{"_of", READ, 0, "t", 'r'}};
static const struct signature multi_readers[] = {{"_of", READ, 0, "t", 'm'}};
static const struct signature nothing[] = {{"", NOTHING, 0, "n", 't'}};

struct function {
    const struct signature *signature;
    const struct range_type *type;
};

/* What one executor of a statement keeps. */
struct run {
    uint32_t magic;
    struct arena scratch;
    struct buf out, key;
    const struct tz *zone; /* NULL: no text is read */
};

static void run_free(void *p)
{
    struct run *r = p;
    assert(r->magic == RUN_MAGIC);
    arena_release(&r->scratch);
    buf_release(&r->out);
    buf_release(&r->key);
    tz_unref(r->zone);
    mem_free(r);
}

static void on_init(duckdb_init_info info)
{
    const struct function *f = duckdb_scalar_function_init_get_extra_info(info);
    struct run *r = mem_calloc(1, sizeof *r);
    struct err e;
    if (!r) {
        duckdb_scalar_function_init_set_error(info, ENGINE_ERROR_MARK "53200 out of memory");
        return;
    }
    err_init(&e);
    r->magic = RUN_MAGIC;
    arena_init(&r->scratch, SCRATCH_MAX);
    buf_init(&r->out, VALUE_MAX);
    buf_init(&r->key, VALUE_MAX);
    r->zone = strchr(f->signature->arguments, 't') ? functions_zone(info, &e) : NULL;
    duckdb_scalar_function_init_set_state(info, r, run_free);
}

/* ---- values of the bounds' type ---- */

static void put_numeric_key(struct run *r, const duckdb_hugeint *v)
{
    enum { DIGITS = 40 };
    char text[DIGITS + 3];
    __int128 value = (__int128)((unsigned __int128)(uint64_t)v->upper << 64 | v->lower);
    unsigned __int128 u = value < 0 ? -(unsigned __int128)value : (unsigned __int128)value;
    size_t at = sizeof text;
    for (int i = 0; i <= NUMERIC_SCALE || u; i++) {
        if (i == NUMERIC_SCALE)
            text[--at] = '.';
        text[--at] = (char)('0' + (int)(u % 10));
        u /= 10;
    }
    if (value < 0)
        text[--at] = '-';
    range_key_put_numeric(&r->key, (struct str){text + at, sizeof text - at});
}

/* A copy in the arena of what has been put into the key. */
static int take_key(struct run *r, struct str *out, struct err *e)
{
    const char *p =
        buf_ok(&r->key) ? arena_strndup(&r->scratch, (const char *)r->key.data, r->key.len) : NULL;
    *out = (struct str){p, r->key.len};
    return p ? ST_OK : err_oom(e);
}

static int read_value(struct run *r, const struct range_type *t, const void *data, size_t row,
                      struct range_bound *out, struct err *e)
{
    buf_clear(&r->key);
    if (t->subtype == PGTYPE_NUMERIC)
        put_numeric_key(r, (const duckdb_hugeint *)data + row);
    else if (range_key_size(t->subtype) == sizeof(int32_t))
        range_key_put_int(&r->key, t->subtype, ((const int32_t *)data)[row]);
    else
        range_key_put_int(&r->key, t->subtype, ((const int64_t *)data)[row]);
    return take_key(r, &out->value, e);
}

/* Rounded to the digits that the engine's numeric has. */
static int write_numeric(struct run *r, struct str key, duckdb_hugeint *out, struct err *e)
{
    unsigned __int128 v = 0;
    int scale = -1;
    bool up = false;
    buf_clear(&r->key);
    range_key_numeric_text(&r->key, key);
    if (!buf_ok(&r->key))
        return err_oom(e);
    struct str s = {(const char *)r->key.data, r->key.len};
    bool minus = s.p[0] == '-', fits = true;
    if (s.p[minus] < '0' || s.p[minus] > '9')
        return err_set(e, SQLSTATE_NUMERIC_VALUE_OUT_OF_RANGE,
                       "NaN and infinity are not supported in a numeric");
    for (size_t i = minus; fits && i < s.n; i++) {
        if (s.p[i] == '.') {
            scale = 0;
        } else if (scale == NUMERIC_SCALE) {
            up = s.p[i] >= '5';
            break;
        } else {
            fits = !__builtin_mul_overflow(v, 10, &v) &&
                   !__builtin_add_overflow(v, (unsigned)(s.p[i] - '0'), &v);
            scale += scale >= 0;
        }
    }
    for (scale = scale < 0 ? 0 : scale; fits && scale < NUMERIC_SCALE; scale++)
        fits = !__builtin_mul_overflow(v, 10, &v);
    v += up;
    if (!fits || v / 10000000000 >= (unsigned __int128)10000000000 * 1000000000 * 1000000000)
        return err_set(e, SQLSTATE_NUMERIC_VALUE_OUT_OF_RANGE,
                       "a numeric of more than %d digits is out of range", NUMERIC_WIDTH);
    if (minus)
        v = -v;
    *out = (duckdb_hugeint){.lower = (uint64_t)v, .upper = (int64_t)(v >> 64)};
    return ST_OK;
}

static int write_value(struct run *r, const struct range_type *t, struct str key, duckdb_vector out,
                       size_t row, struct err *e)
{
    void *data = duckdb_vector_get_data(out);
    if (t->subtype == PGTYPE_NUMERIC)
        return write_numeric(r, key, (duckdb_hugeint *)data + row, e);
    if (range_key_size(t->subtype) == sizeof(int32_t))
        ((int32_t *)data)[row] = (int32_t)range_key_int(key);
    else
        ((int64_t *)data)[row] = range_key_int(key);
    return ST_OK;
}

/* ---- operands ---- */

struct row_call {
    struct run *run;
    const struct function *f;
    duckdb_data_chunk input;
    duckdb_vector output;
    size_t row;
    struct err *e;
};

static struct str text_at(const struct row_call *c, size_t argument)
{
    const struct engine_string *s = (const struct engine_string *)duckdb_vector_get_data(
                                        duckdb_data_chunk_get_vector(c->input, argument)) +
                                    c->row;
    return (struct str){engine_string_data(s), s->len};
}

static bool null_at(const struct row_call *c, size_t argument)
{
    return is_null(duckdb_vector_get_validity(duckdb_data_chunk_get_vector(c->input, argument)), c->row);
}

/* The literal in the session's time zone, as the bytes of a range or multirange. */
static int read_literal(const struct row_call *c, bool multi, struct str text, struct str *out)
{
    const struct range_type *t = c->f->type;
    struct pg_value v;
    assert(c->run->zone);
    if (text.n > INT32_MAX)
        return err_set(c->e, SQLSTATE_PROGRAM_LIMIT_EXCEEDED, "a range's text is too long");
    TRY(pg_value_decode(&c->run->scratch, multi ? t->multi_oid : t->oid, 0, (const uint8_t *)text.p,
                        (int32_t)text.n, c->run->zone, &v, c->e));
    *out = v.v.text;
    return ST_OK;
}

/* Any operand as a set: a value is the range that has it alone. */
static int operand(const struct row_call *c, size_t argument, struct range_set *out)
{
    const struct signature *s = c->f->signature;
    char kind = s->arguments[argument];
    if (kind == 'e') {
        struct range *one = arena_calloc(&c->run->scratch, 1, sizeof *one);
        if (!one)
            return err_oom(c->e);
        TRY(read_value(c->run, c->f->type,
                       duckdb_vector_get_data(duckdb_data_chunk_get_vector(c->input, argument)), c->row,
                       &one->lower, c->e));
        one->lower.inclusive = true;
        one->upper = one->lower;
        *out = (struct range_set){one, 1};
        return ST_OK;
    }
    struct str bytes = text_at(c, argument);
    if (kind == 't') {
        kind = s->arguments[1 - argument];
        TRY(read_literal(c, kind == 'm', bytes, &bytes));
    }
    return range_set_read(&c->run->scratch, c->f->type, kind == 'm', bytes, out, c->e);
}

/* ---- results ---- */

static int put_bytes(const struct row_call *c)
{
    const struct buf *b = &c->run->out;
    if (!buf_ok(b))
        return err_set(c->e, SQLSTATE_PROGRAM_LIMIT_EXCEEDED, "a range is too long");
    duckdb_vector_assign_string_element_len(c->output, c->row, (const char *)b->data, b->len);
    return ST_OK;
}

static int put_bool(const struct row_call *c, bool v)
{
    ((bool *)duckdb_vector_get_data(c->output))[c->row] = v;
    return ST_OK;
}

/* A set that has to be one range at most. */
static int put_range(const struct row_call *c, const struct range_set *s)
{
    const struct range none = {.empty = true};
    assert(s->n <= 1);
    range_put(&c->run->out, s->n ? s->items : &none);
    return put_bytes(c);
}

static int combine(const struct row_call *c)
{
    const struct signature *s = c->f->signature;
    struct range_set x, y = {0}, out;
    TRY(operand(c, 0, &x));
    if (s->arguments[1])
        TRY(operand(c, 1, &y));
    TRY(range_sets_combine((enum range_combination)s->detail, &c->run->scratch, &x, &y, &out, c->e));
    if (s->result == 'm') {
        range_set_put(&c->run->out, &out);
        return put_bytes(c);
    }
    if (out.n > 1)
        return err_set(c->e, SQLSTATE_DATA_EXCEPTION, "result of range %s would not be contiguous",
                       s->detail == RANGE_UNION ? "union" : "difference");
    return put_range(c, &out);
}

/* The smallest range that has all of them. */
static int merge(const struct row_call *c)
{
    struct range_set x, y = {0}, all;
    TRY(operand(c, 0, &x));
    if (c->f->signature->arguments[1])
        TRY(operand(c, 1, &y));
    TRY(range_sets_combine(RANGE_UNION, &c->run->scratch, &x, &y, &all, c->e));
    if (all.n == 0)
        return put_range(c, &all);
    const struct range one = {.lower = all.items[0].lower, .upper = all.items[all.n - 1].upper};
    return put_range(c, &(struct range_set){&one, 1});
}

struct gathered {
    struct range *items;
    size_t n, cap;
};

static int gather(const struct row_call *c, struct gathered *all, const struct range *r)
{
    if (all->n == all->cap) {
        size_t cap = all->cap ? 2 * all->cap : 16;
        struct range *items = arena_alloc(&c->run->scratch, cap * sizeof *items);
        if (!items)
            return err_oom(c->e);
        if (all->n)
            memcpy(items, all->items, all->n * sizeof *items);
        all->items = items;
        all->cap = cap;
    }
    all->items[all->n++] = *r;
    return ST_OK;
}

/* Puts a member's ranges to the others; a byte ends a multirange. */
static int unite(const struct row_call *c, bool multi, struct str bytes, struct gathered *all)
{
    struct range r;
    while (bytes.n > multi) {
        if (!range_next(c->f->type, &bytes, &r))
            return err_set(c->e, SQLSTATE_INTERNAL_ERROR, "a range is damaged");
        TRY(gather(c, all, &r));
    }
    return ST_OK;
}

/* Leaves of all what a member has, too. Of ranges one is left at most: it needs no memory from row to row. */
static int cut(const struct row_call *c, bool multi, struct str bytes, bool first, struct gathered *all)
{
    struct range one;
    struct range_set x = {all->items, all->n}, y, out;
    TRY(range_set_read(&c->run->scratch, c->f->type, multi, bytes, &y, c->e));
    if (first)
        out = y;
    else
        TRY(range_sets_combine(RANGE_INTERSECT, &c->run->scratch, &x, &y, &out, c->e));
    if (!multi) {
        bool any = out.n > 0;
        if (any)
            one = out.items[0];
        *all = (struct gathered){0};
        arena_clear(&c->run->scratch);
        return any ? gather(c, all, &one) : ST_OK;
    }
    *all = (struct gathered){(struct range *)(uintptr_t)out.items, out.n, out.n};
    return ST_OK;
}

/* range_agg and range_intersect_agg, of the list that was made of their group; of no values NULL. */
static int aggregate(const struct row_call *c)
{
    const struct signature *s = c->f->signature;
    bool multi = s->arguments[0] == 'M', any = false;
    duckdb_vector list = duckdb_data_chunk_get_vector(c->input, 0), child = flat_elements(list);
    const duckdb_list_entry *l = (const duckdb_list_entry *)duckdb_vector_get_data(list) + c->row;
    const struct engine_string *strings = duckdb_vector_get_data(child);
    struct gathered all = {0};
    for (uint64_t i = l->offset; i < l->offset + l->length; i++) {
        if (is_null(duckdb_vector_get_validity(child), i))
            continue;
        const struct str bytes = {engine_string_data(&strings[i]), strings[i].len};
        if (s->detail == RANGE_UNION)
            TRY(unite(c, multi, bytes, &all));
        else
            TRY(cut(c, multi, bytes, !any, &all));
        any = true;
    }
    if (!any) {
        put_null(c->output, c->row);
        return ST_OK;
    }
    const struct range_set set = range_set_of(all.items, all.n);
    if (s->result == 'r')
        return put_range(c, &set);
    range_set_put(&c->run->out, &set);
    return put_bytes(c);
}

static int bound(const struct row_call *c)
{
    const struct signature *s = c->f->signature;
    struct range_set x;
    TRY(operand(c, 0, &x));
    const struct range_bound *b = x.n == 0 ? NULL : s->detail ? &x.items[0].lower : &x.items[x.n - 1].upper;
    if (s->operation != BOUND)
        return put_bool(c, b && (s->operation == INCLUSIVE ? b->inclusive : b->infinite));
    if (b && !b->infinite)
        return write_value(c->run, c->f->type, b->value, c->output, c->row, c->e);
    put_null(c->output, c->row);
    return ST_OK;
}

static int relate(const struct row_call *c)
{
    const struct signature *s = c->f->signature;
    struct range_set x, y;
    TRY(operand(c, 0, &x));
    TRY(operand(c, 1, &y));
    bool back = s->operation == RELATE_BACK;
    return put_bool(c, range_sets_relate((enum range_relation)s->detail, back ? &y : &x, back ? &x : &y));
}

static int make(const struct row_call *c)
{
    struct range r = {.lower = {.infinite = null_at(c, 0)}, .upper = {.infinite = null_at(c, 1)}};
    struct str flags = STR("[)");
    if (c->f->signature->arguments[2]) {
        if (null_at(c, 2))
            return err_set(c->e, SQLSTATE_DATA_EXCEPTION,
                           "range constructor flags argument must not be null");
        flags = text_at(c, 2);
    }
    if (flags.n != 2 || (flags.p[0] != '[' && flags.p[0] != '(') || (flags.p[1] != ']' && flags.p[1] != ')'))
        return err_set(c->e, SQLSTATE_SYNTAX_ERROR, "invalid range bound flags");
    r.lower.inclusive = flags.p[0] == '[';
    r.upper.inclusive = flags.p[1] == ']';
    for (size_t i = 0; i < 2; i++) {
        struct range_bound *b = i ? &r.upper : &r.lower;
        if (!b->infinite)
            TRY(read_value(c->run, c->f->type,
                           duckdb_vector_get_data(duckdb_data_chunk_get_vector(c->input, i)), c->row, b,
                           c->e));
    }
    TRY(range_canonical(&c->run->scratch, c->f->type, &r, c->e));
    range_put(&c->run->out, &r);
    return put_bytes(c);
}

static int make_multi(const struct row_call *c)
{
    size_t n = duckdb_data_chunk_get_column_count(c->input);
    struct range *items = arena_calloc(&c->run->scratch, n + 1, sizeof *items);
    if (!items)
        return err_oom(c->e);
    for (size_t i = 0; i < n; i++) {
        if (null_at(c, i))
            return err_set(c->e, SQLSTATE_NULL_VALUE_NOT_ALLOWED,
                           "multirange values cannot contain null members");
        struct str bytes = text_at(c, i);
        if (!range_next(c->f->type, &bytes, &items[i]) || bytes.n)
            return err_set(c->e, SQLSTATE_INTERNAL_ERROR, "a range is damaged");
    }
    const struct range_set all = range_set_of(items, n);
    range_set_put(&c->run->out, &all);
    return put_bytes(c);
}

static int read_text(const struct row_call *c)
{
    struct str bytes;
    TRY(read_literal(c, c->f->signature->result == 'm', text_at(c, 0), &bytes));
    buf_put(&c->run->out, bytes.p, bytes.n);
    return put_bytes(c);
}

static int call(const struct row_call *c)
{
    enum operation o = c->f->signature->operation;
    size_t n = duckdb_data_chunk_get_column_count(c->input);
    bool null = false;
    arena_clear(&c->run->scratch);
    buf_clear(&c->run->out);
    for (size_t i = 0; i < n && o != MAKE && o != MAKE_MULTI; i++)
        null |= null_at(c, i);
    if (null) {
        put_null(c->output, c->row);
        return ST_OK;
    }
    switch (o) {
    case RELATE:
    case RELATE_BACK: return relate(c);
    case COMBINE: return combine(c);
    case BOUND:
    case INCLUSIVE:
    case INFINITE: return bound(c);
    case IS_EMPTY: {
        struct range_set x;
        TRY(operand(c, 0, &x));
        return put_bool(c, x.n == 0);
    }
    case MERGE: return merge(c);
    case GATHER: return aggregate(c);
    case MAKE: return make(c);
    case MAKE_MULTI: return make_multi(c);
    case READ: return read_text(c);
    case NOTHING:
        return err_set(c->e, SQLSTATE_UNDEFINED_FUNCTION,
                       "function lower or upper of a bigint does not exist");
    }
    return ST_OK;
}

static void on_rows(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output)
{
    struct run *r = duckdb_scalar_function_get_state(info);
    struct err e;
    assert(r && r->magic == RUN_MAGIC);
    err_init(&e);
    struct row_call c = {r, duckdb_scalar_function_get_extra_info(info), input, output, 0, &e};
    for (; c.row < duckdb_data_chunk_get_size(input); c.row++) {
        if (call(&c) == ST_OK)
            continue;
        char text[sizeof ENGINE_ERROR_MARK + 8 + ERR_MESSAGE_MAX];
        (void)snprintf(text, sizeof text, ENGINE_ERROR_MARK "%s %s", sqlstate_code(e.code), e.message);
        duckdb_scalar_function_set_error(info, text);
        return;
    }
}

/* ---- making them known ---- */

static duckdb_logical_type list_of(duckdb_logical_type element)
{
    duckdb_logical_type list = duckdb_create_list_type(element);
    duckdb_destroy_logical_type(&element);
    return list;
}

static duckdb_logical_type type_of(const struct range_type *t, char letter)
{
    switch (letter) {
    case 'R': return list_of(catalog_types_make(t->engine_name));
    case 'M': return list_of(catalog_types_make(t->multi_engine_name));
    case 'r':
    case '*': return catalog_types_make(t->engine_name);
    case 'm': return catalog_types_make(t->multi_engine_name);
    case 'b': return duckdb_create_logical_type(DUCKDB_TYPE_BOOLEAN);
    case 'n': return duckdb_create_logical_type(DUCKDB_TYPE_BIGINT);
    case 't': return duckdb_create_logical_type(DUCKDB_TYPE_VARCHAR);
    default: break;
    }
    switch (t->subtype) {
    case PGTYPE_INT4: return duckdb_create_logical_type(DUCKDB_TYPE_INTEGER);
    case PGTYPE_INT8: return duckdb_create_logical_type(DUCKDB_TYPE_BIGINT);
    case PGTYPE_NUMERIC: return duckdb_create_decimal_type(NUMERIC_WIDTH, NUMERIC_SCALE);
    case PGTYPE_DATE: return duckdb_create_logical_type(DUCKDB_TYPE_DATE);
    case PGTYPE_TIMESTAMP: return duckdb_create_logical_type(DUCKDB_TYPE_TIMESTAMP);
    default: return duckdb_create_logical_type(DUCKDB_TYPE_TIMESTAMP_TZ);
    }
}

static bool add(duckdb_scalar_function_set set, const char *name, const struct signature *s,
                const struct range_type *t)
{
    struct function *kept = mem_calloc(1, sizeof *kept);
    if (!kept)
        return false;
    *kept = (struct function){s, t};
    duckdb_scalar_function f = duckdb_create_scalar_function();
    duckdb_scalar_function_set_name(f, name);
    for (const char *a = s->arguments; *a; a++) {
        duckdb_logical_type type = type_of(t, *a);
        if (*a == '*')
            duckdb_scalar_function_set_varargs(f, type);
        else
            duckdb_scalar_function_add_parameter(f, type);
        duckdb_destroy_logical_type(&type);
    }
    duckdb_logical_type result = type_of(t, s->result);
    duckdb_scalar_function_set_return_type(f, result);
    duckdb_destroy_logical_type(&result);
    duckdb_scalar_function_set_special_handling(f);
    duckdb_scalar_function_set_extra_info(f, kept, mem_free);
    duckdb_scalar_function_set_init(f, on_init);
    duckdb_scalar_function_set_function(f, on_rows);
    bool ok = duckdb_add_scalar_function_to_set(set, f) == DuckDBSuccess;
    duckdb_destroy_scalar_function(&f);
    return ok;
}

static bool finish(struct engine_conn *c, duckdb_scalar_function_set set, bool ok)
{
    ok = ok && duckdb_register_scalar_function_set(c->conn, set) == DuckDBSuccess;
    duckdb_destroy_scalar_function_set(&set);
    return ok;
}

/* The lines from *i on that have one name, for all types. */
static bool add_name(struct engine_conn *c, size_t *i)
{
    enum { SIGNATURES = sizeof signatures / sizeof *signatures };
    const char *name = signatures[*i].name;
    duckdb_scalar_function_set set = duckdb_create_scalar_function_set(name);
    bool ok = set != NULL;
    for (; *i < SIGNATURES && strcmp(signatures[*i].name, name) == 0; ++*i)
        for (size_t t = 0; t < RANGE_TYPES; t++)
            ok = ok && add(set, name, &signatures[*i], &range_types[t]);
    if (strcmp(name, "lower") == 0 || strcmp(name, "upper") == 0)
        ok = ok && add(set, name, nothing, range_types); /* or a NULL would fit several of them equally */
    return finish(c, set, ok);
}

static bool add_named(struct engine_conn *c, const char *type, const struct signature *s, size_t n,
                      const struct range_type *t)
{
    char name[32];
    (void)snprintf(name, sizeof name, "%s%s", type, s->name);
    duckdb_scalar_function_set set = duckdb_create_scalar_function_set(name);
    bool ok = set != NULL;
    for (size_t i = 0; i < n; i++)
        ok = ok && add(set, name, &s[i], t);
    return finish(c, set, ok);
}

int range_functions_register(struct engine_conn *c, struct err *e)
{
    bool ok = true;
    for (size_t i = 0; ok && i < sizeof signatures / sizeof *signatures;)
        ok = add_name(c, &i);
    for (size_t i = 0; i < RANGE_TYPES; i++) {
        const struct range_type *t = &range_types[i];
        ok = ok && add_named(c, t->name, makers, sizeof makers / sizeof *makers, t) &&
             add_named(c, t->multi_name, multi_makers, sizeof multi_makers / sizeof *multi_makers, t) &&
             add_named(c, t->name, readers, 1, t) && add_named(c, t->multi_name, multi_readers, 1, t);
    }
    return ok ? ST_OK : err_set(e, SQLSTATE_INTERNAL_ERROR, "the engine does not take functions of ranges");
}
