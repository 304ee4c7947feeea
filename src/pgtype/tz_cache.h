/* Zones that were used lately. The cache forgets and is never full; whoever uses a zone keeps it alive.
 * Any thread. */
#ifndef TAVANA_PGTYPE_TZ_CACHE_H
#define TAVANA_PGTYPE_TZ_CACHE_H

#include "base/cleanup.h"

struct err;
struct tz;

/* "Europe/Berlin" (any case), "UTC", and what POSIX's TZ says, whose hours count to the west: "<+02>-02",
 * "UTC+3", "-05:30" (which is five and a half hours east). Numbers of hours as SET TIME ZONE takes them are
 * the caller's business. 22023 when there is none. *out is a reference, to be given back with tz_unref. */
int tz_find(const struct tz **out, const char *name, struct err *e);
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
