/* A cursor's arguments are given by their places or by names, as a function's are. */
#include "sql/plpgsql_cursor.h"

#include "sql/type.h"

#include <string.h>

/* SCROLL, NO SCROLL, or neither */
static enum plpgsql_scroll read_scroll(struct reader *r)
{
    struct sql_lexer ahead = r->lexer;
    struct sql_token t;
    if (reader_take(r, "SCROLL"))
        return PLPGSQL_SCROLL;
    (void)sql_lexer_next(&ahead, &t);
    if (!sql_token_is_word(&r->token, "NO") || !sql_token_is_word(&t, "SCROLL"))
        return PLPGSQL_SCROLL_AS_MAY_BE;
    reader_next(r);
    reader_next(r);
    return PLPGSQL_NO_SCROLL;
}

/* name type */
static int read_argument(struct plpgsql_parsing *p, struct plpgsql_cursor *c)
{
    struct reader *r = &p->r;
    struct sql_type type;
    if (c->n == PLPGSQL_VALUES_MAX)
        return err_set(r->err, SQLSTATE_PROGRAM_LIMIT_EXCEEDED, "a cursor has more than %d arguments",
                       PLPGSQL_VALUES_MAX);
    TRY(reader_name(r, &c->names[c->n]));
    struct sql_lexer ahead = r->lexer;
    if (!sql_read_type_at(&ahead, r->token, &type))
        return reader_syntax_error(r);
    c->types[c->n++] = (struct str){r->text.p + type.at, type.end - type.at};
    sql_lexer_seek(&r->lexer, type.after.at);
    reader_next(r);
    return ST_OK;
}

int plpgsql_declare_cursor(struct plpgsql_parsing *p, struct plpgsql_variable *v, bool *is)
{
    struct reader *r = &p->r;
    enum plpgsql_scroll scroll = read_scroll(r);
    *is = reader_take(r, "CURSOR");
    if (!*is)
        return scroll == PLPGSQL_SCROLL_AS_MAY_BE ? ST_OK : reader_syntax_error(r);
    struct plpgsql_cursor *c = arena_calloc(r->arena, 1, sizeof *c);
    if (!c || !(c->names = arena_calloc(r->arena, PLPGSQL_VALUES_MAX, sizeof *c->names)) ||
        !(c->types = arena_calloc(r->arena, PLPGSQL_VALUES_MAX, sizeof *c->types)))
        return err_oom(r->err);
    c->scroll = scroll;
    v->cursor = c;
    v->type = STR("refcursor");
    if (sql_token_is(&r->token, '(')) {
        do {
            reader_next(r);
            TRY(read_argument(p, c));
        } while (sql_token_is(&r->token, ','));
        if (!sql_token_is(&r->token, ')'))
            return reader_syntax_error(r);
        reader_next(r);
    }
    if (!reader_take(r, "IS"))
        TRY(reader_expect(r, "FOR"));
    return plpgsql_text(p, NULL, 0, false, &c->query);
}

/* Room for all that may be said of it. */
static int new_use(struct plpgsql_parsing *p, struct plpgsql_use **out)
{
    struct plpgsql_use *u = arena_calloc(p->r.arena, 1, sizeof *u);
    if (!u || !(u->values = arena_calloc(p->r.arena, PLPGSQL_VALUES_MAX, sizeof *u->values)) ||
        !(u->names = arena_calloc(p->r.arena, PLPGSQL_VALUES_MAX, sizeof *u->names)))
        return err_oom(p->r.err);
    u->direction = "";
    *out = u;
    return ST_OK;
}

/* [name :=] value, … between brackets */
static int read_values(struct plpgsql_parsing *p, struct plpgsql_use *u)
{
    static const char *const ends[] = {",", ")"};
    struct reader *r = &p->r;
    do {
        reader_next(r); /* the bracket or a comma */
        if (u->n == PLPGSQL_VALUES_MAX)
            return err_set(r->err, SQLSTATE_PROGRAM_LIMIT_EXCEEDED, "more than %d arguments of a cursor",
                           PLPGSQL_VALUES_MAX);
        struct sql_lexer ahead = r->lexer;
        struct sql_token t;
        (void)sql_lexer_next(&ahead, &t);
        if (t.kind == SQL_TOK_PUNCT && str_eq(t.text, STR(":="))) {
            TRY(reader_name(r, &u->names[u->n]));
            reader_next(r);
        }
        TRY(plpgsql_text(p, ends, sizeof ends / sizeof *ends, false, &u->values[u->n++]));
    } while (sql_token_is(&r->token, ','));
    if (!sql_token_is(&r->token, ')'))
        return reader_syntax_error(r);
    reader_next(r);
    return ST_OK;
}

int plpgsql_open(struct plpgsql_parsing *p, struct plpgsql_use **out)
{
    struct reader *r = &p->r;
    TRY(new_use(p, out));
    TRY(plpgsql_variable(p, &(*out)->variable));
    if (sql_token_is(&r->token, ';'))
        return ST_OK;
    if (sql_token_is(&r->token, '('))
        return read_values(p, *out);
    (*out)->scroll = read_scroll(r);
    (*out)->queries = true;
    return reader_expect(r, "FOR");
}

/* Where a cursor goes: a word, and for some of them a number. */
static void read_direction(struct str text, struct plpgsql_use *u)
{
    static const char *const words[] = {"NEXT",     "PRIOR",    "FIRST",   "LAST",
                                        "ABSOLUTE", "RELATIVE", "FORWARD", "BACKWARD"};
    struct sql_lexer l;
    struct sql_token t;
    sql_lexer_init(&l, sql_tokens_of(text));
    (void)sql_lexer_next(&l, &t);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (sql_token_is_word(&t, words[i]))
            u->direction = words[i];
    size_t behind = u->direction[0] ? t.at + t.text.n : 0;
    while (behind < text.n && strchr(" \t\r\n", text.p[behind]))
        behind++;
    u->count = (struct str){text.p + behind, text.n - behind};
}

int plpgsql_fetch(struct plpgsql_parsing *p, bool moves, struct plpgsql_use **out)
{
    static const char *const ends[] = {"FROM", "IN", "INTO"};
    struct reader *r = &p->r;
    struct reader before = *r;
    struct str text;
    TRY(new_use(p, out));
    (*out)->moves = moves;
    TRY(plpgsql_text(p, ends, sizeof ends / sizeof *ends, true, &text));
    if (sql_token_is_word(&r->token, "FROM") || sql_token_is_word(&r->token, "IN")) {
        read_direction(text, *out);
        reader_next(r);
    } else {
        *r = before; /* no direction: that was its name */
    }
    return plpgsql_variable(p, &(*out)->variable);
}

int plpgsql_close(struct plpgsql_parsing *p, struct plpgsql_use **out)
{
    TRY(new_use(p, out));
    return plpgsql_variable(p, &(*out)->variable);
}

/* What begins with the word of a statement is one. */
int plpgsql_for_cursor(struct plpgsql_parsing *p, struct plpgsql_use **out)
{
    static const char *const queries[] = {"SELECT", "WITH", "VALUES", "TABLE", "INSERT", "UPDATE", "DELETE"};
    struct reader *r = &p->r;
    struct plpgsql_parsing before = *p;
    struct plpgsql_use *u;
    *out = NULL;
    for (size_t i = 0; i < sizeof queries / sizeof *queries; i++)
        if (sql_token_is_word(&r->token, queries[i]))
            return ST_OK;
    if (!sql_token_is_name(&r->token))
        return ST_OK;
    TRY(new_use(p, &u));
    TRY(plpgsql_variable(p, &u->variable));
    if (sql_token_is(&r->token, '('))
        TRY(read_values(p, u));
    if (sql_token_is_word(&r->token, "LOOP"))
        *out = u;
    else
        *p = before;
    return ST_OK;
}
