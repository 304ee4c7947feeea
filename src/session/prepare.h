/* The only way by which SQL of this session comes to the engine's parser. In this order: what the text names
 * is judged (session_judge); names that lead elsewhere are rewritten (today the catalog's; the tables of a
 * lake and PostgreSQL's dialect come in at the same place); the backend prepares; the position of its error
 * becomes one in the client's message. The text is tokenised at most once on the way. Of session/ alone. The
 * session's own thread. */
#ifndef TAVANA_SESSION_PREPARE_H
#define TAVANA_SESSION_PREPARE_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct account;
struct backend_stmt;
struct session;
struct sql_rewritten;
struct sql_statement;

struct session_query {
    const struct sql_statement *sql;  /* what the client sent, of its message; NULL: nothing, see text */
    const struct sql_rewritten *made; /* what is prepared in place of sql's text; NULL: that itself */
    const char *text;                 /* without sql: the session's own, which nobody judges or rewrites */
    const uint32_t *oids;             /* of its parameters, as declared; 0: open */
    size_t noids;
    struct account *memory; /* that the engine's statement counts against */
    bool names_session;     /* answer: it says what the session may answer otherwise another time */
};

/* *out: the caller's. 42501, and what the engine says, with its position in characters of the message. */
int session_prepare(struct session *s, struct session_query *q, struct backend_stmt **out, struct err *e);
/* Whether the engine can parse it, led to where it leads: 42601 with its position in characters of the
 * message. Nothing is prepared. */
int session_check_syntax(struct session *s, const struct sql_statement *sql, struct err *e);
/* What the engine gets of a text that holds words of the client; of the message's arena, terminated. 42501 as
 * session_judge, 53200. */
int session_lead(struct session *s, struct str text, struct str *out, struct err *e);
/* 42501 when a statement names what no client may reach. session_prepare asks it; COPY FROM, which is not
 * prepared, has to. */
int session_judge(const struct sql_statement *sql, struct err *e);

#endif
