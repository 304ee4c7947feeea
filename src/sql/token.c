/* A table gives the class of each byte, and a function for each sort of token goes from an offset to
 * the one behind the token and keeps no state, so that a copy of the lexer looks ahead. Looks beyond
 * the current byte go through at(), which gives 0 behind the end: 0 is of no class and ends every
 * run. Where PostgreSQL and DuckDB differ the engine's rule counts (1_000, blanks beyond ASCII),
 * since what is cut here is run there. */
#include "sql/token.h"

enum {
    C_BLANK = 1,
    C_WORD_START = 2,
    C_WORD = 4,
    C_DIGIT = 8,
    C_OP = 16,
};

/* Bytes beyond ASCII are letters, as in PostgreSQL's scan.l, but for the engine's blanks: wide_blank. */
static const uint8_t char_class[256] = {
    [' '] = C_BLANK,
    ['\t' ... '\r'] = C_BLANK,
    ['a' ... 'z'] = C_WORD_START | C_WORD,
    ['A' ... 'Z'] = C_WORD_START | C_WORD,
    ['_'] = C_WORD_START | C_WORD,
    [0x80 ... 0xFF] = C_WORD_START | C_WORD,
    ['0' ... '9'] = C_DIGIT | C_WORD,
    ['~'] = C_OP,
    ['!'] = C_OP,
    ['@'] = C_OP,
    ['#'] = C_OP,
    ['^'] = C_OP,
    ['&'] = C_OP,
    ['|'] = C_OP,
    ['`'] = C_OP,
    ['?'] = C_OP,
    ['+'] = C_OP,
    ['-'] = C_OP,
    ['*'] = C_OP,
    ['/'] = C_OP,
    ['%'] = C_OP,
    ['<'] = C_OP,
    ['>'] = C_OP,
    ['='] = C_OP,
};

static bool is(unsigned char c, unsigned classes)
{
    return (char_class[c] & classes) != 0;
}

/* The byte at i, 0 beyond the end. */
static unsigned char at(struct str s, size_t i)
{
    return i < s.n ? (unsigned char)s.p[i] : 0;
}

/* The engine's blanks beyond ASCII, found by trying every code point: U+00A0, U+2000 to U+200B, U+202F,
 * U+205F, U+2060, U+3000, U+FEFF. How many bytes; 0: none. */
static size_t blank_beyond_ascii(struct str s, size_t i)
{
    unsigned char a = at(s, i), b = at(s, i + 1), c = at(s, i + 2);
    if (a == 0xC2)
        return b == 0xA0 ? 2 : 0;
    bool is_blank = (a == 0xE2 && b == 0x80 && ((c >= 0x80 && c <= 0x8B) || c == 0xAF)) ||
                    (a == 0xE2 && b == 0x81 && (c == 0x9F || c == 0xA0)) ||
                    (a == 0xE3 && b == 0x80 && c == 0x80) || (a == 0xEF && b == 0xBB && c == 0xBF);
    return is_blank ? 3 : 0;
}

static inline size_t wide_blank(struct str s, size_t i)
{
    return at(s, i) < 0x80 ? 0 : blank_beyond_ascii(s, i);
}

static bool is_comment_start(struct str s, size_t i)
{
    return (at(s, i) == '-' && at(s, i + 1) == '-') || (at(s, i) == '/' && at(s, i + 1) == '*');
}

static size_t skip_line_comment(struct str s, size_t i)
{
    while (i < s.n && s.p[i] != '\n' && s.p[i] != '\r')
        i++;
    return i;
}

/* Comments nest. false: no end. */
static bool skip_block_comment(struct str s, size_t *i)
{
    size_t depth = 0, k = *i;
    while (k + 1 < s.n) {
        if (s.p[k] == '/' && s.p[k + 1] == '*') {
            depth++;
            k += 2;
        } else if (s.p[k] == '*' && s.p[k + 1] == '/') {
            k += 2;
            if (--depth == 0) {
                *i = k;
                return true;
            }
        } else {
            k++;
        }
    }
    return false;
}

/* false: a comment without an end starts at *i. */
static bool skip_blanks(struct str s, size_t *i)
{
    for (;;) {
        for (size_t wide; (wide = wide_blank(s, *i)) > 0 || is(at(s, *i), C_BLANK);)
            *i += wide ? wide : 1;
        if (!is_comment_start(s, *i))
            return true;
        if (s.p[*i] == '-')
            *i = skip_line_comment(s, *i);
        else if (!skip_block_comment(s, i))
            return false;
    }
}

/* Two string literals with nothing but blanks, line comments and at least one newline between them are one;
 * the second is read by the rules of the first. 0: there is no such second, else the offset of its quote. */
static size_t continuation(struct str s, size_t i)
{
    bool newline = false;
    for (; i < s.n; i++) {
        if (s.p[i] == '\n' || s.p[i] == '\r')
            newline = true;
        else if (s.p[i] == '-' && at(s, i + 1) == '-')
            i = skip_line_comment(s, i) - 1;
        else if (!is((unsigned char)s.p[i], C_BLANK) || s.p[i] == '\v')
            break;
    }
    return newline && at(s, i) == '\'' ? i : 0;
}

/* What a quote inside may look like. */
enum escape { ESCAPE_DOUBLED, ESCAPE_BACKSLASH /* or doubled */, ESCAPE_NONE };

/* From the opening quote at i to behind the closing one; 0: there is none. */
static size_t skip_quoted(struct str s, size_t i, char quote, enum escape escape)
{
    for (i++; i < s.n; i++) {
        if (s.p[i] == '\\' && escape == ESCAPE_BACKSLASH) {
            i++;
        } else if (s.p[i] == quote) {
            if (escape == ESCAPE_NONE || at(s, i + 1) != (unsigned char)quote)
                return i + 1;
            i++;
        }
    }
    return 0;
}

static size_t skip_string(struct str s, size_t i, enum escape escape)
{
    for (;;) {
        size_t end = skip_quoted(s, i, '\'', escape);
        if (!end)
            return 0;
        i = continuation(s, end);
        if (!i)
            return end;
    }
}

static size_t skip_word(struct str s, size_t i)
{
    while (i < s.n && (is((unsigned char)s.p[i], C_WORD) || s.p[i] == '$') && !wide_blank(s, i))
        i++;
    return i;
}

/* Digits, with DuckDB's single underscores between them. */
static size_t skip_digits(struct str s, size_t i)
{
    while (is(at(s, i), C_DIGIT) ||
           (at(s, i) == '_' && is(at(s, i + 1), C_DIGIT) && is(at(s, i - 1), C_DIGIT)))
        i++;
    return i;
}

static size_t skip_number(struct str s, size_t i)
{
    i = skip_digits(s, i);
    if (at(s, i) == '.' && at(s, i + 1) != '.') /* 1..2 is 1 .. 2 */
        i = skip_digits(s, i + 1);
    if (at(s, i) == 'e' || at(s, i) == 'E') {
        size_t k = i + 1;
        if (at(s, k) == '+' || at(s, k) == '-')
            k++;
        if (is(at(s, k), C_DIGIT))
            i = skip_digits(s, k);
    }
    return i;
}

/* An operator ends where a comment starts, and in + or - only when it has one of ~!@#^&|`?% too, so that
 * a=-1 is a = -1. */
static size_t skip_operator(struct str s, size_t start)
{
    size_t i = start;
    bool special = false;
    while (i < s.n && is((unsigned char)s.p[i], C_OP) && !is_comment_start(s, i)) {
        special |= memchr("~!@#^&|`?%", s.p[i], 10) != NULL;
        i++;
    }
    while (!special && i - start > 1 && (s.p[i - 1] == '+' || s.p[i - 1] == '-'))
        i--;
    return i;
}

/* $1, $tag$…$tag$, or DuckDB's $name, which is "$" and a word here. */
static enum sql_token_kind skip_dollar(struct str s, size_t *i)
{
    size_t start = *i, k = start + 1;
    if (is(at(s, k), C_DIGIT)) {
        while (is(at(s, k), C_DIGIT))
            k++;
        *i = k;
        return SQL_TOK_PARAM;
    }
    if (is(at(s, k), C_WORD_START))
        while (is(at(s, k), C_WORD))
            k++;
    if (at(s, k) != '$') {
        *i = start + 1;
        return SQL_TOK_PUNCT;
    }
    size_t tag = k + 1 - start;
    const char *end = memmem(s.p + k + 1, s.n - k - 1, s.p + start, tag);
    if (!end)
        return SQL_TOK_BAD;
    *i = (size_t)(end - s.p) + tag;
    return SQL_TOK_DOLLAR;
}

/* A letter that opens a string or a quoted name rather than a word: E'', B'', X'', U&'', U&"". */
static enum sql_token_kind skip_prefixed(struct str s, size_t *i)
{
    unsigned char c = at(s, *i) | 0x20;
    size_t quote = *i + (c == 'u' && at(s, *i + 1) == '&' ? 2 : 1);
    bool string = at(s, quote) == '\'' && (c == 'e' || c == 'b' || c == 'x' || (c == 'u' && quote == *i + 2));
    bool name = at(s, quote) == '"' && c == 'u' && quote == *i + 2;
    if (!string && !name) {
        *i = skip_word(s, *i);
        return SQL_TOK_WORD;
    }
    enum escape escape = c == 'e' ? ESCAPE_BACKSLASH : c == 'u' ? ESCAPE_DOUBLED : ESCAPE_NONE;
    size_t end = string ? skip_string(s, quote, escape) : skip_quoted(s, quote, '"', ESCAPE_DOUBLED);
    if (!end)
        return SQL_TOK_BAD;
    *i = end;
    return string ? SQL_TOK_STRING : SQL_TOK_QUOTED;
}

static enum sql_token_kind skip_token(struct str s, size_t *i)
{
    unsigned char c = (unsigned char)s.p[*i];
    unsigned classes = char_class[c];
    size_t end;
    if (classes & C_WORD_START)
        return skip_prefixed(s, i);
    if ((classes & C_DIGIT) || (c == '.' && is(at(s, *i + 1), C_DIGIT))) {
        *i = skip_number(s, *i);
        return SQL_TOK_NUMBER;
    }
    if (classes & C_OP) {
        *i = skip_operator(s, *i);
        return SQL_TOK_OP;
    }
    switch (c) {
    case '\'':
    case '"':
        end = c == '"' ? skip_quoted(s, *i, '"', ESCAPE_DOUBLED) : skip_string(s, *i, ESCAPE_DOUBLED);
        if (!end)
            return SQL_TOK_BAD;
        *i = end;
        return c == '"' ? SQL_TOK_QUOTED : SQL_TOK_STRING;
    case '$': return skip_dollar(s, i);
    case ':': *i += at(s, *i + 1) == ':' || at(s, *i + 1) == '=' ? 2 : 1; return SQL_TOK_PUNCT;
    case '.': *i += at(s, *i + 1) == '.' ? 2 : 1; return SQL_TOK_PUNCT;
    default: (*i)++; return SQL_TOK_PUNCT;
    }
}

static _Thread_local uint64_t scanned;

uint64_t sql_tokens_scanned(void)
{
    return scanned;
}

enum sql_token_kind sql_lexer_scan(struct sql_lexer *l, struct sql_token *t)
{
    size_t i = l->at;
    bool ok = skip_blanks(l->sql, &i);
    size_t start = i;
    if (!ok)
        t->kind = SQL_TOK_BAD;
    else if (i >= l->sql.n)
        t->kind = SQL_TOK_END;
    else
        t->kind = skip_token(l->sql, &i);
    if (t->kind == SQL_TOK_BAD)
        i = l->sql.n;
    scanned += t->kind != SQL_TOK_END;
    t->at = start;
    t->text = (struct str){l->sql.p + start, i - start};
    l->at = i;
    return t->kind;
}

void sql_lexer_seek(struct sql_lexer *l, size_t at)
{
    l->at = at;
    while (l->kept < l->end && l->kept->at - l->base < at)
        l->kept++;
}
