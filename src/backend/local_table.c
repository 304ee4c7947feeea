/* Three queries tell all: columns, constraints, and which columns are generated. They take a millisecond
 * or two, and as long as the engine needs to list its catalog when that is large, so a table is asked for
 * once a version of the catalog. */
#include "backend/local_table.h"

#include "backend/local_ask.h"
#include "backend/local_priv.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/hash.h"
#include "engine/catalog.h"
#include "sql/catalog.h"
#include "sql/limit.h"
#include "sql/name.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum { QUERY_MAX = 64 * 1024 };

struct local_table {
    unsigned refs; /* atomic */
    uint64_t hash;
    char *text; /* its name as it was written */
    size_t len;
    struct sql_source source;
    struct arena arena;
};

DEFINE_CLEANUP(struct local_table, local_table_unref)

const struct sql_source *local_table_source(const struct local_table *t)
{
    return t && t->source.oid ? &t->source : NULL;
}

void local_table_unref(struct local_table *t)
{
    assert(!t || __atomic_load_n(&t->refs, __ATOMIC_RELAXED) > 0);
    if (!t || __atomic_sub_fetch(&t->refs, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    arena_release(&t->arena);
    mem_free(t->text);
    mem_free(t);
}

static struct local_table *ref(struct local_table *t)
{
    unsigned refs = __atomic_add_fetch(&t->refs, 1, __ATOMIC_RELAXED);
    assert(refs > 1); /* whoever keeps it has one */
    return t;
}

static void forget_all(struct local_tables *all)
{
    for (size_t i = 0; i < all->n; i++)
        local_table_unref(all->kept[i]);
    all->n = all->next = 0;
}

void local_tables_free(struct local_tables *all)
{
    if (all)
        forget_all(all);
    mem_free(all);
}

static void put_name(struct buf *b, const struct sql_token *t)
{
    char name[256];
    size_t n = t->text.n < sizeof name ? sql_name_read(t, name) : 0;
    local_put_literal(b, (struct str){name, n});
}

/* ---- what it answers ---- */

struct reading {
    struct local_table *table;
    struct sql_source *source; /* of the table */
    struct str database, schema, oid;
    struct sql_source_column *columns;
    struct sql_source_key *keys;
    size_t ncolumns, nkeys;
};

static struct str keep(struct reading *r, struct str s)
{
    const char *copy = arena_strndup(&r->table->arena, s.n ? s.p : "", s.n);
    return (struct str){copy, copy ? s.n : 0};
}

static uint32_t number(struct str s)
{
    uint32_t v = 0;
    for (size_t i = 0; i < s.n && s.p[i] >= '0' && s.p[i] <= '9'; i++)
        v = v * 10 + (uint32_t)(s.p[i] - '0');
    return v;
}

/* Room for one more of n. */
static int grow(struct reading *r, void *items, size_t n, size_t size, struct err *e)
{
    void *old;
    if (n & (n - 1) || n == 1) /* full at 0, 2, 4, 8 … */
        return ST_OK;
    memcpy(&old, items, sizeof old);
    void *more = arena_calloc(&r->table->arena, n ? 2 * n : 2, size);
    if (!more)
        return err_oom(e);
    if (n)
        memcpy(more, old, n * size);
    memcpy(items, &more, sizeof more);
    return ST_OK;
}

/* database, schema, table, oid, column, number, whether it is a list, whether it is NOT NULL; of the first
 * table alone */
static int take_column(void *arg, const struct str *v, size_t n, struct err *e)
{
    struct reading *r = arg;
    assert(n == 8);
    bool list = v[6].n > 0 && v[6].p[0] == 't', not_null = v[7].n > 0 && v[7].p[0] == 't';
    if (r->ncolumns == 0) {
        r->database = keep(r, v[0]);
        r->schema = keep(r, v[1]);
        r->oid = keep(r, v[3]);
        r->source->name = keep(r, v[2]);
    } else if (!str_eq(r->oid, v[3]) || !str_eq(r->database, v[0]) || !str_eq(r->schema, v[1])) {
        return ST_OK;
    }
    TRY(grow(r, (void *)&r->columns, r->ncolumns, sizeof *r->columns, e));
    r->columns[r->ncolumns++] = (struct sql_source_column){
        .name = keep(r, v[4]), .number = (int16_t)number(v[5]), .list = list, .not_null = not_null};
    r->source->limited |= list;
    return r->source->name.p ? ST_OK : err_oom(e);
}

static struct sql_source_column *column_named(struct reading *r, struct str name)
{
    for (size_t i = 0; i < r->ncolumns; i++)
        if (str_ieq(r->columns[i].name, name))
            return &r->columns[i];
    return NULL;
}

static int put_key(struct reading *r, enum sql_key_kind kind, struct str columns, struct str name,
                   struct str other, struct str said, struct err *e)
{
    TRY(grow(r, (void *)&r->keys, r->nkeys, sizeof *r->keys, e));
    r->keys[r->nkeys++] = (struct sql_source_key){.kind = kind,
                                                  .columns = keep(r, columns),
                                                  .said = keep(r, said),
                                                  .name = keep(r, name),
                                                  .other = keep(r, other)};
    return ST_OK;
}

/* kind, columns, the constraint's name or the column's type or identity, the other table, and what the
 * engine calls the columns */
static int take_constraint(void *arg, const struct str *v, size_t n, struct err *e)
{
    struct reading *r = arg;
    assert(n == 5);
    struct sql_source_column *c = column_named(r, v[1]);
    switch (v[0].n ? v[0].p[0] : ' ') {
    case 'p': return put_key(r, SQL_KEY_PRIMARY, v[1], v[2], v[3], v[4], e);
    case 'u': return put_key(r, SQL_KEY_UNIQUE, v[1], v[2], v[3], v[4], e);
    case 'x': return put_key(r, SQL_KEY_INDEX, v[1], v[2], v[3], v[4], e);
    case 'f': return put_key(r, SQL_KEY_FOREIGN, v[1], v[2], v[3], v[4], e);
    case 'r': return put_key(r, SQL_KEY_REFERRED, v[1], v[2], v[3], v[4], e);
    case 'k': return put_key(r, SQL_KEY_KEPT, v[1], v[2], v[3], v[4], e);
    case 'q': return put_key(r, SQL_KEY_KEPT_REFERRED, v[1], v[2], v[3], v[4], e);
    case 'm': return put_key(r, SQL_KEY_MOVED, v[1], v[2], v[3], v[4], e);
    case 'l':
        if (c && sql_limit_read(v[2], &c->limit))
            r->source->limited = true;
        return ST_OK;
    case 'i':
        if (c)
            c->identity = str_eq(v[2], STR("always")) ? SQL_IDENTITY_ALWAYS : SQL_IDENTITY_BY_DEFAULT;
        r->source->limited |= c != NULL;
        return ST_OK;
    case 'g':
        if (c)
            c->generated = true;
        r->source->limited |= c != NULL;
        return ST_OK;
    default: return ST_OK;
    }
}

/* ---- the queries ---- */

/* Finds the table as the engine would: with a schema there alone, else along the search path with
 * temporary tables first. The rows come in that order, and take_column keeps those of the first table.
 * Arrays of ranges, geometric types, addresses and money are no lists here: their cast reads PostgreSQL's
 * form itself (engine/range_casts.h, engine/packed_casts.h). */
static void put_columns_query(struct buf *b, const struct sql_token *parts, size_t n)
{
    buf_printf(b, "SELECT database_name, schema_name, table_name, table_oid::VARCHAR, column_name, "
                  "column_index::VARCHAR, (system.main.suffix(data_type, ']') AND NOT "
                  "system.main.regexp_full_match(data_type, 'pg_\\w*(range|point|lseg|box|path|polygon|line|"
                  "circle|address|cidr|macaddr|money|xml)\\[\\]'))::VARCHAR, (NOT is_nullable)::VARCHAR FROM "
                  "system.main.duckdb_columns() WHERE NOT internal AND "
                  "database_name IN (system.main.current_database(), 'temp') AND "
                  "system.main.lower(table_name) = system.main.lower(");
    put_name(b, &parts[n - 1]);
    buf_printf(b, ")");
    if (n > 1) {
        struct str known = sql_engine_schema(&parts[n - 2]);
        if (!known.p && sql_token_is_word(&parts[n - 2], "temp")) /* as pg_temp has been led */
            known = STR("temp");
        buf_printf(b, " AND system.main.lower(schema_name) = system.main.lower(");
        if (known.p)
            local_put_literal(b, str_eq(known, STR("temp")) ? STR("main") : known);
        else
            put_name(b, &parts[n - 2]);
        buf_printf(b, ")");
        if (known.p && str_eq(known, STR("temp")))
            buf_printf(b, " AND database_name = 'temp'");
        else
            buf_printf(b, " AND database_name <> 'temp'");
    } else {
        buf_printf(b, " AND (database_name = 'temp' OR system.main.list_contains("
                      "system.main.current_schemas(true)[2:], schema_name))");
    }
    if (n > 2) {
        buf_printf(b, " AND system.main.lower(database_name) = system.main.lower(");
        put_name(b, &parts[n - 3]);
        buf_printf(b, ")");
    }
    buf_printf(b, " ORDER BY database_name <> 'temp', system.main.list_position("
                  "system.main.current_schemas(true)[2:], schema_name), column_index");
}

static void put_constraints_query(struct buf *b, const struct reading *r)
{
    buf_printf(b, "SELECT kind, names, said, other, engines FROM tavana_catalog.pg.table_facts(");
    local_put_literal(b, r->database);
    buf_printf(b, ", ");
    local_put_literal(b, r->schema);
    buf_printf(b, ", ");
    local_put_literal(b, r->source->name);
    buf_printf(b, ")");
}

/* A name that leads to no table is no error here: the table is empty then, and is kept as such, so that a
 * statement that repeats the name does not ask again. The engine makes the error, if it is one. */
static int read_table(struct local_session *s, const struct sql_token *parts, size_t n, struct local_table *t,
                      struct err *e)
{
    CLEANUP(buf_release) struct buf b;
    struct reading r = {.table = t, .source = &t->source};
    buf_init(&b, QUERY_MAX);
    put_columns_query(&b, parts, n);
    TRY(local_ask(s, &b, take_column, &r, e));
    if (r.ncolumns == 0)
        return ST_OK;
    if (s->local->has_catalog) {
        buf_clear(&b);
        put_constraints_query(&b, &r);
        TRY(local_ask(s, &b, take_constraint, &r, e));
    }
    assert(r.columns && r.oid.n > 0);
    bool temporary = str_eq(r.database, STR("temp"));
    t->source.oid = number(r.oid) + (temporary ? ENGINE_TEMPORARY_OIDS : ENGINE_OWN_OIDS);
    t->source.schema = temporary ? STR("pg_temp") : str_eq(r.schema, STR("main")) ? STR("public") : r.schema;
    t->source.columns = r.columns;
    t->source.ncolumns = r.ncolumns;
    t->source.keys = r.keys;
    t->source.nkeys = r.nkeys;
    return ST_OK;
}

/* ---- what is kept ---- */

static struct local_table *kept(const struct local_tables *all, uint64_t hash, struct str text)
{
    for (size_t i = 0; i < all->n; i++)
        if (all->kept[i]->hash == hash && str_eq((struct str){all->kept[i]->text, all->kept[i]->len}, text))
            return all->kept[i];
    return NULL;
}

static void put(struct local_tables *all, size_t most, struct local_table *t)
{
    assert(most <= LOCAL_TABLES_KEPT && all->n <= most);
    if (all->n < most) {
        all->kept[all->n++] = ref(t);
        return;
    }
    local_table_unref(all->kept[all->next]);
    all->kept[all->next] = ref(t);
    all->next = (all->next + 1) % most;
}

/* Whether names lead the session where they lead everybody. */
static bool is_common(const struct local_session *s)
{
    return !s->pinned && !s->path && !s->catalog_changed;
}

static struct local_table *find_common(struct local_session *s, uint64_t hash, struct str text)
{
    struct local *l = s->local;
    assert(text.n > 0);
    uint64_t version = __atomic_load_n(&l->catalog_version, __ATOMIC_SEQ_CST);
    pthread_mutex_lock(&l->tables_lock);
    struct local_table *t = l->tables.version.all == version ? kept(&l->tables, hash, text) : NULL;
    if (t)
        (void)ref(t);
    pthread_mutex_unlock(&l->tables_lock);
    return t;
}

/* What was read in a transaction is older than the version says when another one has ended since it began. */
static void keep_common(struct local_session *s, uint64_t version, struct local_table *t)
{
    struct local *l = s->local;
    assert(is_common(s) && t->refs > 0);
    if (s->tx != LOCAL_TX_NONE && s->began_at != version)
        return;
    pthread_mutex_lock(&l->tables_lock);
    if (l->tables.version.all < version) {
        forget_all(&l->tables);
        l->tables.version.all = version;
    }
    if (l->tables.version.all == version && __atomic_load_n(&l->catalog_version, __ATOMIC_SEQ_CST) == version)
        put(&l->tables, LOCAL_TABLES_KEPT, t);
    pthread_mutex_unlock(&l->tables_lock);
}

static struct local_table *find_own(struct local_session *s, uint64_t hash, struct str text)
{
    struct local_catalog now = local_catalog_now(s);
    if (!s->tables)
        return NULL;
    if (!local_catalog_holds(s, &s->tables->version)) {
        forget_all(s->tables);
        s->tables->version = now;
    }
    struct local_table *t = kept(s->tables, hash, text);
    return t ? ref(t) : NULL;
}

static void keep_own(struct local_session *s, struct local_catalog now, struct local_table *t)
{
    assert(t->refs > 0);
    if (!s->tables)
        s->tables = mem_calloc(1, sizeof *s->tables);
    if (!s->tables)
        return;
    if (!local_catalog_holds(s, &s->tables->version)) {
        forget_all(s->tables);
        s->tables->version = now;
    }
    local_catalog_compared(s);
    put(s->tables, LOCAL_TABLES_OF_SESSION, t);
}

static int table_new(struct str text, uint64_t hash, struct local_table **out, struct err *e)
{
    CLEANUP(local_table_unrefp) struct local_table *t = mem_calloc(1, sizeof *t);
    if (!t)
        return err_oom(e);
    t->refs = 1;
    t->hash = hash;
    arena_init(&t->arena, LOCAL_TABLE_BYTES_MAX);
    t->text = mem_strndup(text.p, text.n);
    t->len = text.n;
    if (!t->text)
        return err_oom(e);
    *out = TAKE_PTR(t);
    return ST_OK;
}

int local_table_find(struct local_session *s, const struct sql_token *parts, size_t nparts,
                     struct local_table **out, struct err *e)
{
    assert(nparts > 0 && s->main);
    const struct sql_token *last = &parts[nparts - 1];
    struct str text = {parts[0].text.p, (size_t)(last->text.p - parts[0].text.p) + last->text.n};
    uint64_t hash = hash_text(text);
    bool common = is_common(s);
    struct local_catalog now = local_catalog_now(s);
    CLEANUP(local_table_unrefp) struct local_table *t = NULL;
    *out = common ? find_common(s, hash, text) : find_own(s, hash, text);
    if (*out)
        return ST_OK;
    TRY(table_new(text, hash, &t, e));
    TRY(read_table(s, parts, nparts, t, e));
    if (common)
        keep_common(s, now.all, t);
    else
        keep_own(s, now, t);
    *out = TAKE_PTR(t);
    return ST_OK;
}
