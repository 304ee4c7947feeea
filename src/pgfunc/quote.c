#include "pgfunc/quote.h"

#include "pgfunc/chars.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- names ---- */

/* Words that PostgreSQL's parser does not take for any name; sorted. */
static const char *const keywords[] = {
    "all",
    "analyse",
    "analyze",
    "and",
    "any",
    "array",
    "as",
    "asc",
    "asymmetric",
    "authorization",
    "between",
    "bigint",
    "binary",
    "bit",
    "boolean",
    "both",
    "case",
    "cast",
    "char",
    "character",
    "check",
    "coalesce",
    "collate",
    "collation",
    "column",
    "concurrently",
    "constraint",
    "create",
    "cross",
    "current_catalog",
    "current_date",
    "current_role",
    "current_schema",
    "current_time",
    "current_timestamp",
    "current_user",
    "dec",
    "decimal",
    "default",
    "deferrable",
    "desc",
    "distinct",
    "do",
    "else",
    "end",
    "except",
    "exists",
    "extract",
    "false",
    "fetch",
    "float",
    "for",
    "foreign",
    "freeze",
    "from",
    "full",
    "grant",
    "greatest",
    "group",
    "grouping",
    "having",
    "ilike",
    "in",
    "initially",
    "inner",
    "inout",
    "int",
    "integer",
    "intersect",
    "interval",
    "into",
    "is",
    "isnull",
    "join",
    "lateral",
    "leading",
    "least",
    "left",
    "like",
    "limit",
    "localtime",
    "localtimestamp",
    "national",
    "natural",
    "nchar",
    "none",
    "normalize",
    "not",
    "notnull",
    "null",
    "nullif",
    "numeric",
    "offset",
    "on",
    "only",
    "or",
    "order",
    "out",
    "outer",
    "overlaps",
    "overlay",
    "placing",
    "position",
    "precision",
    "primary",
    "real",
    "references",
    "returning",
    "right",
    "row",
    "select",
    "session_user",
    "setof",
    "similar",
    "smallint",
    "some",
    "substring",
    "symmetric",
    "table",
    "tablesample",
    "then",
    "time",
    "timestamp",
    "to",
    "trailing",
    "treat",
    "trim",
    "true",
    "union",
    "unique",
    "user",
    "using",
    "values",
    "varchar",
    "variadic",
    "verbose",
    "when",
    "where",
    "window",
    "with",
    "xmlattributes",
    "xmlconcat",
    "xmlelement",
    "xmlexists",
    "xmlforest",
    "xmlnamespaces",
    "xmlparse",
    "xmlpi",
    "xmlroot",
    "xmlserialize",
    "xmltable",
};

static int compare_word(const void *key, const void *item)
{
    const struct str *name = key;
    const char *word = *(const char *const *)item;
    int order = strncmp(name->p, word, name->n);
    return order ? order : word[name->n] ? -1 : 0;
}

/* Whether PostgreSQL's parser would read the name without quotes as the same name: it folds capitals,
 * and takes keywords for something else. quote_ident puts all other names in quotes. */
static bool is_plain_name(struct str s)
{
    bool plain = s.n > 0 && !(s.p[0] >= '0' && s.p[0] <= '9');
    for (size_t i = 0; i < s.n && plain; i++)
        plain = (s.p[i] >= 'a' && s.p[i] <= 'z') || (s.p[i] >= '0' && s.p[i] <= '9') || s.p[i] == '_';
    return plain &&
           !bsearch(&s, keywords, sizeof keywords / sizeof *keywords, sizeof *keywords, compare_word);
}

static void put_doubled(struct buf *out, struct str s, char quote)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == quote)
            buf_put_u8(out, (uint8_t)quote);
        buf_put_u8(out, (uint8_t)s.p[i]);
    }
}

static void put_name(struct buf *out, struct str s)
{
    if (is_plain_name(s)) {
        buf_put(out, s.p, s.n);
        return;
    }
    buf_put_u8(out, '"');
    put_doubled(out, s, '"');
    buf_put_u8(out, '"');
}

/* A text with backslashes is written as E'…', so that it means the same whatever the reader is set to. */
static void put_literal(struct buf *out, struct str s)
{
    bool escapes = s.n && memchr(s.p, '\\', s.n);
    if (escapes)
        buf_put_u8(out, 'E');
    buf_put_u8(out, '\'');
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '\'' || s.p[i] == '\\')
            buf_put_u8(out, (uint8_t)s.p[i]);
        buf_put_u8(out, (uint8_t)s.p[i]);
    }
    buf_put_u8(out, '\'');
}

static int quote_ident(struct pg_call *call)
{
    put_name(call->out, call->args[0].text);
    return ST_OK;
}

static int quote_literal(struct pg_call *call)
{
    put_literal(call->out, call->args[0].text);
    return ST_OK;
}

static int quote_nullable(struct pg_call *call)
{
    if (call->args[0].is_null)
        buf_put(call->out, "NULL", 4);
    else
        put_literal(call->out, call->args[0].text);
    return ST_OK;
}

/* ---- parse_ident ---- */

static size_t skip_blanks(struct str s, size_t at)
{
    while (at < s.n && char_is_space((unsigned char)s.p[at]))
        at++;
    return at;
}

static int not_a_name(struct pg_call *call, const char *why)
{
    const struct str s = call->args[0].text;
    (void)err_set(call->e, SQLSTATE_INVALID_PARAMETER_VALUE, "string is not a valid identifier: \"%.*s\"",
                  (int)(s.n < 512 ? s.n : 512), s.p);
    if (why)
        err_detail(call->e, "%s", why);
    return ST_ERR;
}

static int read_quoted(struct pg_call *call, struct str s, size_t *at)
{
    size_t start = call->out->len;
    for ((*at)++;; (*at)++) {
        if (*at >= s.n)
            return not_a_name(call, "String has unclosed double quotes.");
        if (s.p[*at] == '"' && (*at + 1 >= s.n || s.p[*at + 1] != '"'))
            break;
        *at += s.p[*at] == '"';
        buf_put_u8(call->out, (uint8_t)s.p[*at]);
    }
    ++*at;
    if (call->out->len == start)
        return not_a_name(call, "Quoted identifier must not be empty.");
    return ST_OK;
}

static bool continues_name(unsigned char c, bool first)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 0x80 ||
           (!first && ((c >= '0' && c <= '9') || c == '$'));
}

/* Letters of ASCII alone: PostgreSQL folds others by byte, and not at all in UTF-8. */
static uint8_t fold(char c)
{
    return (uint8_t)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

/* parse_ident(text [, strict]): the parts of a name with points, folded where they have no quotes. When
 * strict, which is the default, nothing but blanks may follow the last one. */
static int parse_ident(struct pg_call *call)
{
    assert(call->nargs == 1 || call->nargs == 2);
    const struct str s = call->args[0].text;
    bool strict = call->nargs < 2 || call->args[1].boolean;
    for (size_t at = skip_blanks(s, 0);;) {
        size_t start = call->out->len;
        if (at < s.n && s.p[at] == '"') {
            TRY(read_quoted(call, s, &at));
        } else {
            size_t from = at;
            for (; at < s.n && continues_name((unsigned char)s.p[at], at == from); at++)
                buf_put_u8(call->out, fold(s.p[at]));
            if (at == from)
                return not_a_name(call, NULL);
        }
        pg_put_item(call, start);
        at = skip_blanks(s, at);
        if (at < s.n && s.p[at] == '.') {
            at = skip_blanks(s, at + 1);
            continue;
        }
        return at < s.n && strict ? not_a_name(call, NULL) : ST_OK;
    }
}

/* ---- format ---- */

/* What stands behind a % in format: [position$][-][width] and the kind, which is s, I or L. */
struct spec {
    size_t argument; /* 0: the next one */
    bool left, star;
    size_t star_argument; /* 0: the next one */
    int64_t width;
    char kind;
};

static int too_few(struct pg_call *call)
{
    return err_set(call->e, SQLSTATE_INVALID_PARAMETER_VALUE, "too few arguments for format()");
}

/* Digits at *at; -1: none. */
static int read_number(struct pg_call *call, struct str f, size_t *at, int64_t *out)
{
    *out = -1;
    for (; *at < f.n && f.p[*at] >= '0' && f.p[*at] <= '9'; ++*at) {
        *out = (*out < 0 ? 0 : *out) * 10 + (f.p[*at] - '0');
        if (*out > INT32_MAX)
            return err_set(call->e, SQLSTATE_NUMERIC_VALUE_OUT_OF_RANGE, "number is out of range");
    }
    return ST_OK;
}

static int argument_zero(struct pg_call *call)
{
    return err_set(call->e, SQLSTATE_INVALID_PARAMETER_VALUE,
                   "format specifies argument 0, but arguments are numbered from 1");
}

/* Behind the %, as far as the letter. */
static int read_spec(struct pg_call *call, struct str f, size_t *at, struct spec *s)
{
    int64_t n;
    *s = (struct spec){0};
    TRY(read_number(call, f, at, &n));
    if (n >= 0 && *at < f.n && f.p[*at] == '$') {
        if (n == 0)
            return argument_zero(call);
        s->argument = (size_t)n;
        ++*at;
        n = -1;
    }
    if (n >= 0) {
        s->width = n;
    } else {
        for (; *at < f.n && f.p[*at] == '-'; ++*at)
            s->left = true;
        if (*at < f.n && f.p[*at] == '*') {
            ++*at;
            s->star = true;
            TRY(read_number(call, f, at, &n));
            if (n >= 0 && (*at >= f.n || f.p[*at] != '$'))
                return err_set(call->e, SQLSTATE_INVALID_PARAMETER_VALUE,
                               "width argument position must be ended by \"$\"");
            if (n == 0)
                return argument_zero(call);
            s->star_argument = n > 0 ? (size_t)n : 0;
            *at += n > 0;
        } else {
            TRY(read_number(call, f, at, &n));
            s->width = n > 0 ? n : 0;
        }
    }
    if (*at >= f.n) {
        (void)err_set(call->e, SQLSTATE_INVALID_PARAMETER_VALUE, "unterminated format() type specifier");
        err_hint(call->e, "For a single \"%%\" use \"%%%%\".");
        return ST_ERR;
    }
    s->kind = f.p[(*at)++];
    return ST_OK;
}

/* The width may be an argument, too: a negative one puts the blanks at the right, and NULL asks for none. */
static int take_width(struct pg_call *call, struct spec *s, size_t *next)
{
    if (!s->star)
        return ST_OK;
    size_t i = s->star_argument ? s->star_argument : ++*next;
    *next = i;
    if (i >= call->nargs)
        return too_few(call);
    const struct pg_value *v = &call->args[i];
    int64_t width = 0;
    if (!v->is_null && !str_to_i64(v->text, INT32_MIN + 1, INT32_MAX, &width))
        return err_set(call->e, SQLSTATE_INVALID_TEXT_REPRESENTATION,
                       "invalid input syntax for type integer: \"%.*s\"",
                       (int)(v->text.n < 64 ? v->text.n : 64), v->text.p);
    s->left |= width < 0;
    s->width = width < 0 ? -width : width;
    return ST_OK;
}

/* A NULL is nothing for %s and the word NULL for %L. For %I it is an error, since it can be no name. */
static int put_argument(struct pg_call *call, const struct spec *s, size_t next)
{
    if (next >= call->nargs)
        return too_few(call);
    const struct pg_value *v = &call->args[next];
    size_t start = call->out->len;
    if (s->kind == 'I' && v->is_null)
        return err_set(call->e, SQLSTATE_NULL_VALUE_NOT_ALLOWED,
                       "null values cannot be formatted as an SQL identifier");
    if (s->kind == 'L' && v->is_null)
        buf_put(call->out, "NULL", 4);
    else if (s->kind == 'L')
        put_literal(call->out, v->text);
    else if (s->kind == 'I')
        put_name(call->out, v->text);
    else if (!v->is_null)
        buf_put(call->out, v->text.p, v->text.n);
    if (!buf_ok(call->out) || s->width == 0)
        return ST_OK;
    size_t n = call->out->len - start;
    size_t chars = str_chars((struct str){n ? (const char *)call->out->data + start : "", n});
    if ((size_t)s->width <= chars)
        return ST_OK;
    size_t pad = (size_t)s->width - chars;
    uint8_t *room = buf_reserve(call->out, pad);
    if (!room)
        return ST_OK; /* the caller asks the buffer */
    memset(room, ' ', pad);
    buf_commit(call->out, pad);
    if (!s->left) {
        memmove(call->out->data + start + pad, call->out->data + start, n);
        memset(call->out->data + start, ' ', pad);
    }
    return ST_OK;
}

/* format(text, …): the arguments come as text. */
static int format(struct pg_call *call)
{
    assert(call->nargs >= 1);
    const struct str f = call->args[0].text;
    size_t next = 0; /* the argument that was used last */
    call->result.is_null = call->args[0].is_null;
    for (size_t at = 0; at < f.n && !call->args[0].is_null;) {
        if (f.p[at++] != '%') {
            buf_put_u8(call->out, (uint8_t)f.p[at - 1]);
            continue;
        }
        if (at < f.n && f.p[at] == '%') {
            buf_put_u8(call->out, '%');
            at++;
            continue;
        }
        struct spec s;
        TRY(read_spec(call, f, &at, &s));
        if (s.kind != 's' && s.kind != 'I' && s.kind != 'L') {
            (void)err_set(call->e, SQLSTATE_INVALID_PARAMETER_VALUE,
                          "unrecognized format() type specifier \"%c\"", s.kind);
            err_hint(call->e, "For a single \"%%\" use \"%%%%\".");
            return ST_ERR;
        }
        TRY(take_width(call, &s, &next));
        next = s.argument ? s.argument : next + 1;
        TRY(put_argument(call, &s, next));
    }
    return ST_OK;
}

const struct pg_function pg_quote_functions[] = {
    {.name = "pg_format",
     .args = {PG_TEXT},
     .variadic = PG_TEXT,
     .result = PG_TEXT,
     .call = format,
     .takes_null = true},
    {.name = "pg_quote_ident", .args = {PG_TEXT}, .result = PG_TEXT, .call = quote_ident},
    {.name = "pg_quote_literal", .args = {PG_TEXT}, .result = PG_TEXT, .call = quote_literal},
    {.name = "pg_quote_nullable",
     .args = {PG_TEXT},
     .result = PG_TEXT,
     .call = quote_nullable,
     .takes_null = true},
    {.name = "parse_ident", .args = {PG_TEXT}, .result = PG_TEXTS, .call = parse_ident},
    {.name = "parse_ident", .args = {PG_TEXT, PG_BOOL}, .result = PG_TEXTS, .call = parse_ident},
    {.name = NULL},
};
