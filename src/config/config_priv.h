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

/* Reads text into o's field of c; where ends the message ("line 3 of tavana.conf"). append: a LIST keeps what
 * it has. 22023, 53200. */
int value_parse(struct config *c, const struct option *o, struct str text, bool append, const char *where,
                struct err *e);
/* Appends the field as text that value_parse would read again. */
void value_format(const struct config *c, const struct option *o, struct buf *out);
/* "1 … 65535", "500ms … 1min", "off|on"; "" without bounds. */
void bounds_format(const struct option *o, struct buf *out);
bool value_equal(const struct config *a, const struct config *b, const struct option *o);
/* Strings are copied into to's arena. */
int value_copy(struct config *to, const struct config *from, const struct option *o, struct err *e);
/* One more item; 22023 beyond CONFIG_LIST_MAX. */
int list_append_item(struct config *c, struct config_list *l, struct str item, const char *name,
                     struct err *e);

#endif
