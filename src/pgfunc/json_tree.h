/* JSON in memory, as PostgreSQL's jsonb is: keys sorted, the last of equal ones kept, numbers as numeric
 * writes them. Pure. Any thread. Source: PostgreSQL 15 manual, 8.14. */
#ifndef TAVANA_PGFUNC_JSON_TREE_H
#define TAVANA_PGFUNC_JSON_TREE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>

enum { JSON_DEPTH_MAX = 1000 }; /* brackets within each other: 54001 beyond */

enum json_kind { JSON_NULL, JSON_STRING, JSON_NUMBER, JSON_BOOL, JSON_ARRAY, JSON_OBJECT };

struct json {
    enum json_kind kind;
    bool boolean;
    struct str text;    /* of a string, without quotes and escapes; of a number */
    size_t n;           /* of an array's elements, an object's members */
    struct json *items; /* the elements or values … */
    struct str *keys;   /* … and their keys, the shorter first, then by their bytes */
};

/* A text as a tree in the arena, which may lend from the text. 22P02, 22P05, 22003, 54001, 53200. */
int json_parse(struct arena *a, struct str text, struct json *out, struct err *e);
/* The member's value; NULL: there is none, or it is no object. */
struct json *json_member(const struct json *object, struct str key);
/* Whether two values are equal as jsonb's = says: 1.0 is 1. */
bool json_is_equal(const struct json *a, const struct json *b);
/* Appends the value as jsonb shows it. */
void json_put(struct buf *out, const struct json *j);
/* Appends a text as a JSON string. */
void json_put_string(struct buf *out, struct str text);
/* Sorts an object's members, of equal keys the last stays. 53200 */
int json_sort(struct arena *a, struct json *object, struct err *e);
/* "object", "array", "string", "number", "boolean", "null" */
const char *json_kind_name(enum json_kind kind);

#endif
