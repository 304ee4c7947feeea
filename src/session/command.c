/* Statements that the session answers itself: transactions, settings, prepared statements; and those that
 * PostgreSQL has and the engine has not, which say so. */
#include "session/command.h"

#include "base/alloc.h"
#include "pgtype/oid.h"
#include "rows/row_desc.h"
#include "session/session_priv.h"
#include "sql/copy.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static int not_supported(const char *what, struct err *e)
{
    return err_set(e, SQLSTATE_FEATURE_NOT_SUPPORTED, "%s is not supported", what);
}

struct option_search {
    const char *name;
    struct str value;
    char text[SETTING_VALUE_MAX];
    bool found;
};

static void match_option(void *arg, const char *name, const char *value, const char *text)
{
    struct option_search *o = arg;
    (void)text;
    if (o->found || !cstr_ieq(name, o->name))
        return;
    o->found = true;
    (void)snprintf(o->text, sizeof o->text, "%s", value);
}

static bool find_option(struct session *s, const char *name, struct option_search *o)
{
    *o = (struct option_search){.name = name};
    const struct session_show *show = &s->server->wiring.show;
    if (show->each_option)
        show->each_option(show->arg, match_option, o);
    return o->found;
}

/* Whether a setting's name is of ours: in the table, an option of the server, or with a dot. */
static bool name_is_ours(struct session *s, const struct sql_set *set)
{
    struct option_search o;
    return !set->name || settings_find(&s->settings, set->name) >= 0 || strchr(set->name, '.') ||
           strcmp(set->name, "all") == 0 || strcmp(set->name, "role") == 0 ||
           strcmp(set->name, "session_authorization") == 0 || find_option(s, set->name, &o);
}

/* Why the engine would not prepare a statement that asks for a setting: there is none of that name, unless it
 * was stopped, had no memory or is gone. What is said then has nothing to do with the name, and a client that
 * took it for 42704 would never ask again. */
static int unknown_setting(const char *name, const struct err *why, struct err *e)
{
    switch (why->code) {
    case SQLSTATE_QUERY_CANCELED:
    case SQLSTATE_OUT_OF_MEMORY:
    case SQLSTATE_CONNECTION_FAILURE: *e = *why; return ST_ERR;
    default:
        return err_set(e, SQLSTATE_UNDEFINED_OBJECT, "unrecognized configuration parameter \"%s\"", name);
    }
}

/* A name that is not ours may be a setting of the engine; when it is none either, that is what is wrong with
 * it. */
static int check_engine_setting(struct session *s, const char *name, struct err *e)
{
    struct backend_session *engine;
    struct backend_stmt *stmt = NULL;
    struct buf sql;
    struct err why;
    err_init(&why);
    TRY(session_engine(s, &engine, e));
    buf_init(&sql, 4 * SETTING_VALUE_MAX);
    buf_put(&sql, "SELECT current_setting('", 24);
    for (const char *p = name; *p; p++) {
        if (*p == '\'')
            buf_put_u8(&sql, '\'');
        buf_put_u8(&sql, (uint8_t)*p);
    }
    buf_put(&sql, "')", 3);
    int rc = buf_ok(&sql) ? ST_OK : err_oom(e);
    if (rc == ST_OK && engine->ops->prepare(engine, (struct str){(const char *)sql.data, sql.len - 1}, NULL,
                                            0, &stmt, &why) < 0)
        rc = unknown_setting(name, &why, e);
    if (stmt)
        engine->ops->stmt_free(stmt);
    buf_release(&sql);
    return rc;
}

int command_claims(struct session *s, const struct sql_statement *sql, bool *ours, struct err *e)
{
    switch (sql->kind) {
    case SQL_ENGINE: *ours = false; return ST_OK;
    case SQL_COPY: *ours = sql_copy_is_client(sql->text); return ST_OK;
    case SQL_SET:
    case SQL_RESET:
    case SQL_SHOW: {
        struct sql_set set = {0};
        TRY(sql_parse_set(&s->message_arena, sql, &set, e));
        *ours = name_is_ours(s, &set);
        return *ours || sql->kind == SQL_SHOW ? ST_OK : check_engine_setting(s, set.name, e);
    }
    default: *ours = true; return ST_OK;
    }
}

static const struct column_desc text_column = {.type_oid = PGTYPE_TEXT, .type_size = -1, .typmod = -1};

static int describe_show(struct session *s, const struct sql_statement *sql, struct row_desc **out,
                         struct err *e)
{
    struct sql_set set = {0};
    TRY(sql_parse_set(&s->message_arena, sql, &set, e));
    if (set.name && strcmp(set.name, "all") == 0) {
        struct column_desc columns[3] = {text_column, text_column, text_column};
        columns[0].name = "name";
        columns[1].name = "setting";
        columns[2].name = "description";
        return row_desc_new(out, columns, 3, e);
    }
    struct column_desc column = text_column;
    int found = set.name ? settings_find(&s->settings, set.name) : -1;
    column.name = found >= 0 ? settings_name(&s->settings, (size_t)found) : set.name ? set.name : "setting";
    return row_desc_new(out, &column, 1, e);
}

int command_describe(struct session *s, const struct sql_statement *sql, struct row_desc **out, struct err *e)
{
    *out = NULL;
    if (sql->kind == SQL_SHOW)
        return describe_show(s, sql, out, e);
    if (sql->kind == SQL_FETCH) {
        bool binary;
        return cursor_describe_fetch(s, sql, out, &binary, e);
    }
    if (sql->kind == SQL_EXECUTE) {
        struct sql_execute x = {0};
        TRY(sql_parse_execute(&s->message_arena, sql, &x, e));
        struct statement *st = statement_find(s, x.name);
        if (!st)
            return err_set(e, SQLSTATE_INVALID_SQL_STATEMENT_NAME, "prepared statement \"%s\" does not exist",
                           x.name);
        struct row_desc *desc = statement_desc(st);
        *out = desc ? row_desc_ref(desc) : NULL;
    }
    return ST_OK;
}

void command_result_release(struct command_result *r)
{
    row_desc_unref(r->desc);
    buf_release(&r->rows);
    r->desc = NULL;
}

static void put_row(struct buf *rows, const char *const *values, size_t n)
{
    int32_t lens[3];
    assert(n <= 3);
    for (size_t i = 0; i < n; i++)
        lens[i] = (int32_t)strlen(values[i]);
    be_data_row_text(rows, values, lens, n);
}

static void show_option(void *arg, const char *name, const char *value, const char *text)
{
    put_row(arg, (const char *const[]){name, value, text}, 3);
}

static void show_all(struct session *s, struct buf *rows)
{
    for (size_t i = 0; i < settings_count(&s->settings); i++)
        show_option(rows, settings_name(&s->settings, i), settings_get(&s->settings, i), settings_text(i));
    const struct session_show *show = &s->server->wiring.show;
    if (show->each_option)
        show->each_option(show->arg, show_option, rows);
}

static int run_show(struct session *s, const struct sql_statement *sql, struct command_result *r,
                    struct err *e)
{
    struct sql_set set = {0};
    struct option_search o;
    TRY(sql_parse_set(&s->message_arena, sql, &set, e));
    int found = settings_find(&s->settings, set.name);
    if (strcmp(set.name, "all") == 0)
        show_all(s, &r->rows);
    else if (found >= 0)
        put_row(&r->rows, (const char *const[]){settings_get(&s->settings, (size_t)found)}, 1);
    else if (find_option(s, set.name, &o))
        put_row(&r->rows, (const char *const[]){o.text}, 1);
    else
        return err_set(e, SQLSTATE_UNDEFINED_OBJECT, "unrecognized configuration parameter \"%s\"", set.name);
    if (!buf_ok(&r->rows))
        return err_oom(e);
    (void)snprintf(r->tag, sizeof r->tag, "SHOW");
    return ST_OK;
}

/* A new value that the engine refuses is undone with the rest of the transaction that fails by it. */
static int set_and_apply(struct session *s, const char *name, const char *value, bool local, struct err *e)
{
    const bool in_transaction = true; /* at the least in the one that ends with this Query, or at Sync */
    struct backend_session *engine;
    if (cstr_ieq(name, "search_path")) /* whether the schemas exist the engine knows */
        TRY(session_engine(s, &engine, e));
    TRY(settings_set(&s->settings, name, value, local, in_transaction, e));
    return s->settings.changed ? session_apply_settings(s, value != NULL, e) : ST_OK;
}

static int set_transaction(struct session *s, const struct sql_set *set, struct err *e)
{
    const struct sql_transaction *t = &set->transaction;
    if (!set->is_session_characteristics && s->tx != TX_BLOCK) {
        session_notice(s, REPLY_WARNING, SQLSTATE_NO_ACTIVE_SQL_TRANSACTION,
                       "SET TRANSACTION can only be used in transaction blocks");
        return ST_OK;
    }
    if (!set->is_session_characteristics)
        return tx_set_modes(s, t, e);
    if (t->isolation != SQL_ISO_DEFAULT)
        TRY(set_and_apply(s, "default_transaction_isolation", tx_isolation_name(t->isolation), false, e));
    if (t->mode != SQL_TX_DEFAULT)
        TRY(set_and_apply(s, "default_transaction_read_only", t->mode == SQL_TX_READ_ONLY ? "on" : "off",
                          false, e));
    if (t->defer != SQL_DEFER_DEFAULT)
        TRY(set_and_apply(s, "default_transaction_deferrable", t->defer == SQL_DEFERRABLE ? "on" : "off",
                          false, e));
    return ST_OK;
}

int command_set(struct session *s, const struct sql_set *set, struct err *e)
{
    struct option_search o;
    if (strcmp(set->name, "role") == 0 || strcmp(set->name, "session_authorization") == 0) {
        bool none = !set->value || cstr_ieq(set->value, "none") || strcmp(set->value, s->user) == 0;
        return none ? ST_OK
                    : err_set(e, SQLSTATE_INSUFFICIENT_PRIVILEGE, "permission denied to set role \"%s\"",
                              set->value);
    }
    if (settings_find(&s->settings, set->name) < 0 && !strchr(set->name, '.') &&
        find_option(s, set->name, &o))
        return err_set(e, SQLSTATE_CANT_CHANGE_RUNTIME_PARAM, "parameter \"%s\" cannot be changed now",
                       set->name);
    int found = settings_find(&s->settings, set->name);
    if (found >= 0 && settings_flags((size_t)found) & SETTING_TX)
        return tx_set(s, (enum setting)found, set->value, e);
    return set_and_apply(s, set->name, set->value, set->local, e);
}

static int run_set(struct session *s, const struct sql_statement *sql, struct command_result *r,
                   struct err *e)
{
    struct sql_set set = {0};
    TRY(sql_parse_set(&s->message_arena, sql, &set, e));
    (void)snprintf(r->tag, sizeof r->tag, "%s", sql->kind == SQL_RESET ? "RESET" : "SET");
    if (set.is_transaction || set.is_session_characteristics)
        return set_transaction(s, &set, e);
    if (set.is_constraints) { /* none can be deferred */
        (void)snprintf(r->tag, sizeof r->tag, "SET CONSTRAINTS");
        if (s->tx != TX_BLOCK && s->tx != TX_IMPLICIT)
            session_notice(s, REPLY_WARNING, SQLSTATE_NO_ACTIVE_SQL_TRANSACTION,
                           "SET CONSTRAINTS can only be used in transaction blocks");
        return ST_OK;
    }
    if (sql->kind == SQL_RESET && strcmp(set.name, "all") == 0) {
        TRY(settings_reset_all(&s->settings, true, e));
        return session_apply_settings(s, false, e);
    }
    if (set.local && s->tx != TX_BLOCK && s->tx != TX_IMPLICIT)
        session_notice(s, REPLY_WARNING, SQLSTATE_NO_ACTIVE_SQL_TRANSACTION,
                       "SET LOCAL can only be used in transaction blocks");
    return command_set(s, &set, e);
}

static int run_prepare(struct session *s, const struct sql_statement *sql, struct err *e)
{
    struct sql_prepare p = {0};
    TRY(sql_parse_prepare(&s->message_arena, sql, &p, e));
    uint32_t *oids = arena_calloc(&s->message_arena, p.ntypes, sizeof *oids);
    if (!oids)
        return err_oom(e);
    for (size_t i = 0; i < p.ntypes; i++) {
        oids[i] = pgtype_by_name(str_of(p.types[i]));
        if (!oids[i])
            return err_set(e, SQLSTATE_UNDEFINED_OBJECT, "type \"%s\" does not exist", p.types[i]);
    }
    if (statement_find(s, p.name))
        return err_set(e, SQLSTATE_DUPLICATE_PREPARED_STATEMENT, "prepared statement \"%s\" already exists",
                       p.name);
    struct statement *st;
    TRY(statement_new(s, p.name, p.query, oids, p.ntypes, &st, e));
    int rc = ST_OK;
    if (!st->engine) /* as PostgreSQL: only what plans; DDL is allowed here, since the engine plans it */
        rc = err_set(e, SQLSTATE_SYNTAX_ERROR, "%s cannot be prepared", st->sql.word);
    if (rc == ST_OK)
        rc = statement_set_source(st, s->query, e);
    if (rc == ST_OK)
        rc = statement_add(s, st, e);
    if (rc < 0)
        statement_free(st);
    else
        st->from_sql = true;
    return rc;
}

static int run_deallocate(struct session *s, const struct sql_statement *sql, struct command_result *r,
                          struct err *e)
{
    struct sql_name n = {0};
    TRY(sql_parse_name(&s->message_arena, sql, &n, e));
    (void)snprintf(r->tag, sizeof r->tag, n.name ? "DEALLOCATE" : "DEALLOCATE ALL");
    if (!n.name) {
        statements_drop_all(s);
        return ST_OK;
    }
    struct statement *st = statement_find(s, n.name);
    if (!st)
        return err_set(e, SQLSTATE_INVALID_SQL_STATEMENT_NAME, "prepared statement \"%s\" does not exist",
                       n.name);
    statement_drop(s, st);
    return ST_OK;
}

static int discard_all(struct session *s, struct err *e)
{
    if (s->tx != TX_IDLE)
        return err_set(e, SQLSTATE_ACTIVE_SQL_TRANSACTION,
                       "DISCARD ALL cannot run inside a transaction block");
    portals_drop_all(s);
    statements_drop_all(s);
    TRY(settings_reset_all(&s->settings, false, e));
    if (s->engine) {
        TRY(s->engine->ops->reset(s->engine, e));
        s->settings_applied = false;
    }
    return session_apply_settings(s, false, e);
}

static int run_discard(struct session *s, const struct sql_statement *sql, struct command_result *r,
                       struct err *e)
{
    enum sql_discard what;
    TRY(sql_parse_discard(&s->message_arena, sql, &what, e));
    static const char *const tags[] = {
        [SQL_DISCARD_ALL] = "DISCARD ALL",
        [SQL_DISCARD_PLANS] = "DISCARD PLANS",
        [SQL_DISCARD_SEQUENCES] = "DISCARD SEQUENCES",
        [SQL_DISCARD_TEMP] = "DISCARD TEMP",
    };
    (void)snprintf(r->tag, sizeof r->tag, "%s", tags[what]);
    switch (what) {
    case SQL_DISCARD_ALL: return discard_all(s, e);
    case SQL_DISCARD_PLANS: return ST_OK; /* plans are made anew when they are stale */
    case SQL_DISCARD_SEQUENCES: return not_supported("DISCARD SEQUENCES", e);
    case SQL_DISCARD_TEMP: return not_supported("DISCARD TEMP", e);
    }
    return ST_OK;
}

static int run_close(struct session *s, const struct sql_statement *sql, struct command_result *r,
                     struct err *e)
{
    struct sql_name n = {0};
    TRY(sql_parse_name(&s->message_arena, sql, &n, e));
    (void)snprintf(r->tag, sizeof r->tag, n.name ? "CLOSE CURSOR" : "CLOSE CURSOR ALL");
    if (!n.name) {
        portals_drop_all(s);
        return ST_OK;
    }
    if (!*n.name)
        return err_set(e, SQLSTATE_INVALID_CURSOR_NAME, "invalid cursor name: must not be empty");
    struct portal *p = portal_find(s, n.name);
    if (!p)
        return err_set(e, SQLSTATE_INVALID_CURSOR_NAME, "cursor \"%s\" does not exist", n.name);
    if (p == s->running)
        return err_set(e, SQLSTATE_INVALID_CURSOR_STATE, "cannot drop active portal \"%s\"", n.name);
    portal_drop(s, p);
    return ST_OK;
}

static int run_unlisten(struct session *s, const struct sql_statement *sql, struct command_result *r,
                        struct err *e)
{
    struct sql_name n = {0};
    TRY(sql_parse_name(&s->message_arena, sql, &n, e));
    (void)snprintf(r->tag, sizeof r->tag, "UNLISTEN"); /* nothing is ever listened to */
    return ST_OK;
}

int command_run(struct session *s, const struct sql_statement *sql, struct command_result *r, struct err *e)
{
    switch (sql->kind) {
    case SQL_BEGIN:
    case SQL_COMMIT:
    case SQL_ROLLBACK:
    case SQL_SAVEPOINT:
    case SQL_PREPARE_TRANSACTION: return tx_command(s, sql, r, e);
    case SQL_SET:
    case SQL_RESET: return run_set(s, sql, r, e);
    case SQL_SHOW: return run_show(s, sql, r, e);
    case SQL_DISCARD: return run_discard(s, sql, r, e);
    case SQL_PREPARE: (void)snprintf(r->tag, sizeof r->tag, "PREPARE"); return run_prepare(s, sql, e);
    case SQL_DEALLOCATE: return run_deallocate(s, sql, r, e);
    case SQL_CLOSE: return run_close(s, sql, r, e);
    case SQL_UNLISTEN: return run_unlisten(s, sql, r, e);
    case SQL_COPY: return copy_run(s, sql, r, e);
    case SQL_SERIAL: return serial_run(s, sql, r, e);
    case SQL_SEVERAL: return several_run(s, sql, r, e);
    case SQL_SET_CONFIG: return set_config_run(s, sql, r, e);
    case SQL_LISTEN: return not_supported("LISTEN", e);
    case SQL_NOTIFY: return not_supported("NOTIFY", e);
    case SQL_LOCK: return not_supported("LOCK", e);
    case SQL_DO: return not_supported("DO", e);
    case SQL_EMPTY:
    case SQL_ENGINE:
    case SQL_EXECUTE:
    case SQL_DECLARE:
    case SQL_FETCH: break; /* never come here: see execute.c */
    }
    return err_set(e, SQLSTATE_INTERNAL_ERROR, "%s is not a command of the session", sql->word);
}
