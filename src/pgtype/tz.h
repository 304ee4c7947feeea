/* Time zones, from the system's TZif files (RFC 8536) and fixed offsets. Immutable; counted; any thread.
 * The TZ_CACHE_MAX that were used last are kept for the process; one that is forgotten lives on for those who
 * have a reference. */
#ifndef TAVANA_PGTYPE_TZ_H
#define TAVANA_PGTYPE_TZ_H

#include "base/cleanup.h"
#include "base/err.h"
#include "pgtype/tz_cache.h"

#include <stdbool.h>
#include <stdint.h>

enum { TZ_CACHE_MAX = 256, TZ_ABBREVIATION_MAX = 16 };

struct tz;

/* Seconds east of Greenwich at a UTC second. */
int32_t tz_offset_at(const struct tz *z, int64_t utc_seconds);
/* Whether it is one offset for all time. */
bool tz_is_fixed(const struct tz *z);
/* What the zone is called at a UTC second: "CEST", "UTC", "+0530"; "" for "-05:30", which has no name. */
void tz_abbreviation_at(const struct tz *z, int64_t utc_seconds, char out[static TZ_ABBREVIATION_MAX]);
/* Local seconds to UTC: before a gap's or within an overlap as PostgreSQL resolves them (standard time
 * offset). */
int64_t tz_local_to_utc(const struct tz *z, int64_t local_seconds);

#endif
