/* Prepared statements of a connection, by text.
 *
 * A plan costs 8 KB, or up to 700 KB with a sort, and saves 40 to 300 microseconds. So a text's first run
 * keeps nothing but its hash; from the second on the plan stays, and beyond LOCAL_PLANS_MAX in the process
 * the sessions that have been idle longest lose theirs. Lock order: plans_lock, then a session's lock. */
#include "backend/local_cache.h"

#include "backend/local_conn.h"
#include "backend/local_priv.h"
#include "backend/local_snapshot.h"

#include "base/alloc.h"
#include "base/hash.h"
#include "sql/token.h"

#include <assert.h>
#include <string.h>

/* ---- one connection's ---- */

static void cached_clear(struct local_cached *k)
{
    engine_stmt_free(k->stmt);
    row_desc_unref(k->desc);
    mem_free(k->text);
    *k = (struct local_cached){0};
}

void local_cache_clear(struct local_conn *c)
{
    for (size_t i = 0; i < LOCAL_CACHED_STATEMENTS; i++)
        cached_clear(&c->cached[i]);
}

static size_t cache_count(const struct local_conn *c)
{
    size_t n = 0;
    for (size_t i = 0; c && i < LOCAL_CACHED_STATEMENTS; i++)
        n += c->cached[i].stmt != NULL;
    return n;
}

/* Plans that have run once and shall not stay. */
static void cache_trim(struct local_conn *c)
{
    for (size_t i = 0; c && i < LOCAL_CACHED_STATEMENTS; i++)
        if (c->cached[i].stmt && c->cached[i].ran && !c->cached[i].keep)
            cached_clear(&c->cached[i]);
}

static struct local_cached *cached_find(struct local_conn *c, struct str text)
{
    for (size_t i = 0; i < LOCAL_CACHED_STATEMENTS; i++)
        if (c->cached[i].stmt && str_eq((struct str){c->cached[i].text, c->cached[i].len}, text))
            return &c->cached[i];
    return NULL;
}

/* The place for a plan more: a free one, or that of the plan whose last use is longest ago. */
static struct local_cached *cached_oldest(struct local_conn *c)
{
    struct local_cached *oldest = &c->cached[0];
    for (size_t i = 1; i < LOCAL_CACHED_STATEMENTS && oldest->stmt; i++)
        if (!c->cached[i].stmt || c->cached[i].used < oldest->used)
            oldest = &c->cached[i];
    return oldest;
}

/* Whether the session ran this text before; from here on it did. A clash of hashes keeps a plan one run too
 * early. */
static bool seen_before(struct local_session *s, struct str text)
{
    uint64_t h = hash_text(text);
    for (size_t i = 0; i < LOCAL_SEEN_TEXTS; i++)
        if (s->seen[i] == h)
            return true;
    s->seen[s->nseen++ % LOCAL_SEEN_TEXTS] = h;
    return false;
}

/* ---- preparing ---- */

/* A semicolon with something behind it: the client sent two statements. */
static bool is_several(struct str text)
{
    struct sql_lexer l;
    struct sql_token t;
    bool ended = false;
    sql_lexer_init(&l, sql_tokens_of(text));
    for (;;) {
        enum sql_token_kind kind = sql_lexer_next(&l, &t);
        if (kind == SQL_TOK_END || kind == SQL_TOK_BAD)
            return false;
        if (!sql_token_is(&t, ';') && ended)
            return true;
        ended |= sql_token_is(&t, ';');
    }
}

/* *once: the engine turned it into several, to be done anew each time. */
static int prepare(struct local_conn *c, struct str text, struct engine_stmt **out, bool *once, struct err *e)
{
    struct err why;
    size_t n = 0;
    err_init(&why);
    *once = false;
    if (engine_prepare(c->conn, text, out, &why) == ST_OK)
        return ST_OK;
    if (why.code == SQLSTATE_SYNTAX_ERROR && why.position == 0 && !is_several(text)) {
        struct err ignored;
        err_init(&ignored);
        *once = engine_count_statements(c->conn, text, &n, &ignored) == ST_OK && n > 1;
    }
    if (*once)
        return engine_prepare_expanded(c->conn, text, out, e);
    *e = why;
    return ST_ERR;
}

static int cache_new(struct local_session *s, struct str text, bool blind, struct local_cached **out,
                     struct err *e)
{
    struct local_cached made = {
        .len = text.n, .version = local_version_now(s), .catalog = local_catalog_now(s)};
    bool once;
    TRY(prepare(s->main, text, &made.stmt, &once, e));
    made.text = mem_strndup(text.p, text.n);
    if (!made.text) {
        cached_clear(&made);
        return err_oom(e);
    }
    made.once = once;
    made.keep = !once && text.n <= LOCAL_CACHED_TEXT_MAX && seen_before(s, text);
    made.blind = made.keep && blind;
    *out = cached_oldest(s->main);
    cached_clear(*out);
    **out = made;
    return ST_OK;
}

/* Whether the plan gives right rows now: local_version.h says when one of data that changed does not. */
static bool may_run(const struct local_session *s, const struct local_cached *k, bool fresh)
{
    if (k->once)
        return false;
    if (k->blind && !s->local->shares_catalogs)
        return local_catalog_holds(s, &k->catalog);
    return !fresh && local_version_holds(s, &k->version);
}

static int find_or_prepare(struct local_session *s, struct str text, bool blind, bool fresh,
                           struct local_cached **out, struct err *e)
{
    *out = cached_find(s->main, text);
    if (*out && !may_run(s, *out, fresh)) {
        cached_clear(*out);
        *out = NULL;
    }
    if (!*out)
        TRY(cache_new(s, text, blind, out, e));
    assert(*out);
    (*out)->used = ++s->main->clock;
    return ST_OK;
}

int local_conn_prepare(struct local_session *s, struct str text, bool blind, struct engine_stmt **out,
                       struct err *e)
{
    struct local_cached *k;
    TRY(find_or_prepare(s, text, blind, false, &k, e));
    *out = k->stmt;
    return ST_OK;
}

int local_conn_prepare_to_run(struct local_session *s, struct str text, bool blind, bool fresh,
                              struct engine_stmt **out, struct local_version *version, struct err *e)
{
    struct local_cached *k;
    local_snapshot_check(s); /* a plan may keep numbers of objects: of the snapshot that it will run with */
    TRY(find_or_prepare(s, text, blind, fresh || s->local->reads_elsewhere, &k, e));
    TRY(local_snapshot_ready(s, k->stmt, text, e));
    k->ran = true;
    *version = k->version;
    *out = k->stmt;
    return ST_OK;
}

/* ---- descriptions ---- */

static struct local_cached *cached_of(struct local_session *s, const struct engine_stmt *stmt)
{
    for (size_t i = 0; i < LOCAL_CACHED_STATEMENTS; i++)
        if (s->main->cached[i].stmt == stmt)
            return &s->main->cached[i];
    return NULL;
}

struct row_desc *local_cached_desc(struct local_session *s, const struct engine_stmt *stmt)
{
    const struct local_cached *k = cached_of(s, stmt);
    return k && k->desc && local_catalog_holds(s, &k->described) ? k->desc : NULL;
}

void local_cache_desc(struct local_session *s, const struct engine_stmt *stmt, struct row_desc *desc)
{
    struct local_cached *k = cached_of(s, stmt);
    if (!k || !k->keep)
        return;
    assert(desc && k->stmt == stmt);
    row_desc_unref(k->desc);
    k->desc = row_desc_ref(desc);
    k->described = local_catalog_now(s);
}

/* ---- the process's budget ---- */

void local_plans_forget(struct local_session *s)
{
    struct local *l = s->local;
    pthread_mutex_lock(&l->plans_lock);
    assert(l->plans >= s->plans);
    __atomic_store_n(&l->plans, l->plans - s->plans, __ATOMIC_RELAXED); /* account() looks without the lock */
    s->plans = 0;
    list_remove(&s->by_use);
    pthread_mutex_unlock(&l->plans_lock);
}

/* Takes the plans of one session that is in no call. False: it is, or there is none to take from. */
static bool take_from_idlest(struct local *l, const struct local_session *not_from)
{
    if (list_is_empty(&l->by_use))
        return false;
    struct local_session *idlest = list_entry(l->by_use.next, struct local_session, by_use);
    if (idlest == not_from || pthread_mutex_trylock(&idlest->lock) != 0)
        return false;
    bool took = !idlest->busy;
    if (took) {
        assert(idlest->main && idlest->plans > 0 && idlest->plans <= l->plans); /* or it is not in the list */
        local_cache_clear(idlest->main);
        __atomic_store_n(&l->plans, l->plans - idlest->plans, __ATOMIC_RELAXED);
        idlest->plans = 0;
        list_remove(&idlest->by_use);
    }
    pthread_mutex_unlock(&idlest->lock);
    return took;
}

/* n: how many plans the session has now. While the process has few, the order of use is of no interest and
 * the lock is not taken unless the number changes: a short statement must not wait for other sessions. */
static void account(struct local_session *s, size_t n)
{
    struct local *l = s->local;
    bool roomy = __atomic_load_n(&l->plans, __ATOMIC_RELAXED) < LOCAL_PLANS_MAX / 2;
    if (n == s->plans && (roomy || n == 0))
        return;
    pthread_mutex_lock(&l->plans_lock);
    assert(s->plans <= l->plans && n <= LOCAL_CACHED_STATEMENTS);
    __atomic_store_n(&l->plans, l->plans + n - s->plans, __ATOMIC_RELAXED);
    s->plans = n;
    list_remove(&s->by_use);
    if (n)
        list_append(&l->by_use, &s->by_use);
    while (l->plans > LOCAL_PLANS_MAX && take_from_idlest(l, s))
        ;
    pthread_mutex_unlock(&l->plans_lock);
}

void local_plans_settle(struct local_session *s)
{
    cache_trim(s->main);
    account(s, cache_count(s->main));
}
