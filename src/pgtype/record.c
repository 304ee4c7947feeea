#include "pgtype/record.h"

#include <assert.h>
#include <string.h>

enum { SHOWN_MAX = 200 };

static int malformed(struct str text, const char *why, struct err *e)
{
    (void)err_set(e, SQLSTATE_INVALID_TEXT_REPRESENTATION, "malformed record literal: \"%.*s\"",
                  text.n > SHOWN_MAX ? SHOWN_MAX : (int)text.n, text.p);
    err_detail(e, "%s", why);
    return ST_ERR;
}

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static size_t skip_blanks(struct str s, size_t at)
{
    while (at < s.n && is_blank(s.p[at]))
        at++;
    return at;
}

/* A field that begins at *at, into out, which has room for the rest of the text; *at: at the comma or bracket
 * behind it. false: the text ends within it. */
static bool read_field(struct str s, size_t *at, char *out, size_t *n)
{
    bool quoted = false;
    *n = 0;
    for (;;) {
        if (*at == s.n)
            return false;
        char c = s.p[*at];
        if (!quoted && (c == ',' || c == ')'))
            return true;
        ++*at;
        if (c == '\\') {
            if (*at == s.n)
                return false;
            out[(*n)++] = s.p[(*at)++];
        } else if (c != '"') {
            out[(*n)++] = c;
        } else if (quoted && *at < s.n && s.p[*at] == '"') {
            out[(*n)++] = c;
            ++*at;
        } else {
            quoted = !quoted;
        }
    }
}

int record_read(struct arena *a, struct str text, size_t n, struct str *fields, struct err *e)
{
    char *room = arena_alloc(a, text.n + 1);
    size_t at = skip_blanks(text, 0);
    assert(fields || n == 0);
    if (!room)
        return err_oom(e);
    if (at == text.n || text.p[at++] != '(')
        return malformed(text, "Missing left parenthesis.", e);
    for (size_t i = 0; i < n; i++) {
        if (i > 0 && (at == text.n || text.p[at] != ','))
            return malformed(text, "Too few columns.", e);
        at += i > 0;
        fields[i] = (struct str){0};
        if (at < text.n && (text.p[at] == ',' || text.p[at] == ')'))
            continue;
        fields[i].p = room;
        if (!read_field(text, &at, room, &fields[i].n))
            return malformed(text, "Unexpected end of input.", e);
        room += fields[i].n;
    }
    if (at == text.n || text.p[at++] != ')')
        return malformed(text, "Too many columns.", e);
    if (skip_blanks(text, at) < text.n)
        return malformed(text, "Junk after right parenthesis.", e);
    return ST_OK;
}

void record_put_field(struct buf *out, struct str field)
{
    bool quotes = field.p && field.n == 0;
    assert(field.p || field.n == 0);
    for (size_t i = 0; i < field.n && !quotes; i++)
        quotes = is_blank(field.p[i]) || memchr("\"\\(),", field.p[i], 5) != NULL;
    if (quotes)
        buf_put_u8(out, '"');
    for (size_t i = 0; i < field.n; i++) {
        if (field.p[i] == '"' || field.p[i] == '\\')
            buf_put_u8(out, (uint8_t)field.p[i]);
        buf_put_u8(out, (uint8_t)field.p[i]);
    }
    if (quotes)
        buf_put_u8(out, '"');
}
