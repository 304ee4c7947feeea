/* A parameter goes with the comma behind it, or else with the one in front of it. A number has no more digits
 * than before, and blanks fill what is left, so that each error keeps its place. */
#include "sql/void_params.h"

#include "sql/token.h"

#include <stdio.h>
#include <string.h>

enum { NUMBER_MAX = 24 };

/* Of $1, 1; 0: it is no parameter, or its number is beyond any. */
static size_t number_of(const struct sql_token *t)
{
    int64_t number = 0;
    bool is = t->kind == SQL_TOK_PARAM &&
              str_to_i64((struct str){t->text.p + 1, t->text.n - 1}, 1, INT32_MAX, &number);
    return is ? (size_t)number : 0;
}

static void blank(char *text, const struct sql_token *t)
{
    memset(text + t->at, ' ', t->text.n);
}

/* Puts blanks in the place of those between brackets and commas, since they are arguments then. True: there
 * are no others of that type. */
static bool blank_all(char *text, struct sql_tokens sql, const bool *is_void, size_t n)
{
    struct sql_lexer l;
    struct sql_token t, prev = {.kind = SQL_TOK_END}, next;
    sql_lexer_init(&l, sql);
    size_t depth = 0;
    (void)sql_lexer_next(&l, &t);
    for (; t.kind != SQL_TOK_END && t.kind != SQL_TOK_BAD; t = next) {
        (void)sql_lexer_next(&l, &next);
        size_t number = number_of(&t);
        depth += sql_token_is(&t, '(');
        depth -= depth > 0 && sql_token_is(&t, ')');
        if (number == 0 || number > n || !is_void[number - 1]) {
            prev = t;
            continue;
        }
        bool begins = sql_token_is(&prev, '('), ends = sql_token_is(&next, ')');
        if (depth == 0 || !(begins || sql_token_is(&prev, ',')) || !(ends || sql_token_is(&next, ',')))
            return false;
        blank(text, &t);
        if (!ends) {
            blank(text, &next);
            (void)sql_lexer_next(&l, &next);
        } else if (!begins) {
            blank(text, &prev);
        }
    }
    return true;
}

/* The others' new numbers: each is less by as many as are gone before it. */
static void number_all(char *text, struct sql_tokens sql, const uint32_t *gone, size_t n)
{
    struct sql_lexer l;
    struct sql_token t;
    char digits[NUMBER_MAX];
    sql_lexer_init(&l, sql);
    while (sql_lexer_next(&l, &t) != SQL_TOK_END && t.kind != SQL_TOK_BAD) {
        size_t number = number_of(&t);
        if (number == 0 || text[t.at] != '$')
            continue;
        int len = snprintf(digits, sizeof digits, "$%zu", number - gone[number < n ? number - 1 : n]);
        blank(text, &t);
        memcpy(text + t.at, digits, (size_t)len < t.text.n ? (size_t)len : t.text.n);
    }
}

/* As out->text and the rest; there is one of that type. */
static int leave(struct arena *a, const uint32_t *oids, size_t n, uint32_t void_oid,
                 struct sql_void_params *out, struct err *e)
{
    const struct sql_tokens sql = sql_tokens_of(out->text);
    char *copy = arena_strndup(a, sql.text.p, sql.text.n);
    bool *is_void = arena_calloc(a, n, sizeof *is_void);
    uint32_t *kept = arena_calloc(a, n, sizeof *kept), *gone = arena_calloc(a, n + 1, sizeof *gone);
    if (!copy || !is_void || !kept || !gone)
        return err_oom(e);
    size_t nkept = 0;
    for (size_t i = 0; i < n; i++) {
        is_void[i] = oids[i] == void_oid;
        gone[i + 1] = gone[i] + is_void[i];
        if (!is_void[i])
            kept[nkept++] = oids[i];
    }
    if (!blank_all(copy, sql, is_void, n))
        return ST_OK; /* it is no such call, and will be refused */
    number_all(copy, sql, gone, n);
    *out = (struct sql_void_params){
        .text = {copy, sql.text.n}, .n = nkept, .oids = kept, .nvoids = n - nkept, .is_void = is_void};
    return ST_OK;
}

int sql_leave_void_params(struct arena *a, struct str text, const uint32_t *oids, size_t n, uint32_t void_oid,
                          struct sql_void_params *out, struct err *e)
{
    struct sql_lexer l;
    struct sql_token first;
    bool any = false;
    for (size_t i = 0; i < n; i++)
        any |= oids[i] == void_oid;
    *out = (struct sql_void_params){.text = text, .n = n, .oids = oids};
    if (!any)
        return ST_OK;
    sql_lexer_init(&l, sql_tokens_of(text));
    return sql_lexer_next(&l, &first) == SQL_TOK_END || sql_token_is_word(&first, "CALL")
               ? ST_OK
               : leave(a, oids, n, void_oid, out, e);
}
