/* The engine calls the column of a macro by the macro's name, and the macro's alias is all of its row. */
#include "dialect/call_column.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum { QUESTION_MAX = 512 };

/* The engine's own functions that give rows, by how their names begin: nobody is asked about them. */
static bool is_engines(struct str name)
{
    static const char *const begins[] = {
        "range",  "unnest", "generate_series", "repeat",   "read_",    "parquet_", "json_",     "duckdb_",
        "pragma", "glob",   "delta_",          "iceberg_", "ducklake", "sniff_",   "postgres_", "sqlite_",
        "mysql_", "query",  "tavana_",         "pg_",      "icu_",     "which_",   "summary",   "test_",
    };
    for (size_t i = 0; i < sizeof begins / sizeof *begins; i++)
        if (name.n >= strlen(begins[i]) &&
            str_ieq((struct str){name.p, strlen(begins[i])}, str_of(begins[i])))
            return true;
    return false;
}

int call_name_column(struct rewriter *r, const struct chain *c, size_t end)
{
    struct sql_lexer ahead = r->lexer;
    struct sql_token alias, next;
    char key[QUESTION_MAX];
    struct str written = {r->edits.sql.p + c->parts[0].at, c->end - c->parts[0].at}, name, names;
    assert(c->n > 0 && end > c->end);
    sql_lexer_seek(&ahead, end);
    (void)sql_lexer_next(&ahead, &alias);
    bool as = sql_token_is_word(&alias, "AS");
    if (as)
        (void)sql_lexer_next(&ahead, &alias);
    bool called = sql_token_is_name(&alias) && (as || walk_is_alias(&alias));
    (void)sql_lexer_next(&ahead, &next);
    if (is_engines(sql_name_bare(&c->parts[c->n - 1])) || (called && sql_token_is(&next, '(')) ||
        written.n + sizeof "column_of:" > sizeof key)
        return ST_OK;
    (void)snprintf(key, sizeof key, "column_of:%.*s", (int)written.n, written.p);
    TRY(walk_ask_sql(r, key, STR(""), &name));
    bool same = str_eq(name, STR("*"));
    if (name.n == 0 || (same && !called))
        return ST_OK;
    const struct str of = c->parts[c->n - 1].text;
    const struct str parts[] = {called ? STR("") : STR(" AS "), called ? STR("") : of, STR("("),
                                same ? alias.text : name, STR(")")};
    TRY(walk_concat(r, parts, sizeof parts / sizeof *parts, &names));
    return walk_insert(r, called ? walk_end(&alias) : end, names);
}
