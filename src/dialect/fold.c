/* One look at each word: most are in lower case, and of the others most are keywords, whose case says
 * nothing. A keyword may be a name all the same, where one stands: behind AS or a dot, alone between commas,
 * or where a statement defines something. A word too many is harmless, since the engine reads keywords in
 * either case; it costs an edit. */
#include "dialect/fold.h"

#include <stdlib.h>
#include <strings.h>

enum { CASTS_MAX = 64, WORD_BYTES_MAX = 20 };

enum word { WORD_NAME, WORD_KEYWORD, WORD_RESERVED };

/* Sorted: they are searched by halves. */
/* clang-format off */
/* Names behind AS and behind a dot alone. */
static const char *const reserved[] = {
    "all", "analyse", "analyze", "and", "any", "array", "as", "asc", "asymmetric", "both", "case", "cast",
    "check", "collate", "column", "constraint", "create", "current_catalog", "current_date", "current_role",
    "current_time", "current_timestamp", "current_user", "default", "deferrable", "desc", "distinct", "do",
    "else", "end", "except", "false", "fetch", "for", "foreign", "from", "grant", "group", "having", "in",
    "initially", "intersect", "into", "lateral", "leading", "limit", "localtime", "localtimestamp", "not",
    "null", "offset", "on", "only", "or", "order", "placing", "primary", "references", "returning",
    "select", "session_user", "some", "symmetric", "table", "then", "to", "trailing", "true", "union",
    "unique", "user", "using", "variadic", "when", "where", "window", "with",
};
/* Keywords that may be names elsewhere, too, and that are often enough none. */
static const char *const keywords[] = {
    "absolute", "action", "add", "alter", "always", "asensitive", "at", "authorization", "backward",
    "begin", "between", "bigint", "binary", "bit", "boolean", "breadth", "by", "cache", "call", "cascade",
    "chain", "char", "character", "close", "cluster", "coalesce", "collation", "comment", "commit",
    "committed", "concurrently", "conflict", "constraints", "copy", "cross", "cube", "current",
    "current_schema", "cursor", "cycle", "deallocate", "dec", "decimal", "declare", "deferred", "delete",
    "depth", "discard", "double", "drop", "each", "enum", "escape", "exclude", "execute", "exists",
    "explain", "extract", "filter", "first", "float", "following", "forward", "freeze", "full", "function",
    "generated", "greatest", "grouping", "groups", "hold", "identity", "if", "ilike", "immediate",
    "include", "increment", "index", "inner", "inout", "input", "insensitive", "insert", "instead", "int",
    "integer", "interval", "is", "isnull", "isolation", "join", "key", "language", "last", "least", "left",
    "level", "like", "listen", "locked", "match", "matched", "materialized", "maxvalue", "merge",
    "minvalue", "move", "national", "natural", "nchar", "next", "no", "none", "normalize", "nothing",
    "notify", "notnull", "nowait", "nullif", "nulls", "numeric", "of", "ordinality", "others", "out",
    "outer", "over", "overlaps", "overlay", "owned", "owner", "partial", "partition", "position",
    "preceding", "precision", "prepare", "prior", "range", "read", "real", "recursive", "refresh",
    "reindex", "relative", "release", "rename", "repeatable", "replace", "reset", "restart", "restrict",
    "returns", "right", "rollback", "rollup", "row", "rows", "rule", "savepoint", "schema", "scroll",
    "search", "sequence", "sequences", "serializable", "set", "setof", "sets", "share", "show", "similar",
    "simple", "skip", "smallint", "start", "statement", "stored", "substring", "tables", "tablesample",
    "temp", "temporary", "ties", "time", "timestamp", "transaction", "treat", "trim", "truncate", "type",
    "uescape", "unbounded", "uncommitted", "unlisten", "unlogged", "update", "vacuum", "values", "varchar",
    "varying", "verbose", "view", "within", "without", "work", "write", "xmlattributes", "xmlconcat",
    "xmlelement", "xmlexists", "xmlforest", "xmlnamespaces", "xmlparse", "xmlpi", "xmlroot", "xmlserialize",
    "xmltable", "zone",
};
/* clang-format on */

static int compare(const void *key, const void *item)
{
    const struct str *word = key;
    const char *known = *(const char *const *)item;
    int order = strncasecmp(word->p, known, word->n);
    return order ? order : known[word->n] ? -1 : 0;
}

static enum word word_of(struct str word)
{
    if (word.n > WORD_BYTES_MAX)
        return WORD_NAME;
    if (bsearch(&word, reserved, sizeof reserved / sizeof *reserved, sizeof *reserved, compare))
        return WORD_RESERVED;
    return bsearch(&word, keywords, sizeof keywords / sizeof *keywords, sizeof *keywords, compare)
               ? WORD_KEYWORD
               : WORD_NAME;
}

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

static bool has_capitals(struct str word)
{
    for (size_t i = 0; i < word.n; i++)
        if (is_upper(word.p[i]))
            return true;
    return false;
}

static bool is_all_capitals(struct str word)
{
    for (size_t i = 0; i < word.n; i++)
        if (word.p[i] >= 'a' && word.p[i] <= 'z')
            return false;
    return true;
}

/* PostgreSQL folds a name without quotes to lower case, and shows it so to its clients. The engine finds it
 * in any case, but keeps and shows the case in which it was written. */
int fold_name(struct rewriter *r, const struct sql_token *t)
{
    struct str text;
    if (t->kind != SQL_TOK_WORD || !has_capitals(t->text) || edits_touch(&r->folded, t->at, walk_end(t)))
        return ST_OK;
    TRY(walk_folded(r, t, &text));
    return edits_replace(&r->folded, t->at, t->text.n, text, r->err);
}

/* COUNT(…): how functions are often written; neither names of columns nor the engine's messages show it. */
static bool is_call(const struct sql_token *before, const struct sql_token *t, const struct sql_token *after)
{
    static const char *const relations[] = {"INTO", "WITH", "RECURSIVE"};
    return sql_token_is(after, '(') && is_all_capitals(t->text) && !sql_token_is(before, ')') &&
           !WALK_IS_ANY(before, relations);
}

/* A word alone between brackets and commas. */
static bool is_listed(const struct sql_token *before, const struct sql_token *after)
{
    return (sql_token_is(before, '(') || sql_token_is(before, ',')) &&
           (sql_token_is(after, ')') || sql_token_is(after, ','));
}

/* Behind what a statement that defines something names things by. */
static bool is_defined(const struct sql_token *before)
{
    static const char *const words[] = {"TABLE", "VIEW",     "INDEX", "EXISTS", "SEQUENCE",   "SCHEMA",
                                        "TYPE",  "COLUMN",   "ADD",   "RENAME", "TO",         "ALTER",
                                        "DROP",  "ON",       "INTO",  "BY",     "CONSTRAINT", "REFERENCES",
                                        "MACRO", "FUNCTION", "DOMAIN"};
    return sql_token_is(before, '(') || sql_token_is(before, ',') || WALK_IS_ANY(before, words);
}

/* Behind AS: a name, but for the type of a CAST and the query of a view. */
static bool is_alias(const struct folding *f, enum word w, const struct sql_token *t,
                     const struct sql_token *after)
{
    static const char *const queries[] = {"SELECT", "WITH", "VALUES", "TABLE", "NOT", "MATERIALIZED", "ENUM"};
    bool cast = f->depth > 0 && f->depth <= CASTS_MAX && f->casts >> (f->depth - 1) & 1;
    bool ends = after->kind == SQL_TOK_END || sql_token_is(after, ',') || sql_token_is(after, ')');
    return !cast && !(w != WORD_NAME && !ends && WALK_IS_ANY(t, queries));
}

/* A reserved word is a name only behind AS or a point. Another keyword is one only where names are likely:
 * beside a point, alone between commas, and where a statement names what it defines. */
static bool is_name(const struct folding *f, const struct sql_token *before, const struct sql_token *t,
                    const struct sql_token *after)
{
    enum word w = word_of(t->text);
    if (sql_token_is(before, '.'))
        return true;
    if (sql_token_is_word(before, "AS"))
        return is_alias(f, w, t, after);
    if (w == WORD_RESERVED || sql_token_is_typecast(before))
        return false;
    if (w == WORD_NAME)
        return f->defines || !is_call(before, t, after);
    return sql_token_is(after, '.') || is_listed(before, after) || (f->defines && is_defined(before));
}

/* Brackets, and which of them are a CAST's: a type follows its AS. */
static void track(struct folding *f, const struct sql_token *before, const struct sql_token *t)
{
    if (sql_token_is(t, '(')) {
        bool cast = sql_token_is_word(before, "CAST") || sql_token_is_word(before, "TRY_CAST");
        uint64_t bit = f->depth < CASTS_MAX ? (uint64_t)1 << f->depth : 0;
        f->casts = cast ? f->casts | bit : f->casts & ~bit;
        f->depth++;
    } else if (sql_token_is(t, ')') && f->depth > 0) {
        f->depth--;
    }
}

int fold_take(struct rewriter *r, struct folding *f, const struct sql_token *before,
              const struct sql_token *t, const struct sql_token *after)
{
    static const char *const defining[] = {"CREATE", "ALTER", "DROP", "COMMENT"};
    if (!f->started)
        f->defines = WALK_IS_ANY(t, defining);
    f->started = true;
    if (t->kind == SQL_TOK_PUNCT)
        track(f, before, t);
    if (t->kind != SQL_TOK_WORD || !has_capitals(t->text) || !is_name(f, before, t, after))
        return ST_OK;
    return fold_name(r, t);
}

/* A name within what another edit replaces is gone, and so is its folding. Both lists are in order: one pass
 * over the two, with where the last replacement ends. */
int fold_end(struct rewriter *r)
{
    struct edits *x = &r->folded;
    const struct edits *others = &r->edits;
    size_t n = 0, k = 0, until = 0; /* of x kept; of the others, and where what they replace ends */
    bool accepts;
    if (x->n == 0)
        return ST_OK;
    TRY(walk_accepts(r, &accepts));
    if (!accepts)
        return ST_OK;
    for (size_t i = 0; i < x->n; i++) {
        size_t end = x->parts[i].at + x->parts[i].removed;
        bool replaced = until > x->parts[i].at;
        for (; k < others->n && others->parts[k].at < end; k++) {
            const struct edit_part *p = &others->parts[k];
            if (p->removed > 0 && p->at + p->removed > until)
                until = p->at + p->removed;
            replaced |= until > x->parts[i].at;
        }
        if (!replaced)
            x->parts[n++] = x->parts[i];
    }
    x->n = n;
    return edits_join(&r->edits, x, r->err);
}
