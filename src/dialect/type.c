/* Types as PostgreSQL writes them, and what the engine has for them. */
#include "dialect/type.h"

#include "dialect/schemas.h"
#include "dialect/walk.h"
#include "pgtype/composite_type.h"
#include "pgtype/oid.h"
#include "sql/type.h"

#include <assert.h>
#include <string.h>

enum {
    FLOAT4_BITS_MAX = 24,
    FLOAT8_BITS_MAX = 53,
    ENGINE_DIGITS_MAX = 38,
};

/* Types that the engine does not know, and what it has for them. */
static const struct {
    const char *from, *to;
} types[] = {
    {"jsonb", "pg_jsonb"},
    {"int4range", "pg_int4range"},
    {"int4multirange", "pg_int4multirange"},
    {"int8range", "pg_int8range"},
    {"int8multirange", "pg_int8multirange"},
    {"numrange", "pg_numrange"},
    {"nummultirange", "pg_nummultirange"},
    {"daterange", "pg_daterange"},
    {"datemultirange", "pg_datemultirange"},
    {"tsrange", "pg_tsrange"},
    {"tsmultirange", "pg_tsmultirange"},
    {"tstzrange", "pg_tstzrange"},
    {"tstzmultirange", "pg_tstzmultirange"},
    {"point", "pg_point"},
    {"lseg", "pg_lseg"},
    {"box", "pg_box"},
    {"path", "pg_path"},
    {"polygon", "pg_polygon"},
    {"line", "pg_line"},
    {"circle", "pg_circle"},
    {"inet", "pg_address"},
    {"cidr", "pg_cidr"},
    {"macaddr", "pg_macaddr"},
    {"money", "pg_money"},
    {"xml", "pg_xml"},
    {"varbit", "BIT"},
    {"name", "pg_name"},
    {"xid", "pg_xid"},
    {"tid", "pg_tid"},
    {"xid8", "BIGINT"},
    {"cid", "pg_cid"},
    {"cstring", "VARCHAR"},
    {"regproc", "pg_regproc"},
    {"aclitem", "pg_aclitem"},
    {"refcursor", "pg_refcursor"},
    {"int2vector", "pg_int2vector_element[]"},
    {"oidvector", "pg_oidvector_element[]"},
    {"sql_identifier", "pg_name"},
    {"character_data", "pg_varchar"},
    {"yes_or_no", "pg_varchar_3"},
    {"cardinal_number", "INTEGER"},
    {"regoper", "VARCHAR"},
    {"regoperator", "VARCHAR"},
    {"regconfig", "VARCHAR"},
    {"regdictionary", "VARCHAR"},
    {"regcollation", "VARCHAR"},
    {"regprocedure", "VARCHAR"},
    {"anyarray", "VARCHAR[]"},
};

static const char *by_name(const struct rewriter *r, struct str name)
{
    if ((r->catalog || (r->postgres && r->ddl == DDL_NONE)) && str_ieq(name, STR("oid")))
        return "pg_oid"; /* the engine's oid is a BIGINT; about the catalog that is what results are sent as */
    if (r->catalog && str_ieq(name, STR("inet")))
        return "pg_inet"; /* the catalog's addresses are texts */
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (str_ieq(name, str_of(types[i].from)))
            return types[i].to;
    return NULL;
}

static bool is_any(struct str name, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (str_ieq(name, str_of(names[i])))
            return true;
    return false;
}
#define IS_ANY(name, names) is_any(name, names, sizeof(names) / sizeof *(names))

static const char *const numerics[] = {"numeric", "decimal", "dec"};

uint32_t walk_type_oid(const struct sql_type *t)
{
    /* what pgtype_by_name knows of the engine's */
    static const char *const engines[] = {"string", "hugeint", "tinyint", "blob"};
    if (IS_ANY(t->name, engines))
        return 0;
    if (t->zone)
        return str_ieq(t->name, STR("time")) ? PGTYPE_TIMETZ : PGTYPE_TIMESTAMPTZ;
    if (t->varying)
        return str_ieq(t->name, STR("bit")) ? PGTYPE_VARBIT : PGTYPE_VARCHAR;
    return t->quoted && str_eq(t->name, STR("char")) ? PGTYPE_CHAR : pgtype_by_name(t->name);
}

static int bad_modifier(struct rewriter *r, const struct sql_type *t, enum sqlstate code, const char *what)
{
    (void)err_set(r->err, code, "%s", what);
    r->err->position = str_position(r->edits.sql, t->name_at + t->name.n + 1); /* in the brackets */
    return ST_ERR;
}

static int spell_float(struct rewriter *r, const struct sql_type *t, struct str *out)
{
    int32_t bits = t->nmods ? t->mods[0] : FLOAT8_BITS_MAX;
    if (bits < 1)
        return bad_modifier(r, t, SQLSTATE_INVALID_PARAMETER_VALUE,
                            "precision for type float must be at least 1 bit");
    if (bits > FLOAT8_BITS_MAX)
        return bad_modifier(r, t, SQLSTATE_INVALID_PARAMETER_VALUE,
                            "precision for type float must be less than 54 bits");
    *out = bits <= FLOAT4_BITS_MAX ? STR("FLOAT") : STR("DOUBLE");
    return ST_OK;
}

static int spell_numeric(struct rewriter *r, const struct sql_type *t, struct str *out)
{
    if (t->nmods == 0) {
        *out = STR("DECIMAL(38,10)");
        return ST_OK;
    }
    int32_t width = t->mods[0], scale = t->nmods > 1 ? t->mods[1] : 0;
    if (width < 1 || width > 1000)
        return bad_modifier(r, t, SQLSTATE_INVALID_PARAMETER_VALUE,
                            "NUMERIC precision must be between 1 and 1000");
    if (width > ENGINE_DIGITS_MAX)
        return bad_modifier(r, t, SQLSTATE_FEATURE_NOT_SUPPORTED,
                            "a numeric of more than 38 digits is not supported");
    if (scale < 0 || scale > width)
        return bad_modifier(r, t, SQLSTATE_FEATURE_NOT_SUPPORTED,
                            "a numeric whose scale is not between 0 and its precision is not supported");
    return ST_OK; /* as it is written */
}

/* Modifiers that the engine's own types do not have: who casts sees to them. */
static struct str without_modifiers(uint32_t oid)
{
    switch (oid) {
    case PGTYPE_VARCHAR:
    case PGTYPE_BPCHAR: return STR("VARCHAR");
    case PGTYPE_BIT:
    case PGTYPE_VARBIT: return STR("BIT");
    case PGTYPE_TIME: return STR("TIME");
    case PGTYPE_TIMETZ: return STR("TIMETZ");
    case PGTYPE_TIMESTAMP: return STR("TIMESTAMP");
    case PGTYPE_TIMESTAMPTZ: return STR("TIMESTAMPTZ");
    case PGTYPE_INTERVAL: return STR("INTERVAL");
    default: return (struct str){0};
    }
}

static int engine_scalar(struct rewriter *r, const struct sql_type *t, struct str *out)
{
    if (r->postgres && str_ieq(t->name, STR("float")))
        return spell_float(r, t, out);
    if (r->postgres && IS_ANY(t->name, numerics))
        return spell_numeric(r, t, out);
    const char *name = by_name(r, t->name);
    if (name)
        *out = str_of(name);
    else if (r->postgres && t->scalar_end > t->name_at + t->name.n)
        *out = without_modifiers(walk_type_oid(t));
    return ST_OK;
}

int walk_engine_type(struct rewriter *r, const struct sql_type *t, struct str *out)
{
    *out = (struct str){0};
    TRY(engine_scalar(r, t, out));
    if (!t->underscored)
        return ST_OK;
    return walk_concat(r, (const struct str[]){out->p ? *out : t->name, STR("[]")}, 2, out);
}

/* ---- columns that are defined ---- */

/* CREATE TYPE … AS STRUCT(…) with a mark of COMPOSITE_ALIAS, as the session makes a composite type. */
static bool is_composite(struct str sql)
{
    static const char mark[] = ", \"" COMPOSITE_ALIAS;
    return memmem(sql.p, sql.n, mark, sizeof mark - 1) != NULL;
}

enum ddl walk_ddl(struct sql_tokens sql)
{
    enum { WORDS_MAX = 6 }; /* CREATE OR REPLACE GLOBAL TEMPORARY TABLE */
    struct sql_lexer l;
    struct sql_token t;
    sql_lexer_init(&l, sql);
    (void)sql_lexer_next(&l, &t);
    bool create = sql_token_is_word(&t, "CREATE");
    if (!create && !sql_token_is_word(&t, "ALTER"))
        return DDL_NONE;
    for (int i = 1; i < WORDS_MAX && sql_lexer_next(&l, &t) == SQL_TOK_WORD; i++)
        if (sql_token_is_word(&t, "TABLE"))
            return create ? DDL_CREATE_TABLE : DDL_ALTER_TABLE;
        else if (create && i == 1 && sql_token_is_word(&t, "TYPE"))
            return is_composite(sql.text) ? DDL_CREATE_TABLE : DDL_NONE;
    return DDL_NONE;
}

static bool is_alter(const struct rewriter *r)
{
    return r->ddl == DDL_ALTER_TABLE && r->depth == 0;
}

bool walk_is_column(struct rewriter *r)
{
    static const char *const others[] = {"CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK",
                                         "FOREIGN",    "LIKE",    "EXCLUDE"};
    const struct sql_token *t = &r->token;
    if (r->ddl == DDL_NONE || !sql_token_is_name(t))
        return false;
    if (is_alter(r) && sql_token_is_word(t, "TYPE"))
        return true;
    if (WALK_IS_ANY(t, others)) {
        r->adding = r->adding && !is_alter(r); /* the next name is a constraint's */
        return false;
    }
    if (is_alter(r)) {
        static const char *const not_names[] = {"COLUMN", "IF", "NOT", "EXISTS"};
        return r->adding && !WALK_IS_ANY(t, not_names);
    }
    return r->ddl == DDL_CREATE_TABLE && r->depth == 1 && walk_top(r)->columns &&
           (sql_token_is(&r->prev, '(') || sql_token_is(&r->prev, ','));
}

int walk_column(struct rewriter *r)
{
    struct sql_lexer ahead = r->lexer;
    struct sql_type type;
    struct str engine;
    assert(r->ddl != DDL_NONE);
    r->adding = r->array_column = false;
    TRY(walk_on(r));
    if (!sql_read_type(&ahead, &type))
        return ST_OK;
    r->array_column = type.array || sql_token_is_word(&type.after, "ARRAY");
    TRY(walk_engine_type(r, &type, &engine));
    if (engine.p)
        TRY(walk_replace(r, type.at, type.scalar_end, engine));
    else if (r->postgres)
        TRY(walk_type_schema(r, &type));
    sql_lexer_seek(&r->lexer, type.end);
    r->prev = (struct sql_token){.kind = SQL_TOK_WORD, .at = type.at};
    r->end = r->start;
    (void)sql_lexer_next(&r->lexer, &r->token);
    return ST_OK;
}
