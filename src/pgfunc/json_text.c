/* A text is parsed once, which says whether it is JSON; what comes after may trust it. Parts are then found
 * by their brackets and commas. The text of a jsonb is in order already, so that it is cut in the same
 * way. */
#include "pgfunc/json_text.h"

#include "base/alloc.h"
#include "base/arena.h"
#include "pgfunc/array_text.h"
#include "pgfunc/json_tree.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum { ARENA_MAX = 512 * 1024 * 1024 };

static void forget(void *kept)
{
    arena_release(kept);
    mem_free(kept);
}

/* The call's arena, emptied; and whether its first argument is JSON. */
static int check(struct pg_call *call, struct arena **out, struct json *j)
{
    *j = (struct json){0};
    if (*call->kept) {
        *out = *call->kept;
        arena_clear(*out);
    } else {
        *out = mem_calloc(1, sizeof **out);
        if (!*out)
            return err_oom(call->e);
        arena_init(*out, ARENA_MAX);
        pg_keep(call, *out);
    }
    return json_parse(*out, call->args[0].text, j, call->e);
}

/* ---- parts ---- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static size_t skip_blanks(struct str s, size_t at)
{
    while (at < s.n && is_blank(s.p[at]))
        at++;
    return at;
}

/* Behind the string that begins at `at`. */
static size_t skip_string(struct str s, size_t at)
{
    for (at++; at < s.n && s.p[at] != '"'; at++)
        at += s.p[at] == '\\';
    return at + 1 < s.n ? at + 1 : s.n;
}

/* Behind the value that begins at `at`. */
static size_t skip_value(struct str s, size_t at)
{
    size_t depth = 0;
    while (at < s.n) {
        char c = s.p[at];
        if (c == '"') {
            at = skip_string(s, at);
        } else if (depth == 0 && (is_blank(c) || c == ',' || c == ']' || c == '}')) {
            return at;
        } else {
            depth += c == '[' || c == '{';
            depth -= c == ']' || c == '}';
            at++;
        }
        if (depth == 0 && (c == '"' || c == ']' || c == '}'))
            return at;
    }
    return s.n;
}

/* Of an array or object, one after the other. */
struct parts {
    struct str s;
    size_t at;
    bool object;
    struct str key, value; /* the key with its quotes */
};

static void parts_init(struct parts *p, struct str s)
{
    size_t at = skip_blanks(s, 0);
    *p = (struct parts){.s = s, .at = at + 1, .object = at < s.n && s.p[at] == '{'};
}

/* On to the next part; false: there is none. The text is JSON, so that a comma, a colon and a value stand
 * where they have to. */
static bool parts_next(struct parts *p)
{
    size_t at = skip_blanks(p->s, p->at);
    if (at < p->s.n && p->s.p[at] == ',')
        at = skip_blanks(p->s, at + 1);
    if (at >= p->s.n || p->s.p[at] == ']' || p->s.p[at] == '}')
        return false;
    if (p->object) {
        size_t from = at;
        at = skip_string(p->s, at);
        p->key = (struct str){p->s.p + from, at - from};
        at = skip_blanks(p->s, at);
        at = skip_blanks(p->s, at + 1); /* the colon */
    }
    p->at = skip_value(p->s, at);
    p->value = (struct str){p->s.p + at, p->at - at};
    assert(p->value.n > 0 && p->at <= p->s.n); /* json_parse has seen to it */
    return true;
}

static bool is_null(struct str value)
{
    return str_eq(value, STR("null"));
}

/* A string without its quotes and escapes. */
static int unquote(struct arena *a, struct str quoted, struct str *out, struct err *e)
{
    struct json j;
    TRY(json_parse(a, quoted, &j, e));
    *out = j.text;
    return ST_OK;
}

/* A value as ->> gives it, as the next item of a list. */
static int put_item(struct pg_call *call, struct arena *a, struct str value, bool text)
{
    if (text && is_null(value)) {
        pg_put_null(call);
        return ST_OK;
    }
    if (text && value.p[0] == '"')
        TRY(unquote(a, value, &value, call->e));
    pg_put_text(call, value);
    return ST_OK;
}

/* ---- lists ---- */

static int wrong(struct pg_call *call, const char *what, const struct json *j)
{
    return err_set(call->e, SQLSTATE_INVALID_PARAMETER_VALUE, "cannot %s %s", what,
                   j->kind == JSON_OBJECT  ? "an object"
                   : j->kind == JSON_ARRAY ? "an array"
                                           : "a scalar");
}

/* An array's elements as a list. A json keeps its text as it was written, so that each is cut out of it. */
static int list_elements(struct pg_call *call, bool text)
{
    struct arena *a;
    struct json j;
    struct parts p;
    TRY(check(call, &a, &j));
    if (j.kind != JSON_ARRAY)
        return wrong(call, "extract elements from", &j);
    parts_init(&p, call->args[0].text);
    while (parts_next(&p))
        TRY(put_item(call, a, p.value, text));
    return ST_OK;
}

static int elements(struct pg_call *call)
{
    return list_elements(call, false);
}

static int elements_text(struct pg_call *call)
{
    return list_elements(call, true);
}

/* An object's keys and values, in turn; the width says that two items belong together. */
static int list_pairs(struct pg_call *call, bool text)
{
    struct arena *a;
    struct json j;
    struct parts p;
    TRY(check(call, &a, &j));
    if (j.kind != JSON_OBJECT)
        return wrong(call, "deconstruct", &j);
    call->width = 2;
    parts_init(&p, call->args[0].text);
    while (parts_next(&p)) {
        TRY(put_item(call, a, p.key, true));
        TRY(put_item(call, a, p.value, text));
    }
    return ST_OK;
}

static int pairs(struct pg_call *call)
{
    return list_pairs(call, false);
}

static int pairs_text(struct pg_call *call)
{
    return list_pairs(call, true);
}

/* An object's keys as they stand there: one that is repeated is listed again. The second argument is the
 * function that was called, which PostgreSQL's error names. */
static int keys(struct pg_call *call)
{
    struct arena *a;
    struct json j;
    struct parts p;
    char what[64];
    struct str name = call->args[1].text;
    TRY(check(call, &a, &j));
    (void)snprintf(what, sizeof what, "call %.*s on", name.n < 40 ? (int)name.n : 40, name.p);
    if (j.kind != JSON_OBJECT)
        return wrong(call, what, &j);
    parts_init(&p, call->args[0].text);
    while (parts_next(&p))
        TRY(put_item(call, a, p.key, true));
    return ST_OK;
}

/* What json_to_record takes: one object. Its own text. */
static int record(struct pg_call *call)
{
    struct arena *a;
    struct json j;
    TRY(check(call, &a, &j));
    if (j.kind != JSON_OBJECT)
        return wrong(call, "call populate_composite on", &j);
    call->result.text = call->args[0].text;
    return ST_OK;
}

/* What json_to_recordset takes: objects. */
static int records(struct pg_call *call)
{
    struct arena *a;
    struct json j;
    struct parts p;
    TRY(check(call, &a, &j));
    if (j.kind != JSON_ARRAY)
        return wrong(call, "call json_to_recordset on", &j);
    parts_init(&p, call->args[0].text);
    for (size_t i = 0; parts_next(&p); i++) {
        if (i >= j.n || j.items[i].kind != JSON_OBJECT)
            return err_set(call->e, SQLSTATE_INVALID_PARAMETER_VALUE,
                           "argument of json_to_recordset must be an array of objects");
        pg_put_text(call, p.value);
    }
    return ST_OK;
}

/* ---- one part ---- */

/* The last member of this name, as in a jsonb. *found false: there is none. */
static int find_member(struct arena *a, struct str object, struct str key, struct str *out, bool *found,
                       struct err *e)
{
    struct parts p;
    *found = false;
    parts_init(&p, object);
    while (p.object && parts_next(&p)) {
        struct str name;
        TRY(unquote(a, p.key, &name, e));
        if (str_eq(name, key)) {
            *out = p.value;
            *found = true;
        }
    }
    return ST_OK;
}

/* The element of this index, which counts from the end when it is negative. */
static bool find_element(struct str array, int64_t index, struct str *out)
{
    struct parts p;
    int64_t n = 0;
    if (index < 0) {
        parts_init(&p, array);
        while (parts_next(&p))
            n++;
        index += n;
    }
    parts_init(&p, array);
    for (int64_t i = 0; index >= 0 && parts_next(&p); i++)
        if (i == index) {
            *out = p.value;
            return true;
        }
    return false;
}

static int answer(struct pg_call *call, struct arena *a, struct str value, bool found, bool text)
{
    call->result.is_null = !found || (text && is_null(value));
    if (call->result.is_null)
        return ST_OK;
    if (text && value.p[0] == '"')
        TRY(unquote(a, value, &value, call->e));
    call->result.text = value.n ? value : STR("");
    return ST_OK;
}

/* What #> and json_extract_path find: each step is a key of an object or an index of an array. */
static int get_path(struct pg_call *call, bool text)
{
    struct arena *a;
    struct json j;
    struct array_text path;
    TRY(check(call, &a, &j));
    TRY(array_text_read(a, call->args[1].text, &path, call->e));
    struct str at = call->args[0].text;
    size_t from = skip_blanks(at, 0);
    if (path.n > 0)
        at = (struct str){at.p + from, skip_value(at, from) - from};
    bool found = true;
    for (size_t i = 0; i < path.n && found; i++) {
        int64_t index;
        found = path.items[i].p != NULL && at.n > 0;
        if (found && at.p[0] == '{')
            TRY(find_member(a, at, path.items[i], &at, &found, call->e));
        else if (found)
            found = at.p[0] == '[' && str_to_i64(path.items[i], INT32_MIN, INT32_MAX, &index) &&
                    find_element(at, index, &at);
    }
    return answer(call, a, at, found, text);
}

static int path(struct pg_call *call)
{
    return get_path(call, false);
}

static int path_text(struct pg_call *call)
{
    return get_path(call, true);
}

/* A member that becomes a column: null is NULL. */
static int get_field(struct pg_call *call, bool text)
{
    struct arena *a;
    struct json j;
    struct str value = {0};
    bool found;
    TRY(check(call, &a, &j));
    TRY(find_member(a, call->args[0].text, call->args[1].text, &value, &found, call->e));
    return answer(call, a, value, found && !is_null(value), text);
}

static int field(struct pg_call *call)
{
    return get_field(call, false);
}

static int field_text(struct pg_call *call)
{
    return get_field(call, true);
}

/* ---- the whole, otherwise ---- */

/* Without blanks and, in objects, without members that are null. */
static void put_stripped(struct buf *out, struct str value)
{
    assert(value.n > 0);
    struct parts p;
    bool first = true;
    if (value.p[0] != '{' && value.p[0] != '[') {
        buf_put(out, value.p, value.n);
        return;
    }
    parts_init(&p, value);
    buf_put_u8(out, (uint8_t)value.p[0]);
    while (parts_next(&p)) {
        if (p.object && is_null(p.value))
            continue;
        if (!first)
            buf_put_u8(out, ',');
        first = false;
        if (p.object) {
            buf_put(out, p.key.p, p.key.n);
            buf_put_u8(out, ':');
        }
        put_stripped(out, p.value); /* as deep as json_parse has gone, and no deeper */
    }
    buf_put_u8(out, value.p[0] == '{' ? '}' : ']');
}

static int strip_nulls(struct pg_call *call)
{
    struct arena *a;
    struct json j;
    TRY(check(call, &a, &j));
    struct str all = call->args[0].text;
    size_t from = skip_blanks(all, 0);
    put_stripped(call->out, (struct str){all.p + from, skip_value(all, from) - from});
    return ST_OK;
}

/* The arena, without a look at the first argument. */
static int arena_of(struct pg_call *call, struct arena **out)
{
    struct pg_value none = {.text = STR("0")};
    struct pg_call other = *call;
    struct json j;
    other.args = &none;
    return check(&other, out, &j);
}

/* json_object('{a,1,b,2}') and json_object('{a,b}', '{1,2}'). */
static int object_of(struct pg_call *call)
{
    struct arena *a;
    struct array_text names, values;
    bool two = call->nargs > 1;
    TRY(arena_of(call, &a));
    struct str first = call->args[0].text;
    if (first.n > 1 && (first.p[1] == '{' || first.p[1] == '['))
        return err_set(call->e, SQLSTATE_FEATURE_NOT_SUPPORTED,
                       "json_object of an array of two dimensions is not supported");
    TRY(array_text_read(a, call->args[0].text, &names, call->e));
    if (two)
        TRY(array_text_read(a, call->args[1].text, &values, call->e));
    if (two ? names.n != values.n : names.n % 2 != 0)
        return err_set(call->e, SQLSTATE_ARRAY_SUBSCRIPT_ERROR,
                       two ? "mismatched array dimensions" : "array must have even number of elements");
    buf_put_u8(call->out, '{');
    for (size_t i = 0; i < names.n; i += two ? 1 : 2) {
        struct str value = two ? values.items[i] : names.items[i + 1];
        if (!names.items[i].p)
            return err_set(call->e, SQLSTATE_NULL_VALUE_NOT_ALLOWED, "null value not allowed for object key");
        if (i)
            buf_put(call->out, ", ", 2);
        json_put_string(call->out, names.items[i]);
        buf_put(call->out, " : ", 3);
        if (value.p)
            json_put_string(call->out, value);
        else
            buf_put(call->out, "null", 4);
    }
    buf_put_u8(call->out, '}');
    return ST_OK;
}

#define KEEPS .forget = forget

/* clang-format off: a line each */
const struct pg_function pg_json_text_functions[] = {
    {.name = "pg_json_elements", .args = {PG_TEXT}, .result = PG_TEXTS, .call = elements, KEEPS},
    {.name = "pg_json_elements_text", .args = {PG_TEXT}, .result = PG_TEXTS, .call = elements_text, KEEPS},
    {.name = "pg_json_pairs", .args = {PG_TEXT}, .result = PG_TEXTS_LIST, .call = pairs, KEEPS},
    {.name = "pg_json_pairs_text", .args = {PG_TEXT}, .result = PG_TEXTS_LIST, .call = pairs_text, KEEPS},
    {.name = "pg_json_keys", .args = {PG_TEXT, PG_TEXT}, .result = PG_TEXTS, .call = keys, KEEPS},
    {.name = "pg_json_record", .args = {PG_TEXT}, .result = PG_JSON, .call = record, KEEPS},
    {.name = "pg_json_records", .args = {PG_TEXT}, .result = PG_TEXTS, .call = records, KEEPS},
    {.name = "pg_json_field", .args = {PG_TEXT, PG_TEXT}, .result = PG_JSON, .call = field, KEEPS},
    {.name = "pg_json_field_text", .args = {PG_TEXT, PG_TEXT}, .result = PG_TEXT, .call = field_text, KEEPS},
    {.name = "pg_json_path", .args = {PG_JSONB, PG_TEXT}, .result = PG_JSONB, .call = path, KEEPS},
    {.name = "pg_json_path", .args = {PG_JSON, PG_TEXT}, .result = PG_JSON, .call = path, KEEPS},
    {.name = "pg_json_path", .args = {PG_TEXT, PG_TEXT}, .result = PG_JSON, .call = path, KEEPS},
    {.name = "pg_json_path_text", .args = {PG_TEXT, PG_TEXT}, .result = PG_TEXT, .call = path_text, KEEPS},
    {.name = "pg_json_strip_nulls", .args = {PG_TEXT}, .result = PG_JSON, .call = strip_nulls, KEEPS},
    {.name = "pg_json_object_of", .args = {PG_TEXT}, .result = PG_JSON, .call = object_of, KEEPS},
    {.name = "pg_json_object_of", .args = {PG_TEXT, PG_TEXT}, .result = PG_JSON, .call = object_of, KEEPS},
    {.name = NULL},
};
/* clang-format on */
