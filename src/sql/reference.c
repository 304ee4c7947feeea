/* The parts of a kept key stand in one string behind a word that no other CHECK of ours begins with, with a
 * separator between them that is in no name. */
#include "sql/reference.h"

#include "base/buf.h"
#include "sql/name.h"
#include "sql/reader.h"

#include <stdio.h>

enum { TEXT_MAX = 64 * 1024, SEPARATOR = 0x1f };

/* ---- reading ---- */

struct str sql_read_brackets(struct reader *r)
{
    size_t from = r->token.at + 1, to = from;
    if (!sql_token_is(&r->token, '('))
        return (struct str){0};
    for (reader_next(r); !sql_token_is(&r->token, ')'); reader_next(r)) {
        if (r->token.kind == SQL_TOK_END || r->token.kind == SQL_TOK_BAD)
            return (struct str){r->text.p + from, 0};
        to = r->token.at + r->token.text.n;
    }
    reader_next(r);
    return (struct str){r->text.p + from, to - from};
}

/* Behind ON DELETE or ON UPDATE. */
static int action(struct reader *r, char *out)
{
    if (reader_take(r, "CASCADE"))
        *out = 'c';
    else if (reader_take(r, "RESTRICT"))
        *out = 'r';
    else if (reader_take(r, "NO"))
        *out = reader_take(r, "ACTION") ? 'a' : 0;
    else if (reader_take(r, "SET"))
        *out = reader_take(r, "NULL") ? 'n' : reader_take(r, "DEFAULT") ? 'd' : 0;
    else
        *out = 0;
    return *out ? ST_OK : reader_syntax_error(r);
}

/* NOT NULL and others that begin so are not of a reference. */
static bool is_timing(const struct reader *r)
{
    struct sql_lexer ahead = r->lexer;
    struct sql_token next;
    if (!sql_token_is_word(&r->token, "NOT"))
        return sql_token_is_word(&r->token, "DEFERRABLE") || sql_token_is_word(&r->token, "INITIALLY");
    (void)sql_lexer_next(&ahead, &next);
    return sql_token_is_word(&next, "DEFERRABLE") || sql_token_is_word(&next, "VALID");
}

int sql_read_reference(struct reader *r, struct sql_reference *out)
{
    const char *start = r->token.text.p;
    if (!sql_token_is_name(&r->token))
        return reader_syntax_error(r);
    size_t end = r->token.at;
    do {
        end = r->token.at + r->token.text.n;
        reader_next(r);
        if (!sql_token_is(&r->token, '.'))
            break;
        reader_next(r);
    } while (sql_token_is_name(&r->token));
    out->target = (struct str){start, (size_t)(r->text.p + end - start)};
    out->keys = sql_read_brackets(r);
    out->on_update = out->on_delete = 'a';
    out->full = false;
    out->at = 0;
    if (reader_take(r, "MATCH")) {
        out->full = sql_token_is_word(&r->token, "FULL");
        reader_next(r);
    }
    while (sql_token_is_word(&r->token, "ON")) {
        out->at = out->at ? out->at : r->token.at;
        reader_next(r);
        bool deletes = reader_take(r, "DELETE");
        if (!deletes && !reader_take(r, "UPDATE"))
            return reader_syntax_error(r);
        TRY(action(r, deletes ? &out->on_delete : &out->on_update));
    }
    out->timing = r->token.at;
    while (is_timing(r)) {
        reader_next(r);
        if (sql_token_is_word(&r->token, "DEFERRABLE") || sql_token_is_word(&r->token, "VALID") ||
            sql_token_is_word(&r->token, "DEFERRED") || sql_token_is_word(&r->token, "IMMEDIATE"))
            reader_next(r);
    }
    out->end = r->token.at;
    return ST_OK;
}

int sql_reference_text(struct arena *a, const struct sql_reference *x, struct str *out, struct err *e)
{
    size_t n = x->columns.n + x->target.n + x->keys.n + sizeof "FOREIGN KEY () REFERENCES  ()";
    char *text = arena_alloc(a, n);
    if (!text)
        return err_oom(e);
    int len = snprintf(text, n, "FOREIGN KEY (%.*s) REFERENCES %.*s%s%.*s%s", (int)x->columns.n, x->columns.p,
                       (int)x->target.n, x->target.p, x->keys.n ? " (" : "", (int)x->keys.n,
                       x->keys.n ? x->keys.p : "", x->keys.n ? ")" : "");
    *out = (struct str){text, (size_t)len};
    return ST_OK;
}

/* ---- keeping ---- */

static void put_part(struct buf *b, const char *part)
{
    buf_put_u8(b, SEPARATOR);
    for (const char *c = part; *c; c++) {
        if (*c == '\'')
            buf_put_u8(b, '\'');
        buf_put_u8(b, (uint8_t)*c);
    }
}

int sql_kept_key_text(struct arena *a, const struct sql_kept_key *k, struct str *out, struct err *e)
{
    struct buf b;
    const char actions[] = {k->on_update, k->on_delete, '\0'};
    buf_init(&b, TEXT_MAX);
    buf_printf(&b, "CHECK ('REFERENCES");
    put_part(&b, k->name ? k->name : "");
    put_part(&b, actions);
    put_part(&b, k->schema);
    put_part(&b, k->table);
    for (size_t i = 0; i < k->n; i++)
        put_part(&b, k->keys[i]);
    buf_printf(&b, "' IS NOT NULL OR (");
    for (size_t i = 0; i < k->n; i++) {
        buf_printf(&b, i ? " AND " : "");
        sql_name_put(&b, str_of(k->columns[i]));
        buf_printf(&b, " IS NULL");
    }
    buf_printf(&b, "))");
    const char *text = buf_ok(&b) ? arena_strndup(a, (const char *)b.data, b.len) : NULL;
    *out = (struct str){text, text ? b.len : 0};
    buf_release(&b);
    return text ? ST_OK
                : err_set(e, SQLSTATE_PROGRAM_LIMIT_EXCEEDED, "the names of a foreign key are too long");
}
