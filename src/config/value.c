/* Values of options: read from text, compared, copied, written out again as a person would write them.
 * What type a field of struct config has follows from the table, where it lies from its offset. */
#include "config/value.h"

#include "config/config_priv.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#define OPTION_OFFSET_BOOL(name)     offsetof(struct config, name)
#define OPTION_OFFSET_INT(name)      offsetof(struct config, name)
#define OPTION_OFFSET_SIZE(name)     offsetof(struct config, name)
#define OPTION_OFFSET_DURATION(name) offsetof(struct config, name##_ms)
#define OPTION_OFFSET_TEXT(name)     offsetof(struct config, name)
#define OPTION_OFFSET_PATH(name)     offsetof(struct config, name)
#define OPTION_OFFSET_CHOICE(name)   offsetof(struct config, name)
#define OPTION_OFFSET_LIST(name)     offsetof(struct config, name)

const struct option config_options[CONFIG_COUNT] = {
#define X(type_, name_, env_, default_, min_, max_, unit_, scope_, roles_, text_)                            \
    {.type = TYPE_##type_,                                                                                   \
     .scope = SCOPE_##scope_,                                                                                \
     .roles = ROLES_##roles_,                                                                                \
     .name = #name_,                                                                                         \
     .env = (env_),                                                                                          \
     .default_value = (default_),                                                                            \
     .unit = (unit_),                                                                                        \
     .text = (text_),                                                                                        \
     .min = (min_),                                                                                          \
     .max = (max_),                                                                                          \
     .offset = OPTION_OFFSET_##type_(name_)},
    CONFIG_OPTIONS(X)
#undef X
};

struct unit {
    const char *name;
    int64_t factor;
};

/* Ascending: the last one that divides a number is the one to show it in. */
static const struct unit size_units[] = {
    {"B", 1}, {"kB", CONFIG_KB}, {"MB", CONFIG_MB}, {"GB", CONFIG_GB}, {"TB", CONFIG_TB}};
static const struct unit time_units[] = {
    {"ms", 1}, {"s", 1000}, {"min", 60000}, {"h", 3600000}, {"d", CONFIG_DAY_MS}};
enum {
    SIZE_UNITS = sizeof size_units / sizeof *size_units,
    TIME_UNITS = sizeof time_units / sizeof *time_units
};

static void *field(struct config *c, const struct option *o)
{
    return (char *)c + o->offset;
}

static const void *const_field(const struct config *c, const struct option *o)
{
    return (const char *)c + o->offset;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static struct str trim(struct str s)
{
    while (s.n && is_blank(s.p[0]))
        s.p++, s.n--;
    while (s.n && is_blank(s.p[s.n - 1]))
        s.n--;
    return s;
}

/* `where` is what the person wrote it in: a line of the file, a variable, a flag. */
static int bad(const struct option *o, struct str text, const char *what, const char *where, struct err *e)
{
    int n = text.n > 200 ? 200 : (int)text.n;
    return err_set(e, SQLSTATE_INVALID_PARAMETER_VALUE, "option %s: \"%.*s\" is not %s (%s)", o->name, n,
                   text.p, what, where);
}

static int out_of_bounds(const struct option *o, struct str text, const char *where, struct err *e)
{
    struct buf b;
    buf_init(&b, ERR_HINT_MAX);
    bounds_format(o, &b);
    buf_put_u8(&b, 0);
    int n = text.n > 200 ? 200 : (int)text.n;
    if (buf_ok(&b))
        (void)err_set(e, SQLSTATE_INVALID_PARAMETER_VALUE, "option %s: \"%.*s\" is outside %s (%s)", o->name,
                      n, text.p, (const char *)b.data, where);
    else
        (void)err_oom(e);
    buf_release(&b);
    return ST_ERR;
}

static int parse_bool(bool *out, const struct option *o, struct str text, const char *where, struct err *e)
{
    static const char *const words[] = {"off", "on", "false", "true", "no", "yes", "0", "1"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (str_ieq(text, str_of(words[i]))) {
            *out = i % 2 == 1;
            return ST_OK;
        }
    }
    return bad(o, text, "on or off", where, e);
}

/* A number, blanks, and one of the units or, without, the option's own. */
static int parse_number(int64_t *out, const struct option *o, struct str text, const struct unit *units,
                        size_t nunits, const char *what, const char *where, struct err *e)
{
    size_t digits = 0;
    while (digits < text.n && (text.p[digits] == '-' || (text.p[digits] >= '0' && text.p[digits] <= '9')))
        digits++;
    struct str unit = trim((struct str){text.p + digits, text.n - digits});
    if (unit.n == 0)
        unit = str_of(o->unit);
    int64_t factor = nunits == 0 && unit.n == 0 ? 1 : 0;
    for (size_t i = 0; i < nunits; i++)
        if (str_ieq(unit, str_of(units[i].name)))
            factor = units[i].factor;
    if (factor == 0 || digits == 0 || (text.p[0] == '-' && digits == 1) ||
        memchr(text.p + 1, '-', digits - 1))
        return bad(o, text, what, where, e);
    int64_t v;
    if (!str_to_i64((struct str){text.p, digits}, INT64_MIN, INT64_MAX, &v) ||
        __builtin_mul_overflow(v, factor, &v) || v < o->min || v > o->max)
        return out_of_bounds(o, text, where, e);
    *out = v;
    return ST_OK;
}

/* The next of the words in "a|b|c"; an empty one ends them. */
static struct str next_word(const char **at)
{
    const char *from = *at;
    size_t n = strcspn(from, "|");
    *at = from + n + (from[n] == '|');
    return (struct str){from, n};
}

static int parse_choice(struct config *c, struct config_choice *out, const struct option *o, struct str text,
                        const char *where, struct err *e)
{
    const char *at = o->unit;
    int value = 0;
    for (struct str word = next_word(&at); word.n; word = next_word(&at), value++) {
        if (!str_ieq(word, text))
            continue;
        char *copy = arena_strndup(&c->arena, word.p, word.n);
        if (!copy)
            return err_oom(e);
        *out = (struct config_choice){value, copy};
        return ST_OK;
    }
    char what[ERR_HINT_MAX];
    (void)snprintf(what, sizeof what, "one of %s", o->unit);
    return bad(o, text, what, where, e);
}

static int parse_text(struct config *c, const char **out, struct str text, struct err *e)
{
    char *copy = NULL;
    if (text.n) {
        copy = arena_strndup(&c->arena, text.p, text.n);
        if (!copy)
            return err_oom(e);
    }
    *out = copy;
    return ST_OK;
}

int list_append_item(struct config *c, struct config_list *l, struct str item, const char *name,
                     struct err *e)
{
    if (l->n == CONFIG_LIST_MAX)
        return err_set(e, SQLSTATE_INVALID_PARAMETER_VALUE, "option %s: more than %d items", name,
                       (int)CONFIG_LIST_MAX);
    if (!l->items)
        l->items = arena_calloc(&c->arena, CONFIG_LIST_MAX, sizeof *l->items);
    char *copy = l->items ? arena_strndup(&c->arena, item.p, item.n) : NULL;
    if (!copy)
        return err_oom(e);
    l->items[l->n++] = copy;
    return ST_OK;
}

static int parse_list(struct config *c, struct config_list *l, const struct option *o, struct str text,
                      bool append, const char *where, struct err *e)
{
    if (!append)
        *l = (struct config_list){0};
    if (text.n == 0)
        return ST_OK;
    for (size_t from = 0; from <= text.n;) {
        const char *comma = memchr(text.p + from, ',', text.n - from);
        size_t to = comma ? (size_t)(comma - text.p) : text.n;
        struct str item = trim((struct str){text.p + from, to - from});
        if (item.n == 0)
            return bad(o, text, "a list of words separated by commas", where, e);
        TRY(list_append_item(c, l, item, o->name, e));
        from = to + 1;
    }
    return ST_OK;
}

int value_parse(struct config *c, const struct option *o, struct str text, bool append, const char *where,
                struct err *e)
{
    if (text.n > CONFIG_VALUE_MAX)
        return err_set(e, SQLSTATE_INVALID_PARAMETER_VALUE, "option %s: value of more than %d bytes (%s)",
                       o->name, (int)CONFIG_VALUE_MAX, where);
    text = trim(text);
    void *to = field(c, o);
    switch (o->type) {
    case TYPE_BOOL: return parse_bool(to, o, text, where, e);
    case TYPE_INT: return parse_number(to, o, text, NULL, 0, "a whole number", where, e);
    case TYPE_SIZE:
        return parse_number(to, o, text, size_units, SIZE_UNITS, "a size such as 64kB, 10MB or 1GB", where,
                            e);
    case TYPE_DURATION:
        return parse_number(to, o, text, time_units, TIME_UNITS, "a duration such as 500ms, 30s, 5min or 1h",
                            where, e);
    case TYPE_TEXT:
    case TYPE_PATH: return parse_text(c, to, text, e);
    case TYPE_CHOICE: return parse_choice(c, to, o, text, where, e);
    case TYPE_LIST: return parse_list(c, to, o, text, append, where, e);
    }
    return ST_ERR;
}

/* In the largest unit that leaves no rest, so that 90000 ms are shown as 90s. A person can write it back
 * as it is shown. */
static void number_format(int64_t v, const struct unit *units, size_t nunits, struct buf *out)
{
    size_t i = nunits;
    if (v == 0 || nunits == 0) {
        buf_printf(out, "%" PRId64, v);
        return;
    }
    while (v % units[--i].factor != 0)
        assert(i > 0); /* the first unit is 1, or no value of the option's could be written */
    buf_printf(out, "%" PRId64 "%s", v / units[i].factor, units[i].name);
}

static void typed_format(const struct option *o, int64_t v, struct buf *out)
{
    if (o->type == TYPE_SIZE)
        number_format(v, size_units, SIZE_UNITS, out);
    else if (o->type == TYPE_DURATION)
        number_format(v, time_units, TIME_UNITS, out);
    else
        number_format(v, NULL, 0, out);
}

void value_format(const struct config *c, const struct option *o, struct buf *out)
{
    const void *from = const_field(c, o);
    switch (o->type) {
    case TYPE_BOOL: buf_printf(out, "%s", *(const bool *)from ? "on" : "off"); break;
    case TYPE_INT:
    case TYPE_SIZE:
    case TYPE_DURATION: typed_format(o, *(const int64_t *)from, out); break;
    case TYPE_TEXT:
    case TYPE_PATH: {
        const char *s = *(const char *const *)from;
        buf_printf(out, "%s", s ? s : "");
        break;
    }
    case TYPE_CHOICE: buf_printf(out, "%s", ((const struct config_choice *)from)->text); break;
    case TYPE_LIST: {
        const struct config_list *l = from;
        for (size_t i = 0; i < l->n; i++)
            buf_printf(out, "%s%s", i ? ", " : "", l->items[i]);
        break;
    }
    }
}

void bounds_format(const struct option *o, struct buf *out)
{
    if (o->type == TYPE_CHOICE) {
        buf_printf(out, "%s", o->unit);
    } else if (o->type == TYPE_INT || o->type == TYPE_SIZE || o->type == TYPE_DURATION) {
        typed_format(o, o->min, out);
        if (o->max == INT64_MAX) {
            buf_printf(out, " or more");
        } else {
            buf_printf(out, " … ");
            typed_format(o, o->max, out);
        }
    }
}

static bool text_equal(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

bool value_equal(const struct config *a, const struct config *b, const struct option *o)
{
    const void *x = const_field(a, o), *y = const_field(b, o);
    switch (o->type) {
    case TYPE_BOOL: return *(const bool *)x == *(const bool *)y;
    case TYPE_INT:
    case TYPE_SIZE:
    case TYPE_DURATION: return *(const int64_t *)x == *(const int64_t *)y;
    case TYPE_TEXT:
    case TYPE_PATH: return text_equal(*(const char *const *)x, *(const char *const *)y);
    case TYPE_CHOICE:
        return ((const struct config_choice *)x)->value == ((const struct config_choice *)y)->value;
    case TYPE_LIST: break;
    }
    const struct config_list *l = x, *m = y;
    if (l->n != m->n)
        return false;
    for (size_t i = 0; i < l->n; i++)
        if (strcmp(l->items[i], m->items[i]) != 0)
            return false;
    return true;
}

int value_copy(struct config *to, const struct config *from, const struct option *o, struct err *e)
{
    void *x = field(to, o);
    const void *y = const_field(from, o);
    switch (o->type) {
    case TYPE_BOOL: *(bool *)x = *(const bool *)y; return ST_OK;
    case TYPE_INT:
    case TYPE_SIZE:
    case TYPE_DURATION: *(int64_t *)x = *(const int64_t *)y; return ST_OK;
    case TYPE_TEXT:
    case TYPE_PATH: return parse_text(to, x, str_of(*(const char *const *)y), e);
    case TYPE_CHOICE: {
        const struct config_choice *choice = y;
        return parse_choice(to, x, o, str_of(choice->text), "before", e);
    }
    case TYPE_LIST: break;
    }
    const struct config_list *l = y;
    struct config_list *copy = x;
    *copy = (struct config_list){0};
    for (size_t i = 0; i < l->n; i++)
        TRY(list_append_item(to, copy, str_of(l->items[i]), o->name, e));
    return ST_OK;
}
