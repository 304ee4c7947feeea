/* E'…' and U&'…' have escapes, and any string may go on on another line. */
#include "dialect/string_value.h"

#include "dialect/walk.h"

#include <assert.h>
#include <string.h>

static unsigned hex_value(char c)
{
    return c >= '0' && c <= '9' ? (unsigned)(c - '0') : (unsigned)((c | 0x20) - 'a' + 10);
}

static void put_utf8(char *out, size_t *n, uint32_t c)
{
    if (c < 0x80) {
        out[(*n)++] = (char)c;
        return;
    }
    unsigned more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    static const unsigned char first[] = {0, 0xC0, 0xE0, 0xF0};
    out[(*n)++] = (char)(first[more] | c >> 6 * more);
    while (more-- > 0)
        out[(*n)++] = (char)(0x80 | (c >> 6 * more & 0x3F));
}

static bool is_high(uint32_t c)
{
    return c >= 0xD800 && c < 0xDC00;
}

static bool is_low(uint32_t c)
{
    return c >= 0xDC00 && c < 0xE000;
}

static uint32_t join(uint32_t high, uint32_t low)
{
    assert(is_high(high) && is_low(low));
    return 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
}

/* So many digits at p[*i], which goes behind them; false: there are fewer. */
static bool read_hex(const char *p, size_t *i, size_t end, size_t digits, uint32_t *v)
{
    *v = 0;
    if (end - *i < digits)
        return false;
    for (const size_t to = *i + digits; *i < to; ++*i) {
        if (!walk_is_hex(p[*i]))
            return false;
        *v = *v * 16 + hex_value(p[*i]);
    }
    return true;
}

/* Behind a backslash of E'…', at p[i]; where to go on. */
static size_t put_escape(const char *p, size_t i, size_t end, char *out, size_t *n)
{
    static const char letters[] = "bfnrt", meant[] = "\b\f\n\r\t";
    const char *letter = strchr(letters, p[i]);
    uint32_t v = 0;
    size_t k = i;
    if (p[i] >= '0' && p[i] <= '7') {
        for (; k < end && k < i + 3 && p[k] >= '0' && p[k] <= '7'; k++)
            v = v * 8 + (uint32_t)(p[k] - '0');
        out[(*n)++] = (char)v;
        return k;
    }
    size_t most = p[i] == 'x' ? 2 : p[i] == 'u' ? 4 : p[i] == 'U' ? 8 : 0;
    for (k = i + 1; most && k < end && k < i + 1 + most && walk_is_hex(p[k]); k++)
        v = v * 16 + hex_value(p[k]);
    if (most && k > i + 1) {
        uint32_t low;
        size_t next = k + 2;
        if (most == 2) {
            out[(*n)++] = (char)v;
            return k;
        }
        if (is_high(v) && next < end && p[k] == '\\' && p[k + 1] == 'u' && read_hex(p, &next, end, 4, &low) &&
            is_low(low)) {
            v = join(v, low);
            k = next;
        }
        put_utf8(out, n, v);
        return k;
    }
    out[(*n)++] = letter ? meant[letter - letters] : p[i];
    return i + 1;
}

/* The piece in quotes that opens at p[*i]; its text is appended. */
static void read_piece(struct str s, size_t *i, bool escapes, char *out, size_t *n)
{
    for (++*i; *i < s.n;) {
        char c = s.p[*i];
        if (c == '\'') {
            ++*i;
            if (*i >= s.n || s.p[*i] != '\'')
                return;
        } else if (c == '\\' && escapes && *i + 1 < s.n) {
            *i = put_escape(s.p, *i + 1, s.n, out, n);
            continue;
        }
        out[(*n)++] = c;
        ++*i;
    }
}

int walk_fail_at(struct rewriter *r, const struct sql_token *t)
{
    r->err->position = str_position(r->edits.sql, t->at);
    return ST_ERR;
}

static int bad_pair(struct rewriter *r, const struct sql_token *t)
{
    (void)err_set(r->err, SQLSTATE_SYNTAX_ERROR, "invalid Unicode surrogate pair");
    return walk_fail_at(r, t);
}

/* Behind the escape, at text[*i]: XXXX or +XXXXXX. */
static int read_unicode(struct rewriter *r, const struct sql_token *t, const char *text, size_t *i,
                        size_t end, uint32_t *c)
{
    const bool six = *i < end && text[*i] == '+';
    *i += six;
    if (!read_hex(text, i, end, six ? 6 : 4, c)) {
        (void)err_set(r->err, SQLSTATE_SYNTAX_ERROR, "invalid Unicode escape");
        err_hint(r->err, "Unicode escapes must be \\XXXX or \\+XXXXXX.");
        return walk_fail_at(r, t);
    }
    if (*c > 0 && *c <= 0x10FFFF)
        return ST_OK;
    (void)err_set(r->err, SQLSTATE_SYNTAX_ERROR, "invalid Unicode escape value");
    return walk_fail_at(r, t);
}

/* What U&'…' says between its quotes, in the place of its n bytes: no character is longer than its escape. */
static int put_unicode(struct rewriter *r, const struct sql_token *t, char escape, char *text, size_t *n)
{
    const size_t end = *n;
    uint32_t c, high = 0;
    *n = 0;
    for (size_t i = 0; i < end;) {
        const bool doubled = text[i] == escape && i + 1 < end && text[i + 1] == escape;
        if (text[i] != escape || doubled) {
            if (high)
                return bad_pair(r, t);
            text[(*n)++] = text[i];
            i += (size_t)1 + doubled;
            continue;
        }
        i++;
        TRY(read_unicode(r, t, text, &i, end, &c));
        if (is_low(c) != (high > 0))
            return bad_pair(r, t);
        if (is_high(c)) {
            high = c;
            continue;
        }
        put_utf8(text, n, high ? join(high, c) : c);
        high = 0;
    }
    return high ? bad_pair(r, t) : ST_OK;
}

bool walk_is_unicode(const struct sql_token *t)
{
    return t->kind == SQL_TOK_STRING && t->text.n > 2 && (t->text.p[0] | 0x20) == 'u' && t->text.p[1] == '&';
}

int walk_string_escaped(struct rewriter *r, const struct sql_token *t, char escape, struct str *out)
{
    struct str s = t->text;
    const bool escapes = s.n > 2 && (s.p[0] == 'e' || s.p[0] == 'E') && s.p[1] == '\'';
    if (t->kind != SQL_TOK_STRING || s.n < 2 || (s.p[0] != '\'' && !escapes && !walk_is_unicode(t)))
        return ST_AGAIN;
    char *text = arena_alloc(r->arena, s.n + 1);
    if (!text)
        return err_oom(r->err);
    size_t n = 0;
    for (size_t i = escapes ? 1 : walk_is_unicode(t) ? 2 : 0; i < s.n;) {
        if (s.p[i] == '\'')
            read_piece(s, &i, escapes, text, &n);
        else if (s.p[i] == '-') /* a comment between two lines of it */
            return ST_AGAIN;
        else
            i++;
    }
    assert(n <= s.n);
    if (walk_is_unicode(t))
        TRY(put_unicode(r, t, escape, text, &n));
    text[n] = '\0';
    *out = (struct str){text, n};
    return ST_OK;
}

int walk_string_value(struct rewriter *r, const struct sql_token *t, struct str *out)
{
    return walk_string_escaped(r, t, '\\', out);
}

bool walk_has_unicode(const struct sql_token *t)
{
    const struct str s = t->text;
    if (walk_is_unicode(t))
        return true;
    if (t->kind != SQL_TOK_STRING || (s.p[0] | 0x20) != 'e' || !memchr(s.p, '\\', s.n))
        return false;
    for (size_t i = 0; i + 1 < s.n; i++)
        if (s.p[i] == '\\' && (s.p[i + 1] | 0x20) == 'u')
            return true;
    return false;
}
