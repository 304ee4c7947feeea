#include "sql/declared.h"

#include "sql/limit.h"
#include "sql/type.h"

#include <stdio.h>
#include <string.h>

#define MARK "/*:"

/* Of pg_type. */
enum {
    OID_CHAR = 18,
    OID_TEXT = 25,
    OID_BPCHAR = 1042,
    OID_VARCHAR = 1043,
    OID_TIME = 1083,
    OID_TIMESTAMP = 1114,
    OID_TIMESTAMPTZ = 1184,
    OID_INTERVAL = 1186,
    OID_TIMETZ = 1266,
    OID_BIT = 1560,
    OID_VARBIT = 1562,
    OID_NUMERIC = 1700,
};

enum { VARLENA_HEADER = 4 };

/* Types, and what the engine has for them. */
static const struct {
    uint32_t oid, engine;
} types[] = {
    {OID_CHAR, OID_TEXT},           {OID_BPCHAR, OID_TEXT},
    {OID_VARCHAR, OID_TEXT},        {OID_BIT, OID_VARBIT},
    {OID_VARBIT, OID_VARBIT},       {OID_TIME, OID_TIME},
    {OID_TIMESTAMP, OID_TIMESTAMP}, {OID_TIMESTAMPTZ, OID_TIMESTAMPTZ},
    {OID_TIMETZ, OID_TIMETZ},       {OID_INTERVAL, OID_INTERVAL},
    {OID_NUMERIC, OID_NUMERIC},
};

/* The bits of an interval's fields in its modifier, in their order. Source: PostgreSQL 15's answers. */
static const struct {
    const char *name;
    int32_t bit;
} fields[] = {{"year", 1 << 2},  {"month", 1 << 1},   {"day", 1 << 3},
              {"hour", 1 << 10}, {"minute", 1 << 11}, {"second", 1 << 12}};

enum {
    FIELDS = sizeof fields / sizeof *fields,
    FIELDS_ALL = 0x7FFF,
    PRECISION_ALL = 0xFFFF,
    FIELDS_SHIFT = 16
};

/* interval(3), interval day to minute; 0: neither. */
static int32_t interval_typmod(const struct sql_type *t)
{
    enum { DIGITS_MAX = 6 };
    int32_t range = 0, precision = t->nmods ? t->mods[0] : PRECISION_ALL;
    bool within = false;
    if ((!t->nmods && !t->first_field.p) || (t->nmods && (precision < 0 || precision > DIGITS_MAX)))
        return 0;
    for (size_t i = 0; t->first_field.p && i < FIELDS; i++) {
        bool first = str_ieq(t->first_field, str_of(fields[i].name)),
             last = t->last_field.p ? str_ieq(t->last_field, str_of(fields[i].name)) : first;
        within |= first;
        range |= within ? fields[i].bit : 0;
        within &= !last;
    }
    return (t->first_field.p ? range : FIELDS_ALL) << FIELDS_SHIFT | precision;
}

void sql_declared_of(const struct sql_type *t, struct sql_declared *out)
{
    struct sql_limit limit;
    struct err e;
    bool quoted_char = t->quoted && str_eq(t->name, STR("char"));
    *out = (struct sql_declared){0};
    err_init(&e);
    if (t->array)
        return;
    if (quoted_char && t->nmods == 0)
        *out = (struct sql_declared){OID_CHAR, -1};
    else if (sql_limit_of(t, &limit, &e) == ST_OK && limit.kind != SQL_LIMIT_NONE)
        *out = (struct sql_declared){sql_limit_oid(&limit), sql_limit_typmod(&limit)};
    else if (str_ieq(t->name, STR("interval")) && interval_typmod(t))
        *out = (struct sql_declared){OID_INTERVAL, interval_typmod(t)};
    else if (err_is_set(&e) || t->nmods > 0)
        return;
    else if (t->varying ? !str_ieq(t->name, STR("bit")) : str_ieq(t->name, STR("varchar")))
        *out = (struct sql_declared){OID_VARCHAR, -1};
    else if (str_ieq(t->name, STR("numeric")) || str_ieq(t->name, STR("decimal")))
        *out = (struct sql_declared){OID_NUMERIC, -1};
    else if (str_ieq(t->name, STR("bpchar")))
        *out = (struct sql_declared){OID_BPCHAR, -1};
}

/* A colon tells it from comments of people, which seldom begin with one. */
void sql_declared_put(const struct sql_declared *d, char out[static SQL_DECLARED_MAX])
{
    (void)snprintf(out, SQL_DECLARED_MAX, " " MARK "%lu,%ld*/", (unsigned long)d->oid, (long)d->typmod);
}

bool sql_declared_read(struct str gap, struct sql_declared *out)
{
    const struct str mark = STR(MARK);
    int64_t oid, typmod;
    *out = (struct sql_declared){0};
    while (gap.n && gap.p[0] == ' ')
        gap = (struct str){gap.p + 1, gap.n - 1};
    if (gap.n <= mark.n || memcmp(gap.p, mark.p, mark.n) != 0)
        return false;
    gap = (struct str){gap.p + mark.n, gap.n - mark.n};
    const char *comma = memchr(gap.p, ',', gap.n), *end = memchr(gap.p, '*', gap.n);
    if (!comma || !end || comma > end ||
        !str_to_i64((struct str){gap.p, (size_t)(comma - gap.p)}, 1, UINT32_MAX, &oid) ||
        !str_to_i64((struct str){comma + 1, (size_t)(end - comma - 1)}, -1, INT32_MAX, &typmod))
        return false;
    *out = (struct sql_declared){(uint32_t)oid, (int32_t)typmod};
    return true;
}

bool sql_declared_fits(const struct sql_declared *d, uint32_t engine_oid)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (types[i].oid == d->oid)
            return types[i].engine == engine_oid;
    return false;
}

int32_t sql_declared_padding(const struct sql_declared *d)
{
    return d->oid == OID_BPCHAR && d->typmod > VARLENA_HEADER ? d->typmod - VARLENA_HEADER : 0;
}
