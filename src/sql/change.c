/* One pass over the tokens. A clause ends at a word that may not stand in an expression by itself, outside of
 * all brackets; IS DISTINCT FROM is the exception. */
#include "sql/change.h"

#include "sql/name.h"
#include "sql/part.h"
#include "sql/reader.h"

#include <string.h>

static bool is_end(const struct reader *r)
{
    return r->token.kind == SQL_TOK_END || r->token.kind == SQL_TOK_BAD || sql_token_is(&r->token, ';');
}

/* Functions whose answer may be another the next time. */
static bool is_volatile(const struct sql_token *t)
{
    static const char *const names[] = {"nextval",   "setval",          "random",          "gen_random_uuid",
                                        "uuid",      "clock_timestamp", "currval",         "pg_sleep",
                                        "timeofday", "lastval",         "uuid_generate_v4"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (str_ieq(sql_name_bare(t), str_of(names[i])))
            return true;
    return false;
}

static bool ends_clause(const struct sql_token *t)
{
    static const char *const words[] = {"WHERE", "RETURNING", "FROM", "USING", "SET"};
    return PART_IS_ANY(t, words);
}

/* What lies between the current token and the end of its clause (list: or the next comma). *known: no call in
 * it whose answer may change. */
static struct str clause(struct reader *r, bool list, bool *known)
{
    struct sql_token last = {.kind = SQL_TOK_END}, before = last;
    size_t depth = 0, from = r->token.at, to = from;
    for (; !is_end(r); reader_next(r)) {
        bool distinct = sql_token_is_word(&last, "DISTINCT") &&
                        (sql_token_is_word(&before, "IS") || sql_token_is_word(&before, "NOT"));
        if (depth == 0 && (part_closes(&r->token) || (list && sql_token_is(&r->token, ',')) ||
                           (ends_clause(&r->token) && !distinct)))
            break;
        depth += part_opens(&r->token);
        depth -= part_closes(&r->token) && depth;
        if (sql_token_is_name(&r->token))
            *known &= !is_volatile(&r->token);
        to = r->token.at + r->token.text.n;
        before = last;
        last = r->token;
    }
    return (struct str){r->text.p + from, to - from};
}

/* ---- the target ---- */

static void skip_with(struct reader *r, struct sql_change *out)
{
    static const char *const commands[] = {"INSERT", "UPDATE", "DELETE", "SELECT"};
    bool with = reader_take(r, "WITH");
    while (with && !is_end(r) && !PART_IS_ANY(&r->token, commands))
        if (sql_token_is(&r->token, '('))
            reader_skip_brackets(r);
        else
            reader_next(r);
    out->with = (struct str){r->text.p, with ? r->token.at : 0};
}

/* [ONLY] name [*] [[AS] alias] */
static bool target(struct reader *r, struct sql_change *out)
{
    static const char *const behind[] = {"SET", "USING", "WHERE", "RETURNING",  "VALUES", "DEFAULT", "SELECT",
                                         "ON",  "WITH",  "FROM",  "OVERRIDING", "TABLE",  "BY"};
    (void)reader_take(r, "ONLY");
    size_t from = r->token.at, to = from;
    while (sql_token_is_name(&r->token) && out->nparts < SQL_SOURCE_PARTS_MAX) {
        out->parts[out->nparts++] = r->token;
        to = r->token.at + r->token.text.n;
        reader_next(r);
        if (!sql_token_is(&r->token, '.'))
            break;
        reader_next(r);
    }
    if (out->nparts == 0)
        return false;
    out->called = out->parts[out->nparts - 1].text;
    if (part_is_star(&r->token))
        reader_next(r);
    bool as = reader_take(r, "AS");
    out->target = (struct str){r->text.p + from, to - from};
    if (sql_token_is_name(&r->token) && (as || !PART_IS_ANY(&r->token, behind))) {
        out->called = r->token.text;
        out->target.n = r->token.at + r->token.text.n - from;
        reader_next(r);
    }
    return true;
}

/* ---- SET ---- */

static int add_set(struct reader *r, struct sql_change *out, size_t *room, const struct sql_change_set *set)
{
    if (out->nsets == SQL_CHANGE_SETS_MAX) {
        out->others = true;
        return ST_OK;
    }
    if (out->nsets == *room) {
        size_t more = *room ? 2 * *room : 16;
        struct sql_change_set *sets = arena_calloc(r->arena, more, sizeof *sets);
        if (!sets)
            return err_oom(r->err);
        if (out->nsets)
            memcpy(sets, out->sets, out->nsets * sizeof *sets);
        out->sets = sets;
        *room = more;
    }
    out->sets[out->nsets++] = *set;
    return ST_OK;
}

static int set_list(struct reader *r, struct sql_change *out)
{
    size_t room = 0;
    while (!is_end(r)) {
        struct sql_change_set set = {.column = r->token, .known = true, .from = r->token.at};
        bool name = sql_token_is_name(&r->token);
        if (name)
            reader_next(r);
        else if (sql_token_is(&r->token, '('))
            reader_skip_brackets(r);
        bool equals = r->token.kind == SQL_TOK_OP && str_eq(r->token.text, STR("="));
        if (equals)
            reader_next(r);
        set.known = !sql_token_is_word(&r->token, "DEFAULT");
        set.value = clause(r, true, &set.known);
        set.to = (size_t)(set.value.p - r->text.p) + set.value.n;
        out->others |= !name || !equals || set.value.n == 0;
        if (name && equals)
            TRY(add_set(r, out, &room, &set));
        if (!sql_token_is(&r->token, ','))
            return ST_OK;
        reader_next(r);
    }
    return ST_OK;
}

/* ---- the commands ---- */

/* FROM or USING, WHERE, RETURNING. */
static void tail(struct reader *r, struct sql_change *out)
{
    bool ignored = true;
    if (reader_take(r, "FROM") || reader_take(r, "USING"))
        out->from = clause(r, false, &ignored);
    if (reader_take(r, "WHERE"))
        out->where = clause(r, false, &ignored);
    out->returns = sql_token_is_word(&r->token, "RETURNING");
}

/* (…): what lies in it. */
static struct str in_brackets(struct reader *r)
{
    size_t from = r->token.at + 1;
    struct sql_lexer l = r->lexer;
    struct sql_token t = r->token;
    size_t depth = 1;
    while (depth > 0 && sql_lexer_next(&l, &t) != SQL_TOK_END && t.kind != SQL_TOK_BAD) {
        depth += sql_token_is(&t, '(');
        depth -= sql_token_is(&t, ')');
    }
    reader_skip_brackets(r);
    return depth == 0 ? (struct str){r->text.p + from, t.at - from} : (struct str){r->text.p + from, 0};
}

/* On to ON CONFLICT, outside of brackets; the rows lie before it. */
static void rows(struct reader *r, struct sql_change *out)
{
    size_t from = r->token.at, to = from, depth = 0;
    for (; !is_end(r); reader_next(r)) {
        struct sql_lexer ahead = r->lexer;
        struct sql_token t = {.kind = SQL_TOK_END};
        if (depth == 0 && sql_token_is_word(&r->token, "ON") && sql_lexer_next(&ahead, &t) != SQL_TOK_END &&
            sql_token_is_word(&t, "CONFLICT"))
            break;
        if (depth == 0 && sql_token_is_word(&r->token, "RETURNING"))
            break;
        depth += part_opens(&r->token);
        depth -= part_closes(&r->token) && depth;
        to = r->token.at + r->token.text.n;
    }
    out->rows = (struct str){r->text.p + from, to - from};
}

/* Behind the name: [(columns)] rows [ON CONFLICT [(key)] DO UPDATE SET … [WHERE …]] [RETURNING …] */
static int upsert(struct reader *r, struct sql_change *out)
{
    struct sql_lexer ahead = r->lexer;
    struct sql_token t;
    bool ignored = true;
    (void)sql_lexer_next(&ahead, &t);
    if (sql_token_is(&r->token, '(') && !sql_token_is_word(&t, "SELECT") && !sql_token_is_word(&t, "WITH") &&
        !sql_token_is(&t, '('))
        out->columns = in_brackets(r);
    out->head = (struct str){r->text.p, r->token.at};
    rows(r, out);
    out->conflict = sql_token_is_word(&r->token, "ON");
    out->tail = (struct str){r->text.p + r->token.at, r->text.n - r->token.at};
    if (!reader_take(r, "ON"))
        return ST_OK;
    reader_next(r); /* CONFLICT */
    if (sql_token_is(&r->token, '('))
        out->key = in_brackets(r);
    while (!is_end(r) && !sql_token_is_word(&r->token, "DO"))
        reader_next(r);
    if (!reader_take(r, "DO") || !reader_take(r, "UPDATE") || !reader_take(r, "SET"))
        return ST_OK;
    out->kind = SQL_CHANGE_UPSERT;
    TRY(set_list(r, out));
    if (reader_take(r, "WHERE"))
        out->where = clause(r, false, &ignored);
    out->returns = sql_token_is_word(&r->token, "RETURNING");
    return ST_OK;
}

int sql_change_read(struct arena *a, struct sql_tokens sql, struct sql_change *out, struct err *e)
{
    struct reader r;
    *out = (struct sql_change){.kind = SQL_CHANGE_NONE};
    reader_init(&r, a, sql, e);
    skip_with(&r, out);
    if (reader_take(&r, "UPDATE")) {
        if (!target(&r, out) || !reader_take(&r, "SET"))
            return ST_OK;
        out->kind = SQL_CHANGE_UPDATE;
        TRY(set_list(&r, out));
        tail(&r, out);
    } else if (reader_take(&r, "DELETE")) {
        if (!reader_take(&r, "FROM") || !target(&r, out))
            return ST_OK;
        out->kind = SQL_CHANGE_DELETE;
        tail(&r, out);
    } else if (reader_take(&r, "INSERT")) {
        if (reader_take(&r, "INTO") && target(&r, out))
            return upsert(&r, out);
    }
    return ST_OK;
}

bool sql_changes_old_rows(struct sql_tokens sql)
{
    struct reader r;
    struct sql_change head = {.kind = SQL_CHANGE_NONE};
    static const char *const always[] = {"UPDATE", "DELETE", "TRUNCATE", "MERGE"};
    reader_init(&r, NULL, sql, NULL);
    skip_with(&r, &head);
    if (PART_IS_ANY(&r.token, always))
        return true;
    if (!reader_take(&r, "INSERT"))
        return false;
    if (sql_token_is_word(&r.token, "OR"))
        return true;
    for (; !is_end(&r); reader_next(&r))
        if (sql_token_is_word(&r.token, "CONFLICT"))
            return true;
    return false;
}
