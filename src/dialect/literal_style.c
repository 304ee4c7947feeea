#include "dialect/literal_style.h"

#include "dialect/walk.h"
#include "pgtype/oid.h"

#include <string.h>

/* Whether DateStyle may have to do with what a text means: it has numbers of one or two digits before any
 * longer one. A sign in front of an interval is IntervalStyle's. */
static bool depends_on_style(uint32_t oid, struct str text)
{
    const struct pgtype_info *element = pgtype_element(oid);
    const uint32_t one = element ? element->oid : oid;
    if (one == PGTYPE_INTERVAL)
        return memchr(text.p, '-', text.n) != NULL;
    if (one != PGTYPE_DATE && one != PGTYPE_TIMESTAMP && one != PGTYPE_TIMESTAMPTZ)
        return false;
    for (size_t at = 0; at < text.n; at++) {
        size_t digits = 0;
        while (at < text.n && text.p[at] >= '0' && text.p[at] <= '9')
            at++, digits++;
        if (digits > 2 && !element)
            return false;
        if (digits)
            return true;
    }
    return false;
}

int literal_style(struct rewriter *r, uint32_t oid, struct str text, struct style *out)
{
    enum { SETTING_SHOWN = 64 };
    char dates[SETTING_SHOWN], intervals[SETTING_SHOWN];
    struct str said;
    *out = (struct style){0};
    if (!depends_on_style(oid, text))
        return ST_OK;
    TRY(walk_ask_text(r, "setting:datestyle", STR("'ISO, MDY'"), &said));
    (void)str_copy((struct str){said.p + 1, said.n ? said.n - 1 : 0}, dates, sizeof dates);
    TRY(walk_ask_text(r, "setting:intervalstyle", STR("'postgres'"), &said));
    (void)str_copy((struct str){said.p + 1, said.n > 1 ? said.n - 2 : 0}, intervals, sizeof intervals);
    *out = style_of(dates, intervals);
    return ST_OK;
}
