/* A query is read twice: over its select list to the end, for where FROM and the end are; then FROM, for the
 * relations, and the list, for the items. A subquery in FROM is read in the same way, within the bounds of
 * its brackets; what is nested deeper than NESTED_MAX has no origins. */
#include "sql/origin.h"

#include "sql/name.h"
#include "sql/part.h"
#include "sql/scope.h"

#include <string.h>

enum { NESTED_MAX = 8, PARTS_MAX = 4 };

struct with {
    struct scope_relation relation;
    const struct with *next;
};

struct finder {
    struct arena *arena;
    sql_source_fn *find;
    void *arg;
    struct err *err;
    const struct with *with;
    unsigned depth;
};

static const char *const joins[] = {"JOIN", "INNER", "LEFT", "RIGHT",      "FULL",   "CROSS",
                                    "ASOF", "SEMI",  "ANTI", "POSITIONAL", "NATURAL"};
static const char *const tails[] = {"WHERE", "GROUP",  "HAVING",  "ORDER", "LIMIT",  "OFFSET",
                                    "FETCH", "WINDOW", "QUALIFY", "FOR",   "SAMPLE", "RETURNING"};
static const char *const set_operations[] = {"UNION", "INTERSECT", "EXCEPT"};

static int query(struct finder *f, struct part *c, struct scope_relation *out);

/* ---- relations ---- */

static int put_source(struct finder *f, const struct sql_source *s, struct scope_relation *r)
{
    r->columns = arena_calloc(f->arena, s->ncolumns + 1, sizeof *r->columns);
    if (!r->columns)
        return err_oom(f->err);
    for (size_t i = 0; i < s->ncolumns; i++)
        r->columns[i] = (struct scope_column){s->columns[i].name, {s, &s->columns[i], {0}}};
    r->n = s->ncolumns;
    r->known = true;
    return ST_OK;
}

static int named_relation(struct finder *f, const struct sql_token *parts, size_t n, struct scope_relation *r)
{
    const struct sql_source *source = NULL;
    for (const struct with *w = n == 1 ? f->with : NULL; w; w = w->next)
        if (scope_same(w->relation.name, &parts[0])) {
            *r = w->relation;
            r->name = sql_name_bare(&parts[0]);
            return ST_OK;
        }
    r->name = sql_name_bare(&parts[n - 1]);
    TRY(f->find(f->arg, parts, n, &source, f->err));
    return source ? put_source(f, source, r) : ST_OK;
}

/* The brackets that the cursor stands at, as a query. Goes on behind them. */
static int bracket_query(struct finder *f, struct part *c, struct scope_relation *r)
{
    struct part in = *c;
    in.end = part_skip_bracket(c);
    part_next(&in);
    if (f->depth >= NESTED_MAX)
        return ST_OK;
    f->depth++;
    int st = query(f, &in, r);
    f->depth--;
    return st;
}

/* [AS] alias [(names)] */
static void alias(struct part *c, struct scope_relation *r)
{
    static const char *const others[] = {"ON",      "USING",     "TABLESAMPLE", "SET",       "SELECT",
                                         "UNION",   "INTERSECT", "EXCEPT",      "WITH",      "AT",
                                         "LATERAL", "VALUES",    "DEFAULT",     "OVERRIDING"};
    bool as = part_take(c, "AS");
    if (!sql_token_is_name(&c->token) ||
        (!as &&
         (PART_IS_ANY(&c->token, joins) || PART_IS_ANY(&c->token, tails) || PART_IS_ANY(&c->token, others))))
        return;
    r->name = sql_name_bare(&c->token);
    part_next(c);
    if (!sql_token_is(&c->token, '('))
        return;
    part_next(c);
    for (size_t i = 0; sql_token_is_name(&c->token); i++) {
        if (i < r->n)
            r->columns[i].name = sql_name_bare(&c->token);
        else
            r->known = false;
        part_next(c);
        while (!part_is_end(c) && !sql_token_is(&c->token, ',') && !sql_token_is(&c->token, ')'))
            part_next(c); /* a type, behind a function */
        if (sql_token_is(&c->token, ','))
            part_next(c);
    }
    if (sql_token_is(&c->token, ')'))
        part_next(c);
}

/* The columns of what stands in brackets or is a copy of another's may get other names: they are copied. */
static int own_columns(struct finder *f, struct scope_relation *r)
{
    struct scope_column *copy = arena_calloc(f->arena, r->n + 1, sizeof *copy);
    if (!copy)
        return err_oom(f->err);
    if (r->n)
        memcpy(copy, r->columns, r->n * sizeof *copy);
    r->columns = copy;
    return ST_OK;
}

/* [ONLY] a.b.c */
static size_t name_parts(struct part *c, struct sql_token parts[static PARTS_MAX])
{
    size_t n = 0;
    (void)part_take(c, "ONLY");
    while (sql_token_is_name(&c->token) && n < PARTS_MAX) {
        parts[n++] = c->token;
        part_next(c);
        if (!sql_token_is(&c->token, '.'))
            break;
        part_next(c);
    }
    return n;
}

static int from_list(struct finder *f, struct part *c, struct scope *s);

static bool begins_query(const struct part *at)
{
    struct part c = *at;
    while (sql_token_is(&c.token, '('))
        part_next(&c);
    return sql_token_is_word(&c.token, "SELECT") || sql_token_is_word(&c.token, "WITH") ||
           sql_token_is_word(&c.token, "VALUES") || sql_token_is_word(&c.token, "FROM");
}

static int one_relation(struct finder *f, struct part *c, struct scope *s)
{
    struct scope_relation r = {0};
    (void)part_take(c, "LATERAL");
    if (sql_token_is(&c->token, '(') && !begins_query(c)) {
        size_t before = s->n;
        part_next(c);
        TRY(from_list(f, c, s));
        if (sql_token_is(&c->token, ')'))
            part_next(c);
        alias(c, &r);
        for (size_t i = before; r.name.n && i < s->n; i++) /* one name for all of them */
            s->relations[i].known = false;
        s->lost |= r.name.n > 0;
        return ST_OK;
    }
    if (sql_token_is(&c->token, '(')) {
        TRY(bracket_query(f, c, &r));
    } else {
        struct sql_token parts[PARTS_MAX];
        size_t n = name_parts(c, parts);
        if (n == 0 || n > SQL_SOURCE_PARTS_MAX || sql_token_is(&c->token, '(')) {
            if (n > 0)
                r.name = sql_name_bare(&parts[n - 1]);
            if (!part_is_end(c) && part_opens(&c->token))
                (void)part_skip_bracket(c);
            else if (n == 0 && !part_is_end(c))
                part_next(c);
        } else {
            TRY(named_relation(f, parts, n, &r));
        }
        if (part_is_star(&c->token))
            part_next(c);
    }
    TRY(own_columns(f, &r));
    alias(c, &r);
    if (s->n == SCOPE_RELATIONS_MAX) {
        s->lost = true;
        return ST_OK;
    }
    s->relations[s->n++] = r;
    return ST_OK;
}

static void using_list(struct part *c, struct scope *s, const char *side)
{
    if (!sql_token_is(&c->token, '('))
        return;
    part_next(c);
    for (; sql_token_is_name(&c->token) || sql_token_is(&c->token, ','); part_next(c))
        if (sql_token_is_name(&c->token))
            scope_merge(s, sql_name_bare(&c->token), side);
    if (sql_token_is(&c->token, ')'))
        part_next(c);
}

/* Relations up to the end, a closing bracket, or what follows upon FROM. */
static int from_list(struct finder *f, struct part *c, struct scope *s)
{
    const char *side = "I";
    bool natural = false;
    TRY(one_relation(f, c, s));
    while (!part_is_end(c) && !part_closes(&c->token) && !PART_IS_ANY(&c->token, tails)) {
        struct sql_token t = c->token;
        if (part_take(c, "USING")) {
            using_list(c, s, side);
        } else if (PART_IS_ANY(&t, joins)) {
            if (sql_token_is_word(&t, "RIGHT") || sql_token_is_word(&t, "FULL"))
                side = sql_token_is_word(&t, "RIGHT") ? "R" : "F";
            natural |= sql_token_is_word(&t, "NATURAL");
            part_next(c);
            if (!sql_token_is_word(&t, "JOIN"))
                continue;
            size_t right = s->n;
            TRY(one_relation(f, c, s));
            if (natural && right < s->n)
                scope_merge_natural(s, right, side);
            if (!sql_token_is_word(&c->token, "USING"))
                side = "I";
            natural = false;
        } else if (sql_token_is(&t, ',')) {
            part_next(c);
            TRY(one_relation(f, c, s));
        } else if (part_opens(&t)) {
            (void)part_skip_bracket(c);
        } else {
            if (sql_token_is_word(&t, "ON"))
                side = "I";
            part_next(c);
        }
    }
    return ST_OK;
}

/* ---- items ---- */

/* A query's columns as they are found. */
struct items {
    struct scope_column *columns;
    size_t n, cap;
    bool lost;
};

static int put(struct finder *f, struct items *x, struct str name, struct sql_origin origin)
{
    if (x->n == x->cap) {
        size_t cap = x->cap ? 2 * x->cap : 16;
        struct scope_column *more = arena_calloc(f->arena, cap, sizeof *more);
        if (!more)
            return err_oom(f->err);
        if (x->n)
            memcpy(more, x->columns, x->n * sizeof *more);
        x->columns = more;
        x->cap = cap;
    }
    x->columns[x->n++] = (struct scope_column){name, origin};
    return ST_OK;
}

/* without: a bracket of columns that do not count; NULL: there is none. */
static int put_star(struct finder *f, struct items *x, const struct scope *s,
                    const struct scope_relation *only, const struct part *without)
{
    for (size_t i = 0; i < s->n; i++) {
        const struct scope_relation *r = &s->relations[i];
        if (only && r != only)
            continue;
        x->lost |= !r->known;
        for (size_t k = 0; k < r->n; k++) {
            struct str name = r->columns[k].name;
            if (without ? scope_lists(*without, r->name, name) : !only && scope_is_merged_before(s, i, name))
                continue;
            bool elsewhere = !only && scope_is_merged_elsewhere(s, name);
            TRY(put(f, x, name, elsewhere ? (struct sql_origin){0} : r->columns[k].origin));
        }
    }
    x->lost |= s->lost && !only;
    return ST_OK;
}

static bool ends_item(const struct part *c)
{
    return part_is_end(c) || sql_token_is(&c->token, ',') || sql_token_is(&c->token, ';');
}

/* What stands between two tokens, of which last is the first. */
static struct str gap(const struct part *c, const struct sql_token *last)
{
    size_t from = last->at + last->text.n;
    return (struct str){c->lexer.sql.p + from, c->token.at > from ? c->token.at - from : 0};
}

/* What is no column: over it, for its alias and for what makes several columns. */
static int expression(struct finder *f, struct part *c, struct items *x)
{
    struct sql_token last = {.kind = SQL_TOK_END}, before = last;
    struct sql_origin origin = {0};
    struct str name = {0};
    size_t depth = 0;
    for (; !part_is_end(c) && (depth || !ends_item(c)); part_next(c)) {
        if (depth == 0 && last.kind != SQL_TOK_END && !origin.declared.oid)
            (void)sql_declared_read(gap(c, &last), &origin.declared);
        x->lost |=
            sql_token_is_word(&c->token, "COLUMNS") || (part_is_star(&c->token) && sql_token_is(&last, '.'));
        depth += part_opens(&c->token);
        depth -= part_closes(&c->token) && depth;
        before = last;
        last = c->token;
    }
    if (last.kind != SQL_TOK_END && !origin.declared.oid)
        (void)sql_declared_read(gap(c, &last), &origin.declared);
    if (sql_token_is_word(&before, "AS") && sql_token_is_name(&last))
        name = sql_name_bare(&last);
    return put(f, x, name, origin);
}

/* The parts of a.b.c, and what they are; ST_AGAIN: it is no column. */
static int column_item(struct finder *f, struct part *c, const struct scope *s, struct items *x)
{
    struct sql_token parts[PARTS_MAX];
    size_t n = 0, brackets = 0;
    bool star = false;
    for (; sql_token_is(&c->token, '('); brackets++)
        part_next(c);
    while (sql_token_is_name(&c->token) && n < PARTS_MAX) {
        parts[n++] = c->token;
        part_next(c);
        if (!sql_token_is(&c->token, '.'))
            break;
        part_next(c);
        star = part_is_star(&c->token);
    }
    if (star)
        part_next(c);
    for (; brackets > 0; brackets--, part_next(c))
        if (!sql_token_is(&c->token, ')') || star)
            return ST_AGAIN;
    struct str name = n ? sql_name_bare(&parts[n - 1]) : (struct str){0};
    if (n > 0 && !star) {
        if (part_take(c, "AS") || (sql_token_is_name(&c->token) && c->token.kind == SQL_TOK_QUOTED)) {
            if (!sql_token_is_name(&c->token))
                return ST_AGAIN;
            name = sql_name_bare(&c->token);
            part_next(c);
        } else if (sql_token_is_name(&c->token)) {
            struct part ahead = *c;
            part_next(&ahead);
            if (!ends_item(&ahead))
                return ST_AGAIN; /* a IN (…), a IS NULL … */
            name = sql_name_bare(&c->token);
            *c = ahead;
        }
    }
    if (n == 0 || n == PARTS_MAX || !ends_item(c) || parts[0].kind == SQL_TOK_BAD)
        return ST_AGAIN;
    const struct scope_relation *r =
        n > 1 || star ? scope_relation_named(s, &parts[star ? n - 1 : n - 2]) : NULL;
    if (star && !r)
        x->lost = true;
    if (star)
        return r ? put_star(f, x, s, r, NULL) : ST_OK;
    struct sql_origin origin = {0};
    if (n == 1)
        origin = scope_by_name(s, &parts[0]);
    for (size_t i = 0; r && i < r->n; i++)
        if (scope_same(r->columns[i].name, &parts[n - 1]))
            origin = r->columns[i].origin;
    return put(f, x, name, origin);
}

static int items(struct finder *f, struct part *c, const struct scope *s, struct items *x)
{
    while (!part_is_end(c)) {
        struct part start = *c;
        int st = ST_AGAIN;
        if (part_is_star(&c->token)) {
            part_next(c);
            bool excludes = part_take(c, "EXCLUDE") && sql_token_is(&c->token, '(');
            struct part without = *c;
            if (excludes)
                (void)part_skip_bracket(c);
            x->lost |= !ends_item(c);
            st = put_star(f, x, s, NULL, excludes ? &without : NULL);
            while (!ends_item(c))
                part_next(c);
        } else if (sql_token_is_name(&c->token) || sql_token_is(&c->token, '(')) {
            st = column_item(f, c, s, x);
        }
        if (st == ST_AGAIN) {
            *c = start;
            st = expression(f, c, x);
        }
        TRY(st);
        if (sql_token_is(&c->token, ','))
            part_next(c);
        else
            break;
    }
    return ST_OK;
}

/* ---- queries ---- */

/* Where the select list ends and FROM's list begins and ends. false: a set operation, or no end. */
static bool find_parts(struct part c, size_t *list_end, struct part *from)
{
    struct sql_token last = {.kind = SQL_TOK_END}, before = last;
    size_t depth = 0;
    bool in_list = true;
    *from = c;
    part_stop(from);
    *list_end = c.end;
    for (; !part_is_end(&c) && !(depth == 0 && sql_token_is(&c.token, ';')); part_next(&c)) {
        bool distinct = sql_token_is_word(&last, "DISTINCT") &&
                        (sql_token_is_word(&before, "IS") || sql_token_is_word(&before, "NOT"));
        if (depth == 0 && PART_IS_ANY(&c.token, set_operations) && !sql_token_is(&last, '.'))
            return false;
        if (depth == 0 && in_list && !sql_token_is(&last, '.') && !sql_token_is_word(&last, "AS") &&
            ((sql_token_is_word(&c.token, "FROM") && !distinct) || PART_IS_ANY(&c.token, tails))) {
            *list_end = c.token.at;
            in_list = false;
            if (sql_token_is_word(&c.token, "FROM"))
                *from = c;
        }
        depth += part_opens(&c.token);
        depth -= part_closes(&c.token) && depth;
        before = last;
        last = c.token;
    }
    return c.token.kind != SQL_TOK_BAD;
}

/* WITH name [(names)] AS (query), … */
static int with_list(struct finder *f, struct part *c)
{
    bool recursive = part_take(c, "RECURSIVE");
    while (sql_token_is_name(&c->token)) {
        struct with *w = arena_calloc(f->arena, 1, sizeof *w);
        if (!w)
            return err_oom(f->err);
        struct sql_token name = c->token;
        struct part names;
        part_next(c);
        names = *c;
        if (sql_token_is(&c->token, '('))
            (void)part_skip_bracket(c);
        if (!part_take(c, "AS"))
            return ST_OK;
        (void)part_take(c, "NOT");
        (void)part_take(c, "MATERIALIZED");
        if (!sql_token_is(&c->token, '('))
            return ST_OK;
        TRY(bracket_query(f, c, &w->relation));
        w->relation.known &= !recursive;
        w->relation.n = w->relation.known ? w->relation.n : 0;
        w->relation.name = sql_name_bare(&name);
        if (sql_token_is(&names.token, '(')) {
            part_next(&names);
            for (size_t i = 0; sql_token_is_name(&names.token); i++) {
                if (i < w->relation.n)
                    w->relation.columns[i].name = sql_name_bare(&names.token);
                part_next(&names);
                if (sql_token_is(&names.token, ','))
                    part_next(&names);
            }
        }
        w->next = f->with;
        f->with = w;
        if (!sql_token_is(&c->token, ','))
            return ST_OK;
        part_next(c);
    }
    return ST_OK;
}

static int select_query(struct finder *f, struct part *c, struct scope_relation *out)
{
    size_t list_end;
    struct part from;
    struct items x = {0};
    if (part_take(c, "DISTINCT")) {
        if (part_take(c, "ON") && sql_token_is(&c->token, '('))
            (void)part_skip_bracket(c);
    } else {
        (void)part_take(c, "ALL");
    }
    if (!find_parts(*c, &list_end, &from))
        return ST_OK;
    struct scope s;
    scope_init(&s);
    if (part_take(&from, "FROM"))
        TRY(from_list(f, &from, &s));
    c->end = list_end;
    if (c->token.at >= c->end)
        part_stop(c);
    TRY(items(f, c, &s, &x));
    *out = (struct scope_relation){.known = !x.lost, .n = x.lost ? 0 : x.n, .columns = x.columns};
    return ST_OK;
}

/* TABLE t */
static int whole_table(struct finder *f, struct part *c, struct scope_relation *out)
{
    struct scope s;
    scope_init(&s);
    TRY(one_relation(f, c, &s));
    while (!part_is_end(c) && !sql_token_is(&c->token, ';')) {
        if (PART_IS_ANY(&c->token, set_operations))
            return ST_OK;
        part_next(c);
    }
    if (s.n == 1)
        *out = s.relations[0];
    return ST_OK;
}

/* At its first token; *out unknown: nothing can be said. */
static int query(struct finder *f, struct part *c, struct scope_relation *out)
{
    const struct with *outer = f->with;
    int st = ST_OK;
    *out = (struct scope_relation){0};
    if (sql_token_is(&c->token, '(')) { /* in brackets, and nothing behind them but an order */
        struct part in = *c;
        in.end = part_skip_bracket(c);
        for (struct part rest = *c; !part_is_end(&rest); part_next(&rest))
            if (PART_IS_ANY(&rest.token, set_operations))
                return ST_OK;
        part_next(&in);
        return f->depth++ < NESTED_MAX ? query(f, &in, out) : ST_OK;
    }
    if (part_take(c, "WITH"))
        st = with_list(f, c);
    if (st == ST_OK && part_take(c, "SELECT"))
        st = select_query(f, c, out);
    else if (st == ST_OK && part_take(c, "TABLE"))
        st = whole_table(f, c, out);
    f->with = outer;
    return st;
}

/* INSERT INTO t …, UPDATE t …, DELETE FROM t … RETURNING items */
static int returning(struct finder *f, struct part *c, struct scope_relation *out)
{
    struct items x = {0};
    struct scope s;
    size_t depth = 0;
    scope_init(&s);
    part_next(c);
    if (part_take(c, "OR"))
        part_next(c);
    if (!part_take(c, "INTO"))
        (void)part_take(c, "FROM");
    struct sql_token parts[PARTS_MAX];
    size_t n = name_parts(c, parts);
    if (n == 0 || n > SQL_SOURCE_PARTS_MAX)
        return ST_OK;
    s.relations[0] = (struct scope_relation){0};
    TRY(named_relation(f, parts, n, &s.relations[0]));
    if (!sql_token_is(&c->token, '('))
        alias(c, &s.relations[0]);
    s.n = 1;
    for (; !part_is_end(c) && !(depth == 0 && sql_token_is_word(&c->token, "RETURNING")); part_next(c)) {
        depth += part_opens(&c->token);
        depth -= part_closes(&c->token) && depth;
    }
    if (!part_take(c, "RETURNING"))
        return ST_OK;
    TRY(items(f, c, &s, &x));
    *out = (struct scope_relation){.known = !x.lost, .n = x.lost ? 0 : x.n, .columns = x.columns};
    return ST_OK;
}

bool sql_may_have_origins(struct sql_tokens sql)
{
    static const char *const words[] = {"SELECT", "WITH", "TABLE", "INSERT", "UPDATE", "DELETE"};
    struct sql_lexer l;
    struct sql_token t;
    sql_lexer_init(&l, sql);
    while (sql_lexer_next(&l, &t), sql_token_is(&t, '('))
        ;
    return PART_IS_ANY(&t, words);
}

/* A wrong origin would be worse than none. So nothing is said when the engine's result has another number of
 * columns than was read here, or another name where an origin was found. */
int sql_origins(struct arena *a, struct sql_tokens sql, sql_source_fn *find, void *arg,
                const char *const *names, size_t n, struct sql_origin *out, struct err *e)
{
    struct finder f = {.arena = a, .find = find, .arg = arg, .err = e};
    struct part c;
    struct scope_relation r = {0};
    part_init(&c, sql);
    bool changes = sql_token_is_word(&c.token, "INSERT") || sql_token_is_word(&c.token, "UPDATE") ||
                   sql_token_is_word(&c.token, "DELETE");
    TRY(changes ? returning(&f, &c, &r) : query(&f, &c, &r));
    if (!r.known || r.n != n)
        return ST_OK;
    for (size_t i = 0; i < n; i++)
        if (r.columns[i].name.n && r.columns[i].origin.table && !str_ieq(r.columns[i].name, str_of(names[i])))
            return ST_OK; /* not what the engine has there */
    for (size_t i = 0; i < n; i++)
        out[i] = r.columns[i].origin;
    return ST_OK;
}
