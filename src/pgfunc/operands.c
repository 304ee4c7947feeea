#include "pgfunc/operands.h"

#include <ctype.h>
#include <string.h>

enum { SHOWN_MAX = 256 };

static bool is_any(struct str type, const char *const *names)
{
    for (; *names; names++)
        if (str_eq(type, str_of(*names)))
            return true;
    return false;
}

static bool is_list(struct str type)
{
    return type.n > 0 && type.p[type.n - 1] == ']';
}

static bool begins(struct str type, struct str with)
{
    return type.n >= with.n && memcmp(type.p, with.p, with.n) == 0;
}

static bool is_decimal(struct str type)
{
    return begins(type, STR("DECIMAL("));
}

/* ---- texts ---- */

static bool is_shown(struct str type)
{
    static const char *const names[] = {"DOUBLE",
                                        "FLOAT",
                                        "BLOB",
                                        "DATE",
                                        "INTERVAL",
                                        "TIMESTAMP",
                                        "TIMESTAMP WITH TIME ZONE",
                                        "TIME",
                                        "TIME WITH TIME ZONE",
                                        "DECIMAL(38,10)",
                                        "pg_tstzrange",
                                        "pg_tstzmultirange",
                                        NULL};
    return is_list(type) || begins(type, STR("STRUCT(")) || is_any(type, names);
}

static int shown(struct pg_call *call)
{
    call->result.boolean = is_shown(call->args[0].text);
    return ST_OK;
}

static int joins_shown(struct pg_call *call)
{
    const struct str type = call->args[0].text;
    if (str_eq(type, STR("pg_jsonb")))
        return err_set(call->e, SQLSTATE_FEATURE_NOT_SUPPORTED,
                       "jsonb || a literal that is no object or array is not supported");
    if (is_list(type))
        return err_set(call->e, SQLSTATE_INVALID_TEXT_REPRESENTATION, "malformed array literal");
    call->result.boolean = is_shown(type);
    return ST_OK;
}

/* ---- casts ---- */

/* The names of types that a cast refuses, but for decimals: each type's own list ends with NULL. */
static const struct target {
    const char *name;
    const char *const *refused;
    bool refuses_decimals;
} targets[] = {
    {"boolean",
     (const char *const[]){"SMALLINT", "BIGINT", "HUGEINT", "FLOAT", "DOUBLE", "JSON", "UUID", "DATE",
                           "INTERVAL", NULL},
     true},
    {"numeric", (const char *const[]){"BOOLEAN", "JSON", NULL}, false},
    {"oid", (const char *const[]){"BOOLEAN", "FLOAT", "DOUBLE", "UUID", "JSON", "pg_jsonb", NULL}, true},
};

/* PostgreSQL's name of one of those types. */
static const char *shown_name(struct str type, char *room, size_t size)
{
    static const char *const others[][2] = {
        {"HUGEINT", "numeric"}, {"DOUBLE", "double precision"}, {"FLOAT", "real"}, {"pg_jsonb", "jsonb"}};
    if (is_decimal(type))
        return "numeric";
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (str_eq(type, str_of(others[i][0])))
            return others[i][1];
    size_t n = type.n < size ? type.n : size - 1;
    for (size_t i = 0; i < n; i++)
        room[i] = (char)tolower((unsigned char)type.p[i]);
    room[n] = '\0';
    return room;
}

static int casts(struct pg_call *call)
{
    const struct str type = call->args[0].text, to = call->args[1].text;
    const struct target *t = NULL;
    char room[SHOWN_MAX];
    for (size_t i = 0; i < sizeof targets / sizeof *targets && !t; i++)
        t = str_eq(to, str_of(targets[i].name)) ? &targets[i] : NULL;
    if (t && (is_any(type, t->refused) || (t->refuses_decimals && is_decimal(type))))
        return err_set(call->e, SQLSTATE_CANNOT_COERCE, "cannot cast type %s to %s",
                       shown_name(type, room, sizeof room), t->name);
    call->result.boolean = true;
    return ST_OK;
}

/* clang-format off: a line each */
const struct pg_function pg_operand_functions[] = {
    {.name = "pg_is_shown", .args = {PG_TEXT}, .result = PG_BOOL, .call = shown},
    {.name = "pg_joins_shown", .args = {PG_TEXT}, .result = PG_BOOL, .call = joins_shown},
    {.name = "pg_casts", .args = {PG_TEXT, PG_TEXT}, .result = PG_BOOL, .call = casts},
    {.name = NULL},
};
/* clang-format on */
