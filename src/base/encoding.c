/* Text goes through iconv in runs of what is not ASCII. Runs are found by the lengths that first bytes
 * announce (char_length), since a later byte of a character may be an ASCII letter in some encodings. */
#include "base/encoding.h"

#include "base/alloc.h"

#include <assert.h>
#include <iconv.h>
#include <stdio.h>

/* How the length of a character follows from its bytes. */
enum shape {
    SHAPE_PLAIN, /* is not converted */
    SHAPE_BYTE,  /* one byte each */
    SHAPE_MARKS, /* one byte each, some of them marks: a letter with its mark is another character */
    SHAPE_EUC,   /* two bytes; 0x8e and 0x8f introduce other sets */
    SHAPE_EUC_TW,
    SHAPE_EUC_TWO, /* two bytes */
    SHAPE_JOHAB,   /* as EUC in length, and in what may follow the first byte */
    SHAPE_SJIS,    /* as two, but for the katakana of one byte */
    SHAPE_TWO,     /* two bytes, the second may be ASCII */
    SHAPE_GB18030,
};

struct encoding {
    const char *name;   /* PostgreSQL's */
    const char *system; /* iconv's; NULL: none */
    enum shape shape;
};

static const struct encoding encodings[] = {
    {"UTF8", NULL, SHAPE_PLAIN},
    {"SQL_ASCII", NULL, SHAPE_PLAIN},
    {"LATIN1", "ISO-8859-1", SHAPE_BYTE},
    {"LATIN2", "ISO-8859-2", SHAPE_BYTE},
    {"LATIN3", "ISO-8859-3", SHAPE_BYTE},
    {"LATIN4", "ISO-8859-4", SHAPE_BYTE},
    {"LATIN5", "ISO-8859-9", SHAPE_BYTE},
    {"LATIN6", "ISO-8859-10", SHAPE_BYTE},
    {"LATIN7", "ISO-8859-13", SHAPE_BYTE},
    {"LATIN8", "ISO-8859-14", SHAPE_BYTE},
    {"LATIN9", "ISO-8859-15", SHAPE_BYTE},
    {"LATIN10", "ISO-8859-16", SHAPE_BYTE},
    {"ISO_8859_5", "ISO-8859-5", SHAPE_BYTE},
    {"ISO_8859_6", "ISO-8859-6", SHAPE_BYTE},
    {"ISO_8859_7", "ISO-8859-7", SHAPE_BYTE},
    {"ISO_8859_8", "ISO-8859-8", SHAPE_BYTE},
    {"WIN866", "CP866", SHAPE_BYTE},
    {"WIN874", "CP874", SHAPE_BYTE},
    {"WIN1250", "CP1250", SHAPE_BYTE},
    {"WIN1251", "CP1251", SHAPE_BYTE},
    {"WIN1252", "CP1252", SHAPE_BYTE},
    {"WIN1253", "CP1253", SHAPE_BYTE},
    {"WIN1254", "CP1254", SHAPE_BYTE},
    {"WIN1255", "CP1255", SHAPE_BYTE},
    {"WIN1256", "CP1256", SHAPE_BYTE},
    {"WIN1257", "CP1257", SHAPE_BYTE},
    {"WIN1258", "CP1258", SHAPE_MARKS},
    {"KOI8R", "KOI8-R", SHAPE_BYTE},
    {"KOI8U", "KOI8-U", SHAPE_BYTE},
    {"EUC_JP", "EUC-JP-MS", SHAPE_EUC},
    {"EUC_JIS_2004", "EUC-JISX0213", SHAPE_EUC},
    {"EUC_CN", "EUC-CN", SHAPE_EUC_TWO},
    {"EUC_KR", "EUC-KR", SHAPE_EUC_TWO},
    {"EUC_TW", "EUC-TW", SHAPE_EUC_TW},
    {"SJIS", "CP932", SHAPE_SJIS},
    {"SHIFT_JIS_2004", "SHIFT_JISX0213", SHAPE_SJIS},
    {"BIG5", "CP950", SHAPE_TWO},
    {"GBK", "GBK", SHAPE_TWO},
    {"UHC", "UHC", SHAPE_TWO},
    {"JOHAB", "JOHAB", SHAPE_JOHAB},
    {"GB18030", "GB18030", SHAPE_GB18030},
    {"MULE_INTERNAL", NULL, SHAPE_TWO},
};

/* Other names, folded. */
static const struct {
    const char *name, *of;
} aliases[] = {
    {"unicode", "UTF8"},        {"iso88591", "LATIN1"},     {"iso88592", "LATIN2"},
    {"iso88593", "LATIN3"},     {"iso88594", "LATIN4"},     {"iso88599", "LATIN5"},
    {"iso885910", "LATIN6"},    {"iso885913", "LATIN7"},    {"iso885914", "LATIN8"},
    {"iso885915", "LATIN9"},    {"iso885916", "LATIN10"},   {"abc", "WIN1258"},
    {"tcvn", "WIN1258"},        {"tcvn5712", "WIN1258"},    {"vscii", "WIN1258"},
    {"alt", "WIN866"},          {"win", "WIN1251"},         {"koi8", "KOI8R"},
    {"mskanji", "SJIS"},        {"shiftjis", "SJIS"},       {"win932", "SJIS"},
    {"windows932", "SJIS"},     {"win936", "GBK"},          {"windows936", "GBK"},
    {"win949", "UHC"},          {"windows949", "UHC"},      {"win950", "BIG5"},
    {"windows950", "BIG5"},     {"windows866", "WIN866"},   {"windows874", "WIN874"},
    {"windows1250", "WIN1250"}, {"windows1251", "WIN1251"}, {"windows1252", "WIN1252"},
    {"windows1253", "WIN1253"}, {"windows1254", "WIN1254"}, {"windows1255", "WIN1255"},
    {"windows1256", "WIN1256"}, {"windows1257", "WIN1257"}, {"windows1258", "WIN1258"},
};

struct recoder {
    const struct encoding *enc;
    iconv_t to_client, to_utf8;
};

enum { NAME_MAX_FOLDED = 32 };

/* Letters and digits alone, in lower case. */
static void fold(const char *name, char out[static NAME_MAX_FOLDED])
{
    size_t n = 0;
    for (const char *p = name; *p && n < NAME_MAX_FOLDED - 1; p++) {
        if ((*p >= '0' && *p <= '9') || (*p >= 'a' && *p <= 'z'))
            out[n++] = *p;
        else if (*p >= 'A' && *p <= 'Z')
            out[n++] = (char)(*p - 'A' + 'a');
    }
    out[n] = '\0';
}

static const struct encoding *find_folded(const char *name)
{
    char own[NAME_MAX_FOLDED];
    for (size_t i = 0; i < sizeof encodings / sizeof *encodings; i++) {
        fold(encodings[i].name, own);
        if (strcmp(own, name) == 0)
            return &encodings[i];
    }
    return NULL;
}

const struct encoding *encoding_find(const char *name)
{
    char folded[NAME_MAX_FOLDED];
    fold(name, folded);
    for (size_t i = 0; i < sizeof aliases / sizeof *aliases; i++)
        if (strcmp(aliases[i].name, folded) == 0) {
            fold(aliases[i].of, folded);
            break;
        }
    return find_folded(folded);
}

const char *encoding_name(const struct encoding *enc)
{
    return enc->name;
}

bool encoding_is_plain(const struct encoding *enc)
{
    return enc->shape == SHAPE_PLAIN;
}

static iconv_t open_way(const char *to, const char *from)
{
    return to && from ? iconv_open(to, from) : (iconv_t)-1; /* NOLINT: the type's own word for none */
}

static bool is_open(iconv_t cd)
{
    return cd != (iconv_t)-1; /* NOLINT: as above */
}

static void close_way(iconv_t cd)
{
    if (is_open(cd))
        (void)iconv_close(cd);
}

bool encoding_is_known(const struct encoding *enc)
{
    struct recoder *r = NULL;
    struct err ignored;
    err_init(&ignored);
    bool known = encoding_is_plain(enc) || recoder_new(&r, enc, &ignored) == ST_OK;
    recoder_free(r);
    return known;
}

int recoder_new(struct recoder **out, const struct encoding *enc, struct err *e)
{
    assert(!encoding_is_plain(enc));
    struct recoder *r = mem_calloc(1, sizeof *r);
    if (!r)
        return err_oom(e);
    *r = (struct recoder){enc, open_way(enc->system, "UTF-8"), open_way("UTF-8", enc->system)};
    if (!is_open(r->to_client) || !is_open(r->to_utf8)) {
        recoder_free(r);
        return err_set(e, SQLSTATE_FEATURE_NOT_SUPPORTED, "conversion between %s and UTF8 is not supported",
                       enc->name);
    }
    *out = r;
    return ST_OK;
}

void recoder_free(struct recoder *r)
{
    if (!r)
        return;
    close_way(r->to_client);
    close_way(r->to_utf8);
    mem_free(r);
}

const struct encoding *recoder_encoding(const struct recoder *r)
{
    return r->enc;
}

size_t recoder_bound_out(const struct recoder *r, size_t n)
{
    switch (r->enc->shape) {
    case SHAPE_EUC:
    case SHAPE_EUC_TW:
    case SHAPE_MARKS:
    case SHAPE_GB18030: return 2 * n;
    default: return n;
    }
}

/* ---- errors ---- */

enum { SHOWN_MAX = 8 };

static const char *hex(char out[static SHOWN_MAX * 5 + 1], const uint8_t *p, size_t n)
{
    size_t len = 0;
    out[0] = '\0';
    for (size_t i = 0; i < n && i < SHOWN_MAX; i++)
        len += (size_t)snprintf(out + len, SHOWN_MAX * 5 + 1 - len, "%s0x%02x", i ? " " : "", p[i]);
    return out;
}

static uint8_t *no_equivalent(const char *from, const char *to, const uint8_t *p, size_t n, struct err *e)
{
    char bytes[SHOWN_MAX * 5 + 1];
    (void)err_set(e, SQLSTATE_UNTRANSLATABLE_CHARACTER,
                  "character with byte sequence %s in encoding \"%s\" has no equivalent in encoding \"%s\"",
                  hex(bytes, p, n), from, to);
    return NULL;
}

static uint8_t *invalid(const struct recoder *r, const uint8_t *p, size_t n, struct err *e)
{
    char bytes[SHOWN_MAX * 5 + 1];
    (void)err_set(e, SQLSTATE_CHARACTER_NOT_IN_REPERTOIRE, "invalid byte sequence for encoding \"%s\": %s",
                  r->enc->name, hex(bytes, p, n));
    return NULL;
}

/* ---- lengths of characters ---- */

/* Of UTF-8 that is valid. */
static size_t utf8_length(uint8_t first)
{
    return first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
}

/* As PostgreSQL counts; at least 1. left: bytes that there are. */
static size_t char_length(const struct encoding *enc, const uint8_t *p, size_t left)
{
    enum { SS2 = 0x8e, SS3 = 0x8f, FIRST_KANA = 0xa1, LAST_KANA = 0xdf };
    if (p[0] < 0x80)
        return 1;
    switch (enc->shape) {
    case SHAPE_EUC:
    case SHAPE_JOHAB: return p[0] == SS3 ? 3 : 2;
    case SHAPE_EUC_TW: return p[0] == SS2 ? 4 : p[0] == SS3 ? 3 : 2;
    case SHAPE_SJIS: return p[0] >= FIRST_KANA && p[0] <= LAST_KANA ? 1 : 2;
    case SHAPE_EUC_TWO:
    case SHAPE_TWO: return 2;
    case SHAPE_GB18030: return left < 2 || p[1] < '0' || p[1] > '9' ? 2 : 4;
    default: return 1;
    }
}

static bool in_euc(uint8_t byte)
{
    return byte >= 0xa1 && byte != 0xff;
}

/* Whether a byte behind the first of a character can be that. */
static bool may_follow(enum shape shape, uint8_t byte)
{
    switch (shape) {
    case SHAPE_EUC:
    case SHAPE_EUC_TW:
    case SHAPE_EUC_TWO:
    case SHAPE_JOHAB: return in_euc(byte);
    case SHAPE_SJIS: return byte >= 0x40 && byte != 0x7f && byte <= 0xfc;
    case SHAPE_GB18030: return byte >= 0x30 && byte != 0x7f && byte != 0xff;
    default: return byte != 0;
    }
}

/* Whether n bytes can be a character; whether it is one the C library knows. */
static bool is_character(const struct encoding *enc, const uint8_t *p, size_t n)
{
    const bool has_sets = enc->shape == SHAPE_EUC;
    if ((has_sets || enc->shape == SHAPE_EUC_TWO) && p[0] >= 0x80 && !in_euc(p[0]) &&
        !(has_sets && (p[0] == 0x8e || p[0] == 0x8f)))
        return false;
    for (size_t i = 1; i < n; i++)
        if (!may_follow(enc->shape, p[i]))
            return false;
    return true;
}

size_t recoder_whole(const struct recoder *r, const uint8_t *p, size_t n)
{
    size_t at = 0;
    if (r->enc->shape == SHAPE_BYTE || r->enc->shape == SHAPE_MARKS)
        return n;
    while (at < n) {
        size_t left = n - at, len = char_length(r->enc, p + at, left);
        if (len > left || (r->enc->shape == SHAPE_GB18030 && left == 1 && p[at] >= 0x80))
            break;
        at += len;
    }
    return at;
}

/* ---- runs ---- */

/* ASCII bytes at the start, but for NUL. */
static size_t ascii_run(const uint8_t *p, size_t n)
{
    size_t i = 0;
    while (i < n && p[i] && p[i] < 0x80)
        i++;
    return i;
}

/* A run through iconv: *used of its bytes went. True when that was all. */
static bool convert(iconv_t cd, struct str run, size_t *used, uint8_t **to, const uint8_t *limit)
{
    char *in = (char *)(uintptr_t)run.p, *out = (char *)*to;
    size_t left = run.n, room = (size_t)(limit - *to);
    (void)iconv(cd, NULL, NULL, NULL, NULL);
    bool ok =
        iconv(cd, &in, &left, &out, &room) != (size_t)-1 && iconv(cd, NULL, NULL, &out, &room) != (size_t)-1;
    *to = (uint8_t *)out;
    *used = run.n - left;
    return ok;
}

/* The bounds above are too low: an error of ours, and none of memory. */
static uint8_t *no_room(const struct recoder *r, struct err *e)
{
    if (e)
        (void)err_set(e, SQLSTATE_INTERNAL_ERROR, "text in encoding \"%s\" is longer than expected",
                      r->enc->name);
    return NULL;
}

/* Bytes that are in UTF-8 and not in the encoding. */
static uint8_t *missing(const struct recoder *r, const uint8_t *p, size_t left, size_t *len, uint8_t *to,
                        const uint8_t *limit, struct err *e)
{
    *len = utf8_length(p[0]) < left ? utf8_length(p[0]) : left;
    if (e)
        return no_equivalent("UTF8", r->enc->name, p, *len, e);
    if (to < limit)
        *to++ = '?';
    return to;
}

/* Where a run of what is not ASCII ends: one character alone, where two may become one. */
static size_t foreign_end(const struct recoder *r, const uint8_t *p, size_t at, size_t n)
{
    size_t end = at;
    const bool alone = r->enc->shape == SHAPE_MARKS;
    while (end < n && (p[end] >= 0x80 || p[end] == 0) &&
           !(alone && end > at && !utf8_continues((char)p[end])))
        end++;
    return end;
}

/* As convert; a letter that would become two characters is none of the encoding's to PostgreSQL. */
static bool convert_out(struct recoder *r, struct str run, size_t *used, uint8_t **to, const uint8_t *limit)
{
    uint8_t *start = *to;
    if (!convert(r->to_client, run, used, to, limit))
        return false;
    if (r->enc->shape != SHAPE_MARKS || *to == start + 1)
        return true;
    *used = 0;
    *to = start;
    return false;
}

uint8_t *recoder_out(struct recoder *r, struct str text, uint8_t *to, const uint8_t *limit, struct err *e)
{
    const uint8_t *from = (const uint8_t *)text.p;
    for (size_t at = 0; at < text.n;) {
        size_t run = ascii_run(from + at, text.n - at), used = 0;
        if (run > (size_t)(limit - to))
            return no_room(r, e);
        memcpy(to, from + at, run);
        at += run;
        to += run;
        run = foreign_end(r, from, at, text.n);
        if (run == at || convert_out(r, (struct str){text.p + at, run - at}, &used, &to, limit)) {
            at = run;
            continue;
        }
        at += used;
        to = missing(r, from + at, run - at, &used, to, limit, e);
        if (!to)
            return NULL;
        at += used;
    }
    return to;
}

/* Characters up to the next ASCII one, or one alone where two may become one; *bad: what is behind them is
 * none. */
static size_t foreign_run(const struct recoder *r, const uint8_t *p, size_t n, bool *bad)
{
    size_t at = 0;
    *bad = false;
    while (at < n && (p[at] >= 0x80 || p[at] == 0) && !*bad) {
        size_t len = char_length(r->enc, p + at, n - at);
        *bad = p[at] == 0 || len > n - at || !is_character(r->enc, p + at, len);
        if (!*bad)
            at += len;
        if (r->enc->shape == SHAPE_MARKS)
            break;
    }
    return at;
}

/* The character at p, or what is there of it. */
static size_t shown_length(const struct recoder *r, const uint8_t *p, size_t left)
{
    size_t len = char_length(r->enc, p, left);
    return len < left ? len : left;
}

uint8_t *recoder_in(struct recoder *r, struct str text, uint8_t *to, const uint8_t *limit, struct err *e)
{
    const uint8_t *from = (const uint8_t *)text.p;
    for (size_t at = 0; at < text.n;) {
        size_t run = ascii_run(from + at, text.n - at), used = 0;
        bool bad;
        if (run > (size_t)(limit - to))
            return no_room(r, e);
        memcpy(to, from + at, run);
        at += run;
        to += run;
        run = foreign_run(r, from + at, text.n - at, &bad);
        if (run && !convert(r->to_utf8, (struct str){text.p + at, run}, &used, &to, limit)) {
            at += used;
            return no_equivalent(r->enc->name, "UTF8", from + at, shown_length(r, from + at, text.n - at), e);
        }
        at += run;
        if (bad)
            return invalid(r, from + at, shown_length(r, from + at, text.n - at), e);
    }
    return to;
}
