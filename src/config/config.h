/* What the server is told: the options of config/options.h as fields of a plain struct.
 * Precedence: flag, environment variable, file, default. Whatever is not known, badly written or out of
 * bounds is an error that names the option and where it was given; nothing is ignored. Reads the
 * environment and one file; does not look at files that options name. One thread. */
#ifndef TAVANA_CONFIG_CONFIG_H
#define TAVANA_CONFIG_CONFIG_H

#include "base/arena.h"
#include "base/err.h"
#include "config/options.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    CONFIG_FILE_BYTES_MAX = 1024 * 1024,
    CONFIG_LIST_MAX = 64,                /* items of a LIST */
    CONFIG_VALUE_MAX = 64 * 1024,        /* bytes of one value */
    CONFIG_MEMORY_MAX = 8 * 1024 * 1024, /* of one struct config */
};

struct config_choice {
    int value;        /* index into the words of the option's unit: enum config_tls … */
    const char *text; /* the word */
};

struct config_list {
    size_t n;
    const char **items;
};

/* In the order of their words in options.h; log_level.value is an enum log_level of base/log.h. */
enum config_trust { CONFIG_TRUST_AUTO, CONFIG_TRUST_OFF };
enum config_sql { CONFIG_SQL_POSTGRES, CONFIG_SQL_DUCKDB };
enum config_tls { CONFIG_TLS_OFF, CONFIG_TLS_ON, CONFIG_TLS_REQUIRED };

/* What the program is: some options are of one role alone, and `listen` has another port in a worker. */
enum config_role { CONFIG_ROLE_SERVE, CONFIG_ROLE_GATEWAY, CONFIG_ROLE_WORKER };

enum config_source { CONFIG_DEFAULT, CONFIG_FILE, CONFIG_ENVIRONMENT, CONFIG_FLAG };

enum {
#define X(type, name, ...) CONFIG_##name,
    CONFIG_OPTIONS(X)
#undef X
        CONFIG_COUNT
};

#define CONFIG_FIELD_BOOL(name)     bool name;
#define CONFIG_FIELD_INT(name)      int64_t name;
#define CONFIG_FIELD_SIZE(name)     int64_t name;
#define CONFIG_FIELD_DURATION(name) int64_t name##_ms;
#define CONFIG_FIELD_TEXT(name)     const char *name;
#define CONFIG_FIELD_PATH(name)     const char *name;
#define CONFIG_FIELD_CHOICE(name)   struct config_choice name;
#define CONFIG_FIELD_LIST(name)     struct config_list name;

/* All strings lie in the arena. `listen` has a port in every item; `http` is HOST:PORT or NULL for off. */
struct config {
#define X(type, name, ...) CONFIG_FIELD_##type(name)
    CONFIG_OPTIONS(X)
#undef X
    enum config_source source[CONFIG_COUNT];
    /* After config_reload: options that changed but need a restart; the old value stays. */
    struct config_list needs_restart;
    /* Variables called TAVANA_… that name no option, for a warning: most likely a slip. Not an error, since
     * container platforms make such variables too. */
    struct config_list unknown_variables;
    struct arena arena;
    enum config_role role;
    int argc; /* lent, for config_reload */
    char **argv;
};

/* argv: what follows the subcommand, [DATABASE] [--set OPTION=VALUE] [--OPTION VALUE | --OPTION=VALUE]…;
 * - and _ are alike in a flag's name; repeated, a LIST grows and anything else takes the last. argv must
 * outlive c. On ST_ERR (22023 a value, 42704 a name, F0000 or 58P01 … the file) c is released. */
int config_load(struct config *c, enum config_role role, int argc, char **argv, struct err *e);
/* NULL and a zeroed struct are fine. */
void config_release(struct config *c);
/* The file once more (flags and environment as before), into next. On ST_ERR next is released; old is never
 * touched. */
int config_reload(const struct config *old, struct config *next, struct err *e);

/* An option as text, for SHOW and `tavana options`. Static memory or c's. */
struct config_row {
    const char *name, *type, *env, *unit, *text;
    const char *value;         /* 64kB, 5min, on; "" when empty; lent for the call */
    const char *default_value; /* in the same form */
    const char *bounds;        /* "1 … 65535", "off|on|required"; "" without; lent for the call */
    enum config_source source;
    const char *roles; /* "all", or those that it is for */
    bool reloadable;
};

/* In the table's order. c NULL: value is the default. cb returns a status, negative ends the walk and is
 * returned. */
int config_each(const struct config *c, int (*cb)(void *arg, const struct config_row *row), void *arg);
/* "flag", "environment", "file", "default" */
const char *config_source_name(enum config_source s);

#endif
