#include "engine/composite_types.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "engine/composite_casts.h"
#include "engine/engine_priv.h"
#include "engine/error.h"
#include "pgtype/composite_type.h"

#include <string.h>
#include <strings.h>

enum { STATEMENT_MAX = 16 * 1024 * 1024 };

#define CREATE "CREATE TYPE "
#define MARK   ", \"" COMPOSITE_ALIAS
#define TAIL   "\" BOOLEAN)"

/* The parts of a statement that makes one. */
struct made {
    const char *name, *definition; /* from the name on; from STRUCT on */
    size_t name_n, definition_n;   /* without the mark */
    char alias[COMPOSITE_ALIAS_MAX];
};

/* Over "a"."b"."c". NULL: there is no such name. */
static const char *skip_name(const char *p)
{
    for (;;) {
        if (*p++ != '"')
            return NULL;
        while (*p && (*p != '"' || p[1] == '"'))
            p += *p == '"' ? 2 : 1;
        if (*p++ != '"')
            return NULL;
        if (*p != '.')
            return p;
        p++;
    }
}

static bool read_made(const char *sql, struct made *out)
{
    static const char as[] = " AS ", structure[] = "STRUCT(";
    size_t n = strlen(sql);
    if (n < sizeof TAIL || strcasecmp(sql + n - (sizeof TAIL - 1), TAIL) != 0)
        return false;
    out->name = sql + sizeof CREATE - 1;
    const char *end = skip_name(out->name);
    if (!end || strncasecmp(end, as, sizeof as - 1) != 0)
        return false;
    out->name_n = (size_t)(end - out->name);
    out->definition = end + sizeof as - 1;
    if (strncasecmp(out->definition, structure, sizeof structure - 1) != 0)
        return false;
    const char *mark = NULL;
    for (const char *p = out->definition; (p = strstr(p, MARK)) != NULL; p++)
        mark = p;
    if (!mark)
        return false;
    out->definition_n = (size_t)(mark - out->definition);
    const char *alias = mark + sizeof ", \"" - 1;
    size_t alias_n = (size_t)(sql + n - (sizeof TAIL - 1) - alias);
    if (alias_n >= sizeof out->alias)
        return false;
    memcpy(out->alias, alias, alias_n);
    out->alias[alias_n] = '\0';
    return composite_type_oid(out->alias, NULL) != 0;
}

/* The type that the engine has for NULL::type; the caller's. */
static int type_of(struct engine_conn *c, struct str type, duckdb_logical_type *out, struct err *e)
{
    CLEANUP(buf_release) struct buf b;
    duckdb_prepared_statement st = NULL;
    buf_init(&b, STATEMENT_MAX);
    buf_printf(&b, "SELECT CAST(NULL AS ");
    buf_put(&b, type.p, type.n);
    buf_printf(&b, ")");
    buf_put_u8(&b, '\0');
    if (!buf_ok(&b))
        return err_oom(e);
    *out = NULL;
    int rc = ST_OK;
    if (duckdb_prepare(c->conn, (const char *)b.data, &st) != DuckDBSuccess)
        rc = engine_error(e, st ? duckdb_prepare_error(st) : NULL, NULL);
    else if (!(*out = duckdb_prepared_statement_column_logical_type(st, 0)))
        rc = err_oom(e);
    duckdb_destroy_prepare(&st);
    return rc;
}

static bool is_known(struct engine_conn *c, const char *alias)
{
    duckdb_logical_type type = NULL;
    struct err ignored;
    err_init(&ignored);
    bool known = type_of(c, str_of(alias), &type, &ignored) == ST_OK;
    duckdb_destroy_logical_type(&type);
    return known;
}

/* The alias as a type of its own, and its casts. */
static int make_known(struct engine_conn *c, duckdb_logical_type type, const char *alias, struct err *e)
{
    if (!is_known(c, alias) && duckdb_register_logical_type(c->conn, type, NULL) != DuckDBSuccess)
        return err_set(e, SQLSTATE_INTERNAL_ERROR, "could not register a composite type");
    return composite_casts_register(c, type, e);
}

int composite_types_prepare(struct engine_conn *c, char **sql, struct err *e)
{
    struct made m;
    duckdb_logical_type type;
    if (strncmp(*sql, CREATE "\"", sizeof CREATE) != 0 || !read_made(*sql, &m))
        return ST_OK;
    CLEANUP(buf_release) struct buf b;
    buf_init(&b, STATEMENT_MAX);
    buf_put(&b, m.definition, m.definition_n);
    buf_put_u8(&b, ')');
    if (!buf_ok(&b))
        return err_oom(e);
    TRY(type_of(c, (struct str){(const char *)b.data, b.len}, &type, e));
    duckdb_logical_type_set_alias(type, m.alias);
    int st = make_known(c, type, m.alias, e);
    duckdb_destroy_logical_type(&type);
    TRY(st);
    buf_clear(&b);
    buf_printf(&b, CREATE "%.*s AS \"%s\"", (int)m.name_n, m.name, m.alias);
    char *text = buf_ok(&b) ? mem_strndup((const char *)b.data, b.len) : NULL;
    if (!text)
        return err_oom(e);
    mem_free(*sql);
    *sql = text;
    return ST_OK;
}

static int register_one(struct engine_conn *c, const char *name, struct err *e)
{
    duckdb_logical_type type;
    TRY(type_of(c, str_of(name), &type, e));
    char *alias = duckdb_logical_type_get_alias(type);
    int st = composite_type_oid(alias, NULL) ? make_known(c, type, alias, e) : ST_OK;
    duckdb_free(alias);
    duckdb_destroy_logical_type(&type);
    return st;
}

int composite_types_register(struct engine_conn *c, struct err *e)
{
    duckdb_result r = {0};
    int st = ST_OK;
    if (duckdb_query(
            c->conn,
            "SELECT '\"' || replace(database_name, '\"', '\"\"') || '\".\"' || replace(schema_name, '\"', "
            "'\"\"') || '\".\"' || replace(type_name, '\"', '\"\"') || '\"' FROM duckdb_types() WHERE "
            "logical_type = 'STRUCT' AND NOT internal",
            &r) != DuckDBSuccess)
        st = engine_error(e, duckdb_result_error(&r), NULL);
    for (idx_t i = 0; st == ST_OK && i < duckdb_row_count(&r); i++) {
        char *name = duckdb_value_varchar(&r, 0, i);
        st = name ? register_one(c, name, e) : err_oom(e);
        duckdb_free(name);
    }
    duckdb_destroy_result(&r);
    return st;
}
