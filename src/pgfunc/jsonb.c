/* Arguments are parsed into an arena that each executor keeps, and results are put together from their
 * nodes. A path is a list of texts, as text of an array: {a,0,b}. */
#include "pgfunc/jsonb.h"

#include "base/alloc.h"
#include "base/arena.h"
#include "base/cleanup.h"
#include "pgfunc/array_text.h"
#include "pgfunc/json_tree.h"

#include <assert.h>
#include <string.h>

enum { ARENA_MAX = 512 * 1024 * 1024 };

static void forget(void *kept)
{
    arena_release(kept);
    mem_free(kept);
}

/* The executor's arena, emptied. */
static int arena_of(struct pg_call *call, struct arena **out)
{
    if (*call->kept) {
        *out = *call->kept;
        arena_clear(*out);
        return ST_OK;
    }
    *out = mem_calloc(1, sizeof **out);
    if (!*out)
        return err_oom(call->e);
    arena_init(*out, ARENA_MAX);
    pg_keep(call, *out);
    return ST_OK;
}

static int parse(struct pg_call *call, struct arena **a, struct json *j)
{
    TRY(arena_of(call, a));
    return json_parse(*a, call->args[0].text, j, call->e);
}

static int parse_two(struct pg_call *call, struct arena **a, struct json *x, struct json *y)
{
    TRY(parse(call, a, x));
    return json_parse(*a, call->args[1].text, y, call->e);
}

/* text::jsonb */
static int input(struct pg_call *call)
{
    struct arena *a;
    struct json j;
    TRY(parse(call, &a, &j));
    json_put(call->out, &j);
    return ST_OK;
}

/* ---- what is in it ---- */

/* a @> b: an object contains another whose members are all contained in its own of the same name; an array
 * contains another whose elements are each contained in some element of its own. Neither the order nor how
 * often an element stands there counts. */
static bool contains(const struct json *a, const struct json *b)
{
    if (a->kind != b->kind)
        return false;
    if (b->kind == JSON_OBJECT) {
        for (size_t i = 0; i < b->n; i++) {
            const struct json *mine = json_member(a, b->keys[i]);
            if (!mine || !contains(mine, &b->items[i]))
                return false;
        }
        return true;
    }
    if (b->kind != JSON_ARRAY)
        return json_is_equal(a, b);
    for (size_t i = 0; i < b->n; i++) {
        bool found = false;
        for (size_t k = 0; k < a->n && !found; k++)
            found = contains(&a->items[k], &b->items[i]);
        if (!found)
            return false;
    }
    return true;
}

/* A scalar may be looked for in an array, at the top alone. */
static bool contains_at_top(const struct json *a, const struct json *b)
{
    if (a->kind != JSON_ARRAY || b->kind == JSON_ARRAY || b->kind == JSON_OBJECT)
        return contains(a, b);
    bool found = false;
    for (size_t i = 0; i < a->n && !found; i++)
        found = json_is_equal(&a->items[i], b);
    return found;
}

static int contains_right(struct pg_call *call)
{
    struct arena *a;
    struct json x, y;
    TRY(parse_two(call, &a, &x, &y));
    call->result.boolean = contains_at_top(&x, &y);
    return ST_OK;
}

static int contains_left(struct pg_call *call)
{
    struct arena *a;
    struct json x, y;
    TRY(parse_two(call, &a, &x, &y));
    call->result.boolean = contains_at_top(&y, &x);
    return ST_OK;
}

/* j ? key: a key of the object, a string among the array's elements, or the string itself. What lies deeper
 * does not count. */
static bool has_key(const struct json *j, struct str key)
{
    if (j->kind == JSON_OBJECT)
        return json_member(j, key) != NULL;
    if (j->kind == JSON_STRING)
        return str_eq(j->text, key);
    for (size_t i = 0; j->kind == JSON_ARRAY && i < j->n; i++)
        if (j->items[i].kind == JSON_STRING && str_eq(j->items[i].text, key))
            return true;
    return false;
}

static int exists(struct pg_call *call)
{
    struct arena *a;
    struct json j;
    TRY(parse(call, &a, &j));
    call->result.boolean = has_key(&j, call->args[1].text);
    return ST_OK;
}

/* j ?| keys and j ?& keys. NULLs among the keys are passed over. */
static int exists_several(struct pg_call *call, bool every)
{
    struct arena *a;
    struct json j;
    struct array_text keys;
    TRY(parse(call, &a, &j));
    TRY(array_text_read(a, call->args[1].text, &keys, call->e));
    bool found = every;
    for (size_t i = 0; i < keys.n && found == every; i++)
        if (keys.items[i].p)
            found = has_key(&j, keys.items[i]);
    call->result.boolean = found;
    return ST_OK;
}

static int exists_any(struct pg_call *call)
{
    return exists_several(call, false);
}

static int exists_all(struct pg_call *call)
{
    return exists_several(call, true);
}

static int type_of(struct pg_call *call)
{
    struct arena *a;
    struct json j;
    TRY(parse(call, &a, &j));
    call->result.text = str_of(json_kind_name(j.kind));
    return ST_OK;
}

static int array_length(struct pg_call *call)
{
    struct arena *a;
    struct json j;
    TRY(parse(call, &a, &j));
    if (j.kind != JSON_ARRAY)
        return err_set(call->e, SQLSTATE_INVALID_PARAMETER_VALUE, "cannot get array length of a %s",
                       j.kind == JSON_OBJECT ? "non-array" : "scalar");
    call->result.integer = (int64_t)j.n;
    return ST_OK;
}

/* ---- a part of it ---- */

/* A path's step into an array: the index, from the end when it is negative; n: there is none. */
static size_t index_of(const struct json *array, int64_t index)
{
    if (index < 0)
        index += (int64_t)array->n;
    return index >= 0 && (uint64_t)index < array->n ? (size_t)index : array->n;
}

/* A part as -> gives it, or, with text, as ->> does: strings without their quotes, and null as NULL. */
static int answer(struct pg_call *call, const struct json *j, bool text)
{
    call->result.is_null = !j || (text && j->kind == JSON_NULL);
    if (call->result.is_null)
        return ST_OK;
    if (text && j->kind == JSON_STRING)
        call->result.text = j->text;
    else
        json_put(call->out, j);
    return ST_OK;
}

static int get_member(struct pg_call *call, bool text)
{
    struct arena *a;
    struct json j;
    TRY(parse(call, &a, &j));
    return answer(call, json_member(&j, call->args[1].text), text);
}

static int get_element(struct pg_call *call, bool text)
{
    struct arena *a;
    struct json j;
    TRY(parse(call, &a, &j));
    const int64_t index = call->args[1].integer;
    if (j.kind != JSON_ARRAY) /* a scalar counts as an array of one */
        return answer(call, j.kind != JSON_OBJECT && (index == 0 || index == -1) ? &j : NULL, text);
    size_t i = index_of(&j, index);
    return answer(call, i < j.n ? &j.items[i] : NULL, text);
}

static int member(struct pg_call *call)
{
    return get_member(call, false);
}

static int member_text(struct pg_call *call)
{
    return get_member(call, true);
}

static int element(struct pg_call *call)
{
    return get_element(call, false);
}

static int element_text(struct pg_call *call)
{
    return get_element(call, true);
}

/* ---- less of it ---- */

static void drop(struct json *j, size_t i)
{
    assert(i < j->n && (j->kind == JSON_ARRAY || j->kind == JSON_OBJECT));
    memmove(&j->items[i], &j->items[i + 1], (j->n - i - 1) * sizeof *j->items);
    if (j->kind == JSON_OBJECT)
        memmove(&j->keys[i], &j->keys[i + 1], (j->n - i - 1) * sizeof *j->keys);
    j->n--;
}

static bool is_named(const struct json *j, size_t i, struct str key)
{
    if (j->kind == JSON_OBJECT)
        return str_eq(j->keys[i], key);
    return j->items[i].kind == JSON_STRING && str_eq(j->items[i].text, key);
}

static int no_scalar(struct pg_call *call, const struct json *j, const char *what)
{
    return j->kind == JSON_OBJECT || j->kind == JSON_ARRAY
               ? ST_OK
               : err_set(call->e, SQLSTATE_INVALID_PARAMETER_VALUE, "cannot %s scalar", what);
}

static void drop_named(struct json *j, struct str key)
{
    for (size_t i = j->n; i-- > 0;)
        if (is_named(j, i, key))
            drop(j, i);
}

/* j - key drops the member of that name, or all elements that are that string. j - 2 drops one element. */
static int delete_key(struct pg_call *call)
{
    struct arena *a;
    struct json j;
    TRY(parse(call, &a, &j));
    TRY(no_scalar(call, &j, "delete from"));
    drop_named(&j, call->args[1].text);
    return answer(call, &j, false);
}

static int delete_keys(struct pg_call *call)
{
    struct arena *a;
    struct json j;
    struct array_text keys;
    TRY(parse(call, &a, &j));
    TRY(no_scalar(call, &j, "delete from"));
    TRY(array_text_read(a, call->args[1].text, &keys, call->e));
    for (size_t i = 0; i < keys.n; i++)
        if (keys.items[i].p)
            drop_named(&j, keys.items[i]);
    return answer(call, &j, false);
}

static int delete_element(struct pg_call *call)
{
    struct arena *a;
    struct json j;
    TRY(parse(call, &a, &j));
    TRY(no_scalar(call, &j, "delete from"));
    if (j.kind == JSON_OBJECT)
        return err_set(call->e, SQLSTATE_INVALID_PARAMETER_VALUE,
                       "cannot delete from object using integer index");
    size_t i = index_of(&j, call->args[1].integer);
    if (i < j.n)
        drop(&j, i);
    return answer(call, &j, false);
}

/* ---- a part replaced ---- */

/* jsonb_set, jsonb_insert and #- follow a path in the same way and differ in what they do at its end. When a
 * step before the last one leads nowhere, PostgreSQL answers the value as it is. */
enum { SET_CREATES = 1, SET_INSERTS = 2, SET_AFTER = 4, SET_DELETES = 8, SET_REPLACES = 16 };

struct setting {
    struct arena *arena;
    struct array_text path;
    const struct json *with;
    int how;
    struct err *err;
};

static int add(struct setting *s, struct json *j, size_t at, struct str key)
{
    assert(at <= j->n && s->with);
    struct json *items = arena_alloc(s->arena, (j->n + 1) * sizeof *items);
    struct str *keys = j->kind == JSON_OBJECT ? arena_alloc(s->arena, (j->n + 1) * sizeof *keys) : NULL;
    if (!items || (j->kind == JSON_OBJECT && !keys))
        return err_oom(s->err);
    for (size_t i = 0; i <= j->n; i++) {
        items[i] = i < at ? j->items[i] : i == at ? *s->with : j->items[i - 1];
        if (keys)
            keys[i] = i < at ? j->keys[i] : i == at ? key : j->keys[i - 1];
    }
    j->items = items;
    j->keys = keys;
    j->n++;
    return keys ? json_sort(s->arena, j, s->err) : ST_OK;
}

static int set_at(struct setting *s, struct json *j, size_t level);

/* The found element or member i. */
static int set_found(struct setting *s, struct json *j, size_t level, size_t i)
{
    if (level + 1 < s->path.n)
        return set_at(s, &j->items[i], level + 1);
    if (s->how & SET_DELETES) {
        drop(j, i);
        return ST_OK;
    }
    if (s->how & SET_INSERTS) {
        if (j->kind == JSON_OBJECT)
            return err_set(s->err, SQLSTATE_INVALID_PARAMETER_VALUE, "cannot replace existing key");
        return add(s, j, i + ((s->how & SET_AFTER) != 0), (struct str){0});
    }
    j->items[i] = *s->with;
    return ST_OK;
}

/* One step of the path. What is added to an array goes behind its last element, or in front of its first one
 * when the index is negative and leads beyond that. */
static int set_at(struct setting *s, struct json *j, size_t level)
{
    assert(level < s->path.n);
    struct str key = s->path.items[level];
    bool last = level + 1 == s->path.n, adds = last && (s->how & (SET_CREATES | SET_INSERTS));
    int64_t index;
    if (!key.p)
        return err_set(s->err, SQLSTATE_NULL_VALUE_NOT_ALLOWED, "path element at position %zu is null",
                       level + 1);
    if (j->kind == JSON_OBJECT) {
        struct json *found = json_member(j, key);
        if (found)
            return set_found(s, j, level, (size_t)(found - j->items));
        return adds ? add(s, j, j->n, key) : ST_OK;
    }
    if (j->kind != JSON_ARRAY)
        return ST_OK;
    if (!str_to_i64(key, INT32_MIN, INT32_MAX, &index))
        return err_set(s->err, SQLSTATE_INVALID_TEXT_REPRESENTATION,
                       "path element at position %zu is not an integer: \"%.*s\"", level + 1, (int)key.n,
                       key.p);
    size_t i = index_of(j, index);
    if (i < j->n)
        return set_found(s, j, level, i);
    return adds ? add(s, j, index < 0 ? 0 : j->n, (struct str){0}) : ST_OK;
}

static int set(struct pg_call *call, int how)
{
    struct arena *a;
    struct json j, with = {.kind = JSON_NULL};
    TRY(parse(call, &a, &j));
    struct setting s = {.arena = a, .with = &with, .how = how, .err = call->e};
    TRY(no_scalar(call, &j, how & SET_DELETES ? "delete path in" : "set path in"));
    TRY(array_text_read(a, call->args[1].text, &s.path, call->e));
    if (!(how & SET_DELETES))
        TRY(json_parse(a, call->args[2].text, &with, call->e));
    bool nothing = s.path.n == 0 || (j.n == 0 && !(how & (SET_CREATES | SET_INSERTS)));
    if (!nothing)
        TRY(set_at(&s, &j, 0));
    return answer(call, &j, false);
}

static int set_path(struct pg_call *call)
{
    return set(call, call->nargs < 4 || call->args[3].boolean ? SET_CREATES : SET_REPLACES);
}

static int insert_path(struct pg_call *call)
{
    return set(call, call->nargs > 3 && call->args[3].boolean ? SET_INSERTS | SET_AFTER : SET_INSERTS);
}

static int delete_path(struct pg_call *call)
{
    return set(call, SET_DELETES);
}

/* ---- both together ---- */

static int join(struct arena *a, const struct json *x, const struct json *y, struct json *out, struct err *e)
{
    *out = (struct json){.kind = x->kind, .n = x->n + y->n};
    out->items = arena_alloc(a, (out->n + 1) * sizeof *out->items);
    out->keys = arena_alloc(a, (out->n + 1) * sizeof *out->keys);
    if (!out->items || !out->keys)
        return err_oom(e);
    for (size_t i = 0; i < out->n; i++) {
        const struct json *from = i < x->n ? x : y;
        size_t k = i < x->n ? i : i - x->n;
        out->items[i] = from->items[k];
        if (x->kind == JSON_OBJECT)
            out->keys[i] = from->keys[k];
    }
    return x->kind == JSON_OBJECT ? json_sort(a, out, e) : ST_OK;
}

/* x || y: two objects become one, in which y's members win. Otherwise both are arrays, and what is none
 * counts as an array of one element. */
static int concat(struct pg_call *call)
{
    struct arena *a;
    struct json x, y, out;
    TRY(parse_two(call, &a, &x, &y));
    const struct json one = {.kind = JSON_ARRAY, .n = 1, .items = &x};
    const struct json other = {.kind = JSON_ARRAY, .n = 1, .items = &y};
    bool objects = x.kind == JSON_OBJECT && y.kind == JSON_OBJECT;
    TRY(join(a, objects || x.kind == JSON_ARRAY ? &x : &one, objects || y.kind == JSON_ARRAY ? &y : &other,
             &out, call->e));
    return answer(call, &out, false);
}

/* ---- the whole, otherwise ---- */

/* Members that are null go at every depth; elements of arrays that are null stay. */
static void strip(struct json *j)
{
    for (size_t i = j->n; i-- > 0;)
        if (j->kind == JSON_OBJECT && j->items[i].kind == JSON_NULL)
            drop(j, i);
        else
            strip(&j->items[i]);
}

static int strip_nulls(struct pg_call *call)
{
    struct arena *a;
    struct json j;
    TRY(parse(call, &a, &j));
    strip(&j);
    return answer(call, &j, false);
}

static void new_line(struct buf *out, size_t depth)
{
    enum { INDENT = 4 };
    buf_put_u8(out, '\n');
    for (size_t i = 0; i < depth * INDENT; i++)
        buf_put_u8(out, ' ');
}

static void put_pretty(struct buf *out, const struct json *j, size_t depth)
{
    if (j->kind != JSON_ARRAY && j->kind != JSON_OBJECT) {
        json_put(out, j);
        return;
    }
    buf_put_u8(out, j->kind == JSON_ARRAY ? '[' : '{');
    for (size_t i = 0; i < j->n; i++) {
        if (i)
            buf_put_u8(out, ',');
        new_line(out, depth + 1);
        if (j->kind == JSON_OBJECT) {
            json_put_string(out, j->keys[i]);
            buf_put(out, ": ", 2);
        }
        put_pretty(out, &j->items[i], depth + 1);
    }
    new_line(out, depth);
    buf_put_u8(out, j->kind == JSON_ARRAY ? ']' : '}');
}

static int pretty(struct pg_call *call)
{
    struct arena *a;
    struct json j;
    TRY(parse(call, &a, &j));
    put_pretty(call->out, &j, 0);
    return ST_OK;
}

/* Of which only the type is looked at. */
static int no_value(struct pg_call *call)
{
    call->result.is_null = true;
    return ST_OK;
}

#define KEEPS .forget = forget

/* clang-format off: a line each */
const struct pg_function pg_jsonb_functions[] = {
    {.name = "pg_jsonb_in", .args = {PG_TEXT}, .result = PG_JSONB, .call = input, KEEPS},
    {.name = "@>", .args = {PG_JSONB, PG_JSONB}, .result = PG_BOOL, .call = contains_right, KEEPS},
    {.name = "<@", .args = {PG_JSONB, PG_JSONB}, .result = PG_BOOL, .call = contains_left, KEEPS},
    {.name = "-", .args = {PG_JSONB, PG_TEXT}, .result = PG_JSONB, .call = delete_key, KEEPS},
    {.name = "-", .args = {PG_JSONB, PG_INT4}, .result = PG_JSONB, .call = delete_element, KEEPS},
    {.name = "||", .args = {PG_JSONB, PG_JSONB}, .result = PG_JSONB, .call = concat, KEEPS},
    {.name = "->", .args = {PG_JSONB, PG_TEXT}, .result = PG_JSONB, .call = member, KEEPS},
    {.name = "->", .args = {PG_JSONB, PG_INT4}, .result = PG_JSONB, .call = element, KEEPS},
    {.name = "json_extract", .args = {PG_JSONB, PG_TEXT}, .result = PG_JSONB, .call = member, KEEPS},
    {.name = "json_extract", .args = {PG_JSONB, PG_INT4}, .result = PG_JSONB, .call = element, KEEPS},
    {.name = "->>", .args = {PG_JSONB, PG_TEXT}, .result = PG_TEXT, .call = member_text, KEEPS},
    {.name = "->>", .args = {PG_JSONB, PG_INT4}, .result = PG_TEXT, .call = element_text, KEEPS},
    {.name = "pg_json_has", .args = {PG_TEXT, PG_TEXT}, .result = PG_BOOL, .call = exists, KEEPS},
    {.name = "pg_json_has_any", .args = {PG_TEXT, PG_TEXT}, .result = PG_BOOL, .call = exists_any, KEEPS},
    {.name = "pg_json_has_all", .args = {PG_TEXT, PG_TEXT}, .result = PG_BOOL, .call = exists_all, KEEPS},
    {.name = "pg_concat_type", .args = {PG_TEXT}, .result = PG_TEXT, .call = no_value},
    {.name = "pg_concat_type", .args = {PG_JSONB}, .result = PG_JSONB, .call = no_value},
    {.name = "pg_jsonb_delete_keys",
     .args = {PG_JSONB, PG_TEXT},
     .result = PG_JSONB,
     .call = delete_keys,
     KEEPS},
    {.name = "pg_jsonb_delete_path",
     .args = {PG_JSONB, PG_TEXT},
     .result = PG_JSONB,
     .call = delete_path,
     KEEPS},
    {.name = "pg_json_typeof", .args = {PG_TEXT}, .result = PG_TEXT, .call = type_of, KEEPS},
    {.name = "pg_json_array_length", .args = {PG_TEXT}, .result = PG_INT4, .call = array_length, KEEPS},
    {.name = "pg_jsonb_set",
     .args = {PG_JSONB, PG_TEXT, PG_JSONB},
     .result = PG_JSONB,
     .call = set_path,
     KEEPS},
    {.name = "pg_jsonb_set",
     .args = {PG_JSONB, PG_TEXT, PG_JSONB, PG_BOOL},
     .result = PG_JSONB,
     .call = set_path,
     KEEPS},
    {.name = "pg_jsonb_insert",
     .args = {PG_JSONB, PG_TEXT, PG_JSONB},
     .result = PG_JSONB,
     .call = insert_path,
     KEEPS},
    {.name = "pg_jsonb_insert",
     .args = {PG_JSONB, PG_TEXT, PG_JSONB, PG_BOOL},
     .result = PG_JSONB,
     .call = insert_path,
     KEEPS},
    {.name = "pg_jsonb_strip_nulls", .args = {PG_JSONB}, .result = PG_JSONB, .call = strip_nulls, KEEPS},
    {.name = "pg_jsonb_pretty", .args = {PG_JSONB}, .result = PG_TEXT, .call = pretty, KEEPS},
    {.name = NULL},
};
/* clang-format on */
