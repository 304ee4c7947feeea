/* The offsets that PostgreSQL takes for a zone: numbers of hours, and intervals. */
#include "session/setting_zone.h"

#include "base/arena.h"
#include "base/cleanup.h"
#include "pgtype/oid.h"
#include "pgtype/tz.h"
#include "pgtype/value.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_ROOM = 4096 };

/* An offset as PostgreSQL shows it: "<+05:30>-05:30". */
static void offset_name(int64_t seconds, char *out)
{
    enum { CLOCK_MAX = 16 };
    char clock[CLOCK_MAX];
    int s = (int)llabs(seconds), n = snprintf(clock, sizeof clock, "%02d", s / 3600 % 1000);
    if (s % 3600)
        n += snprintf(clock + n, sizeof clock - (size_t)n, ":%02d", s / 60 % 60);
    if (s % 60)
        (void)snprintf(clock + n, sizeof clock - (size_t)n, ":%02d", s % 60);
    (void)snprintf(out, NAME_ROOM, seconds < 0 ? "<-%s>+%s" : "<+%s>-%s", clock, clock);
}

/* SET TIME ZONE INTERVAL '…', as sql/command.c hands it on; ST_AGAIN: another value. */
static int interval_offset(const char *in, int64_t *seconds, struct err *e)
{
    static const char before[] = "interval '";
    size_t skip = sizeof before - 1, n = strlen(in);
    struct pg_value v;
    if (strncmp(in, before, skip) != 0 || n <= skip)
        return ST_AGAIN;
    CLEANUP(arena_release) struct arena scratch;
    arena_init(&scratch, NAME_ROOM);
    TRY(pg_value_decode(&scratch, PGTYPE_INTERVAL, 0, (const uint8_t *)in + skip, (int32_t)(n - skip - 1),
                        tz_utc(), &v, e));
    if (v.kind != PG_INTERVAL || v.v.interval.months || v.v.interval.days)
        return err_set(e, SQLSTATE_INVALID_PARAMETER_VALUE, "invalid interval value for time zone");
    *seconds = v.v.interval.micros / 1000000;
    return ST_OK;
}

int setting_zone(const char *in, const struct tz **zone, struct err *e)
{
    enum { HOUR = 3600, HOURS_MAX = 168 };
    char shown[NAME_ROOM], *end;
    double hours = strtod(in, &end);
    int64_t seconds = 0;
    int status = ST_AGAIN;
    if (end != in && !*end && hours > -HOURS_MAX && hours < HOURS_MAX) {
        seconds = (int64_t)(hours * HOUR);
        status = ST_OK;
    } else {
        status = interval_offset(in, &seconds, e);
    }
    if (status < 0)
        return status;
    if (status == ST_OK)
        offset_name(seconds, shown);
    return tz_find(zone, status == ST_OK ? shown : in, e);
}
