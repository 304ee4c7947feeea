/* The table as data, and one value of it: text to field and back. This directory only. */
#ifndef TAVANA_CONFIG_CONFIG_PRIV_H
#define TAVANA_CONFIG_CONFIG_PRIV_H

#include "base/buf.h"
#include "base/str.h"
#include "config/config.h"

enum option_type {
    TYPE_BOOL,
    TYPE_INT,
    TYPE_SIZE,
    TYPE_DURATION,
    TYPE_TEXT,
    TYPE_PATH,
    TYPE_CHOICE,
    TYPE_LIST
};
/* Bits of 1 << enum config_role. */
enum option_roles {
    ROLES_GATEWAY = 1 << CONFIG_ROLE_GATEWAY,
    ROLES_WORKER = 1 << CONFIG_ROLE_WORKER,
    ROLES_FRONT = 1 << CONFIG_ROLE_SERVE | ROLES_GATEWAY,
    ROLES_ENGINE = 1 << CONFIG_ROLE_SERVE | ROLES_WORKER,
    ROLES_RPC = ROLES_GATEWAY | ROLES_WORKER,
    ROLES_ALL = ROLES_FRONT | ROLES_WORKER
};
enum option_scope { SCOPE_RELOAD, SCOPE_START, SCOPE_COMMAND };

struct option {
    enum option_type type;
    enum option_scope scope;
    enum option_roles roles;
    const char *name, *env, *default_value, *unit, *text;
    int64_t min, max;
    size_t offset; /* of its field in struct config */
};

/* In the order of CONFIG_<name>. */
extern const struct option config_options[CONFIG_COUNT];

#endif
