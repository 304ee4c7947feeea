/* SET, RESET and SHOW: of settings of ours, of the server's options, which can only be shown, and of the
 * engine's settings, which are the engine's to set. */
#include "session/set.h"

#include "pgtype/oid.h"
#include "pgwire/backend_msg.h"
#include "rows/row_desc.h"
#include "session/deferred.h"
#include "session/option.h"
#include "session/session_priv.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/* Whether a setting's name is of ours: in the table, an option of the server, or with a dot. */
static bool name_is_ours(struct session *s, const struct sql_set *set)
{
    char option[SETTING_VALUE_MAX];
    return !set->name || settings_find(&s->settings, set->name) >= 0 || strchr(set->name, '.') ||
           strcmp(set->name, "all") == 0 || strcmp(set->name, "role") == 0 ||
           strcmp(set->name, "session_authorization") == 0 ||
           option_value(s, set->name, option, sizeof option);
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
    struct backend_stmt *stmt = NULL;
    struct buf sql;
    struct err why;
    err_init(&why);
    buf_init(&sql, 4 * SETTING_VALUE_MAX);
    buf_put(&sql, "SELECT current_setting('", 24);
    for (const char *p = name; *p; p++) {
        if (*p == '\'')
            buf_put_u8(&sql, '\'');
        buf_put_u8(&sql, (uint8_t)*p);
    }
    buf_put(&sql, "')", 3);
    int rc = buf_ok(&sql) ? ST_OK : err_oom(e);
    struct session_query q = {.text = (const char *)sql.data, .memory = &s->memory.all};
    if (rc == ST_OK && session_prepare(s, &q, &stmt, &why) < 0)
        rc = unknown_setting(name, &why, e);
    if (stmt)
        s->engine->ops->stmt_free(stmt);
    buf_release(&sql);
    return rc;
}

int set_claims(struct session *s, struct statement *st, bool *ours, struct err *e)
{
    TRY(statement_parse(s, st, e));
    const struct sql_set *set = &st->sql.parsed->set;
    *ours = name_is_ours(s, set);
    return *ours || st->sql.kind == SQL_SHOW ? ST_OK : check_engine_setting(s, set->name, e);
}

/* ---- SHOW ---- */

static const struct column_desc text_column = {.type_oid = PGTYPE_TEXT, .type_size = -1, .typmod = -1};

int show_describe(struct session *s, struct statement *st, struct row_desc **out, struct err *e)
{
    TRY(statement_parse(s, st, e));
    const struct sql_set *set = &st->sql.parsed->set;
    if (set->name && strcmp(set->name, "all") == 0) {
        struct column_desc columns[3] = {text_column, text_column, text_column};
        columns[0].name = "name";
        columns[1].name = "setting";
        columns[2].name = "description";
        return row_desc_new(out, columns, 3, e);
    }
    struct column_desc column = text_column;
    int found = set->name ? settings_find(&s->settings, set->name) : -1;
    column.name = found >= 0 ? settings_name(&s->settings, (size_t)found) : set->name ? set->name : "setting";
    return row_desc_new(out, &column, 1, e);
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
    options_each(s, show_option, rows);
}

int show_run(struct session *s, struct statement *st, struct command_result *r, struct err *e)
{
    char option[SETTING_VALUE_MAX];
    TRY(statement_parse(s, st, e));
    const struct sql_set *set = &st->sql.parsed->set;
    int found = settings_find(&s->settings, set->name);
    if (strcmp(set->name, "all") == 0)
        show_all(s, &r->rows);
    else if (found >= 0)
        put_row(&r->rows, (const char *const[]){settings_get(&s->settings, (size_t)found)}, 1);
    else if (option_value(s, set->name, option, sizeof option))
        put_row(&r->rows, (const char *const[]){option}, 1);
    else
        return err_set(e, SQLSTATE_UNDEFINED_OBJECT, "unrecognized configuration parameter \"%s\"",
                       set->name);
    if (!buf_ok(&r->rows))
        return err_oom(e);
    (void)snprintf(r->tag, sizeof r->tag, "SHOW");
    return ST_OK;
}

/* ---- SET, RESET ---- */

/* A new value that the engine refuses is undone with the rest of the transaction that fails by it. */
static int set_and_apply(struct session *s, const char *name, const char *value, bool local, struct err *e)
{
    const bool in_transaction = true; /* at the least in the one that ends with this Query, or at Sync */
    struct backend_session *engine;
    if (cstr_ieq(name, "search_path")) /* which of the schemas exist the engine knows */
        TRY(session_engine(s, &engine, e));
    TRY(settings_set(&s->settings, name, value, local, in_transaction, e));
    return s->settings.changed ? session_apply_settings(s, e) : ST_OK;
}

static int set_transaction(struct session *s, const struct sql_set *set, struct err *e)
{
    const struct sql_transaction *t = &set->transaction;
    if (!set->is_session_characteristics && s->tx.state != TX_BLOCK) {
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

int set_one(struct session *s, const struct sql_set *set, struct err *e)
{
    char option[SETTING_VALUE_MAX];
    if (strcmp(set->name, "role") == 0 || strcmp(set->name, "session_authorization") == 0) {
        bool none = !set->value || cstr_ieq(set->value, "none") || strcmp(set->value, s->user) == 0;
        return none ? ST_OK
                    : err_set(e, SQLSTATE_INSUFFICIENT_PRIVILEGE, "permission denied to set role \"%s\"",
                              set->value);
    }
    if (settings_find(&s->settings, set->name) < 0 && !strchr(set->name, '.') &&
        option_value(s, set->name, option, sizeof option))
        return err_set(e, SQLSTATE_CANT_CHANGE_RUNTIME_PARAM, "parameter \"%s\" cannot be changed now",
                       set->name);
    int found = settings_find(&s->settings, set->name);
    if (found >= 0 && settings_flags((size_t)found) & SETTING_TX)
        return tx_set(s, (enum setting)found, set->value, e);
    return set_and_apply(s, set->name, set->value, set->local, e);
}

int set_run(struct session *s, struct statement *st, struct command_result *r, struct err *e)
{
    TRY(statement_parse(s, st, e));
    const struct sql_set *set = &st->sql.parsed->set;
    (void)snprintf(r->tag, sizeof r->tag, "%s", st->sql.kind == SQL_RESET ? "RESET" : "SET");
    if (set->is_transaction || set->is_session_characteristics)
        return set_transaction(s, set, e);
    if (set->is_constraints) { /* none can be deferred */
        (void)snprintf(r->tag, sizeof r->tag, "SET CONSTRAINTS");
        if (s->tx.state != TX_BLOCK && s->tx.state != TX_IMPLICIT)
            session_notice(s, REPLY_WARNING, SQLSTATE_NO_ACTIVE_SQL_TRANSACTION,
                           "SET CONSTRAINTS can only be used in transaction blocks");
        else
            deferred_tell(s, &st->sql);
        return ST_OK;
    }
    if (st->sql.kind == SQL_RESET && strcmp(set->name, "all") == 0) {
        TRY(settings_reset_all(&s->settings, true, e));
        return session_apply_settings(s, e);
    }
    if (set->local && s->tx.state != TX_BLOCK && s->tx.state != TX_IMPLICIT)
        session_notice(s, REPLY_WARNING, SQLSTATE_NO_ACTIVE_SQL_TRANSACTION,
                       "SET LOCAL can only be used in transaction blocks");
    return set_one(s, set, e);
}
