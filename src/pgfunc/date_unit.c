#include "pgfunc/date_unit.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

enum { NAME_LENGTH = 10 };

static const struct unit_name {
    char name[NAME_LENGTH + 1];
    enum date_unit unit;
} names[] = {
    {"year", UNIT_YEAR},
    {"month", UNIT_MONTH},
    {"day", UNIT_DAY},
    {"hour", UNIT_HOUR},
    {"minute", UNIT_MINUTE},
    {"second", UNIT_SECOND},
    {"quarter", UNIT_QUARTER},
    {"week", UNIT_WEEK},
    {"epoch", UNIT_EPOCH},
    {"dow", UNIT_DAY_OF_WEEK},
    {"isodow", UNIT_ISO_DAY_OF_WEEK},
    {"doy", UNIT_DAY_OF_YEAR},
    {"isoyear", UNIT_ISO_YEAR},
    {"julian", UNIT_JULIAN},
    {"timezone", UNIT_ZONE},
    {"timezone_h", UNIT_ZONE_HOUR},
    {"timezone_m", UNIT_ZONE_MINUTE},
    {"c", UNIT_CENTURY},
    {"cent", UNIT_CENTURY},
    {"centuries", UNIT_CENTURY},
    {"century", UNIT_CENTURY},
    {"d", UNIT_DAY},
    {"days", UNIT_DAY},
    {"dec", UNIT_DECADE},
    {"decade", UNIT_DECADE},
    {"decades", UNIT_DECADE},
    {"decs", UNIT_DECADE},
    {"h", UNIT_HOUR},
    {"hours", UNIT_HOUR},
    {"hr", UNIT_HOUR},
    {"hrs", UNIT_HOUR},
    {"j", UNIT_JULIAN},
    {"jd", UNIT_JULIAN},
    {"m", UNIT_MINUTE},
    {"microsecon", UNIT_MICROSECOND},
    {"mil", UNIT_MILLENNIUM},
    {"millennia", UNIT_MILLENNIUM},
    {"millennium", UNIT_MILLENNIUM},
    {"millisecon", UNIT_MILLISECOND},
    {"mils", UNIT_MILLENNIUM},
    {"min", UNIT_MINUTE},
    {"mins", UNIT_MINUTE},
    {"minutes", UNIT_MINUTE},
    {"mon", UNIT_MONTH},
    {"mons", UNIT_MONTH},
    {"months", UNIT_MONTH},
    {"ms", UNIT_MILLISECOND},
    {"msec", UNIT_MILLISECOND},
    {"msecs", UNIT_MILLISECOND},
    {"msecond", UNIT_MILLISECOND},
    {"mseconds", UNIT_MILLISECOND},
    {"qtr", UNIT_QUARTER},
    {"s", UNIT_SECOND},
    {"sec", UNIT_SECOND},
    {"seconds", UNIT_SECOND},
    {"secs", UNIT_SECOND},
    {"us", UNIT_MICROSECOND},
    {"usec", UNIT_MICROSECOND},
    {"usecond", UNIT_MICROSECOND},
    {"useconds", UNIT_MICROSECOND},
    {"usecs", UNIT_MICROSECOND},
    {"w", UNIT_WEEK},
    {"weeks", UNIT_WEEK},
    {"y", UNIT_YEAR},
    {"years", UNIT_YEAR},
    {"yr", UNIT_YEAR},
    {"yrs", UNIT_YEAR},
};

/* The row of the table that has this name, in any case. NULL: none has. */
static const struct unit_name *find(struct str name)
{
    size_t n = name.n < NAME_LENGTH ? name.n : NAME_LENGTH;
    char first = (char)(n > 0 ? name.p[0] | ' ' : '\0'); /* small: most differ in it */
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].name[0] == first && strlen(names[i].name) == n &&
            strncasecmp(names[i].name, name.p, n) == 0)
            return &names[i];
    return NULL;
}

/* As it is written in the table, which most are. */
static bool is_the_same(const struct unit_name *u, struct str name)
{
    size_t n = name.n < NAME_LENGTH ? name.n : NAME_LENGTH;
    return n > 0 && u->name[n] == '\0' && memcmp(u->name, name.p, n) == 0;
}

enum date_unit date_unit_of(struct pg_call *call)
{
    const struct str name = call->args[0].text;
    const struct unit_name *last = *call->kept;
    if (last && is_the_same(last, name))
        return last->unit;
    /* A row of the table, which nothing need end. */
    const struct unit_name *found = find(name);
    assert(!found || found->unit != UNIT_UNKNOWN);
    if (found)
        pg_keep(call, (void *)(uintptr_t)found);
    return found ? found->unit : UNIT_UNKNOWN;
}

int date_unit_unknown(struct pg_call *call, const char *type)
{
    const struct str name = call->args[0].text;
    return err_set(call->e, SQLSTATE_INVALID_PARAMETER_VALUE, "unit \"%.*s\" not recognized for type %s",
                   (int)name.n, name.p, type);
}

int date_unit_unsupported(struct pg_call *call, const char *type)
{
    const struct str name = call->args[0].text;
    return err_set(call->e, SQLSTATE_FEATURE_NOT_SUPPORTED, "unit \"%.*s\" not supported for type %s",
                   (int)name.n, name.p, type);
}
