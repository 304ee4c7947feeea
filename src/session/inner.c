/* It is a portal of the session's like any other while it runs, under a name that no client's has, so that it
 * is put down when the engine's transaction ends beneath it: a handler of errors may end that. */
#include "session/inner.h"

#include "rows/row_desc.h"
#include "session/begin.h"
#include "session/portal_run.h"
#include "session/session_priv.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum { PAGE_NAME_MAX = 48 };

/* What a block cannot hold: the ends of transactions, and what talks to the client. */
static bool may_run(enum sql_kind kind)
{
    switch (kind) {
    case SQL_ENGINE:
    case SQL_SET:
    case SQL_RESET:
    case SQL_NOTIFY:
    case SQL_DO:
    case SQL_CALL:
    case SQL_TABLE:
    case SQL_ALTER:
    case SQL_INDEX:
    case SQL_EXPLAIN:
    case SQL_SEVERAL:
    case SQL_SET_CONFIG:
    case SQL_MATVIEW:
    case SQL_UTILITY:
    case SQL_TYPE:
    case SQL_DOMAIN:
    case SQL_FUNCTION:
    case SQL_DECLARE: /* OPEN, of PL/pgSQL */
    case SQL_FETCH:
    case SQL_CLOSE:
    case SQL_CALLS: return true;
    default: return false;
    }
}

/* One statement that leaves nothing behind when it fails. */
static bool is_alone(const struct statement *st)
{
    switch (st->sql.kind) {
    case SQL_ENGINE: return st->engine && !st->engine->info.keys && !st->with;
    case SQL_UTILITY:
    case SQL_TYPE:
    case SQL_DOMAIN: return true;
    default: return false;
    }
}

/* Bound and listed, under a name that is free. */
static int add(struct inner *in, portal_binder *binder, struct err *e)
{
    struct session *s = in->session;
    char name[PAGE_NAME_MAX];
    struct portal *p = NULL;
    unsigned n = 0;
    do
        (void)snprintf(name, sizeof name, "<statement within %u>", ++n);
    while (portal_find(s, name));
    TRY(binder(s, name, in->statement, NULL, 0, false, &p, e));
    int st = portal_add(s, p, e);
    if (st < 0)
        portal_free(s, p);
    else
        in->portal = p;
    return st;
}

/* It runs within the portal that runs now. */
static int begin(struct inner *in, portal_binder *binder, struct err *e)
{
    struct session *s = in->session;
    TRY(add(in, binder, e));
    in->outer = portals_run_in(s, in->portal);
    int st = portal_begin(s, in->portal, true, e);
    (void)portals_run_in(s, in->outer);
    in->desc = in->portal->returns_rows ? portal_desc(in->portal) : NULL;
    in->writes = in->portal->kind == PORTAL_ENGINE && in->portal->writes;
    return st;
}

int inner_open(struct session *s, portal_binder *binder, struct str text, struct inner *out, struct err *e)
{
    *out = (struct inner){0};
    assert(binder && s->portals.within <= INNER_DEPTH_MAX);
    if (s->portals.within == INNER_DEPTH_MAX)
        return err_set(e, SQLSTATE_STATEMENT_TOO_COMPLEX,
                       "statements within statements are more than %d deep", INNER_DEPTH_MAX);
    out->session = s;
    out->alone = true; /* until it runs */
    s->portals.within++;
    int st = statement_new(s, "", sql_tokens_of(text), NULL, 0, &out->statement, e);
    if (st == ST_OK && !may_run(out->statement->sql.kind))
        st = err_set(e, SQLSTATE_FEATURE_NOT_SUPPORTED, "%s within a block of PL/pgSQL is not supported",
                     out->statement->sql.word);
    if (st == ST_OK) {
        out->alone = is_alone(out->statement);
        st = begin(out, binder, e);
    }
    e->position = st < 0 ? 0 : e->position; /* of a text that nobody has seen */
    return st;
}

/* Rows that lie in the page now, which is empty again then. */
static int read_page(struct inner *in, struct ask_rows *out, struct err *e)
{
    struct portal *page = in->page;
    if (!page->engine) {
        const struct buf *rows = &page->result.rows;
        TRY(ask_messages(in->session, rows->data, rows->len, in->desc->ncolumns, out, e));
        buf_clear(&page->result.rows);
        return ST_OK;
    }
    int st = session_ask_portal(in->session, page->engine, out, e);
    portal_close_engine(in->session, page);
    return st;
}

int inner_fetch(struct inner *in, uint64_t most, struct ask_rows *out, struct err *e)
{
    struct session *s = in->session;
    uint64_t rows;
    assert(in->portal && in->desc && most > 0);
    *out = (struct ask_rows){.ncolumns = in->desc->ncolumns};
    if (!in->page)
        TRY(portal_make(s, "", in->statement, &in->page, e));
    if (in->portal->failed)
        return err_set(e, SQLSTATE_OBJECT_NOT_IN_PREREQUISITE_STATE, "the rows of a statement are gone");
    const struct portal_run run = {.count = most, .to = RUN_SLICE, .reader = in->page};
    in->outer = portals_run_in(s, in->portal);
    int st = portal_run(s, in->portal, &run, &rows, e);
    (void)portals_run_in(s, in->outer);
    return st < 0 || rows == 0 ? st : read_page(in, out, e);
}

int inner_pass(struct inner *in, uint64_t *rows, struct err *e)
{
    struct session *s = in->session;
    const struct portal_run run = {.count = PORTAL_ALL, .to = RUN_DISCARD};
    assert(in->portal && in->desc);
    in->outer = portals_run_in(s, in->portal);
    int st = portal_run(s, in->portal, &run, rows, e);
    (void)portals_run_in(s, in->outer);
    return st;
}

uint64_t inner_changed(const struct inner *in)
{
    const struct portal *p = in->portal;
    return p && p->kind == PORTAL_ENGINE && p->engine ? p->engine->rows_affected : 0;
}

void inner_close(struct inner *in)
{
    struct session *s = in->session;
    if (!s)
        return;
    if (in->page)
        portal_free(s, in->page);
    if (in->portal)
        portal_drop_if_there(s, in->portal);
    statement_free(in->statement);
    assert(s->portals.within > 0);
    s->portals.within--;
    *in = (struct inner){0};
}
