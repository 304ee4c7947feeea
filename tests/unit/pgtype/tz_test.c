/* What a zone is: files of the zone database and POSIX texts. Offsets were measured with PostgreSQL 15. */
#include "decoded.h"

#include <unistd.h>

static const struct tz *found(const char *name)
{
    const struct tz *z = NULL;
    struct err e;
    err_init(&e);
    if (tz_find(&z, name, &e) != ST_OK)
        fail_msg("%s: %s", name, e.message);
    return z;
}

static int64_t at(int64_t year, unsigned month, unsigned day, int64_t hour)
{
    return (days_from_civil(year, month, day) * 24 + hour) * 3600;
}

static void offsets_change_at_the_moment(void **state)
{
    const int64_t spring = at(2024, 3, 31, 1), autumn = at(2024, 10, 27, 1);
    const struct {
        const char *zone;
        int64_t utc;
        int32_t offset;
    } rows[] = {
        {"Europe/Berlin", spring - 1, 3600},
        {"Europe/Berlin", spring, 7200},
        {"Europe/Berlin", autumn - 1, 7200},
        {"Europe/Berlin", autumn, 3600},
        {"Europe/Berlin", at(1800, 1, 1, 0), 3208}, /* local mean time */
        {"Europe/Berlin", at(2500, 7, 1, 0), 7200}, /* by the file's rule for the future */
        {"Europe/Berlin", at(2500, 1, 1, 0), 3600},
        {"America/Sao_Paulo", at(2100, 1, 1, 0), -10800},
        {"Australia/Sydney", at(2100, 1, 1, 0), 39600},
        {"Australia/Sydney", at(2100, 7, 1, 0), 36000},
        {"Asia/Kathmandu", at(2024, 1, 1, 0), 20700},
        {"Etc/GMT+5", 0, -18000},
        {"Etc/GMT-14", 0, 50400},
        {"EST5EDT", at(2024, 7, 1, 0), -14400},
        {"+02", 0, -7200},
        {"5", 0, -18000},
        {"-0", 0, 0},
        {"+15", 0, -54000},
        {"-05:30", 0, 19800},
        {"GMT-13:00", 0, 46800},
        {"utc+3", 0, -10800},
        {"FOOBAR0", 0, 0},
        {"<+02>-02", 0, 7200},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct tz *z = found(rows[i].zone);
        if (tz_offset_at(z, rows[i].utc) != rows[i].offset)
            fail_msg("%s: %d, not %d", rows[i].zone, tz_offset_at(z, rows[i].utc), rows[i].offset);
        tz_unref(z);
    }
}

/* Rules of each kind, on both hemispheres, with hours before and behind the day that they name. */
static void posix_rules(void **state)
{
    static const char *const moments[] = {
        "2024-01-01 00:00", "2024-12-30 00:00", "2024-03-01 07:00", "2024-03-10 07:00",
        "2024-03-31 00:59", "2024-03-31 01:00", "2024-07-01 12:00", "2024-10-27 00:59",
        "2024-10-27 01:00", "2024-11-03 06:00", "2023-03-01 07:00", "2100-07-01 12:00",
    };
    static const struct {
        const char *zone;
        int32_t offsets[sizeof moments / sizeof *moments];
    } rows[] = {
        {"<ABC>5",
         {-18000, -18000, -18000, -18000, -18000, -18000, -18000, -18000, -18000, -18000, -18000, -18000}},
        {"<+0530>-5:30",
         {19800, 19800, 19800, 19800, 19800, 19800, 19800, 19800, 19800, 19800, 19800, 19800}},
        {"<ABC>-1<DEF>,M12.5.0,M1.5.0",
         {7200, 7200, 3600, 3600, 3600, 3600, 3600, 3600, 3600, 3600, 3600, 3600}},
        {"<ABC>0<DEF>,M11.5.6/-24,M12.5.3/-1:30", {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}},
        {"<ABC>-1<DEF>,M3.5.0,M10.5.0/3",
         {3600, 3600, 3600, 3600, 3600, 7200, 7200, 7200, 3600, 3600, 3600, 7200}},
        {"<ABC>-1<DEF>-2,M3.5.0,M10.5.0/3",
         {3600, 3600, 3600, 3600, 3600, 7200, 7200, 7200, 3600, 3600, 3600, 7200}},
        {"<ABC>-1<DEF>-3,M3.5.0/-1,M10.5.0/25",
         {3600, 3600, 3600, 3600, 10800, 10800, 10800, 10800, 10800, 3600, 3600, 10800}},
        {"<ABC>5<DEF>,M3.2.0,M11.1.0",
         {-18000, -18000, -18000, -14400, -14400, -14400, -14400, -14400, -14400, -18000, -18000, -14400}},
        {"<ABC>5<DEF>,J60,J300",
         {-18000, -18000, -14400, -14400, -14400, -14400, -14400, -14400, -14400, -18000, -14400, -14400}},
        {"<ABC>5<DEF>,J59/0,J300/0:00:01",
         {-18000, -18000, -14400, -14400, -14400, -14400, -14400, -14400, -14400, -18000, -14400, -14400}},
        {"<ABC>5<DEF>,59,300",
         {-18000, -18000, -14400, -14400, -14400, -14400, -14400, -14400, -14400, -18000, -14400, -14400}},
        {"<ABC>-10<DEF>,M10.1.0,M4.1.0/3",
         {39600, 39600, 39600, 39600, 39600, 39600, 36000, 39600, 39600, 39600, 39600, 36000}},
        {"<ABC>-10:30<DEF>-11,M10.1.0,M4.1.0",
         {39600, 39600, 39600, 39600, 39600, 39600, 37800, 39600, 39600, 39600, 39600, 37800}},
        {"<ABC>4<DEF>3,M9.1.6/24,M4.1.6/24",
         {-10800, -10800, -10800, -10800, -10800, -10800, -14400, -10800, -10800, -10800, -10800, -14400}},
        {"<ABC>2<DEF>,M3.4.4/50,M10.4.4/50",
         {-7200, -7200, -7200, -7200, -3600, -3600, -3600, -7200, -7200, -7200, -7200, -3600}},
        {"<ABC>-2<DEF>,M3.4.4/50,M10.4.0/2",
         {7200, 7200, 7200, 7200, 10800, 10800, 10800, 7200, 7200, 7200, 7200, 10800}},
    };
    struct pg_value v;
    struct err e;
    (void)state;
    err_init(&e);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct tz *z = found(rows[i].zone);
        for (size_t m = 0; m < sizeof moments / sizeof *moments; m++) {
            assert_int_equal(pg_value_decode(NULL, PGTYPE_TIMESTAMP, DECODED_TEXT,
                                             (const uint8_t *)moments[m], (int32_t)strlen(moments[m]), NULL,
                                             &v, &e),
                             ST_OK);
            int32_t offset = tz_offset_at(z, v.v.i / CALENDAR_MICROS_A_SECOND);
            if (offset != rows[i].offsets[m])
                fail_msg("%s at %s: %d, not %d", rows[i].zone, moments[m], offset, rows[i].offsets[m]);
        }
        tz_unref(z);
    }
}

static const struct decoded_case local_0[] = {
    {"2024-03-10 02:30", "2024-03-10 01:30:00+00"}, {"2024-03-10 03:00", "2024-03-10 02:00:00+00"},
    {"2024-03-31 01:59", "2024-03-31 00:59:00+00"}, {"2024-03-31 02:30", "2024-03-31 01:30:00+00"},
    {"2024-03-31 03:00", "2024-03-31 01:00:00+00"}, {"2024-04-07 01:45", "2024-04-06 23:45:00+00"},
    {"2024-04-07 02:30", "2024-04-07 00:30:00+00"}, {"2024-04-07 03:00", "2024-04-07 01:00:00+00"},
    {"2024-10-06 02:15", "2024-10-06 00:15:00+00"}, {"2024-10-06 02:30", "2024-10-06 00:30:00+00"},
    {"2024-10-27 02:30", "2024-10-27 01:30:00+00"}, {"2024-10-27 03:00", "2024-10-27 02:00:00+00"},
    {"2024-11-03 01:30", "2024-11-03 00:30:00+00"}, {"2024-11-03 02:00", "2024-11-03 01:00:00+00"},
};
static const struct decoded_case local_1[] = {
    {"2024-03-10 02:30", "2024-03-10 07:30:00+00"}, {"2024-03-10 03:00", "2024-03-10 07:00:00+00"},
    {"2024-03-31 01:59", "2024-03-31 05:59:00+00"}, {"2024-03-31 02:30", "2024-03-31 06:30:00+00"},
    {"2024-03-31 03:00", "2024-03-31 07:00:00+00"}, {"2024-04-07 01:45", "2024-04-07 05:45:00+00"},
    {"2024-04-07 02:30", "2024-04-07 06:30:00+00"}, {"2024-04-07 03:00", "2024-04-07 07:00:00+00"},
    {"2024-10-06 02:15", "2024-10-06 06:15:00+00"}, {"2024-10-06 02:30", "2024-10-06 06:30:00+00"},
    {"2024-10-27 02:30", "2024-10-27 06:30:00+00"}, {"2024-10-27 03:00", "2024-10-27 07:00:00+00"},
    {"2024-11-03 01:30", "2024-11-03 06:30:00+00"}, {"2024-11-03 02:00", "2024-11-03 07:00:00+00"},
};
static const struct decoded_case local_2[] = {
    {"2024-03-10 02:30", "2024-03-09 15:30:00+00"}, {"2024-03-10 03:00", "2024-03-09 16:00:00+00"},
    {"2024-03-31 01:59", "2024-03-30 14:59:00+00"}, {"2024-03-31 02:30", "2024-03-30 15:30:00+00"},
    {"2024-03-31 03:00", "2024-03-30 16:00:00+00"}, {"2024-04-07 01:45", "2024-04-06 14:45:00+00"},
    {"2024-04-07 02:30", "2024-04-06 16:30:00+00"}, {"2024-04-07 03:00", "2024-04-06 17:00:00+00"},
    {"2024-10-06 02:15", "2024-10-05 16:15:00+00"}, {"2024-10-06 02:30", "2024-10-05 16:30:00+00"},
    {"2024-10-27 02:30", "2024-10-26 15:30:00+00"}, {"2024-10-27 03:00", "2024-10-26 16:00:00+00"},
    {"2024-11-03 01:30", "2024-11-02 14:30:00+00"}, {"2024-11-03 02:00", "2024-11-02 15:00:00+00"},
};
static const struct decoded_case local_3[] = {
    {"2024-03-10 02:30", "2024-03-09 15:30:00+00"}, {"2024-03-10 03:00", "2024-03-09 16:00:00+00"},
    {"2024-03-31 01:59", "2024-03-30 14:59:00+00"}, {"2024-03-31 02:30", "2024-03-30 15:30:00+00"},
    {"2024-03-31 03:00", "2024-03-30 16:00:00+00"}, {"2024-04-07 01:45", "2024-04-06 15:15:00+00"},
    {"2024-04-07 02:30", "2024-04-06 16:00:00+00"}, {"2024-04-07 03:00", "2024-04-06 16:30:00+00"},
    {"2024-10-06 02:15", "2024-10-05 15:45:00+00"}, {"2024-10-06 02:30", "2024-10-05 15:30:00+00"},
    {"2024-10-27 02:30", "2024-10-26 15:30:00+00"}, {"2024-10-27 03:00", "2024-10-26 16:00:00+00"},
    {"2024-11-03 01:30", "2024-11-02 14:30:00+00"}, {"2024-11-03 02:00", "2024-11-02 15:00:00+00"},
};

/* Gaps and folds by a rule alone. */
static void local_times_by_a_rule(void **state)
{
    static const struct {
        const char *zone;
        const struct decoded_case *rows;
        size_t n;
    } zones[] = {
        {"<ABC>-1<DEF>,M3.5.0,M10.5.0/3", local_0, sizeof local_0 / sizeof *local_0},
        {"<ABC>5<DEF>,M3.2.0,M11.1.0", local_1, sizeof local_1 / sizeof *local_1},
        {"<ABC>-10<DEF>,M10.1.0,M4.1.0/3", local_2, sizeof local_2 / sizeof *local_2},
        {"<ABC>-10:30<DEF>-11,M10.1.0,M4.1.0", local_3, sizeof local_3 / sizeof *local_3},
    };
    (void)state;
    for (size_t i = 0; i < sizeof zones / sizeof *zones; i++) {
        const struct tz *z = found(zones[i].zone);
        decodes_in(z, PGTYPE_TIMESTAMPTZ, zones[i].rows, zones[i].n);
        tz_unref(z);
    }
}

static void refused(const char *name, const char *code, const char *message)
{
    const struct tz *z = NULL;
    struct err e;
    err_init(&e);
    if (tz_find(&z, name, &e) != ST_ERR)
        fail_msg("%s", name);
    assert_string_equal(sqlstate_code(e.code), code);
    if (message)
        assert_string_equal(e.message, message);
}

static void what_is_no_zone_is_refused(void **state)
{
    /* PostgreSQL refuses these too, in the same words */
    static const char *const bad[] = {
        "",
        " UTC",
        "UTC ",
        "Nowhere",
        "../etc/passwd",
        "/etc/passwd",
        "Europe",
        "zone.tab",
        "tzdata.zi",
        "Europe/../UTC",
        "a b",
        "Europe/Berlin/x",
        "/Europe/Berlin",
        "LOCAL",
        "DEFAULT",
        "infinity",
        "America/New_York\n",
        "+15:60",
        "+2:",
        "+02:",
        "+-2",
        "<+02",
        "<+02>",
        "<ABC>1:60",
        "<ABC>5<DEF>x",
        "<ABC>5<DEF>,M13.1.0,M4.1.0",
        "<ABC>5<DEF>,M0.1.0,M4.1.0",
        "<ABC>5<DEF>,M3.6.0,M4.1.0",
        "<ABC>5<DEF>,M3.0.0,M4.1.0",
        "<ABC>5<DEF>,M3.1.7,M4.1.0",
        "<ABC>5<DEF>,M3.1.0/168,M4.1.0",
        "<ABC>5<DEF>,M3.1.0",
        "<ABC>5<DEF>,M3.2.0/2,M11.1.0x",
        "<ABC>5<DEF>,366,1",
        "<ABC>5<DEF>,J366,J1",
    };
    char want[128], large[300];
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        (void)snprintf(want, sizeof want, "invalid value for parameter \"TimeZone\": \"%s\"", bad[i]);
        refused(bad[i], "22023", want);
    }
    for (size_t n = TZ_NAME_MAX - 1; n < sizeof large; n++) {
        memset(large, 'x', n);
        large[n] = '\0';
        refused(large, "22023", NULL);
        large[0] = '<';
        refused(large, "22023", NULL);
    }
}

static void names_with_empty_parts_are_refused(void **state)
{
    static const char *const bad[] = {"Europe//Berlin", "Europe/Berlin/", "Europe/", "UTC/",
                                      "<ABC>5<DEF>,J0,J300"};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        refused(bad[i], "22023", NULL);
}

/* A zone of the machine's files that counts leap seconds would be wrong by them; there may be none. */
static void leap_seconds_are_refused(void **state)
{
    (void)state;
    refused("right/UTC", "22023", NULL);
}

/* A file of version 2: an empty 32-bit part, then changes from type to type, and the footer. What a test wants
 * to be wrong is wrong in it. */
struct tzif {
    char version;
    uint32_t isutcnt, isstdcnt, leapcnt, timecnt, typecnt, charcnt;
    int64_t times[3];
    uint8_t types[3];
    int32_t offsets[2];
    const char *footer; /* with its newlines */
};

static const struct tzif good = {
    .version = '2',
    .timecnt = 3,
    .typecnt = 2,
    .charcnt = 8,
    .times = {-1000000, 0, 1000000},
    .types = {0, 1, 0},
    .offsets = {3600, 7200},
    .footer = "\nABC-1\n",
};

static uint8_t *put_number(uint8_t *p, int64_t v, int bytes)
{
    for (int i = bytes - 1; i >= 0; i--)
        *p++ = (uint8_t)((uint64_t)v >> (8 * i));
    return p;
}

static uint8_t *put_header(uint8_t *p, char version, const uint32_t counts[static 6])
{
    memset(p, 0, 44);
    memcpy(p, "TZif", 4);
    p[4] = (uint8_t)version;
    p += 20;
    for (int i = 0; i < 6; i++)
        p = put_number(p, counts[i], 4);
    return p;
}

static size_t make_file(const struct tzif *f, uint8_t *out)
{
    uint8_t *p = put_header(out, f->version, (const uint32_t[6]){[4] = 1, [5] = 1});
    memset(p, 0, 7); /* one type and one character */
    p += 7;
    p = put_header(
        p, f->version,
        (const uint32_t[6]){f->isutcnt, f->isstdcnt, f->leapcnt, f->timecnt, f->typecnt, f->charcnt});
    for (uint32_t i = 0; i < f->timecnt && i < 3; i++)
        p = put_number(p, f->times[i], 8);
    for (uint32_t i = 0; i < f->timecnt && i < 3; i++)
        *p++ = f->types[i];
    for (uint32_t i = 0; i < f->typecnt && i < 2; i++)
        p = put_number(put_number(p, f->offsets[i], 4), 0, 2);
    memset(p, 0, 8 + 12);
    p += f->charcnt < 8 ? f->charcnt : 8;
    p += f->leapcnt == 1 ? 12 : 0;
    memcpy(p, f->footer, strlen(f->footer));
    return (size_t)(p - out) + strlen(f->footer);
}

/* A directory of our own, where zones are looked for meanwhile. */
static char directory[] = "/tmp/tavana-tz-XXXXXX";
static char *tzdir_before;

static int set_up_directory(void **state)
{
    (void)state;
    memcpy(directory + sizeof directory - 7, "XXXXXX", 6);
    char *before = getenv("TZDIR");
    tzdir_before = before ? strdup(before) : NULL;
    return !mkdtemp(directory) || setenv("TZDIR", directory, 1);
}

static int tear_down_directory(void **state)
{
    (void)state;
    int rc = tzdir_before ? setenv("TZDIR", tzdir_before, 1) : unsetenv("TZDIR");
    free(tzdir_before);
    return rc || rmdir(directory);
}

/* As a zone of that name, each its own, since zones are kept. */
static int find_bytes(const struct tz **out, const uint8_t *bytes, size_t n, struct err *e)
{
    static unsigned count;
    char name[16], path[64];
    (void)snprintf(name, sizeof name, "Z%u", count++);
    (void)snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
    err_init(e);
    int st = tz_find(out, name, e);
    assert_int_equal(remove(path), 0);
    return st;
}

enum { FILE_MAX = 1024 };

static void a_file_is_read(void **state)
{
    static const struct {
        int64_t utc;
        int32_t offset;
    } rows[] = {{-(INT64_C(1) << 40), 3600},
                {-1000001, 3600},
                {-1000000, 3600},
                {-1, 3600},
                {0, 7200},
                {999999, 7200},
                {1000000, 3600},
                {INT64_C(1) << 40, 3600}};
    uint8_t bytes[FILE_MAX];
    const struct tz *z = NULL;
    struct err e;
    (void)state;
    assert_int_equal(find_bytes(&z, bytes, make_file(&good, bytes), &e), ST_OK);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(tz_offset_at(z, rows[i].utc), rows[i].offset);
    tz_unref(z);
}

/* Without a footer the last change holds for ever, and a footer holds from there on. */
static void footers_rule_the_future(void **state)
{
    static const struct {
        const char *footer;
        int32_t last;
    } rows[] = {{"\n\n", 3600},
                {"\nABC-3\n", 10800},
                {"\n<+0545>-5:45\n", 20700},
                {"\nABC5DEF,M3.2.0,M11.1.0\n", -18000}};
    uint8_t bytes[FILE_MAX];
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct tzif f = good;
        const struct tz *z = NULL;
        struct err e;
        f.footer = rows[i].footer;
        assert_int_equal(find_bytes(&z, bytes, make_file(&f, bytes), &e), ST_OK);
        assert_int_equal(tz_offset_at(z, 999999), 7200);
        assert_int_equal(tz_offset_at(z, 1000000), rows[i].last);
        assert_int_equal(tz_offset_at(z, at(2024, 1, 1, 0)), rows[i].last);
        tz_unref(z);
    }
}

static void every_cut_is_seen(void **state)
{
    uint8_t bytes[FILE_MAX];
    (void)state;
    size_t size = make_file(&good, bytes);
    for (size_t n = 0; n < size; n++) {
        const struct tz *z = NULL;
        struct err e;
        assert_int_equal(find_bytes(&z, bytes, n, &e), ST_ERR);
        assert_string_equal(sqlstate_code(e.code), n < 4 ? "22023" : "XX001"); /* no zone; a damaged one */
    }
}

static void damaged_files_are_refused(void **state)
{
    enum { MANY = 100000 };
    static char long_footer[400];
    struct tzif rows[] = {
        [0 ... 20] = good,
    };
    size_t n = 0;
    uint8_t bytes[FILE_MAX];
    (void)state;
    memset(long_footer, 'A', sizeof long_footer - 2);
    long_footer[0] = long_footer[sizeof long_footer - 2] = '\n';
    rows[n++].version = '\0'; /* has no 64-bit part */
    rows[n++].timecnt = MANY;
    rows[n++].timecnt = UINT32_MAX;
    rows[n++].typecnt = 0;
    rows[n++].typecnt = 257;
    rows[n++].charcnt = UINT32_MAX;
    rows[n++].leapcnt = UINT32_MAX;
    rows[n++].isstdcnt = UINT32_MAX;
    rows[n++].isutcnt = UINT32_MAX;
    rows[n++].types[1] = 2;           /* there are 0 and 1 */
    rows[n++].times[1] = -1000000;    /* the same twice */
    rows[n++].times[2] = -2000000;    /* backwards */
    rows[n++].offsets[0] = 16 * 3600; /* beyond PostgreSQL's */
    rows[n++].offsets[1] = -16 * 3600;
    rows[n++].footer = "";
    rows[n++].footer = "\nABC-1";
    rows[n++].footer = "ABC-1\n";
    rows[n++].footer = "\nABC\n";
    rows[n++].footer = "\nAB-1\n";
    rows[n++].footer = "\nABC5DEF,M3.2.0\n";
    rows[n++].footer = long_footer;
    assert_int_equal(n, sizeof rows / sizeof *rows);
    for (size_t i = 0; i < n; i++) {
        const struct tz *z = NULL;
        struct err e;
        if (find_bytes(&z, bytes, make_file(&rows[i], bytes), &e) != ST_ERR)
            fail_msg("row %zu", i);
        assert_string_equal(sqlstate_code(e.code), "XX001");
        assert_non_null(strstr(e.message, "is damaged"));
    }
}

static void files_with_leap_seconds_are_refused(void **state)
{
    struct tzif f = good;
    uint8_t bytes[FILE_MAX];
    const struct tz *z = NULL;
    struct err e;
    (void)state;
    f.leapcnt = 1;
    assert_int_equal(find_bytes(&z, bytes, make_file(&f, bytes), &e), ST_ERR);
    assert_string_equal(sqlstate_code(e.code), "22023");
    assert_non_null(strstr(e.message, "appears to use leap seconds"));
    assert_string_equal(e.detail, "PostgreSQL does not support leap seconds.");
}

static void every_allocation_fails_once(void **state)
{
    static const char *const names[] = {"Asia/Dili", "+01:01:01", "<ABC>-1:01<DEF>,M3.5.0,M10.5.0"};
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        for (unsigned nth = 1, more = 1; more; nth++) {
            const struct tz *z = NULL;
            struct err e;
            err_init(&e);
            alloc_fail_nth(nth);
            int st = tz_find(&z, names[i], &e);
            more = alloc_failed();
            assert_int_equal(st, more ? ST_ERR : ST_OK);
            if (more)
                assert_string_equal(sqlstate_code(e.code), "53200");
            tz_unref(z);
        }
}

#define IN_DIRECTORY(test) cmocka_unit_test_setup_teardown(test, set_up_directory, tear_down_directory)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(offsets_change_at_the_moment),
        cmocka_unit_test(posix_rules),
        cmocka_unit_test(local_times_by_a_rule),
        cmocka_unit_test(what_is_no_zone_is_refused),
        cmocka_unit_test(names_with_empty_parts_are_refused),
        cmocka_unit_test(leap_seconds_are_refused),
        IN_DIRECTORY(a_file_is_read),
        IN_DIRECTORY(footers_rule_the_future),
        IN_DIRECTORY(every_cut_is_seen),
        IN_DIRECTORY(damaged_files_are_refused),
        IN_DIRECTORY(files_with_leap_seconds_are_refused),
        cmocka_unit_test(every_allocation_fails_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
