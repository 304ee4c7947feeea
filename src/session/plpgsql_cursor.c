/* What PL/pgSQL says of a cursor is said to the session in SQL, by the name that the variable has: DECLARE,
 * FETCH, MOVE, CLOSE. So they are bounded, counted and put down as any other is. */
#include "session/plpgsql_cursor.h"

#include "base/cleanup.h"
#include "rows/row_desc.h"
#include "session/session_priv.h"
#include "session/value_text.h"
#include "sql/plpgsql.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { NAME_MAX_OF_UNNAMED = 48 };

/* The variable that a statement names has to be one of a cursor. */
static int cell_of(struct plpgsql_frame *f, const char *target, size_t *out, struct err *e)
{
    struct plpgsql_cell *cell;
    size_t field;
    TRY(plpgsql_scope_target(&f->scope, target, &cell, &field, e));
    *out = (size_t)(cell - f->scope.cells);
    return !cell->record && str_ieq(cell->type, STR("refcursor"))
               ? ST_OK
               : err_set(e, SQLSTATE_DATATYPE_MISMATCH, "variable \"%s\" must be of type cursor or refcursor",
                         target);
}

/* The name of an open one, quoted. */
static int open_name(struct plpgsql_frame *f, const struct plpgsql_use *u, const char **out, struct err *e)
{
    size_t at;
    TRY(cell_of(f, u->variable, &at, e));
    const char *value = f->scope.cells[at].value;
    if (!value)
        return err_set(e, SQLSTATE_NULL_VALUE_NOT_ALLOWED, "cursor variable \"%s\" is null", u->variable);
    if (!*value || !portal_find(f->session, value))
        return err_set(e, SQLSTATE_INVALID_CURSOR_NAME, "cursor \"%s\" does not exist", value);
    *out = step_name(f->session, value);
    return *out ? ST_OK : err_oom(e);
}

/* ---- arguments ---- */

/* Which argument a value is given to. */
static int place_of(const struct plpgsql_cursor *c, const struct plpgsql_use *u, size_t i, size_t *out,
                    struct err *e)
{
    *out = i;
    for (size_t k = 0; u->names[i] && k < c->n; k++)
        if (strcmp(c->names[k], u->names[i]) == 0) {
            *out = k;
            return ST_OK;
        }
    if (u->names[i])
        return err_set(e, SQLSTATE_SYNTAX_ERROR, "cursor \"%s\" has no argument named \"%s\"", u->variable,
                       u->names[i]);
    return i < c->n ? ST_OK
                    : err_set(e, SQLSTATE_SYNTAX_ERROR, "too many arguments for cursor \"%s\"", u->variable);
}

/* They are computed first, then they are variables of the query. */
static int give_arguments(struct plpgsql_frame *f, const struct plpgsql_cursor *c,
                          const struct plpgsql_use *u, struct err *e)
{
    const char *values[PLPGSQL_VALUES_MAX];
    bool given[PLPGSQL_VALUES_MAX] = {false};
    assert(c->n <= PLPGSQL_VALUES_MAX);
    for (size_t i = 0; i < u->n; i++) {
        size_t place;
        TRY(place_of(c, u, i, &place, e));
        if (given[place])
            return err_set(e, SQLSTATE_SYNTAX_ERROR,
                           "value for parameter \"%s\" of cursor \"%s\" specified more than once",
                           c->names[place], u->variable);
        TRY(plpgsql_value(f, u->values[i], c->types[place], &values[place], e));
        given[place] = true;
    }
    if (u->n < c->n)
        return err_set(e, SQLSTATE_SYNTAX_ERROR, "not enough arguments for cursor \"%s\"", u->variable);
    for (size_t i = 0; i < c->n; i++) {
        size_t cell;
        TRY(plpgsql_scope_add(&f->scope, c->types[i], &cell, e));
        TRY(plpgsql_scope_set(&f->scope.cells[cell], 0, values[i], c->names[i], e));
        TRY(plpgsql_scope_name(&f->scope, "", c->names[i], cell, e));
    }
    return ST_OK;
}

int plpgsql_cursor_query(struct plpgsql_frame *f, const struct plpgsql_use *u, struct str *out, struct err *e)
{
    size_t at;
    TRY(cell_of(f, u->variable, &at, e));
    const struct plpgsql_cursor *c = f->scope.cells[at].cursor;
    if (!c)
        return err_set(e, SQLSTATE_SYNTAX_ERROR, "cursor variable \"%s\" must be bound to a query",
                       u->variable);
    const struct plpgsql_scope_mark mark = plpgsql_scope_mark(&f->scope);
    const struct plpgsql_statement query = {.kind = PLPGSQL_SQL, .text = c->query};
    int st = give_arguments(f, c, u, e);
    if (st == ST_OK)
        st = plpgsql_statement_text(f, &query, false, out, e);
    plpgsql_scope_back(&f->scope, &mark);
    return st;
}

/* ---- OPEN ---- */

/* The name that the variable has, or one that is free. */
static int name_for(struct plpgsql_frame *f, size_t at, const char **out, struct err *e)
{
    struct session *s = f->session;
    const char *value = f->scope.cells[at].value;
    char name[NAME_MAX_OF_UNNAMED];
    unsigned n = 0;
    if (value && portal_find(s, value))
        return err_set(e, SQLSTATE_DUPLICATE_CURSOR, "cursor \"%s\" already in use", value);
    if (value) {
        *out = arena_strdup(&s->message_arena, value);
        return *out ? ST_OK : err_oom(e);
    }
    do
        (void)snprintf(name, sizeof name, "<unnamed portal %u>", ++n);
    while (portal_find(s, name));
    *out = arena_strdup(&s->message_arena, name);
    return *out ? ST_OK : err_oom(e);
}

/* Only what gives rows and changes nothing. */
static int check_query(struct str query, struct err *e)
{
    static const char *const words[] = {"SELECT", "WITH", "VALUES", "TABLE", "SHOW", "EXPLAIN"};
    struct sql_lexer l;
    struct sql_token t;
    bool reads = false;
    sql_lexer_init(&l, sql_tokens_of(query));
    while (sql_lexer_next(&l, &t) == SQL_TOK_PUNCT && sql_token_is(&t, '('))
        ;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        reads |= sql_token_is_word(&t, words[i]);
    if (reads || t.kind != SQL_TOK_WORD)
        return ST_OK;
    char word[ERR_NAME_MAX];
    str_copy(t.text, word, sizeof word);
    for (char *p = word; *p; p++)
        *p = (char)(*p >= 'a' && *p <= 'z' ? *p - 'a' + 'A' : *p);
    return err_set(e, SQLSTATE_INVALID_CURSOR_DEFINITION, "cannot open %s query as cursor", word);
}

/* The name is the variable's value from then on, for FETCH, and for the client that gets it. */
int plpgsql_open_cursor(struct plpgsql_frame *f, const struct plpgsql_statement *s, struct err *e)
{
    static const char *const scrolls[] = {
        [PLPGSQL_SCROLL_AS_MAY_BE] = "", [PLPGSQL_SCROLL] = "SCROLL ", [PLPGSQL_NO_SCROLL] = "NO SCROLL "};
    struct session *session = f->session;
    const struct plpgsql_use *u = s->cursor;
    size_t at;
    const char *name;
    struct str query;
    struct inner in = {0};
    TRY(cell_of(f, u->variable, &at, e));
    const struct plpgsql_cursor *bound = f->scope.cells[at].cursor;
    if (u->queries)
        TRY(plpgsql_statement_text(f, s, s->dynamic, &query, e));
    else
        TRY(plpgsql_cursor_query(f, u, &query, e));
    TRY(check_query(query, e));
    TRY(name_for(f, at, &name, e));
    const char *quoted = step_name(session, name);
    const char *text = quoted ? step_text(session, "DECLARE %s %sCURSOR FOR %.*s", quoted,
                                          scrolls[bound ? bound->scroll : u->scroll], (int)query.n, query.p)
                              : NULL;
    if (!text)
        return err_oom(e);
    int st = inner_open(session, f->binder, str_of(text), &in, e);
    inner_close(&in);
    return st < 0 ? st : plpgsql_scope_set(&f->scope.cells[at], 0, name, u->variable, e);
}

/* ---- FETCH, MOVE, CLOSE ---- */

/* FETCH takes one row, so that ALL and a number behind FORWARD are MOVE's alone. */
static int put_direction(struct plpgsql_frame *f, const struct plpgsql_use *u, const char **out,
                         struct err *e)
{
    const char *count = "";
    bool needs = strcmp(u->direction, "ABSOLUTE") == 0 || strcmp(u->direction, "RELATIVE") == 0;
    if (!u->moves && u->count.n > 0 && !needs)
        return err_set(e, SQLSTATE_FEATURE_NOT_SUPPORTED, "FETCH statement cannot return multiple rows");
    if (str_ieq(u->count, STR("ALL"))) {
        count = "ALL";
    } else if (u->count.n > 0) {
        TRY(plpgsql_value(f, u->count, STR("integer"), &count, e));
        if (!count)
            return err_set(e, SQLSTATE_NULL_VALUE_NOT_ALLOWED,
                           "relative or absolute cursor position is null");
    }
    *out = step_text(f->session, "%s %s", u->direction, count);
    return *out ? ST_OK : err_oom(e);
}

/* A row that is not there is a row of NULLs, and FOUND says so. */
static int take_row(struct plpgsql_frame *f, const struct plpgsql_statement *s, struct inner *in,
                    struct err *e)
{
    struct ask_rows rows = {0};
    if (!in->desc)
        return err_set(e, SQLSTATE_INTERNAL_ERROR, "a FETCH that has no columns");
    TRY(inner_fetch(in, 1, &rows, e));
    TRY(plpgsql_give_row(f, s, in->desc, &rows, 0, e));
    f->row_count = rows.n;
    return plpgsql_set_found(f, rows.n > 0, e);
}

/* By its tag, "MOVE 3". */
static int take_count(struct plpgsql_frame *f, const struct inner *in, struct err *e)
{
    const char *tag = in->portal->result.tag, *blank = strrchr(tag, ' ');
    int64_t n = 0;
    (void)(blank && str_to_i64(str_of(blank + 1), 0, INT64_MAX, &n));
    f->row_count = (uint64_t)n;
    return plpgsql_set_found(f, n > 0, e);
}

int plpgsql_fetch_cursor(struct plpgsql_frame *f, const struct plpgsql_statement *s, struct err *e)
{
    const char *name, *direction;
    struct inner in = {0};
    TRY(open_name(f, s->cursor, &name, e));
    TRY(put_direction(f, s->cursor, &direction, e));
    const char *text = step_text(f->session, "%s %s FROM %s", s->word, direction, name);
    if (!text)
        return err_oom(e);
    int st = inner_open(f->session, f->binder, str_of(text), &in, e);
    if (st == ST_OK)
        st = s->cursor->moves ? take_count(f, &in, e) : take_row(f, s, &in, e);
    inner_close(&in);
    return st;
}

/* An error of CLOSE leaves the variable as it is, and so does CLOSE: PostgreSQL forgets no name either. */
int plpgsql_close_cursor(struct plpgsql_frame *f, const struct plpgsql_statement *s, struct err *e)
{
    const char *name;
    struct inner in = {0};
    TRY(open_name(f, s->cursor, &name, e));
    const char *text = step_text(f->session, "CLOSE %s", name);
    if (!text)
        return err_oom(e);
    int st = inner_open(f->session, f->binder, str_of(text), &in, e);
    inner_close(&in);
    return st;
}
