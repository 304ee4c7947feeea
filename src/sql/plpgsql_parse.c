/* Expressions are not read here: they are whatever stands up to a word or a sign of the outermost level of
 * brackets. Strings and quoted names are tokens, so that what is in them ends nothing. */
#include "sql/plpgsql_parse.h"

#include "sql/statement.h"

#include <stdio.h>
#include <string.h>

/* The line of a place in the body, counted on from the last one that was asked for. */
unsigned plpgsql_line(struct plpgsql_parsing *p, size_t at)
{
    for (; p->counted < at; p->counted++)
        p->line += p->r.text.p[p->counted] == '\n';
    return p->line;
}

/* 0A000, with the line in the body. */
int plpgsql_refuse(struct plpgsql_parsing *p, const char *what, unsigned line)
{
    return err_set(p->r.err, SQLSTATE_FEATURE_NOT_SUPPORTED, "%s at line %u of PL/pgSQL is not supported",
                   what, line);
}

/* The body has no end, or a string in it has none. */
bool plpgsql_is_end(const struct sql_token *t)
{
    return t->kind == SQL_TOK_END || t->kind == SQL_TOK_BAD;
}

/* := or =, which mean the same. */
bool plpgsql_is_assign(const struct sql_token *t)
{
    return (t->kind == SQL_TOK_PUNCT && str_eq(t->text, STR(":="))) ||
           (t->kind == SQL_TOK_OP && str_eq(t->text, STR("=")));
}

/* Up to a word or a sign of the outermost level, at which the reader stands then. */
int plpgsql_text(struct plpgsql_parsing *p, const char *const *until, size_t n, bool may_be_empty,
                 struct str *out)
{
    struct reader *r = &p->r;
    size_t from = r->token.at, to = from, depth = 0;
    for (;; reader_next(r)) {
        const struct sql_token *t = &r->token;
        bool ends = plpgsql_is_end(t) || (depth == 0 && sql_token_is(t, ';'));
        for (size_t i = 0; depth == 0 && !ends && i < n; i++)
            ends = sql_token_is_word(t, until[i]) || (until[i][1] == '\0' && sql_token_is(t, until[i][0]));
        if (ends)
            break;
        depth += sql_token_is(t, '(') || sql_token_is(t, '[');
        depth -= depth > 0 && (sql_token_is(t, ')') || sql_token_is(t, ']'));
        to = t->at + t->text.n;
    }
    *out = (struct str){r->text.p + from, to - from};
    return plpgsql_is_end(&r->token) || (to == from && !may_be_empty) ? reader_syntax_error(r) : ST_OK;
}

/* Behind each statement and declaration. */
int plpgsql_semicolon(struct plpgsql_parsing *p)
{
    if (!sql_token_is(&p->r.token, ';'))
        return reader_syntax_error(&p->r);
    reader_next(&p->r);
    return ST_OK;
}

/* name or label.name */
int plpgsql_variable(struct plpgsql_parsing *p, const char **out)
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

int plpgsql_targets(struct plpgsql_parsing *p, struct plpgsql_statement *s)
{
    struct reader *r = &p->r;
    s->targets = arena_calloc(r->arena, PLPGSQL_TARGETS_MAX, sizeof *s->targets);
    if (!s->targets)
        return err_oom(r->err);
    for (;;) {
        if (s->ntargets == PLPGSQL_TARGETS_MAX)
            return err_set(r->err, SQLSTATE_PROGRAM_LIMIT_EXCEEDED, "more than %d variables behind INTO",
                           PLPGSQL_TARGETS_MAX);
        TRY(plpgsql_variable(p, &s->targets[s->ntargets++]));
        if (!sql_token_is(&r->token, ','))
            return ST_OK;
        reader_next(r);
    }
}

/* USING value, value … */
static int read_using(struct plpgsql_parsing *p, const char *until, struct plpgsql_statement *s)
{
    const char *const ends[] = {",", until, "INTO"};
    struct reader *r = &p->r;
    s->values = arena_calloc(r->arena, PLPGSQL_VALUES_MAX, sizeof *s->values);
    if (!s->values)
        return err_oom(r->err);
    do {
        reader_next(r); /* USING or a comma */
        if (s->nvalues == PLPGSQL_VALUES_MAX)
            return err_set(r->err, SQLSTATE_PROGRAM_LIMIT_EXCEEDED, "more than %d values behind USING",
                           PLPGSQL_VALUES_MAX);
        TRY(plpgsql_text(p, ends, sizeof ends / sizeof *ends, false, &s->values[s->nvalues++]));
    } while (sql_token_is(&r->token, ','));
    return ST_OK;
}

int plpgsql_dynamic(struct plpgsql_parsing *p, const char *until, struct plpgsql_statement *s)
{
    const char *const ends[] = {"INTO", "USING", until};
    struct reader *r = &p->r;
    TRY(plpgsql_text(p, ends, sizeof ends / sizeof *ends, false, &s->text));
    while (sql_token_is_word(&r->token, "INTO") || sql_token_is_word(&r->token, "USING")) {
        bool into = sql_token_is_word(&r->token, "INTO");
        if (into ? s->ntargets > 0 : s->nvalues > 0)
            return reader_syntax_error(r);
        if (!into) {
            TRY(read_using(p, until, s));
            continue;
        }
        reader_next(r);
        s->strict = reader_take(r, "STRICT");
        TRY(plpgsql_targets(p, s));
    }
    return ST_OK;
}

int plpgsql_join(struct plpgsql_parsing *p, struct str a, const char *between, struct str b,
                 const char *behind, struct str *out)
{
    size_t room = a.n + strlen(between) + b.n + strlen(behind) + 1;
    char *text = arena_alloc(p->r.arena, room);
    if (!text)
        return err_oom(p->r.err);
    int n = snprintf(text, room, "%.*s%s%.*s%s", (int)a.n, a.n ? a.p : "", between, (int)b.n, b.n ? b.p : "",
                     behind);
    *out = (struct str){text, (size_t)n};
    return ST_OK;
}
