/* What SET TimeZone takes. Of session/ alone. Pure. Any thread. */
#ifndef TAVANA_SESSION_SETTING_ZONE_H
#define TAVANA_SESSION_SETTING_ZONE_H

#include "base/err.h"

struct tz;

/* Numbers are hours to the east, intervals too; what else has an offset is POSIX's, to the west. *zone: the
 * caller's, for tz_unref. 22023 */
int setting_zone(const char *in, const struct tz **zone, struct err *e);

#endif
