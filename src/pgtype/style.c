#include "pgtype/style.h"

#include "base/str.h"

/* Which of n words `value` is, as far as `same` says; 0, the default, when it is none. */
static uint8_t place(const char *value, const char *const *words, size_t n,
                     bool (*same)(const char *, const char *))
{
    for (size_t i = 0; i < n; i++)
        if (same(value, words[i]))
            return (uint8_t)i;
    return 0;
}

static bool begins(const char *value, const char *word)
{
    return strncmp(value, word, strlen(word)) == 0;
}

static bool contains(const char *value, const char *word)
{
    return strstr(value, word) != NULL;
}

static bool equals(const char *value, const char *word)
{
    return strcmp(value, word) == 0;
}

struct style style_of(const char *datestyle, const char *intervalstyle)
{
    static const char *const dates[] = {"ISO", "SQL", "Postgres", "German"},
                             *const orders[] = {"MDY", "DMY", "YMD"},
                             *const intervals[] = {"postgres", "postgres_verbose", "sql_standard",
                                                   "iso_8601"};
    return (struct style){.dates = place(datestyle, dates, sizeof dates / sizeof *dates, begins),
                          .order = place(datestyle, orders, sizeof orders / sizeof *orders, contains),
                          .intervals =
                              place(intervalstyle, intervals, sizeof intervals / sizeof *intervals, equals)};
}
