/* Where an option's value comes from: its default, then the file, then the environment, then the command
 * line, each over the one before. `config` itself is taken first, since it names the file. What follows from
 * several options together (addresses without a port, what a role has no use for) is looked at in the end.
 * */
#include "config/config.h"

#include "base/cleanup.h"
#include "config/config_priv.h"
#include "config/value.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { WHERE_MAX = 512, NAME_MAX_BYTES = 64, HIGHEST_PORT = 65535 };

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static struct str trim(struct str s)
{
    while (s.n && is_blank(s.p[0]))
        s.p++, s.n--;
    while (s.n && is_blank(s.p[s.n - 1]))
        s.n--;
    return s;
}

/* Names as people write them: upper or lower case, - for _. */
static char name_char(char c)
{
    return c == '-' ? '_' : c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static const struct option *option_find(struct str name)
{
    for (size_t i = 0; i < CONFIG_COUNT; i++) {
        const char *have = config_options[i].name;
        size_t at = 0;
        while (at < name.n && have[at] && name_char(name.p[at]) == have[at])
            at++;
        if (at == name.n && !have[at])
            return &config_options[i];
    }
    return NULL;
}

/* Levenshtein's distance, one row at a time. */
static size_t edit_distance(struct str a, const char *b)
{
    size_t row[NAME_MAX_BYTES + 1], n = strlen(b);
    if (n > NAME_MAX_BYTES || a.n > NAME_MAX_BYTES)
        return NAME_MAX_BYTES;
    for (size_t j = 0; j <= n; j++)
        row[j] = j;
    for (size_t i = 0; i < a.n; i++) {
        size_t corner = row[0];
        row[0] = i + 1;
        for (size_t j = 0; j < n; j++) {
            size_t change = corner + (name_char(a.p[i]) != b[j]);
            size_t other = (row[j] < row[j + 1] ? row[j] : row[j + 1]) + 1;
            corner = row[j + 1];
            row[j + 1] = change < other ? change : other;
        }
    }
    return row[n];
}

/* The message proposes the option with the nearest name, if no more than two letters are wrong. */
static int unknown_option(struct str name, const char *where, struct err *e)
{
    enum { NEAR = 3 };
    const char *nearest = NULL;
    size_t best = NEAR;
    for (size_t i = 0; i < CONFIG_COUNT; i++) {
        size_t distance = edit_distance(name, config_options[i].name);
        if (distance < best) {
            best = distance;
            nearest = config_options[i].name;
        }
    }
    int n = name.n > 200 ? 200 : (int)name.n;
    return err_set(e, SQLSTATE_UNDEFINED_OBJECT, "unknown option \"%.*s\" (%s)%s%s%s", n, name.p, where,
                   nearest ? "; did you mean " : "", nearest ? nearest : "", nearest ? "?" : "");
}

/* A list that is given by several flags has the items of all of them. Any other value replaces what a
 * weaker source had said, a list as well. */
static int assign(struct config *c, const struct option *o, struct str value, enum config_source source,
                  const char *where, struct err *e)
{
    assert(o >= config_options && o < config_options + CONFIG_COUNT);
    enum config_source *have = &c->source[o - config_options];
    bool append = source == CONFIG_FLAG && *have == CONFIG_FLAG;
    TRY(value_parse(c, o, value, append, where, e));
    *have = source;
    return ST_OK;
}

static int load_defaults(struct config *c, struct err *e)
{
    for (size_t i = 0; i < CONFIG_COUNT; i++)
        TRY(assign(c, &config_options[i], str_of(config_options[i].default_value), CONFIG_DEFAULT, "default",
                   e));
    return ST_OK;
}

/* --- the file ------------------------------------------------------------------------------------------- */

/* The whole file, into the arena. */
static int file_read(struct config *c, const char *path, struct str *out, struct err *e)
{
    CLEANUP(fd_closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return err_errno(e, errno, "open configuration file \"%s\"", path);
    struct stat st;
    if (fstat(fd, &st) != 0)
        return err_errno(e, errno, "read configuration file \"%s\"", path);
    if (!S_ISREG(st.st_mode) || st.st_size > CONFIG_FILE_BYTES_MAX)
        return err_set(e, SQLSTATE_CONFIG_FILE_ERROR, "configuration file \"%s\" is %s", path,
                       S_ISREG(st.st_mode) ? "larger than 1 MB" : "not a regular file");
    size_t size = (size_t)st.st_size, n = 0;
    char *text = arena_alloc(&c->arena, size + 1);
    if (!text)
        return err_oom(e);
    while (n < size) {
        ssize_t got = read(fd, text + n, size - n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return err_errno(e, errno, "read configuration file \"%s\"", path);
        if (got == 0)
            break;
        n += (size_t)got;
    }
    *out = (struct str){text, n};
    return ST_OK;
}

static int file_error(const char *where, const char *what, struct err *e)
{
    return err_set(e, SQLSTATE_CONFIG_FILE_ERROR, "%s: %s", where, what);
}

/* 'text' with '' for a quote; only blanks and a comment may follow. */
static int unquote(struct config *c, struct str s, struct str *out, const char *where, struct err *e)
{
    char *to = arena_alloc(&c->arena, s.n);
    if (!to)
        return err_oom(e);
    size_t n = 0, i = 1;
    for (;; i++) {
        if (i == s.n)
            return file_error(where, "the quote is not closed", e);
        if (s.p[i] == '\'' && i + 1 < s.n && s.p[i + 1] == '\'')
            i++;
        else if (s.p[i] == '\'')
            break;
        to[n++] = s.p[i];
    }
    struct str rest = trim((struct str){s.p + i + 1, s.n - i - 1});
    if (rest.n && rest.p[0] != '#')
        return file_error(where, "text after the closing quote", e);
    *out = (struct str){to, n};
    return ST_OK;
}

static int file_line(struct config *c, struct str line, const char *where, struct err *e)
{
    line = trim(line);
    if (line.n == 0 || line.p[0] == '#')
        return ST_OK;
    const char *equals = memchr(line.p, '=', line.n);
    if (!equals)
        return file_error(where, "expected `option = value`", e);
    size_t at = (size_t)(equals - line.p);
    struct str name = trim((struct str){line.p, at});
    struct str value = trim((struct str){equals + 1, line.n - at - 1});
    if (value.n && value.p[0] == '\'') {
        TRY(unquote(c, value, &value, where, e));
    } else {
        const char *comment = memchr(value.p, '#', value.n);
        if (comment)
            value = trim((struct str){value.p, (size_t)(comment - value.p)});
    }
    const struct option *o = option_find(name);
    if (!o)
        return unknown_option(name, where, e);
    if (o->scope == SCOPE_COMMAND)
        return err_set(e, SQLSTATE_CONFIG_FILE_ERROR, "option %s cannot be given in the file (%s)", o->name,
                       where);
    if (c->source[o - config_options] == CONFIG_FILE)
        return err_set(e, SQLSTATE_CONFIG_FILE_ERROR, "option %s is given twice (%s)", o->name, where);
    return assign(c, o, value, CONFIG_FILE, where, e);
}

static int load_file(struct config *c, const char *path, struct err *e)
{
    struct str text = {0};
    TRY(file_read(c, path, &text, e));
    if (memchr(text.p, 0, text.n))
        return err_set(e, SQLSTATE_CONFIG_FILE_ERROR, "configuration file \"%s\" is not text", path);
    size_t from = 0;
    for (unsigned number = 1; from < text.n; number++) {
        const char *end = memchr(text.p + from, '\n', text.n - from);
        size_t to = end ? (size_t)(end - text.p) : text.n;
        char where[WHERE_MAX];
        (void)snprintf(where, sizeof where, "line %u of %s", number, path);
        TRY(file_line(c, (struct str){text.p + from, to - from}, where, e));
        from = to + 1;
    }
    return ST_OK;
}

/* --- the environment ------------------------------------------------------------------------------------ */

/* A variable that is set to nothing counts as not set: compose files make such. */
static int load_environment(struct config *c, struct err *e)
{
    for (size_t i = 0; i < CONFIG_COUNT; i++) {
        const char *value = getenv(config_options[i].env);
        char where[WHERE_MAX];
        if (!value || !*value)
            continue;
        (void)snprintf(where, sizeof where, "environment variable %s", config_options[i].env);
        TRY(assign(c, &config_options[i], str_of(value), CONFIG_ENVIRONMENT, where, e));
    }
    return ST_OK;
}

static bool is_option_variable(struct str name)
{
    for (size_t i = 0; i < CONFIG_COUNT; i++)
        if (str_eq(name, str_of(config_options[i].env)))
            return true;
    return false;
}

/* A variable that begins like ours but is no option is most likely misspelt. It is no error, since other
 * programs may use such names: they are kept, for a warning in the log. */
static int note_unknown_variables(struct config *c, struct err *e)
{
    for (char **at = environ; at && *at && c->unknown_variables.n < CONFIG_LIST_MAX; at++) {
        struct str name = {*at, strcspn(*at, "=")};
        if (name.n > 7 && memcmp(name.p, "TAVANA_", 7) == 0 && !is_option_variable(name))
            TRY(list_append_item(c, &c->unknown_variables, name, "environment", e));
    }
    return ST_OK;
}

/* --- the command line ----------------------------------------------------------------------------------- */

/* One argument taken apart: an option and its value, or DATABASE. `where` is for messages. */
struct argument {
    struct str name;
    struct str value;
    char where[WHERE_MAX];
};

static int missing_value(const char *flag, struct err *e)
{
    return err_set(e, SQLSTATE_INVALID_PARAMETER_VALUE, "%s needs a value", flag);
}

/* Takes the argument at *i and, for `--name value`, the next one as well. */
static int next_argument(struct config *c, int *i, struct argument *out, struct err *e)
{
    const char *arg = c->argv[*i];
    if (arg[0] != '-') {
        *out = (struct argument){STR("database"), str_of(arg), "argument DATABASE"};
        return ST_OK;
    }
    if (strncmp(arg, "--", 2) != 0 || !arg[2])
        return err_set(e, SQLSTATE_UNDEFINED_OBJECT, "unknown option \"%.200s\" (command line)", arg);
    struct str name = {arg + 2, strcspn(arg + 2, "=")};
    struct str value = str_of(arg + 2 + name.n);
    if (value.n) {
        value = (struct str){value.p + 1, value.n - 1};
    } else if (str_eq(name, STR("set")) || option_find(name)) {
        if (*i + 1 >= c->argc)
            return missing_value(arg, e);
        value = str_of(c->argv[++*i]);
    }
    (void)snprintf(out->where, sizeof out->where, "flag --%.*s", (int)(name.n > 200 ? 200 : name.n), name.p);
    if (str_eq(name, STR("set"))) {
        const char *equals = memchr(value.p, '=', value.n);
        if (!equals)
            return err_set(e, SQLSTATE_INVALID_PARAMETER_VALUE, "--set needs OPTION=VALUE, not \"%.200s\"",
                           value.p);
        name = trim((struct str){value.p, (size_t)(equals - value.p)});
        value = str_of(equals + 1);
    }
    out->name = name;
    out->value = value;
    return ST_OK;
}

/* only: take this option alone; NULL: all others than `config`, which was taken before the file was read. */
static int load_flags(struct config *c, const struct option *only, struct err *e)
{
    bool have_database = false;
    for (int i = 0; i < c->argc; i++) {
        struct argument arg;
        TRY(next_argument(c, &i, &arg, e));
        const struct option *o = option_find(arg.name);
        if (!o)
            return unknown_option(arg.name, *arg.where ? arg.where : "command line", e);
        if (only ? o != only : o == &config_options[CONFIG_config])
            continue;
        if (o == &config_options[CONFIG_database] && have_database)
            return err_set(e, SQLSTATE_INVALID_PARAMETER_VALUE, "more than one DATABASE: \"%.200s\"",
                           arg.value.p);
        have_database = have_database || o == &config_options[CONFIG_database];
        TRY(assign(c, o, arg.value, CONFIG_FLAG, arg.where, e));
    }
    return ST_OK;
}

/* --- what follows from several options ------------------------------------------------------------------ */

/* An address without a port gets one. An IPv6 address alone has more than one colon and no brackets. */
static int complete_address(struct config *c, const char *option, const char **address, int64_t port,
                            struct err *e)
{
    const char *text = *address;
    if (text[0] == '/')
        return err_set(e, SQLSTATE_INVALID_PARAMETER_VALUE,
                       "option %s: \"%.200s\" is a path; sockets go by unix_socket_directory", option, text);
    const char *colon = strrchr(text, ':');
    const char *bracket = strrchr(text, ']');
    bool bare_v6 = colon && text[0] != '[' && strchr(text, ':') != colon;
    if (!colon || bare_v6 || (bracket && colon < bracket)) {
        char whole[WHERE_MAX];
        int n = snprintf(whole, sizeof whole, "%s%s%s:%d", bare_v6 ? "[" : "", text, bare_v6 ? "]" : "",
                         (int)port);
        if (n < 0 || (size_t)n >= sizeof whole)
            return err_set(e, SQLSTATE_INVALID_PARAMETER_VALUE, "option %s: address of more than %d bytes",
                           option, WHERE_MAX - 16);
        *address = arena_strndup(&c->arena, whole, (size_t)n);
        return *address ? ST_OK : err_oom(e);
    }
    if (!str_to_i64(str_of(colon + 1), 0, HIGHEST_PORT, &port))
        return err_set(e, SQLSTATE_INVALID_PARAMETER_VALUE, "option %s: \"%.200s\" has no port in 0 … %d",
                       option, text, HIGHEST_PORT);
    return ST_OK;
}

static int complete_addresses(struct config *c, struct err *e)
{
    if (c->listen.n == 0 && !c->unix_socket_directory)
        return err_set(e, SQLSTATE_INVALID_PARAMETER_VALUE,
                       "option listen: empty, and no unix_socket_directory");
    int64_t port = c->role == CONFIG_ROLE_WORKER ? c->grpc_port : c->port;
    for (size_t i = 0; i < c->listen.n; i++)
        TRY(complete_address(c, "listen", &c->listen.items[i], port, e));
    for (size_t i = 0; i < c->workers.n; i++)
        TRY(complete_address(c, "workers", &c->workers.items[i], c->grpc_port, e));
    for (size_t i = 0; i < c->peers.n; i++)
        TRY(complete_address(c, "peers", &c->peers.items[i], c->port, e));
    if (!c->http || cstr_ieq(c->http, "off")) {
        c->http = NULL;
        return ST_OK;
    }
    return complete_address(c, "http", &c->http, c->http_port, e);
}

static const char *role_name(enum config_role role)
{
    return role == CONFIG_ROLE_GATEWAY ? "gateway" : role == CONFIG_ROLE_WORKER ? "worker" : "serve";
}

static int not_for_role(const struct config *c, int option, struct err *e)
{
    return err_set(e, SQLSTATE_INVALID_PARAMETER_VALUE, "option %s is not for `tavana %s`",
                   config_options[option].name, role_name(c->role));
}

/* What the role has no use for is an error where somebody wrote it for this role; the environment may be that
 * of several. */
static int check_role(const struct config *c, struct err *e)
{
    for (int i = 0; i < CONFIG_COUNT; i++) {
        bool written = c->source[i] == CONFIG_FLAG || c->source[i] == CONFIG_FILE;
        if (written && !(config_options[i].roles & 1U << c->role))
            return not_for_role(c, i, e);
    }
    if (c->role == CONFIG_ROLE_GATEWAY && c->workers.n == 0)
        return err_set(e, SQLSTATE_INVALID_PARAMETER_VALUE, "option workers: a gateway needs at least one");
    return ST_OK;
}

static int check_together(const struct config *c, struct err *e)
{
    if (c->thread_reserve >= c->max_threads)
        return err_set(e, SQLSTATE_INVALID_PARAMETER_VALUE,
                       "option thread_reserve must be less than max_threads");
    if (c->tls.value != CONFIG_TLS_OFF && (!c->tls_cert_file || !c->tls_key_file))
        return err_set(e, SQLSTATE_INVALID_PARAMETER_VALUE,
                       "option tls: \"%s\" needs tls_cert_file and tls_key_file", c->tls.text);
    if (c->tls.value == CONFIG_TLS_OFF && (c->tls_cert_file || c->tls_key_file || c->tls_ca_file))
        return err_set(e, SQLSTATE_INVALID_PARAMETER_VALUE, "option tls is off, but %s is given",
                       c->tls_cert_file  ? "tls_cert_file"
                       : c->tls_key_file ? "tls_key_file"
                                         : "tls_ca_file");
    if (c->trust.value == CONFIG_TRUST_OFF && !c->users_file)
        return err_set(e, SQLSTATE_INVALID_PARAMETER_VALUE, "option trust: \"off\" needs users_file");
    return ST_OK;
}

static int load_all(struct config *c, struct err *e)
{
    const struct option *config = &config_options[CONFIG_config];
    TRY(load_defaults(c, e));
    TRY(load_environment(c, e)); /* for the file's name; taken again over what the file says */
    TRY(load_flags(c, config, e));
    if (c->config)
        TRY(load_file(c, c->config, e));
    TRY(load_environment(c, e));
    TRY(load_flags(c, NULL, e));
    TRY(note_unknown_variables(c, e));
    TRY(complete_addresses(c, e));
    TRY(check_role(c, e));
    return check_together(c, e);
}

int config_load(struct config *c, enum config_role role, int argc, char **argv, struct err *e)
{
    *c = (struct config){.role = role, .argc = argc, .argv = argv};
    arena_init(&c->arena, CONFIG_MEMORY_MAX);
    int st = load_all(c, e);
    if (st < 0)
        config_release(c);
    return st;
}

void config_release(struct config *c)
{
    if (!c)
        return;
    arena_release(&c->arena);
    *c = (struct config){0};
}

/* Options that are read only at the start keep their old values in the new configuration, so that it says
 * what is in force; their names are listed, for a warning in the log. */
static int keep_what_needs_restart(const struct config *old, struct config *next, struct err *e)
{
    for (size_t i = 0; i < CONFIG_COUNT; i++) {
        const struct option *o = &config_options[i];
        if (o->scope == SCOPE_RELOAD || value_equal(old, next, o))
            continue;
        TRY(list_append_item(next, &next->needs_restart, str_of(o->name), o->name, e));
        TRY(value_copy(next, old, o, e));
        next->source[i] = old->source[i];
    }
    return ST_OK;
}

int config_reload(const struct config *old, struct config *next, struct err *e)
{
    TRY(config_load(next, old->role, old->argc, old->argv, e));
    int st = keep_what_needs_restart(old, next, e);
    if (st < 0)
        config_release(next);
    return st;
}

/* --- for people ----------------------------------------------------------------------------------------- */

const char *config_source_name(enum config_source s)
{
    static const char *const names[] = {"default", "file", "environment", "flag"};
    return names[s];
}

static const char *type_name(enum option_type t)
{
    static const char *const names[] = {"bool", "int", "size", "duration", "text", "path", "choice", "list"};
    return names[t];
}

static const char *terminated(struct buf *b)
{
    buf_put_u8(b, 0);
    return buf_ok(b) ? (const char *)b->data : "";
}

static const char *roles_text(enum option_roles roles)
{
    switch (roles) {
    case ROLES_GATEWAY: return "gateway";
    case ROLES_WORKER: return "worker";
    case ROLES_FRONT: return "serve, gateway";
    case ROLES_ENGINE: return "serve, worker";
    case ROLES_RPC: return "gateway, worker";
    case ROLES_ALL: break;
    }
    return "all";
}

int config_each(const struct config *c, int (*cb)(void *arg, const struct config_row *row), void *arg)
{
    struct buf value, bounds;
    buf_init(&value, CONFIG_LIST_MAX * (size_t)CONFIG_VALUE_MAX);
    buf_init(&bounds, ERR_HINT_MAX);
    int st = ST_OK;
    for (size_t i = 0; i < CONFIG_COUNT && st >= 0; i++) {
        const struct option *o = &config_options[i];
        buf_clear(&value);
        buf_clear(&bounds);
        bounds_format(o, &bounds);
        if (c && i == CONFIG_http && !c->http)
            buf_printf(&value, "off");
        else if (c)
            value_format(c, o, &value);
        else
            buf_printf(&value, "%s", o->default_value);
        struct config_row row = {.name = o->name,
                                 .type = type_name(o->type),
                                 .env = o->env,
                                 .unit = o->type == TYPE_CHOICE ? "" : o->unit,
                                 .text = o->text,
                                 .value = terminated(&value),
                                 .default_value = o->default_value,
                                 .bounds = terminated(&bounds),
                                 .source = c ? c->source[i] : CONFIG_DEFAULT,
                                 .roles = roles_text(o->roles),
                                 .reloadable = o->scope == SCOPE_RELOAD};
        st = cb(arg, &row);
    }
    buf_release(&value);
    buf_release(&bounds);
    return st;
}
