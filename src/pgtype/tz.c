/* Time zones: the files of the system's zone database, and offsets that are written out. Read here and not by
 * the C library, which knows one zone a process. Source: RFC 8536 (TZif), POSIX.1-2017, 8.3 (TZ). */
#include "pgtype/tz_priv.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/str.h"
#include "pgtype/calendar.h"
#include "pgtype/tz_cache.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

enum {
    TZ_FILE_MAX = 256 * 1024,
    TZ_TIMES_MAX = 10000,
    TZ_TYPES_MAX = 256,
    TZIF_HEADER = 44,
    OFFSET_MAX = 16 * 3600 - 1, /* as PostgreSQL's MAX_TZDISP_HOUR + 1 */
    DAY_SECONDS = 86400,
};

void tz_free(struct tz *z)
{
    if (!z)
        return;
    mem_free(z->times);
    mem_free(z->offsets);
    mem_free(z->names);
    mem_free(z);
}

DEFINE_CLEANUP(struct tz, tz_free)

/* --- POSIX TZ strings ---------------------------------------------------------------------------------- */

struct scan {
    const char *p;
    bool bad;
};

static int number(struct scan *s, int max)
{
    int v = 0;
    if (*s->p < '0' || *s->p > '9')
        s->bad = true;
    while (*s->p >= '0' && *s->p <= '9' && v <= max)
        v = v * 10 + (*s->p++ - '0');
    if (v > max)
        s->bad = true;
    return v;
}

static bool eat(struct scan *s, char c)
{
    if (*s->p != c)
        return false;
    s->p++;
    return true;
}

/* [+-]hh[:mm[:ss]] in seconds */
static int32_t posix_time(struct scan *s, int max_hours)
{
    bool negative = eat(s, '-');
    if (!negative)
        (void)eat(s, '+');
    int32_t v = number(s, max_hours) * 3600;
    if (eat(s, ':'))
        v += number(s, 59) * 60;
    if (eat(s, ':'))
        v += number(s, 59);
    return negative ? -v : v;
}

/* The letters of a zone, or what stands in angle brackets. */
static void posix_name(struct scan *s, char out[static TZ_ABBREVIATION_MAX])
{
    const char *from = s->p;
    if (eat(s, '<')) {
        while (*s->p && *s->p != '>')
            s->p++;
        if (!eat(s, '>'))
            s->bad = true;
    } else {
        while ((*s->p >= 'a' && *s->p <= 'z') || (*s->p >= 'A' && *s->p <= 'Z'))
            s->p++;
    }
    if (s->p - from < 3)
        s->bad = true;
    struct str name = {from, (size_t)(s->p - from)};
    if (!s->bad && *from == '<')
        name = (struct str){from + 1, name.n - 2};
    (void)str_copy(name, out, TZ_ABBREVIATION_MAX);
}

static void posix_rule(struct scan *s, struct tz_rule *r)
{
    enum { DEFAULT_RULE_SECONDS = 2 * 3600, RULE_HOURS_MAX = 167 };
    *r = (struct tz_rule){.seconds = DEFAULT_RULE_SECONDS};
    if (eat(s, 'M')) {
        r->kind = RULE_MONTH;
        r->month = number(s, 12);
        s->bad |= !eat(s, '.');
        r->week = number(s, 5);
        s->bad |= !eat(s, '.');
        r->day = number(s, 6);
        s->bad |= r->month < 1 || r->week < 1;
    } else if (eat(s, 'J')) {
        r->kind = RULE_JULIAN;
        r->day = number(s, 365);
        s->bad |= r->day < 1;
    } else {
        r->kind = RULE_DAY;
        r->day = number(s, 365);
    }
    if (eat(s, '/'))
        r->seconds = posix_time(s, RULE_HOURS_MAX);
}

static bool posix_parse(struct tz_footer *f, const char *text)
{
    struct scan s = {.p = text};
    *f = (struct tz_footer){.present = true};
    posix_name(&s, f->std_name);
    f->std_offset = -posix_time(&s, 24);
    if (*s.p && !s.bad) {
        f->has_dst = true;
        posix_name(&s, f->dst_name);
        f->dst_offset = f->std_offset + 3600;
        if (*s.p && *s.p != ',')
            f->dst_offset = -posix_time(&s, 24);
        s.bad |= !eat(&s, ',');
        posix_rule(&s, &f->to_dst);
        s.bad |= !eat(&s, ',');
        posix_rule(&s, &f->to_std);
    }
    return !s.bad && !*s.p;
}

static bool is_leap(int64_t year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* Local seconds since 1970 at which a rule strikes in a year. */
static int64_t rule_time(const struct tz_rule *r, int64_t year)
{
    int64_t first = days_from_civil(year, 1, 1), day;
    if (r->kind == RULE_JULIAN) { /* February 29 is never counted */
        day = first + r->day - 1 + (is_leap(year) && r->day >= 60);
    } else if (r->kind == RULE_DAY) {
        day = first + r->day;
    } else {
        enum { THURSDAY = 4 }; /* 1970-01-01 */
        int64_t month = days_from_civil(year, (unsigned)r->month, 1);
        int weekday = (int)(((month + THURSDAY) % 7 + 7) % 7);
        day = month + (r->day - weekday + 7) % 7 + (r->week - 1) * 7;
        int64_t next = r->month == 12 ? days_from_civil(year + 1, 1, 1)
                                      : days_from_civil(year, (unsigned)r->month + 1, 1);
        while (day >= next)
            day -= 7;
    }
    return day * DAY_SECONDS + r->seconds;
}

static int64_t year_of(int64_t seconds)
{
    int64_t days = seconds / DAY_SECONDS - (seconds % DAY_SECONDS < 0), year;
    unsigned month, day;
    civil_from_days(days, &year, &month, &day);
    return year;
}

/* Whether it is the other time than the standard one. */
static bool footer_is_dst(const struct tz_footer *f, int64_t utc_seconds)
{
    if (!f->has_dst)
        return false;
    int64_t year = year_of(utc_seconds + f->std_offset);
    int64_t to_dst = rule_time(&f->to_dst, year) - f->std_offset;
    int64_t to_std = rule_time(&f->to_std, year) - f->dst_offset;
    return to_dst < to_std ? utc_seconds >= to_dst && utc_seconds < to_std
                           : utc_seconds >= to_dst || utc_seconds < to_std;
}

/* --- TZif files (RFC 8536) ------------------------------------------------------------------------------ */

struct tzif {
    uint32_t isutcnt, isstdcnt, leapcnt, timecnt, typecnt, charcnt;
};

static bool tzif_header(struct tzif *h, const uint8_t *p, size_t n)
{
    if (n < TZIF_HEADER || memcmp(p, "TZif", 4) != 0)
        return false;
    const uint8_t *c = p + 20;
    *h = (struct tzif){get_be32(c),      get_be32(c + 4),  get_be32(c + 8),
                       get_be32(c + 12), get_be32(c + 16), get_be32(c + 20)};
    return h->timecnt <= TZ_TIMES_MAX && h->typecnt >= 1 && h->typecnt <= TZ_TYPES_MAX &&
           h->charcnt <= TZ_FILE_MAX && h->leapcnt <= TZ_TIMES_MAX && h->isstdcnt <= TZ_TYPES_MAX &&
           h->isutcnt <= TZ_TYPES_MAX;
}

static size_t tzif_size(const struct tzif *h, size_t time_size)
{
    return TZIF_HEADER + h->timecnt * time_size + h->timecnt + h->typecnt * 6UL + h->charcnt +
           h->leapcnt * (time_size + 4) + h->isstdcnt + h->isutcnt;
}

static int damaged(const char *name, struct err *e)
{
    return err_set(e, SQLSTATE_DATA_CORRUPTED, "the time zone file of \"%s\" is damaged", name);
}

/* A name among those of the file, which end in NUL each. */
static void tzif_name(const struct tzif *h, const uint8_t *info, const uint8_t *names,
                      char out[static TZ_ABBREVIATION_MAX])
{
    size_t at = info[5];
    size_t n = at < h->charcnt ? strnlen((const char *)names + at, h->charcnt - at) : 0;
    (void)str_copy((struct str){(const char *)names + at, n}, out, TZ_ABBREVIATION_MAX);
}

/* Moments at which the offset changes, ascending, and which offset holds from each on. */
static int tzif_times(struct tz *z, const struct tzif *h, const uint8_t *p, struct err *e)
{
    const uint8_t *times = p + TZIF_HEADER, *types = times + h->timecnt * 8, *infos = types + h->timecnt;
    const uint8_t *names = infos + h->typecnt * 6UL;
    int32_t offsets[TZ_TYPES_MAX] = {0};
    for (uint32_t i = 0; i < h->typecnt; i++) {
        offsets[i] = (int32_t)get_be32(infos + i * 6);
        if (offsets[i] < -OFFSET_MAX || offsets[i] > OFFSET_MAX)
            return damaged(z->name, e);
    }
    z->first_offset = offsets[0];
    tzif_name(h, infos, names, z->first_name);
    z->times = mem_calloc(h->timecnt, sizeof *z->times);
    z->offsets = mem_calloc(h->timecnt, sizeof *z->offsets);
    z->names = mem_calloc(h->timecnt, sizeof *z->names);
    if (!z->times || !z->offsets || !z->names)
        return err_oom(e);
    for (uint32_t i = 0; i < h->timecnt; i++) {
        z->times[i] = (int64_t)get_be64(times + i * 8UL);
        if (types[i] >= h->typecnt || (i > 0 && z->times[i] <= z->times[i - 1]))
            return damaged(z->name, e);
        z->offsets[i] = offsets[types[i]];
        tzif_name(h, infos + types[i] * 6UL, names, z->names[i]);
    }
    z->ntimes = h->timecnt;
    return ST_OK;
}

/* The text between the newlines at the end. */
static int tzif_footer(struct tz *z, const uint8_t *p, size_t n, struct err *e)
{
    enum { FOOTER_MAX = 256 };
    char text[FOOTER_MAX];
    if (n < 2 || p[0] != '\n')
        return damaged(z->name, e);
    const uint8_t *end = memchr(p + 1, '\n', n - 1);
    if (!end || end - p > FOOTER_MAX)
        return damaged(z->name, e);
    size_t len = (size_t)(end - p) - 1;
    if (len == 0)
        return ST_OK;
    memcpy(text, p + 1, len);
    text[len] = '\0';
    return posix_parse(&z->footer, text) ? ST_OK : damaged(z->name, e);
}

static int tzif_parse(struct tz *z, const uint8_t *p, size_t n, struct err *e)
{
    struct tzif h;
    if (!tzif_header(&h, p, n) || p[4] < '2')
        return damaged(z->name, e);
    size_t first = tzif_size(&h, 4); /* the 32-bit part, which is not looked at */
    if (first > n || !tzif_header(&h, p + first, n - first))
        return damaged(z->name, e);
    p += first;
    n -= first;
    if (h.leapcnt > 0) { /* its seconds are not those of a day of 86400 */
        (void)err_set(e, SQLSTATE_INVALID_PARAMETER_VALUE, "time zone \"%s\" appears to use leap seconds",
                      z->name);
        err_detail(e, "PostgreSQL does not support leap seconds.");
        return ST_ERR;
    }
    size_t second = tzif_size(&h, 8);
    if (second > n)
        return damaged(z->name, e);
    TRY(tzif_times(z, &h, p, e));
    return tzif_footer(z, p + second, n - second, e);
}

/* --- Finding them --------------------------------------------------------------------------------------- */

static int no_such_zone(const char *name, struct err *e)
{
    return err_set(e, SQLSTATE_INVALID_PARAMETER_VALUE, "invalid value for parameter \"TimeZone\": \"%s\"",
                   name);
}

static bool name_is_safe(const char *name)
{
    if (!name[0] || name[0] == '/' || name[0] == '.' || strlen(name) >= TZ_NAME_MAX || strstr(name, "..") ||
        strstr(name, "//") || name[strlen(name) - 1] == '/')
        return false;
    for (const char *p = name; *p; p++)
        if (!((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9') ||
              strchr("/_+-", *p)))
            return false;
    return true;
}

/* The entry of a directory that a part of a name means, in any case; false when there is none. */
static bool match_entry(const char *directory, const char *part, char out[static TZ_NAME_MAX])
{
    DIR *d = opendir(directory);
    bool found = false;
    struct dirent *entry;
    while (d && !found && (entry = readdir(d))) {
        if (strcasecmp(entry->d_name, part) != 0 || strlen(entry->d_name) >= TZ_NAME_MAX)
            continue;
        (void)snprintf(out, TZ_NAME_MAX, "%s", entry->d_name);
        found = true;
    }
    if (d)
        (void)closedir(d);
    return found;
}

enum { PATH_LEN = 512 };

/* Turns "europe/berlin" into the file's own spelling. */
static bool find_file(const char *name, char path[static PATH_LEN], char spelled[static TZ_NAME_MAX])
{
    const char *root = getenv("TZDIR");
    char rest[TZ_NAME_MAX], entry[TZ_NAME_MAX];
    (void)snprintf(path, PATH_LEN, "%s", root ? root : "/usr/share/zoneinfo");
    (void)snprintf(rest, sizeof rest, "%s", name);
    spelled[0] = '\0';
    char *save = NULL;
    for (char *part = strtok_r(rest, "/", &save); part; part = strtok_r(NULL, "/", &save)) {
        if (!match_entry(path, part, entry))
            return false;
        size_t at = strlen(path), named = strlen(spelled);
        if (at + strlen(entry) + 2 > PATH_LEN || named + strlen(entry) + 2 > TZ_NAME_MAX)
            return false;
        (void)snprintf(path + at, PATH_LEN - at, "/%s", entry);
        (void)snprintf(spelled + named, TZ_NAME_MAX - named, "%s%s", named ? "/" : "", entry);
    }
    return true;
}

static int load_file(struct tz *z, const char *path, const char *asked, struct err *e)
{
    CLEANUP(fd_closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size > TZ_FILE_MAX)
        return no_such_zone(asked, e);
    CLEANUP(mem_freep) uint8_t *bytes = mem_alloc((size_t)st.st_size);
    if (!bytes)
        return err_oom(e);
    size_t n = 0;
    while (n < (size_t)st.st_size) {
        ssize_t got = read(fd, bytes + n, (size_t)st.st_size - n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return no_such_zone(asked, e);
        n += (size_t)got;
    }
    if (n < 4 || memcmp(bytes, "TZif", 4) != 0) /* the directory has other files too */
        return no_such_zone(asked, e);
    return tzif_parse(z, bytes, n, e);
}

/* What POSIX's TZ says, whose hours count to the west: "+02", "-05:30", "<+02>-02", "UTC+3". Only names in
 * brackets have a rule of daylight saving: one without a rule would be the zone database's "posixrules". */
static bool posix_zone(struct tz *z, const char *name)
{
    struct scan s = {.p = name};
    if (name[0] == '<') {
        if (strlen(name) >= TZ_NAME_MAX || !posix_parse(&z->footer, name))
            return false;
        z->first_offset = z->footer.std_offset;
        (void)snprintf(z->name, sizeof z->name, "%s", name);
        return true;
    }
    while ((*s.p >= 'a' && *s.p <= 'z') || (*s.p >= 'A' && *s.p <= 'Z'))
        s.p++;
    size_t letters = (size_t)(s.p - name);
    z->first_offset = -posix_time(&s, 15);
    if (s.bad || *s.p || strlen(name) >= TZ_NAME_MAX)
        return false;
    for (size_t i = 0; i <= strlen(name); i++) /* as PostgreSQL shows it */
        z->name[i] = (char)(name[i] >= 'a' && name[i] <= 'z' ? name[i] - 'a' + 'A' : name[i]);
    (void)str_copy((struct str){z->name, letters}, z->first_name, sizeof z->first_name);
    return true;
}

int tz_load(struct tz **out, const char *name, struct err *e)
{
    CLEANUP(tz_freep) struct tz *z = mem_calloc(1, sizeof *z);
    char path[PATH_LEN];
    if (!z)
        return err_oom(e);
    if (name_is_safe(name) && find_file(name, path, z->name))
        TRY(load_file(z, path, name, e));
    else if (!posix_zone(z, name))
        return no_such_zone(name, e);
    *out = TAKE_PTR(z);
    return ST_OK;
}

/* --- Using them ------------------------------------------------------------------------------------------
 */

/* The change that holds at a moment: its number from 1; 0: before the first one. */
static size_t change_at(const struct tz *z, int64_t utc_seconds)
{
    size_t low = 0, high = z->ntimes; /* the first change after the moment */
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (z->times[middle] <= utc_seconds)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool is_of_footer(const struct tz *z, int64_t utc_seconds)
{
    return z->footer.present && (z->ntimes == 0 || utc_seconds >= z->times[z->ntimes - 1]);
}

int32_t tz_offset_at(const struct tz *z, int64_t utc_seconds)
{
    if (is_of_footer(z, utc_seconds))
        return footer_is_dst(&z->footer, utc_seconds) ? z->footer.dst_offset : z->footer.std_offset;
    size_t change = change_at(z, utc_seconds);
    return change ? z->offsets[change - 1] : z->first_offset;
}

void tz_abbreviation_at(const struct tz *z, int64_t utc_seconds, char out[static TZ_ABBREVIATION_MAX])
{
    size_t change = change_at(z, utc_seconds);
    const char *name = change ? z->names[change - 1] : z->first_name;
    if (is_of_footer(z, utc_seconds))
        name = footer_is_dst(&z->footer, utc_seconds) ? z->footer.dst_name : z->footer.std_name;
    (void)snprintf(out, TZ_ABBREVIATION_MAX, "%s", name);
}

bool tz_is_fixed(const struct tz *z)
{
    return z->ntimes == 0 && !z->footer.has_dst;
}

int64_t tz_local_to_utc(const struct tz *z, int64_t local_seconds)
{
    /* The offsets a day before and after: the same far from a change; near one, PostgreSQL takes the earlier
     * offset in a gap (where neither reads back) and the later one in an overlap (where both do): standard
     * time as a rule. */
    int32_t before = tz_offset_at(z, local_seconds - DAY_SECONDS);
    int32_t after = tz_offset_at(z, local_seconds + DAY_SECONDS);
    int64_t with_after = local_seconds - after;
    if (tz_offset_at(z, with_after) == after)
        return with_after;
    return local_seconds - before;
}
