/* What a command says, parsed once. Of session/ alone. The session's own thread. */
#ifndef TAVANA_SESSION_PARSE_H
#define TAVANA_SESSION_PARSE_H

#include "sql/cursor.h"
#include "sql/statement.h"

#include <stddef.h>

struct err;
struct session;
struct statement;

/* The last FETCH of a simple query, since who pages through a cursor sends the same one again and again. */
enum { FETCH_MEMO_MAX = 96 }; /* bytes of its text; longer ones are parsed each time */
struct fetch_memo {
    char text[FETCH_MEMO_MAX];
    size_t n; /* of text; 0: none */
    char name[SQL_NAME_MAX + 1];
    struct sql_fetch fetch; /* its name apart */
};

/* st->sql.parsed: made when it is asked for the first time, and kept with the statement. The errors of the
 * parser of its kind. */
int statement_parse(struct session *s, struct statement *st, struct err *e);

#endif
