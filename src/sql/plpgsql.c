#include "sql/plpgsql.h"

#include "sql/plpgsql_cursor.h"
#include "sql/plpgsql_parse.h"
#include "sql/plpgsql_simple.h"
#include "sql/type.h"

#include <stdio.h>
#include <string.h>

static int read_statements(struct plpgsql_parsing *p, struct plpgsql_statement **out);

/* A block or the branches of a statement, within the bound of PLPGSQL_DEPTH_MAX. */
static int enter(struct plpgsql_parsing *p)
{
    if (++p->depth <= PLPGSQL_DEPTH_MAX)
        return ST_OK;
    return err_set(p->r.err, SQLSTATE_STATEMENT_TOO_COMPLEX,
                   "blocks and branches of PL/pgSQL are nested more than %d deep", PLPGSQL_DEPTH_MAX);
}

/* ---- declarations ---- */

static int read_type(struct plpgsql_parsing *p, struct plpgsql_variable *v)
{
    struct reader *r = &p->r;
    struct sql_lexer ahead = r->lexer;
    struct sql_type type;
    v->record = sql_token_is_word(&r->token, "RECORD");
    if (!sql_read_type_at(&ahead, r->token, &type))
        return reader_syntax_error(r);
    v->type = (struct str){r->text.p + type.at, type.end - type.at};
    sql_lexer_seek(&r->lexer, type.after.at);
    reader_next(r);
    if (r->token.kind != SQL_TOK_OP || r->token.text.p[0] != '%')
        return ST_OK;
    reader_next(r);
    if (reader_take(r, "ROWTYPE"))
        return plpgsql_refuse(p, "%ROWTYPE", v->line);
    v->like = true;
    return reader_expect(&p->r, "TYPE");
}

/* name [CONSTANT] type [COLLATE …] [NOT NULL] [{DEFAULT | := | =} expression]; or name ALIAS FOR other; or a
 * cursor. */
static int read_declaration(struct plpgsql_parsing *p, struct plpgsql_variable *v)
{
    struct reader *r = &p->r;
    v->line = plpgsql_line(p, r->token.at);
    TRY(reader_name(r, &v->name));
    if (reader_take(r, "ALIAS")) {
        TRY(reader_expect(&p->r, "FOR"));
        TRY(plpgsql_variable(p, &v->alias_of));
        return plpgsql_semicolon(p);
    }
    bool is_cursor;
    TRY(plpgsql_declare_cursor(p, v, &is_cursor));
    if (is_cursor)
        return plpgsql_semicolon(p);
    v->constant = reader_take(r, "CONSTANT");
    TRY(read_type(p, v));
    if (sql_token_is_word(&r->token, "COLLATE"))
        return plpgsql_refuse(p, "COLLATE", v->line);
    v->not_null = reader_take(r, "NOT");
    if (v->not_null)
        TRY(reader_expect(r, "NULL"));
    if (reader_take(r, "DEFAULT") || plpgsql_is_assign(&r->token)) {
        if (plpgsql_is_assign(&r->token))
            reader_next(r);
        TRY(plpgsql_text(p, NULL, 0, false, &v->initial));
    }
    return plpgsql_semicolon(p);
}

/* Up to BEGIN. DECLARE may be said again between them. */
static int read_declarations(struct plpgsql_parsing *p, struct plpgsql_block *b)
{
    struct reader *r = &p->r;
    size_t room = 0;
    while (!sql_token_is_word(&r->token, "BEGIN") && !plpgsql_is_end(&r->token)) {
        if (reader_take(r, "DECLARE"))
            continue;
        if (b->n == room) {
            size_t more = room ? 2 * room : 8;
            struct plpgsql_variable *grown = arena_calloc(r->arena, more, sizeof *grown);
            if (!grown)
                return err_oom(r->err);
            if (room)
                memcpy(grown, b->variables, room * sizeof *grown);
            b->variables = grown;
            room = more;
        }
        if (b->n == PLPGSQL_STATEMENTS_MAX)
            return err_set(r->err, SQLSTATE_PROGRAM_LIMIT_EXCEEDED,
                           "a block of PL/pgSQL has more than %d variables", PLPGSQL_STATEMENTS_MAX);
        TRY(read_declaration(p, &b->variables[b->n++]));
    }
    for (size_t i = 0; i < b->n; i++) {
        struct plpgsql_variable *v = &b->variables[i];
        if (!v->like || !memchr(v->type.p, '.', v->type.n))
            continue;
        v->next_like = p->likes;
        p->likes = v;
    }
    return ST_OK;
}

/* WHEN conditions THEN …, up to END. */
static int read_handlers(struct plpgsql_parsing *p, struct plpgsql_block *b)
{
    static const char *const then[] = {"THEN"};
    struct plpgsql_handler **last = &b->handlers;
    b->handlers_line = plpgsql_line(p, p->r.token.at);
    reader_next(&p->r);
    while (reader_take(&p->r, "WHEN")) {
        struct plpgsql_handler *h = arena_calloc(p->r.arena, 1, sizeof *h);
        if (!h)
            return err_oom(p->r.err);
        TRY(plpgsql_text(p, then, 1, false, &h->conditions));
        TRY(reader_expect(&p->r, "THEN"));
        TRY(read_statements(p, &h->body));
        *last = h;
        last = &h->next;
    }
    return b->handlers ? ST_OK : reader_syntax_error(&p->r);
}

/* A name behind END or END LOOP, which has to be the label's. */
static int read_end_label(struct plpgsql_parsing *p, const char *label)
{
    const char *name;
    if (!sql_token_is_name(&p->r.token))
        return ST_OK;
    TRY(reader_name(&p->r, &name));
    if (strcmp(name, label) == 0)
        return ST_OK;
    if (!label[0])
        return err_set(p->r.err, SQLSTATE_SYNTAX_ERROR, "end label \"%s\" specified for unlabeled block",
                       name);
    return err_set(p->r.err, SQLSTATE_SYNTAX_ERROR, "end label \"%s\" differs from block's label \"%s\"",
                   name, label);
}

/* <<label>> */
static int read_label(struct plpgsql_parsing *p, const char **out)
{
    struct reader *r = &p->r;
    *out = "";
    if (r->token.kind != SQL_TOK_OP || !str_eq(r->token.text, STR("<<")))
        return ST_OK;
    reader_next(r);
    TRY(reader_name(r, out));
    if (r->token.kind != SQL_TOK_OP || !str_eq(r->token.text, STR(">>")))
        return reader_syntax_error(r);
    reader_next(r);
    return ST_OK;
}

/* [DECLARE …] BEGIN … [EXCEPTION …] END [label] */
static int read_block(struct plpgsql_parsing *p, const char *label, struct plpgsql_block **out)
{
    struct reader *r = &p->r;
    struct plpgsql_block *b = arena_calloc(r->arena, 1, sizeof *b);
    if (!b)
        return err_oom(r->err);
    *out = b;
    b->label = label;
    TRY(enter(p));
    if (reader_take(r, "DECLARE"))
        TRY(read_declarations(p, b));
    TRY(reader_expect(r, "BEGIN"));
    TRY(read_statements(p, &b->body));
    if (sql_token_is_word(&r->token, "EXCEPTION"))
        TRY(read_handlers(p, b));
    TRY(reader_expect(r, "END"));
    p->depth--;
    return read_end_label(p, label);
}

/* ---- statements ---- */

static struct plpgsql_branch *add_branch(struct plpgsql_parsing *p, struct plpgsql_branch ***last)
{
    struct plpgsql_branch *b = arena_calloc(p->r.arena, 1, sizeof *b);
    if (!b) {
        (void)err_oom(p->r.err);
        return NULL;
    }
    **last = b;
    *last = &b->next;
    return b;
}

/* ELSE and what is in it; *has: it was there. */
static int read_else(struct plpgsql_parsing *p, struct plpgsql_branch ***last, bool *has)
{
    *has = reader_take(&p->r, "ELSE");
    if (!*has)
        return ST_OK;
    struct plpgsql_branch *b = add_branch(p, last);
    return b ? read_statements(p, &b->body) : ST_ERR;
}

/* Behind IF, up to END IF. */
static int read_if(struct plpgsql_parsing *p, struct plpgsql_statement *s)
{
    static const char *const then[] = {"THEN"};
    struct plpgsql_branch **last = &s->branches;
    bool has_else;
    s->kind = PLPGSQL_IF;
    TRY(enter(p));
    do {
        struct plpgsql_branch *b = add_branch(p, &last);
        if (!b)
            return ST_ERR;
        TRY(plpgsql_text(p, then, 1, false, &b->condition));
        TRY(reader_expect(&p->r, "THEN"));
        TRY(read_statements(p, &b->body));
    } while (reader_take(&p->r, "ELSIF") || reader_take(&p->r, "ELSEIF"));
    TRY(read_else(p, &last, &has_else));
    p->depth--;
    TRY(reader_expect(&p->r, "END"));
    return reader_expect(&p->r, "IF");
}

/* (subject) IN (values) */
static int case_condition(struct plpgsql_parsing *p, struct str subject, struct str values, struct str *out)
{
    struct str first;
    TRY(plpgsql_join(p, STR("("), "", subject, ") IN (", &first));
    return plpgsql_join(p, first, "", values, ")", out);
}

/* Behind CASE, up to END CASE: an IF whose conditions compare, where there is a subject. */
static int read_case(struct plpgsql_parsing *p, struct plpgsql_statement *s)
{
    static const char *const when[] = {"WHEN"}, *const then[] = {"THEN"};
    struct plpgsql_branch **last = &s->branches;
    struct str subject, condition;
    bool has_else;
    s->kind = PLPGSQL_IF;
    TRY(enter(p));
    TRY(plpgsql_text(p, when, 1, true, &subject));
    if (!sql_token_is_word(&p->r.token, "WHEN"))
        return reader_syntax_error(&p->r);
    while (reader_take(&p->r, "WHEN")) {
        struct plpgsql_branch *b = add_branch(p, &last);
        if (!b)
            return ST_ERR;
        TRY(plpgsql_text(p, then, 1, false, &condition));
        TRY(reader_expect(&p->r, "THEN"));
        b->condition = condition;
        if (subject.n)
            TRY(case_condition(p, subject, condition, &b->condition));
        TRY(read_statements(p, &b->body));
    }
    TRY(read_else(p, &last, &has_else));
    s->falls = !has_else;
    p->depth--;
    TRY(reader_expect(&p->r, "END"));
    return reader_expect(&p->r, "CASE");
}

/* ---- loops ---- */

/* LOOP … END LOOP [label] */
static int read_loop(struct plpgsql_parsing *p, struct plpgsql_statement *s)
{
    struct reader *r = &p->r;
    TRY(enter(p));
    TRY(reader_expect(r, "LOOP"));
    TRY(read_statements(p, &s->body));
    TRY(reader_expect(r, "END"));
    TRY(reader_expect(r, "LOOP"));
    p->depth--;
    return read_end_label(p, s->label);
}

/* Where the two dots between two numbers are, before LOOP; SIZE_MAX: there are none. */
static size_t find_dots(const struct plpgsql_parsing *p)
{
    struct reader ahead = p->r;
    size_t depth = 0;
    for (; !plpgsql_is_end(&ahead.token) && !sql_token_is_word(&ahead.token, "LOOP"); reader_next(&ahead)) {
        const struct sql_token *t = &ahead.token;
        depth += sql_token_is(t, '(') || sql_token_is(t, '[');
        depth -= depth > 0 && (sql_token_is(t, ')') || sql_token_is(t, ']'));
        bool quoted = t->kind == SQL_TOK_STRING || t->kind == SQL_TOK_QUOTED || t->kind == SQL_TOK_DOLLAR;
        for (size_t i = t->at; depth == 0 && !quoted && i < t->at + t->text.n && i + 1 < ahead.text.n; i++)
            if (ahead.text.p[i] == '.' && ahead.text.p[i + 1] == '.')
                return i;
    }
    return SIZE_MAX;
}

/* [REVERSE] first .. last [BY step], with the dots at that place */
static int read_numbers(struct plpgsql_parsing *p, size_t dots, struct plpgsql_statement *s)
{
    static const char *const ends[] = {"BY", "LOOP"}, *const loop[] = {"LOOP"};
    struct reader *r = &p->r;
    s->kind = PLPGSQL_FOR_NUMBERS;
    s->reverse = reader_take(r, "REVERSE");
    if (s->ntargets != 1 || r->token.at >= dots)
        return reader_syntax_error(r);
    s->text = (struct str){r->text.p + r->token.at, dots - r->token.at};
    sql_lexer_seek(&r->lexer, dots + 2);
    reader_next(r);
    TRY(plpgsql_text(p, ends, 2, false, &s->last));
    return reader_take(r, "BY") ? plpgsql_text(p, loop, 1, false, &s->step) : ST_OK;
}

/* Behind FOR: targets IN numbers, a query or EXECUTE */
static int read_for(struct plpgsql_parsing *p, struct plpgsql_statement *s)
{
    static const char *const loop[] = {"LOOP"};
    struct reader *r = &p->r;
    TRY(plpgsql_targets(p, s));
    TRY(reader_expect(r, "IN"));
    s->kind = PLPGSQL_FOR_ROWS;
    s->dynamic = reader_take(r, "EXECUTE");
    size_t dots = s->dynamic ? SIZE_MAX : find_dots(p);
    if (dots != SIZE_MAX)
        TRY(read_numbers(p, dots, s));
    else if (s->dynamic)
        TRY(plpgsql_dynamic(p, "LOOP", s));
    else
        TRY(plpgsql_for_cursor(p, &s->cursor));
    if (dots == SIZE_MAX && !s->dynamic && !s->cursor)
        TRY(plpgsql_text(p, loop, 1, false, &s->text));
    return read_loop(p, s);
}

/* Behind FOREACH: targets IN ARRAY array */
static int read_foreach(struct plpgsql_parsing *p, struct plpgsql_statement *s)
{
    static const char *const loop[] = {"LOOP"};
    struct reader *r = &p->r;
    s->kind = PLPGSQL_FOR_ROWS;
    TRY(plpgsql_targets(p, s));
    if (sql_token_is_word(&r->token, "SLICE"))
        return plpgsql_refuse(p, "SLICE", s->line);
    TRY(reader_expect(r, "IN"));
    TRY(reader_expect(r, "ARRAY"));
    TRY(plpgsql_text(p, loop, 1, false, &s->text));
    TRY(plpgsql_join(p, STR("SELECT unnest("), "", s->text, ")", &s->text));
    return read_loop(p, s);
}

/* Behind WHILE. */
static int read_while(struct plpgsql_parsing *p, struct plpgsql_statement *s)
{
    static const char *const loop[] = {"LOOP"};
    TRY(plpgsql_text(p, loop, 1, false, &s->text));
    return read_loop(p, s);
}

/* What may have a label in front; *is: it is one of these. */
static int read_labelled(struct plpgsql_parsing *p, struct plpgsql_statement *s, bool *is)
{
    static const char *const words[] = {"LOOP", "WHILE", "FOR", "FOREACH"};
    struct reader *r = &p->r;
    TRY(read_label(p, &s->label));
    *is = true;
    if (sql_token_is_word(&r->token, "BEGIN") || sql_token_is_word(&r->token, "DECLARE")) {
        s->kind = PLPGSQL_BLOCK;
        return read_block(p, s->label, &s->block);
    }
    s->kind = PLPGSQL_LOOP;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (sql_token_is_word(&r->token, words[i]))
            s->word = words[i];
    if (sql_token_is_word(&r->token, "LOOP"))
        return read_loop(p, s);
    if (reader_take(r, "WHILE"))
        return read_while(p, s);
    if (reader_take(r, "FOREACH"))
        return read_foreach(p, s);
    if (reader_take(r, "FOR"))
        return read_for(p, s);
    *is = false;
    return s->label[0] ? reader_syntax_error(r) : ST_OK;
}

/* A statement by its first word. */
static int read_known(struct plpgsql_parsing *p, struct plpgsql_statement *s)
{
    bool labelled;
    TRY(read_labelled(p, s, &labelled));
    if (labelled)
        return ST_OK;
    if (reader_take(&p->r, "IF"))
        return read_if(p, s);
    if (reader_take(&p->r, "CASE"))
        return read_case(p, s);
    return plpgsql_simple(p, s);
}

/* Up to END, ELSE, ELSIF, WHEN or EXCEPTION. */
static int read_statements(struct plpgsql_parsing *p, struct plpgsql_statement **out)
{
    static const char *const ends[] = {"END", "ELSE", "ELSIF", "ELSEIF", "WHEN", "EXCEPTION"};
    struct reader *r = &p->r;
    struct plpgsql_statement **last = out;
    for (;;) {
        for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
            if (sql_token_is_word(&r->token, ends[i]))
                return ST_OK;
        if (p->nstatements++ == PLPGSQL_STATEMENTS_MAX)
            return err_set(r->err, SQLSTATE_PROGRAM_LIMIT_EXCEEDED,
                           "a body of PL/pgSQL has more than %d statements", PLPGSQL_STATEMENTS_MAX);
        if (sql_token_is_word(&r->token, "NULL")) {
            reader_next(r);
        } else {
            struct plpgsql_statement *s = arena_calloc(r->arena, 1, sizeof *s);
            if (!s)
                return err_oom(r->err);
            s->line = plpgsql_line(p, r->token.at);
            TRY(read_known(p, s));
            *last = s;
            last = &s->next;
        }
        TRY(plpgsql_semicolon(p));
    }
}

int plpgsql_read(struct arena *a, struct str body, struct plpgsql_block **out, struct err *e)
{
    struct plpgsql_parsing p = {.line = 1};
    const char *label = "";
    reader_init(&p.r, a, sql_tokens_of(body), e);
    int st = read_label(&p, &label);
    if (st == ST_OK)
        st = read_block(&p, label, out);
    if (st == ST_OK && sql_token_is(&p.r.token, ';'))
        reader_next(&p.r);
    if (st == ST_OK && p.r.token.kind != SQL_TOK_END)
        st = reader_syntax_error(&p.r);
    if (st < 0)
        e->position = 0; /* it counts in the body */
    else
        (*out)->likes = p.likes;
    return st;
}

bool plpgsql_catches(const struct plpgsql_handler *h, const char *code, const char *name)
{
    enum { CLASS = 2 };
    static const char *const never[] = {"57014", "P0004"}; /* a cancel; ASSERT */
    bool others = true, found = false;
    struct reader r;
    reader_init(&r, NULL, sql_tokens_of(h->conditions), NULL);
    for (size_t i = 0; i < sizeof never / sizeof *never; i++)
        others &= strcmp(code, never[i]) != 0;
    for (; !found && r.token.kind != SQL_TOK_END && r.token.kind != SQL_TOK_BAD; reader_next(&r)) {
        struct str t = r.token.text;
        found = (others && sql_token_is_word(&r.token, "OTHERS")) || sql_token_is_word(&r.token, name) ||
                (r.token.kind == SQL_TOK_STRING && t.n == strlen(code) + 2 &&
                 (strncmp(t.p + 1, code, strlen(code)) == 0 ||
                  (strncmp(t.p + 1, code, CLASS) == 0 && strncmp(t.p + 1 + CLASS, "000", 3) == 0)));
    }
    return found;
}
