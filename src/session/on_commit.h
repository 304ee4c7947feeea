/* Temporary tables that are dropped or emptied when a transaction is committed. Of session/ alone. The
 * session's own thread. */
#ifndef TAVANA_SESSION_ON_COMMIT_H
#define TAVANA_SESSION_ON_COMMIT_H

#include "base/err.h"
#include "sql/statement.h"

#include <stdbool.h>
#include <stdint.h>

struct session;

enum { ON_COMMIT_MAX = 64 };

/* Begins as zeros; few sessions have such a table, so that there is room for them with the first one. */
struct on_commit {
    unsigned n;
    struct on_commit_table {
        char name[SQL_NAME_MAX + 1];
        char oid[24];   /* the engine's number of it: another may have its name later */
        bool drops;     /* else it loses its rows */
        uint64_t since; /* the transaction that made it */
    } * tables;         /* ON_COMMIT_MAX; NULL: none yet */
};

/* A temporary table was made in the transaction that is open. 54000 beyond ON_COMMIT_MAX. */
int on_commit_note(struct session *s, const char *name, bool drops, struct err *e);
/* The transaction has written something and is about to be committed: what has to go goes. */
int on_commit_run(struct session *s, struct err *e);
/* It was rolled back: so were the tables that it made. */
void on_commit_rolled_back(struct session *s);
/* The session ends. */
void on_commit_release(struct session *s);

#endif
