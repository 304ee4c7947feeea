/* A table is told by its name or alias anywhere in the statement: what has two of that name leaves it to the
 * engine, which knows whose rowid is meant. */
#include "sql/hidden.h"

#include "base/arena.h"

#include <stdio.h>
#include <string.h>

enum { PART_MAX = 600 };

static const char *const hidden[] = {"ctid", "xmin", "tableoid", "xmax", "cmin", "cmax", NULL};
static const char *const before_tables[] = {"FROM", "JOIN", "UPDATE", "INTO", "USING", NULL};
static const char *const no_alias[] = {
    "WHERE",   "JOIN",        "ON",     "LEFT",       "RIGHT", "FULL",      "INNER",     "CROSS",
    "NATURAL", "GROUP",       "ORDER",  "HAVING",     "LIMIT", "OFFSET",    "FETCH",     "FOR",
    "UNION",   "EXCEPT",      "WINDOW", "SET",        "USING", "RETURNING", "INTERSECT", "VALUES",
    "DEFAULT", "TABLESAMPLE", "SELECT", "OVERRIDING", NULL};

static const char *find_word(const struct sql_token *t, const char *const *words)
{
    for (size_t i = 0; words[i]; i++)
        if (sql_token_is_word(t, words[i]))
            return words[i];
    return NULL;
}

/* A quoted name counts as well when it is in lower case. */
static const char *find_hidden(const struct sql_token *t)
{
    if (t->kind != SQL_TOK_QUOTED || t->text.n < 2)
        return find_word(t, hidden);
    for (size_t i = 0; hidden[i]; i++)
        if (str_eq((struct str){t->text.p + 1, t->text.n - 2}, str_of(hidden[i])))
            return hidden[i];
    return NULL;
}

/* name.name…, as it is written. */
struct chain {
    size_t from, to;
    struct sql_token last;
    size_t before; /* where the last name begins */
};

/* The chain that begins at t; *t: what follows. */
static void read_chain(struct sql_lexer *l, struct sql_token *t, struct chain *out)
{
    *out = (struct chain){.from = t->at};
    for (;;) {
        out->last = *t;
        out->before = t->at;
        out->to = t->at + t->text.n;
        (void)sql_lexer_next(l, t);
        if (!sql_token_is(t, '.'))
            return;
        (void)sql_lexer_next(l, t);
        if (!sql_token_is_name(t)) { /* a star */
            out->last = (struct sql_token){.kind = SQL_TOK_BAD};
            return;
        }
    }
}

static bool goes_on(const struct sql_token *t)
{
    return t->kind != SQL_TOK_END && t->kind != SQL_TOK_BAD;
}

/* The reference that the byte lies in, with its name. */
static const char *find_reference(struct sql_tokens sql, size_t at, struct chain *out)
{
    struct sql_lexer l;
    struct sql_token t;
    sql_lexer_init(&l, sql);
    (void)sql_lexer_next(&l, &t);
    while (goes_on(&t) && t.at <= at) {
        if (!sql_token_is_name(&t)) {
            (void)sql_lexer_next(&l, &t);
            continue;
        }
        read_chain(&l, &t, out);
        if (at < out->to)
            return at < out->from || sql_token_is(&t, '(') ? NULL : find_hidden(&out->last);
    }
    return NULL;
}

/* The alias of the table that t follows; its own name when it has none. */
static struct sql_token read_alias(struct sql_lexer *l, struct sql_token *t, const struct chain *table)
{
    bool as = sql_token_is_word(t, "AS");
    if (as)
        (void)sql_lexer_next(l, t);
    return sql_token_is_name(t) && (as || !find_word(t, no_alias)) ? *t : table->last;
}

/* The only table of that name, or the only one at all when there is no qualifier; several may be called
 * alike. alias: what it is called. */
static bool find_table(struct sql_tokens sql, struct str qualifier, struct chain *table,
                       struct sql_token *alias)
{
    struct sql_lexer l;
    struct sql_token t, prev = {.kind = SQL_TOK_END};
    struct chain found;
    size_t n = 0;
    sql_lexer_init(&l, sql);
    (void)sql_lexer_next(&l, &t);
    while (goes_on(&t)) {
        bool starts = find_word(&prev, before_tables) || (n > 0 && sql_token_is(&prev, ','));
        prev = t;
        if (!starts || !sql_token_is_name(&t)) {
            (void)sql_lexer_next(&l, &t);
            continue;
        }
        if (sql_token_is_word(&t, "ONLY"))
            (void)sql_lexer_next(&l, &t);
        read_chain(&l, &t, &found);
        prev = found.last;
        struct sql_token called = read_alias(&l, &t, &found);
        if (found.last.kind == SQL_TOK_BAD || sql_token_is(&t, '(') ||
            (qualifier.n && !str_ieq(called.text, qualifier)))
            continue;
        n += n == 0 || !str_ieq(called.text, alias->text);
        *table = found;
        *alias = called;
    }
    return n == 1;
}

/* The same text as a literal. */
static bool put_literal(struct sql_tokens sql, const struct chain *table, char out[PART_MAX])
{
    size_t n = 0;
    out[n++] = '\'';
    for (size_t i = table->from; i < table->to; i++) {
        if (n + 3 > PART_MAX)
            return false;
        if (sql.text.p[i] == '\'')
            out[n++] = '\'';
        out[n++] = sql.text.p[i];
    }
    out[n++] = '\'';
    out[n] = '\0';
    return true;
}

/* What makes the column; of the arena. p NULL: it cannot be told. */
static struct str make(struct sql_tokens sql, const struct chain *reference, const char *name,
                       struct arena *a)
{
    struct chain table = {0};
    struct sql_token alias = {0};
    char more[PART_MAX] = "", text[3 * PART_MAX];
    const struct str qualifier = {sql.text.p + reference->from, reference->before - reference->from};
    const struct str of = {qualifier.p, qualifier.n ? qualifier.n - 1 : 0};
    bool oid = strcmp(name, "tableoid") == 0, row = strcmp(name, "xmin") == 0;
    if ((oid || row) && !find_table(sql, of, &table, &alias))
        return (struct str){NULL, 0};
    if (oid && !put_literal(sql, &table, more))
        return (struct str){NULL, 0};
    int n = row ? snprintf(text, sizeof text, "pg_catalog.xmin(%.*s)", (int)alias.text.n, alias.text.p)
                : snprintf(text, sizeof text, "pg_catalog.%s(%.*srowid%s%s)", name, (int)qualifier.n,
                           qualifier.p, oid ? ", " : "", more);
    if (n < 0 || (size_t)n >= sizeof text)
        return (struct str){NULL, 0};
    return (struct str){arena_strndup(a, text, (size_t)n), (size_t)n};
}

/* All that are written alike at once: the engine would take the others for the name that the first column of
 * a result is given. */
static bool put(struct sql_tokens sql, size_t at, struct edits *edits)
{
    struct chain reference, next;
    struct sql_lexer l;
    struct sql_token t;
    struct err ignored;
    const char *name = find_reference(sql, at, &reference);
    if (!name || edits_touch(edits, reference.from, reference.to))
        return false;
    const struct str written = {sql.text.p + reference.from, reference.to - reference.from};
    const struct str made = make(sql, &reference, name, edits->arena);
    bool ok = made.p != NULL;
    err_init(&ignored);
    sql_lexer_init(&l, sql);
    (void)sql_lexer_next(&l, &t);
    while (ok && goes_on(&t)) {
        if (!sql_token_is_name(&t)) {
            (void)sql_lexer_next(&l, &t);
            continue;
        }
        read_chain(&l, &t, &next);
        const struct str text = {sql.text.p + next.from, next.to - next.from};
        if (str_ieq(text, written) && !sql_token_is(&t, '('))
            ok = edits_replace(edits, next.from, text.n, made, &ignored) == ST_OK;
    }
    return ok;
}

/* The first that the error's text names; SIZE_MAX: none. */
static size_t find_named(struct sql_tokens sql, const char *message)
{
    struct sql_lexer l;
    struct sql_token t, next;
    const char *quoted = strchr(message, '"');
    size_t n = quoted ? strcspn(quoted + 1, "\"") : 0;
    sql_lexer_init(&l, sql);
    (void)sql_lexer_next(&l, &t);
    for (; n && goes_on(&t); t = next) {
        (void)sql_lexer_next(&l, &next);
        const char *name = sql_token_is(&next, '(') ? NULL : find_hidden(&t);
        if (name && str_ieq((struct str){quoted + 1, n}, str_of(name)))
            return t.at;
    }
    return SIZE_MAX;
}

bool sql_hidden_put(struct sql_tokens sql, size_t *at, const struct err *e, struct edits *edits)
{
    bool undefined = e->code == SQLSTATE_UNDEFINED_COLUMN;
    if (!undefined && !strstr(e->message, "referenced that exists in the SELECT clause"))
        return false;
    if (*at == SIZE_MAX)
        *at = find_named(sql, e->message);
    return *at != SIZE_MAX && put(sql, *at, edits);
}

/* Whether such a column stands behind RETURNING, to which the engine gives no rowid. */
static bool is_returned(struct sql_tokens sql)
{
    struct sql_lexer l;
    struct sql_token t;
    bool returning = false;
    sql_lexer_init(&l, sql);
    while (sql_lexer_next(&l, &t) != SQL_TOK_END && t.kind != SQL_TOK_BAD) {
        returning |= sql_token_is_word(&t, "RETURNING");
        if (returning && find_hidden(&t))
            return true;
    }
    return false;
}

void sql_hidden_explain(struct sql_tokens sql, size_t at, struct err *e)
{
    struct chain reference;
    const char *name = find_reference(sql, at, &reference);
    if (!name || !strstr(e->message, "rowid"))
        return;
    if (e->code == SQLSTATE_AMBIGUOUS_COLUMN) {
        err_init(e);
        (void)err_set(e, SQLSTATE_AMBIGUOUS_COLUMN, "column reference \"%s\" is ambiguous", name);
    } else if (e->code == SQLSTATE_UNDEFINED_COLUMN && is_returned(sql)) {
        err_init(e);
        (void)err_set(e, SQLSTATE_FEATURE_NOT_SUPPORTED, "%s in RETURNING is not supported", name);
    } else if (e->code == SQLSTATE_UNDEFINED_COLUMN) {
        const char *quote = reference.before > reference.from ? "" : "\"";
        err_init(e);
        (void)err_set(e, SQLSTATE_UNDEFINED_COLUMN, "column %s%.*s%s does not exist", quote,
                      (int)(reference.to - reference.from), sql.text.p + reference.from, quote);
    }
}
