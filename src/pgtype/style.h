/* DateStyle and IntervalStyle: how a session writes dates and intervals, and in which order it reads the
 * numbers of a date. It goes with the session's time zone, wherever that goes. Pure.
 * Source: PostgreSQL manual, 8.5.2 and 8.5.5. */
#ifndef TAVANA_PGTYPE_STYLE_H
#define TAVANA_PGTYPE_STYLE_H

#include <stdbool.h>
#include <stdint.h>

enum date_style { DATES_ISO, DATES_SQL, DATES_POSTGRES, DATES_GERMAN };
enum date_order { DATES_MDY, DATES_DMY, DATES_YMD };
enum interval_style {
    INTERVALS_POSTGRES,
    INTERVALS_VERBOSE,
    INTERVALS_SQL,
    INTERVALS_ISO_8601,
};

/* All zero: the plain one, PostgreSQL's default. */
struct style {
    uint8_t dates, order, intervals;
};

/* Of the settings' values, as settings.c writes them: "SQL, DMY", "iso_8601". */
struct style style_of(const char *datestyle, const char *intervalstyle);

static inline bool style_is_plain(struct style s)
{
    return !s.dates && !s.order && !s.intervals;
}

#endif
