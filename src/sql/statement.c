/* next_piece reads tokens up to a semicolon, and keeps them for all passes that follow (tokens.h).
 * classify looks the first word up in the table of commands; the checks there see the first HEAD tokens,
 * and read on where those do not decide. Words that the table does not have are the engine's, whatever
 * follows. Nothing recurses and no tree is made, so that a text of any depth, or with millions of
 * tokens, can be classified. */
#include "sql/statement.h"

#include "sql/alter.h"
#include "sql/calls.h"
#include "sql/domain.h"
#include "sql/explain.h"
#include "sql/function.h"
#include "sql/index.h"
#include "sql/matview.h"
#include "sql/set_config.h"
#include "sql/several.h"
#include "sql/table.h"
#include "sql/tokens.h"
#include "sql/type_change.h"
#include "sql/utility.h"

enum { HEAD = 4, WORD_MAX = 63 };

/* First words that the engine does not get as they are; `check` looks at what follows. */
struct command {
    const char *word;
    enum sql_kind kind;
    enum sql_kind (*check)(const struct sql_token *head, struct sql_tokens text);
};

/* The sorts of values that PostgreSQL's grammar takes in SET: no brackets, no operators but a sign. */
static bool is_set_value(struct sql_lexer *l)
{
    struct sql_token t;
    bool wants = true;
    while (sql_lexer_next(l, &t) != SQL_TOK_END) {
        bool sign = t.kind == SQL_TOK_OP && t.text.n == 1 && (t.text.p[0] == '-' || t.text.p[0] == '+');
        if (sign && wants)
            continue;
        if (sql_token_is(&t, ',') != !wants)
            return false;
        if (wants && t.kind != SQL_TOK_NUMBER && t.kind != SQL_TOK_STRING && t.kind != SQL_TOK_DOLLAR &&
            !sql_token_is_name(&t))
            return false;
        wants = !wants;
    }
    return !wants;
}

static bool is_assignment(const struct sql_token *t)
{
    return sql_token_is_word(t, "TO") || (t->kind == SQL_TOK_OP && t->text.n == 1 && t->text.p[0] == '=');
}

/* SET with a name and a list of plain values, or one of the forms spelled in words. DuckDB's own (SET GLOBAL,
 * SET VARIABLE, values in brackets …) are the engine's. */
static enum sql_kind check_set(const struct sql_token *head, struct sql_tokens text)
{
    static const char *const spelled[] = {"TIME", "NAMES", "TRANSACTION", "CONSTRAINTS", "ROLE", "SCHEMA"};
    struct sql_lexer l;
    struct sql_token t;
    sql_lexer_init(&l, text);
    (void)sql_lexer_next(&l, &t);
    (void)sql_lexer_next(&l, &t);
    bool scope = sql_token_is_word(&t, "SESSION") || sql_token_is_word(&t, "LOCAL");
    if (scope && !is_assignment(&head[2])) {
        (void)sql_lexer_next(&l, &t);
        if (sql_token_is_word(&t, "CHARACTERISTICS") || sql_token_is_word(&t, "AUTHORIZATION"))
            return SQL_SET;
    }
    struct sql_token name = t;
    if (!sql_token_is_name(&t))
        return SQL_ENGINE;
    (void)sql_lexer_next(&l, &t);
    for (size_t i = 0; i < sizeof spelled / sizeof *spelled; i++)
        if (sql_token_is_word(&name, spelled[i]) && !is_assignment(&t))
            return SQL_SET;
    while (sql_token_is(&t, '.')) {
        if (sql_lexer_next(&l, &t), !sql_token_is_name(&t))
            return SQL_ENGINE;
        (void)sql_lexer_next(&l, &t);
    }
    if (sql_token_is_word(&name, "SESSION") && sql_token_is_word(&t, "AUTHORIZATION"))
        return SQL_SET;
    return is_assignment(&t) && is_set_value(&l) ? SQL_SET : SQL_ENGINE;
}

/* name[.name]… and nothing else. */
static bool is_setting_name(const struct sql_token *head, struct sql_tokens text)
{
    struct sql_lexer l;
    struct sql_token t;
    if (!sql_token_is_name(&head[1]))
        return false;
    sql_lexer_init(&l, text);
    (void)sql_lexer_next(&l, &t);
    do {
        if (sql_lexer_next(&l, &t), !sql_token_is_name(&t))
            return false;
        (void)sql_lexer_next(&l, &t);
    } while (sql_token_is(&t, '.'));
    return t.kind == SQL_TOK_END;
}

static bool is_spelled_setting(const struct sql_token *head)
{
    return (sql_token_is_word(&head[1], "TIME") && sql_token_is_word(&head[2], "ZONE")) ||
           (sql_token_is_word(&head[1], "TRANSACTION") && sql_token_is_word(&head[2], "ISOLATION")) ||
           (sql_token_is_word(&head[1], "SESSION") && sql_token_is_word(&head[2], "AUTHORIZATION"));
}

static enum sql_kind check_reset(const struct sql_token *head, struct sql_tokens text)
{
    return is_spelled_setting(head) || is_setting_name(head, text) ? SQL_RESET : SQL_ENGINE;
}

static enum sql_kind check_show(const struct sql_token *head, struct sql_tokens text)
{
    static const char *const engine[] = {"TABLES", "DATABASES", "SCHEMAS", "VARIABLES"};
    for (size_t i = 0; i < sizeof engine / sizeof *engine; i++)
        if (sql_token_is_word(&head[1], engine[i]))
            return SQL_ENGINE;
    return is_spelled_setting(head) || is_setting_name(head, text) ? SQL_SHOW : SQL_ENGINE;
}

static enum sql_kind check_start(const struct sql_token *head, struct sql_tokens text)
{
    (void)text;
    return sql_token_is_word(&head[1], "TRANSACTION") ? SQL_BEGIN : SQL_ENGINE;
}

static enum sql_kind check_commit(const struct sql_token *head, struct sql_tokens text)
{
    (void)text;
    return sql_token_is_word(&head[1], "PREPARED") ? SQL_PREPARE_TRANSACTION : SQL_COMMIT;
}

static enum sql_kind check_rollback(const struct sql_token *head, struct sql_tokens text)
{
    (void)text;
    if (sql_token_is_word(&head[1], "PREPARED"))
        return SQL_PREPARE_TRANSACTION;
    size_t i = sql_token_is_word(&head[1], "WORK") || sql_token_is_word(&head[1], "TRANSACTION") ? 2 : 1;
    return sql_token_is_word(&head[i], "TO") ? SQL_SAVEPOINT : SQL_ROLLBACK;
}

static enum sql_kind check_prepare(const struct sql_token *head, struct sql_tokens text)
{
    (void)text;
    return sql_token_is_word(&head[1], "TRANSACTION") && head[2].kind == SQL_TOK_STRING
               ? SQL_PREPARE_TRANSACTION
               : SQL_PREPARE;
}

static enum sql_kind check_several(const struct sql_token *head, struct sql_tokens text)
{
    if (sql_token_is_word(&head[1], "MATERIALIZED"))
        return sql_is_matview(text) ? SQL_MATVIEW : SQL_ENGINE;
    if (sql_is_function(text))
        return SQL_FUNCTION;
    if (sql_is_type_change(text))
        return SQL_TYPE;
    if (sql_is_domain(text))
        return SQL_DOMAIN;
    return sql_is_several(text) ? SQL_SEVERAL : sql_is_utility(text) ? SQL_UTILITY : SQL_ENGINE;
}

static enum sql_kind check_create(const struct sql_token *head, struct sql_tokens text)
{
    (void)head;
    if (sql_is_matview(text))
        return SQL_MATVIEW;
    if (sql_is_function(text))
        return SQL_FUNCTION;
    if (sql_is_type_change(text))
        return SQL_TYPE;
    if (sql_is_domain(text))
        return SQL_DOMAIN;
    return sql_is_index(text)     ? SQL_INDEX
           : sql_is_table(text)   ? SQL_TABLE
           : sql_is_utility(text) ? SQL_UTILITY
                                  : SQL_ENGINE;
}

static enum sql_kind check_explain(const struct sql_token *head, struct sql_tokens text)
{
    (void)head;
    return sql_is_explain(text) ? SQL_EXPLAIN : SQL_ENGINE;
}

static enum sql_kind check_alter(const struct sql_token *head, struct sql_tokens text)
{
    (void)head;
    if (sql_is_type_change(text))
        return SQL_TYPE;
    if (sql_is_domain(text))
        return SQL_DOMAIN;
    return sql_is_alter(text) ? SQL_ALTER : sql_is_utility(text) ? SQL_UTILITY : SQL_ENGINE;
}

/* By the next token and the words before brackets. */
static enum sql_kind check_select(const struct sql_token *head, struct sql_tokens text)
{
    bool may_be = sql_token_is_word(&head[1], "set_config") ||
                  (sql_token_is_word(&head[1], "pg_catalog") && sql_token_is_word(&head[3], "set_config"));
    if (may_be && sql_is_set_config(text))
        return SQL_SET_CONFIG;
    return sql_has_calls(text) ? SQL_CALLS : sql_is_select_into(text) ? SQL_MATVIEW : SQL_ENGINE;
}

static enum sql_kind check_utility(const struct sql_token *head, struct sql_tokens text)
{
    (void)head;
    return sql_is_utility(text) ? SQL_UTILITY : SQL_ENGINE;
}

static enum sql_kind check_comment(const struct sql_token *head, struct sql_tokens text)
{
    return sql_is_function(text) ? SQL_FUNCTION : check_utility(head, text);
}

static enum sql_kind check_refresh(const struct sql_token *head, struct sql_tokens text)
{
    (void)head;
    return sql_is_matview(text) ? SQL_MATVIEW : SQL_ENGINE;
}

static const struct command commands[] = {
    {"SELECT", SQL_ENGINE, check_select},
    {"INSERT", SQL_ENGINE, NULL},
    {"UPDATE", SQL_ENGINE, NULL},
    {"DELETE", SQL_ENGINE, NULL},
    {"WITH", SQL_ENGINE, NULL},
    {"FROM", SQL_ENGINE, NULL},
    {"VALUES", SQL_ENGINE, NULL},
    {"CREATE", SQL_ENGINE, check_create},
    {"DROP", SQL_ENGINE, check_several},
    {"ALTER", SQL_ENGINE, check_alter},
    {"TRUNCATE", SQL_ENGINE, check_several},
    {"EXPLAIN", SQL_ENGINE, check_explain},
    {"BEGIN", SQL_BEGIN, NULL},
    {"COMMIT", SQL_COMMIT, check_commit},
    {"END", SQL_COMMIT, NULL},
    {"ROLLBACK", SQL_ROLLBACK, check_rollback},
    {"ABORT", SQL_ROLLBACK, NULL},
    {"START", SQL_BEGIN, check_start},
    {"SAVEPOINT", SQL_SAVEPOINT, NULL},
    {"RELEASE", SQL_SAVEPOINT, NULL},
    {"SET", SQL_SET, check_set},
    {"RESET", SQL_RESET, check_reset},
    {"SHOW", SQL_SHOW, check_show},
    {"DISCARD", SQL_DISCARD, NULL},
    {"PREPARE", SQL_PREPARE, check_prepare},
    {"EXECUTE", SQL_EXECUTE, NULL},
    {"DEALLOCATE", SQL_DEALLOCATE, NULL},
    {"DECLARE", SQL_DECLARE, NULL},
    {"FETCH", SQL_FETCH, NULL},
    {"MOVE", SQL_FETCH, NULL},
    {"CLOSE", SQL_CLOSE, NULL},
    {"COPY", SQL_COPY, NULL},
    {"LISTEN", SQL_LISTEN, NULL},
    {"UNLISTEN", SQL_UNLISTEN, NULL},
    {"NOTIFY", SQL_NOTIFY, NULL},
    {"COMMENT", SQL_ENGINE, check_comment},
    {"GRANT", SQL_ENGINE, check_utility},
    {"REVOKE", SQL_ENGINE, check_utility},
    {"VACUUM", SQL_ENGINE, check_utility},
    {"ANALYZE", SQL_ENGINE, check_utility},
    {"ANALYSE", SQL_ENGINE, check_utility},
    {"CLUSTER", SQL_ENGINE, check_utility},
    {"REINDEX", SQL_ENGINE, check_utility},
    {"LOCK", SQL_ENGINE, check_utility},
    {"REFRESH", SQL_ENGINE, check_refresh},
    {"REASSIGN", SQL_ENGINE, check_utility},
    {"DO", SQL_DO, NULL},
    {"CALL", SQL_CALL, NULL},
};

static int upper_word(struct arena *a, struct str word, const char **out, struct err *e)
{
    size_t n = word.n < WORD_MAX ? word.n : WORD_MAX;
    char *copy = arena_strndup(a, word.p, n);
    if (!copy)
        return err_oom(e);
    for (size_t i = 0; i < n; i++)
        if (copy[i] >= 'a' && copy[i] <= 'z')
            copy[i] = (char)(copy[i] - 'a' + 'A');
    *out = copy;
    return ST_OK;
}

/* text starts at its first token and ends with its last. */
static int classify(struct arena *a, struct sql_tokens text, struct sql_statement *out, struct err *e)
{
    struct sql_lexer l;
    struct sql_token head[HEAD];
    bool bracket = false;
    sql_lexer_init(&l, text);
    out->text = text.text;
    out->marks = text.marks;
    out->kind = SQL_ENGINE;
    out->word = "";
    while (sql_lexer_next(&l, &head[0]), sql_token_is(&head[0], '('))
        bracket = true;
    if (head[0].kind != SQL_TOK_WORD)
        return ST_OK;
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        if (!sql_token_is_word(&head[0], commands[i].word))
            continue;
        out->word = commands[i].word;
        if (bracket)
            return ST_OK;
        out->kind = commands[i].kind;
        if (commands[i].check) {
            for (size_t k = 1; k < HEAD; k++)
                (void)sql_lexer_next(&l, &head[k]);
            out->kind = commands[i].check(head, text);
        }
        return ST_OK;
    }
    return upper_word(a, head[0].text, &out->word, e);
}

/* Where the next statement lies. Semicolons in brackets and in BEGIN … END of a CREATE FUNCTION or PROCEDURE
 * (as psql counts them) do not end it. */
struct piece {
    size_t start, end; /* of its tokens; equal: none */
    bool last, bad;
};

/* k: gets all tokens. */
static int next_piece(struct sql_lexer *l, struct sql_keeper *k, struct piece *p, struct err *e)
{
    struct sql_token t;
    size_t ntokens = 0, brackets = 0, begins = 0;
    bool create = false, routine = false;
    *p = (struct piece){.start = l->at, .end = l->at};
    for (;;) {
        enum sql_token_kind kind = sql_lexer_next(l, &t);
        if (kind == SQL_TOK_END || kind == SQL_TOK_BAD) {
            p->last = true;
            p->bad = kind == SQL_TOK_BAD;
            return ST_OK;
        }
        TRY(sql_keeper_add(k, &t, e));
        if (sql_token_is(&t, ';') && !brackets && !begins)
            return ST_OK;
        if (ntokens++ == 0)
            p->start = t.at;
        p->end = t.at + t.text.n;
        if (sql_token_is(&t, '('))
            brackets++;
        else if (sql_token_is(&t, ')'))
            brackets -= brackets > 0;
        if (kind != SQL_TOK_WORD || (ntokens > 4 && !routine))
            continue;
        if (ntokens == 1)
            create = sql_token_is_word(&t, "CREATE");
        else if (ntokens <= 4 && create && !routine)
            routine = sql_token_is_word(&t, "FUNCTION") || sql_token_is_word(&t, "PROCEDURE");
        else if (routine && !brackets && sql_token_is_word(&t, "BEGIN"))
            begins++;
        else if (begins && sql_token_is_word(&t, "CASE"))
            begins++;
        else if (begins && sql_token_is_word(&t, "END"))
            begins--;
    }
}

/* Room for one more; the array doubles within the arena. */
static int grow(struct arena *a, struct sql_list *list, size_t *cap, struct err *e)
{
    if (list->n == SQL_STATEMENTS_MAX)
        return err_set(e, SQLSTATE_PROGRAM_LIMIT_EXCEEDED, "more than %d statements in one message",
                       SQL_STATEMENTS_MAX);
    if (list->n < *cap)
        return ST_OK;
    size_t wanted = *cap ? *cap * 2 : 1;
    struct sql_statement *items = arena_calloc(a, wanted, sizeof *items);
    if (!items)
        return err_oom(e);
    if (list->n)
        memcpy(items, list->items, list->n * sizeof *items);
    list->items = items;
    *cap = wanted;
    return ST_OK;
}

/* The next statement of the whole, when its piece has been found. */
static int take_piece(struct arena *a, const struct sql_tokens *whole, const struct piece *p,
                      struct sql_statement *out, struct err *e)
{
    out->offset = p->start;
    struct str text = {whole->text.p + p->start, p->end - p->start};
    return classify(a, sql_tokens_part(whole, text), out, e);
}

int sql_split(struct arena *a, struct str sql, struct sql_list *out, struct err *e)
{
    struct sql_keeper keeper;
    struct sql_lexer l;
    struct piece p = {0};
    size_t cap = 0;
    *out = (struct sql_list){0};
    sql_keeper_init(&keeper, a, sql.n);
    sql_lexer_init(&l, sql_tokens_of(sql));
    while (!p.last) {
        TRY(next_piece(&l, &keeper, &p, e));
        if (p.bad)
            return ST_AGAIN;
        if (p.start == p.end)
            continue;
        TRY(grow(a, out, &cap, e));
        const struct sql_tokens so_far = {.text = sql, .marks = {.items = keeper.items, .n = keeper.n}};
        TRY(take_piece(a, &so_far, &p, &out->items[out->n], e));
        out->n++;
    }
    if (out->n == 0) {
        TRY(grow(a, out, &cap, e));
        out->items[out->n++] = (struct sql_statement){.kind = SQL_EMPTY, .text = {sql.p, 0}, .word = ""};
    }
    return ST_OK;
}

int sql_classify(struct arena *a, struct sql_tokens sql, struct sql_statement *out, struct err *e)
{
    struct sql_keeper keeper;
    struct sql_lexer l;
    struct piece p;
    *out = (struct sql_statement){.kind = SQL_EMPTY, .text = {sql.text.p, 0}, .word = ""};
    sql_keeper_init(&keeper, a, sql.text.n);
    keeper.full = sql.marks.n > 0; /* they are kept already */
    sql_lexer_init(&l, sql);
    do
        TRY(next_piece(&l, &keeper, &p, e));
    while (p.start == p.end && !p.last && !p.bad);
    if (p.bad) {
        *out = (struct sql_statement){.kind = SQL_ENGINE, .text = sql.text, .word = ""};
        return ST_OK;
    }
    if (p.start == p.end)
        return ST_OK;
    if (!sql.marks.n)
        sql.marks = (struct sql_marks){.items = keeper.items, .n = keeper.n};
    return take_piece(a, &sql, &p, out, e);
}
