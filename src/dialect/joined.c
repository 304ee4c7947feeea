/* FROM is read ahead of the walk, relation by relation, for the lists of USING. */
#include "dialect/joined.h"

#include "base/buf.h"
#include "dialect/sources.h"
#include "dialect/walk.h"
#include "sql/part.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    RELATIONS_MAX = 16, /* of a FROM that is read; with more the star stays */
    COLUMNS_MAX = 32,   /* that its joins have in common; the same */
    STARS_MAX = 64,     /* of a statement that are looked at: each look reads up to the end of its query */
    STAR_TEXT_MAX = 64 * 1024,
};

/* A column of a list of USING. */
struct common {
    struct str name, bare; /* as it is written, and without quotes */
    size_t join, place;    /* the relation on the right of the last join that has it, and where in its list */
    bool with[RELATIONS_MAX]; /* relations that are known to have it */
};

struct joined {
    struct str names[RELATIONS_MAX]; /* of the relations; n 0: none to refer to it by */
    size_t n;
    char side; /* of the first join: I, R or F; L is I */
    struct common columns[COLUMNS_MAX];
    size_t ncolumns;
    bool otherwise; /* a relation is joined without USING */
};

static const char *const joins[] = {"JOIN", "INNER", "LEFT", "RIGHT", "FULL", "CROSS", "NATURAL"};
static const char *const ends[] = {"WHERE", "GROUP", "HAVING", "WINDOW", "ORDER",     "LIMIT",    "OFFSET",
                                   "FETCH", "UNION", "EXCEPT", "FOR",    "INTERSECT", "RETURNING"};

static bool is_end(const struct part *c)
{
    return part_is_end(c) || part_closes(&c->token) || sql_token_is(&c->token, ';') ||
           PART_IS_ANY(&c->token, ends);
}

/* LEFT(…) and RIGHT(…) are functions. */
static bool is_join(const struct part *c)
{
    struct part ahead = *c;
    part_next(&ahead);
    return PART_IS_ANY(&c->token, joins) && !sql_token_is(&ahead.token, '(');
}

/* [ONLY] a.b.c [*], f(…) or (query), and its alias. false: what is not understood. */
static bool read_relation(struct part *c, struct joined *j)
{
    struct str *name = &j->names[j->n];
    if (j->n == RELATIONS_MAX)
        return false;
    j->n++;
    (void)part_take(c, "LATERAL");
    (void)part_take(c, "ONLY");
    if (sql_token_is(&c->token, '(')) {
        struct part inside = *c;
        part_next(&inside);
        if (!sql_token_is_word(&inside.token, "SELECT") && !sql_token_is_word(&inside.token, "WITH") &&
            !sql_token_is_word(&inside.token, "VALUES"))
            return false;
        (void)part_skip_bracket(c);
    } else {
        while (sql_token_is_name(&c->token)) {
            *name = c->token.text;
            part_next(c);
            if (!sql_token_is(&c->token, '.'))
                break;
            part_next(c);
        }
        if (sql_token_is(&c->token, '('))
            (void)part_skip_bracket(c);
        else if (part_is_star(&c->token))
            part_next(c);
    }
    bool as = part_take(c, "AS");
    if (sql_token_is_name(&c->token) && (as || (walk_is_alias(&c->token) && !is_join(c)))) {
        *name = c->token.text;
        part_next(c);
        if (sql_token_is(&c->token, '('))
            (void)part_skip_bracket(c);
    }
    return name->n > 0;
}

static struct common *find_common(struct joined *j, struct str name)
{
    for (size_t i = 0; i < j->ncolumns; i++)
        if (str_ieq(j->columns[i].bare, name))
            return &j->columns[i];
    return NULL;
}

/* The list of USING, of the join whose right side is the last relation. */
static bool read_using(struct part *c, struct joined *j)
{
    size_t place = 0;
    assert(j->n >= 2 && j->n <= RELATIONS_MAX);
    if (!sql_token_is(&c->token, '('))
        return false;
    do {
        part_next(c);
        if (!sql_token_is_name(&c->token))
            return false;
        struct common *k = find_common(j, sql_name_bare(&c->token));
        if (!k) {
            if (j->ncolumns == COLUMNS_MAX)
                return false;
            k = &j->columns[j->ncolumns++];
            *k = (struct common){.name = c->token.text, .bare = sql_name_bare(&c->token)};
            k->with[0] = j->n == 2;
        }
        k->join = j->n - 1;
        k->place = place++;
        k->with[j->n - 1] = true;
        part_next(c);
    } while (sql_token_is(&c->token, ','));
    if (!sql_token_is(&c->token, ')'))
        return false;
    part_next(c);
    return !sql_token_is_word(&c->token, "AS");
}

/* Over the condition behind ON. */
static void skip_condition(struct part *c)
{
    while (!is_end(c) && !sql_token_is(&c->token, ',') && !is_join(c)) {
        if (part_opens(&c->token))
            (void)part_skip_bracket(c);
        else
            part_next(c);
    }
}

/* Whether a list of USING stands further behind: of another item of FROM. */
static bool uses_more(struct part *c)
{
    while (!is_end(c)) {
        if (sql_token_is_word(&c->token, "USING") || sql_token_is_word(&c->token, "NATURAL"))
            return true;
        if (part_opens(&c->token))
            (void)part_skip_bracket(c);
        else
            part_next(c);
    }
    return false;
}

/* What is behind FROM. false: the star stays. */
static bool read_from(struct part *c, struct joined *j)
{
    if (!read_relation(c, j))
        return false;
    while (!is_end(c) && !sql_token_is(&c->token, ',')) {
        char side = 'I';
        for (; PART_IS_ANY(&c->token, joins) && !sql_token_is_word(&c->token, "JOIN"); part_next(c)) {
            if (sql_token_is_word(&c->token, "NATURAL"))
                return false;
            if (sql_token_is_word(&c->token, "RIGHT") || sql_token_is_word(&c->token, "FULL"))
                side = sql_token_is_word(&c->token, "RIGHT") ? 'R' : 'F';
        }
        (void)part_take(c, "OUTER");
        if (!part_take(c, "JOIN") || !read_relation(c, j))
            return false;
        if (j->n == 2)
            j->side = side;
        if (part_take(c, "USING")) {
            if (!read_using(c, j))
                return false;
        } else {
            j->otherwise = true;
            skip_condition(c);
        }
    }
    if (sql_token_is(&c->token, ',')) {
        j->otherwise = true;
        return !uses_more(c);
    }
    return true;
}

/* From the star on. false: there is no FROM. */
static bool find_from(struct part *c)
{
    while (!is_end(c)) {
        struct sql_token last = c->token;
        if (part_opens(&c->token))
            (void)part_skip_bracket(c);
        else
            part_next(c);
        if (sql_token_is_word(&c->token, "FROM") && !sql_token_is_word(&last, "DISTINCT"))
            return part_next(c), true;
    }
    return false;
}

/* The column as PostgreSQL shows it. By its bare name it may be ambiguous, when another relation has it. */
static void put_column(struct buf *b, const struct joined *j, const struct common *k)
{
    struct str left = j->names[0], right = j->names[1];
    assert(k->join > 0 && k->join < j->n && (k->with[0] || !j->otherwise));
    int n = (int)k->name.n;
    if (!j->otherwise)
        buf_printf(b, "%.*s", n, k->name.p);
    else if (j->side == 'F')
        buf_printf(b, "coalesce(%.*s.%.*s, %.*s.%.*s) AS %.*s", (int)left.n, left.p, n, k->name.p,
                   (int)right.n, right.p, n, k->name.p, n, k->name.p);
    else
        buf_printf(b, "%.*s.%.*s", j->side == 'R' ? (int)right.n : (int)left.n,
                   j->side == 'R' ? right.p : left.p, n, k->name.p);
    buf_printf(b, ", ");
}

static void put_without(struct buf *b, const struct joined *j, const struct common *k)
{
    if (!k->with[0]) /* whose it is on the left is not known */
        buf_printf(b, "%.*s, ", (int)k->name.n, k->name.p);
    for (size_t i = 0; k->with[0] && i < j->n; i++)
        if (k->with[i])
            buf_printf(b, "%.*s.%.*s, ", (int)j->names[i].n, j->names[i].p, (int)k->name.n, k->name.p);
}

/* The last join's columns first. */
static int by_place(const void *a, const void *b)
{
    const struct common *x = a, *y = b;
    if (x->join != y->join)
        return x->join > y->join ? -1 : 1;
    return x->place < y->place ? -1 : x->place > y->place;
}

static int put_star(struct rewriter *r, struct joined *j)
{
    struct buf b;
    assert(j->ncolumns > 0 && j->n >= 2);
    buf_init(&b, STAR_TEXT_MAX);
    qsort(j->columns, j->ncolumns, sizeof *j->columns, by_place);
    for (size_t i = 0; i < j->ncolumns; i++)
        put_column(&b, j, &j->columns[i]);
    buf_printf(&b, "* EXCLUDE (");
    for (size_t i = 0; i < j->ncolumns; i++)
        put_without(&b, j, &j->columns[i]);
    bool ok = buf_ok(&b);
    char *text = ok ? arena_strndup(r->arena, (const char *)b.data, b.len) : NULL;
    struct str with = {text, ok ? b.len : 0};
    buf_release(&b);
    if (!text)
        return err_oom(r->err);
    text[with.n - 2] = ')'; /* in place of the last comma */
    text[with.n - 1] = ' ';
    return walk_replace(r, r->token.at, walk_end(&r->token), with);
}

/* What the tree shows enough of. */
static bool is_clear(const struct joined *j)
{
    for (size_t i = 0; i < j->ncolumns; i++)
        if (!j->columns[i].with[0] && j->otherwise)
            return false;
    return j->ncolumns > 0 && j->names[0].n + 1 < STAR_TEXT_MAX;
}

bool walk_is_lone_star(const struct rewriter *r)
{
    struct sql_token after = walk_peek(r);
    return part_is_star(&r->token) && r->depth <= DEPTH_MAX && r->frames[r->depth].clause == CLAUSE_SELECT &&
           !sql_token_is(&r->prev, '.') && (sql_token_is_word(&after, "FROM") || sql_token_is(&after, ','));
}

/* SELECT * FROM unnest(a, b): both columns are called unnest, which only the outermost list may say. */
static int rename_unnested(struct rewriter *r)
{
    struct sql_lexer ahead = r->lexer;
    struct sql_token t, before = {.kind = SQL_TOK_END}, name = before;
    size_t depth = 0, found = 0, n = 0;
    bool accepts;
    while (sql_lexer_next(&ahead, &t) != SQL_TOK_END && t.kind != SQL_TOK_BAD) {
        size_t columns;
        bool source = sql_token_is_word(&before, "FROM") || sql_token_is_word(&before, "JOIN") ||
                      sql_token_is_word(&before, "LATERAL") || sql_token_is(&before, ',');
        depth += sql_token_is(&t, '(') || sql_token_is(&t, '[');
        depth -= depth > 0 && (sql_token_is(&t, ')') || sql_token_is(&t, ']'));
        if (depth == 0 && sql_token_is_word(&t, "UNION"))
            return ST_OK;
        if (depth == 0 && source && source_is_several(r, &t, &columns)) {
            found++;
            n = columns;
            name = t;
        }
        before = t;
    }
    if (found != 1)
        return ST_OK;
    TRY(walk_accepts(r, &accepts));
    if (!accepts)
        return ST_OK;
    static const char *const renames[] = {
        [2] = " RENAME (unnest_1 AS unnest)",
        [3] = " RENAME (unnest_1 AS unnest, unnest_2 AS unnest)",
        [4] = " RENAME (unnest_1 AS unnest, unnest_2 AS unnest, unnest_3 AS unnest)",
    };
    assert(name.kind == SQL_TOK_WORD && n > 1 && n < sizeof renames / sizeof *renames);
    return walk_insert(r, walk_end(&r->token), str_of(renames[n]));
}

int walk_joined_star(struct rewriter *r)
{
    assert(r->postgres && part_is_star(&r->token));
    struct part c = {.lexer = r->lexer, .token = r->token, .end = r->edits.sql.n};
    struct joined j = {.side = 'I'};
    bool accepts = r->stars < STARS_MAX;
    r->stars++;
    if (accepts && r->sends && r->depth == 0)
        TRY(rename_unnested(r));
    if (accepts && find_from(&c) && read_from(&c, &j) && is_clear(&j)) {
        TRY(walk_accepts(r, &accepts));
        if (accepts)
            TRY(put_star(r, &j));
    }
    return walk_on(r);
}
