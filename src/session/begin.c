/* Beginning to run a portal: a statement of the engine is started, a command runs. */
#include "session/begin.h"

#include "session/exists.h"
#include "session/kept.h"
#include "session/keys.h"
#include "session/merge.h"
#include "session/session_priv.h"
#include "session/with.h"

#include <assert.h>
#include <string.h>

static bool may_be_skipped(const char *word)
{
    return strcmp(word, "CREATE") == 0 || strcmp(word, "DROP") == 0;
}

/* Beside what says so of itself (BACKEND_KEYS_REFER). */
static bool takes_rows_away(const char *word)
{
    return strcmp(word, "TRUNCATE") == 0 || strcmp(word, "MERGE") == 0;
}

int begin_with_keys(struct session *s, struct portal *p, struct err *e)
{
    struct keys_change change;
    assert(p->writes);
    TRY(keys_before(s, p, &change, e));
    TRY(portals_start_readers(s, p, e));
    tx_writes(s);
    TRY(s->engine->ops->start(p->engine, e));
    return keys_after(s, p, &change, e);
}

static bool is_merge(const struct portal *p)
{
    return p->writes && !p->with && strcmp(p->sql.word, "MERGE") == 0;
}

/* Whether it changes rows of tables that are not known here. */
static bool changes_unseen(const struct portal *p)
{
    return p->writes && (p->with || is_merge(p));
}

static int start(struct session *s, struct portal *p, bool more_follows, struct err *e)
{
    assert(p->kind == PORTAL_ENGINE && p->engine);
    if (p->engine->started)
        return ST_OK;
    /* Rows that it returns go out before it is committed, so that a cancel meanwhile undoes it. */
    if (p->writes && s->tx.state == TX_IDLE && (more_follows || p->returns_rows || p->with))
        TRY(tx_implicit_begin(s, e));
    TRY(tx_before_statement(s, p->changes_data, e));
    if (p->with) {
        TRY(portals_start_readers(s, p, e));
        tx_writes(s);
        lost_rows_many(s);
        TRY(with_before(s, p, e));
    }
    if (is_merge(p) && means_postgres(s))
        TRY(merge_before(s, p, e));
    if (p->keys)
        return begin_with_keys(s, p, e);
    if (p->writes)
        TRY(portals_start_readers(s, p, e));
    if (p->writes && may_be_skipped(p->sql.word))
        TRY(exists_tell(s, p->sql.text, e));
    if (p->writes)
        tx_writes(s);
    if (p->writes && s->tx.in_engine && takes_rows_away(p->sql.word))
        lost_rows_many(s);
    return s->engine->ops->start(p->engine, e);
}

static int run_command(struct session *s, struct portal *p, struct err *e)
{
    if (p->ran)
        return ST_OK;
    if (!tx_allows(s, p->sql.kind))
        return err_set(e, SQLSTATE_IN_FAILED_SQL_TRANSACTION,
                       "current transaction is aborted, commands ignored until end of transaction block");
    assert(p->command);
    portal_runs(p);
    return p->command(s, p, e);
}

static int start_engine(struct session *s, struct portal *p, bool more_follows, struct err *e)
{
    bool unseen = !p->engine->started && changes_unseen(p);
    if (unseen)
        TRY(tx_implicit_begin(s, e));
    TRY(start(s, p, more_follows, e));
    return unseen ? kept_check_all(s, e) : ST_OK;
}

int portal_begin(struct session *s, struct portal *p, bool more_follows, struct err *e)
{
    switch (p->kind) {
    case PORTAL_ENGINE: return start_engine(s, p, more_follows, e);
    case PORTAL_COMMAND: return run_command(s, p, e);
    case PORTAL_EMPTY: break;
    }
    return ST_OK;
}

enum { PIECES_LEAST = 64 * 1024 };

/* Whoever wants its rows in smaller pieces than the engine makes them gets them by the ordinary way. */
void portal_expect(const struct session *s, struct portal *p, const int16_t *formats, bool whole)
{
    const struct session_config *c = session_config(s);
    assert(!p->engine->started);
    p->engine->expects_formats = c->flush_bytes >= PIECES_LEAST && c->flush_rows == 0;
    p->engine->expected_formats = formats;
    p->engine->takes_all = whole;
}
