#include "fake_priv.h"

#include "base/alloc.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WAIT_S = 5 };

const char *const fake_names[] = {[FAKE_NO_CALL] = "",
#define X(symbol, name) [FAKE_##symbol] = name,
                                  FAKE_CALLS(X)
#undef X
};

/* ---- log and counts, with the lock ---- */

void fake_note(struct fake *f, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    if (f->log_len > 0 && f->log_len + 2 < LOG_MAX) {
        memcpy(f->log + f->log_len, ", ", 2);
        f->log_len += 2;
    }
    int n = vsnprintf(f->log + f->log_len, LOG_MAX - f->log_len, fmt, ap);
    va_end(ap);
    assert(n >= 0 && (size_t)n < LOG_MAX - f->log_len);
    f->log_len += (size_t)n;
    f->log_copies = false;
}

static void breach(struct fake *f, const char *what, const char *of)
{
    int n = snprintf(f->breaches + f->breaches_len, BREACHES_MAX - f->breaches_len, "%s %s; ", what, of);
    if (n > 0 && (size_t)n < BREACHES_MAX - f->breaches_len)
        f->breaches_len += (size_t)n;
}

void fake_expect(struct fake *f, bool holds, const char *breach_of, const char *of)
{
    if (!holds)
        breach(f, breach_of, of);
}

void fake_count(struct fake_session *s, enum fake_kind kind, int by)
{
    s->fake->open[kind] += (unsigned)by;
    s->open[kind] += (unsigned)by;
}

void fake_lock(struct fake *f)
{
    (void)pthread_mutex_lock(&f->lock);
}

void fake_unlock(struct fake *f)
{
    (void)pthread_mutex_unlock(&f->lock);
}

/* ---- what every call begins with ---- */

static bool hears_cancel(enum fake_call call, enum fake_hearing hearing)
{
    return hearing == FAKE_HEARS && call != FAKE_BEGIN && call != FAKE_COMMIT && call != FAKE_ROLLBACK;
}

static int left_behind(struct err *e)
{
    return err_set(e, SQLSTATE_QUERY_CANCELED, "the session was left behind");
}

/* With the lock. */
static int wait_for_release(struct fake_session *s, enum fake_call call, struct err *e)
{
    struct fake *f = s->fake;
    enum fake_hearing hearing = f->hearing;
    f->blocking = FAKE_NO_CALL;
    f->blocked = s->waits = true;
    f->released = s->cancelled = false;
    if (hearing == FAKE_DEAF)
        atomic_store(&s->base.hearing, BACKEND_DEAF);
    (void)pthread_cond_broadcast(&f->changed);
    while (!f->released && !(s->cancelled && hears_cancel(call, hearing)))
        (void)pthread_cond_wait(&f->changed, &f->lock);
    f->blocked = s->waits = false;
    if (hearing == FAKE_DEAF) {
        enum backend_hearing deaf = BACKEND_DEAF;
        if (!atomic_compare_exchange_strong(&s->base.hearing, &deaf, BACKEND_HEARS))
            return left_behind(e);
    }
    if (s->cancelled && hears_cancel(call, hearing))
        return err_set(e, SQLSTATE_QUERY_CANCELED, "interrupted");
    return ST_OK;
}

static int fail_as_told(struct fake *f, enum fake_call call, const struct fake_statement *script,
                        struct err *e)
{
    if (f->failing == call) {
        f->failing = FAKE_NO_CALL;
        return err_set(e, f->code, "%s was told to fail", fake_names[call]);
    }
    if (!script || script->fails_at != call || call == FAKE_NEXT)
        return ST_OK;
    (void)err_set(e, script->code, "%s of a statement that fails", fake_names[call]);
    e->position = script->position;
    return ST_ERR;
}

/* detail NULL: it is not logged. script NULL: of no statement. */
int fake_enter(struct fake_session *s, enum fake_call call, const char *detail,
               const struct fake_statement *script, struct err *e)
{
    struct fake *f = s->fake;
    fake_lock(f);
    if (detail)
        fake_note(f, *detail ? "%s %s" : "%s%s", fake_names[call], detail);
    bool of_copy = call >= FAKE_COPY_OPEN && call <= FAKE_COPY_FINISH;
    fake_expect(f, of_copy || s->open[FAKE_COPIES] == 0, "during a COPY:", fake_names[call]);
    int st = backend_is_left(&s->base) ? left_behind(e) : ST_OK;
    if (st == ST_OK && f->blocking == call)
        st = wait_for_release(s, call, e);
    if (st == ST_OK)
        st = fail_as_told(f, call, script, e);
    fake_unlock(f);
    return st;
}

void *fake_make(struct fake_session *s, enum fake_kind kind, size_t size, struct err *e)
{
    void *p = mem_calloc(1, size);
    if (!p) {
        (void)err_oom(e);
        return NULL;
    }
    fake_lock(s->fake);
    fake_count(s, kind, 1);
    fake_unlock(s->fake);
    return p;
}

void fake_unmake(struct fake_session *s, enum fake_kind kind, const char *what, const char *of)
{
    fake_lock(s->fake);
    fake_note(s->fake, *of ? "%s %s" : "%s%s", what, of);
    fake_expect(s->fake, s->open[kind] > 0, "once too often:", what);
    fake_count(s, kind, -1);
    fake_unlock(s->fake);
}

/* ---- sessions ---- */

static const struct backend_ops fake_ops;

static int fake_session_open(struct backend *b, const struct backend_identity *who,
                             struct backend_session **out, struct err *e)
{
    struct fake_session *s = mem_calloc(1, sizeof *s);
    (void)who;
    if (!s)
        return err_oom(e);
    s->base.ops = &fake_ops;
    s->fake = (struct fake *)b;
    if (fake_enter(s, FAKE_SESSION_OPEN, NULL, NULL, e) < 0) {
        mem_free(s);
        return ST_ERR;
    }
    fake_lock(s->fake);
    fake_count(s, FAKE_SESSIONS, 1);
    fake_unlock(s->fake);
    *out = &s->base;
    return ST_OK;
}

static void fake_session_close(struct backend_session *b)
{
    struct fake_session *s = (struct fake_session *)b;
    if (!s)
        return;
    fake_lock(s->fake);
    for (int kind = FAKE_STMTS; kind < FAKE_KINDS; kind++)
        fake_expect(s->fake, s->open[kind] == 0, "open at the end of its session:",
                    (const char *const[]){"session", "statement", "portal", "stream", "copy"}[kind]);
    fake_count(s, FAKE_SESSIONS, -1);
    fake_unlock(s->fake);
    mem_free(s);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\n' || c == '\t';
}

/* At semicolons; what has "nonsense" in it is none of the engine's language. */
static int fake_split(struct backend_session *b, struct str sql, int (*cb)(void *arg, size_t off, size_t len),
                      void *arg, struct err *e)
{
    struct fake_session *s = (struct fake_session *)b;
    TRY(fake_enter(s, FAKE_SPLIT, NULL, NULL, e));
    if (memmem(sql.p, sql.n, "nonsense", 8))
        return err_set(e, SQLSTATE_SYNTAX_ERROR, "syntax error at or near \"nonsense\"");
    for (size_t at = 0; at < sql.n;) {
        const char *semicolon = memchr(sql.p + at, ';', sql.n - at);
        size_t end = semicolon ? (size_t)(semicolon - sql.p) : sql.n;
        while (at < end && is_blank(sql.p[at]))
            at++;
        if (at < end)
            TRY(cb(arg, at, end - at));
        at = end + 1;
    }
    return ST_OK;
}

/* ---- transactions and settings ---- */

static int begin_tx(struct fake_session *s, const char *how, struct err *e)
{
    fake_lock(s->fake);
    fake_expect(s->fake, s->tx == 0, "in a transaction:", fake_names[FAKE_BEGIN]);
    fake_unlock(s->fake);
    TRY(fake_enter(s, FAKE_BEGIN, how, NULL, e));
    s->tx = ++s->txs;
    return ST_OK;
}

static int fake_tx(struct backend_session *b, enum backend_tx_op op, struct err *e)
{
    struct fake_session *s = (struct fake_session *)b;
    switch (op) {
    case BACKEND_TX_BEGIN: return begin_tx(s, "", e);
    case BACKEND_TX_BEGIN_READ_ONLY: return begin_tx(s, "read only", e);
    case BACKEND_TX_BEGIN_SNAPSHOT: return begin_tx(s, "snapshot", e);
    case BACKEND_TX_BEGIN_SNAPSHOT_READ_ONLY: return begin_tx(s, "snapshot read only", e);
    case BACKEND_TX_COMMIT:
    case BACKEND_TX_ROLLBACK: break;
    }
    enum fake_call call = op == BACKEND_TX_COMMIT ? FAKE_COMMIT : FAKE_ROLLBACK;
    fake_lock(s->fake);
    fake_expect(s->fake, s->tx != 0, "outside a transaction:", fake_names[call]);
    fake_unlock(s->fake);
    int st = fake_enter(s, call, "", NULL, e);
    s->tx = 0; /* in any case */
    return st;
}

static int fake_apply_settings(struct backend_session *b, const struct backend_settings *settings,
                               struct err *e)
{
    struct fake_session *s = (struct fake_session *)b;
    char text[128];
    (void)snprintf(text, sizeof text, "%s%s", settings->time_zone, settings->bytea_escape ? " escape" : "");
    return fake_enter(s, FAKE_APPLY_SETTINGS, strcmp(text, "UTC") == 0 ? NULL : text, NULL, e);
}

/* "nowhere" does not exist. */
static int fake_set_search_path(struct backend_session *b, const char *path, struct err *e)
{
    struct fake_session *s = (struct fake_session *)b;
    TRY(fake_enter(s, FAKE_SET_SEARCH_PATH, path, NULL, e));
    return strstr(path, "nowhere") ? err_set(e, SQLSTATE_INVALID_SCHEMA_NAME, "no schema: %s", path) : ST_OK;
}

static int fake_reset(struct backend_session *b, struct err *e)
{
    struct fake_session *s = (struct fake_session *)b;
    fake_lock(s->fake);
    fake_expect(s->fake, s->tx == 0, "in a transaction:", fake_names[FAKE_RESET]);
    fake_unlock(s->fake);
    return fake_enter(s, FAKE_RESET, "", NULL, e);
}

static void fake_cancel(struct backend_session *b)
{
    struct fake_session *s = (struct fake_session *)b;
    fake_lock(s->fake);
    s->fake->cancels++;
    s->cancelled = s->waits;
    (void)pthread_cond_broadcast(&s->fake->changed);
    fake_unlock(s->fake);
}

static void fake_look_up(struct backend_session *b)
{
    struct fake_session *s = (struct fake_session *)b;
    fake_lock(s->fake);
    fake_note(s->fake, "look_up");
    fake_unlock(s->fake);
}

static const struct backend_ops fake_ops = {
    .session_open = fake_session_open,
    .session_close = fake_session_close,
    .split = fake_split,
    .prepare = fake_prepare,
    .stmt_free = fake_stmt_free,
    .open = fake_open_portal,
    .start = fake_start,
    .fetch = fake_fetch,
    .ahead = fake_ahead,
    .park = fake_park,
    .slice = fake_slice,
    .portal_close = fake_portal_close,
    .copy_open = fake_copy_open,
    .copy_data = fake_copy_data,
    .copy_settle = fake_copy_settle,
    .copy_finish = fake_copy_finish,
    .copy_close = fake_copy_close,
    .tx = fake_tx,
    .apply_settings = fake_apply_settings,
    .set_search_path = fake_set_search_path,
    .reset = fake_reset,
    .look_up = fake_look_up,
    .cancel = fake_cancel,
};

/* ---- the test's side ---- */

struct fake *fake_new(void)
{
    struct fake *f = calloc(1, sizeof *f);
    if (!f)
        return NULL;
    f->base.ops = &fake_ops;
    (void)pthread_mutex_init(&f->lock, NULL);
    (void)pthread_cond_init(&f->changed, NULL);
    return f;
}

void fake_free(struct fake *f)
{
    if (!f)
        return;
    (void)pthread_cond_destroy(&f->changed);
    (void)pthread_mutex_destroy(&f->lock);
    free(f);
}

struct backend *fake_backend(struct fake *f)
{
    return &f->base;
}

void fake_script(struct fake *f, const struct fake_statement *statements, size_t n)
{
    assert(f->nscripts < FAKE_SCRIPTS_MAX);
    fake_lock(f);
    f->scripts[f->nscripts] = statements;
    f->lengths[f->nscripts++] = n;
    fake_unlock(f);
}

void fake_batch_rows(struct fake *f, uint64_t n)
{
    fake_lock(f);
    f->batch_rows = n;
    fake_unlock(f);
}

void fake_park_slowly(struct fake *f, unsigned times)
{
    fake_lock(f);
    f->slow_parks = times;
    fake_unlock(f);
}

void fake_fail(struct fake *f, enum fake_call call, enum sqlstate code)
{
    fake_lock(f);
    f->failing = call;
    f->code = code;
    fake_unlock(f);
}

void fake_block(struct fake *f, enum fake_call call, enum fake_hearing hearing)
{
    fake_lock(f);
    f->blocking = call;
    f->hearing = hearing;
    fake_unlock(f);
}

bool fake_is_blocked(struct fake *f)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += WAIT_S;
    fake_lock(f);
    int rc = 0;
    while (!f->blocked && rc == 0)
        rc = pthread_cond_timedwait(&f->changed, &f->lock, &until);
    bool blocked = f->blocked;
    fake_unlock(f);
    return blocked;
}

void fake_release(struct fake *f)
{
    fake_lock(f);
    f->released = true;
    (void)pthread_cond_broadcast(&f->changed);
    fake_unlock(f);
}

const char *fake_log(struct fake *f)
{
    fake_lock(f);
    memcpy(f->taken, f->log, f->log_len);
    f->taken[f->log_len] = '\0';
    f->log_len = 0;
    f->log_copies = false;
    fake_unlock(f);
    return f->taken;
}

const char *fake_breaches(struct fake *f)
{
    return f->breaches;
}

unsigned fake_open(struct fake *f, enum fake_kind kind)
{
    fake_lock(f);
    unsigned n = f->open[kind];
    fake_unlock(f);
    return n;
}

unsigned fake_open_all(struct fake *f)
{
    unsigned n = 0;
    for (int kind = 0; kind < FAKE_KINDS; kind++)
        n += fake_open(f, (enum fake_kind)kind);
    return n;
}

unsigned fake_cancels(struct fake *f)
{
    fake_lock(f);
    unsigned n = f->cancels;
    fake_unlock(f);
    return n;
}
