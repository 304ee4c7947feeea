#include "sql/raise.h"

#include "sql/reader.h"

#include <string.h>

/* Up to a comma or semicolon of the outermost level, or USING. */
static int read_expression(struct reader *r, struct str *out)
{
    size_t from = r->token.at, to = from;
    while (r->token.kind != SQL_TOK_END && r->token.kind != SQL_TOK_BAD && !sql_token_is(&r->token, ',') &&
           !sql_token_is(&r->token, ';') && !sql_token_is_word(&r->token, "USING")) {
        to = r->token.at + r->token.text.n;
        if (sql_token_is(&r->token, '(')) {
            reader_skip_brackets(r);
            to = r->token.at;
        } else {
            reader_next(r);
        }
    }
    *out = (struct str){r->text.p + from, to - from};
    return to > from ? ST_OK : reader_syntax_error(r);
}

static int not_supported(struct reader *r, const char *what)
{
    return err_set(r->err, SQLSTATE_FEATURE_NOT_SUPPORTED, "%s is not supported", what);
}

/* USING ERRCODE = 'unique_violation', HINT = '…' */
static int read_using(struct reader *r, struct sql_raise *out)
{
    do {
        struct sql_token name = r->token;
        const char *value;
        reader_next(r);
        if (!reader_take(r, ":=") && !(r->token.kind == SQL_TOK_OP && str_eq(r->token.text, STR("="))) &&
            !(r->token.kind == SQL_TOK_PUNCT && r->token.text.n == 2))
            return reader_syntax_error(r);
        reader_next(r);
        if (r->token.kind != SQL_TOK_STRING)
            return not_supported(r, "an option of RAISE that is no literal");
        TRY(reader_string(r, &value));
        if (sql_token_is_word(&name, "ERRCODE"))
            out->code = value;
        else if (sql_token_is_word(&name, "DETAIL"))
            out->detail = value;
        else if (sql_token_is_word(&name, "HINT"))
            out->hint = value;
        else if (sql_token_is_word(&name, "MESSAGE") && !out->format)
            out->format = value;
        else
            return not_supported(r, "this option of RAISE");
        if (!sql_token_is(&r->token, ','))
            return ST_OK;
        reader_next(r);
    } while (true);
}

int sql_read_raise(struct reader *r, struct sql_raise *out)
{
    static const struct {
        const char *word;
        enum sql_raise_level level;
    } levels[] = {{"DEBUG", SQL_RAISE_SILENT},    {"LOG", SQL_RAISE_SILENT},
                  {"INFO", SQL_RAISE_NOTICE},     {"NOTICE", SQL_RAISE_NOTICE},
                  {"WARNING", SQL_RAISE_WARNING}, {"EXCEPTION", SQL_RAISE_ERROR}};
    *out = (struct sql_raise){.level = SQL_RAISE_ERROR};
    out->again = sql_token_is(&r->token, ';');
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++)
        if (reader_take(r, levels[i].word)) {
            out->level = levels[i].level;
            break;
        }
    if (r->token.kind == SQL_TOK_STRING) {
        TRY(reader_string(r, &out->format));
        while (sql_token_is(&r->token, ',')) {
            if (out->n == SQL_RAISE_ARGUMENTS_MAX)
                return not_supported(r, "a RAISE of so many arguments");
            reader_next(r);
            TRY(read_expression(r, &out->arguments[out->n++]));
        }
    } else if (sql_token_is_word(&r->token, "SQLSTATE")) {
        reader_next(r);
        TRY(reader_string(r, &out->code));
    } else if (!out->again && !sql_token_is_word(&r->token, "USING")) {
        TRY(reader_name(r, &out->code));
    }
    return reader_take(r, "USING") ? read_using(r, out) : ST_OK;
}
