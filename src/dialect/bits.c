#include "dialect/bits.h"

#include "dialect/walk.h"
#include "sql/type.h"

#include <assert.h>
#include <string.h>

enum {
    PREFIX = 2, /* the letter and the quote */
    BITS_A_DIGIT = 4,
    BITS_MAX = 1 << 24,
};

bool walk_is_bits(const struct sql_token *t)
{
    return t->kind == SQL_TOK_STRING && ((t->text.p[0] | 0x20) == 'b' || (t->text.p[0] | 0x20) == 'x');
}

static int fail(struct rewriter *r, const struct sql_token *t)
{
    r->err->position = str_position(r->edits.sql, t->at);
    return ST_ERR;
}

/* Of a digit of 2 or 16; -1: it is none. */
static int value_of(char c, bool hex)
{
    if (c == '0' || c == '1')
        return c - '0';
    if (!hex)
        return -1;
    char lower = (char)(c | 0x20);
    return c >= '2' && c <= '9' ? c - '0' : lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

int walk_bits_of(struct rewriter *r, const struct sql_token *t, struct str *out)
{
    assert(walk_is_bits(t) && t->text.n > PREFIX);
    struct str s = {t->text.p + PREFIX, t->text.n - PREFIX - 1};
    bool hex = (t->text.p[0] | 0x20) == 'x';
    size_t width = hex ? BITS_A_DIGIT : 1;
    char *bits = arena_alloc(r->arena, s.n * width + 1);
    if (!bits)
        return err_oom(r->err);
    for (size_t i = 0; i < s.n; i++) {
        int v = value_of(s.p[i], hex);
        if (v < 0) {
            size_t n = 1;
            while (i + n < s.n && utf8_continues(s.p[i + n]))
                n++;
            (void)err_set(r->err, SQLSTATE_INVALID_TEXT_REPRESENTATION, "\"%.*s\" is not a valid %s digit",
                          (int)n, s.p + i, hex ? "hexadecimal" : "binary");
            return fail(r, t);
        }
        for (size_t k = 0; k < width; k++)
            bits[i * width + k] = (char)('0' + (v >> (width - 1 - k) & 1));
    }
    if (s.n == 0) {
        (void)err_set(r->err, SQLSTATE_FEATURE_NOT_SUPPORTED, "a bit string without bits is not supported");
        return fail(r, t);
    }
    bits[s.n * width] = '\0';
    *out = (struct str){bits, s.n * width};
    return ST_OK;
}

int walk_bits_spelled(struct rewriter *r, struct str bits, struct str *out)
{
    return walk_concat(r, (const struct str[]){STR("CAST('"), bits, STR("' AS BIT)")}, 3, out);
}

int walk_bits_fit(struct rewriter *r, struct str *bits, bool varying, const struct sql_type *type)
{
    size_t n = bits->n, want = type->nmods ? (size_t)type->mods[0] : varying ? n : 1;
    if (want == 0 || want > BITS_MAX || (varying && n <= want))
        return ST_OK;
    char *text = arena_alloc(r->arena, want + 1);
    if (!text)
        return err_oom(r->err);
    memset(text, '0', want);
    text[want] = '\0';
    memcpy(text, bits->p, n < want ? n : want);
    *bits = (struct str){text, want};
    return ST_OK;
}

int walk_bits(struct rewriter *r)
{
    struct sql_token t = r->token;
    struct str text;
    TRY(walk_bits_of(r, &t, &text));
    TRY(walk_bits_spelled(r, text, &text));
    TRY(walk_replace(r, t.at, walk_end(&t), text));
    return walk_on(r);
}
