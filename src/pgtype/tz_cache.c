/* Zones that were used lately. A client makes names up ("+01:02:03"), so the cache forgets and is never full;
 * whoever uses a zone keeps it alive. */
#include "pgtype/tz_cache.h"

#include "pgtype/tz_priv.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <strings.h>

static struct tz utc = {.name = "UTC", .first_name = "UTC"};
static struct list by_use = {&by_use, &by_use};
static unsigned cached;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of the two above */

const struct tz *tz_utc(void)
{
    return &utc;
}

struct style tz_style(const struct tz *z)
{
    return z ? z->style : (struct style){0};
}

const char *tz_name(const struct tz *z)
{
    return z->name;
}

static struct tz *counted(const struct tz *z)
{
    return (struct tz *)(uintptr_t)z; /* immutable apart from the count */
}

const struct tz *tz_ref(const struct tz *z)
{
    if (z && z != &utc) {
        unsigned before = atomic_fetch_add_explicit(&counted(z)->refs, 1, memory_order_relaxed);
        assert(before > 0); /* whoever gives one on has one */
    }
    return z;
}

void tz_unref(const struct tz *z)
{
    if (z && z != &utc && atomic_fetch_sub_explicit(&counted(z)->refs, 1, memory_order_acq_rel) == 1)
        tz_free(counted(z));
}

static bool same_style(struct style a, struct style b)
{
    return a.dates == b.dates && a.order == b.order && a.intervals == b.intervals;
}

static struct tz *find_cached(const char *name, struct style style)
{
    list_for_each (l, &by_use) {
        struct tz *z = list_entry(l, struct tz, by_use);
        if (strcasecmp(z->name, name) == 0 && same_style(z->style, style))
            return z;
    }
    return NULL;
}

/* The least recently used of those that nobody uses; when all are used, the least recently used of them. */
static void forget_one(void)
{
    assert(cached > 0);
    struct tz *least = list_entry(by_use.next, struct tz, by_use);
    list_for_each (l, &by_use) {
        struct tz *z = list_entry(l, struct tz, by_use);
        if (atomic_load(&z->refs) == 1) {
            least = z;
            break;
        }
    }
    list_remove(&least->by_use);
    cached--;
    tz_unref(least);
}

static int add(struct tz **out, const char *name, struct style style, struct err *e)
{
    TRY(tz_load(out, name, e));
    struct tz *z = *out;
    z->style = style;
    while (cached >= TZ_CACHE_MAX)
        forget_one();
    atomic_store(&z->refs, 1);
    list_append(&by_use, &z->by_use);
    cached++;
    return ST_OK;
}

static int find(const struct tz **out, const char *name, struct style style, struct err *e)
{
    if (strcasecmp(name, "UTC") == 0 && style_is_plain(style)) {
        *out = &utc;
        return ST_OK;
    }
    (void)pthread_mutex_lock(&lock);
    struct tz *z = find_cached(name, style);
    int rc = z ? ST_OK : add(&z, name, style, e);
    if (rc == ST_OK) {
        list_remove(&z->by_use);
        list_append(&by_use, &z->by_use);
        *out = tz_ref(z);
    }
    (void)pthread_mutex_unlock(&lock);
    return rc;
}

int tz_find(const struct tz **out, const char *name, struct err *e)
{
    return find(out, name, (struct style){0}, e);
}

/* ";" and a digit each for dates, order and intervals. */
enum { STYLE_LENGTH = 4 };

static uint8_t digit_below(char c, uint8_t end)
{
    return c >= '0' && c < '0' + end ? (uint8_t)(c - '0') : 0;
}

int tz_find_styled(const struct tz **out, const char *name, struct err *e)
{
    const char *said = strchr(name, ';');
    char zone[TZ_NAME_MAX];
    if (!said || strlen(said) != STYLE_LENGTH)
        return tz_find(out, name, e);
    (void)str_copy((struct str){name, (size_t)(said - name)}, zone, sizeof zone);
    const struct style style = {digit_below(said[1], DATES_GERMAN + 1), digit_below(said[2], DATES_YMD + 1),
                                digit_below(said[3], INTERVALS_ISO_8601 + 1)};
    return find(out, zone, style, e);
}

void tz_styled_name(const char *zone, struct style style, char out[static TZ_NAME_MAX])
{
    const char said[] = {';', (char)('0' + style.dates), (char)('0' + style.order),
                         (char)('0' + style.intervals), '\0'};
    size_t n = str_copy(str_of(zone), out, TZ_NAME_MAX - STYLE_LENGTH);
    if (!style_is_plain(style))
        memcpy(out + n, said, sizeof said);
}

unsigned tz_cached(void)
{
    (void)pthread_mutex_lock(&lock);
    unsigned n = cached;
    (void)pthread_mutex_unlock(&lock);
    return n;
}
