/* Time zones, from the system's TZif files (RFC 8536) and fixed offsets. Immutable; counted; any thread.
 * The TZ_CACHE_MAX that were used last are kept for the process; one that is forgotten lives on for those who
 * have a reference. */
#ifndef TAVANA_PGTYPE_TZ_H
#define TAVANA_PGTYPE_TZ_H

#include "base/cleanup.h"
#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

enum { TZ_NAME_MAX = 64, TZ_CACHE_MAX = 256 };

struct tz;

/* "Europe/Berlin" (any case), "UTC", "+02", "<+02>-02", "-05:30" (as PostgreSQL's SET TIME ZONE reads them:
 * POSIX sign for bare strings, ISO sign for numbers is the caller's business). 22023 when there is none. *out
 * is a reference, to be given back with tz_unref. */
int tz_find(const struct tz **out, const char *name, struct err *e);
const struct tz *tz_ref(const struct tz *z); /* one more; NULL is fine */
void tz_unref(const struct tz *z);           /* NULL is fine */
DEFINE_CLEANUP(const struct tz, tz_unref)
/* How many are kept now, for tests. */
unsigned tz_cached(void);
const struct tz *tz_utc(void);
const char *tz_name(const struct tz *z);
/* Seconds east of Greenwich at a UTC second. */
int32_t tz_offset_at(const struct tz *z, int64_t utc_seconds);
/* Local seconds to UTC: before a gap's or within an overlap as PostgreSQL resolves them (standard time
 * offset). */
int64_t tz_local_to_utc(const struct tz *z, int64_t local_seconds);

#endif
