/* A type is no more than its bounds: smallint's sequence is one of bigint that ends at 32767. */
#include "sql/sequence.h"

#include "base/arena.h"
#include "base/buf.h"
#include "sql/reader.h"

#include <string.h>

/* Words for types of integers, with the bounds of each. bigint has none here: its bounds are the engine's own
 * for any sequence. */
static const struct {
    const char *word, *type, *least, *most;
} types[] = {
    {"smallint", "smallint", "-32768", "32767"},
    {"int2", "smallint", "-32768", "32767"},
    {"smallserial", "smallint", "-32768", "32767"},
    {"serial2", "smallint", "-32768", "32767"},
    {"integer", "integer", "-2147483648", "2147483647"},
    {"int", "integer", "-2147483648", "2147483647"},
    {"int4", "integer", "-2147483648", "2147483647"},
    {"serial", "integer", "-2147483648", "2147483647"},
    {"serial4", "integer", "-2147483648", "2147483647"},
    {"bigint", "bigint", NULL, NULL},
    {"int8", "bigint", NULL, NULL},
    {"bigserial", "bigint", NULL, NULL},
    {"serial8", "bigint", NULL, NULL},
};

const char *sql_sequence_type(struct str word)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (str_ieq(word, str_of(types[i].word)))
            return types[i].type;
    return NULL;
}

/* A whole number with its sign. A plus is left out, since the engine knows none there. */
static int read_number(struct reader *r, struct str *out)
{
    size_t from = r->token.at;
    bool sign = r->token.kind == SQL_TOK_OP && r->token.text.n == 1 &&
                (r->token.text.p[0] == '-' || r->token.text.p[0] == '+');
    if (sign)
        reader_next(r);
    if (r->token.kind != SQL_TOK_NUMBER)
        return reader_syntax_error(r);
    *out = (struct str){r->text.p + from, r->token.at + r->token.text.n - from};
    if (out->p[0] == '+')
        *out = r->token.text;
    reader_next(r);
    return ST_OK;
}

/* NO MINVALUE, NO MAXVALUE, NO CYCLE */
static int read_no(struct reader *r, struct sql_sequence_options *o)
{
    if (reader_take(r, "MINVALUE"))
        o->no_min = true;
    else if (reader_take(r, "MAXVALUE"))
        o->no_max = true;
    else if (reader_take(r, "CYCLE"))
        o->no_cycle = true;
    else
        return reader_syntax_error(r);
    return ST_OK;
}

/* RESTART [WITH number]; without a number it begins with its first value again. */
static int read_restart(struct reader *r, struct sql_sequence_options *o)
{
    o->restarts = true;
    bool with = reader_take(r, "WITH");
    bool sign = r->token.kind == SQL_TOK_OP;
    return with || sign || r->token.kind == SQL_TOK_NUMBER ? read_number(r, &o->restart) : ST_OK;
}

/* One option. What follows OWNED BY and CACHE is read over: nothing here depends on it. */
static int read_option(struct reader *r, struct sql_sequence_options *o)
{
    struct str ignored;
    if (reader_take(r, "OWNED")) {
        o->owned = true;
        return reader_take(r, "BY") ? reader_qualified(r, &ignored) : reader_syntax_error(r);
    }
    if (reader_take(r, "CACHE")) {
        o->cached = true;
        return read_number(r, &ignored);
    }
    if (reader_take(r, "SEQUENCE"))
        return reader_take(r, "NAME") ? reader_qualified(r, &o->name) : reader_syntax_error(r);
    o->any = true;
    if (reader_take(r, "AS")) {
        o->type = sql_sequence_type(r->token.text);
        if (!o->type)
            return err_set(r->err, SQLSTATE_INVALID_PARAMETER_VALUE,
                           "sequence type must be smallint, integer, or bigint");
        reader_next(r);
        return ST_OK;
    }
    if (reader_take(r, "INCREMENT"))
        return (void)reader_take(r, "BY"), read_number(r, &o->increment);
    if (reader_take(r, "MINVALUE"))
        return read_number(r, &o->min);
    if (reader_take(r, "MAXVALUE"))
        return read_number(r, &o->max);
    if (reader_take(r, "START"))
        return (void)reader_take(r, "WITH"), read_number(r, &o->start);
    if (reader_take(r, "RESTART"))
        return read_restart(r, o);
    if (reader_take(r, "NO"))
        return read_no(r, o);
    o->cycle = reader_take(r, "CYCLE");
    return o->cycle ? ST_OK : reader_syntax_error(r);
}

int sql_read_sequence_options(struct reader *r, struct sql_sequence_options *out)
{
    *out = (struct sql_sequence_options){0};
    while (r->token.kind != SQL_TOK_END && !sql_token_is(&r->token, ')'))
        TRY(read_option(r, out));
    return ST_OK;
}

/* What a type bounds on the side that the sequence goes to. */
static void put_bound(struct buf *b, const struct sql_sequence_options *o, const char *type)
{
    bool descends = o->increment.n > 0 && o->increment.p[0] == '-';
    for (size_t i = 0; type && i < sizeof types / sizeof *types; i++) {
        if (strcmp(types[i].word, type) != 0 || !types[i].most)
            continue;
        if (!descends && o->max.n == 0)
            buf_printf(b, " MAXVALUE %s", types[i].most);
        if (descends && o->min.n == 0)
            buf_printf(b, " MINVALUE %s", types[i].least);
    }
}

/* NO MINVALUE, NO MAXVALUE and NO CYCLE are left out, since they ask for what is so anyway. RESTART is not
 * written either: it is an action, not part of what a sequence is. */
int sql_sequence_text(struct arena *a, const struct sql_sequence_options *o, const char *type,
                      struct str *out, struct err *e)
{
    struct buf b;
    buf_init(&b, 4096);
    if (o->increment.n)
        buf_printf(&b, " INCREMENT BY %.*s", (int)o->increment.n, o->increment.p);
    if (o->min.n)
        buf_printf(&b, " MINVALUE %.*s", (int)o->min.n, o->min.p);
    if (o->max.n)
        buf_printf(&b, " MAXVALUE %.*s", (int)o->max.n, o->max.p);
    put_bound(&b, o, o->type ? o->type : type);
    if (o->start.n)
        buf_printf(&b, " START WITH %.*s", (int)o->start.n, o->start.p);
    if (o->cycle)
        buf_printf(&b, " CYCLE");
    char *text = buf_ok(&b) ? arena_strndup(a, b.len ? (const char *)b.data : "", b.len) : NULL;
    *out = (struct str){text, b.len};
    buf_release(&b);
    return text ? ST_OK : err_oom(e);
}
