/* One table of the types; names are PostgreSQL's format_type's. */
#include "sql/limit.h"

#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    CHECK_TEXT_MAX = 64 * 1024,
    AROUND_MAX = 128,
    CHARACTERS_MAX = 10485760,
    BITS_MAX = 83886080,
    DIGITS_MAX = 6,
    VARLENA_HEADER = 4
};

/* Of pg_type. */
enum {
    OID_BPCHAR = 1042,
    OID_VARCHAR = 1043,
    OID_TIME = 1083,
    OID_TIMESTAMP = 1114,
    OID_TIMESTAMPTZ = 1184,
    OID_TIMETZ = 1266,
    OID_BIT = 1560,
    OID_VARBIT = 1562,
};

/* The name of each type as PostgreSQL shows it, and its typmod. That of a character type also counts the four
 * bytes of a header, which PostgreSQL stores in front of a value. */
static const struct {
    const char *before, *after; /* of the number in the type's name */
    uint32_t oid;
    int32_t added; /* to n, for the typmod */
    int32_t max;
} kinds[] = {
    [SQL_LIMIT_VARCHAR] = {"character varying(", ")", OID_VARCHAR, VARLENA_HEADER, CHARACTERS_MAX},
    [SQL_LIMIT_CHAR] = {"character(", ")", OID_BPCHAR, VARLENA_HEADER, CHARACTERS_MAX},
    [SQL_LIMIT_BIT] = {"bit(", ")", OID_BIT, 0, BITS_MAX},
    [SQL_LIMIT_VARBIT] = {"bit varying(", ")", OID_VARBIT, 0, BITS_MAX},
    [SQL_LIMIT_TIME] = {"time(", ") without time zone", OID_TIME, 0, DIGITS_MAX},
    [SQL_LIMIT_TIMETZ] = {"time(", ") with time zone", OID_TIMETZ, 0, DIGITS_MAX},
    [SQL_LIMIT_TIMESTAMP] = {"timestamp(", ") without time zone", OID_TIMESTAMP, 0, DIGITS_MAX},
    [SQL_LIMIT_TIMESTAMPTZ] = {"timestamp(", ") with time zone", OID_TIMESTAMPTZ, 0, DIGITS_MAX},
};

enum { KINDS = sizeof kinds / sizeof *kinds };

/* The kind of limit by the type's name. VARYING or WITH TIME ZONE behind the name makes it another kind. */
static enum sql_limit_kind kind_of(const struct sql_type *t)
{
    static const struct {
        const char *name;
        enum sql_limit_kind plain, varying, zone;
    } names[] = {
        {"varchar", SQL_LIMIT_VARCHAR, SQL_LIMIT_VARCHAR, SQL_LIMIT_NONE},
        {"character", SQL_LIMIT_CHAR, SQL_LIMIT_VARCHAR, SQL_LIMIT_NONE},
        {"char", SQL_LIMIT_CHAR, SQL_LIMIT_VARCHAR, SQL_LIMIT_NONE},
        {"nchar", SQL_LIMIT_CHAR, SQL_LIMIT_VARCHAR, SQL_LIMIT_NONE},
        {"bpchar", SQL_LIMIT_CHAR, SQL_LIMIT_NONE, SQL_LIMIT_NONE},
        {"bit", SQL_LIMIT_BIT, SQL_LIMIT_VARBIT, SQL_LIMIT_NONE},
        {"varbit", SQL_LIMIT_VARBIT, SQL_LIMIT_NONE, SQL_LIMIT_NONE},
        {"time", SQL_LIMIT_TIME, SQL_LIMIT_NONE, SQL_LIMIT_TIMETZ},
        {"timetz", SQL_LIMIT_TIMETZ, SQL_LIMIT_NONE, SQL_LIMIT_NONE},
        {"timestamp", SQL_LIMIT_TIMESTAMP, SQL_LIMIT_NONE, SQL_LIMIT_TIMESTAMPTZ},
        {"timestamptz", SQL_LIMIT_TIMESTAMPTZ, SQL_LIMIT_NONE, SQL_LIMIT_NONE},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (str_ieq(t->name, str_of(names[i].name)))
            return t->varying ? names[i].varying : t->zone ? names[i].zone : names[i].plain;
    return SQL_LIMIT_NONE;
}

/* CHAR and BIT without a number have the length 1. Other types without a number have no limit. */
static bool is_bare_one(const struct sql_type *t, enum sql_limit_kind kind)
{
    return (kind == SQL_LIMIT_CHAR && !str_ieq(t->name, STR("bpchar"))) || kind == SQL_LIMIT_BIT;
}

int sql_limit_of(const struct sql_type *t, struct sql_limit *out, struct err *e)
{
    *out = (struct sql_limit){.kind = t->array || t->quoted ? SQL_LIMIT_NONE : kind_of(t)};
    if (out->kind == SQL_LIMIT_NONE)
        return ST_OK;
    if (t->nmods == 0 && !is_bare_one(t, out->kind)) {
        out->kind = SQL_LIMIT_NONE;
        return ST_OK;
    }
    out->n = t->nmods ? t->mods[0] : 1; /* char is char(1), bit is bit(1) */
    bool moment = out->kind >= SQL_LIMIT_TIME;
    if (moment && out->n > DIGITS_MAX)
        out->n = DIGITS_MAX; /* as PostgreSQL, which warns */
    if (out->n < (moment ? 0 : 1))
        return err_set(e, SQLSTATE_INVALID_PARAMETER_VALUE, "length for type %.*s must be at least 1",
                       (int)t->name.n, t->name.p);
    if (out->n > kinds[out->kind].max)
        return err_set(e, SQLSTATE_INVALID_PARAMETER_VALUE, "length for type %.*s cannot exceed %d",
                       (int)t->name.n, t->name.p, (int)kinds[out->kind].max);
    return ST_OK;
}

void sql_limit_name(const struct sql_limit *l, char out[static SQL_LIMIT_NAME_MAX])
{
    (void)snprintf(out, SQL_LIMIT_NAME_MAX, "%s%d%s", kinds[l->kind].before, (int)l->n, kinds[l->kind].after);
}

bool sql_limit_read(struct str name, struct sql_limit *out)
{
    for (int kind = SQL_LIMIT_VARCHAR; kind < KINDS; kind++) {
        struct str before = str_of(kinds[kind].before), after = str_of(kinds[kind].after);
        if (name.n <= before.n + after.n || !str_eq((struct str){name.p, before.n}, before) ||
            !str_eq((struct str){name.p + name.n - after.n, after.n}, after))
            continue;
        int64_t n = 0;
        size_t i = before.n;
        for (; i < name.n - after.n && name.p[i] >= '0' && name.p[i] <= '9' && n <= BITS_MAX; i++)
            n = n * 10 + name.p[i] - '0';
        if (i < name.n - after.n || n > kinds[kind].max)
            continue;
        *out = (struct sql_limit){(enum sql_limit_kind)kind, (int32_t)n};
        return true;
    }
    return false;
}

/* The condition under which a value does not fit, and what is said of it before the type. */
static void put_when(struct buf *b, const struct sql_limit *l, struct str c, const char **words)
{
    int unit = 1, width = (int)c.n;
    *words = "value too precise for type ";
    switch (l->kind) {
    case SQL_LIMIT_VARCHAR:
    case SQL_LIMIT_CHAR:
        buf_printf(b, "len(%.*s) > %d", width, c.p, (int)l->n);
        *words = "value too long for type ";
        break;
    case SQL_LIMIT_BIT:
        buf_printf(b, "bit_length(%.*s) <> %d", width, c.p, (int)l->n);
        *words = "bit string length does not match type ";
        break;
    case SQL_LIMIT_VARBIT:
        buf_printf(b, "bit_length(%.*s) > %d", width, c.p, (int)l->n);
        *words = "bit string too long for type ";
        break;
    default:
        for (int32_t i = l->n; i < DIGITS_MAX; i++)
            unit *= 10;
        if (l->kind == SQL_LIMIT_TIMESTAMP || l->kind == SQL_LIMIT_TIMESTAMPTZ)
            buf_printf(b, "isfinite(%.*s) AND ", width, c.p);
        buf_printf(b, "epoch_us(%.*s) // %d * %d <> epoch_us(%.*s)", width, c.p, unit, unit, width, c.p);
    }
}

/* The CHECK is never just false: it raises an error in PostgreSQL's words, so that clients get the message
 * they know. The message ends in the type's name, from which the catalog reads the limit back. Of char(n) it
 * refuses blanks at the end, too, because those are not stored. */
void sql_limit_put(struct buf *b, const struct sql_limit *l, struct str column)
{
    char name[SQL_LIMIT_NAME_MAX];
    const char *words;
    sql_limit_name(l, name);
    buf_printf(b, "CHECK (CASE WHEN ");
    put_when(b, l, column, &words);
    buf_printf(b, " THEN error('%s%s')", words, name);
    if (l->kind == SQL_LIMIT_CHAR)
        buf_printf(b,
                   " WHEN %.*s <> rtrim(%.*s, ' ') THEN error('blanks at the end are not stored in type %s')",
                   (int)column.n, column.p, (int)column.n, column.p, name);
    buf_printf(b, " ELSE true END)");
}

int sql_limit_check(struct arena *a, struct sql_tokens sql, size_t type_at, struct str column,
                    struct str *out, struct err *e)
{
    struct sql_lexer ahead;
    struct sql_type type;
    struct sql_limit l;
    struct buf b;
    *out = (struct str){0};
    sql_lexer_init(&ahead, sql);
    sql_lexer_seek(&ahead, type_at);
    if (!sql_read_type(&ahead, &type))
        return ST_OK;
    if (sql_limit_of(&type, &l, e) < 0) {
        e->position = str_position(sql.text, type.at);
        return ST_ERR;
    }
    if (l.kind == SQL_LIMIT_NONE)
        return ST_OK;
    buf_init(&b, CHECK_TEXT_MAX);
    sql_limit_put(&b, &l, column);
    const char *text = buf_ok(&b) ? arena_strndup(a, (const char *)b.data, b.len) : NULL;
    *out = (struct str){text, text ? b.len : 0};
    buf_release(&b);
    return text ? ST_OK : err_oom(e);
}

/* What stands around a default; false: nothing needs to. */
static bool around_default(const struct sql_limit *l, char before[static AROUND_MAX],
                           char after[static AROUND_MAX])
{
    int unit = 1;
    if (l->kind == SQL_LIMIT_CHAR) {
        (void)snprintf(before, AROUND_MAX, "rtrim(CAST(");
        (void)snprintf(after, AROUND_MAX, " AS VARCHAR), ' ')");
        return true;
    }
    for (int32_t i = l->n; i < DIGITS_MAX; i++)
        unit *= 10;
    if (l->kind < SQL_LIMIT_TIME || l->kind == SQL_LIMIT_TIMETZ || unit == 1)
        return false;
    bool time = l->kind == SQL_LIMIT_TIME;
    (void)snprintf(before, AROUND_MAX, "%stime_bucket(to_microseconds(%d), %sCAST(", time ? "CAST(" : "",
                   unit, time ? "DATE '2000-01-01' + " : "");
    (void)snprintf(after, AROUND_MAX, " AS %s) + to_microseconds(%d))%s",
                   time                               ? "TIME"
                   : l->kind == SQL_LIMIT_TIMESTAMPTZ ? "TIMESTAMPTZ"
                                                      : "TIMESTAMP",
                   unit / 2, time ? " AS TIME)" : "");
    return true;
}

int sql_limit_default(struct arena *a, const struct sql_limit *l, struct str *before, struct str *after,
                      struct err *e)
{
    char head[AROUND_MAX], tail[AROUND_MAX];
    *before = *after = (struct str){0};
    if (!around_default(l, head, tail))
        return ST_OK;
    const char *b = arena_strdup(a, head), *t = arena_strdup(a, tail);
    if (!b || !t)
        return err_oom(e);
    *before = str_of(b);
    *after = str_of(t);
    return ST_OK;
}

uint32_t sql_limit_oid(const struct sql_limit *l)
{
    return kinds[l->kind].oid;
}

int32_t sql_limit_typmod(const struct sql_limit *l)
{
    return l->n + kinds[l->kind].added;
}
