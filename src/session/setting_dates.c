#include "session/setting_dates.h"

#include "base/err.h"

#include <stdbool.h>
#include <stdio.h>

/* A word, and whether what only begins with it will do, as in PostgreSQL. */
struct known_word {
    const char *word, *is;
    bool begins;
};

static const char *named(const struct known_word *words, size_t n, struct str word)
{
    for (size_t i = 0; i < n; i++) {
        struct str known = str_of(words[i].word);
        if (str_ieq(words[i].begins && word.n > known.n ? (struct str){word.p, known.n} : word, known))
            return words[i].is;
    }
    return NULL;
}

static const char *order_named(struct str word)
{
    static const struct known_word words[] = {{"MDY", "MDY", false},    {"US", "MDY", false},
                                              {"NONEURO", "MDY", true}, {"DMY", "DMY", false},
                                              {"EURO", "DMY", true},    {"YMD", "YMD", false}};
    return named(words, sizeof words / sizeof *words, word);
}

static const char *style_named(struct str word)
{
    static const struct known_word words[] = {{"ISO", "ISO", false},
                                              {"SQL", "SQL", false},
                                              {"POSTGRES", "Postgres", true},
                                              {"GERMAN", "German", false}};
    return named(words, sizeof words / sizeof *words, word);
}

static int refused(const char *name, const char *in, struct err *e)
{
    return err_set(e, SQLSTATE_INVALID_PARAMETER_VALUE, "invalid value for parameter \"%s\": \"%s\"", name,
                   in);
}

static int unknown_word(const char *name, const char *in, struct str word, struct err *e)
{
    (void)refused(name, in, e);
    err_detail(e, "Unrecognized key word: \"%.*s\".", (int)word.n, word.p);
    return ST_ERR;
}

/* Two names of one word are the same pointer. */
static bool conflicts(const char *before, const char *now)
{
    return before && now && strcmp(before, now) != 0;
}

int setting_datestyle(const char *name, const char *in, char *out, size_t room, struct err *e)
{
    const char *order = NULL, *style = NULL;
    bool rest_is_default = false;
    for (const char *p = in; *p;) {
        const struct str word = {p, strcspn(p, ", ")};
        const char *o = order_named(word), *s = style_named(word);
        if (conflicts(order, o) || conflicts(style, s)) {
            (void)refused(name, in, e);
            err_detail(e, "Conflicting \"datestyle\" specifications.");
            return ST_ERR;
        }
        rest_is_default |= str_ieq(word, STR("DEFAULT"));
        if (word.n && !o && !s && !str_ieq(word, STR("DEFAULT")))
            return unknown_word(name, in, word, e);
        order = o ? o : order;
        style = s ? s : style;
        p += word.n + (p[word.n] != '\0');
    }
    if (!order && style && strcmp(style, "German") == 0)
        order = "DMY";
    (void)snprintf(out, room, "%s, %s",
                   style             ? style
                   : rest_is_default ? "ISO"
                                     : "",
                   order             ? order
                   : rest_is_default ? "MDY"
                                     : "");
    return ST_OK;
}

void setting_datestyle_complete(char *value, size_t room, const char *before)
{
    enum { WORD_MAX = 16 };
    char style[WORD_MAX], order[WORD_MAX];
    const char *comma = strchr(value, ','), *old = strchr(before, ',');
    if (!comma || !old)
        return;
    const struct str first = {value, (size_t)(comma - value)}, was = {before, (size_t)(old - before)};
    (void)str_copy(first.n ? first : was, style, sizeof style);
    (void)str_copy(str_of(comma[2] ? comma + 2 : old + 2), order, sizeof order);
    (void)snprintf(value, room, "%s, %s", style, order);
}
