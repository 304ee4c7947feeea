/* The calls are found by their brackets: a word in front of one that is in the table. Nothing is known of
 * what their arguments are, nor need be: the engine gets them as they are written, cast to what the
 * function takes, in an array of texts, so that each call is one column still, and ORDER BY 1 means what it
 * meant. */
#include "sql/calls.h"

#include "sql/edits.h"
#include "sql/reader.h"
#include "sql/statement.h"

#include <stdlib.h>
#include <strings.h>

#define LOCK(call, is_what, is_shared, in_transaction, gives)                                                \
    {                                                                                                        \
        .name = (call), .what = (is_what), .least = 1, .most = 2, .shared = (is_shared),                     \
        .transaction = (in_transaction), .result = (gives)                                                   \
    }

#define REFUSED(call, arguments)                                                                             \
    {                                                                                                        \
        .name = (call), .what = SQL_CALL_REFUSED, .most = (arguments), .types = {"text", "text", "text"},    \
        .result = SQL_CALL_TEXT                                                                              \
    }

/* Sorted by name. A lock's key is one bigint or two integers. There are no large objects. */
static const struct sql_call_function functions[] = {
    REFUSED("lo_close", 1),
    REFUSED("lo_creat", 1),
    REFUSED("lo_create", 1),
    REFUSED("lo_export", 2),
    REFUSED("lo_from_bytea", 2),
    REFUSED("lo_get", 3),
    REFUSED("lo_import", 2),
    REFUSED("lo_lseek", 3),
    REFUSED("lo_lseek64", 3),
    REFUSED("lo_open", 2),
    REFUSED("lo_put", 3),
    REFUSED("lo_tell", 1),
    REFUSED("lo_tell64", 1),
    REFUSED("lo_truncate", 2),
    REFUSED("lo_truncate64", 2),
    REFUSED("lo_unlink", 1),
    REFUSED("loread", 2),
    REFUSED("lowrite", 2),
    LOCK("pg_advisory_lock", SQL_CALL_LOCK, false, false, SQL_CALL_VOID),
    LOCK("pg_advisory_lock_shared", SQL_CALL_LOCK, true, false, SQL_CALL_VOID),
    LOCK("pg_advisory_unlock", SQL_CALL_UNLOCK, false, false, SQL_CALL_BOOL),
    {.name = "pg_advisory_unlock_all", .what = SQL_CALL_UNLOCK_ALL, .result = SQL_CALL_VOID},
    LOCK("pg_advisory_unlock_shared", SQL_CALL_UNLOCK, true, false, SQL_CALL_BOOL),
    LOCK("pg_advisory_xact_lock", SQL_CALL_LOCK, false, true, SQL_CALL_VOID),
    LOCK("pg_advisory_xact_lock_shared", SQL_CALL_LOCK, true, true, SQL_CALL_VOID),
    {"pg_cancel_backend", SQL_CALL_CANCEL, 1, 1, false, false, false, {"integer"}, SQL_CALL_BOOL},
    {"pg_export_snapshot", SQL_CALL_REFUSED, 0, 0, false, false, false, {0}, SQL_CALL_TEXT},
    {"pg_notify", SQL_CALL_NOTIFY, 2, 2, false, false, true, {"text", "text"}, SQL_CALL_VOID},
    {"pg_terminate_backend",
     SQL_CALL_TERMINATE,
     1,
     2,
     false,
     false,
     false,
     {"integer", "bigint"},
     SQL_CALL_BOOL},
    LOCK("pg_try_advisory_lock", SQL_CALL_TRY_LOCK, false, false, SQL_CALL_BOOL),
    LOCK("pg_try_advisory_lock_shared", SQL_CALL_TRY_LOCK, true, false, SQL_CALL_BOOL),
    LOCK("pg_try_advisory_xact_lock", SQL_CALL_TRY_LOCK, false, true, SQL_CALL_BOOL),
    LOCK("pg_try_advisory_xact_lock_shared", SQL_CALL_TRY_LOCK, true, true, SQL_CALL_BOOL),
    {"setval", SQL_CALL_SETVAL, 2, 3, false, false, false, {"text", "bigint", "boolean"}, SQL_CALL_INT8},
};

static int compare(const void *key, const void *item)
{
    const struct str *name = key;
    const struct sql_call_function *f = item;
    int order = strncasecmp(name->p, f->name, name->n);
    return order ? order : f->name[name->n] ? -1 : 0;
}

static const struct sql_call_function *find(struct str name)
{
    if (name.n == 0 || memchr(name.p, '\0', name.n))
        return NULL;
    return bsearch(&name, functions, sizeof functions / sizeof *functions, sizeof *functions, compare);
}

static bool is_word_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '$' || (c & 0x80);
}

/* By its brackets' bytes: what is found may lie in a string. */
static bool may_have_calls(struct str sql)
{
    const char *at = sql.p, *end = sql.p + sql.n;
    while ((at = memchr(at, '(', (size_t)(end - at)))) {
        const char *to = at++;
        while (to > sql.p && (to[-1] == ' ' || to[-1] == '\n' || to[-1] == '\t'))
            to--;
        const char *from = to;
        while (from > sql.p && is_word_byte(from[-1]))
            from--;
        char first = (char)(from < to ? *from | 0x20 : 0);
        if ((first == 'l' || first == 'p' || first == 's') && find((struct str){from, (size_t)(to - from)}))
            return true;
    }
    return false;
}

/* The function that is called where the reader stands: its name, and the bracket. */
static const struct sql_call_function *call_at(const struct reader *r)
{
    struct sql_lexer ahead = r->lexer;
    struct sql_token name = r->token, t;
    if (sql_token_is_word(&name, "pg_catalog")) {
        if (sql_lexer_next(&ahead, &t), !sql_token_is(&t, '.'))
            return NULL;
        (void)sql_lexer_next(&ahead, &name);
    }
    if (!sql_token_is_name(&name))
        return NULL;
    struct str bare = name.text;
    if (name.kind == SQL_TOK_QUOTED && bare.n > 2)
        bare = (struct str){bare.p + 1, bare.n - 2};
    const struct sql_call_function *f = find(bare);
    return f && (sql_lexer_next(&ahead, &t), sql_token_is(&t, '(')) ? f : NULL;
}

/* A name of the client's own schema is another function. */
static bool is_qualified(const struct sql_token *before)
{
    return sql_token_is(before, '.');
}

bool sql_has_calls(struct sql_tokens sql)
{
    struct reader r;
    struct sql_token before = {.kind = SQL_TOK_END};
    if (!may_have_calls(sql.text))
        return false;
    reader_init(&r, NULL, sql, NULL);
    while (r.token.kind != SQL_TOK_END && r.token.kind != SQL_TOK_BAD) {
        if (!is_qualified(&before) && call_at(&r))
            return true;
        before = r.token;
        reader_next(&r);
    }
    return false;
}

/* ---- reading one ---- */

struct parsing {
    struct reader r;
    struct edits edits;
    struct sql_calls *out;
    bool sets, reads; /* sequences */
};

/* A call that the session cannot answer, since it would have to know what the engine makes of it. */
static int refuse(struct parsing *p, const struct sql_call_function *f)
{
    (void)err_set(p->r.err, SQLSTATE_FEATURE_NOT_SUPPORTED,
                  "%s can only be called as an item of a SELECT's target list",
                  f ? f->name : "such a function");
    p->r.err->position = str_position(p->r.text, p->r.token.at);
    return ST_ERR;
}

static int wrong_arguments(struct parsing *p, const struct sql_call_function *f, size_t at)
{
    (void)err_set(p->r.err, SQLSTATE_UNDEFINED_FUNCTION, "function %s does not exist with so many arguments",
                  f->name);
    p->r.err->position = str_position(p->r.text, at);
    return ST_ERR;
}

/* The engine would ask for the next value before the session has set it. */
static void note_sequence(struct parsing *p, const struct sql_token *t)
{
    static const char *const words[] = {"nextval", "currval", "lastval"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        p->reads |= sql_token_is_word(t, words[i]);
}

static size_t end_of(const struct sql_token *t)
{
    return t->at + t->text.n;
}

/* From an argument's first token to the comma or bracket behind it. */
struct argument {
    size_t at, end;
    size_t regclass; /* where ::regclass begins behind a string alone; 0: it is not so */
    bool parameter;  /* it is one alone, whose type the cast says when it stands in it without brackets */
};

static int read_argument(struct parsing *p, struct argument *out)
{
    struct reader *r = &p->r;
    size_t depth = 0, ntokens = 0;
    bool string = r->token.kind == SQL_TOK_STRING, cast = false;
    bool parameter = r->token.kind == SQL_TOK_PARAM;
    *out = (struct argument){.at = r->token.at};
    for (;; reader_next(r)) {
        const struct sql_token *t = &r->token;
        if (t->kind == SQL_TOK_END || t->kind == SQL_TOK_BAD)
            return reader_syntax_error(r);
        bool close = sql_token_is(t, ')') || sql_token_is(t, ']');
        if (depth == 0 && (close || sql_token_is(t, ',')))
            break;
        if (call_at(r))
            return refuse(p, call_at(r));
        note_sequence(p, t);
        if (sql_token_is(t, '(') || sql_token_is(t, '['))
            depth++;
        else if (close)
            depth--;
        if (ntokens == 1 && sql_token_is_typecast(t) && string)
            out->regclass = t->at;
        cast = ntokens == 2 && sql_token_is_word(t, "regclass");
        ntokens++;
        out->end = end_of(t);
    }
    if (ntokens == 0)
        return reader_syntax_error(r);
    if (!cast || ntokens != 3)
        out->regclass = 0;
    out->parameter = parameter && ntokens == 1;
    return ST_OK;
}

/* Three texts at one place. */
static int put_text(struct parsing *p, size_t at, const char *a, const char *b, const char *c)
{
    size_t n = strlen(a) + strlen(b) + strlen(c);
    char *text = arena_alloc(p->r.arena, n + 1);
    if (!text)
        return err_oom(p->r.err);
    memcpy(text, a, strlen(a));
    memcpy(text + strlen(a), b, strlen(b));
    memcpy(text + strlen(a) + strlen(b), c, strlen(c) + 1);
    return edits_replace(&p->edits, at, 0, (struct str){text, n}, p->r.err);
}

/* What an argument is cast to: of a lock's key that depends on how many there are. */
static const char *type_of(const struct sql_call_function *f, unsigned argument, unsigned nargs)
{
    const char *type = f->types[argument];
    return type ? type : nargs == 1 ? "bigint" : "integer";
}

/* f(a, b) → ARRAY[CAST((a) AS bigint)::text, …], at f. The reader stands behind the call then. */
static int read_call(struct parsing *p, const struct sql_call_function *f, struct sql_call_item *out)
{
    struct reader *r = &p->r;
    struct argument args[SQL_CALL_ARGUMENTS_MAX];
    size_t at = r->token.at;
    *out = (struct sql_call_item){.function = f, .column = f->name, .place = p->out->nitems};
    while (!sql_token_is(&r->token, '('))
        reader_next(r);
    TRY(edits_replace(&p->edits, at, end_of(&r->token) - at, STR("ARRAY["), r->err));
    reader_next(r);
    while (!sql_token_is(&r->token, ')')) {
        if (out->nargs == f->most)
            return wrong_arguments(p, f, at);
        TRY(read_argument(p, &args[out->nargs++]));
        if (sql_token_is(&r->token, ']'))
            return reader_syntax_error(r);
        if (!sql_token_is(&r->token, ','))
            continue;
        reader_next(r);
        if (sql_token_is(&r->token, ')'))
            return reader_syntax_error(r);
    }
    if (out->nargs < f->least)
        return wrong_arguments(p, f, at);
    for (unsigned i = 0; i < out->nargs; i++) {
        struct argument *a = &args[i];
        TRY(put_text(p, a->at, a->parameter ? "CAST(" : "CAST((", "", ""));
        if (a->regclass)
            TRY(edits_replace(&p->edits, a->regclass, a->end - a->regclass, STR(""), r->err));
        TRY(put_text(p, a->end, a->parameter ? " AS " : ") AS ", type_of(f, i, out->nargs), ")::text"));
    }
    TRY(edits_replace(&p->edits, r->token.at, 1, out->nargs ? STR("]") : STR("NULL::text]"), r->err));
    reader_next(r);
    return ST_OK;
}

static bool is_clause(const struct sql_token *t)
{
    static const char *const words[] = {"FROM", "WHERE", "ORDER", "LIMIT", "OFFSET", "FETCH", "FOR"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (sql_token_is_word(t, words[i]))
            return true;
    return false;
}

/* What may follow an item of the target list. */
static bool ends_item(const struct sql_token *t)
{
    return t->kind == SQL_TOK_END || sql_token_is(t, ',') || is_clause(t);
}

/* What makes one row of several, or several queries one. */
static bool mixes_rows(const struct sql_token *t)
{
    static const char *const words[] = {"UNION", "INTERSECT", "EXCEPT", "GROUP", "HAVING", "WINDOW", "INTO"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (sql_token_is_word(t, words[i]))
            return true;
    return false;
}

/* [AS] name, or nothing. */
static int read_alias(struct parsing *p, struct sql_call_item *item)
{
    bool as = reader_take(&p->r, "AS");
    if (!as && ends_item(&p->r.token))
        return ST_OK;
    return sql_token_is_name(&p->r.token) ? reader_name(&p->r, &item->column) : refuse(p, item->function);
}

/* Over what is no call: an item, or all that there is. */
static int skip(struct parsing *p, bool to_clause)
{
    struct reader *r = &p->r;
    struct sql_token before = {.kind = SQL_TOK_END};
    size_t depth = 0;
    for (; r->token.kind != SQL_TOK_END; reader_next(r)) {
        const struct sql_token *t = &r->token;
        if (t->kind == SQL_TOK_BAD)
            return reader_syntax_error(r);
        bool distinct_from = sql_token_is_word(t, "FROM") && sql_token_is_word(&before, "DISTINCT");
        if (depth == 0 && to_clause && ends_item(t) && !distinct_from)
            return ST_OK;
        const struct sql_call_function *f = is_qualified(&before) ? NULL : call_at(r);
        if (f || (depth == 0 && mixes_rows(t)))
            return refuse(p, f);
        note_sequence(p, t);
        if (sql_token_is(t, '(') || sql_token_is(t, '['))
            depth++;
        else if (depth > 0 && (sql_token_is(t, ')') || sql_token_is(t, ']')))
            depth--;
        before = *t;
    }
    return ST_OK;
}

static int read_item(struct parsing *p)
{
    struct reader *r = &p->r;
    struct sql_calls *all = p->out;
    const struct sql_call_function *f = call_at(r);
    bool star = r->token.kind == SQL_TOK_OP && r->token.text.n == 1 && r->token.text.p[0] == '*';
    if (f) {
        if (all->n == SQL_CALLS_MAX)
            return err_set(r->err, SQLSTATE_PROGRAM_LIMIT_EXCEEDED,
                           "more than %d calls of the session's functions", SQL_CALLS_MAX);
        struct sql_call_item *item = &all->items[all->n++];
        p->sets |= f->what == SQL_CALL_SETVAL;
        TRY(read_call(p, f, item));
        TRY(read_alias(p, item));
        if (!ends_item(&r->token))
            return mixes_rows(&r->token) ? refuse(p, NULL) : refuse(p, f);
    } else {
        struct sql_token last = r->token;
        while (!ends_item(&r->token) && sql_token_is_name(&r->token)) { /* t.* is several columns too */
            struct sql_lexer ahead = r->lexer;
            struct sql_token dot;
            (void)sql_lexer_next(&ahead, &dot);
            if (!sql_token_is(&dot, '.'))
                break;
            reader_next(r);
            reader_next(r);
            last = r->token;
        }
        star |= last.kind == SQL_TOK_OP && last.text.n == 1 && last.text.p[0] == '*';
        TRY(skip(p, true));
    }
    if (star && all->star != SIZE_MAX)
        return refuse(p, NULL);
    if (star)
        all->star = all->nitems;
    all->nitems++;
    return ST_OK;
}

/* SELECT * FROM f(…) [[AS] name]: at FROM. */
static int read_from(struct parsing *p, size_t star)
{
    struct reader *r = &p->r;
    reader_next(r);
    TRY(edits_replace(&p->edits, star, r->token.at - star, STR(""), r->err));
    p->out->nitems = 0;
    p->out->star = SIZE_MAX;
    TRY(read_item(p));
    return r->token.kind == SQL_TOK_END ? ST_OK : refuse(p, p->out->items[0].function);
}

static int read_all(struct parsing *p)
{
    struct reader *r = &p->r;
    (void)reader_take(r, "SELECT");
    (void)reader_take(r, "ALL");
    if (sql_token_is_word(&r->token, "DISTINCT"))
        return refuse(p, NULL);
    size_t first = r->token.at;
    for (;;) {
        TRY(read_item(p));
        if (!sql_token_is(&r->token, ','))
            break;
        reader_next(r);
    }
    struct reader behind = *r;
    reader_next(&behind);
    if (p->out->n == 0 && p->out->nitems == 1 && p->out->star == 0 && sql_token_is_word(&r->token, "FROM") &&
        call_at(&behind))
        return read_from(p, first);
    TRY(skip(p, false));
    if (p->sets && p->reads)
        return err_set(r->err, SQLSTATE_FEATURE_NOT_SUPPORTED,
                       "setval beside nextval, currval or lastval in one SELECT is not supported");
    return p->out->n > 0 ? ST_OK : refuse(p, NULL);
}

int sql_parse_calls(struct arena *a, const struct sql_statement *s, struct sql_calls *out, struct err *e)
{
    struct parsing p = {.out = out};
    *out = (struct sql_calls){.star = SIZE_MAX, .items = arena_calloc(a, SQL_CALLS_MAX, sizeof *out->items)};
    if (!out->items)
        return err_oom(e);
    reader_init(&p.r, a, sql_statement_tokens(s), e);
    edits_init(&p.edits, a, s->text);
    TRY(read_all(&p));
    if (out->star == SIZE_MAX)
        out->star = out->nitems;
    return edits_apply(&p.edits, &out->made, e);
}
