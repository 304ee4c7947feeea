/* Zones that were used lately. The cache forgets and is never full; whoever uses a zone keeps it alive.
 * Any thread. */
#ifndef TAVANA_PGTYPE_TZ_CACHE_H
#define TAVANA_PGTYPE_TZ_CACHE_H

#include "base/cleanup.h"
#include "pgtype/style.h"

struct err;
struct tz;

enum { TZ_NAME_MAX = 64 };

/* "Europe/Berlin" (any case), "UTC", and what POSIX's TZ says, whose hours count to the west: "<+02>-02",
 * "UTC+3", "-05:30" (which is five and a half hours east). Numbers of hours as SET TIME ZONE takes them are
 * the caller's business. 22023 when there is none. *out is a reference, to be given back with tz_unref. */
int tz_find(const struct tz **out, const char *name, struct err *e);
/* The same of a zone and a style, as tz_styled_name writes them. */
int tz_find_styled(const struct tz **out, const char *name, struct err *e);
/* What tz_find_styled finds: a zone's name, and the style behind it, unless that is the plain one. */
void tz_styled_name(const char *zone, struct style style, char out[static TZ_NAME_MAX]);
/* How a session that has this zone writes and reads dates and intervals; the plain style without one. */
struct style tz_style(const struct tz *z);
/* One more user of it; NULL is fine. Returns it. */
const struct tz *tz_ref(const struct tz *z);
/* One less; NULL is fine. */
void tz_unref(const struct tz *z);
DEFINE_CLEANUP(const struct tz, tz_unref)
/* How many are kept now, for tests. */
unsigned tz_cached(void);
/* Lives as long as the process. */
const struct tz *tz_utc(void);
/* As PostgreSQL shows it. Lent as long as the zone. */
const char *tz_name(const struct tz *z);

#endif
