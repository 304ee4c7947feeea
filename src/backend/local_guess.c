#include "backend/local_guess.h"

#include "base/str.h"
#include "pgtype/oid.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

enum { ARGS_MAX = 3 };

const char local_numeric_cast[] = "DECIMAL(38,10)", local_numeric_list_cast[] = "DECIMAL(38,10)[]";

#define INTEGER                                                                                              \
    {                                                                                                        \
        "INTEGER", PGTYPE_INT4                                                                               \
    }
#define DOUBLE                                                                                               \
    {                                                                                                        \
        "DOUBLE", PGTYPE_FLOAT8                                                                              \
    }
#define NUMERIC                                                                                              \
    {                                                                                                        \
        local_numeric_cast, PGTYPE_NUMERIC                                                                   \
    }
#define DATE                                                                                                 \
    {                                                                                                        \
        "DATE", PGTYPE_DATE                                                                                  \
    }
#define TIME                                                                                                 \
    {                                                                                                        \
        "TIME", PGTYPE_TIME                                                                                  \
    }
#define TIMESTAMP                                                                                            \
    {                                                                                                        \
        "TIMESTAMP", PGTYPE_TIMESTAMP                                                                        \
    }
#define TIMESTAMPTZ                                                                                          \
    {                                                                                                        \
        "TIMESTAMP WITH TIME ZONE", PGTYPE_TIMESTAMPTZ                                                       \
    }
#define INTERVAL                                                                                             \
    {                                                                                                        \
        "INTERVAL", PGTYPE_INTERVAL                                                                          \
    }
#define JSONB                                                                                                \
    {                                                                                                        \
        "pg_jsonb", PGTYPE_JSONB                                                                             \
    }

/* What a call wants beside an operand; operand NULL: beside any, and alone. */
static const struct {
    const char *call, *operand;
    struct local_guess guess;
} wanted[] = {
    {"+", "TIMESTAMP", INTERVAL},
    {"+", "TIMESTAMP WITH TIME ZONE", INTERVAL},
    {"+", "TIME", INTERVAL},
    {"-", "DATE", DATE},
    {"*", "INTERVAL", DOUBLE},
    {"pg_modulo", "INTERVAL", DOUBLE}, /* local_params.c asks so about divisions */
    {"@>", "pg_jsonb", JSONB},
    {"<@", "pg_jsonb", JSONB},
    {"timezone", NULL, TIMESTAMPTZ},
    {"age", NULL, TIMESTAMPTZ},
    {"date_trunc", NULL, TIMESTAMPTZ},
    {"date_part", NULL, TIMESTAMPTZ},
    {"justify_days", NULL, INTERVAL},
    {"justify_hours", NULL, INTERVAL},
    {"justify_interval", NULL, INTERVAL},
    {"round", "INTEGER_LITERAL", NUMERIC},
    {"trunc", "INTEGER_LITERAL", NUMERIC},
};

/* How the engine names an operand, and what is beside it elsewhere. */
static const struct {
    const char *operand;
    struct local_guess guess;
} beside[] = {
    {"INTEGER_LITERAL", INTEGER},
    {"INTEGER", INTEGER},
    {"SMALLINT", {"SMALLINT", PGTYPE_INT2}},
    {"TINYINT", INTEGER},
    {"BIGINT", {"BIGINT", PGTYPE_INT8}},
    {"DOUBLE", DOUBLE},
    {"FLOAT", {"FLOAT", PGTYPE_FLOAT4}},
    {"DECIMAL", NUMERIC},
    {"HUGEINT", NUMERIC},
    {"TIMESTAMP", TIMESTAMP},
    {"TIMESTAMP WITH TIME ZONE", TIMESTAMPTZ},
    {"TIME", TIME},
    {"INTERVAL", INTERVAL},
};

/* Of numbers, these take whole ones; all others prefer doubles. */
static const char *const of_operands[] = {"mod", "gcd", "lcm", "pg_modulo"};
static const struct local_guess of_functions = DOUBLE;

struct call {
    struct str name, args[ARGS_MAX];
    size_t n;
};

static bool read_call(const char *message, struct call *out)
{
    static const char before[] = "argument types '";
    const char *name = strstr(message, before), *open, *end;
    if (!name || !(open = strchr(name += sizeof before - 1, '(')) || !(end = strstr(open, ")'")))
        return false;
    *out = (struct call){.name = {name, (size_t)(open - name)}};
    for (const char *at = open + 1; at < end && out->n < ARGS_MAX;) {
        const char *stop = strstr(at, ", ");
        if (!stop || stop > end)
            stop = end;
        out->args[out->n++] = (struct str){at, (size_t)(stop - at)};
        at = stop + 2;
    }
    return true;
}

/* DECIMAL(8,2) is a DECIMAL. */
static struct str bare(struct str type)
{
    const char *bracket = type.n ? memchr(type.p, '(', type.n) : NULL;
    return bracket ? (struct str){type.p, (size_t)(bracket - type.p)} : type;
}

static bool is_operator(struct str call)
{
    char c = call.n ? call.p[0] : '+';
    return c != '_' && !((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

const struct local_guess *local_guess_from(const char *message)
{
    struct call call;
    struct str operand = {NULL, 0};
    bool text = false;
    if (!read_call(message, &call))
        return NULL;
    for (size_t i = 0; i < call.n; i++)
        if (!text && str_eq(call.args[i], STR("VARCHAR")))
            text = true;
        else if (!operand.p)
            operand = bare(call.args[i]);
    if (!text)
        return NULL;
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
        if (str_eq(call.name, str_of(wanted[i].call)) &&
            (!wanted[i].operand || str_eq(operand, str_of(wanted[i].operand))))
            return &wanted[i].guess;
    bool by_operand = is_operator(call.name);
    for (size_t i = 0; i < sizeof of_operands / sizeof of_operands[0]; i++)
        by_operand |= str_eq(call.name, str_of(of_operands[i]));
    if (!by_operand)
        return &of_functions;
    for (size_t i = 0; i < sizeof beside / sizeof beside[0]; i++)
        if (operand.p && str_eq(operand, str_of(beside[i].operand)))
            return &beside[i].guess;
    return NULL;
}
