/* The GROUP BY of a query, token by token. The query is the innermost one around the column that has such a
 * clause: a column may stand in brackets of a call, or in a query within the query, whose own columns are
 * grouped by nothing. Words count where no bracket of their own is open; IS DISTINCT FROM begins no FROM. */
#include "sql/grouping.h"

#include "sql/name.h"

enum { DEPTH_MAX = 64, REFERENCES_MAX = 200 };

static bool is_any(const struct sql_token *t, const char *const *words)
{
    for (size_t i = 0; words[i]; i++)
        if (sql_token_is_word(t, words[i]))
            return true;
    return false;
}

static const char *const set_operations[] = {"UNION", "INTERSECT", "EXCEPT", NULL};
static const char *const behind_list[] = {"HAVING", "WINDOW", "ORDER",  "LIMIT",     "OFFSET",  "FETCH",
                                          "FOR",    "UNION",  "EXCEPT", "INTERSECT", "QUALIFY", NULL};
static const char *const sets[] = {"ROLLUP", "CUBE", "GROUPING", "ALL", "DISTINCT", NULL};

/* Brackets of arrays count as well: a comma within them ends no item. */
static bool opens(const struct sql_token *t)
{
    return sql_token_is(t, '(') || sql_token_is(t, '[');
}

static bool closes(const struct sql_token *t)
{
    return sql_token_is(t, ')') || sql_token_is(t, ']');
}

static bool ends(const struct sql_token *t)
{
    return t->kind == SQL_TOK_END || t->kind == SQL_TOK_BAD || sql_token_is(t, ';');
}

/* ---- the column ---- */

/* [[database.]schema.][table.]column, or the same with a star. */
static bool read_reference(struct sql_lexer l, struct sql_token first, struct sql_grouping *g)
{
    struct sql_token t = first;
    g->qualifier = (struct sql_token){.kind = SQL_TOK_END};
    for (;;) {
        g->star = g->qualifier.kind != SQL_TOK_END && t.kind == SQL_TOK_OP && str_eq(t.text, STR("*"));
        if (!sql_token_is_name(&t))
            return g->star;
        g->column = t;
        (void)sql_lexer_next(&l, &t);
        if (!sql_token_is(&t, '.'))
            return true;
        g->qualifier = g->column;
        (void)sql_lexer_next(&l, &t);
    }
}

/* On to the column. selects: where the SELECT of each open bracket stands; SIZE_MAX: it has none. */
static bool go_to(struct sql_grouping *g, size_t at, size_t selects[static DEPTH_MAX], size_t *depth)
{
    struct sql_lexer l;
    struct sql_token t;
    *depth = 0;
    selects[0] = SIZE_MAX;
    sql_lexer_init(&l, g->sql);
    while (sql_lexer_next(&l, &t) != SQL_TOK_END && t.kind != SQL_TOK_BAD) {
        if (t.at >= at)
            return t.at == at && read_reference(l, t, g);
        if (opens(&t)) {
            if (++*depth == DEPTH_MAX)
                return false;
            selects[*depth] = SIZE_MAX;
        } else if (closes(&t)) {
            *depth -= *depth > 0;
        } else if (sql_token_is_word(&t, "SELECT")) {
            selects[*depth] = t.at;
        }
    }
    return false;
}

/* ---- the clauses ---- */

/* Finds the clauses of the query that begins at this SELECT. */
static bool find_clauses(struct sql_grouping *g, size_t select)
{
    struct sql_lexer l;
    struct sql_token t, before = {.kind = SQL_TOK_END};
    size_t depth = 0, from = SIZE_MAX;
    bool in_list = false;
    g->list_from = g->list_to = SIZE_MAX;
    sql_lexer_init(&l, g->sql);
    sql_lexer_seek(&l, select);
    for (;; before = t) {
        (void)sql_lexer_next(&l, &t);
        bool over = ends(&t) || (closes(&t) && depth == 0) || (depth == 0 && is_any(&t, set_operations));
        if (in_list && (over || (depth == 0 && is_any(&t, behind_list)))) {
            g->list_to = before.at + before.text.n;
            in_list = false;
        }
        if (over)
            break;
        if (in_list && depth == 0 && is_any(&t, sets))
            return false;
        if (depth == 0 && from == SIZE_MAX && sql_token_is_word(&t, "FROM") &&
            !sql_token_is_word(&before, "DISTINCT"))
            from = t.at;
        if (depth == 0 && sql_token_is_word(&before, "GROUP") && sql_token_is_word(&t, "BY")) {
            g->list_from = t.at + t.text.n;
            in_list = true;
        }
        depth += opens(&t);
        depth -= closes(&t) && depth;
    }
    g->from = select;
    g->to = t.at;
    if (g->list_to == SIZE_MAX || from == SIZE_MAX)
        return false;
    g->sources_from = from;
    return true;
}

/* One name of FROM with its alias; the token behind it is in *t. */
static void read_source(struct sql_lexer *l, struct sql_token *t, struct sql_grouping *g)
{
    static const char *const not_alias[] = {"WHERE", "GROUP", "JOIN",  "LEFT",    "RIGHT",  "INNER", "CROSS",
                                            "FULL",  "ON",    "USING", "NATURAL", "HAVING", "ORDER", NULL};
    const struct sql_token none = {.kind = SQL_TOK_END};
    struct sql_grouping_source s = {none, none, none, none};
    while (sql_token_is_name(t)) {
        s.database = s.schema;
        s.schema = s.relation;
        s.relation = *t;
        (void)sql_lexer_next(l, t);
        if (!sql_token_is(t, '.'))
            break;
        (void)sql_lexer_next(l, t);
    }
    if (sql_token_is_word(t, "AS"))
        (void)sql_lexer_next(l, t);
    if (sql_token_is_name(t) && !is_any(t, not_alias)) {
        s.alias = *t;
        (void)sql_lexer_next(l, t);
    }
    if (s.relation.kind != SQL_TOK_END && !sql_token_is(t, '(') && g->nsources < SQL_GROUPING_SOURCES_MAX)
        g->sources[g->nsources++] = s;
}

static void read_sources(struct sql_grouping *g)
{
    struct sql_lexer l;
    struct sql_token t;
    size_t depth = 0;
    sql_lexer_init(&l, g->sql);
    sql_lexer_seek(&l, g->sources_from);
    (void)sql_lexer_next(&l, &t); /* FROM */
    bool due = true;
    (void)sql_lexer_next(&l, &t);
    while (!ends(&t) && t.at < g->list_from) {
        if (depth == 0 && due && sql_token_is_name(&t) && !sql_token_is_word(&t, "ONLY") &&
            !sql_token_is_word(&t, "LATERAL")) {
            read_source(&l, &t, g);
            due = false;
            continue;
        }
        if (depth == 0 && sql_token_is_word(&t, "WHERE"))
            return;
        due = depth == 0 && (sql_token_is(&t, ',') || sql_token_is_word(&t, "JOIN") ||
                             (due && sql_token_is_word(&t, "ONLY")));
        depth += opens(&t);
        depth -= closes(&t) && depth;
        (void)sql_lexer_next(&l, &t);
    }
}

bool sql_grouping_find(struct sql_tokens sql, size_t at, struct sql_grouping *out)
{
    size_t selects[DEPTH_MAX], depth;
    *out = (struct sql_grouping){.sql = sql};
    if (!go_to(out, at, selects, &depth))
        return false;
    for (size_t d = depth + 1; d-- > 0;)
        if (selects[d] != SIZE_MAX && find_clauses(out, selects[d])) {
            read_sources(out);
            return true;
        }
    return false;
}

size_t sql_grouping_star(struct sql_tokens sql)
{
    struct sql_lexer l;
    struct sql_token t, before = {.kind = SQL_TOK_END}, name = before;
    sql_lexer_init(&l, sql);
    for (; sql_lexer_next(&l, &t) != SQL_TOK_END; before = t) {
        if (sql_token_is_name(&t) && !sql_token_is(&before, '.'))
            name = t;
        if (sql_token_is(&before, '.') && t.kind == SQL_TOK_OP && str_eq(t.text, STR("*")))
            return name.at;
    }
    return SIZE_MAX;
}

size_t sql_grouping_in_having(struct sql_tokens sql, struct str column)
{
    struct sql_lexer l;
    struct sql_token t, before = {.kind = SQL_TOK_END};
    bool having = false;
    size_t start = SIZE_MAX; /* of the reference */
    sql_lexer_init(&l, sql);
    for (; sql_lexer_next(&l, &t) != SQL_TOK_END; before = t) {
        having |= sql_token_is_word(&t, "HAVING");
        if (!sql_token_is_name(&t))
            continue;
        if (!sql_token_is(&before, '.'))
            start = t.at;
        if (having && str_ieq(sql_name_bare(&t), column))
            return start;
    }
    return SIZE_MAX;
}

/* ---- what is in it ---- */

static bool same(const struct sql_token *a, const struct sql_token *b)
{
    return str_ieq(sql_name_bare(a), sql_name_bare(b));
}

static const struct sql_token *called(const struct sql_grouping_source *s)
{
    return s->alias.kind == SQL_TOK_END ? &s->relation : &s->alias;
}

bool sql_grouping_is_of(const struct sql_grouping *g, const struct sql_grouping_source *source)
{
    return g->qualifier.kind == SQL_TOK_END || same(&g->qualifier, called(source));
}

bool sql_grouping_has(const struct sql_grouping *g, const struct sql_grouping_source *source,
                      const char *column)
{
    struct sql_lexer l;
    struct sql_token t, name = {.kind = SQL_TOK_END}, qualifier = name;
    bool simple = true; /* so far the item is a name */
    sql_lexer_init(&l, g->sql);
    sql_lexer_seek(&l, g->list_from);
    for (;;) {
        bool over = sql_lexer_next(&l, &t) == SQL_TOK_END || t.at >= g->list_to;
        if (over || sql_token_is(&t, ',')) {
            bool here = qualifier.kind == SQL_TOK_END || same(&qualifier, called(source));
            if (simple && here && name.kind != SQL_TOK_END && str_ieq(sql_name_bare(&name), str_of(column)))
                return true;
            if (over)
                return false;
            name = qualifier = (struct sql_token){.kind = SQL_TOK_END};
            simple = true;
        } else if (sql_token_is_name(&t)) {
            qualifier = name;
            name = t;
        } else {
            simple &= sql_token_is(&t, '.');
        }
    }
}

/* Whether a reference with that name came before. */
static bool came(const struct sql_token *seen, size_t n, const struct sql_token *t)
{
    for (size_t i = 0; i < n; i++)
        if (same(&seen[i], t))
            return true;
    return false;
}

int sql_grouping_put(const struct sql_grouping *g, struct edits *edits, struct str reference, struct err *e)
{
    TRY(edits_replace(edits, g->list_to, 0, STR(", "), e));
    return edits_replace(edits, g->list_to, 0, reference, e);
}

int sql_grouping_extend(const struct sql_grouping *g, struct edits *edits, struct err *e)
{
    struct sql_token seen[REFERENCES_MAX], t, dot, column, before = {.kind = SQL_TOK_END};
    struct sql_lexer l, ahead;
    size_t n = 0;
    if (g->qualifier.kind == SQL_TOK_END)
        return sql_grouping_put(g, edits, g->column.text, e);
    sql_lexer_init(&l, g->sql);
    sql_lexer_seek(&l, g->from);
    for (; sql_lexer_next(&l, &t) != SQL_TOK_END && t.at < g->to; before = t) {
        bool listed = t.at >= g->list_from && t.at < g->list_to;
        if (listed || !sql_token_is_name(&t) || sql_token_is(&before, '.') || !same(&t, &g->qualifier))
            continue;
        ahead = l;
        (void)sql_lexer_next(&ahead, &dot);
        (void)sql_lexer_next(&ahead, &column);
        if (!sql_token_is(&dot, '.') || !sql_token_is_name(&column) || n == REFERENCES_MAX ||
            came(seen, n, &column))
            continue;
        seen[n++] = column;
        size_t end = column.at + column.text.n;
        TRY(sql_grouping_put(g, edits, (struct str){g->sql.text.p + t.at, end - t.at}, e));
    }
    return ST_OK;
}
