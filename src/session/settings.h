/* The session's parameters: what SET, SHOW, RESET and start-up packets speak of. One table (settings.c) gives
 * names, defaults and checks; those that mean nothing here stand in setting_known.c. Values are text in
 * PostgreSQL's canonical spelling. Transactional: SET is undone by ROLLBACK, SET LOCAL by the end of the
 * transaction (settings_end_transaction). A parameter with a dot in its name that we do not know is the
 * user's own, as in PostgreSQL; at most SETTINGS_CUSTOM_MAX. One thread at a time. Source: PostgreSQL manual,
 * chapter 20 and SET. */
#ifndef TAVANA_SESSION_SETTINGS_H
#define TAVANA_SESSION_SETTINGS_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* symbol, name, default, flags, check, text */
#define SETTINGS_LIST(X)                                                                                     \
    X(APPLICATION_NAME, "application_name", "", SETTING_REPORT, check_any,                                   \
      "Name of the application, for logs")                                                                   \
    X(BYTEA_OUTPUT, "bytea_output", "hex", 0, check_bytea_output, "Text form of bytea: hex or escape")       \
    X(CLIENT_ENCODING, "client_encoding", "UTF8", SETTING_REPORT, check_encoding, "Encoding of the client")  \
    X(CLIENT_MIN_MESSAGES, "client_min_messages", "notice", 0, check_min_messages,                           \
      "Least level of notices sent")                                                                         \
    X(DATESTYLE, "DateStyle", "ISO, MDY", SETTING_REPORT, check_datestyle, "Text form of dates: ISO")        \
    X(DEFAULT_TX_DEFERRABLE, "default_transaction_deferrable", "off", 0, check_bool,                         \
      "Whether new transactions are deferrable, which means nothing here")                                   \
    X(DEFAULT_TX_ISOLATION, "default_transaction_isolation", "read committed", 0, check_isolation,           \
      "Isolation of new transactions")                                                                       \
    X(DEFAULT_TX_READ_ONLY, "default_transaction_read_only", "off", SETTING_REPORT, check_bool,              \
      "Whether new transactions only read")                                                                  \
    X(EXTRA_FLOAT_DIGITS, "extra_float_digits", "1", 0, check_float_digits,                                  \
      "Digits of floats; from 1 on: shortest")                                                               \
    X(IDLE_TX_TIMEOUT, "idle_in_transaction_session_timeout", "0", SETTING_MS, check_ms,                     \
      "Longest idle time in a transaction")                                                                  \
    X(IDLE_SESSION_TIMEOUT, "idle_session_timeout", "0", SETTING_MS, check_ms,                               \
      "Longest idle time of a session")                                                                      \
    X(IN_HOT_STANDBY, "in_hot_standby", "off", SETTING_REPORT | SETTING_INTERNAL, check_any, "Always off")   \
    X(INTEGER_DATETIMES, "integer_datetimes", "on", SETTING_REPORT | SETTING_INTERNAL, check_any,            \
      "Always on")                                                                                           \
    X(INTERVALSTYLE, "IntervalStyle", "postgres", SETTING_REPORT, check_intervalstyle,                       \
      "Text form of intervals")                                                                              \
    X(IS_SUPERUSER, "is_superuser", "off", SETTING_REPORT | SETTING_INTERNAL, check_any, "Always off")       \
    X(JIT, "jit", "off", 0, check_bool, "Taken, means nothing here")                                         \
    X(LC_COLLATE, "lc_collate", "C.UTF-8", SETTING_INTERNAL, check_any, "Collation")                         \
    X(LC_CTYPE, "lc_ctype", "C.UTF-8", SETTING_INTERNAL, check_any, "Character classes")                     \
    X(LOCK_TIMEOUT, "lock_timeout", "0", SETTING_MS, check_ms, "Taken: nothing here waits for locks")        \
    X(MAX_IDENTIFIER_LENGTH, "max_identifier_length", "63", SETTING_INTERNAL, check_any,                     \
      "Longest identifier")                                                                                  \
    X(MAX_INDEX_KEYS, "max_index_keys", "32", SETTING_INTERNAL, check_any, "Most columns of an index")       \
    X(SEARCH_PATH, "search_path", "\"$user\", public", 0, check_search_path,                                 \
      "Schemas that names are looked up in")                                                                 \
    X(SERVER_ENCODING, "server_encoding", "UTF8", SETTING_REPORT | SETTING_INTERNAL, check_any,              \
      "Always UTF8")                                                                                         \
    X(SERVER_VERSION, "server_version", "15.0 (Tavana)", SETTING_REPORT | SETTING_INTERNAL, check_any,       \
      "Version")                                                                                             \
    X(SERVER_VERSION_NUM, "server_version_num", "150000", SETTING_INTERNAL, check_any,                       \
      "Version as a number")                                                                                 \
    X(SESSION_AUTHORIZATION, "session_authorization", "", SETTING_REPORT | SETTING_INTERNAL, check_any,      \
      "User")                                                                                                \
    X(STD_STRINGS, "standard_conforming_strings", "on", SETTING_REPORT, check_on, "Always on")               \
    X(SYNCHRONOUS_COMMIT, "synchronous_commit", "on", 0, check_commit, "Taken: a commit is always on disk")  \
    X(STATEMENT_TIMEOUT, "statement_timeout", "0", SETTING_MS, check_ms, "Longest time of a statement")      \
    X(TAVANA_RESUME, "tavana.resume", "verified", 0, check_resume,                                           \
      "Whether results go on when their worker is lost")                                                     \
    X(TAVANA_SQL, "tavana.sql", "postgres", 0, check_sql,                                                    \
      "Whose meaning statements have: postgres or duckdb")                                                   \
    X(TIMEZONE, "TimeZone", "UTC", SETTING_REPORT, check_timezone, "Zone of timestamps with time zone")      \
    X(TX_DEFERRABLE, "transaction_deferrable", "off", SETTING_TX, check_bool,                                \
      "Whether the transaction is deferrable, which means nothing here")                                     \
    X(TX_ISOLATION, "transaction_isolation", "read committed", SETTING_TX, check_isolation, "Isolation")     \
    X(TX_READ_ONLY, "transaction_read_only", "off", SETTING_TX, check_bool,                                  \
      "Whether the transaction only reads")                                                                  \
    X(ARRAY_NULLS, "array_nulls", "on", 0, check_on, "Always on")                                            \
    X(BACKSLASH_QUOTE, "backslash_quote", "safe_encoding", 0, check_any, "Taken, means nothing here")        \
    X(CHECK_FUNCTION_BODIES, "check_function_bodies", "on", 0, check_bool, "Taken, means nothing here")      \
    X(DEFAULT_ACCESS_METHOD, "default_table_access_method", "heap", 0, check_heap, "Always heap")            \
    X(DEFAULT_TABLESPACE, "default_tablespace", "", 0, check_tablespace, "The default one")                  \
    X(DEFAULT_TOAST_COMPRESSION, "default_toast_compression", "pglz", 0, check_toast,                        \
      "Taken, means nothing here")                                                                           \
    X(DEFAULT_WITH_OIDS, "default_with_oids", "off", 0, check_off, "Always off")                             \
    X(ESCAPE_STRING_WARNING, "escape_string_warning", "on", 0, check_bool, "Taken, means nothing here")      \
    X(GEQO, "geqo", "on", 0, check_bool, "Taken, means nothing here")                                        \
    X(LC_MESSAGES, "lc_messages", "C.UTF-8", 0, check_any, "Messages are English")                           \
    X(LC_MONETARY, "lc_monetary", "C.UTF-8", 0, check_locale, "Always as in C")                              \
    X(LC_NUMERIC, "lc_numeric", "C.UTF-8", 0, check_locale, "Always as in C")                                \
    X(LC_TIME, "lc_time", "C.UTF-8", 0, check_locale, "Always as in C")                                      \
    X(MAINTENANCE_WORK_MEM, "maintenance_work_mem", "64MB", 0, check_any, "Taken, means nothing here")       \
    X(PARALLEL_WORKERS, "max_parallel_workers_per_gather", "2", 0, check_any, "Taken, means nothing here")   \
    X(PASSWORD_ENCRYPTION, "password_encryption", "scram-sha-256", 0, check_password_encryption,             \
      "Taken, means nothing here")                                                                           \
    X(PLAN_CACHE_MODE, "plan_cache_mode", "auto", 0, check_plan_cache_mode, "Taken, means nothing here")     \
    X(QUOTE_ALL_IDENTIFIERS, "quote_all_identifiers", "off", 0, check_off, "Always off")                     \
    X(ROW_SECURITY, "row_security", "on", 0, check_bool, "Taken: there are no policies")                     \
    X(REPLICATION_ROLE, "session_replication_role", "origin", 0, check_origin, "Always origin")              \
    X(SYNCHRONIZE_SEQSCANS, "synchronize_seqscans", "on", 0, check_bool, "Taken, means nothing here")        \
    X(TEMP_TABLESPACES, "temp_tablespaces", "", 0, check_tablespace, "The default one")                      \
    X(TRANSFORM_NULL_EQUALS, "transform_null_equals", "off", 0, check_off, "Always off")                     \
    X(WORK_MEM, "work_mem", "4MB", 0, check_any, "Taken, means nothing here")                                \
    X(XMLBINARY, "xmlbinary", "base64", 0, check_xmlbinary, "Taken, means nothing here")                     \
    X(XMLOPTION, "xmloption", "content", 0, check_xmloption, "Taken, means nothing here")

enum {
    SETTING_REPORT = 1,   /* changes are told to the client (ParameterStatus) */
    SETTING_INTERNAL = 2, /* cannot be set: 55P02 */
    SETTING_MS = 4,       /* milliseconds, with PostgreSQL's units */
    SETTING_TX = 8, /* of the transaction; without a value of its own it is what the default_… one says */
};

enum setting {
#define X(symbol, name, value, flags, check, text) SET_##symbol,
    SETTINGS_LIST(X)
#undef X
        SETTINGS_COUNT
};

enum {
    SETTINGS_CUSTOM_MAX = 64,
    SETTING_VALUE_MAX = 4096,
    SETTING_NAME_MAX = 128,
    SETTING_UNDO_COST = 2 * SETTING_VALUE_MAX + 64, /* bytes that a record is counted as */
};

struct account;

struct setting_slot {
    char *value; /* NULL: the default */
    char *start; /* what RESET returns to, from the start-up packet; NULL: the table's */
    char *told;  /* what the client was last told of it; NULL: the table's */
    size_t undo; /* 1 + the place of its newest undo record; 0: none */
};

struct setting_undo {
    size_t index;
    size_t below;               /* as setting_slot.undo, of the next older one */
    char *at_begin, *at_commit; /* NULL: default */
};

/* One of setting_known.h that has been set. */
struct setting_set {
    size_t index;
    struct setting_slot slot;
};

struct setting_custom {
    char *name;
    struct setting_slot slot;
};

struct settings {
    struct setting_slot slots[SETTINGS_COUNT];
    struct setting_custom *custom;
    size_t ncustom;
    struct setting_set *set; /* grows to how many there are in setting_known.h */
    size_t nset;
    struct setting_undo *undo;
    size_t nundo;
    size_t mark;            /* records from here on are newer than the last savepoint */
    struct account *memory; /* that the records count against; NULL: none */
    uint64_t changed;       /* bit i: setting i may have another value than at settings_take_changed */
    uint64_t reported;      /* bit i: the client may have been told something else */
};

/* memory: that undo records count against (53200); NULL: none. Outlives s. */
void settings_init(struct settings *s, struct account *memory);
/* Gives all values and undo records back. */
void settings_release(struct settings *s);

/* Any case; -1 when there is none (a custom one that was never set included). */
int settings_find(const struct settings *s, const char *name);
/* The value as it counts now. Lent until it is changed. */
const char *settings_get(const struct settings *s, size_t index);
/* What RESET returns to. The same. */
const char *settings_reset_value(const struct settings *s, size_t index);
/* What it is in a server that nobody has told anything; static. */
const char *settings_boot_value(size_t index);
/* A value of it as pg_settings has it: a number without its unit. */
void settings_counted(const struct settings *s, size_t index, const char *value,
                      char out[static SETTING_VALUE_MAX]);
/* As it is shown: of the table, or of a custom one. Lent. */
const char *settings_name(const struct settings *s, size_t index);
/* What it is for, in a line; static. */
const char *settings_text(size_t index);
/* How many there are: the table's, those of setting_known.h, custom ones. */
size_t settings_count(const struct settings *s);
/* Bits of the table's line: what may be set where, and how it is read. */
unsigned settings_flags(size_t index);

/* The value as it would be kept; fails as settings_set does. */
int settings_check(size_t index, const char *value, char out[static SETTING_VALUE_MAX], struct err *e);
/* value NULL: back to the default. in_transaction: can be undone. 42704 unknown, 22023 bad value, 55P02
 * internal, 0A000 known to PostgreSQL and not done here. */
int settings_set(struct settings *s, const char *name, const char *value, bool local, bool in_transaction,
                 struct err *e);
/* What a start-up packet or the server's configuration says: RESET returns to it. */
int settings_start(struct settings *s, const char *name, const char *value, struct err *e);
/* Without the checks of INTERNAL; for the session itself. */
int settings_force(struct settings *s, enum setting index, const char *value, struct err *e);
/* RESET ALL, DISCARD ALL. */
int settings_reset_all(struct settings *s, bool in_transaction, struct err *e);
/* Keeps what SET did, or undoes it; what SET LOCAL did ends either way. */
void settings_end_transaction(struct settings *s, bool committed);
/* SAVEPOINT: what is changed from now on can be undone by itself. The mark. */
size_t settings_mark(struct settings *s);
/* Undoes what was changed after the mark, which stays. */
void settings_undo_from(struct settings *s, size_t mark);
/* RELEASE: what was changed after the mark counts as changed after the one before it (0: since BEGIN), which
 * becomes the newest. */
void settings_merge_from(struct settings *s, size_t mark, size_t before);
/* Bits of the settings that changed since the last call. */
uint64_t settings_take_changed(struct settings *s);
/* Those of which the client has to be told: their values are not the ones that this gave it last. */
uint64_t settings_take_reports(struct settings *s);

/* "1500", "1.5s", "2 min" in microseconds; 0: none. Only of SETTING_MS ones, whose values were checked. */
int64_t settings_duration_us(const struct settings *s, enum setting index);
/* Of a boolean one, whose value was checked. */
bool settings_bool(const struct settings *s, enum setting index);
/* on, true, yes, 1 … and their opposites, as PostgreSQL reads a boolean; 22P02. */
int settings_parse_bool(const char *text, bool *out, struct err *e);
/* Of one that is a number, whose value was checked. */
int64_t settings_int(const struct settings *s, enum setting index);

#endif
