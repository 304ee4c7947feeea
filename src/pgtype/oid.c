/* The types that clients may meet, by OID and by name. One list (oid.h) gives them all; it is short
 * enough to be searched from its start. Source: PostgreSQL's pg_type.dat. */
#include "pgtype/oid.h"

#include <stdlib.h>

static const struct pgtype_info types[] = {
#define X(symbol, oid, array_oid, len, name, sql_name, engine) {oid, array_oid, len, name, sql_name, engine},
    PGTYPE_LIST(X)
#undef X
};

enum { TYPES = sizeof types / sizeof *types };

/* Names that the grammar knows, before the catalog's: there char is another type. */
static const struct {
    const char *name;
    uint32_t oid;
} aliases[] = {
    {"int", PGTYPE_INT4},
    {"decimal", PGTYPE_NUMERIC},
    {"dec", PGTYPE_NUMERIC},
    {"float", PGTYPE_FLOAT8},
    {"char", PGTYPE_BPCHAR},
    {"string", PGTYPE_TEXT},
    {"hugeint", PGTYPE_NUMERIC},
    {"tinyint", PGTYPE_INT2},
    {"double", PGTYPE_FLOAT8},
    {"blob", PGTYPE_BYTEA},
    {"timestamp with time zone", PGTYPE_TIMESTAMPTZ},
    {"timestamp without time zone", PGTYPE_TIMESTAMP},
};

enum { ALIASES = sizeof aliases / sizeof *aliases };

const struct pgtype_info *pgtype_find(uint32_t oid)
{
    for (size_t i = 0; i < TYPES; i++)
        if (types[i].oid == oid)
            return &types[i];
    return NULL;
}

const struct pgtype_info *pgtype_element(uint32_t array_oid)
{
    if (array_oid == 0)
        return NULL;
    for (size_t i = 0; i < TYPES; i++)
        if (types[i].array_oid == array_oid)
            return &types[i];
    return NULL;
}

static struct str trim(struct str s)
{
    while (s.n && s.p[0] == ' ')
        s.p++, s.n--;
    while (s.n && s.p[s.n - 1] == ' ')
        s.n--;
    return s;
}

/* Cuts "[]" or "[3]" off the end; whether there was one. */
static bool cut_brackets(struct str *s)
{
    if (s->n < 2 || s->p[s->n - 1] != ']')
        return false;
    size_t at = s->n - 1;
    while (at > 0 && s->p[at] != '[')
        at--;
    if (s->p[at] != '[')
        return false;
    *s = trim((struct str){s->p, at});
    return true;
}

enum { TYPE_NAME_MAX = 64 };

/* The name without a typmod in round brackets, which may stand in its middle: "timestamp(3) with time zone".
 */
static bool without_typmod(struct str s, char out[static TYPE_NAME_MAX])
{
    size_t n = 0;
    int depth = 0;
    for (size_t i = 0; i < s.n; i++) {
        depth += s.p[i] == '(';
        bool keep = depth == 0 && !(s.p[i] == ' ' && (n == 0 || out[n - 1] == ' '));
        if (keep && n == TYPE_NAME_MAX - 1)
            return false;
        if (keep)
            out[n++] = s.p[i];
        depth -= s.p[i] == ')';
    }
    while (n > 0 && out[n - 1] == ' ')
        n--;
    out[n] = '\0';
    return depth == 0;
}

static uint32_t scalar_by_name(const char *name)
{
    for (size_t i = 0; i < ALIASES; i++)
        if (cstr_ieq(aliases[i].name, name))
            return aliases[i].oid;
    for (size_t i = 0; i < TYPES; i++)
        if (cstr_ieq(types[i].name, name) || cstr_ieq(types[i].sql_name, name))
            return types[i].oid;
    return 0;
}

static bool cut_schema(struct str *s, struct str schema)
{
    if (s->n <= schema.n || !str_ieq((struct str){s->p, schema.n}, schema))
        return false;
    *s = (struct str){s->p + schema.n, s->n - schema.n};
    return true;
}

/* "char" with its quotes is another type than char. */
static void cut_quotes(struct str *s)
{
    if (s->n > 2 && s->p[0] == '"' && s->p[s->n - 1] == '"' && !str_eq(*s, STR("\"char\"")))
        *s = (struct str){s->p + 1, s->n - 2};
}

uint32_t pgtype_by_name(struct str name)
{
    char plain[TYPE_NAME_MAX];
    name = trim(name);
    if (!cut_schema(&name, STR("pg_catalog.")))
        (void)cut_schema(&name, STR("\"pg_catalog\"."));
    bool array = false;
    while (cut_brackets(&name)) /* more dimensions are the same type */
        array = true;
    cut_quotes(&name);
    if (!without_typmod(name, plain))
        return 0;
    uint32_t oid = scalar_by_name(plain);
    if (!oid && plain[0] == '_') { /* _int4: the catalog's name of int4[] */
        oid = scalar_by_name(plain + 1);
        array = true;
    }
    const struct pgtype_info *type = pgtype_find(oid);
    return !type ? 0 : array ? type->array_oid : type->oid;
}
