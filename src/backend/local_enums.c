/* All that is known of enums is read at once, when something first needs it, and kept with the session until
 * the catalog changes. Of a database without enums that is found out once: as long as nobody makes a type or
 * attaches a database there are none (local.types). */
#include "backend/local_enums.h"

#include "backend/local_ask.h"
#include "backend/local_catalog.h"
#include "backend/local_priv.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "pgtype/enum_type.h"
#include "sql/enum_literals.h"
#include "sql/name.h"
#include "sql/tokens.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum { QUERY_MAX = 4096, ENUMS_MEMORY = 16 * 1024 * 1024 };

struct enum_type {
    uint32_t oid;
    const char *full;         /* its name as SQL, with its schema */
    struct str name;          /* as it is called */
    const char *shown;        /* the same as PostgreSQL shows it */
    const struct str *labels; /* without a mark; of `labels` of struct local_enums */
    size_t nlabels;
};

/* Of a table or view, in lower case; also columns of other types that are called as one of an enum. */
struct enum_column {
    struct str name, table;
    uint32_t oid; /* of its enum; 0: it is of another type, or an array */
};

struct local_enums {
    struct local_catalog version;
    uint64_t types_version; /* local.types */
    struct arena arena;
    struct enum_type *types;
    size_t ntypes;
    struct enum_column *columns; /* by name */
    size_t ncolumns;
};

static void arena_releasep(struct arena *a)
{
    arena_release(a);
}

void local_enums_free(struct local_enums *all)
{
    if (all)
        arena_release(&all->arena);
    mem_free(all);
}

/* ---- reading ---- */

/* Room for one more of n items of that size; the array doubles. */
static void *grown(struct arena *a, void *items, size_t n, size_t size)
{
    if (n > 0 && (n & (n - 1)) != 0)
        return items;
    void *more = arena_calloc(a, n ? 2 * n : 1, size);
    assert(n == 0 || items);
    if (more && n > 0)
        memcpy(more, items, n * size);
    return more;
}

static struct str keep(struct local_enums *all, struct str s)
{
    const char *copy = arena_strndup(&all->arena, s.n ? s.p : "", s.n);
    return (struct str){copy, copy ? s.n : 0};
}

/* number, name as SQL, name, label, name as it is shown; the labels of a type in their order, one after the
 * other */
static int take_label(void *arg, const struct str *v, size_t n, struct err *e)
{
    struct local_enums *all = arg;
    struct enum_type *t = all->ntypes ? &all->types[all->ntypes - 1] : NULL;
    int64_t oid = 0;
    assert(n == 5);
    (void)str_to_i64(v[0], 0, UINT32_MAX, &oid);
    if (!t || t->oid != (uint32_t)oid || !str_eq(str_of(t->full), v[1])) {
        all->types = grown(&all->arena, all->types, all->ntypes, sizeof *all->types);
        if (!all->types)
            return err_oom(e);
        t = &all->types[all->ntypes++];
        *t = (struct enum_type){.oid = (uint32_t)oid,
                                .full = keep(all, v[1]).p,
                                .name = keep(all, v[2]),
                                .shown = keep(all, v[4]).p};
    }
    uint32_t mark;
    if (!v[3].p || enum_type_mark(v[3], &mark))
        return t->full && t->name.p && t->shown ? ST_OK : err_oom(e);
    struct str *labels = grown(&all->arena, (void *)(uintptr_t)t->labels, t->nlabels, sizeof *labels);
    if (!labels || !(labels[t->nlabels] = keep(all, v[3])).p)
        return err_oom(e);
    t->labels = labels;
    t->nlabels++;
    return ST_OK;
}

static int read_types(struct local_session *s, struct local_enums *all, struct err *e)
{
    CLEANUP(buf_release) struct buf b;
    buf_init(&b, QUERY_MAX);
    buf_printf(&b,
               "SELECT oid::VARCHAR, full_name, type_name, label, tavana_catalog.pg.quoted(type_name) FROM "
               "(SELECT oid, full_name, type_name, "
               "system.main.unnest(labels) AS label, system.main.generate_subscripts(labels, 1) AS n FROM "
               "tavana_catalog.pg.enum_types()) ORDER BY oid, full_name, n");
    return local_ask(s, &b, take_label, all, e);
}

/* name, table, number */
static int take_column(void *arg, const struct str *v, size_t n, struct err *e)
{
    struct local_enums *all = arg;
    int64_t oid = 0;
    assert(n == 3);
    all->columns = grown(&all->arena, all->columns, all->ncolumns, sizeof *all->columns);
    if (!all->columns)
        return err_oom(e);
    (void)str_to_i64(v[2], 0, UINT32_MAX, &oid);
    struct enum_column *c = &all->columns[all->ncolumns++];
    *c = (struct enum_column){.name = keep(all, v[0]), .table = keep(all, v[1])};
    c->oid = enum_type_is((uint32_t)oid) ? (uint32_t)oid : 0;
    return c->name.p && c->table.p ? ST_OK : err_oom(e);
}

static int read_columns(struct local_session *s, struct local_enums *all, struct err *e)
{
    CLEANUP(buf_release) struct buf b;
    buf_init(&b, QUERY_MAX);
    buf_printf(&b,
               "WITH c AS MATERIALIZED (SELECT system.main.lower(column_name) AS name, "
               "system.main.lower(table_name) AS relation, data_type FROM system.main.duckdb_columns() WHERE "
               "database_name IN (system.main.current_database(), 'temp') AND NOT internal) SELECT DISTINCT "
               "name, relation, CASE WHEN data_type LIKE 'ENUM(%%' THEN "
               "system.main.tavana_of_enum(data_type) ELSE 0 END::VARCHAR FROM c WHERE name IN (SELECT name "
               "FROM c WHERE data_type LIKE 'ENUM(%%') ORDER BY system.main.encode(name)");
    return local_ask(s, &b, take_column, all, e);
}

/* ---- what is kept ---- */

static bool holds(const struct local_session *s, const struct local_enums *all)
{
    uint64_t types = __atomic_load_n(&s->local->types, __ATOMIC_SEQ_CST);
    return all &&
           ((all->ntypes == 0 && all->types_version == types) || local_catalog_holds(s, &all->version));
}

/* Whether the session sees the types that all see. */
static bool is_common(const struct local_session *s)
{
    return !s->pinned && !s->path && !s->catalog_changed && s->tx == LOCAL_TX_NONE;
}

/* What can be told without asking. */
static bool are_none(const struct local_session *s)
{
    if (!s->local->has_catalog)
        return true;
    if (s->enums && s->enums->ntypes == 0 && holds(s, s->enums))
        return true;
    uint64_t types = __atomic_load_n(&s->local->types, __ATOMIC_SEQ_CST);
    return !s->path && __atomic_load_n(&s->local->types_none, __ATOMIC_SEQ_CST) == types + 1;
}

DEFINE_CLEANUP(struct local_enums, local_enums_free)

/* The session's. NULL in *out: there are none. */
static int find(struct local_session *s, const struct local_enums **out, struct err *e)
{
    *out = NULL;
    if (are_none(s))
        return ST_OK;
    if (!holds(s, s->enums)) {
        local_enums_free(TAKE_PTR(s->enums));
        CLEANUP(local_enums_freep) struct local_enums *all = mem_calloc(1, sizeof *all);
        if (!all)
            return err_oom(e);
        arena_init(&all->arena, ENUMS_MEMORY);
        all->version = local_catalog_now(s);
        all->types_version = __atomic_load_n(&s->local->types, __ATOMIC_SEQ_CST);
        TRY(read_types(s, all, e));
        if (all->ntypes)
            TRY(read_columns(s, all, e));
        if (all->ntypes == 0 && is_common(s))
            __atomic_store_n(&s->local->types_none, all->types_version + 1, __ATOMIC_SEQ_CST);
        local_catalog_compared(s);
        s->enums = TAKE_PTR(all);
    }
    *out = s->enums->ntypes ? s->enums : NULL;
    return ST_OK;
}

int local_enum_name(struct local_session *s, struct arena *a, uint32_t oid, const char **out, struct err *e)
{
    const struct local_enums *all;
    bool array = enum_type_is_array(oid);
    *out = NULL;
    TRY(find(s, &all, e));
    for (size_t i = 0; all && i < all->ntypes; i++) {
        if (all->types[i].oid != (array ? enum_type_element(oid) : oid))
            continue;
        size_t n = strlen(all->types[i].full);
        char *name = arena_alloc(a, n + sizeof "[]");
        if (!name)
            return err_oom(e);
        memcpy(name, all->types[i].full, n);
        memcpy(name + n, array ? "[]" : "", array ? sizeof "[]" : 1);
        *out = name;
        return ST_OK;
    }
    return ST_OK;
}

/* ---- literals beside columns ---- */

enum { NOT_ASKED = UINT32_MAX };

struct casting {
    struct local_session *session;
    struct arena *arena;
    const struct local_enums *all; /* NULL: not asked yet, or there are none */
    bool asked;
    struct sql_tokens sql;
    struct err *e;   /* of asking */
    uint32_t *known; /* by the first column of a name: what it is without a qualifier, or NOT_ASKED */
};

static int casting_init(struct casting *c, struct arena *a, const struct local_enums *all,
                        struct sql_tokens sql, struct err *e)
{
    c->all = all;
    c->sql = sql;
    c->known = arena_calloc(a, all->ncolumns, sizeof *c->known);
    if (!c->known)
        return err_oom(e);
    for (size_t i = 0; i < all->ncolumns; i++)
        c->known[i] = NOT_ASKED;
    return ST_OK;
}

static bool is_called(const struct sql_token *t, struct str name)
{
    return sql_token_is_name(t) && str_ieq(sql_name_bare(t), name);
}

/* Whether the statement names it at all. */
static bool is_mentioned(struct sql_tokens sql, struct str table)
{
    struct sql_lexer l;
    struct sql_token t;
    sql_lexer_init(&l, sql);
    while (sql_lexer_next(&l, &t) != SQL_TOK_END && t.kind != SQL_TOK_BAD)
        if (is_called(&t, table))
            return true;
    return false;
}

static int by_name(const struct sql_token *t, const struct enum_column *c)
{
    struct str name = sql_name_bare(t);
    size_t n = name.n < c->name.n ? name.n : c->name.n;
    for (size_t i = 0; i < n; i++) {
        int a = name.p[i] >= 'A' && name.p[i] <= 'Z' ? name.p[i] | 0x20 : (unsigned char)name.p[i];
        if (a != (unsigned char)c->name.p[i])
            return a < (unsigned char)c->name.p[i] ? -1 : 1;
    }
    return name.n < c->name.n ? -1 : name.n > c->name.n;
}

/* The first column of that name; all->ncolumns: none. */
static size_t first_of(const struct local_enums *all, const struct sql_token *t)
{
    size_t low = 0, high = all->ncolumns;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (by_name(t, &all->columns[middle]) > 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < all->ncolumns && by_name(t, &all->columns[low]) == 0 ? low : all->ncolumns;
}

/* Of all columns of that name in tables that the statement names. 0: none, or of several types. */
static uint32_t bare_type(const struct casting *c, const struct sql_token *column, size_t first)
{
    const struct local_enums *all = c->all;
    uint32_t found = 0;
    bool any = false;
    for (size_t i = first; i < all->ncolumns && by_name(column, &all->columns[i]) == 0; i++) {
        if (!is_mentioned(c->sql, all->columns[i].table))
            continue;
        if (any && found != all->columns[i].oid)
            return 0;
        found = all->columns[i].oid;
        any = true;
    }
    return found;
}

static uint32_t column_type(const struct casting *c, const struct sql_token *column,
                            const struct sql_token *qualifier)
{
    const struct local_enums *all = c->all;
    assert(all && c->known);
    size_t first = first_of(all, column);
    for (size_t i = first; qualifier->kind != SQL_TOK_END && i < all->ncolumns; i++) {
        if (by_name(column, &all->columns[i]) != 0)
            break;
        if (is_called(qualifier, all->columns[i].table))
            return all->columns[i].oid;
    }
    if (first == all->ncolumns)
        return 0;
    if (c->known[first] == NOT_ASKED)
        c->known[first] = bare_type(c, column, first);
    return c->known[first];
}

/* Statements about the catalog, ours among them, have nothing to do with what users call their columns. Nor
 * is a name looked at that a query within the statement may have given to something else. */
static bool may_have_enums(struct sql_tokens sql)
{
    struct sql_lexer l;
    struct sql_token before = {.kind = SQL_TOK_END}, t;
    size_t selects = 0, names = 0;
    sql_lexer_init(&l, sql);
    while (sql_lexer_next(&l, &t) != SQL_TOK_END && t.kind != SQL_TOK_BAD) {
        bool source = sql_token_is_word(&before, "FROM") || sql_token_is_word(&before, "JOIN");
        if (source && (is_called(&t, STR("tavana_catalog")) || is_called(&t, STR("system"))))
            return false;
        selects += sql_token_is_word(&t, "SELECT");
        names += sql_token_is_word(&before, "AS") && sql_token_is_name(&t);
        before = t;
    }
    return selects < 2 || names == 0;
}

/* The first time: most statements have no literal beside a name, and need to know nothing. */
static int ask(struct casting *c)
{
    const struct local_enums *all;
    c->asked = true;
    TRY(find(c->session, &all, c->e));
    if (!all || !all->ncolumns || !may_have_enums(c->sql))
        return ST_OK;
    return casting_init(c, c->arena, all, c->sql, c->e);
}

/* For sql_enum_literals. */
static const char *type_of(void *arg, const struct sql_token *column, const struct sql_token *qualifier)
{
    struct casting *c = arg;
    if ((!c->asked && ask(c) < 0) || !c->all)
        return NULL;
    uint32_t oid = column_type(c, column, qualifier);
    for (size_t i = 0; oid && i < c->all->ntypes; i++)
        if (c->all->types[i].oid == oid)
            return c->all->types[i].full;
    return NULL;
}

int local_enum_literals(struct local_stmt *st, struct sql_tokens *sql, struct err *e)
{
    struct casting c = {.session = st->session, .arena = &st->arena, .sql = *sql, .e = e};
    struct sql_tokens made;
    assert(st->typed.nedits == 0);
    if (are_none(st->session))
        return ST_OK;
    TRY(sql_enum_literals(&st->arena, *sql, type_of, &c, &st->typed, e));
    if (err_is_set(e))
        return ST_ERR;
    if (st->typed.nedits == 0)
        return ST_OK;
    TRY(sql_tokens_follow(&st->arena, sql, &st->typed, &made, e));
    *sql = made;
    return ST_OK;
}

/* ---- errors ---- */

static bool has_label(const struct enum_type *t, struct str value)
{
    for (size_t i = 0; i < t->nlabels; i++)
        if (str_eq(t->labels[i], value))
            return true;
    return false;
}

/* That of a column of this name, or of a column of the table of this name; NULL: none that lacks the value.
 * */
static const struct enum_type *lacking(const struct casting *c, const struct sql_token *t, bool table,
                                       struct str value)
{
    static const struct sql_token none = {.kind = SQL_TOK_END};
    const struct local_enums *all = c->all;
    uint32_t oid = table ? 0 : column_type(c, t, &none);
    for (size_t i = 0; i < all->ntypes; i++) {
        const struct enum_type *x = &all->types[i];
        bool named = !table && (x->oid == oid || is_called(t, x->name));
        for (size_t k = 0; table && k < all->ncolumns && !named; k++)
            named = all->columns[k].oid == x->oid && is_called(t, all->columns[k].table);
        if (named && !has_label(x, value))
            return x;
    }
    return NULL;
}

/* The type whose labels the value is not among: one that the statement names, or of a column that it names,
 * or of a table that it names. Only its first words are looked at. */
static const struct enum_type *culprit(const struct casting *c, struct str value)
{
    enum { WORDS_MAX = 256 };
    for (int table = 0; table < 2; table++) {
        struct sql_lexer l;
        struct sql_token t;
        sql_lexer_init(&l, c->sql);
        for (int i = 0; i < WORDS_MAX && sql_lexer_next(&l, &t) != SQL_TOK_END; i++) {
            const struct enum_type *x = sql_token_is_name(&t) ? lacking(c, &t, table, value) : NULL;
            if (x)
                return x;
        }
    }
    return c->all->ntypes == 1 ? &c->all->types[0] : NULL;
}

/* In a transaction that has failed the engine answers nothing; then the error goes without the name. */
static const struct enum_type *ask_culprit(const struct local_stmt *st, struct arena *scratch,
                                           struct str value)
{
    const struct local_enums *all = NULL;
    struct err ignored;
    struct casting c = {.session = st->session};
    err_init(&ignored);
    if (!st->session->main || find(st->session, &all, &ignored) < 0 || !all ||
        casting_init(&c, scratch, all, sql_tokens_of(st->sent), &ignored) < 0)
        return NULL;
    return culprit(&c, value);
}

void local_enum_explain(const struct local_stmt *st, struct err *e)
{
    static const char begin[] = "invalid input value for enum: \"";
    enum { VALUE_MAX = 1024 }; /* a longer one is told without the name */
    char value[VALUE_MAX];
    if (e->code != SQLSTATE_INVALID_TEXT_REPRESENTATION || strncmp(e->message, begin, sizeof begin - 1) != 0)
        return;
    struct str said = str_of(e->message + sizeof begin - 1);
    size_t n = str_copy(said, value, sizeof value);
    if (n == 0 || n < said.n || value[n - 1] != '"')
        return;
    value[--n] = '\0';
    CLEANUP(arena_releasep) struct arena scratch;
    arena_init(&scratch, ENUMS_MEMORY);
    const struct enum_type *t = ask_culprit(st, &scratch, (struct str){value, n});
    if (t)
        (void)snprintf(e->message, sizeof e->message, "invalid input value for enum %.*s: \"%s\"",
                       ERR_NAME_MAX * 4, t->shown, value);
}
