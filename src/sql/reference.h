/* What stands behind REFERENCES, and the CHECK that keeps a foreign key which the engine cannot have: one to
 * another schema, with ON DELETE CASCADE and kin, or of a table to itself. The session checks such a key
 * and does what it says (session/kept.h); the catalog reads the CHECK back (catalog_base.inc). Pure. Any
 * thread. */
#ifndef TAVANA_SQL_REFERENCE_H
#define TAVANA_SQL_REFERENCE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "sql/token.h"

#include <stdbool.h>
#include <stddef.h>

struct reader;

enum { SQL_REFERENCES_MAX = 256 }; /* of one CREATE TABLE */

/* Pieces are lent from the text. */
struct sql_reference {
    struct str columns;    /* of the table, without brackets */
    struct str target;     /* what it refers to, as written, with its schema */
    struct str keys;       /* columns of that, without brackets; n 0: its primary key */
    struct sql_token name; /* of the constraint; END: none was given */
    char on_update,
        on_delete; /* as in pg_constraint: a NO ACTION, r RESTRICT, c CASCADE, n SET NULL, d SET DEFAULT */
    bool full;     /* MATCH FULL */
    size_t at;     /* the word that begins the actions; 0: there are none */
    size_t timing; /* where DEFERRABLE and kin begin … */
    size_t end;    /* … and what comes behind all of it */
};

/* At the name behind REFERENCES; goes on behind what belongs to it. columns and name stay. 42601 */
int sql_read_reference(struct reader *r, struct sql_reference *out);

/* What lies in the bracket that the reader is at, which goes on behind it; n 0: it is at none. */
struct str sql_read_brackets(struct reader *r);
/* FOREIGN KEY (a) REFERENCES t (b), without what it does; of the arena. 53200 */
int sql_reference_text(struct arena *a, const struct sql_reference *x, struct str *out, struct err *e);

/* A key as it is kept: names as the engine has them, not quoted. */
struct sql_kept_key {
    const char *name; /* NULL or empty: none was given */
    char on_update, on_delete;
    const char *schema, *table; /* what it refers to */
    size_t n;
    const char *const *keys;    /* the columns of that … */
    const char *const *columns; /* … and of its own table */
};

/* CHECK ('…' IS NOT NULL OR (a IS NULL AND b IS NULL)), of the arena. 53200; 54000 when it is too long. */
int sql_kept_key_text(struct arena *a, const struct sql_kept_key *k, struct str *out, struct err *e);

#endif
