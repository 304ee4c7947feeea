/* One block of PL/pgSQL that runs, with what its statements share: expressions and statements of SQL in it.
 * Of session/plpgsql_*.c alone. The session's own thread. */
#ifndef TAVANA_SESSION_PLPGSQL_FRAME_H
#define TAVANA_SESSION_PLPGSQL_FRAME_H

#include "session/inner.h"
#include "session/plpgsql_scope.h"

struct column_desc;
struct plpgsql_statement;

enum { PLPGSQL_ROWS_MAX = 100000 }; /* that a function gives; more is 54000 */

/* What a function gives back: rows of values as text, which are of the arena. */
struct plpgsql_results {
    bool set_of;
    struct str type; /* of RETURN's expression; n 0: none, since there are OUT arguments, or of no type */
    bool no_value;   /* void */
    size_t ncolumns;
    size_t noutputs;
    const size_t *outputs; /* the cells of OUT arguments */
    struct arena arena;
    const char **values;
    size_t n, room; /* rows */
};

struct plpgsql_frame {
    struct session *session;
    portal_binder *binder;
    const char *name; /* "inline_code_block", "p(integer)" */
    struct plpgsql_scope scope;
    size_t found;                    /* the cell of FOUND */
    uint64_t row_count;              /* of the last statement */
    uint64_t writes;                 /* of the transaction, before the step that runs … */
    bool alone;                      /* … which is one statement that does all or nothing */
    bool keeps_quiet;                /* of LANGUAGE sql: a query's rows are wanted by nobody */
    struct plpgsql_results *results; /* NULL: it is no function */
};

/* The value of an expression, of that type; n 0: of its own. Of the message's arena; NULL: NULL. */
int plpgsql_value(struct plpgsql_frame *f, struct str expression, struct str type, const char **out,
                  struct err *e);
/* Whether a condition holds: not when it is NULL. */
int plpgsql_holds(struct plpgsql_frame *f, struct str condition, bool *out, struct err *e);
/* A variable, by its name as it is written, gets a value of a column of that type; c NULL: of its own. */
int plpgsql_give(struct plpgsql_frame *f, const char *target, const struct column_desc *c, const char *value,
                 struct err *e);
/* Targets get a row; desc NULL or no such row: NULLs. */
int plpgsql_give_row(struct plpgsql_frame *f, const struct plpgsql_statement *s, const struct row_desc *desc,
                     const struct ask_rows *rows, size_t row, struct err *e);
/* A statement of SQL as text, with values in place of variables: s->text, or of EXECUTE what that says. */
int plpgsql_statement_text(struct plpgsql_frame *f, const struct plpgsql_statement *s, bool dynamic,
                           struct str *out, struct err *e);
/* Runs one; its rows go to its targets or to nobody. */
int plpgsql_run_sql(struct plpgsql_frame *f, const struct plpgsql_statement *s, struct err *e);
/* One more row of a function's result; values: as many as it has columns. 54000, 53200 */
int plpgsql_add_row(struct plpgsql_results *r, const char *const *values, struct err *e);
/* Whether the last statement found something, or changed something. */
int plpgsql_set_found(struct plpgsql_frame *f, bool found, struct err *e);

#endif
