#include "sql/plpgsql.h"

#include "sql/reader.h"
#include "sql/statement.h"
#include "sql/type.h"

#include <stdio.h>
#include <string.h>

struct parsing {
    struct reader r;
    size_t nstatements, depth;
    size_t counted; /* up to where lines are counted … */
    unsigned line;  /* … and how many those are */
    struct plpgsql_variable *likes;
};

static int read_statements(struct parsing *p, struct plpgsql_statement **out);

/* The line of a place in the body, counted on from the last one that was asked for. */
static unsigned line_of(struct parsing *p, size_t at)
{
    for (; p->counted < at; p->counted++)
        p->line += p->r.text.p[p->counted] == '\n';
    return p->line;
}

/* 0A000, with the line in the body. */
static int not_supported(struct parsing *p, const char *what, unsigned line)
{
    return err_set(p->r.err, SQLSTATE_FEATURE_NOT_SUPPORTED, "%s at line %u of PL/pgSQL is not supported",
                   what, line);
}

/* A block or the branches of a statement, within the bound of PLPGSQL_DEPTH_MAX. */
static int enter(struct parsing *p)
{
    if (++p->depth <= PLPGSQL_DEPTH_MAX)
        return ST_OK;
    return err_set(p->r.err, SQLSTATE_STATEMENT_TOO_COMPLEX,
                   "blocks and branches of PL/pgSQL are nested more than %d deep", PLPGSQL_DEPTH_MAX);
}

/* The body has no end, or a string in it has none. */
static bool is_end(const struct sql_token *t)
{
    return t->kind == SQL_TOK_END || t->kind == SQL_TOK_BAD;
}

/* := or =, which mean the same. */
static bool is_assign(const struct sql_token *t)
{
    return (t->kind == SQL_TOK_PUNCT && str_eq(t->text, STR(":="))) ||
           (t->kind == SQL_TOK_OP && str_eq(t->text, STR("=")));
}

/* Up to a word or a sign of the outermost level, at which the reader stands then. */
static int read_text(struct parsing *p, const char *const *until, size_t n, bool may_be_empty,
                     struct str *out)
{
    struct reader *r = &p->r;
    size_t from = r->token.at, to = from, depth = 0;
    for (;; reader_next(r)) {
        const struct sql_token *t = &r->token;
        bool ends = is_end(t) || (depth == 0 && sql_token_is(t, ';'));
        for (size_t i = 0; depth == 0 && !ends && i < n; i++)
            ends = sql_token_is_word(t, until[i]) || (until[i][1] == '\0' && sql_token_is(t, until[i][0]));
        if (ends)
            break;
        depth += sql_token_is(t, '(') || sql_token_is(t, '[');
        depth -= depth > 0 && (sql_token_is(t, ')') || sql_token_is(t, ']'));
        to = t->at + t->text.n;
    }
    *out = (struct str){r->text.p + from, to - from};
    return is_end(&r->token) || (to == from && !may_be_empty) ? reader_syntax_error(r) : ST_OK;
}

/* Behind each statement and declaration. */
static int take_semicolon(struct parsing *p)
{
    if (!sql_token_is(&p->r.token, ';'))
        return reader_syntax_error(&p->r);
    reader_next(&p->r);
    return ST_OK;
}

/* THEN, IF, CASE … */
static int take_word(struct parsing *p, const char *word)
{
    return reader_take(&p->r, word) ? ST_OK : reader_syntax_error(&p->r);
}

/* name or label.name */
static int read_variable(struct parsing *p, const char **out)
{
    struct reader *r = &p->r;
    if (r->token.kind == SQL_TOK_PARAM) {
        *out = arena_strndup(r->arena, r->token.text.p, r->token.text.n);
        reader_next(r);
        return *out ? ST_OK : err_oom(r->err);
    }
    TRY(reader_name(r, out));
    if (!sql_token_is(&r->token, '.'))
        return ST_OK;
    const char *member, *label = *out;
    reader_next(r);
    TRY(reader_name(r, &member));
    size_t room = strlen(label) + strlen(member) + 2;
    char *both = arena_alloc(r->arena, room);
    if (!both)
        return err_oom(r->err);
    (void)snprintf(both, room, "%s.%s", label, member);
    *out = both;
    return ST_OK;
}

/* ---- declarations ---- */

static int read_type(struct parsing *p, struct plpgsql_variable *v)
{
    struct reader *r = &p->r;
    struct sql_lexer ahead = r->lexer;
    struct sql_type type;
    static const char *const kinds[] = {"RECORD", "CURSOR"};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (sql_token_is_word(&r->token, kinds[i]))
            return not_supported(p, kinds[i], v->line);
    if (!sql_read_type_at(&ahead, r->token, &type))
        return reader_syntax_error(r);
    v->type = (struct str){r->text.p + type.at, type.end - type.at};
    sql_lexer_seek(&r->lexer, type.after.at);
    reader_next(r);
    if (r->token.kind != SQL_TOK_OP || r->token.text.p[0] != '%')
        return ST_OK;
    reader_next(r);
    if (reader_take(r, "ROWTYPE"))
        return not_supported(p, "%ROWTYPE", v->line);
    v->like = true;
    return take_word(p, "TYPE");
}

/* name [CONSTANT] type [COLLATE …] [NOT NULL] [{DEFAULT | := | =} expression]; or name ALIAS FOR other; */
static int read_declaration(struct parsing *p, struct plpgsql_variable *v)
{
    struct reader *r = &p->r;
    v->line = line_of(p, r->token.at);
    TRY(reader_name(r, &v->name));
    if (reader_take(r, "ALIAS")) {
        TRY(take_word(p, "FOR"));
        TRY(read_variable(p, &v->alias_of));
        return take_semicolon(p);
    }
    v->constant = reader_take(r, "CONSTANT");
    TRY(read_type(p, v));
    if (sql_token_is_word(&r->token, "COLLATE"))
        return not_supported(p, "COLLATE", v->line);
    if (sql_token_is_word(&r->token, "NOT"))
        return not_supported(p, "a variable that is NOT NULL", v->line);
    if (reader_take(r, "DEFAULT") || is_assign(&r->token)) {
        if (is_assign(&r->token))
            reader_next(r);
        TRY(read_text(p, NULL, 0, false, &v->initial));
    }
    return take_semicolon(p);
}

/* Up to BEGIN. DECLARE may be said again between them. */
static int read_declarations(struct parsing *p, struct plpgsql_block *b)
{
    struct reader *r = &p->r;
    size_t room = 0;
    while (!sql_token_is_word(&r->token, "BEGIN") && !is_end(&r->token)) {
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

/* [<<label>>] [DECLARE …] BEGIN … END [label] */
static int read_block(struct parsing *p, struct plpgsql_block **out)
{
    struct reader *r = &p->r;
    struct plpgsql_block *b = arena_calloc(r->arena, 1, sizeof *b);
    if (!b)
        return err_oom(r->err);
    *out = b;
    b->label = "";
    TRY(enter(p));
    if (r->token.kind == SQL_TOK_OP && str_eq(r->token.text, STR("<<"))) {
        reader_next(r);
        TRY(reader_name(r, &b->label));
        if (r->token.kind != SQL_TOK_OP || !str_eq(r->token.text, STR(">>")))
            return reader_syntax_error(r);
        reader_next(r);
    }
    if (reader_take(r, "DECLARE"))
        TRY(read_declarations(p, b));
    TRY(take_word(p, "BEGIN"));
    TRY(read_statements(p, &b->body));
    if (sql_token_is_word(&r->token, "EXCEPTION"))
        return not_supported(p, "EXCEPTION", line_of(p, r->token.at));
    TRY(take_word(p, "END"));
    if (sql_token_is_name(&r->token))
        reader_next(r);
    p->depth--;
    return ST_OK;
}

/* ---- statements ---- */

static struct plpgsql_branch *add_branch(struct parsing *p, struct plpgsql_branch ***last)
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
static int read_else(struct parsing *p, struct plpgsql_branch ***last, bool *has)
{
    *has = reader_take(&p->r, "ELSE");
    if (!*has)
        return ST_OK;
    struct plpgsql_branch *b = add_branch(p, last);
    return b ? read_statements(p, &b->body) : ST_ERR;
}

/* Behind IF, up to END IF. */
static int read_if(struct parsing *p, struct plpgsql_statement *s)
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
        TRY(read_text(p, then, 1, false, &b->condition));
        TRY(take_word(p, "THEN"));
        TRY(read_statements(p, &b->body));
    } while (reader_take(&p->r, "ELSIF") || reader_take(&p->r, "ELSEIF"));
    TRY(read_else(p, &last, &has_else));
    p->depth--;
    TRY(take_word(p, "END"));
    return take_word(p, "IF");
}

/* (subject) IN (values) */
static int case_condition(struct parsing *p, struct str subject, struct str values, struct str *out)
{
    static const char between[] = ") IN (";
    size_t n = subject.n + values.n + sizeof between + 2;
    char *text = arena_alloc(p->r.arena, n);
    if (!text)
        return err_oom(p->r.err);
    int written =
        snprintf(text, n, "(%.*s%s%.*s)", (int)subject.n, subject.p, between, (int)values.n, values.p);
    *out = (struct str){text, (size_t)written};
    return ST_OK;
}

/* Behind CASE, up to END CASE: an IF whose conditions compare, where there is a subject. */
static int read_case(struct parsing *p, struct plpgsql_statement *s)
{
    static const char *const when[] = {"WHEN"}, *const then[] = {"THEN"};
    struct plpgsql_branch **last = &s->branches;
    struct str subject, condition;
    bool has_else;
    s->kind = PLPGSQL_IF;
    TRY(enter(p));
    TRY(read_text(p, when, 1, true, &subject));
    if (!sql_token_is_word(&p->r.token, "WHEN"))
        return reader_syntax_error(&p->r);
    while (reader_take(&p->r, "WHEN")) {
        struct plpgsql_branch *b = add_branch(p, &last);
        if (!b)
            return ST_ERR;
        TRY(read_text(p, then, 1, false, &condition));
        TRY(take_word(p, "THEN"));
        b->condition = condition;
        if (subject.n)
            TRY(case_condition(p, subject, condition, &b->condition));
        TRY(read_statements(p, &b->body));
    }
    TRY(read_else(p, &last, &has_else));
    s->falls = !has_else;
    p->depth--;
    TRY(take_word(p, "END"));
    return take_word(p, "CASE");
}

/* Behind RETURN: an expression, NEXT and one, or QUERY and a query. */
static int read_return(struct parsing *p, struct plpgsql_statement *s)
{
    struct reader *r = &p->r;
    s->kind = PLPGSQL_RETURN;
    if (reader_take(r, "NEXT")) {
        s->kind = PLPGSQL_RETURN_NEXT;
    } else if (reader_take(r, "QUERY")) {
        s->kind = PLPGSQL_RETURN_QUERY;
        if (sql_token_is_word(&r->token, "EXECUTE"))
            return not_supported(p, "RETURN QUERY EXECUTE", s->line);
    }
    return read_text(p, NULL, 0, s->kind != PLPGSQL_RETURN_QUERY, &s->text);
}

/* Behind RAISE. */
static int read_raise(struct parsing *p, struct plpgsql_statement *s)
{
    s->kind = PLPGSQL_RAISE;
    s->raise = arena_calloc(p->r.arena, 1, sizeof *s->raise);
    return s->raise ? sql_read_raise(&p->r, s->raise) : err_oom(p->r.err);
}

/* The variables behind INTO. */
static int read_targets(struct parsing *p, struct plpgsql_statement *s)
{
    struct reader *r = &p->r;
    s->strict = reader_take(r, "STRICT");
    s->targets = arena_calloc(r->arena, PLPGSQL_TARGETS_MAX, sizeof *s->targets);
    if (!s->targets)
        return err_oom(r->err);
    for (;;) {
        if (s->ntargets == PLPGSQL_TARGETS_MAX)
            return err_set(r->err, SQLSTATE_PROGRAM_LIMIT_EXCEEDED, "more than %d variables behind INTO",
                           PLPGSQL_TARGETS_MAX);
        TRY(read_variable(p, &s->targets[s->ntargets++]));
        if (!sql_token_is(&r->token, ','))
            return ST_OK;
        reader_next(r);
    }
}

/* A statement of SQL, from which INTO and its variables are taken out. */
static int read_sql(struct parsing *p, struct plpgsql_statement *s)
{
    static const char *const into[] = {"INTO"};
    struct reader *r = &p->r;
    struct str before, behind;
    bool inserts = sql_token_is_word(&r->token, "INSERT") || sql_token_is_word(&r->token, "MERGE");
    static const char *const queries[] = {"SELECT", "WITH", "VALUES", "TABLE"};
    s->kind = PLPGSQL_SQL;
    s->word = "";
    for (size_t i = 0; i < sizeof queries / sizeof *queries; i++)
        if (sql_token_is_word(&r->token, queries[i]))
            s->word = "SELECT";
    TRY(read_text(p, into, inserts ? 0 : 1, false, &before));
    s->text = before;
    if (!reader_take(r, "INTO"))
        return ST_OK;
    TRY(read_targets(p, s));
    TRY(read_text(p, NULL, 0, true, &behind));
    char *text = arena_alloc(r->arena, before.n + behind.n + 1);
    if (!text)
        return err_oom(r->err);
    memcpy(text, before.p, before.n);
    text[before.n] = ' ';
    if (behind.n)
        memcpy(text + before.n + 1, behind.p, behind.n);
    s->text = (struct str){text, before.n + 1 + behind.n};
    return ST_OK;
}

/* OPEN cursor FOR query */
static int read_open(struct parsing *p, struct plpgsql_statement *s)
{
    s->kind = PLPGSQL_OPEN;
    TRY(read_variable(p, &s->target));
    if (sql_token_is_word(&p->r.token, "SCROLL") || sql_token_is_word(&p->r.token, "NO"))
        return not_supported(p, "OPEN … SCROLL", s->line);
    TRY(take_word(p, "FOR"));
    if (sql_token_is_word(&p->r.token, "EXECUTE"))
        return not_supported(p, "OPEN … FOR EXECUTE", s->line);
    return read_text(p, NULL, 0, false, &s->text);
}

/* Whether it is variable := …; the reader stands behind the sign then. */
static int read_assignment(struct parsing *p, struct plpgsql_statement *s, bool *is)
{
    struct parsing ahead = *p;
    const char *name;
    *is = (sql_token_is_name(&p->r.token) || p->r.token.kind == SQL_TOK_PARAM);
    if (!*is)
        return ST_OK;
    struct err ignored;
    err_init(&ignored);
    ahead.r.err = &ignored;
    *is = read_variable(&ahead, &name) == ST_OK;
    if (*is && sql_token_is(&ahead.r.token, '[') && !sql_token_is_word(&p->r.token, "SELECT"))
        return not_supported(p, "an assignment to an element", s->line);
    *is = *is && is_assign(&ahead.r.token);
    if (!*is)
        return ST_OK;
    s->kind = PLPGSQL_ASSIGN;
    s->target = name;
    struct err *err = p->r.err;
    p->r = ahead.r;
    p->r.err = err;
    reader_next(&p->r);
    return read_text(p, NULL, 0, false, &s->text);
}

/* A statement by its first word; what begins with none of these is one of SQL. */
static int read_known(struct parsing *p, struct plpgsql_statement *s)
{
    static const char *const others[] = {"LOOP", "WHILE",   "FOR",   "FOREACH", "EXIT",   "CONTINUE", "GET",
                                         "MOVE", "EXECUTE", "CLOSE", "FETCH",   "ASSERT", "CALL"};
    struct reader *r = &p->r;
    bool assigns;
    TRY(read_assignment(p, s, &assigns));
    if (assigns)
        return ST_OK;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (sql_token_is_word(&r->token, others[i]))
            return not_supported(p, others[i], s->line);
    if (sql_token_is_word(&r->token, "BEGIN") || sql_token_is_word(&r->token, "DECLARE") ||
        (r->token.kind == SQL_TOK_OP && str_eq(r->token.text, STR("<<")))) {
        s->kind = PLPGSQL_BLOCK;
        return read_block(p, &s->block);
    }
    if (reader_take(r, "IF"))
        return read_if(p, s);
    if (reader_take(r, "CASE"))
        return read_case(p, s);
    if (reader_take(r, "RETURN"))
        return read_return(p, s);
    if (reader_take(r, "RAISE"))
        return read_raise(p, s);
    if (reader_take(r, "OPEN"))
        return read_open(p, s);
    if (reader_take(r, "PERFORM")) {
        s->kind = PLPGSQL_PERFORM;
        return read_text(p, NULL, 0, false, &s->text);
    }
    return read_sql(p, s);
}

/* Up to END, ELSE, ELSIF, WHEN or EXCEPTION. */
static int read_statements(struct parsing *p, struct plpgsql_statement **out)
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
            s->line = line_of(p, r->token.at);
            TRY(read_known(p, s));
            *last = s;
            last = &s->next;
        }
        TRY(take_semicolon(p));
    }
}

int plpgsql_read(struct arena *a, struct str body, struct plpgsql_block **out, struct err *e)
{
    struct parsing p = {.line = 1};
    reader_init(&p.r, a, sql_tokens_of(body), e);
    int st = read_block(&p, out);
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
