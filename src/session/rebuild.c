/* A table made anew: its rows are put aside, it is dropped and created from the engine's own text. The text
 * is taken apart at the commas that stand in no bracket of their own. */
#include "session/rebuild.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "session/session_priv.h"

#include <assert.h>
#include <string.h>

#define ROWS "\"tavana: rows of a table\""

/* Of the table's text. */
struct anew {
    struct buf body, columns;
    const char *dropped;
    bool has_dropped;
};

/* Blanks apart: the engine writes PRIMARY KEY(a) in one place and PRIMARY KEY (a) in another. */
static bool same_words(struct str a, const char *b)
{
    size_t i = 0;
    for (; i < a.n || *b;) {
        if (i < a.n && a.p[i] == ' ')
            i++;
        else if (*b == ' ')
            b++;
        else if (i == a.n || a.p[i++] != *b++)
            return false;
    }
    return true;
}

static bool is_constraint(const struct sql_token *first, const struct sql_token *second)
{
    return (sql_token_is(second, '(') &&
            (sql_token_is_word(first, "CHECK") || sql_token_is_word(first, "UNIQUE"))) ||
           (sql_token_is_word(second, "KEY") &&
            (sql_token_is_word(first, "PRIMARY") || sql_token_is_word(first, "FOREIGN")));
}

/* "PRIMARY KEY(a)" or "UNIQUE(a)" that stands behind the column: how many bytes of item are left; item.n: it
 * does not. */
static size_t without_inline(struct str item, const struct sql_token *name, const char *dropped)
{
    static const char *const words[] = {" PRIMARY KEY", " UNIQUE"};
    for (size_t i = 0; dropped && i < 2; i++) {
        size_t n = strlen(words[i]);
        const char *bracket = strchr(dropped, '(');
        struct str head = {dropped, bracket ? (size_t)(bracket - dropped) : 0};
        while (head.n && head.p[head.n - 1] == ' ')
            head.n--;
        struct str column = {bracket ? bracket + 1 : dropped, 0};
        column.n = bracket ? strcspn(column.p, ")") : 0;
        if (str_eq(head, (struct str){words[i] + 1, n - 1}) && str_eq(column, name->text) && item.n > n &&
            str_eq((struct str){item.p + item.n - n, n}, (struct str){words[i], n}))
            return item.n - n;
    }
    return item.n;
}

static void put_item(struct anew *x, struct str item)
{
    struct sql_lexer l;
    struct sql_token first, t;
    bool generated = false;
    sql_lexer_init(&l, sql_tokens_of(item));
    if (sql_lexer_next(&l, &first) == SQL_TOK_END)
        return; /* the engine's text of a table that refers to itself has an empty one */
    (void)sql_lexer_next(&l, &t);
    if (is_constraint(&first, &t)) {
        if (x->dropped && same_words(item, x->dropped)) {
            x->has_dropped = true;
            return;
        }
        buf_printf(&x->body, "%s%.*s", x->body.len ? ", " : "", (int)item.n, item.p);
        return;
    }
    for (; t.kind != SQL_TOK_END; (void)sql_lexer_next(&l, &t))
        generated |= sql_token_is_word(&t, "GENERATED");
    size_t n = without_inline(item, &first, x->dropped);
    x->has_dropped |= n != item.n;
    buf_printf(&x->body, "%s%.*s", x->body.len ? ", " : "", (int)n, item.p);
    if (!generated)
        buf_printf(&x->columns, "%s%.*s", x->columns.len ? ", " : "", (int)first.text.n, first.text.p);
}

/* sql: CREATE TABLE … (…); */
static void take_apart(struct anew *x, const char *sql)
{
    struct sql_lexer l;
    struct sql_token t;
    size_t depth = 0, from = 0;
    sql_lexer_init(&l, sql_tokens_of(str_of(sql)));
    while (sql_lexer_next(&l, &t) != SQL_TOK_END && t.kind != SQL_TOK_BAD) {
        bool opens = sql_token_is(&t, '(') || sql_token_is(&t, '['),
             closes = sql_token_is(&t, ')') || sql_token_is(&t, ']');
        if (depth == 0 && opens)
            from = t.at + 1;
        if (depth == 1 && (sql_token_is(&t, ',') || sql_token_is(&t, ')'))) {
            while (sql[from] == ' ')
                from++;
            put_item(x, (struct str){sql + from, t.at > from ? t.at - from : 0});
            from = t.at + 1;
        }
        depth += opens;
        depth -= closes && depth;
        if (depth == 0 && closes)
            return;
    }
}

/* What COMMENT ON COLUMN has said of the table. */
static int find_comments(struct session *s, const struct relation *t, struct ask_rows *out, struct err *e)
{
    const char *name = step_literal(s, t->name), *schema = step_literal(s, t->schema);
    const char *sql = name && schema
                          ? step_text(s,
                                      "SELECT column_name, comment FROM system.main.duckdb_columns() WHERE "
                                      "comment IS NOT NULL AND table_name = %s AND schema_name = %s AND "
                                      "database_name = %s",
                                      name, schema, t->temporary ? "'temp'" : "current_database()")
                          : NULL;
    return sql ? session_ask(s, sql, out, e) : err_oom(e);
}

static int put_comments(struct session *s, const struct relation *t, const struct ask_rows *columns,
                        struct err *e)
{
    const char *comment = t->comment ? step_literal(s, t->comment) : NULL;
    if (t->comment && !comment)
        return err_oom(e);
    if (comment)
        TRY(step_run(s, step_text(s, "COMMENT ON TABLE %s IS %s", t->full, comment), e));
    for (size_t i = 0; i < columns->n; i++) {
        const char *column = step_name(s, ask_value(columns, i, 0)),
                   *text = step_literal(s, ask_value(columns, i, 1));
        if (!column || !text)
            return err_oom(e);
        TRY(step_run(s, step_text(s, "COMMENT ON COLUMN %s.%s IS %s", t->full, column, text), e));
    }
    return ST_OK;
}

static int drop_old(struct session *s, const struct relation *t, struct err *e)
{
    int st = step_run(s, step_text(s, "DROP TABLE %s", t->full), e);
    if (st < 0 && e->code == SQLSTATE_DEPENDENT_OBJECTS_STILL_EXIST) {
        err_init(e);
        (void)err_set(e, SQLSTATE_FEATURE_NOT_SUPPORTED, "this ALTER of table \"%s\" is not supported",
                      t->name);
        err_detail(e, "The table would have to be made anew, and a foreign key refers to it.");
    }
    return st;
}

/* The rows wait in a temporary table: were the new table renamed, what it refers to would know it by its
 * first name for ever. */
static int make(struct session *s, const struct relation *t, struct anew *x, const char *added, struct err *e)
{
    struct ask_rows comments;
    const char *columns = arena_strndup(&s->message_arena, (const char *)x->columns.data, x->columns.len);
    if (!buf_ok(&x->body) || !buf_ok(&x->columns) || !columns)
        return err_oom(e);
    TRY(find_comments(s, t, &comments, e));
    TRY(step_run(s, step_text(s, "CREATE TEMP TABLE " ROWS " AS SELECT %s FROM %s", columns, t->full), e));
    TRY(drop_old(s, t, e));
    TRY(step_run(s,
                 step_text(s, "CREATE %sTABLE %s (%.*s%s%s)", t->temporary ? "TEMP " : "", t->full,
                           (int)x->body.len, (const char *)x->body.data, added ? ", " : "",
                           added ? added : ""),
                 e));
    TRY(step_run(s, step_text(s, "INSERT INTO %s (%s) SELECT %s FROM temp." ROWS, t->full, columns, columns),
                 e));
    TRY(step_run(s, "DROP TABLE temp." ROWS, e));
    return put_comments(s, t, &comments, e);
}

int rebuild_table(struct session *s, const struct relation *table, const char *added, const char *dropped,
                  struct err *e)
{
    struct anew x = {.dropped = dropped};
    assert(table->found && table->kind == 'r' && table->sql);
    buf_init(&x.body, SIZE_MAX);
    buf_init(&x.columns, SIZE_MAX);
    take_apart(&x, table->sql);
    int st = dropped && !x.has_dropped
                 ? err_set(e, SQLSTATE_FEATURE_NOT_SUPPORTED, "this constraint cannot be dropped")
                 : make(s, table, &x, added, e);
    buf_release(&x.body);
    buf_release(&x.columns);
    return st;
}
