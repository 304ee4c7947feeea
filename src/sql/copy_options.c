/* The options of COPY, in PostgreSQL's words and in its order of checking. */
#include "sql/copy_options.h"

#include "base/encoding.h"

#include <stdio.h>
#include <string.h>

/* Options are gathered first and checked together in check_all(): what is allowed depends on the format,
 * which may stand behind the others. */
struct reader {
    struct str text;
    struct sql_copy *copy;
    struct arena *arena;
    struct err *e;
    const PgQuery__DefElem *option;                /* the current one */
    const char *delimiter, *null, *quote, *escape; /* NULL: not given */
    bool seen_format, seen_freeze, seen_header, seen_force_quote, seen_force_not_null, seen_force_null,
        seen_encoding;
};

/* Points at the current option. */
static int at_option(struct reader *r)
{
    r->e->position = str_position(r->text, r->option->location > 0 ? (size_t)r->option->location : 0);
    return ST_ERR;
}

static int redundant(struct reader *r)
{
    (void)err_set(r->e, SQLSTATE_SYNTAX_ERROR, "conflicting or redundant options");
    return at_option(r);
}

/* The option's argument as text; numbers and Booleans too. */
static int string_arg(struct reader *r, const char **out)
{
    const PgQuery__Node *arg = r->option->arg;
    char number[16];
    if (!arg)
        return err_set(r->e, SQLSTATE_SYNTAX_ERROR, "%s requires a parameter", r->option->defname);
    switch (arg->node_case) {
    case PG_QUERY__NODE__NODE_STRING: *out = arg->string->sval; break;
    case PG_QUERY__NODE__NODE_FLOAT: *out = arg->float_->fval; break;
    case PG_QUERY__NODE__NODE_BOOLEAN: *out = arg->boolean->boolval ? "true" : "false"; break;
    case PG_QUERY__NODE__NODE_A_STAR: *out = "*"; break;
    case PG_QUERY__NODE__NODE_INTEGER:
        (void)snprintf(number, sizeof number, "%d", arg->integer->ival);
        *out = arena_strdup(r->arena, number);
        if (!*out)
            return err_oom(r->e);
        break;
    default: return err_set(r->e, SQLSTATE_SYNTAX_ERROR, "%s requires a parameter", r->option->defname);
    }
    return ST_OK;
}

static int string_once(struct reader *r, const char **field)
{
    return *field ? redundant(r) : string_arg(r, field);
}

/* 1 true, 0 false, 2 "match", -1 something else */
static int choice(const char *word)
{
    static const struct {
        const char *word;
        int value;
    } words[] = {{"true", 1}, {"on", 1}, {"1", 1}, {"false", 0}, {"off", 0}, {"0", 0}, {"match", 2}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (cstr_ieq(words[i].word, word))
            return words[i].value;
    return -1;
}

static int read_format(struct reader *r)
{
    const char *name;
    if (r->seen_format)
        return redundant(r);
    r->seen_format = true;
    TRY(string_arg(r, &name));
    if (strcmp(name, "text") == 0)
        r->copy->options.format = COPY_TEXT;
    else if (strcmp(name, "csv") == 0)
        r->copy->options.format = COPY_CSV;
    else if (strcmp(name, "binary") == 0)
        r->copy->options.format = COPY_BINARY;
    else {
        (void)err_set(r->e, SQLSTATE_INVALID_PARAMETER_VALUE, "COPY format \"%s\" not recognized", name);
        return at_option(r);
    }
    return ST_OK;
}

/* FREEZE false asks for nothing, so that it is taken. */
static int read_freeze(struct reader *r)
{
    const char *word = "true";
    if (r->seen_freeze)
        return redundant(r);
    r->seen_freeze = true;
    if (r->option->arg)
        TRY(string_arg(r, &word));
    int value = choice(word);
    if (value != 0 && value != 1)
        return err_set(r->e, SQLSTATE_SYNTAX_ERROR, "freeze requires a Boolean value");
    if (value == 1) {
        (void)err_set(r->e, SQLSTATE_FEATURE_NOT_SUPPORTED, "COPY FREEZE is not supported");
        return at_option(r);
    }
    return ST_OK;
}

static int read_header(struct reader *r)
{
    const char *word = "true";
    if (r->seen_header)
        return redundant(r);
    r->seen_header = true;
    if (r->option->arg)
        TRY(string_arg(r, &word));
    int value = choice(word);
    if (value < 0)
        return err_set(r->e, SQLSTATE_SYNTAX_ERROR, "header requires a Boolean value or \"match\"");
    if (value == 2 && !r->copy->from)
        return err_set(r->e, SQLSTATE_FEATURE_NOT_SUPPORTED, "cannot use \"match\" with HEADER in COPY TO");
    r->copy->options.header = value == 2 ? COPY_HEADER_MATCH : value ? COPY_HEADER_LINE : COPY_HEADER_NONE;
    return ST_OK;
}

static int read_encoding(struct reader *r)
{
    const char *name;
    if (r->seen_encoding)
        return redundant(r);
    r->seen_encoding = true;
    TRY(string_arg(r, &name));
    const struct encoding *enc = encoding_find(name);
    if (!enc) {
        (void)err_set(r->e, SQLSTATE_INVALID_PARAMETER_VALUE,
                      "argument to option \"encoding\" must be a valid encoding name");
        return at_option(r);
    }
    r->copy->encoding = encoding_name(enc);
    return ST_OK;
}

int copy_read_names(PgQuery__Node *const *nodes, size_t n, const char *const **out, bool *ok, struct arena *a,
                    struct err *e)
{
    const char **names = arena_calloc(a, n, sizeof *names);
    if (!names)
        return err_oom(e);
    *ok = true;
    for (size_t i = 0; i < n && *ok; i++) {
        *ok = nodes[i]->node_case == PG_QUERY__NODE__NODE_STRING;
        names[i] = *ok ? nodes[i]->string->sval : NULL;
    }
    *out = names;
    return ST_OK;
}

/* A list of columns for one of the FORCE options. With `star` a * may stand for all of them, which
 * FORCE_QUOTE alone has. */
static int read_force(struct reader *r, bool *seen, struct sql_copy_names *out, bool star)
{
    const PgQuery__Node *arg = r->option->arg;
    bool ok = false;
    if (*seen)
        return redundant(r);
    *seen = true;
    if (star && arg && arg->node_case == PG_QUERY__NODE__NODE_A_STAR) {
        out->all = true;
        return ST_OK;
    }
    if (arg && arg->node_case == PG_QUERY__NODE__NODE_LIST) {
        out->n = arg->list->n_items;
        TRY(copy_read_names(arg->list->items, out->n, &out->names, &ok, r->arena, r->e));
    }
    if (ok)
        return ST_OK;
    (void)err_set(r->e, SQLSTATE_INVALID_PARAMETER_VALUE,
                  "argument to option \"%s\" must be a list of column names", r->option->defname);
    return at_option(r);
}

static int read_option(struct reader *r)
{
    const char *name = r->option->defname;
    struct sql_copy *c = r->copy;
    if (strcmp(name, "format") == 0)
        return read_format(r);
    if (strcmp(name, "freeze") == 0)
        return read_freeze(r);
    if (strcmp(name, "delimiter") == 0)
        return string_once(r, &r->delimiter);
    if (strcmp(name, "null") == 0)
        return string_once(r, &r->null);
    if (strcmp(name, "header") == 0)
        return read_header(r);
    if (strcmp(name, "quote") == 0)
        return string_once(r, &r->quote);
    if (strcmp(name, "escape") == 0)
        return string_once(r, &r->escape);
    if (strcmp(name, "force_quote") == 0)
        return read_force(r, &r->seen_force_quote, &c->force_quote, true);
    if (strcmp(name, "force_not_null") == 0)
        return read_force(r, &r->seen_force_not_null, &c->force_not_null, false);
    if (strcmp(name, "force_null") == 0)
        return read_force(r, &r->seen_force_null, &c->force_null, false);
    if (strcmp(name, "encoding") == 0)
        return read_encoding(r);
    (void)err_set(r->e, SQLSTATE_SYNTAX_ERROR, "option \"%s\" not recognized", name);
    return at_option(r);
}

static int not_supported(struct reader *r, const char *what)
{
    return err_set(r->e, SQLSTATE_FEATURE_NOT_SUPPORTED, "%s", what);
}

static int bad_value(struct reader *r, const char *what)
{
    return err_set(r->e, SQLSTATE_INVALID_PARAMETER_VALUE, "%s", what);
}

static int check_binary(struct reader *r)
{
    if (r->delimiter)
        return err_set(r->e, SQLSTATE_SYNTAX_ERROR, "cannot specify DELIMITER in BINARY mode");
    if (r->null)
        return err_set(r->e, SQLSTATE_SYNTAX_ERROR, "cannot specify NULL in BINARY mode");
    return ST_OK;
}

/* Outside of CSV a character that could belong to an escape behind a backslash cannot be the delimiter. */
static int check_delimiter(struct reader *r, bool csv)
{
    if (strlen(r->delimiter) != 1)
        return not_supported(r, "COPY delimiter must be a single one-byte character");
    if (strpbrk(r->delimiter, "\r\n"))
        return bad_value(r, "COPY delimiter cannot be newline or carriage return");
    if (strpbrk(r->null, "\r\n"))
        return bad_value(r, "COPY null representation cannot use newline or carriage return");
    if (!csv && strpbrk(r->delimiter, "\\.abcdefghijklmnopqrstuvwxyz0123456789"))
        return err_set(r->e, SQLSTATE_INVALID_PARAMETER_VALUE, "COPY delimiter cannot be \"%s\"",
                       r->delimiter);
    if (r->copy->options.format == COPY_BINARY && r->copy->options.header != COPY_HEADER_NONE)
        return not_supported(r, "cannot specify HEADER in BINARY mode");
    return ST_OK;
}

/* A default is filled in just before the check that needs it. That of ESCAPE is whatever QUOTE is. */
static int check_quotes(struct reader *r, bool csv)
{
    if (!csv && r->quote)
        return not_supported(r, "COPY quote available only in CSV mode");
    if (csv && !r->quote)
        r->quote = "\"";
    if (csv && strlen(r->quote) != 1)
        return not_supported(r, "COPY quote must be a single one-byte character");
    if (csv && r->delimiter[0] == r->quote[0])
        return bad_value(r, "COPY delimiter and quote must be different");
    if (!csv && r->escape)
        return not_supported(r, "COPY escape available only in CSV mode");
    if (csv && !r->escape)
        r->escape = r->quote;
    if (csv && strlen(r->escape) != 1)
        return not_supported(r, "COPY escape must be a single one-byte character");
    return ST_OK;
}

static int check_force(struct reader *r, bool csv)
{
    const struct sql_copy *c = r->copy;
    bool quote = c->force_quote.all || c->force_quote.n, not_null = c->force_not_null.n > 0,
         null = c->force_null.n > 0;
    if (!csv && quote)
        return not_supported(r, "COPY force quote available only in CSV mode");
    if (quote && c->from)
        return not_supported(r, "COPY force quote only available using COPY TO");
    if (!csv && not_null)
        return not_supported(r, "COPY force not null available only in CSV mode");
    if (not_null && !c->from)
        return not_supported(r, "COPY force not null only available using COPY FROM");
    if (!csv && null)
        return not_supported(r, "COPY force null available only in CSV mode");
    if (null && !c->from)
        return not_supported(r, "COPY force null only available using COPY FROM");
    return ST_OK;
}

/* The checks stand in PostgreSQL's order, so that a COPY with several faults gets the same message here. */
static int check_all(struct reader *r)
{
    struct copy_options *o = &r->copy->options;
    bool csv = o->format == COPY_CSV;
    if (o->format == COPY_BINARY)
        TRY(check_binary(r));
    if (!r->delimiter)
        r->delimiter = csv ? "," : "\t";
    if (!r->null)
        r->null = csv ? "" : "\\N";
    TRY(check_delimiter(r, csv));
    TRY(check_quotes(r, csv));
    TRY(check_force(r, csv));
    if (strchr(r->null, r->delimiter[0]))
        return not_supported(r, "COPY delimiter must not appear in the NULL specification");
    if (csv && strchr(r->null, r->quote[0]))
        return not_supported(r, "CSV quote character must not appear in the NULL specification");
    o->delimiter = r->delimiter[0];
    o->null = str_of(r->null);
    o->quote = csv ? r->quote[0] : '\0';
    o->escape = csv ? r->escape[0] : '\0';
    return ST_OK;
}

int copy_read_options(struct str text, PgQuery__Node *const *options, size_t n, struct sql_copy *out,
                      struct arena *a, struct err *e)
{
    struct reader r = {.text = text, .copy = out, .arena = a, .e = e};
    for (size_t i = 0; i < n; i++) {
        if (options[i]->node_case != PG_QUERY__NODE__NODE_DEF_ELEM)
            return err_set(e, SQLSTATE_SYNTAX_ERROR, "syntax error");
        r.option = options[i]->def_elem;
        TRY(read_option(&r));
    }
    return check_all(&r);
}
