/* Prepared statements of a session. The session's own thread. */
#ifndef TAVANA_SESSION_STATEMENT_H
#define TAVANA_SESSION_STATEMENT_H

#include "base/arena.h"
#include "base/list.h"
#include "sql/parsed.h"
#include "sql/statement.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct account;
struct backend_session;
struct backend_stmt;
struct err;
struct row_desc;
struct session;

/* Of a statement whose WITH changes rows: the parameters of all its parts. */
struct statement_with {
    uint16_t nparams;
    const uint32_t *oids;
    size_t nown;         /* those of the engine's statement, … */
    const uint16_t *own; /* … as they are numbered in the whole */
};

/* A prepared statement: what Parse or PREPARE made. A portal keeps the one that it runs. */
struct statement {
    struct list link;
    unsigned refs;
    char *name;                      /* "": the unnamed one */
    struct arena arena;              /* text and what was parsed from it */
    struct sql_statement sql;        /* unless it is lent, without its tokens once the engine has them */
    struct backend_session *backend; /* whose engine statement it is */
    struct backend_stmt *engine;     /* NULL for commands that the session answers itself; of DECLARE: its
                                        query's */
    struct account *memory;          /* that it counts against … */
    size_t counted;                  /* … with so much beside its arena */
    struct str source;               /* the message that it came in, or what PREPARE said */
    bool lent;                       /* its text is the message's, and it does not outlive that */
    struct row_desc *desc; /* of a command's result; NULL: none. With engine: see its info, but of EXPLAIN */
    uint32_t *oids;        /* commands: of the parameters that were declared */
    uint16_t noids;
    uint16_t nvoids;     /* parameters that the client counts and the statement has not … */
    const bool *is_void; /* … and which: of the first nsaid; NULL: none */
    size_t nsaid;
    const struct statement_with *with; /* NULL: it has no such WITH */
    int64_t created_us;                /* wall clock; 0: without a name */
    bool from_sql;
    bool names_session; /* it asks for the session's cursors or statements: made anew for each portal */
};

/* Made of a text, with its tokens where they are kept: cut, classified, prepared. name: copied, "" the
 * unnamed one. oids: of parameters, as declared; 0: open. The caller's reference. */
int statement_new(struct session *s, const char *name, struct sql_tokens text, const uint32_t *oids,
                  size_t noids, struct statement **out, struct err *e);
/* The same of a statement that was cut and classified already. */
int statement_from(struct session *s, const char *name, const struct sql_statement *sql, const uint32_t *oids,
                   size_t noids, struct statement **out, struct err *e);
/* PostgreSQL parses before it looks at anything else: a syntax error keeps a whole message from running, and
 * is one in a failed transaction too. */
int statement_check_syntax(struct session *s, struct sql_statement *sql, struct err *e);
extern const uint32_t statement_void_oid;
/* Whether the client's parameter at that place, from 0, is one of the type void, which the statement has not:
 * sql/void_params.h. */
bool statement_param_is_void(const struct statement *st, size_t i);
/* Whether it still is what it was described as, where the backend can tell before it is opened: 0A000, or
 * why it cannot be prepared any more. */
int statement_holds(const struct statement *st, struct err *e);
/* Makes it anew when what it says about the session may have changed. */
int statement_refresh(struct session *s, struct statement *st, struct err *e);

#endif
