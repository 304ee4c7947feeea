#include "sql/name.h"

#include "base/buf.h"

void sql_name_put(struct buf *b, struct str name)
{
    buf_put_u8(b, '"');
    for (size_t i = 0; i < name.n; i++) {
        if (name.p[i] == '"')
            buf_put_u8(b, '"');
        buf_put_u8(b, (uint8_t)name.p[i]);
    }
    buf_put_u8(b, '"');
}

/* U&"…" is none: what is escaped in it nobody here reads. */
static bool is_quoted(const struct sql_token *t)
{
    return t->kind == SQL_TOK_QUOTED && t->text.n >= 2 && t->text.p[0] == '"';
}

struct str sql_name_bare(const struct sql_token *t)
{
    return is_quoted(t) ? (struct str){t->text.p + 1, t->text.n - 2} : t->text;
}

size_t sql_name_read(const struct sql_token *t, char *out)
{
    struct str s = sql_name_bare(t);
    bool quoted = is_quoted(t);
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        out[n++] = !quoted && c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
        if (quoted && c == '"')
            i++;
    }
    return n;
}
