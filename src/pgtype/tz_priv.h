/* What tz.c (what a zone is) and tz_cache.c (which are kept) share. */
#ifndef TAVANA_PGTYPE_TZ_PRIV_H
#define TAVANA_PGTYPE_TZ_PRIV_H

#include "base/list.h"
#include "pgtype/tz.h"

/* When a part of the year begins, of a POSIX TZ string (POSIX.1-2017, 8.3). */
struct tz_rule {
    enum { RULE_NONE, RULE_JULIAN, RULE_DAY, RULE_MONTH } kind;
    int month, week, day; /* RULE_MONTH: Mm.w.d; otherwise day alone */
    int32_t seconds;
};

struct tz_footer {
    bool present, has_dst;
    int32_t std_offset, dst_offset;
    struct tz_rule to_dst, to_std;
    char std_name[TZ_ABBREVIATION_MAX], dst_name[TZ_ABBREVIATION_MAX];
};

struct tz {
    char name[TZ_NAME_MAX];
    size_t ntimes;
    int64_t *times;   /* UTC seconds of the changes, ascending */
    int32_t *offsets; /* from times[i] on */
    int32_t first_offset;
    char (*names)[TZ_ABBREVIATION_MAX]; /* from times[i] on */
    char first_name[TZ_ABBREVIATION_MAX];
    struct tz_footer footer;
    struct style style;    /* of the session that has it */
    struct list by_use;    /* in the cache, the least recently used first */
    _Atomic unsigned refs; /* one of them is the cache's while it is in there */
};

/* A zone by its name, with no reference yet. 22023 when there is none, XX001 for a damaged file. */
int tz_load(struct tz **out, const char *name, struct err *e);
/* What tz_load made; not a zone of the cache. NULL is fine. */
void tz_free(struct tz *z);

#endif
