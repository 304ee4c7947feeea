/* The tokens say which tables those are (sql/origin.h, sql/assign.h), local_table.h what is known of them. */
#include "backend/local_origin.h"

#include "backend/local_priv.h"
#include "backend/local_table.h"
#include "base/cleanup.h"
#include "engine/engine.h"
#include "sql/assign.h"
#include "sql/change.h"
#include "sql/name.h"
#include "sql/origin.h"
#include "sql/tokens.h"

#include <assert.h>

enum { TABLES_MAX = 64, ORIGINS_MEMORY = 16 * 1024 * 1024 };

/* Tables that are looked at, for as long as that takes. */
struct looking {
    struct local_session *session;
    struct local_table *tables[TABLES_MAX];
    size_t n;
};

static void looking_release(struct looking *l)
{
    for (size_t i = 0; i < l->n; i++)
        local_table_unref(l->tables[i]);
}

static void arena_releasep(struct arena *a)
{
    arena_release(a);
}

/* For sql_origins: what is known of a table that the statement names. Beyond TABLES_MAX tables nothing is
 * known, and their columns are described as the engine has them. */
static int find(void *arg, const struct sql_token *parts, size_t nparts, const struct sql_source **out,
                struct err *e)
{
    struct looking *l = arg;
    assert(l->n <= TABLES_MAX && nparts > 0);
    *out = NULL;
    if (l->n == TABLES_MAX)
        return ST_OK;
    TRY(local_table_find(l->session, parts, nparts, &l->tables[l->n], e));
    *out = local_table_source(l->tables[l->n++]);
    return ST_OK;
}

/* Most statements return early: they assign nothing, or they say no OVERRIDING, give a value for each
 * column, and their table has no limit, identity or generated column. Only the others are written anew, and
 * read again as tokens. */
int local_fit_values(struct local_stmt *st, struct sql_tokens *sql, struct err *e)
{
    struct sql_assignment a;
    assert(!st->target && st->fitted.nedits == 0);
    if (!sql_reads_assignment(*sql, &a))
        return ST_OK;
    if (a.part_n) { /* the engine takes the value for the whole column's */
        (void)err_set(e, SQLSTATE_FEATURE_NOT_SUPPORTED,
                      "INSERT into a field or an element of a column is not supported");
        e->position = str_position(sql->text, a.part_at);
        return ST_ERR;
    }
    TRY(local_table_find(st->session, a.parts, a.nparts, &st->target, e));
    const struct sql_source *target = local_table_source(st->target);
    bool fewer = target && a.values && a.values < target->ncolumns;
    if (!a.overriding && !fewer && !(target && target->limited))
        return ST_OK;
    TRY(sql_assign(&st->arena, *sql, target, &st->fitted, e));
    if (st->fitted.nedits == 0)
        return ST_OK;
    struct sql_tokens fitted;
    TRY(sql_tokens_follow(&st->arena, sql, &st->fitted, &fitted, e));
    assert(fitted.text.p == st->fitted.text.p);
    st->sql = st->fitted.text;
    *sql = fitted;
    return ST_OK;
}

/* Whether the columns of a key, as SQL, have that one. */
static bool key_has(const struct sql_source_key *key, const struct sql_token *column)
{
    struct sql_lexer l;
    struct sql_token t;
    sql_lexer_init(&l, sql_tokens_of(key->columns));
    while (sql_lexer_next(&l, &t) != SQL_TOK_END)
        if (sql_token_is_name(&t) && str_ieq(sql_name_bare(&t), sql_name_bare(column)))
            return true;
    return false;
}

static bool is_kept(const struct sql_source_key *key)
{
    return key->kind == SQL_KEY_KEPT || key->kind == SQL_KEY_KEPT_REFERRED;
}

/* Whether a column that is set is in a key or an index; what is set in a form that is not read may be. */
static bool sets_key(const struct sql_source *table, const struct sql_change *change)
{
    for (size_t i = 0; i < change->nsets; i++)
        for (size_t k = 0; k < table->nkeys; k++)
            if (!is_kept(&table->keys[k]) && key_has(&table->keys[k], &change->sets[i].column))
                return true;
    return change->others || (change->kind != SQL_CHANGE_NONE && change->returns);
}

/* The same of the keys of that kind, which the session keeps. */
static bool sets_kept(const struct sql_source *table, enum sql_key_kind kind, const struct sql_change *change)
{
    for (size_t i = 0; i < change->nsets; i++)
        for (size_t k = 0; k < table->nkeys; k++)
            if (table->keys[k].kind == kind && key_has(&table->keys[k], &change->sets[i].column))
                return true;
    return change->others;
}

/* What the statement, which is read as that change, does to keys that the session keeps. */
static unsigned kept_keys(unsigned kept, bool old_rows, bool inserts, const struct sql_source *table,
                          const struct sql_change *change)
{
    if (!old_rows)
        return kept & BACKEND_KEYS_KEPT;
    if (change->kind == SQL_CHANGE_NONE)
        return kept;
    if (change->kind == SQL_CHANGE_DELETE)
        return kept & BACKEND_KEYS_KEPT_REFERRED;
    bool refers = inserts || sets_kept(table, SQL_KEY_KEPT, change),
         referred = sets_kept(table, SQL_KEY_KEPT_REFERRED, change);
    return (refers ? kept & BACKEND_KEYS_KEPT : 0) | (referred ? kept & BACKEND_KEYS_KEPT_REFERRED : 0);
}

/* Whether the columns of a unique key, or what an index is of, may be NULL. */
static bool may_be_null(const struct sql_source *table, const struct sql_source_key *key)
{
    struct sql_lexer l;
    struct sql_token t;
    if (key->kind != SQL_KEY_UNIQUE && key->kind != SQL_KEY_INDEX)
        return false;
    sql_lexer_init(&l, sql_tokens_of(key->columns));
    while (sql_lexer_next(&l, &t) != SQL_TOK_END) {
        bool known = false;
        for (size_t i = 0; sql_token_is_name(&t) && i < table->ncolumns; i++)
            known |= table->columns[i].not_null && str_ieq(sql_name_bare(&t), table->columns[i].name);
        if (!known && !sql_token_is(&t, ','))
            return true;
    }
    return false;
}

/* INSERT … ON CONFLICT, in whose rows the engine takes NULLs of a unique key for the same. */
static unsigned null_keys(const struct sql_source *table, const struct sql_tokens *sql)
{
    struct sql_assignment a;
    if (!sql_changes_old_rows(*sql) || !sql_reads_assignment(*sql, &a) || !a.insert)
        return 0;
    for (size_t i = 0; i < table->nkeys; i++)
        if (may_be_null(table, &table->keys[i]))
            return BACKEND_KEYS_NULLS;
    return 0;
}

int local_find_keys(struct local_stmt *st, const struct sql_tokens *sql, struct err *e)
{
    CLEANUP(arena_releasep) struct arena scratch;
    const struct sql_source *table = local_table_source(st->target);
    struct sql_change change = {.kind = SQL_CHANGE_NONE};
    unsigned keys = 0, kept = 0;
    assert(st->base.info.keys == 0);
    for (size_t i = 0; table && i < table->nkeys; i++) {
        keys |= table->keys[i].kind == SQL_KEY_FOREIGN ? BACKEND_KEYS_REFER : 0;
        if (table->keys[i].kind == SQL_KEY_FOREIGN && str_ieq(table->keys[i].other, table->name))
            keys |= BACKEND_KEYS_ITSELF;
        keys |= table->keys[i].kind == SQL_KEY_REFERRED ? BACKEND_KEYS_REFERRED : 0;
        kept |= table->keys[i].kind == SQL_KEY_KEPT ? BACKEND_KEYS_KEPT : 0;
        kept |= table->keys[i].kind == SQL_KEY_KEPT_REFERRED ? BACKEND_KEYS_KEPT_REFERRED : 0;
    }
    arena_init(&scratch, ORIGINS_MEMORY);
    const unsigned nulls = table ? null_keys(table, sql) : 0;
    st->base.info.keys = nulls;
    if (!keys && !kept)
        return ST_OK;
    bool old_rows = sql_changes_old_rows(*sql);
    if (old_rows && (kept || (keys & BACKEND_KEYS_REFERRED)))
        TRY(sql_change_read(&scratch, *sql, &change, e));
    if (keys & BACKEND_KEYS_REFERRED)
        keys |= sets_key(table, &change) ? BACKEND_KEYS_SET : 0;
    kept = kept_keys(kept, old_rows, change.kind == SQL_CHANGE_UPSERT, table, &change);
    st->base.info.keys = (old_rows ? keys : 0) | kept | nulls;
    return ST_OK;
}

/* Another type in place of the engine's. */
static int show(struct local_stmt *st, struct local_shown **shown, size_t i, const struct sql_declared *d,
                const struct engine_stmt_info *info, struct column_desc *columns, struct err *e)
{
    if (!*shown)
        *shown = arena_calloc(&st->arena, info->ncolumns, sizeof **shown);
    if (!*shown)
        return err_oom(e);
    (*shown)[i] = (struct local_shown){.engine_oid = columns[i].type_oid,
                                       .engine_typmod = columns[i].typmod,
                                       .limited = true,
                                       .padded = sql_declared_padding(d)};
    assert(d->oid && i < info->ncolumns);
    columns[i].type_oid = d->oid;
    columns[i].typmod = d->typmod;
    return ST_OK;
}

int local_describe_origins(struct local_stmt *st, const struct sql_tokens *sql,
                           const struct engine_stmt_info *info, struct column_desc *columns, struct err *e)
{
    CLEANUP(looking_release) struct looking l = {.session = st->session};
    CLEANUP(arena_releasep) struct arena scratch;
    struct local_shown *shown = NULL;
    assert(!st->shown);
    arena_init(&scratch, ORIGINS_MEMORY);
    if (!sql_may_have_origins(*sql))
        return ST_OK;
    struct sql_origin *origins = arena_calloc(&scratch, info->ncolumns, sizeof *origins);
    if (!origins)
        return err_oom(e);
    TRY(sql_origins(&scratch, *sql, find, &l, info->names, info->ncolumns, origins, e));
    for (size_t i = 0; i < info->ncolumns; i++) {
        const struct sql_origin *o = &origins[i];
        struct sql_declared declared = o->declared;
        if (o->table) {
            assert(o->column);
            const struct sql_limit *limit = &o->column->limit;
            columns[i].table_oid = o->table->oid;
            columns[i].attnum = o->column->number;
            if (limit->kind != SQL_LIMIT_NONE)
                declared = (struct sql_declared){sql_limit_oid(limit), sql_limit_typmod(limit)};
        } else if (!sql_declared_fits(&declared, columns[i].type_oid)) {
            continue;
        }
        if (declared.oid)
            TRY(show(st, &shown, i, &declared, info, columns, e));
    }
    st->shown = shown;
    return ST_OK;
}
