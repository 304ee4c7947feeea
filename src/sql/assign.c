/* The statement is read from its target on: the list of columns, then VALUES, a query or SET, and what ON
 * CONFLICT sets. Values are wrapped where they stand; a query is wrapped as a whole. What has another form
 * goes to the engine as it is, where the limit's CHECK refuses what does not fit. */
#include "sql/assign.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "sql/edits.h"
#include "sql/name.h"
#include "sql/part.h"
#include "sql/reader.h"

#include <stdio.h>
#include <string.h>

enum { WRAPPED_MAX = 16 * 1024 * 1024 };

struct assign {
    struct reader r;
    struct edits edits;
    const struct sql_source *target;
    const struct sql_source_column **columns; /* that values are given for, in order; NULL: not known */
    size_t n;
    bool listed;       /* they are named in the statement */
    bool system, user; /* OVERRIDING */
};

static bool is_end(const struct reader *r)
{
    return r->token.kind == SQL_TOK_END || r->token.kind == SQL_TOK_BAD || sql_token_is(&r->token, ';');
}

/* ---- the head ---- */

/* WITH name AS (…), … */
static void skip_with(struct reader *r)
{
    if (!reader_take(r, "WITH"))
        return;
    while (!is_end(r) && !sql_token_is_word(&r->token, "INSERT") && !sql_token_is_word(&r->token, "UPDATE") &&
           !sql_token_is_word(&r->token, "DELETE") && !sql_token_is_word(&r->token, "SELECT"))
        if (sql_token_is(&r->token, '('))
            reader_skip_brackets(r);
        else
            reader_next(r);
}

/* Reads up to the end of the target's name. false: it is no INSERT, UPDATE or DELETE of a named table. */
static bool read_head(struct reader *r, struct sql_assignment *out)
{
    *out = (struct sql_assignment){0};
    skip_with(r);
    if (reader_take(r, "INSERT")) {
        out->insert = true;
        if (reader_take(r, "OR"))
            reader_next(r);
        if (!reader_take(r, "INTO"))
            return false;
    } else if (reader_take(r, "DELETE")) {
        if (!reader_take(r, "FROM"))
            return false;
        (void)reader_take(r, "ONLY");
    } else if (reader_take(r, "UPDATE")) {
        (void)reader_take(r, "ONLY");
    } else {
        return false;
    }
    while (sql_token_is_name(&r->token)) {
        if (out->nparts == SQL_SOURCE_PARTS_MAX)
            return false;
        out->parts[out->nparts++] = r->token;
        reader_next(r);
        if (!sql_token_is(&r->token, '.'))
            break;
        reader_next(r);
    }
    return out->nparts > 0;
}

/* How many values the first row of VALUES has, at that word; 0: none. */
static size_t first_row(const struct reader *at)
{
    struct reader r = *at;
    size_t n = 1, depth = 1;
    reader_next(&r);
    if (!sql_token_is(&r.token, '('))
        return 0;
    for (reader_next(&r); !is_end(&r) && depth > 0; reader_next(&r)) {
        n += depth == 1 && sql_token_is(&r.token, ',');
        depth += part_opens(&r.token);
        depth -= part_closes(&r.token);
    }
    return n;
}

/* Whether a query stands in the bracket. */
static bool is_query(struct reader at)
{
    reader_next(&at);
    return sql_token_is(&at.token, '(') || sql_token_is_word(&at.token, "SELECT") ||
           sql_token_is_word(&at.token, "WITH") || sql_token_is_word(&at.token, "VALUES") ||
           sql_token_is_word(&at.token, "TABLE") || sql_token_is_word(&at.token, "FROM");
}

/* Behind the target's name and its alias; 0: there is a list. */
static size_t read_list_at(struct reader *r, const struct sql_token *name)
{
    struct sql_token last = *name;
    if (reader_take(r, "AS")) {
        last = r->token;
        reader_next(r);
    }
    return sql_token_is(&r->token, '(') && !is_query(*r) ? 0 : last.at + last.text.n;
}

bool sql_reads_assignment(struct sql_tokens sql, struct sql_assignment *out)
{
    struct reader r;
    reader_init(&r, NULL, sql, NULL);
    if (!read_head(&r, out))
        return false;
    bool list = false, columns = false;
    if (out->insert)
        out->list_at = read_list_at(&r, &out->parts[out->nparts - 1]);
    for (int depth = 0; out->insert && !is_end(&r); reader_next(&r)) {
        if (depth == 0 && sql_token_is(&r.token, '(')) {
            columns = !list && !is_query(r);
            list = true;
        }
        if (columns && depth == 1 && !out->part_n &&
            (sql_token_is(&r.token, '.') || sql_token_is(&r.token, '['))) {
            out->part_at = r.token.at;
            out->part_n = r.token.text.n;
        }
        depth += part_opens(&r.token);
        depth -= part_closes(&r.token);
        out->overriding |= depth == 0 && sql_token_is_word(&r.token, "OVERRIDING");
        if (depth == 0 && sql_token_is_word(&r.token, "VALUES") && !list)
            out->values = first_row(&r);
        if (depth == 0 && (sql_token_is_word(&r.token, "VALUES") || sql_token_is_word(&r.token, "SELECT")))
            break;
    }
    return true;
}

/* ---- what is refused ---- */

static int refuse(struct assign *a, const struct sql_source_column *c, bool update)
{
    struct err *e = a->r.err;
    int n = (int)c->name.n;
    if (update)
        (void)err_set(e, SQLSTATE_GENERATED_ALWAYS, "column \"%.*s\" can only be updated to DEFAULT", n,
                      c->name.p);
    else
        (void)err_set(e, SQLSTATE_GENERATED_ALWAYS, "cannot insert a non-DEFAULT value into column \"%.*s\"",
                      n, c->name.p);
    if (c->generated) {
        err_detail(e, "Column \"%.*s\" is a generated column.", n, c->name.p);
    } else {
        err_detail(e, "Column \"%.*s\" is an identity column defined as GENERATED ALWAYS.", n, c->name.p);
        if (!update)
            err_hint(e, "Use OVERRIDING SYSTEM VALUE to override.");
    }
    return ST_ERR;
}

/* ---- values that fit ---- */

/* Whether values of the column stay as they are written. The column's CHECK still refuses what does not fit:
 * a bit string of the wrong length is an error to PostgreSQL, too. */
static bool fits_by_itself(const struct sql_source_column *c)
{
    return !c || c->limit.kind == SQL_LIMIT_NONE || c->limit.kind == SQL_LIMIT_BIT ||
           c->limit.kind == SQL_LIMIT_VARBIT || c->limit.kind == SQL_LIMIT_TIMETZ;
}

/* What is assigned. */
struct value {
    size_t from, to;
    bool is_default;
    struct sql_token only; /* of one token; kind END: of several */
};

/* A string so short that it fits, and NULL: nothing is to be done at run time. */
static bool fits_as_written(const struct sql_source_column *c, const struct value *v)
{
    struct str text = v->only.text;
    if (sql_token_is_word(&v->only, "NULL"))
        return true;
    return (c->limit.kind == SQL_LIMIT_VARCHAR || c->limit.kind == SQL_LIMIT_CHAR) &&
           v->only.kind == SQL_TOK_STRING && text.n >= 2 && text.p[0] == '\'' &&
           text.n - 2 <= (size_t)c->limit.n && text.p[text.n - 2] != ' ';
}

static int copy(struct assign *a, const char *text, struct str *out)
{
    const char *p = arena_strdup(a->r.arena, text);
    *out = p ? str_of(p) : (struct str){0};
    return p ? ST_OK : err_oom(a->r.err);
}

/* What stands before and behind a value of the column. */
static int around(struct assign *a, const struct sql_source_column *c, struct str *before, struct str *after)
{
    static const struct {
        const char *function, *type;
    } fits[] = {
        [SQL_LIMIT_VARCHAR] = {"varchar", "VARCHAR"},
        [SQL_LIMIT_CHAR] = {"bpchar", "VARCHAR"},
        [SQL_LIMIT_TIME] = {"time", "TIME"},
        [SQL_LIMIT_TIMESTAMP] = {"timestamp", "TIMESTAMP"},
        [SQL_LIMIT_TIMESTAMPTZ] = {"timestamptz", "TIMESTAMPTZ"},
    };
    char text[64];
    (void)snprintf(text, sizeof text, "pg_fit_%s(CAST(", fits[c->limit.kind].function);
    TRY(copy(a, text, before));
    (void)snprintf(text, sizeof text, " AS %s), %d)", fits[c->limit.kind].type, (int)c->limit.n);
    return copy(a, text, after);
}

/* A value is cast to the column's type without the limit, and then made to fit by a function. What shows its
 * length as it is written needs neither. */
static int fit(struct assign *a, const struct sql_source_column *c, const struct value *v)
{
    struct str before, after;
    if (c && c->list)
        return edits_list(&a->edits, &v->only, a->r.err);
    if (fits_by_itself(c) || fits_as_written(c, v))
        return ST_OK;
    TRY(around(a, c, &before, &after));
    TRY(edits_replace(&a->edits, v->from, 0, before, a->r.err));
    return edits_replace(&a->edits, v->to, 0, after, a->r.err);
}

/* NULL: the target has no column of that name, which is left for the engine to say. */
static const struct sql_source_column *find(const struct assign *a, const struct sql_token *name)
{
    for (size_t i = 0; i < a->target->ncolumns; i++)
        if (str_ieq(a->target->columns[i].name, sql_name_bare(name)))
            return &a->target->columns[i];
    return NULL;
}

static bool ends_expression(const struct sql_token *t)
{
    return sql_token_is_word(t, "WHERE") || sql_token_is_word(t, "RETURNING") || sql_token_is_word(t, "FROM");
}

/* On to a comma, a closing bracket or one of the words behind an expression. */
static void pass_expression(struct reader *r, struct value *v)
{
    struct sql_token first = r->token, last = {.kind = SQL_TOK_END}, before = last;
    size_t depth = 0, n = 0;
    for (; !is_end(r); reader_next(r), n++) {
        bool distinct = sql_token_is_word(&last, "DISTINCT") &&
                        (sql_token_is_word(&before, "IS") || sql_token_is_word(&before, "NOT"));
        if (depth == 0 && (sql_token_is(&r->token, ',') || part_closes(&r->token) ||
                           (ends_expression(&r->token) && !distinct)))
            break;
        depth += part_opens(&r->token);
        depth -= part_closes(&r->token) && depth;
        before = last;
        last = r->token;
    }
    *v = (struct value){.from = first.at, .only = {.kind = SQL_TOK_END}};
    v->to = last.kind == SQL_TOK_END ? r->token.at : last.at + last.text.n;
    v->is_default = n == 1 && sql_token_is_word(&first, "DEFAULT");
    if (n == 1)
        v->only = first;
}

/* ---- INSERT ---- */

/* A value for a column of such a kind is not taken, but for DEFAULT. */
static bool takes_no_value(const struct assign *a, const struct sql_source_column *c)
{
    return c && (c->generated || (c->identity == SQL_IDENTITY_ALWAYS && !a->system && !a->user));
}

static bool ignores_value(const struct assign *a, const struct sql_source_column *c)
{
    return c && a->user && c->identity != SQL_IDENTITY_NONE;
}

/* The value goes with the comma before it, or the one behind it when nothing stays before. */
static int without_value(struct assign *a, const struct value *v, size_t last_end)
{
    struct reader *r = &a->r;
    if (last_end)
        return edits_replace(&a->edits, last_end, v->to - last_end, STR(""), r->err);
    size_t to = v->to;
    if (sql_token_is(&r->token, ','))
        to = r->token.at + 1;
    return edits_replace(&a->edits, v->from, to - v->from, STR(""), r->err);
}

/* (value, …). To the engine a generated column is none: its DEFAULT goes. */
static int row(struct assign *a)
{
    struct reader *r = &a->r;
    size_t last_end = 0; /* of the value before that stays */
    reader_next(r);
    for (size_t i = 0; !is_end(r) && !sql_token_is(&r->token, ')'); i++) {
        const struct sql_source_column *c = i < a->n ? a->columns[i] : NULL;
        struct value v;
        pass_expression(r, &v);
        if (!v.is_default && takes_no_value(a, c))
            return refuse(a, c, false);
        if (c && c->generated)
            TRY(without_value(a, &v, last_end));
        else if (!v.is_default && ignores_value(a, c))
            TRY(edits_replace(&a->edits, v.from, v.to - v.from, STR("DEFAULT"), r->err));
        else if (!v.is_default)
            TRY(fit(a, c, &v));
        if (!c || !c->generated)
            last_end = v.to;
        if (sql_token_is(&r->token, ','))
            reader_next(r);
    }
    if (sql_token_is(&r->token, ')'))
        reader_next(r);
    return ST_OK;
}

static int values(struct assign *a)
{
    while (sql_token_is(&a->r.token, '(')) {
        TRY(row(a));
        if (!sql_token_is(&a->r.token, ','))
            break;
        reader_next(&a->r);
    }
    return ST_OK;
}

/* SELECT c0, fit(c1), tavana.* EXCLUDE (c0, c1) FROM (query) AS tavana(c0, c1). The engine's error about a
 * query with fewer columns says that name: whether the statement lists them, the session has to know. Where a
 * column takes no value and none are listed, there is one value too many, so that it has to list them. */
static int put_wrapped(struct assign *a, size_t from, size_t to)
{
    struct str before, after;
    bool any = false, unknown = false; /* whether there is a value for a column that takes none */
    CLEANUP(buf_release) struct buf b;
    buf_init(&b, WRAPPED_MAX);
    for (size_t i = 0; i < a->n; i++) {
        unknown |= !a->listed && takes_no_value(a, a->columns[i]);
        const struct sql_source_column *c = a->columns[i];
        if (ignores_value(a, c))
            continue;
        buf_printf(&b, any ? ", " : "SELECT ");
        any = true;
        if (fits_by_itself(c)) {
            buf_printf(&b, "c%zu", i);
            continue;
        }
        TRY(around(a, c, &before, &after));
        buf_printf(&b, "%.*sc%zu%.*s", (int)before.n, before.p, i, (int)after.n, after.p);
    }
    const char *name = a->listed ? "tavana" : SQL_ASSIGN_UNLISTED;
    buf_printf(&b, ", %s.* EXCLUDE (", name); /* what is too much stays, for the engine to refuse */
    for (size_t i = 0; i < a->n; i++)
        buf_printf(&b, i ? ", c%zu" : "c%zu", i);
    buf_printf(&b, unknown ? "), NULL FROM (" : ") FROM (");
    const char *head = buf_ok(&b) ? arena_strndup(a->r.arena, (const char *)b.data, b.len) : NULL;
    buf_clear(&b);
    buf_printf(&b, "\n) AS %s(", name);
    for (size_t i = 0; i < a->n; i++)
        buf_printf(&b, i ? ", c%zu" : "c%zu", i);
    buf_printf(&b, ") ");
    const char *tail = buf_ok(&b) ? arena_strndup(a->r.arena, (const char *)b.data, b.len) : NULL;
    if (!head || !tail)
        return err_oom(a->r.err);
    if (!any)
        return err_set(a->r.err, SQLSTATE_FEATURE_NOT_SUPPORTED,
                       "OVERRIDING USER VALUE is not supported for a query of identity columns alone");
    TRY(edits_replace(&a->edits, from, 0, str_of(head), a->r.err));
    return edits_replace(&a->edits, to, 0, str_of(tail), a->r.err);
}

/* A query, up to ON CONFLICT or RETURNING. */
static int select_rows(struct assign *a)
{
    struct reader *r = &a->r;
    size_t from = r->token.at, to = from, depth = 0;
    bool wraps = false;
    for (size_t i = 0; i < a->n; i++) {
        bool none = takes_no_value(a, a->columns[i]);
        if (none && a->listed)
            return refuse(a, a->columns[i], false);
        wraps |= none || !fits_by_itself(a->columns[i]) || ignores_value(a, a->columns[i]);
    }
    for (; !is_end(r); reader_next(r)) {
        if (depth == 0 && sql_token_is_word(&r->token, "RETURNING"))
            break;
        if (depth == 0 && sql_token_is_word(&r->token, "ON")) {
            struct sql_lexer ahead = r->lexer;
            struct sql_token t;
            (void)sql_lexer_next(&ahead, &t);
            if (sql_token_is_word(&t, "CONFLICT"))
                break;
        }
        depth += part_opens(&r->token);
        depth -= part_closes(&r->token) && depth;
        to = r->token.at + r->token.text.n;
    }
    return wraps ? put_wrapped(a, from, to) : ST_OK;
}

/* OVERRIDING SYSTEM VALUE, which goes. */
static int overriding(struct assign *a)
{
    struct reader *r = &a->r;
    size_t from = r->token.at;
    if (!reader_take(r, "OVERRIDING"))
        return ST_OK;
    a->system = sql_token_is_word(&r->token, "SYSTEM");
    a->user = sql_token_is_word(&r->token, "USER");
    reader_next(r);
    if (!reader_take(r, "VALUE"))
        return reader_syntax_error(r);
    return edits_replace(&a->edits, from, r->token.at - from, STR(""), r->err);
}

/* (a, b). A generated column, and one whose value is ignored for a query, are not named to the engine. */
static int column_list(struct assign *a)
{
    struct reader *r = &a->r;
    struct sql_lexer ahead = r->lexer;
    struct sql_token t;
    (void)sql_lexer_next(&ahead, &t);
    if (sql_token_is_word(&t, "SELECT") || sql_token_is_word(&t, "WITH") || sql_token_is(&t, '('))
        return ST_OK; /* a query in brackets */
    a->listed = true;
    a->n = 0;
    for (reader_next(r); sql_token_is_name(&r->token) && a->n < a->target->ncolumns;) {
        a->columns[a->n++] = find(a, &r->token);
        reader_next(r);
        if (sql_token_is(&r->token, ','))
            reader_next(r);
        else
            break;
    }
    while (!is_end(r) && !sql_token_is(&r->token, ')'))
        reader_next(r);
    reader_next(r);
    return ST_OK;
}

/* Takes the columns that the engine shall not be told out of the list. */
static int shorten_list(struct assign *a, struct reader at, bool query)
{
    bool any = false, first = true;
    for (size_t i = 0; i < a->n; i++)
        any |= a->columns[i] && (a->columns[i]->generated || (query && ignores_value(a, a->columns[i])));
    if (!any)
        return ST_OK;
    size_t from = at.token.at + 1, to = from;
    CLEANUP(buf_release) struct buf b;
    buf_init(&b, WRAPPED_MAX);
    reader_next(&at);
    for (size_t i = 0; i < a->n && sql_token_is_name(&at.token); i++) {
        if (!a->columns[i] || !(a->columns[i]->generated || (query && ignores_value(a, a->columns[i])))) {
            buf_printf(&b, "%s%.*s", first ? "" : ", ", (int)at.token.text.n, at.token.text.p);
            first = false;
        }
        to = at.token.at + at.token.text.n;
        reader_next(&at);
        if (sql_token_is(&at.token, ','))
            reader_next(&at);
    }
    const char *list = buf_ok(&b) ? arena_strndup(a->r.arena, (const char *)b.data, b.len) : NULL;
    return list ? edits_replace(&a->edits, from, to - from, (struct str){list, b.len}, a->r.err)
                : err_oom(a->r.err);
}

static int set_list(struct assign *a);

/* Values for the first columns alone: the engine wants to be told which. */
static int put_list(struct assign *a, size_t at)
{
    size_t n = first_row(&a->r);
    bool any = false;
    if (n == 0 || n >= a->n)
        return ST_OK;
    CLEANUP(buf_release) struct buf b;
    buf_init(&b, WRAPPED_MAX);
    for (size_t i = 0; i < n; i++) {
        if (a->columns[i]->generated)
            continue;
        buf_printf(&b, any ? ", " : " (");
        sql_name_put(&b, a->columns[i]->name);
        any = true;
    }
    buf_printf(&b, ") ");
    const char *list = buf_ok(&b) ? arena_strndup(a->r.arena, (const char *)b.data, b.len) : NULL;
    if (!list)
        return err_oom(a->r.err);
    return any ? edits_replace(&a->edits, at, 0, (struct str){list, b.len}, a->r.err) : ST_OK;
}

/* INSERT from behind the target's name on. Generated columns are left out of the list of columns and out of
 * each row, because the engine takes no value for them, not even DEFAULT. */
static int insert(struct assign *a)
{
    struct reader *r = &a->r;
    struct reader list = {0};
    if (reader_take(r, "AS"))
        reader_next(r);
    for (size_t i = 0; i < a->target->ncolumns; i++)
        a->columns[i] = &a->target->columns[i];
    a->n = a->target->ncolumns;
    if (sql_token_is(&r->token, '(')) {
        list = *r;
        TRY(column_list(a));
    }
    TRY(overriding(a));
    if (reader_take(r, "BY"))
        return ST_OK; /* BY NAME: the engine's */
    if (reader_take(r, "DEFAULT"))
        return ST_OK;
    bool query = !sql_token_is_word(&r->token, "VALUES");
    if (!a->listed && !query)
        TRY(put_list(a, r->token.at));
    if (a->listed)
        TRY(shorten_list(a, list, query));
    else if (query && a->user)
        return err_set(r->err, SQLSTATE_FEATURE_NOT_SUPPORTED,
                       "OVERRIDING USER VALUE is not supported for a query without a list of columns");
    if (reader_take(r, "VALUES"))
        TRY(values(a));
    else
        TRY(select_rows(a));
    while (!is_end(r) && !sql_token_is_word(&r->token, "SET") && !sql_token_is_word(&r->token, "RETURNING"))
        if (sql_token_is(&r->token, '('))
            reader_skip_brackets(r);
        else
            reader_next(r);
    return reader_take(r, "SET") ? set_list(a) : ST_OK;
}

/* ---- SET ---- */

/* (a, b) = (x, y) | ROW (x, y) | (SELECT …) */
static int set_several(struct assign *a)
{
    struct reader *r = &a->r;
    const struct sql_source_column *columns[64] = {0};
    size_t n = 0;
    for (reader_next(r); sql_token_is_name(&r->token);) {
        const struct sql_source_column *c = find(a, &r->token);
        if (n < 64)
            columns[n++] = c;
        reader_next(r);
        if (sql_token_is(&r->token, ','))
            reader_next(r);
    }
    reader_next(r); /* ) */
    reader_next(r); /* = */
    (void)reader_take(r, "ROW");
    struct sql_lexer ahead = r->lexer;
    struct sql_token t;
    (void)sql_lexer_next(&ahead, &t);
    bool query = sql_token_is_word(&t, "SELECT") || sql_token_is_word(&t, "WITH");
    for (size_t i = 0; query && i < n; i++)
        if (columns[i] && (columns[i]->generated || columns[i]->identity == SQL_IDENTITY_ALWAYS))
            return refuse(a, columns[i], true);
    if (query || !sql_token_is(&r->token, '(')) {
        struct value v;
        pass_expression(r, &v);
        return ST_OK;
    }
    reader_next(r);
    for (size_t i = 0; !is_end(r) && !sql_token_is(&r->token, ')'); i++) {
        const struct sql_source_column *c = i < n ? columns[i] : NULL;
        struct value v;
        pass_expression(r, &v);
        if (!v.is_default && c && (c->generated || c->identity == SQL_IDENTITY_ALWAYS))
            return refuse(a, c, true);
        if (!v.is_default)
            TRY(fit(a, c, &v));
        if (sql_token_is(&r->token, ','))
            reader_next(r);
    }
    reader_next(r);
    return ST_OK;
}

/* column = value. An assignment to a part of the column, such as a[1] = 2, is left to the engine. */
static int set_one(struct assign *a)
{
    struct reader *r = &a->r;
    const struct sql_source_column *c = find(a, &r->token);
    struct value v;
    reader_next(r);
    bool equals = r->token.kind == SQL_TOK_OP && str_eq(r->token.text, STR("="));
    reader_next(r);
    pass_expression(r, &v);
    if (!equals || v.is_default)
        return ST_OK;
    if (c && (c->generated || c->identity == SQL_IDENTITY_ALWAYS))
        return refuse(a, c, true);
    return fit(a, c, &v);
}

static int set_list(struct assign *a)
{
    struct reader *r = &a->r;
    while (!is_end(r)) {
        if (sql_token_is(&r->token, '('))
            TRY(set_several(a));
        else if (sql_token_is_name(&r->token))
            TRY(set_one(a));
        if (!sql_token_is(&r->token, ','))
            return ST_OK;
        reader_next(r);
    }
    return ST_OK;
}

/* ---- all of it ---- */

/* Nothing is known of the target: OVERRIDING says nothing there. */
static int without_overriding(struct assign *a)
{
    while (!is_end(&a->r) && !sql_token_is_word(&a->r.token, "OVERRIDING"))
        if (sql_token_is(&a->r.token, '('))
            reader_skip_brackets(&a->r);
        else
            reader_next(&a->r);
    return overriding(a);
}

int sql_assign(struct arena *arena, struct sql_tokens sql, const struct sql_source *target,
               struct sql_rewritten *out, struct err *e)
{
    static const struct sql_source nothing = {0};
    struct sql_assignment head;
    struct assign a = {.target = target ? target : &nothing};
    *out = (struct sql_rewritten){.text = sql.text};
    reader_init(&a.r, arena, sql, e);
    if (!read_head(&a.r, &head) || (!a.target->limited && !head.insert))
        return ST_OK;
    bool all = target && head.insert; /* also for values of the first columns alone */
    a.columns = arena_calloc(arena, a.target->ncolumns + 1, sizeof(void *));
    if (!a.columns)
        return err_oom(e);
    edits_init(&a.edits, arena, sql.text);
    if (!a.target->limited && !all) {
        TRY(without_overriding(&a));
    } else if (head.insert) {
        TRY(insert(&a));
    } else {
        while (!is_end(&a.r) && !sql_token_is_word(&a.r.token, "SET"))
            reader_next(&a.r);
        if (reader_take(&a.r, "SET"))
            TRY(set_list(&a));
    }
    return edits_apply(&a.edits, out, e);
}
