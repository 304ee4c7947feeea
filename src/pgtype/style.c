#include "pgtype/style.h"

#include "base/str.h"

struct style style_of(const char *datestyle, const char *intervalstyle)
{
    static const char *const dates[] = {"ISO", "SQL", "Postgres", "German"},
                             *const orders[] = {"MDY", "DMY", "YMD"},
                             *const intervals[] = {"postgres", "postgres_verbose", "sql_standard",
                                                   "iso_8601"};
    struct style s = {0};
    for (uint8_t i = 0; i < sizeof dates / sizeof *dates; i++)
        if (strncmp(datestyle, dates[i], strlen(dates[i])) == 0)
            s.dates = i;
    for (uint8_t i = 0; i < sizeof orders / sizeof *orders; i++)
        if (strstr(datestyle, orders[i]))
            s.order = i;
    for (uint8_t i = 0; i < sizeof intervals / sizeof *intervals; i++)
        if (strcmp(intervalstyle, intervals[i]) == 0)
            s.intervals = i;
    return s;
}
