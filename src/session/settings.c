/* A value is kept as the text that its check has made of what was written; booleans, numbers and durations
 * are parsed from that again whenever somebody asks. The first change of a setting in a transaction, or after
 * a savepoint, makes an undo record: what ROLLBACK returns to and what COMMIT keeps, which SET LOCAL makes
 * different. Records of one setting are chained from the newest down (setting_undo.below), and the slot knows
 * the newest. Two sets of bits gather what the backend and the client have still to be told. */
#include "session/settings.h"

#include "base/account.h"
#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/encoding.h"
#include "base/str.h"
#include "pgtype/tz.h"
#include "session/setting_bool.h"
#include "session/setting_dates.h"
#include "session/setting_known.h"
#include "session/setting_zone.h"
#include "sql/catalog.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static_assert(SETTINGS_COUNT <= 64, "the sets of changed settings are 64 bits wide");

/* A check turns what a user wrote into the canonical spelling, in out. */
typedef int (*check_fn)(const char *name, const char *in, char out[static SETTING_VALUE_MAX], struct err *e);

static int bad_value(const char *name, const char *value, struct err *e)
{
    return err_set(e, SQLSTATE_INVALID_PARAMETER_VALUE, "invalid value for parameter \"%s\": \"%s\"", name,
                   value);
}

static int unsupported(const char *name, const char *value, struct err *e)
{
    return err_set(e, SQLSTATE_FEATURE_NOT_SUPPORTED,
                   "parameter \"%s\" cannot be set to \"%s\" on this server", name, value);
}

static int copy_value(const char *name, const char *in, char *out, struct err *e)
{
    size_t n = strlen(in);
    if (n >= SETTING_VALUE_MAX)
        return err_set(e, SQLSTATE_PROGRAM_LIMIT_EXCEEDED, "value for parameter \"%s\" is too long", name);
    memcpy(out, in, n + 1);
    return ST_OK;
}

static int check_any(const char *name, const char *in, char *out, struct err *e)
{
    return copy_value(name, in, out, e);
}

/* Which of the schemas exist the engine says; the database of our own views is nobody's (statement.c). */
static int check_search_path(const char *name, const char *in, char *out, struct err *e)
{
    if (strcasestr(in, SQL_CATALOG_DATABASE))
        return err_set(e, SQLSTATE_INSUFFICIENT_PRIVILEGE, "permission denied for database %s",
                       SQL_CATALOG_DATABASE);
    return copy_value(name, in, out, e);
}

static int check_bool(const char *name, const char *in, char *out, struct err *e)
{
    int v = setting_bool(in);
    if (v < 0)
        return err_set(e, SQLSTATE_INVALID_PARAMETER_VALUE, "parameter \"%s\" requires a Boolean value",
                       name);
    return copy_value(name, v ? "on" : "off", out, e);
}

static int check_on(const char *name, const char *in, char *out, struct err *e)
{
    TRY(check_bool(name, in, out, e));
    return strcmp(out, "on") == 0 ? ST_OK : unsupported(name, in, e);
}

/* One of a list of words in any case. */
static int check_word(const char *name, const char *in, const char *const *words, char *out, struct err *e)
{
    for (; *words; words++)
        if (cstr_ieq(in, *words))
            return copy_value(name, *words, out, e);
    return bad_value(name, in, e);
}

static int check_off(const char *name, const char *in, char *out, struct err *e)
{
    TRY(check_bool(name, in, out, e));
    return strcmp(out, "off") == 0 ? ST_OK : unsupported(name, in, e);
}

/* A list of words that are taken, in the order of names. */
#define CHECK_WORDS(check, ...)                                                                              \
    static int check(const char *name, const char *in, char *out, struct err *e)                             \
    {                                                                                                        \
        static const char *const words[] = {__VA_ARGS__, NULL};                                              \
        return check_word(name, in, words, out, e);                                                          \
    }

CHECK_WORDS(check_resume, "verified", "off")
CHECK_WORDS(check_sql, "postgres", "duckdb")
CHECK_WORDS(check_bytea_output, "hex", "escape")
CHECK_WORDS(check_min_messages, "debug5", "debug4", "debug3", "debug2", "debug1", "debug", "log", "notice",
            "warning", "error", "info")
CHECK_WORDS(check_isolation, "read committed", "repeatable read", "read uncommitted", "serializable")
CHECK_WORDS(check_locale, "C.UTF-8", "C", "POSIX", "C.utf8", "en_US.UTF-8",
            "en_US.utf8") /* whose numbers are C's */
CHECK_WORDS(check_commit, "on", "off", "local", "remote_write", "remote_apply")
CHECK_WORDS(check_heap, "heap")
CHECK_WORDS(check_origin, "origin", "local") /* foreign keys are not to be switched off */
CHECK_WORDS(check_password_encryption, "scram-sha-256", "md5")
CHECK_WORDS(check_plan_cache_mode, "auto", "force_generic_plan", "force_custom_plan")
CHECK_WORDS(check_tablespace, "", "pg_default")
CHECK_WORDS(check_toast, "pglz", "lz4")
CHECK_WORDS(check_xmlbinary, "base64", "hex")
CHECK_WORDS(check_xmloption, "content", "document")

static int check_encoding(const char *name, const char *in, char *out, struct err *e)
{
    const struct encoding *enc = encoding_find(in);
    if (!enc)
        return bad_value(name, in, e);
    if (encoding_is_known(enc))
        return copy_value(name, encoding_name(enc), out, e);
    (void)err_set(e, SQLSTATE_FEATURE_NOT_SUPPORTED, "invalid value for parameter \"%s\": \"%s\"", name, in);
    err_detail(e, "Conversion between %s and UTF8 is not supported.", encoding_name(enc));
    return ST_ERR;
}

static int check_datestyle(const char *name, const char *in, char *out, struct err *e)
{
    return setting_datestyle(name, in, out, SETTING_VALUE_MAX, e);
}

static int check_intervalstyle(const char *name, const char *in, char *out, struct err *e)
{
    static const char *const words[] = {"postgres", "postgres_verbose", "sql_standard", "iso_8601", NULL};
    int st = check_word(name, in, words, out, e);
    if (st < 0)
        err_hint(e, "Available values: postgres, postgres_verbose, sql_standard, iso_8601.");
    return st;
}

static int check_float_digits(const char *name, const char *in, char *out, struct err *e)
{
    int64_t v;
    if (!str_to_i64(str_of(in), INT32_MIN, INT32_MAX, &v))
        return bad_value(name, in, e);
    if (v < -15 || v > 3)
        return err_set(e, SQLSTATE_INVALID_PARAMETER_VALUE,
                       "%d is outside the valid range for parameter \"%s\" (-15 .. 3)", (int)v, name);
    (void)snprintf(out, SETTING_VALUE_MAX, "%d", (int)v);
    return ST_OK;
}

static int check_timezone(const char *name, const char *in, char *out, struct err *e)
{
    CLEANUP(tz_unrefp) const struct tz *zone = NULL;
    TRY(setting_zone(in, &zone, e));
    return copy_value(name, tz_name(zone), out, e);
}

/* Number and unit to milliseconds; -1 when it is none. */
static int64_t parse_ms(const char *in)
{
    static const struct {
        const char *name;
        double ms;
    } units[] = {{"", 1},        {"us", 0.001},  {"ms", 1},      {"s", 1000},
                 {"min", 60000}, {"h", 3600000}, {"d", 86400000}};
    char *end;
    double v = strtod(in, &end);
    if (end == in || !(v >= 0))
        return -1;
    while (*end == ' ')
        end++;
    size_t n = strlen(end);
    while (n > 0 && end[n - 1] == ' ')
        n--;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (strlen(units[i].name) == n && strncmp(units[i].name, end, n) == 0) {
            double ms = v * units[i].ms;
            return ms > INT32_MAX ? -1 : (int64_t)(ms + 0.5);
        }
    return -1;
}

static int check_ms(const char *name, const char *in, char *out, struct err *e)
{
    int64_t ms = parse_ms(in);
    if (ms < 0) {
        (void)bad_value(name, in, e);
        err_hint(e, "Valid units for this parameter are \"us\", \"ms\", \"s\", \"min\", \"h\", and \"d\".");
        return ST_ERR;
    }
    static const struct {
        const char *unit;
        int64_t ms;
    } units[] = {{"d", 86400000}, {"h", 3600000}, {"min", 60000}, {"s", 1000}, {"ms", 1}};
    if (ms == 0) /* zero has no unit */
        return copy_value(name, "0", out, e);
    size_t i = 0;
    while (ms % units[i].ms)
        i++;
    (void)snprintf(out, SETTING_VALUE_MAX, "%lld%s", (long long)(ms / units[i].ms), units[i].unit);
    return ST_OK;
}

static const struct {
    const char *name, *value;
    unsigned flags;
    check_fn check;
    const char *text;
} table[] = {
#define X(symbol, name, value, flags, check, text) {name, value, flags, check, text},
    SETTINGS_LIST(X)
#undef X
};

void settings_init(struct settings *s, struct account *memory)
{
    *s = (struct settings){.memory = memory};
}

static void slot_release(struct setting_slot *slot)
{
    mem_free(slot->value);
    mem_free(slot->start);
    mem_free(slot->told);
}

void settings_release(struct settings *s)
{
    settings_end_transaction(s, true);
    for (size_t i = 0; i < SETTINGS_COUNT; i++)
        slot_release(&s->slots[i]);
    for (size_t i = 0; i < s->ncustom; i++) {
        mem_free(s->custom[i].name);
        slot_release(&s->custom[i].slot);
    }
    mem_free(s->custom);
    for (size_t i = 0; i < s->nset; i++)
        slot_release(&s->set[i].slot);
    mem_free(s->set);
    settings_init(s, s->memory);
}

/* Behind the table's own come those of setting_known.h, then the client's. */
static size_t custom_from(void)
{
    return SETTINGS_COUNT + setting_known_count();
}

static bool is_known(size_t index)
{
    return index >= SETTINGS_COUNT && index < custom_from();
}

size_t settings_count(const struct settings *s)
{
    return custom_from() + s->ncustom;
}

/* Of one of setting_known.h that has never been set there is none: NULL. */
static struct setting_slot *find_slot(const struct settings *s, size_t index)
{
    struct settings *own = (struct settings *)(uintptr_t)s;
    assert(index < settings_count(s));
    if (index < SETTINGS_COUNT)
        return &own->slots[index];
    if (!is_known(index))
        return &own->custom[index - custom_from()].slot;
    for (size_t i = 0; i < s->nset; i++)
        if (s->set[i].index == index)
            return &own->set[i].slot;
    return NULL;
}

static struct setting_slot *slot_of(struct settings *s, size_t index)
{
    struct setting_slot *slot = find_slot(s, index);
    assert(slot); /* whoever changes it has made it */
    return slot;
}

/* Sees to it that there is a slot. */
static int make_slot(struct settings *s, size_t index, struct err *e)
{
    if (find_slot(s, index))
        return ST_OK;
    struct setting_set *set = mem_realloc(s->set, (s->nset + 1) * sizeof *set);
    if (!set)
        return err_oom(e);
    s->set = set;
    set[s->nset++] = (struct setting_set){.index = index};
    return ST_OK;
}

int settings_find(const struct settings *s, const char *name)
{
    for (size_t i = 0; i < settings_count(s); i++)
        if (cstr_ieq(settings_name(s, i), name))
            return (int)i;
    return -1;
}

const char *settings_name(const struct settings *s, size_t index)
{
    assert(index < settings_count(s));
    if (is_known(index))
        return setting_known_name(index - SETTINGS_COUNT);
    return index < SETTINGS_COUNT ? table[index].name : s->custom[index - custom_from()].name;
}

const char *settings_text(size_t index)
{
    return index < SETTINGS_COUNT ? table[index].text
           : is_known(index)      ? "Taken, means nothing here"
                                  : "A parameter of the client's own";
}

unsigned settings_flags(size_t index)
{
    return index < SETTINGS_COUNT ? table[index].flags : 0;
}

/* What a transaction begins with. */
static enum setting default_of(size_t of_transaction)
{
    switch (of_transaction) {
    case SET_TX_ISOLATION: return SET_DEFAULT_TX_ISOLATION;
    case SET_TX_DEFERRABLE: return SET_DEFAULT_TX_DEFERRABLE;
    default: return SET_DEFAULT_TX_READ_ONLY;
    }
}

const char *settings_get(const struct settings *s, size_t index)
{
    const struct setting_slot *slot = find_slot(s, index);
    return slot && slot->value ? slot->value : settings_reset_value(s, index);
}

const char *settings_boot_value(size_t index)
{
    return is_known(index)          ? setting_known_default(index - SETTINGS_COUNT)
           : index < SETTINGS_COUNT ? table[index].value
                                    : "";
}

const char *settings_reset_value(const struct settings *s, size_t index)
{
    const struct setting_slot *slot = find_slot(s, index);
    if (settings_flags(index) & SETTING_TX)
        return settings_get(s, default_of(index));
    return slot && slot->start ? slot->start : settings_boot_value(index);
}

static void mark_changed(struct settings *s, size_t index)
{
    if (index >= SETTINGS_COUNT)
        return;
    s->changed |= (uint64_t)1 << index;
    if (table[index].flags & SETTING_REPORT)
        s->reported |= (uint64_t)1 << index;
}

static struct setting_undo *undo_push(struct settings *s, struct err *e)
{
    struct setting_undo *undo = account_take(s->memory, SETTING_UNDO_COST)
                                    ? mem_realloc(s->undo, (s->nundo + 1) * sizeof *undo)
                                    : NULL;
    if (!undo) {
        (void)err_oom(e);
        return NULL;
    }
    s->undo = undo;
    undo[s->nundo] = (struct setting_undo){0};
    return &undo[s->nundo];
}

static void undo_free(struct settings *s, struct setting_undo *u)
{
    mem_free(u->at_begin);
    mem_free(u->at_commit);
    account_give(s->memory, SETTING_UNDO_COST);
}

/* The undo record of a setting, made at its first change in a transaction or after a savepoint. */
static struct setting_undo *undo_of(struct settings *s, size_t index, struct err *e)
{
    struct setting_slot *slot = slot_of(s, index);
    assert(slot->undo <= s->nundo && s->mark <= s->nundo);
    if (slot->undo > s->mark)
        return &s->undo[slot->undo - 1];
    struct setting_undo *u = undo_push(s, e);
    if (!u)
        return NULL;
    u->index = index;
    u->below = slot->undo;
    const char *at_commit =
        u->below ? s->undo[u->below - 1].at_commit : slot->value; /* SET LOCAL came before */
    if ((slot->value && !(u->at_begin = mem_strdup(slot->value))) ||
        (at_commit && !(u->at_commit = mem_strdup(at_commit)))) {
        undo_free(s, u);
        (void)err_oom(e);
        return NULL;
    }
    slot->undo = ++s->nundo;
    return u;
}

static int store(struct settings *s, size_t index, const char *value, bool local, bool in_transaction,
                 struct err *e)
{
    if (local && !in_transaction)
        return ST_OK; /* its end is now; the session has warned */
    TRY(make_slot(s, index, e));
    struct setting_undo *u = NULL;
    if (in_transaction && !(u = undo_of(s, index, e)))
        return ST_ERR;
    char *copy = NULL, *at_commit = NULL;
    if (value && !(copy = mem_strdup(value)))
        return err_oom(e);
    if (u && !local) {
        if (value && !(at_commit = mem_strdup(value))) {
            mem_free(copy);
            return err_oom(e);
        }
        mem_free(u->at_commit);
        u->at_commit = at_commit;
    }
    struct setting_slot *slot = slot_of(s, index);
    mem_free(slot->value);
    slot->value = copy;
    mark_changed(s, index);
    return ST_OK;
}

static int custom_new(struct settings *s, const char *name, size_t *index, struct err *e)
{
    if (s->ncustom == SETTINGS_CUSTOM_MAX || strlen(name) >= SETTING_NAME_MAX)
        return err_set(e, SQLSTATE_PROGRAM_LIMIT_EXCEEDED,
                       "too many or too long parameters of the client's own (%d of %d bytes)",
                       SETTINGS_CUSTOM_MAX, SETTING_NAME_MAX);
    struct setting_custom *custom = mem_realloc(s->custom, (s->ncustom + 1) * sizeof *custom);
    if (!custom)
        return err_oom(e);
    s->custom = custom;
    custom[s->ncustom] = (struct setting_custom){.name = mem_strdup(name)};
    if (!custom[s->ncustom].name)
        return err_oom(e);
    *index = custom_from() + s->ncustom++;
    return ST_OK;
}

static int find_or_make(struct settings *s, const char *name, size_t *index, struct err *e)
{
    int found = settings_find(s, name);
    if (found >= 0) {
        *index = (size_t)found;
        return ST_OK;
    }
    if (strchr(name, '.'))
        return custom_new(s, name, index, e);
    return err_set(e, SQLSTATE_UNDEFINED_OBJECT, "unrecognized configuration parameter \"%s\"", name);
}

static int canonical(const struct settings *s, size_t index, const char *value,
                     char out[static SETTING_VALUE_MAX], struct err *e)
{
    if (is_known(index))
        return setting_known_check(index - SETTINGS_COUNT, value, out, SETTING_VALUE_MAX, e);
    check_fn check = index < SETTINGS_COUNT ? table[index].check : check_any;
    TRY(check(settings_name(s, index), value, out, e));
    if (index == SET_DATESTYLE)
        setting_datestyle_complete(out, SETTING_VALUE_MAX, settings_get(s, index));
    return ST_OK;
}

int settings_check(size_t index, const char *value, char out[static SETTING_VALUE_MAX], struct err *e)
{
    assert(index < custom_from());
    if (is_known(index))
        return setting_known_check(index - SETTINGS_COUNT, value, out, SETTING_VALUE_MAX, e);
    return table[index].check(table[index].name, value, out, e);
}

int settings_set(struct settings *s, const char *name, const char *value, bool local, bool in_transaction,
                 struct err *e)
{
    size_t index;
    TRY(find_or_make(s, name, &index, e));
    if (settings_flags(index) & SETTING_INTERNAL)
        return err_set(e, SQLSTATE_CANT_CHANGE_RUNTIME_PARAM, "parameter \"%s\" cannot be changed",
                       settings_name(s, index));
    char text[SETTING_VALUE_MAX];
    if (value)
        TRY(canonical(s, index, value, text, e));
    return store(s, index, value ? text : NULL, local, in_transaction, e);
}

int settings_start(struct settings *s, const char *name, const char *value, struct err *e)
{
    size_t index;
    TRY(find_or_make(s, name, &index, e));
    if (settings_flags(index) & SETTING_INTERNAL)
        return err_set(e, SQLSTATE_CANT_CHANGE_RUNTIME_PARAM, "parameter \"%s\" cannot be changed",
                       settings_name(s, index));
    char text[SETTING_VALUE_MAX];
    TRY(canonical(s, index, value, text, e));
    char *copy = mem_strdup(text);
    if (!copy)
        return err_oom(e);
    if (make_slot(s, index, e) < 0) {
        mem_free(copy);
        return ST_ERR;
    }
    struct setting_slot *slot = slot_of(s, index);
    mem_free(slot->start);
    slot->start = copy;
    mark_changed(s, index);
    return ST_OK;
}

int settings_force(struct settings *s, enum setting index, const char *value, struct err *e)
{
    char *copy = mem_strdup(value);
    if (!copy)
        return err_oom(e);
    mem_free(s->slots[index].value);
    s->slots[index].value = copy;
    mark_changed(s, index);
    return ST_OK;
}

int settings_reset_all(struct settings *s, bool in_transaction, struct err *e)
{
    for (size_t i = 0; i < settings_count(s); i++)
        if (!(settings_flags(i) & (SETTING_INTERNAL | SETTING_TX)) && find_slot(s, i) &&
            find_slot(s, i)->value)
            TRY(store(s, i, NULL, false, in_transaction, e));
    return ST_OK;
}

/* A setting may have several records: the oldest says what was, the newest what shall be. */
static void end_undo(struct settings *s, size_t from, bool committed)
{
    size_t n = s->nundo - from;
    for (size_t i = 0; i < n; i++) {
        struct setting_undo *u = &s->undo[from + (committed ? i : n - 1 - i)];
        char **keep = committed ? &u->at_commit : &u->at_begin;
        struct setting_slot *slot = slot_of(s, u->index);
        bool same = slot->value && *keep ? strcmp(slot->value, *keep) == 0 : slot->value == *keep;
        if (!same)
            mark_changed(s, u->index);
        mem_free(slot->value);
        slot->value = *keep;
        *keep = NULL;
        slot->undo = committed ? 0 : u->below;
        undo_free(s, u);
    }
    s->nundo = s->mark = from;
}

size_t settings_mark(struct settings *s)
{
    return s->mark = s->nundo;
}

void settings_undo_from(struct settings *s, size_t mark)
{
    assert(mark <= s->nundo);
    end_undo(s, mark, false);
}

/* A setting that was changed before the released savepoint, too, keeps what it was then and takes what it
 * shall be; of another one the record moves down. */
void settings_merge_from(struct settings *s, size_t mark, size_t before)
{
    size_t n = s->nundo;
    assert(before <= mark && mark <= n);
    for (size_t i = n; i > mark; i--)
        slot_of(s, s->undo[i - 1].index)->undo = s->undo[i - 1].below;
    s->nundo = mark;
    for (size_t i = mark; i < n; i++) {
        struct setting_undo *u = &s->undo[i];
        struct setting_slot *slot = slot_of(s, u->index);
        u->below = slot->undo;
        if (slot->undo > before) {
            char **shall_be = &s->undo[slot->undo - 1].at_commit;
            mem_free(*shall_be);
            *shall_be = TAKE_PTR(u->at_commit);
            undo_free(s, u);
        } else {
            s->undo[s->nundo] = *u;
            slot->undo = ++s->nundo;
        }
    }
    s->mark = before;
}

void settings_end_transaction(struct settings *s, bool committed)
{
    end_undo(s, 0, committed);
    mem_free(s->undo);
    s->undo = NULL;
}

void settings_counted(const struct settings *s, size_t index, const char *value,
                      char out[static SETTING_VALUE_MAX])
{
    if (is_known(index))
        setting_known_counted(index - SETTINGS_COUNT, value, out, SETTING_VALUE_MAX);
    else if (settings_flags(index) & SETTING_MS && strcmp(value, settings_get(s, index)) == 0)
        (void)snprintf(out, SETTING_VALUE_MAX, "%lld",
                       (long long)(settings_duration_us(s, (enum setting)index) / 1000));
    else
        (void)snprintf(out, SETTING_VALUE_MAX, "%s", value);
}

uint64_t settings_take_changed(struct settings *s)
{
    uint64_t changed = s->changed;
    s->changed = 0;
    return changed;
}

/* Whether the client has to be told of a setting's value. What it is told is kept; without memory for that it
 * is told later. */
static bool take_report(struct settings *s, size_t index)
{
    struct setting_slot *slot = &s->slots[index];
    const char *now = settings_get(s, index);
    bool due = strcmp(now, slot->told ? slot->told : table[index].value) != 0;
    char *told = due ? mem_strdup(now) : NULL;
    if (due && !told)
        return false;
    if (due) {
        mem_free(slot->told);
        slot->told = told;
    }
    s->reported &= ~((uint64_t)1 << index);
    return due;
}

uint64_t settings_take_reports(struct settings *s)
{
    uint64_t due = 0;
    for (size_t i = 0; s->reported && i < SETTINGS_COUNT; i++)
        if (s->reported >> i & 1 && take_report(s, i))
            due |= (uint64_t)1 << i;
    return due;
}

int64_t settings_duration_us(const struct settings *s, enum setting index)
{
    const char *text = settings_get(s, index);
    assert(settings_flags(index) & SETTING_MS);
    if (strcmp(text, "0") == 0) /* asked for with each message */
        return 0;
    int64_t ms = parse_ms(text);
    return ms < 0 ? 0 : ms * 1000;
}

int settings_parse_bool(const char *text, bool *out, struct err *e)
{
    int v = setting_bool(text);
    if (v < 0)
        return err_set(e, SQLSTATE_INVALID_TEXT_REPRESENTATION,
                       "invalid input syntax for type boolean: \"%.100s\"", text);
    *out = v == 1;
    return ST_OK;
}

bool settings_bool(const struct settings *s, enum setting index)
{
    return strcmp(settings_get(s, index), "on") == 0; /* check_bool has seen to the spelling */
}

int64_t settings_int(const struct settings *s, enum setting index)
{
    int64_t v = 0;
    (void)str_to_i64(str_of(settings_get(s, index)), INT64_MIN, INT64_MAX, &v);
    return v;
}
