/* The engine's errors about keys, in the words of the table that a statement was for. */
#include "backend/local_errors.h"

#include "backend/local_table.h"
#include "sql/source.h"
#include "sql/token.h"

#include <stdio.h>
#include <string.h>

#define DUPLICATE "duplicate key value violates unique constraint"

/* "Key (a, b)=(…)" */
static struct str key_of(const struct err *e)
{
    static const char before[] = "Key (";
    const char *end = strstr(e->detail, ")=(");
    size_t n = sizeof before - 1;
    if (strncmp(e->detail, before, n) != 0 || !end)
        return (struct str){0};
    return (struct str){e->detail + n, (size_t)(end - e->detail) - n};
}

/* The only key that the engine can mean; NULL: there are several, or none. */
static const struct sql_source_key *key_with(const struct sql_source *s, struct str columns,
                                             enum sql_key_kind one, enum sql_key_kind other)
{
    const struct sql_source_key *found = NULL;
    size_t n = 0;
    for (size_t i = 0; columns.n && i < s->nkeys; i++)
        if ((s->keys[i].kind == one || s->keys[i].kind == other) && str_ieq(s->keys[i].said, columns)) {
            found = &s->keys[i];
            n++;
        }
    return n == 1 ? found : NULL;
}

/* The bytes of an expression that say something: no bracket, blank, schema or quote of a name, and of
 * CAST(x AS type) x alone, which the engine writes where it needs a cast. */
struct bytes {
    struct sql_lexer lexer;
    struct str token;
};

static void next_word(struct bytes *b)
{
    struct sql_token t;
    size_t depth = 0;
    bool type = false;
    b->token = (struct str){0};
    while (sql_lexer_next(&b->lexer, &t) != SQL_TOK_END) {
        if (type) {
            type = !sql_token_is(&t, ')') || depth > 0;
            depth += sql_token_is(&t, '(');
            depth -= sql_token_is(&t, ')') && depth;
            continue;
        }
        type = sql_token_is_word(&t, "AS");
        struct sql_lexer ahead = b->lexer;
        struct sql_token dot;
        if (sql_token_is_name(&t) && sql_lexer_next(&ahead, &dot) != SQL_TOK_END && sql_token_is(&dot, '.')) {
            b->lexer = ahead;
            continue;
        }
        if (!type && !sql_token_is(&t, '(') && !sql_token_is(&t, ')') && !sql_token_is_word(&t, "CAST")) {
            b->token = t.text;
            return;
        }
    }
}

/* '\0': there is none any more. */
static char next_byte(struct bytes *b)
{
    for (;;) {
        if (!b->token.n)
            next_word(b);
        if (!b->token.n)
            return '\0';
        char c = *b->token.p;
        b->token = (struct str){b->token.p + 1, b->token.n - 1};
        if (c != ' ' && c != '"')
            return c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c;
    }
}

/* Whether two texts are of the same expressions: the one as it is kept, the other as the engine has bound
 * it. */
static bool same_expressions(struct str a, struct str b)
{
    struct bytes of = {0}, other = {0};
    char c;
    sql_lexer_init(&of.lexer, sql_tokens_of(a));
    sql_lexer_init(&other.lexer, sql_tokens_of(b));
    do {
        c = next_byte(&of);
        if (c != next_byte(&other))
            return false;
    } while (c);
    return true;
}

static bool has_expressions(struct str columns)
{
    return columns.n && memchr(columns.p, '(', columns.n);
}

/* The only unique index that the engine can mean: one of the same expressions, or, since it may write them in
 * another way, the only one that has any. NULL: there are several, or none. */
static const struct sql_source_key *index_with(const struct sql_source *s, struct str columns)
{
    const struct sql_source_key *same = NULL, *any = NULL;
    size_t nsame = 0, nany = 0;
    for (size_t i = 0; columns.n && i < s->nkeys; i++) {
        if (s->keys[i].kind != SQL_KEY_INDEX)
            continue;
        if (same_expressions(s->keys[i].said, columns)) {
            same = &s->keys[i];
            nsame++;
        }
        if (has_expressions(s->keys[i].said)) {
            any = &s->keys[i];
            nany++;
        }
    }
    if (nsame)
        return nsame == 1 ? same : NULL;
    return nany == 1 && has_expressions(columns) ? any : NULL;
}

/* The columns in "Key (a, b)=(…)" as they are called in this table; PostgreSQL quotes those of a unique key
 * alone. */
static void set_columns(struct err *e, const struct sql_source_key *key, bool quoted)
{
    char copy[ERR_DETAIL_MAX], columns[ERR_DETAIL_MAX];
    const char *rest = strstr(e->detail, ")=(");
    size_t n = 0;
    if (!rest)
        return;
    for (size_t i = 0; i < key->columns.n && n + 1 < sizeof columns; i++) {
        bool quote = key->columns.p[i] == '"';
        if (!quote || quoted)
            columns[n++] = key->columns.p[i];
        else if (i + 1 < key->columns.n && key->columns.p[i + 1] == '"')
            columns[n++] = key->columns.p[i++]; /* a doubled one */
    }
    (void)snprintf(copy, sizeof copy, "Key (%.*s%s", (int)n, columns, rest);
    memcpy(e->detail, copy, sizeof copy);
}

static void set_name(char out[static ERR_NAME_MAX], struct str name)
{
    (void)snprintf(out, ERR_NAME_MAX, "%.*s", (int)str_cut(name, ERR_NAME_MAX - 1), name.p ? name.p : "");
}

static void explain_foreign(const struct sql_source *s, struct err *e)
{
    bool referred = strstr(e->message, "update or delete") != NULL;
    enum sql_key_kind kind = referred ? SQL_KEY_REFERRED : SQL_KEY_FOREIGN;
    const struct sql_source_key *key = key_with(s, key_of(e), kind, kind);
    if (!key)
        return;
    set_columns(e, key, false);
    int name = (int)s->name.n, constraint = (int)key->name.n, other = (int)key->other.n;
    if (referred) {
        (void)snprintf(e->message, sizeof e->message,
                       "update or delete on table \"%.*s\" violates foreign key constraint \"%.*s\" on table "
                       "\"%.*s\"",
                       name, s->name.p, constraint, key->name.p, other, key->other.p);
    } else {
        (void)snprintf(e->message, sizeof e->message,
                       "insert or update on table \"%.*s\" violates foreign key constraint \"%.*s\"", name,
                       s->name.p, constraint, key->name.p);
    }
    char *tail = strstr(e->detail, referred ? " is still referenced " : " is not present in ");
    if (tail)
        (void)snprintf(tail, sizeof e->detail - (size_t)(tail - e->detail), "%s table \"%.*s\".",
                       referred ? " is still referenced from" : " is not present in", other, key->other.p);
    set_name(e->constraint, key->name);
    set_name(e->table, referred ? key->other : s->name);
}

static bool is_unique(const struct sql_source_key *key)
{
    return key->kind == SQL_KEY_PRIMARY || key->kind == SQL_KEY_UNIQUE || key->kind == SQL_KEY_INDEX;
}

/* How often that stands outside of brackets and quotes; of a value everywhere. */
static size_t commas(struct str s, bool value)
{
    size_t n = 0, depth = 0;
    bool quoted = false;
    for (size_t i = 0; i < s.n; i++) {
        quoted ^= s.p[i] == '"' || s.p[i] == '\'';
        depth += s.p[i] == '(';
        depth -= s.p[i] == ')' && depth;
        n += s.p[i] == ',' && (value || (!quoted && !depth));
    }
    return n;
}

/* The only key that can have the value, by the number of its columns; NULL: there are several. A text may
 * have commas of its own, so that fewer columns than it seems to have will do. */
static const struct sql_source_key *key_of_value(const struct sql_source *s, struct str value)
{
    const struct sql_source_key *found = NULL;
    size_t n = commas(value, true);
    for (size_t i = 0; i < s->nkeys; i++) {
        if (!is_unique(&s->keys[i]) || commas(s->keys[i].columns, false) > n)
            continue;
        if (found)
            return NULL;
        found = &s->keys[i];
    }
    return found;
}

/* Two rows of one transaction that are the same: the engine says no more than the value. */
static bool explain_twins(const struct sql_source *s, struct err *e)
{
    static const char before[] = "PRIMARY KEY or UNIQUE constraint violation: duplicate key \"";
    char text[ERR_DETAIL_MAX / 2];
    size_t n = strlen(e->message);
    if (n < sizeof before || strncmp(e->message, before, sizeof before - 1) != 0 || e->message[n - 1] != '"')
        return false;
    struct str value = {e->message + sizeof before - 1, n - sizeof before};
    const struct sql_source_key *key = key_of_value(s, value);
    (void)str_copy(value, text, sizeof text);
    err_names(e, "", "", "");
    set_name(e->table, s->name);
    if (!key) { /* which of them, it does not say */
        (void)snprintf(e->message, sizeof e->message, DUPLICATE);
        err_detail(e, "The key (%s) already exists.", text);
        return true;
    }
    (void)snprintf(e->message, sizeof e->message, DUPLICATE " \"%.*s\"", (int)key->name.n, key->name.p);
    err_detail(e, "Key (%.*s)=(%s) already exists.", (int)key->columns.n, key->columns.p, text);
    set_name(e->constraint, key->name);
    return true;
}

/* A key that has been met in the index; the engine says which columns or expressions it is of. */
static void explain_duplicate(const struct sql_source *s, struct err *e)
{
    const struct sql_source_key *key = key_with(s, key_of(e), SQL_KEY_PRIMARY, SQL_KEY_UNIQUE);
    if (!key)
        key = index_with(s, key_of(e));
    if (key) {
        set_columns(e, key, true);
        (void)snprintf(e->message, sizeof e->message, DUPLICATE " \"%.*s\"", (int)key->name.n, key->name.p);
        set_name(e->constraint, key->name);
    } else if (has_expressions(key_of(e))) {
        (void)snprintf(e->message, sizeof e->message, DUPLICATE);
        e->detail[0] = e->constraint[0] = '\0';
    }
}

/* The engine's errors call constraints as PostgreSQL would by default, and columns as the engine has them.
 * What the table is known to have says better, when only one of its keys can be meant. */
void local_errors_explain(const struct local_table *t, struct err *e)
{
    const struct sql_source *s = local_table_source(t);
    if (!s)
        return;
    if (e->code == SQLSTATE_UNIQUE_VIOLATION) {
        if (!explain_twins(s, e))
            explain_duplicate(s, e);
    } else if (e->code == SQLSTATE_FOREIGN_KEY_VIOLATION) {
        explain_foreign(s, e);
    }
    if (e->table[0])
        set_name(e->schema, s->schema);
}
