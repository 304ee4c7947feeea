/* What begins a statement decides what it is. A name behind which := or = stands is assigned to, whatever the
 * name is; words that PL/pgSQL does not know begin a statement of SQL, whose end is its semicolon. */
#include "sql/plpgsql_simple.h"

#include "sql/plpgsql_cursor.h"

#include <string.h>

/* Behind RETURN: an expression, NEXT and one, or QUERY and a query. */
static int read_return(struct plpgsql_parsing *p, struct plpgsql_statement *s)
{
    struct reader *r = &p->r;
    s->kind = PLPGSQL_RETURN;
    if (reader_take(r, "NEXT")) {
        s->kind = PLPGSQL_RETURN_NEXT;
    } else if (reader_take(r, "QUERY")) {
        s->kind = PLPGSQL_RETURN_QUERY;
        if (sql_token_is_word(&r->token, "EXECUTE"))
            return plpgsql_refuse(p, "RETURN QUERY EXECUTE", s->line);
    }
    return plpgsql_text(p, NULL, 0, s->kind != PLPGSQL_RETURN_QUERY, &s->text);
}

/* Behind RAISE. */
static int read_raise(struct plpgsql_parsing *p, struct plpgsql_statement *s)
{
    s->kind = PLPGSQL_RAISE;
    s->raise = arena_calloc(p->r.arena, 1, sizeof *s->raise);
    return s->raise ? sql_read_raise(&p->r, s->raise) : err_oom(p->r.err);
}

/* A statement of SQL, from which INTO and its variables are taken out; an INSERT's first INTO is its own. */
static int read_sql(struct plpgsql_parsing *p, struct plpgsql_statement *s)
{
    static const char *const into[] = {"INTO"};
    static const char *const queries[] = {"SELECT", "WITH", "VALUES", "TABLE"};
    struct reader *r = &p->r;
    struct str before, behind;
    bool inserts = sql_token_is_word(&r->token, "INSERT") || sql_token_is_word(&r->token, "MERGE");
    size_t from = r->token.at;
    s->kind = PLPGSQL_SQL;
    s->word = "";
    for (size_t i = 0; i < sizeof queries / sizeof *queries; i++)
        if (sql_token_is_word(&r->token, queries[i]))
            s->word = "SELECT";
    TRY(plpgsql_text(p, into, 1, false, &before));
    if (inserts && reader_take(r, "INTO"))
        TRY(plpgsql_text(p, into, 1, false, &before));
    s->text = (struct str){r->text.p + from, (size_t)(before.p + before.n - (r->text.p + from))};
    if (!reader_take(r, "INTO"))
        return ST_OK;
    s->strict = reader_take(r, "STRICT");
    TRY(plpgsql_targets(p, s));
    TRY(plpgsql_text(p, NULL, 0, true, &behind));
    return plpgsql_join(p, s->text, " ", behind, "", &s->text);
}

/* cursor FOR query, cursor FOR EXECUTE expression; or one that is bound */
static int read_open(struct plpgsql_parsing *p, struct plpgsql_statement *s)
{
    s->kind = PLPGSQL_OPEN;
    TRY(plpgsql_open(p, &s->cursor));
    if (!s->cursor->queries)
        return ST_OK;
    s->dynamic = reader_take(&p->r, "EXECUTE");
    return s->dynamic ? plpgsql_dynamic(p, "USING", s) : plpgsql_text(p, NULL, 0, false, &s->text);
}

/* [direction {FROM | IN}] cursor, and of FETCH where the row goes */
static int read_fetch(struct plpgsql_parsing *p, struct plpgsql_statement *s)
{
    bool moves = strcmp(s->word, "MOVE") == 0;
    s->kind = PLPGSQL_FETCH;
    TRY(plpgsql_fetch(p, moves, &s->cursor));
    if (moves)
        return ST_OK;
    TRY(reader_expect(&p->r, "INTO"));
    return plpgsql_targets(p, s);
}

/* Whether it is variable := …; the reader stands behind the sign then. */
static int read_assignment(struct plpgsql_parsing *p, struct plpgsql_statement *s, bool *is)
{
    struct plpgsql_parsing ahead = *p;
    const char *name;
    *is = (sql_token_is_name(&p->r.token) || p->r.token.kind == SQL_TOK_PARAM);
    if (!*is)
        return ST_OK;
    struct err ignored;
    err_init(&ignored);
    ahead.r.err = &ignored;
    *is = plpgsql_variable(&ahead, &name) == ST_OK;
    if (*is && sql_token_is(&ahead.r.token, '[') && !sql_token_is_word(&p->r.token, "SELECT"))
        return plpgsql_refuse(p, "an assignment to an element", s->line);
    *is = *is && plpgsql_is_assign(&ahead.r.token);
    if (!*is)
        return ST_OK;
    s->kind = PLPGSQL_ASSIGN;
    s->target = name;
    struct err *err = p->r.err;
    p->r = ahead.r;
    p->r.err = err;
    reader_next(&p->r);
    return plpgsql_text(p, NULL, 0, false, &s->text);
}

/* [label] [WHEN condition] */
static int read_exit(struct plpgsql_parsing *p, struct plpgsql_statement *s)
{
    struct reader *r = &p->r;
    s->label = "";
    if (sql_token_is_name(&r->token) && !sql_token_is_word(&r->token, "WHEN"))
        TRY(reader_name(r, &s->label));
    return reader_take(r, "WHEN") ? plpgsql_text(p, NULL, 0, false, &s->text) : ST_OK;
}

/* [CURRENT | STACKED] DIAGNOSTICS variable = item, … */
static int read_get(struct plpgsql_parsing *p, struct plpgsql_statement *s)
{
    static const char *const current[] = {"ROW_COUNT"}, *const stacked[] = {
                                                            "RETURNED_SQLSTATE",   "MESSAGE_TEXT",
                                                            "PG_EXCEPTION_DETAIL", "PG_EXCEPTION_HINT",
                                                            "CONSTRAINT_NAME",     "COLUMN_NAME",
                                                            "TABLE_NAME",          "SCHEMA_NAME",
                                                            "PG_DATATYPE_NAME"};
    struct reader *r = &p->r;
    s->kind = PLPGSQL_GET;
    s->stacked = reader_take(r, "STACKED");
    if (!s->stacked)
        (void)reader_take(r, "CURRENT");
    TRY(reader_expect(r, "DIAGNOSTICS"));
    const char *const *known = s->stacked ? stacked : current;
    const size_t n = s->stacked ? sizeof stacked / sizeof *stacked : sizeof current / sizeof *current;
    s->targets = arena_calloc(r->arena, PLPGSQL_TARGETS_MAX, sizeof *s->targets);
    s->items = arena_calloc(r->arena, PLPGSQL_TARGETS_MAX, sizeof *s->items);
    if (!s->targets || !s->items)
        return err_oom(r->err);
    for (; s->ntargets < PLPGSQL_TARGETS_MAX; reader_next(r)) {
        TRY(plpgsql_variable(p, &s->targets[s->ntargets]));
        if (!plpgsql_is_assign(&r->token))
            return reader_syntax_error(r);
        reader_next(r);
        for (size_t i = 0; i < n; i++)
            if (sql_token_is_word(&r->token, known[i]))
                s->items[s->ntargets] = known[i];
        if (!s->items[s->ntargets])
            return plpgsql_refuse(p, "this item of GET DIAGNOSTICS", s->line);
        s->ntargets++;
        reader_next(r);
        if (!sql_token_is(&r->token, ','))
            return ST_OK;
    }
    return err_set(r->err, SQLSTATE_PROGRAM_LIMIT_EXCEEDED, "more than %d variables behind GET DIAGNOSTICS",
                   PLPGSQL_TARGETS_MAX);
}

/* condition [, message] */
static int read_assert(struct plpgsql_parsing *p, struct plpgsql_statement *s)
{
    static const char *const comma[] = {","};
    s->kind = PLPGSQL_ASSERT;
    TRY(plpgsql_text(p, comma, 1, false, &s->text));
    if (!sql_token_is(&p->r.token, ','))
        return ST_OK;
    reader_next(&p->r);
    s->nvalues = 1;
    s->values = arena_calloc(p->r.arena, 1, sizeof *s->values);
    return s->values ? plpgsql_text(p, NULL, 0, false, s->values) : err_oom(p->r.err);
}

/* What a function cannot have is refused by its first word. */
static bool take(struct plpgsql_parsing *p, const char *word, struct plpgsql_statement *s)
{
    if (!reader_take(&p->r, word))
        return false;
    s->word = word;
    return true;
}

int plpgsql_simple(struct plpgsql_parsing *p, struct plpgsql_statement *s)
{
    bool assigns;
    TRY(read_assignment(p, s, &assigns));
    if (assigns)
        return ST_OK;
    if (take(p, "RETURN", s))
        return read_return(p, s);
    if (take(p, "RAISE", s))
        return read_raise(p, s);
    if (take(p, "OPEN", s))
        return read_open(p, s);
    if (take(p, "FETCH", s) || take(p, "MOVE", s))
        return read_fetch(p, s);
    if (take(p, "CLOSE", s)) {
        s->kind = PLPGSQL_CLOSE;
        return plpgsql_close(p, &s->cursor);
    }
    if (take(p, "GET", s))
        return read_get(p, s);
    if (take(p, "ASSERT", s))
        return read_assert(p, s);
    if (take(p, "EXECUTE", s)) {
        s->kind = PLPGSQL_EXECUTE;
        return plpgsql_dynamic(p, "INTO", s);
    }
    if (take(p, "EXIT", s) || take(p, "CONTINUE", s)) {
        s->kind = strcmp(s->word, "EXIT") == 0 ? PLPGSQL_EXIT : PLPGSQL_CONTINUE;
        return read_exit(p, s);
    }
    if (take(p, "PERFORM", s)) {
        s->kind = PLPGSQL_PERFORM;
        return plpgsql_text(p, NULL, 0, false, &s->text);
    }
    return read_sql(p, s);
}
