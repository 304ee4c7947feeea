/* A message of the engine's names the two types in the order of the cast, and its position is that of the
 * operand which is cast, or of the operator. */
#include "engine/error_operator.h"

#include "base/str.h"
#include "sql/token.h"

#include <stdio.h>
#include <string.h>

/* "cannot cast type integer to date", "cannot compare integer with date" */
static bool take_types(const struct err *e, const char *says, const char *between,
                       char a[static ERR_NAME_MAX], char b[static ERR_NAME_MAX])
{
    size_t n = strlen(says);
    const char *to = strncmp(e->message, says, n) == 0 ? strstr(e->message + n, between) : NULL;
    if (!to)
        return false;
    str_copy((struct str){e->message + n, (size_t)(to - e->message) - n}, a, ERR_NAME_MAX);
    str_copy(str_of(to + strlen(between)), b, ERR_NAME_MAX);
    return true;
}

/* An operator whose two operands are of one type. */
static bool compares(const struct sql_token *t)
{
    static const char *const operators[] = {"=", "<>", "!=", "<", ">", "<=", ">="};
    for (size_t i = 0; t->kind == SQL_TOK_OP && i < sizeof operators / sizeof *operators; i++)
        if (str_eq(t->text, str_of(operators[i])))
            return true;
    return false;
}

/* The operator in front of the operand at that place, or behind one of a single token. *reversed: in front.
 * false: there is none, or the operand is cast. */
static bool find(struct str sql, size_t at, struct str *out, bool *reversed)
{
    struct sql_lexer l;
    struct sql_token t, prev = {.kind = SQL_TOK_END};
    sql_lexer_init(&l, sql_tokens_of(sql));
    while (sql_lexer_next(&l, &t) != SQL_TOK_END && t.kind != SQL_TOK_BAD && t.at < at)
        prev = t;
    if (compares(&t)) {
        *out = t.text;
        return true;
    }
    *reversed = compares(&prev);
    *out = prev.text;
    if (t.at != at || t.kind == SQL_TOK_BAD || sql_token_is_word(&t, "CAST"))
        return false;
    while (sql_token_is(&t, '(') || (t.kind == SQL_TOK_OP && str_eq(t.text, STR("-"))))
        (void)sql_lexer_next(&l, &t);
    (void)sql_lexer_next(&l, &t);
    if (*reversed)
        return !sql_token_is_typecast(&t);
    *out = t.text;
    return compares(&t);
}

void error_operator(struct err *e, const char *sql)
{
    char a[ERR_NAME_MAX], b[ERR_NAME_MAX];
    struct str op = STR("=");
    bool reversed = false;
    const int32_t position = e->position;
    bool compared = take_types(e, "cannot compare ", " with ", a, b);
    if (!compared && (e->code != SQLSTATE_CANNOT_COERCE || !take_types(e, "cannot cast type ", " to ", a, b)))
        return;
    bool found = sql && position > 0 && find(str_of(sql), str_offset(str_of(sql), position), &op, &reversed);
    if (!found && !compared)
        return;
    err_init(e);
    (void)err_set(e, SQLSTATE_UNDEFINED_FUNCTION, "operator does not exist: %s %.*s %s", reversed ? b : a,
                  (int)op.n, op.p, reversed ? a : b);
    err_hint(
        e,
        "No operator matches the given name and argument types. You might need to add explicit type casts.");
    e->position = position;
}
