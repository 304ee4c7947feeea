/* The variables of a block of PL/pgSQL while it runs: their names, and their values as text. Of
 * session/plpgsql_*.c alone. The session's own thread. */
#ifndef TAVANA_SESSION_PLPGSQL_SCOPE_H
#define TAVANA_SESSION_PLPGSQL_SCOPE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>

struct account;
struct ask_rows;
struct plpgsql_cursor;
struct row_desc;

enum {
    PLPGSQL_CELLS_MAX = 10000,           /* variables at a time; more is 54000 */
    PLPGSQL_TEXT_MAX = 64 * 1024 * 1024, /* bytes of a statement with its values in it; more is 53200 */
};

/* What a variable has. A record has fields, each with a type of its own. */
struct plpgsql_cell {
    struct arena arena; /* of what it has now */
    struct str type;    /* n 0: a record, or the literal's own */
    bool constant, not_null, record;
    const struct plpgsql_cursor *cursor; /* that it is bound to; NULL: none */
    bool given;                          /* a record that has got a row */
    const char *value;                   /* NULL: NULL */
    size_t n;
    const char **names, **types, **values; /* types: "" where it has no name */
};

/* A name of one, the innermost last. */
struct plpgsql_name {
    const char *label, *name;
    size_t cell;
};

struct plpgsql_scope {
    struct account *account;
    struct arena arena; /* of the lists */
    struct plpgsql_cell *cells;
    size_t ncells, cells_room;
    struct plpgsql_name *names;
    size_t nnames, names_room;
    const struct err *caught; /* in a handler: what SQLSTATE and SQLERRM say; NULL: not in one */
    struct buf text;          /* of the value that was looked up last */
    struct err *err;          /* of a look-up that failed */
    bool failed;
};

/* Where a block begins: what it declares goes at its end. */
struct plpgsql_scope_mark {
    size_t ncells, nnames;
};

void plpgsql_scope_init(struct plpgsql_scope *sc, struct account *account);
void plpgsql_scope_release(struct plpgsql_scope *sc);
struct plpgsql_scope_mark plpgsql_scope_mark(const struct plpgsql_scope *sc);
void plpgsql_scope_back(struct plpgsql_scope *sc, const struct plpgsql_scope_mark *mark);
/* A variable without a value. Texts are lent for as long as it is there. 54000, 53200 */
int plpgsql_scope_add(struct plpgsql_scope *sc, struct str type, size_t *cell, struct err *e);
/* A name for one. */
int plpgsql_scope_name(struct plpgsql_scope *sc, const char *label, const char *name, size_t cell,
                       struct err *e);
/* The innermost one; label "": any. NULL: there is none. */
struct plpgsql_cell *plpgsql_scope_find(struct plpgsql_scope *sc, const char *label, const char *name);
/* A name as a statement writes it: a variable, or the field of a record. 42601; 22005 of a constant, 42703,
 * 55000. */
int plpgsql_scope_target(struct plpgsql_scope *sc, const char *written, struct plpgsql_cell **out,
                         size_t *field, struct err *e);
/* The text with values in place of variables. */
int plpgsql_scope_put(struct plpgsql_scope *sc, struct buf *b, struct str text, struct err *e);
/* Its value from now on; copied. 22004 of one that is NOT NULL. */
int plpgsql_scope_set(struct plpgsql_cell *cell, size_t field, const char *value, const char *name,
                      struct err *e);
/* A record gets a row; NULL: a row of NULLs. */
int plpgsql_scope_set_row(struct plpgsql_cell *cell, const struct row_desc *desc, const struct ask_rows *rows,
                          size_t row, struct err *e);

#endif
