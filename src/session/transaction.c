/* Transactions. The states and every way from one to the next:
 *
 *   from        on                                   to
 *   IDLE        BEGIN                                BLOCK
 *   IDLE        second statement of a Query,         IMPLICIT
 *               a write that Sync does not follow
 *   IMPLICIT    BEGIN                                BLOCK (what came before belongs to it)
 *   IMPLICIT    COMMIT, ROLLBACK (warning 25P01)     IDLE, then IMPLICIT again with the next statement
 *   IMPLICIT    end of Query, Sync                   IDLE (committed)
 *   IMPLICIT    error                                IDLE (rolled back)
 *   BLOCK       COMMIT, ROLLBACK                     IDLE, or BLOCK with AND CHAIN
 *   BLOCK       error                                FAILED (the engine's transaction is rolled back at
 *                                                    once, unless a savepoint could go on with it)
 *   BLOCK       SAVEPOINT, RELEASE                   BLOCK
 *   BLOCK       ROLLBACK TO                          BLOCK, or FAILED (0A000: a write behind it and one
 *                                                    before it)
 *   FAILED      ROLLBACK TO                          BLOCK, or FAILED as above
 *   FAILED      COMMIT (answers ROLLBACK), ROLLBACK  IDLE
 *
 * Source: PostgreSQL manual, 55.2.2.1 (multiple statements), BEGIN, COMMIT, ROLLBACK. */
#include "session/transaction.h"

#include "base/alloc.h"
#include "base/log.h"
#include "session/session_priv.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

void tx_init(struct transaction *tx)
{
    *tx = (struct transaction){.state = TX_IDLE};
    list_init(&tx->savepoints);
}

bool tx_is_block(const struct session *s)
{
    return s->tx.state == TX_BLOCK || s->tx.state == TX_FAILED;
}

bool tx_has_failed(const struct session *s)
{
    return s->tx.state == TX_FAILED;
}

bool tx_reads_only(const struct session *s)
{
    return s->tx.read_only;
}

const char *tx_isolation_name(enum sql_isolation i)
{
    switch (i) {
    case SQL_ISO_READ_UNCOMMITTED: return "read uncommitted";
    case SQL_ISO_READ_COMMITTED: return "read committed";
    case SQL_ISO_REPEATABLE_READ: return "repeatable read";
    case SQL_ISO_SERIALIZABLE: return "serializable";
    case SQL_ISO_DEFAULT: break;
    }
    return NULL;
}

static int engine_begin(struct session *s, struct err *e)
{
    assert(s->tx.state == TX_IMPLICIT || s->tx.state == TX_BLOCK);
    if (s->tx.in_engine)
        return ST_OK;
    struct backend_session *engine;
    TRY(session_engine(s, &engine, e));
    const char *isolation = settings_get(&s->settings, SET_TX_ISOLATION);
    bool snapshot = strcmp(isolation, "repeatable read") == 0 || strcmp(isolation, "serializable") == 0;
    enum backend_tx_op begin = snapshot ? BACKEND_TX_BEGIN_SNAPSHOT : BACKEND_TX_BEGIN;
    if (s->tx.read_only)
        begin = snapshot ? BACKEND_TX_BEGIN_SNAPSHOT_READ_ONLY : BACKEND_TX_BEGIN_READ_ONLY;
    TRY(engine->ops->tx(engine, begin, e));
    s->tx.in_engine = true;
    s->tx.number++;
    s->tx.writes = 0;
    return ST_OK;
}

/* The engine's transaction is over; what was lost with it beside its own changes is told as a warning, since
 * there is an error, or a ROLLBACK, that says the rest. */
static void end_engine_tx(struct session *s)
{
    struct err lost;
    err_init(&lost);
    if (s->tx.in_engine && s->engine && s->engine->ops->tx(s->engine, BACKEND_TX_ROLLBACK, &lost) < 0) {
        char text[LOG_QUOTE_MAX];
        log_line(LOG_WARNING, "rollback_failed", "pid=%u sqlstate=%s message=%s", s->place.pid,
                 sqlstate_code(lost.code), log_quote(text, lost.message));
        session_report(s, REPLY_WARNING, &lost);
    }
    s->tx.in_engine = false;
}

/* Undoes what can be undone; nothing here can fail. */
static void engine_rollback(struct session *s)
{
    portals_rollback(s);
    on_commit_rolled_back(s);
    end_engine_tx(s);
    settings_end_transaction(&s->settings, false);
    notify_rolled_back(s);
    advisory_end_transaction(s, 0);
}

/* What was set since the last savepoint, or since BEGIN, is undone at once. */
static void undo_settings(struct session *s)
{
    bool none = list_is_empty(&s->tx.savepoints);
    settings_undo_from(&s->settings,
                       none ? 0 : list_entry(s->tx.savepoints.prev, struct savepoint, link)->mark);
}

/* Nothing was written behind the last savepoint, but something before it. */
static bool may_go_on(const struct session *s)
{
    if (!s->tx.in_engine || list_is_empty(&s->tx.savepoints))
        return false;
    const struct savepoint *last = list_entry(s->tx.savepoints.prev, struct savepoint, link);
    return last->writes > 0 && last->writes == s->tx.writes;
}

/* The engine's transaction goes, the block stays until the client ends it or goes back to a savepoint. */
static void fail_block(struct session *s)
{
    assert(s->tx.state == TX_BLOCK);
    portals_fail(s);
    if (!may_go_on(s))
        end_engine_tx(s);
    undo_settings(s);
    advisory_end_transaction(s, list_is_empty(&s->tx.savepoints)
                                    ? 0
                                    : list_entry(s->tx.savepoints.prev, struct savepoint, link)->born);
    s->tx.state = TX_FAILED;
}

static int engine_commit(struct session *s, struct err *e)
{
    int st = notify_check(s, e);
    if (st == ST_OK)
        st = portals_commit(s, e);
    if (st == ST_OK && s->on_commit.n > 0 && s->tx.writes > 0) /* else the tables are empty still */
        st = on_commit_run(s, e);
    if (st == ST_OK && s->tx.in_engine) {
        st = s->engine->ops->tx(s->engine, BACKEND_TX_COMMIT, e);
        s->tx.in_engine = false; /* one that failed was rolled back */
    }
    if (st < 0) {
        engine_rollback(s);
        return st;
    }
    s->tx.writes = 0;
    portals_committed(s);
    settings_end_transaction(&s->settings, true);
    notify_committed(s);
    advisory_end_transaction(s, 0);
    return ST_OK;
}

int tx_implicit_begin(struct session *s, struct err *e)
{
    if (s->tx.state != TX_IDLE)
        return ST_OK;
    s->tx.read_only = settings_bool(&s->settings, SET_DEFAULT_TX_READ_ONLY);
    s->tx.state = TX_IMPLICIT;
    (void)e; /* the engine's begins with the first statement that it runs */
    return ST_OK;
}

int tx_before_statement(struct session *s, bool writes, struct err *e)
{
    bool read_only =
        s->tx.state == TX_IDLE ? settings_bool(&s->settings, SET_DEFAULT_TX_READ_ONLY) : s->tx.read_only;
    if (writes && read_only)
        return err_set(e, SQLSTATE_READ_ONLY_SQL_TRANSACTION,
                       "cannot execute this statement in a read-only transaction");
    if (s->tx.state == TX_IMPLICIT || s->tx.state == TX_BLOCK)
        TRY(engine_begin(s, e));
    if (writes)
        tx_writes(s);
    return ST_OK;
}

void tx_writes(struct session *s)
{
    s->tx.writes++;
}

int tx_implicit_commit(struct session *s, struct err *e)
{
    if (s->tx.state != TX_IMPLICIT && s->tx.state != TX_IDLE)
        return ST_OK;
    s->tx.state = TX_IDLE;
    return engine_commit(s, e);
}

void tx_failed(struct session *s)
{
    switch (s->tx.state) {
    case TX_BLOCK: fail_block(s); break;
    case TX_IMPLICIT:
        engine_rollback(s);
        s->tx.state = TX_IDLE;
        break;
    case TX_IDLE:
        portals_rollback(s);
        settings_end_transaction(&s->settings, false);
        break;
    case TX_FAILED: break;
    }
}

bool tx_allows(const struct session *s, enum sql_kind kind)
{
    return s->tx.state != TX_FAILED || kind == SQL_COMMIT || kind == SQL_ROLLBACK || kind == SQL_EMPTY ||
           kind == SQL_SAVEPOINT;
}

void tx_release_savepoints(struct session *s)
{
    while (!list_is_empty(&s->tx.savepoints)) {
        struct savepoint *sp = list_entry(s->tx.savepoints.next, struct savepoint, link);
        list_remove(&sp->link);
        mem_free(sp);
    }
    assert(list_is_empty(&s->tx.savepoints));
    s->tx.nsavepoints = 0;
}

/* The newest of that name, as the standard has it. */
static struct savepoint *find_savepoint(struct session *s, const char *name)
{
    struct savepoint *found = NULL;
    list_for_each (link, &s->tx.savepoints) {
        struct savepoint *sp = list_entry(link, struct savepoint, link);
        if (strcmp(sp->name, name) == 0)
            found = sp;
    }
    return found;
}

/* Everything that was set after sp, and sp itself when it goes too. */
static void drop_savepoints_after(struct session *s, struct savepoint *sp, bool itself)
{
    while (s->tx.savepoints.prev != &s->tx.savepoints) {
        struct savepoint *last = list_entry(s->tx.savepoints.prev, struct savepoint, link);
        if (last == sp && !itself)
            return;
        bool done = last == sp;
        list_remove(&last->link);
        mem_free(last);
        s->tx.nsavepoints--;
        if (done)
            return;
    }
}

static int new_savepoint(struct session *s, const char *name, struct err *e)
{
    if (s->tx.nsavepoints == SAVEPOINTS_MAX)
        return err_set(e, SQLSTATE_PROGRAM_LIMIT_EXCEEDED, "too many savepoints in one transaction (%d)",
                       SAVEPOINTS_MAX);
    size_t n = strlen(name) + 1;
    struct savepoint *sp = mem_alloc(sizeof *sp + n);
    if (!sp)
        return err_oom(e);
    list_init(&sp->link);
    sp->mark = settings_mark(&s->settings);
    sp->born = portals_birth(s);
    sp->writes = s->tx.in_engine ? s->tx.writes : 0;
    memcpy(sp->name, name, n);
    assert(s->tx.state == TX_BLOCK);
    list_append(&s->tx.savepoints, &sp->link);
    s->tx.nsavepoints++;
    return ST_OK;
}

/* An error of the engine while it plans leaves its transaction as it was; one while it runs ends it, and then
 * nothing runs in it any more. Its COMMIT would say nothing of that. */
static bool engine_goes_on(struct session *s)
{
    struct err why;
    struct ask_rows rows;
    err_init(&why);
    return session_ask(s, "SELECT count(*) FROM system.main.duckdb_schemas()", &rows, &why) == ST_OK;
}

static int cannot_go_back(struct session *s, struct err *e)
{
    end_engine_tx(s);
    (void)err_set(e, SQLSTATE_FEATURE_NOT_SUPPORTED, "ROLLBACK TO SAVEPOINT over a write is not supported");
    err_detail(e, "The engine has no subtransactions: it could not go back to here without losing what the "
                  "transaction wrote before the savepoint.");
    return ST_ERR;
}

struct tx_mark tx_mark(struct session *s)
{
    return (struct tx_mark){.writes = s->tx.in_engine ? s->tx.writes : 0,
                            .born = portals_birth(s),
                            .settings = settings_mark(&s->settings)};
}

int tx_undo(struct session *s, const struct tx_mark *mark, bool nothing, struct err *e)
{
    assert(s->tx.state == TX_BLOCK || s->tx.state == TX_IMPLICIT);
    portals_rollback_to(s, mark->born);
    if (mark->writes == 0) {
        end_engine_tx(s);
        s->tx.writes = 0;
    } else if (nothing && s->tx.in_engine && engine_goes_on(s)) {
        s->tx.writes = mark->writes;
    } else {
        (void)err_set(e, SQLSTATE_FEATURE_NOT_SUPPORTED, "catching an error behind a write is not supported");
        err_detail(e, "The engine has no subtransactions: it could not take back what the block has done "
                      "without losing what the transaction wrote before it.");
        return ST_ERR;
    }
    settings_undo_from(&s->settings, mark->settings);
    return ST_OK;
}

/* Where nothing was written behind the savepoint the engine's transaction goes on; where nothing was written
 * before it, it is begun anew. */
static int rollback_to(struct session *s, struct savepoint *sp, struct err *e)
{
    assert(tx_is_block(s) && s->tx.nsavepoints > 0);
    bool stays = sp->writes > 0 && s->tx.in_engine && sp->writes == s->tx.writes;
    if (sp->writes > 0 && !(stays && (s->tx.state == TX_BLOCK || engine_goes_on(s))))
        return cannot_go_back(s, e);
    portals_rollback_to(s, sp->born);
    advisory_end_transaction(s, sp->born);
    if (!stays) {
        end_engine_tx(s);
        s->tx.writes = 0;
    }
    settings_undo_from(&s->settings, sp->mark);
    s->tx.read_only = settings_bool(&s->settings, SET_TX_READ_ONLY);
    drop_savepoints_after(s, sp, false);
    s->tx.state = TX_BLOCK;
    return ST_OK;
}

/* What came after it belongs to the savepoint before it, or to the transaction. */
static void release(struct session *s, struct savepoint *sp)
{
    bool first = sp->link.prev == &s->tx.savepoints;
    settings_merge_from(&s->settings, sp->mark,
                        first ? 0 : list_entry(sp->link.prev, struct savepoint, link)->mark);
    drop_savepoints_after(s, sp, true);
}

static int savepoint_command(struct session *s, const struct sql_transaction *t, const char **tag,
                             struct err *e)
{
    static const char *const names[] = {
        [SQL_SP_SAVEPOINT] = "SAVEPOINT",
        [SQL_SP_RELEASE] = "RELEASE SAVEPOINT",
        [SQL_SP_ROLLBACK_TO] = "ROLLBACK TO SAVEPOINT",
    };
    if (s->tx.state == TX_IDLE || s->tx.state == TX_IMPLICIT)
        return err_set(e, SQLSTATE_NO_ACTIVE_SQL_TRANSACTION, "%s can only be used in transaction blocks",
                       names[t->savepoint]);
    if (s->tx.state == TX_FAILED && t->savepoint != SQL_SP_ROLLBACK_TO)
        return err_set(e, SQLSTATE_IN_FAILED_SQL_TRANSACTION,
                       "current transaction is aborted, commands ignored until end of transaction block");
    *tag = t->savepoint == SQL_SP_SAVEPOINT ? "SAVEPOINT"
           : t->savepoint == SQL_SP_RELEASE ? "RELEASE"
                                            : "ROLLBACK";
    if (t->savepoint == SQL_SP_SAVEPOINT)
        return new_savepoint(s, t->savepoint_name, e);
    struct savepoint *sp = find_savepoint(s, t->savepoint_name);
    if (!sp)
        return err_set(e, SQLSTATE_INVALID_SAVEPOINT, "savepoint \"%s\" does not exist", t->savepoint_name);
    if (t->savepoint == SQL_SP_ROLLBACK_TO)
        return rollback_to(s, sp, e);
    release(s, sp);
    return ST_OK;
}

static int too_late(const char *what, struct err *e)
{
    return err_set(e, SQLSTATE_ACTIVE_SQL_TRANSACTION, "%s", what);
}

/* As PostgreSQL's checks of these variables: it asks for a snapshot, here there is the engine's transaction.
 */
static int check_mode(const struct session *s, enum setting what, const char *value, struct err *e)
{
    bool another = strcmp(value, settings_get(&s->settings, what)) != 0;
    bool below = s->tx.nsavepoints > 0;
    if (what == SET_TX_ISOLATION && another && s->tx.in_engine)
        return too_late("SET TRANSACTION ISOLATION LEVEL must be called before any query", e);
    if (what == SET_TX_ISOLATION && another && below)
        return too_late("SET TRANSACTION ISOLATION LEVEL must not be called in a subtransaction", e);
    if (what == SET_TX_DEFERRABLE && below)
        return too_late("SET TRANSACTION [NOT] DEFERRABLE cannot be called within a subtransaction", e);
    if (what == SET_TX_DEFERRABLE && s->tx.in_engine)
        return too_late("SET TRANSACTION [NOT] DEFERRABLE must be called before any query", e);
    if (what == SET_TX_READ_ONLY && s->tx.read_only && s->tx.in_engine && strcmp(value, "off") == 0)
        return too_late("transaction read-write mode must be set before any query", e);
    return ST_OK;
}

int tx_set(struct session *s, enum setting what, const char *value, struct err *e)
{
    char text[SETTING_VALUE_MAX];
    if (value) {
        TRY(settings_check(what, value, text, e));
        TRY(check_mode(s, what, text, e));
    }
    TRY(settings_set(&s->settings, settings_name(&s->settings, what), value, true, true, e));
    if (what == SET_TX_READ_ONLY && s->tx.state != TX_IDLE)
        s->tx.read_only = settings_bool(&s->settings, SET_TX_READ_ONLY);
    return ST_OK;
}

int tx_set_modes(struct session *s, const struct sql_transaction *t, struct err *e)
{
    if (t->isolation != SQL_ISO_DEFAULT)
        TRY(tx_set(s, SET_TX_ISOLATION, tx_isolation_name(t->isolation), e));
    if (t->mode != SQL_TX_DEFAULT)
        TRY(tx_set(s, SET_TX_READ_ONLY, t->mode == SQL_TX_READ_ONLY ? "on" : "off", e));
    if (t->defer != SQL_DEFER_DEFAULT)
        TRY(tx_set(s, SET_TX_DEFERRABLE, t->defer == SQL_DEFERRABLE ? "on" : "off", e));
    return ST_OK;
}

/* What a block begins with it keeps, whatever the defaults become meanwhile. */
static int keep_modes(struct session *s, struct err *e)
{
    static const enum setting modes[] = {SET_TX_ISOLATION, SET_TX_READ_ONLY, SET_TX_DEFERRABLE};
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++)
        TRY(settings_set(&s->settings, settings_name(&s->settings, modes[i]),
                         settings_get(&s->settings, modes[i]), true, true, e));
    s->tx.read_only = settings_bool(&s->settings, SET_TX_READ_ONLY);
    return ST_OK;
}

static int begin(struct session *s, const struct sql_transaction *t, struct err *e)
{
    if (s->tx.state == TX_BLOCK)
        session_notice(s, REPLY_WARNING, SQLSTATE_ACTIVE_SQL_TRANSACTION,
                       "there is already a transaction in progress");
    TRY(tx_set_modes(s, t, e));
    if (s->tx.state == TX_BLOCK)
        return ST_OK;
    TRY(keep_modes(s, e));
    s->tx.state = TX_BLOCK;
    return ST_OK;
}

/* For AND CHAIN. Of a block that failed outside of any savepoint they are the defaults, as in PostgreSQL 15,
 * which has undone its SETs by then. */
static struct sql_transaction modes_of(const struct session *s)
{
    struct sql_transaction t = {.isolation = SQL_ISO_READ_UNCOMMITTED};
    const char *isolation = settings_get(&s->settings, SET_TX_ISOLATION);
    while (t.isolation < SQL_ISO_SERIALIZABLE && strcmp(tx_isolation_name(t.isolation), isolation) != 0)
        t.isolation++;
    t.mode = settings_bool(&s->settings, SET_TX_READ_ONLY) ? SQL_TX_READ_ONLY : SQL_TX_READ_WRITE;
    t.defer = settings_bool(&s->settings, SET_TX_DEFERRABLE) ? SQL_DEFERRABLE : SQL_NOT_DEFERRABLE;
    return t;
}

static int end(struct session *s, bool commit, const struct sql_transaction *t, const char **tag,
               struct err *e)
{
    *tag = commit ? "COMMIT" : "ROLLBACK";
    if (!tx_is_block(s)) {
        if (t->chain)
            return err_set(e, SQLSTATE_NO_ACTIVE_SQL_TRANSACTION,
                           "%s AND CHAIN can only be used in transaction blocks", *tag);
        session_notice(s, REPLY_WARNING, SQLSTATE_NO_ACTIVE_SQL_TRANSACTION,
                       "there is no transaction in progress");
    }
    struct sql_transaction same = modes_of(s);
    if (s->tx.state == TX_FAILED && commit)
        *tag = "ROLLBACK";
    bool commits = commit && s->tx.state != TX_FAILED;
    enum tx_state was = s->tx.state;
    s->tx.state = TX_IDLE;
    tx_release_savepoints(s);
    if (commits)
        TRY(engine_commit(s, e));
    else if (was != TX_IDLE || !commit)
        engine_rollback(s);
    if (t->chain)
        TRY(begin(s, &same, e));
    else if (was == TX_IMPLICIT)
        s->tx.state = TX_IMPLICIT; /* what follows in this Query is a transaction of its own */
    return ST_OK;
}

int tx_command(struct session *s, struct statement *st, struct command_result *r, struct err *e)
{
    const char *tag = "";
    TRY(statement_parse(s, st, e));
    const struct sql_statement *sql = &st->sql;
    const struct sql_transaction *t = &sql->parsed->transaction;
    if (t->savepoint != SQL_SP_NONE) {
        TRY(savepoint_command(s, t, &tag, e));
        (void)snprintf(r->tag, sizeof r->tag, "%s", tag);
        return ST_OK;
    }
    switch (sql->kind) {
    case SQL_BEGIN:
        tag = strcmp(sql->word, "START") == 0 ? "START TRANSACTION" : "BEGIN";
        TRY(begin(s, t, e));
        break;
    case SQL_COMMIT: TRY(end(s, true, t, &tag, e)); break;
    case SQL_ROLLBACK: TRY(end(s, false, t, &tag, e)); break;
    case SQL_PREPARE_TRANSACTION:
        return err_set(e, SQLSTATE_FEATURE_NOT_SUPPORTED, "two-phase commit is not supported");
    default: return err_set(e, SQLSTATE_INTERNAL_ERROR, "%s is no transaction command", sql->word);
    }
    (void)snprintf(r->tag, sizeof r->tag, "%s", tag);
    return ST_OK;
}
