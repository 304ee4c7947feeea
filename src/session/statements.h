/* The prepared statements that a session has. The session's own thread. */
#ifndef TAVANA_SESSION_STATEMENTS_H
#define TAVANA_SESSION_STATEMENTS_H

#include "backend/backend.h"
#include "session/statement.h"

/* The prepared statements of a session. */
struct statements {
    struct list list;
    unsigned n;
};

/* There are none. */
void statements_init(struct statements *all);
/* Where it came from, when that is not its text. Copied. */
int statement_set_source(struct statement *st, struct str source, struct err *e);
/* One reference more. */
struct statement *statement_ref(struct statement *st);
/* One reference less. NULL is fine. */
void statement_free(struct statement *st);
/* By its name; NULL: there is none. Lent. */
struct statement *statement_find(struct session *s, const char *name);
/* The session takes the caller's reference. 42P05 when there is one of that name, 53400 when there are too
 * many. */
int statement_add(struct session *s, struct statement *st, struct err *e);
/* Takes it from the session: portals that run it go on. */
void statement_drop(struct session *s, struct statement *st);
void statements_drop_all(struct session *s);
/* What it says of its parameters and columns; NULL: it gives no rows. Lent. */
static inline uint16_t statement_nparams(const struct statement *st)
{
    return st->with ? st->with->nparams : st->engine ? st->engine->info.nparams : st->noids;
}

/* As many parameters as the client counts. */
static inline size_t statement_nclient(const struct statement *st)
{
    return (size_t)statement_nparams(st) + st->nvoids;
}

static inline uint32_t statement_param_oid(const struct statement *st, uint16_t i)
{
    return st->with ? st->with->oids[i] : st->engine ? st->engine->info.param_oids[i] : st->oids[i];
}

static inline struct row_desc *statement_desc(const struct statement *st)
{
    bool other =
        st->sql.kind == SQL_DECLARE || st->sql.kind == SQL_CALL; /* the engine's is of a part of it */
    return st->engine && !other && !st->desc ? st->engine->info.desc : st->desc;
}

#endif
