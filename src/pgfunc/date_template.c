#include "pgfunc/date_template.h"

#include "base/alloc.h"

const char *const month_names[12] = {"January", "February", "March",     "April",   "May",      "June",
                                     "July",    "August",   "September", "October", "November", "December"};
const char *const day_names[7] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                  "Thursday", "Friday", "Saturday"};
const char *const roman_months[12] = {"I",   "II",   "III", "IV", "V",  "VI",
                                      "VII", "VIII", "IX",  "X",  "XI", "XII"};

struct key {
    char name[7]; /* as it is written in capitals; the same in small letters means the same */
    enum date_pattern pattern;
    int digits;
    bool is_number;
    enum date_convention convention;
};

/* Of two that begin alike the longer one comes first. */
static const struct key keys[] = {
    {"A.D.", DATE_ERA_DOTTED, 0, false, DATE_ANY},
    {"A.M.", DATE_MERIDIEM_DOTTED, 0, false, DATE_ANY},
    {"AD", DATE_ERA, 0, false, DATE_ANY},
    {"AM", DATE_MERIDIEM, 0, false, DATE_ANY},
    {"B.C.", DATE_ERA_DOTTED, 0, false, DATE_ANY},
    {"BC", DATE_ERA, 0, false, DATE_ANY},
    {"CC", DATE_CENTURY, 0, true, DATE_ANY},
    {"DAY", DATE_DAY_NAME, 0, false, DATE_ANY},
    {"DDD", DATE_DAY_OF_YEAR, 0, true, DATE_GREGORIAN},
    {"DD", DATE_DAY, 0, true, DATE_GREGORIAN},
    {"DY", DATE_DAY_SHORT, 0, false, DATE_ANY},
    {"D", DATE_DAY_OF_WEEK, 0, true, DATE_GREGORIAN},
    {"FF1", DATE_FRACTION, 1, true, DATE_ANY},
    {"FF2", DATE_FRACTION, 2, true, DATE_ANY},
    {"FF3", DATE_FRACTION, 3, true, DATE_ANY},
    {"FF4", DATE_FRACTION, 4, true, DATE_ANY},
    {"FF5", DATE_FRACTION, 5, true, DATE_ANY},
    {"FF6", DATE_FRACTION, 6, true, DATE_ANY},
    {"FX", DATE_EXACT, 0, false, DATE_ANY},
    {"HH24", DATE_HOUR_24, 0, true, DATE_ANY},
    {"HH12", DATE_HOUR_12, 0, true, DATE_ANY},
    {"HH", DATE_HOUR_12, 0, true, DATE_ANY},
    {"IDDD", DATE_ISO_DAY_OF_YEAR, 0, true, DATE_ISO},
    {"ID", DATE_ISO_DAY_OF_WEEK, 0, true, DATE_ISO},
    {"IW", DATE_ISO_WEEK, 0, true, DATE_ISO},
    {"IYYY", DATE_ISO_YEAR, 4, true, DATE_ISO},
    {"IYY", DATE_ISO_YEAR, 3, true, DATE_ISO},
    {"IY", DATE_ISO_YEAR, 2, true, DATE_ISO},
    {"I", DATE_ISO_YEAR, 1, true, DATE_ISO},
    {"J", DATE_JULIAN, 0, true, DATE_ANY},
    {"MI", DATE_MINUTE, 0, true, DATE_ANY},
    {"MM", DATE_MONTH, 0, true, DATE_GREGORIAN},
    {"MONTH", DATE_MONTH_NAME, 0, false, DATE_GREGORIAN},
    {"MON", DATE_MONTH_SHORT, 0, false, DATE_GREGORIAN},
    {"MS", DATE_MILLISECOND, 0, true, DATE_ANY},
    {"OF", DATE_OFFSET, 0, false, DATE_ANY},
    {"P.M.", DATE_MERIDIEM_DOTTED, 0, false, DATE_ANY},
    {"PM", DATE_MERIDIEM, 0, false, DATE_ANY},
    {"Q", DATE_QUARTER, 0, true, DATE_ANY},
    {"RM", DATE_MONTH_ROMAN, 0, false, DATE_GREGORIAN},
    {"SSSSS", DATE_SECOND_OF_DAY, 0, true, DATE_ANY},
    {"SSSS", DATE_SECOND_OF_DAY, 0, true, DATE_ANY},
    {"SS", DATE_SECOND, 0, true, DATE_ANY},
    {"TZH", DATE_ZONE_HOUR, 0, false, DATE_ANY},
    {"TZM", DATE_ZONE_MINUTE, 0, true, DATE_ANY},
    {"TZ", DATE_ZONE, 0, false, DATE_ANY},
    {"US", DATE_FRACTION, 6, true, DATE_ANY},
    {"WW", DATE_WEEK, 0, true, DATE_GREGORIAN},
    {"W", DATE_WEEK_OF_MONTH, 0, true, DATE_GREGORIAN},
    {"Y,YYY", DATE_YEAR_COMMA, 4, true, DATE_GREGORIAN},
    {"YYYY", DATE_YEAR, 4, true, DATE_GREGORIAN},
    {"YYY", DATE_YEAR, 3, true, DATE_GREGORIAN},
    {"YY", DATE_YEAR, 2, true, DATE_GREGORIAN},
    {"Y", DATE_YEAR, 1, true, DATE_GREGORIAN},
};

static bool has_capital_form(enum date_pattern p)
{
    return p == DATE_DAY_NAME || p == DATE_DAY_SHORT || p == DATE_MONTH_NAME || p == DATE_MONTH_SHORT;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Whether text begins with a key in capitals, in small letters, or, of names, with one capital. */
static bool matches(const struct key *k, struct str text, enum letter_case *letters)
{
    size_t n = strlen(k->name);
    bool is[] = {[CASE_UPPER] = true, [CASE_LOWER] = true, [CASE_CAPITAL] = has_capital_form(k->pattern)};
    if (text.n < n)
        return false;
    for (size_t i = 0; i < n; i++) {
        is[CASE_UPPER] &= text.p[i] == k->name[i];
        is[CASE_LOWER] &= text.p[i] == lower(k->name[i]);
        is[CASE_CAPITAL] &= text.p[i] == (i == 0 ? k->name[i] : lower(k->name[i]));
    }
    *letters = is[CASE_UPPER] ? CASE_UPPER : is[CASE_LOWER] ? CASE_LOWER : CASE_CAPITAL;
    return is[*letters];
}

static bool take(struct str *rest, const char *upper, const char *small)
{
    if (!str_starts(*rest, str_of(upper)) && !str_starts(*rest, str_of(small)))
        return false;
    str_skip(rest, strlen(upper));
    return true;
}

/* The pattern that rest begins with, with what modifies it from behind. */
static bool pattern(struct str *rest, struct date_node *node)
{
    for (size_t i = 0; rest->n > 0 && i < sizeof keys / sizeof *keys; i++) {
        const struct key *k = &keys[i];
        if (k->name[0] != (rest->p[0] & ~0x20) || !matches(k, *rest, &node->letters))
            continue;
        node->text = (struct str){rest->p, strlen(k->name)};
        str_skip(rest, node->text.n);
        node->kind = TEMPLATE_PATTERN;
        node->pattern = k->pattern;
        node->digits = k->digits;
        node->convention = k->convention;
        node->is_number = k->is_number;
        node->ordinal_lower = str_starts(*rest, STR("th"));
        node->ordinal = take(rest, "TH", "th");
        if (!node->ordinal)
            (void)take(rest, "SP", "SP"); /* spelled-out numbers, which PostgreSQL has not */
        return true;
    }
    return false;
}

static struct date_node read_node(struct date_template *t)
{
    struct date_node node = {.kind = TEMPLATE_END};
    struct template_cursor *c = &t->at;
    while (template_more(c)) {
        if (!c->quoted) {
            node.fill = take(&c->rest, "FM", "fm");
            node.localized = !node.fill && take(&c->rest, "TM", "tm");
            if (pattern(&c->rest, &node))
                return node;
            if (c->rest.n == 0 || c->rest.p[0] == '"')
                continue;
        }
        node.kind = template_text(c, &node.text);
        return node;
    }
    return node;
}

/* There are at most as many nodes as bytes. */
static void keep(struct date_nodes *k, struct str text)
{
    k->length = text.n;
    k->n = 0;
    memcpy(k->text, text.p, text.n);
    struct date_template t = {.at = {.rest = {k->text, text.n}}};
    for (struct date_node n; (n = read_node(&t)).kind != TEMPLATE_END;)
        k->nodes[k->n++] = n;
}

struct date_template date_template_of(struct str text, void **kept)
{
    struct date_template t = {.at = {.rest = text}};
    if (!kept || text.n == 0 || text.n > DATE_TEMPLATE_KEPT)
        return t;
    struct date_nodes *k = *kept;
    if (!k)
        k = *kept = mem_calloc(1, sizeof *k);
    if (k && !(k->length == text.n && memcmp(k->text, text.p, text.n) == 0))
        keep(k, text);
    t.kept = k;
    return t;
}

struct date_node date_template_next(struct date_template *t)
{
    if (!t->kept)
        return read_node(t);
    return t->next < t->kept->n ? t->kept->nodes[t->next++] : (struct date_node){.kind = TEMPLATE_END};
}
