/* The options of EXPLAIN. */
#include "sql/explain.h"

#include "sql/reader.h"
#include "sql/statement.h"

static int wrong_option(struct reader *r, const struct sql_token *option)
{
    (void)err_set(r->err, SQLSTATE_SYNTAX_ERROR, "unrecognized EXPLAIN option \"%.*s\"",
                  (int)(option->text.n < 64 ? option->text.n : 64), option->text.p);
    r->err->position = str_position(r->text, option->at);
    return ST_ERR;
}

/* [TRUE | ON | 1 | FALSE | OFF | 0] */
static int read_bool(struct reader *r, const char *name, bool *out)
{
    struct str v = r->token.text;
    if (r->token.kind == SQL_TOK_STRING && v.n > 2)
        v = (struct str){v.p + 1, v.n - 2};
    *out = true;
    if (sql_token_is(&r->token, ',') || sql_token_is(&r->token, ')'))
        return ST_OK;
    bool on = str_ieq(v, STR("true")) || str_ieq(v, STR("on")) || str_eq(v, STR("1"));
    *out = on;
    if (!on && !str_ieq(v, STR("false")) && !str_ieq(v, STR("off")) && !str_eq(v, STR("0")))
        return err_set(r->err, SQLSTATE_SYNTAX_ERROR, "%s requires a Boolean value", name);
    reader_next(r);
    return ST_OK;
}

static int read_format(struct reader *r, const struct sql_token *option, bool *json)
{
    struct str v = r->token.text;
    if (r->token.kind == SQL_TOK_STRING && v.n > 2)
        v = (struct str){v.p + 1, v.n - 2};
    *json = str_ieq(v, STR("json"));
    bool text = str_ieq(v, STR("text"));
    if (*json || text) {
        reader_next(r);
        return ST_OK;
    }
    if (str_ieq(v, STR("xml")) || str_ieq(v, STR("yaml")))
        return err_set(r->err, SQLSTATE_FEATURE_NOT_SUPPORTED,
                       "EXPLAIN in the formats YAML and XML is not supported");
    (void)err_set(r->err, SQLSTATE_INVALID_PARAMETER_VALUE,
                  "unrecognized value for EXPLAIN option \"format\": \"%.*s\"", (int)(v.n < 64 ? v.n : 64),
                  v.p);
    r->err->position = str_position(r->text, option->at);
    return ST_ERR;
}

static int read_option(struct reader *r, struct sql_explain *out, bool *timing, bool *summary)
{
    struct sql_token option = r->token;
    bool ignored;
    if (reader_take(r, "ANALYZE") || reader_take(r, "ANALYSE"))
        return read_bool(r, "analyze", &out->analyze);
    if (reader_take(r, "VERBOSE"))
        return read_bool(r, "verbose", &out->verbose);
    if (reader_take(r, "COSTS"))
        return read_bool(r, "costs", &out->costs);
    if (reader_take(r, "BUFFERS") || reader_take(r, "WAL") || reader_take(r, "SETTINGS"))
        return read_bool(r, "this option", &ignored);
    if (reader_take(r, "TIMING")) {
        *timing = true;
        return read_bool(r, "timing", &out->timing);
    }
    if (reader_take(r, "SUMMARY")) {
        *summary = true;
        return read_bool(r, "summary", &out->summary);
    }
    if (reader_take(r, "FORMAT"))
        return read_format(r, &option, &out->json);
    return wrong_option(r, &option);
}

/* EXPLAIN (FORMAT html) and its kin are the engine's. */
bool sql_is_explain(struct sql_tokens sql)
{
    static const char *const engine[] = {"html", "graphviz", "mermaid"};
    struct reader r;
    reader_init(&r, NULL, sql, NULL);
    if (!reader_take(&r, "EXPLAIN"))
        return false;
    if (!sql_token_is(&r.token, '('))
        return true;
    reader_next(&r);
    bool option = sql_token_is_name(&r.token) && !sql_token_is_word(&r.token, "SELECT") &&
                  !sql_token_is_word(&r.token, "WITH") && !sql_token_is_word(&r.token, "VALUES") &&
                  !sql_token_is_word(&r.token, "FROM");
    while (option && !sql_token_is(&r.token, ')') && r.token.kind != SQL_TOK_END) {
        for (size_t i = 0; i < sizeof engine / sizeof *engine; i++)
            if (sql_token_is_word(&r.token, engine[i]))
                return false;
        reader_next(&r);
    }
    return true;
}

struct str sql_explained(struct sql_tokens sql)
{
    struct reader r;
    reader_init(&r, NULL, sql, NULL);
    if (!reader_take(&r, "EXPLAIN"))
        return sql.text;
    if (sql_token_is(&r.token, '(')) {
        while (!sql_token_is(&r.token, ')') && r.token.kind != SQL_TOK_END)
            reader_next(&r);
        reader_next(&r);
    }
    while (reader_take(&r, "ANALYZE") || reader_take(&r, "ANALYSE") || reader_take(&r, "VERBOSE"))
        continue;
    const size_t at = r.token.kind == SQL_TOK_END ? sql.text.n : r.token.at;
    return (struct str){sql.text.p + at, sql.text.n - at};
}

static int read_options(struct reader *r, struct sql_explain *out)
{
    bool timing = false, summary = false;
    struct reader start = *r;
    if (sql_token_is(&r->token, '(')) {
        reader_next(r);
        if (!sql_token_is_name(&r->token) || sql_token_is_word(&r->token, "SELECT") ||
            sql_token_is_word(&r->token, "WITH") || sql_token_is_word(&r->token, "VALUES") ||
            sql_token_is_word(&r->token, "FROM")) {
            *r = start; /* a query in brackets */
            return ST_OK;
        }
        for (;;) {
            TRY(read_option(r, out, &timing, &summary));
            if (!sql_token_is(&r->token, ','))
                break;
            reader_next(r);
        }
        if (!sql_token_is(&r->token, ')'))
            return reader_syntax_error(r);
        reader_next(r);
    } else {
        out->analyze = reader_take(r, "ANALYZE") || reader_take(r, "ANALYSE");
        out->verbose = reader_take(r, "VERBOSE");
    }
    if (timing && out->timing && !out->analyze)
        return err_set(r->err, SQLSTATE_INVALID_PARAMETER_VALUE, "EXPLAIN option TIMING requires ANALYZE");
    if (!timing)
        out->timing = out->analyze;
    if (!summary)
        out->summary = out->analyze;
    return ST_OK;
}

int sql_parse_explain(struct arena *a, const struct sql_statement *s, struct sql_explain *out, struct err *e)
{
    struct reader r;
    *out = (struct sql_explain){.costs = true};
    reader_init(&r, a, sql_statement_tokens(s), e);
    (void)reader_take(&r, "EXPLAIN");
    TRY(read_options(&r, out));
    return reader_rest(&r, &out->query);
}
