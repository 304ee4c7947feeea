#include "engine/literal_zone.h"

#include "engine/engine_priv.h"
#include "engine/functions.h"
#include "pgtype/tz.h"

#include <assert.h>

static __thread const struct engine_conn *preparing;

void literal_zone_of(const struct engine_conn *c)
{
    assert(!c || !preparing);
    preparing = c;
}

struct literal_zone literal_zone_take(void)
{
    struct literal_zone z = {NULL, NULL};
    struct err ignored; /* the name is known, and a zone that is not is UTC */
    err_init(&ignored);
    if (preparing)
        z.zone = functions_zone_of(preparing->conn, &ignored);
    else if (tz_find(&z.elsewhere, "<+01>-01", &ignored) < 0)
        z.elsewhere = NULL;
    return z;
}

void literal_zone_leave(struct literal_zone *z)
{
    tz_unref(z->zone);
    tz_unref(z->elsewhere);
    *z = (struct literal_zone){0};
}
