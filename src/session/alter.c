/* ALTER, action by action, in one transaction. Where the engine refuses to alter a table that has an index
 * the indexes are dropped first and made again at the end; it does not take the name of a unique one back
 * within a transaction, so that a table with a unique index is made anew. */
#include "session/alter.h"

#include "session/alter_minds.h"
#include "session/index_again.h"
#include "session/kept_table.h"
#include "session/rebuild.h"
#include "session/referring.h"
#include "session/sequence.h"
#include "session/session_priv.h"
#include "sql/name.h"
#include "sql/tokens.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

struct altering {
    struct session *session;
    const struct sql_alter *alter;
    struct relation relation;
    const char *full;           /* what it is called now, as SQL */
    bool away;                  /* its indexes were dropped */
    struct referring referring; /* put aside */
    bool had_column;            /* ADD COLUMN IF NOT EXISTS did nothing */
    struct err *err;
};

static const char *sql_of(struct session *s, struct str text)
{
    return arena_strndup(&s->message_arena, text.p, text.n);
}

/* The name that a token writes, in quotes. */
static const char *quoted(struct session *s, const struct sql_token *t)
{
    char *name = arena_alloc(&s->message_arena, t->text.n + 1);
    if (!name)
        return NULL;
    name[sql_name_read(t, name)] = '\0';
    return step_name(s, name);
}

/* The same without them. */
static const char *name_of(struct session *s, const struct sql_token *t)
{
    char *name = arena_alloc(&s->message_arena, t->text.n + 1);
    if (name)
        name[sql_name_read(t, name)] = '\0';
    return name;
}

static int refuse(struct altering *a, const char *what)
{
    return err_set(a->err, SQLSTATE_FEATURE_NOT_SUPPORTED, "%s is not supported", what);
}

/* PostgreSQL lets ALTER TABLE say whose any relation is. */
static bool only_owners(const struct sql_alter *x)
{
    for (size_t i = 0; i < x->n; i++)
        if (x->actions[i].what != SQL_ALTER_OWNER)
            return false;
    return true;
}

static int find(struct altering *a)
{
    const struct sql_alter *x = a->alter;
    const struct relation_name name = {x->database, x->schema, x->relation};
    TRY(relation_find(a->session, &name,
                      x->object == SQL_ALTER_SEQUENCE ? "S"
                      : x->object == SQL_ALTER_INDEX  ? "i"
                      : only_owners(x)                ? "rvSi"
                                                      : "rv",
                      &a->relation, a->err));
    a->full = a->relation.found ? a->relation.full : sql_of(a->session, x->name);
    return a->full ? ST_OK : err_oom(a->err);
}

/* ---- indexes ---- */

/* Once for all actions. A table with a unique index, or whose columns change, is made anew without its
 * indexes; in other cases they are just dropped. */
static int put_indexes_away(struct altering *a)
{
    struct session *s = a->session;
    bool anew = alter_changes_columns(a->alter);
    if (a->relation.kind != 'r')
        return ST_OK;
    TRY(relation_indexes(s, &a->relation, a->err));
    if (a->relation.nindexes == 0 || !alter_minds_indexes(a->alter))
        return ST_OK;
    a->away = true;
    for (size_t i = 0; i < a->relation.nindexes; i++)
        anew |= a->relation.indexes[i].unique;
    if (anew)
        return rebuild_table(s, &a->relation, NULL, a->err);
    for (size_t i = 0; i < a->relation.nindexes; i++) {
        const char *name = step_name(s, a->relation.indexes[i].name),
                   *schema = step_name(s, a->relation.schema);
        if (!name || !schema)
            return err_oom(a->err);
        TRY(step_run(s, step_text(s, "DROP INDEX %s.%s", a->relation.temporary ? "temp.main" : schema, name),
                     a->err));
    }
    return ST_OK;
}

static int put_indexes_back(struct altering *a)
{
    assert(!a->away || a->relation.nindexes > 0);
    return a->away ? index_again_put(a->session, &a->relation, a->full, a->err) : ST_OK;
}

/* ---- what refers to it ---- */

static int put_referring_aside(struct altering *a)
{
    if (a->relation.kind != 'r' || !alter_minds_references(a->alter))
        return ST_OK;
    TRY(referring_find(a->session, &a->relation, &a->referring, a->err));
    return referring_put_aside(a->session, &a->referring, a->err);
}

static int put_referring_back(struct altering *a)
{
    int st = referring_put_back(a->session, &a->referring, a->err);
    if (st < 0 && strstr(a->err->message, "create foreign key: referenced table")) {
        err_init(a->err);
        (void)err_set(a->err, SQLSTATE_DEPENDENT_OBJECTS_STILL_EXIST,
                      "cannot alter table %s because other objects depend on it", a->relation.name);
        err_detail(a->err, "A foreign key of another table needs what goes.");
    }
    return st;
}

/* ---- actions ---- */

static int plain(struct altering *a, struct str text)
{
    return step_run_sent(a->session,
                         step_text(a->session, "ALTER TABLE %s %.*s", a->full, (int)text.n, text.p), a->err);
}

/* The table as it is now, made anew. */
static int anew(struct altering *a, const struct rebuild_change *change)
{
    struct relation now = a->relation;
    struct ask_rows rows;
    struct sql_lexer l;
    struct sql_token t, last = {.kind = SQL_TOK_END};
    sql_lexer_init(&l, sql_tokens_of(str_of(a->full)));
    while (sql_lexer_next(&l, &t) != SQL_TOK_END)
        last = t;
    char *name = arena_alloc(&a->session->message_arena, last.text.n + 1);
    if (!name)
        return err_oom(a->err);
    name[sql_name_read(&last, name)] = '\0';
    const char *literal = step_literal(a->session, name), *schema = step_literal(a->session, now.schema);
    const char *sql =
        literal && schema
            ? step_text(a->session,
                        "SELECT table_name, sql, comment FROM system.main.duckdb_tables() WHERE "
                        "database_name = %s AND schema_name = %s AND lower(table_name) = lower(%s)",
                        now.temporary ? "'temp'" : "current_database()", schema, literal)
            : NULL;
    if (!sql)
        return err_oom(a->err);
    TRY(session_ask(a->session, sql, &rows, a->err));
    TRY(ask_check(&rows, 1, rows.ncolumns, a->err));
    now.name = ask_text(&rows, 0, 0);
    now.sql = ask_value(&rows, 0, 1);
    now.comment = ask_value(&rows, 0, 2);
    now.full = a->full;
    return rebuild_table(a->session, &now, change, a->err);
}

static int rename_relation(struct altering *a, const struct sql_alter_action *action)
{
    struct session *s = a->session;
    const char *to = quoted(s, &action->to), *kind = a->relation.kind == 'v' ? "VIEW" : "TABLE";
    if (!to)
        return err_oom(a->err);
    const char *schema = a->relation.found ? step_name(s, a->relation.schema) : NULL;
    if (a->relation.found && !schema)
        return err_oom(a->err);
    const char *full = schema ? step_text(s, "%s.%s", a->relation.temporary ? "temp.main" : schema, to) : to,
               *target = a->relation.temporary ? to : full;
    if (!full)
        return err_oom(a->err);
    struct kept_keys keys = {0};
    if (a->relation.kind == 'r')
        TRY(kept_find(s, &a->relation, KEPT_TO, &keys, a->err));
    /* the engine would go on knowing it by its old name: what it refers to could never be dropped */
    if (a->relation.kind == 'r' && rebuild_constrains(&a->relation, NULL, true))
        TRY(rebuild_table(s, &a->relation, &(struct rebuild_change){.full = full}, a->err));
    else
        TRY(step_run(s, step_text(s, "ALTER %s %s RENAME TO %s", kind, a->full, to), a->err));
    a->full = full;
    TRY(referring_rename(s, &a->referring, &a->relation, target, a->err));
    return kept_renamed(s, &keys, name_of(s, &action->to), NULL, NULL, a->err);
}

/* A column of a foreign key is renamed by making the table anew. The table's indexes and the foreign keys of
 * other tables are away meanwhile, and get the new name before they come back. */
static int rename_column(struct altering *a, const struct sql_alter_action *action)
{
    struct session *s = a->session;
    bool has;
    const char *from = quoted(s, &action->from), *to = quoted(s, &action->to);
    if (a->relation.kind == 'v')
        return refuse(a, "RENAME COLUMN of a view");
    struct kept_keys keys = {0};
    if (!from || !to)
        return err_oom(a->err);
    if (a->relation.found)
        TRY(kept_find(s, &a->relation, KEPT_TO, &keys, a->err));
    if (a->relation.found && rebuild_constrains(&a->relation, &action->from, true)) {
        a->away |= a->relation.nindexes > 0;
        TRY(anew(a, &(struct rebuild_change){.what = REBUILD_RENAME, .column = &action->from, .to = to}));
    } else {
        TRY(step_run(s, step_text(s, "ALTER TABLE %s RENAME COLUMN %s TO %s", a->full, from, to), a->err));
    }
    for (size_t i = 0; a->away && i < a->relation.nindexes; i++) {
        if (!index_again_column(s, &a->relation.indexes[i], &action->from, to, &has))
            return err_oom(a->err);
    }
    TRY(referring_rename_column(s, &a->referring, &a->relation, &action->from, to, a->err));
    return kept_renamed(s, &keys, a->relation.name, name_of(s, &action->from), name_of(s, &action->to),
                        a->err);
}

/* Views that read the column go with it, or keep it. */
static int free_of_views(struct altering *a, const struct sql_alter_action *action)
{
    struct session *s = a->session;
    struct dependents d = {0};
    if (!a->relation.found || strcmp(settings_get(&s->settings, SET_TAVANA_SQL), "postgres") != 0)
        return ST_OK;
    char *column = arena_alloc(&s->message_arena, action->from.text.n + 1);
    if (!column)
        return err_oom(a->err);
    column[sql_name_read(&action->from, column)] = '\0';
    TRY(dependents_add(s, &d, &a->relation, column, a->err));
    if (d.n && !action->cascades) {
        const char *table = dependents_describe(s, &a->relation);
        const char *what = table ? step_text(s, "column %s of %s", column, table) : NULL;
        return what ? depends_refuse(&d.told, what, a->err) : err_oom(a->err);
    }
    depends_tell(s, &d.told);
    return dependents_drop(s, &d, a->err);
}

/* A table with constraints is made anew without the column, unless the command says IF EXISTS. Indexes
 * on the column do not come back. */
static int drop_column(struct altering *a, const struct sql_alter_action *action)
{
    TRY(free_of_views(a, action));
    if (a->relation.found) {
        struct session *s = a->session;
        struct kept_keys keys;
        const char *name = name_of(s, &action->from), *table = dependents_describe(s, &a->relation);
        const char *what = name && table ? step_text(s, "column %s of %s", name, table) : NULL;
        TRY(kept_find(s, &a->relation, KEPT_TO, &keys, a->err));
        TRY(what ? kept_depend(s, &keys, name, action->cascades, what, a->err) : err_oom(a->err));
    }
    if (a->relation.found && !action->if_exists && rebuild_constrains(&a->relation, NULL, false)) {
        a->away |= a->relation.nindexes > 0;
        TRY(anew(a, &(struct rebuild_change){.what = REBUILD_DROP, .column = &action->from}));
    } else {
        TRY(plain(a, action->text));
    }
    for (size_t i = 0; a->away && i < a->relation.nindexes; i++) {
        bool has;
        if (!index_again_column(a->session, &a->relation.indexes[i], &action->from, NULL, &has))
            return err_oom(a->err);
        if (has)
            a->relation.indexes[i].name = NULL;
    }
    return ST_OK;
}

/* Of "ALTER TABLE … TYPE type [USING value]": its pieces. */
static void read_type(struct str text, struct str *type, struct str *value)
{
    struct sql_lexer l;
    struct sql_token t;
    size_t depth = 0;
    *type = *value = (struct str){0};
    sql_lexer_init(&l, sql_tokens_of(text));
    while (sql_lexer_next(&l, &t) != SQL_TOK_END) {
        if (depth == 0 && !type->p && sql_token_is_word(&t, "TYPE"))
            type->p = text.p + t.at + t.text.n;
        if (depth == 0 && type->p && sql_token_is_word(&t, "USING")) {
            *type = (struct str){type->p, (size_t)(text.p + t.at - type->p)};
            *value = (struct str){text.p + t.at + t.text.n, text.n - t.at - t.text.n};
            return;
        }
        depth += sql_token_is(&t, '(');
        depth -= sql_token_is(&t, ')') && depth;
    }
    type->n = type->p ? (size_t)(text.p + text.n - type->p) : 0;
}

/* The engine changes the type of a column that no constraint has. */
static int new_type(struct altering *a, const struct sql_alter_action *action)
{
    struct session *s = a->session;
    struct str led, type, value;
    if (!a->relation.found || !rebuild_constrains(&a->relation, &action->from, false))
        return plain(a, action->text);
    const char *text = step_text(s, "ALTER TABLE %s %.*s", a->full, (int)action->text.n, action->text.p);
    TRY(text ? session_lead(s, str_of(text), &led, a->err) : err_oom(a->err));
    read_type(led, &type, &value);
    if (!value.n)
        value = action->from.text;
    struct rebuild_change change = {
        .what = REBUILD_RETYPE,
        .column = &action->from,
        .to = sql_of(s, type),
        .value = step_text(s, "CAST((%.*s) AS %.*s)", (int)value.n, value.p, (int)type.n, type.p)};
    if (!change.to || !change.value)
        return err_oom(a->err);
    a->away |= a->relation.nindexes > 0;
    return anew(a, &change);
}

/* Whether CHECKs of ours can be kept: the engine's own databases do, in PostgreSQL's SQL. */
static bool keeps_limits(const struct altering *a)
{
    return a->relation.found && a->relation.native &&
           strcmp(settings_get(&a->session->settings, SET_TAVANA_SQL), "postgres") == 0;
}

/* A constraint is no statement, in which names would be folded: its words without quotes are. NULL without
 * memory. */
static const char *folded(struct session *s, struct str text)
{
    struct sql_lexer l;
    struct sql_token t;
    char *copy = arena_strndup(&s->message_arena, text.p, text.n);
    sql_lexer_init(&l, sql_tokens_of(text));
    while (copy && sql_lexer_next(&l, &t) != SQL_TOK_END)
        for (size_t i = 0; t.kind == SQL_TOK_WORD && i < t.text.n; i++)
            if (copy[t.at + i] >= 'A' && copy[t.at + i] <= 'Z')
                copy[t.at + i] = (char)(copy[t.at + i] - 'A' + 'a');
    return copy;
}

/* What the engine gets of a constraint, which only a statement's words around it make PostgreSQL's. */
static int lead_constraint(struct altering *a, const char *words, struct str *out)
{
    static const char around[] = "ALTER TABLE z_t ADD ";
    const size_t n = sizeof around - 1;
    const char *text = words ? step_text(a->session, "%s%s", around, words) : NULL;
    TRY(text ? session_lead(a->session, str_of(text), out, a->err) : err_oom(a->err));
    if (out->n <= n || memcmp(out->p, around, n) != 0)
        return session_lead(a->session, str_of(words), out, a->err);
    *out = (struct str){out->p + n, out->n - n};
    return ST_OK;
}

/* A foreign key, if it is one that the session keeps. */
static int add_kept(struct altering *a, const struct sql_reference *x, bool *kept)
{
    struct session *s = a->session;
    struct relation *r = &a->relation;
    struct kept_owner own = {.schema = r->schema, .name = r->name, .temporary = r->temporary};
    const char *text = NULL;
    if (!r->native && (x->on_update != 'a' || x->on_delete != 'a'))
        return refuse(a, "ON DELETE or ON UPDATE of a foreign key here");
    if (r->native) {
        TRY(kept_any(s, r, &own.keeps, a->err));
        TRY(kept_decide(s, &own, x, &text, a->err));
    }
    *kept = text != NULL;
    if (!text)
        return ST_OK;
    if (!own.keeps)
        TRY(kept_take_over(s, r, a->err));
    a->away |= r->nindexes > 0;
    TRY(anew(a, &(struct rebuild_change){.added = text}));
    return kept_validate(s, r, true, a->err);
}

/* The engine cannot add this to a table that is there, so the table is made anew with it. The text that keeps
 * the constraint's name is used where such CHECKs are kept at all. */
static int add_checked(struct altering *a, const struct sql_alter_action *action)
{
    bool kept = false;
    if (action->reference && a->relation.found)
        TRY(add_kept(a, action->reference, &kept));
    if (kept)
        return ST_OK;
    struct str led, added = action->options.n && keeps_limits(a) ? action->options : action->text;
    TRY(lead_constraint(a, folded(a->session, added), &led));
    const char *text = sql_of(a->session, led);
    if (!text)
        return err_oom(a->err);
    if (!a->relation.found)
        return refuse(a, "ADD CONSTRAINT here");
    a->away |= a->relation.nindexes > 0;
    return anew(a, &(struct rebuild_change){.added = text});
}

static int add_limit(struct altering *a, const struct sql_alter_action *action)
{
    assert(action->what == SQL_ALTER_LIMIT && action->text.n > 0);
    if (!keeps_limits(a) || a->had_column)
        return ST_OK;
    return add_checked(a, action);
}

/* A column's facts, of the catalog as it is now: at, or that there is such a column. */
static int ask_column(struct altering *a, const struct sql_token *column, const char *format,
                      struct ask_rows *rows)
{
    struct session *s = a->session;
    assert(sql_token_is_name(column) && a->relation.found);
    char *name = arena_alloc(&s->message_arena, column->text.n + 1);
    if (!name)
        return err_oom(a->err);
    name[sql_name_read(column, name)] = '\0';
    const char *literal = step_literal(s, name), *table = step_literal(s, a->relation.name),
               *schema = step_literal(s, a->relation.schema);
    const char *sql =
        literal && table && schema
            ? step_text(
                  s,
                  "%s WHERE database_name = %s AND schema_name = %s AND table_name = %s AND "
                  "system.main.lower(%s) = system.main.lower(%s)",
                  format, a->relation.temporary ? "'temp'" : "system.main.current_database()", schema, table,
                  strstr(format, "duckdb_columns") ? "column_name" : "constraint_column_names[1]", literal)
            : NULL;
    return sql ? session_ask(s, sql, rows, a->err) : err_oom(a->err);
}

static int drop_limit(struct altering *a, const struct sql_alter_action *action)
{
    struct ask_rows rows;
    assert(action->what == SQL_ALTER_UNLIMIT);
    if (!keeps_limits(a))
        return ST_OK;
    TRY(ask_column(
        a, &action->from,
        action->if_exists
            ? "SELECT constraint_text FROM (SELECT * FROM system.main.duckdb_constraints() WHERE "
              "constraint_type = 'CHECK' AND tavana_catalog.pg.check_identity(expression) IS NOT NULL)"
            : "SELECT constraint_text FROM (SELECT * FROM system.main.duckdb_constraints() WHERE "
              "constraint_type = 'CHECK' AND (tavana_catalog.pg.check_type(expression) IS NOT NULL OR "
              "tavana_catalog.pg.check_domain(expression) IS NOT NULL))",
        &rows));
    for (size_t i = 0; i < rows.n; i++) {
        a->away |= a->relation.nindexes > 0;
        TRY(anew(a, &(struct rebuild_change){.dropped = ask_text(&rows, i, 0)}));
    }
    return ST_OK;
}

/* ADD COLUMN; if_exists: IF NOT EXISTS. */
static int add_column(struct altering *a, const struct sql_alter_action *action)
{
    struct ask_rows rows = {0};
    a->had_column = false;
    if (action->if_exists && a->relation.found)
        TRY(ask_column(a, &action->from, "SELECT 1 FROM system.main.duckdb_columns()", &rows));
    a->had_column = rows.n > 0;
    return plain(a, action->text);
}

static int drop_constraint(struct altering *a, const struct sql_alter_action *action)
{
    struct session *s = a->session;
    struct ask_rows rows;
    for (size_t i = 0; i < a->relation.nindexes; i++) /* UNIQUE is one */
        if (a->relation.indexes[i].unique &&
            str_ieq(str_of(a->relation.indexes[i].name), sql_name_bare(&action->from))) {
            a->relation.indexes[i].name = NULL;
            return ST_OK;
        }
    char *name = arena_alloc(&s->message_arena, action->from.text.n + 1);
    if (!name)
        return err_oom(a->err);
    name[sql_name_read(&action->from, name)] = '\0';
    const char *literal = step_literal(s, name), *table = step_literal(s, a->relation.name),
               *schema = step_literal(s, a->relation.schema);
    const char *sql =
        literal && table && schema
            ? step_text(s,
                        "SELECT CASE WHEN e.constraint_text = '' THEN 'FOREIGN KEY (' || "
                        "tavana_catalog.pg.quoted_list(constraint_column_names) || ') REFERENCES ' || "
                        "tavana_catalog.pg.quoted(c.table_name) || '(' || "
                        "tavana_catalog.pg.quoted_list(referenced_column_names) || ')' ELSE "
                        "e.constraint_text END, e.constraint_type FROM (SELECT constraint_text, "
                        "constraint_type, constraint_column_names, "
                        "referenced_column_names, database_name, schema_name, "
                        "table_name, system.main.row_number() OVER (PARTITION BY table_oid ORDER BY "
                        "constraint_index) AS n FROM system.main.duckdb_constraints() WHERE constraint_type "
                        "IN ('PRIMARY KEY', 'UNIQUE', 'FOREIGN KEY', 'CHECK')) e JOIN "
                        "tavana_catalog.pg.constraints() c ON e.database_name = c.database_name AND "
                        "c.schema_name = tavana_catalog.pg.shown_schema(e.database_name, e.schema_name) AND "
                        "e.table_name = c.table_name AND e.n = (c.oid::BIGINT - 100000000) %% 64 WHERE "
                        "e.database_name = %s AND e.schema_name = %s AND e.table_name = %s AND "
                        "lower(c.name) = lower(%s)",
                        a->relation.temporary ? "'temp'" : "current_database()", schema, table, literal)
            : NULL;
    if (!sql)
        return err_oom(a->err);
    TRY(session_ask(s, sql, &rows, a->err));
    if (rows.n > 0) {
        const char *words = step_text(s, "%s %s", ask_text(&rows, 0, 1), name);
        const char *mark = words ? step_literal(s, words) : NULL;
        mark = mark ? step_text(s, "CHECK(((%s IS NOT NULL) OR ", mark) : NULL;
        if (!mark)
            return err_oom(a->err);
        a->away |= a->relation.nindexes > 0;
        return anew(a, &(struct rebuild_change){.dropped = ask_text(&rows, 0, 0), .mark = mark});
    }
    if (!action->if_exists)
        return err_set(a->err, SQLSTATE_UNDEFINED_OBJECT,
                       "constraint \"%s\" of relation \"%s\" does not exist", name, a->relation.name);
    session_notice(s, REPLY_NOTICE, SQLSTATE_SUCCESSFUL_COMPLETION,
                   "constraint \"%s\" of relation \"%s\" does not exist, skipping", name, a->relation.name);
    return ST_OK;
}

/* The sequence's name as SQL. NULL without memory. */
static const char *serial_name(struct altering *a, const char *column)
{
    struct session *s = a->session;
    const char *name = step_text(s, "%s_%s_seq", a->relation.name, column);
    const char *part = name ? step_name(s, name) : NULL, *schema = step_name(s, a->relation.schema);
    bool in_main = strcmp(a->relation.schema, "main") == 0;
    return part && schema ? step_text(s, "%s%s%s", in_main ? "" : schema, in_main ? "" : ".", part) : NULL;
}

/* A new column gets its numbers when the table is made anew: the engine adds none whose default changes. */
static int add_serial(struct altering *a, const struct sql_alter_action *action)
{
    struct session *s = a->session;
    struct str type = action->type;
    char *column = arena_alloc(&s->message_arena, action->from.text.n + 1);
    if (!column)
        return err_oom(a->err);
    column[sql_name_read(&action->from, column)] = '\0';
    struct str given = action->sequence.name;
    const char *sequence = given.n ? sequence_name(s, given) : serial_name(a, column);
    const char *name = step_name(s, column);
    const char *literal = sequence ? step_literal(s, sequence) : NULL;
    if (!literal || !name)
        return err_oom(a->err);
    TRY(step_run(s,
                 step_text(s, "CREATE OR REPLACE %sSEQUENCE %s %.*s", a->relation.temporary ? "TEMP " : "",
                           sequence, (int)action->options.n, action->options.n ? action->options.p : ""),
                 a->err));
    if (!type.n)
        return step_run(
            s, step_text(s, "ALTER TABLE %s ALTER COLUMN %s SET DEFAULT nextval(%s)", a->full, name, literal),
            a->err);
    a->away |= a->relation.nindexes > 0;
    const char *added =
        step_text(s, "%s %.*s DEFAULT nextval(%s) NOT NULL", name, (int)type.n, type.p, literal);
    return added ? anew(a, &(struct rebuild_change){.added = added}) : err_oom(a->err);
}

/* There is one role to be seen, the user. */
static int owner(struct altering *a, const struct sql_alter_action *action)
{
    const struct sql_token *t = &action->to;
    if (sql_token_is_word(t, "CURRENT_USER") || sql_token_is_word(t, "SESSION_USER") ||
        sql_token_is_word(t, "CURRENT_ROLE") || str_ieq(sql_name_bare(t), str_of(a->session->user)))
        return ST_OK;
    struct str name = sql_name_bare(t);
    return err_set(a->err, SQLSTATE_UNDEFINED_OBJECT, "role \"%.*s\" does not exist", (int)name.n, name.p);
}

/* The engine has no RENAME for it: another one with the same keys. */
static int rename_index(struct altering *a, const struct sql_alter_action *action)
{
    struct session *s = a->session;
    struct sql_lexer l;
    struct sql_token t;
    const char *to = quoted(s, &action->to), *sql = a->relation.sql;
    sql_lexer_init(&l, sql_tokens_of(str_of(sql)));
    while (sql_lexer_next(&l, &t) != SQL_TOK_END && !sql_token_is_word(&t, "INDEX"))
        ;
    (void)sql_lexer_next(&l, &t);
    if (!to)
        return err_oom(a->err);
    const char *text = step_text(s, "%.*s%s%s", (int)t.at, sql, to, sql + t.at + t.text.n);
    TRY(step_run(s, step_text(s, "DROP INDEX %s", a->full), a->err));
    TRY(step_run(s, text, a->err));
    const char *comment = a->relation.comment;
    return comment ? index_again_comment(s, &a->relation, to, comment, a->err) : ST_OK;
}

/* ALTER SEQUENCE has options, OWNER TO and what changes nothing. RENAME is among what is refused. */
static int of_sequence(struct altering *a, const struct sql_alter_action *action)
{
    if (action->what == SQL_ALTER_OPTIONS && a->relation.found)
        return sequence_alter(a->session, &a->relation, &action->sequence, a->err);
    if (action->what == SQL_ALTER_OWNER || action->what == SQL_ALTER_NOTHING)
        return action->what == SQL_ALTER_OWNER ? owner(a, action) : ST_OK;
    return refuse(a, "this form of ALTER SEQUENCE");
}

/* ALTER TABLE … ALTER COLUMN … RESTART */
static int alter_sequence(struct altering *a, const struct sql_alter_action *action)
{
    struct relation q;
    char *column = arena_alloc(&a->session->message_arena, action->from.text.n + 1);
    if (!column)
        return err_oom(a->err);
    column[sql_name_read(&action->from, column)] = '\0';
    TRY(sequence_of_column(a->session, &a->relation, column, &q, a->err));
    if (!q.found)
        return err_set(a->err, SQLSTATE_OBJECT_NOT_IN_PREREQUISITE_STATE,
                       "column \"%s\" of relation \"%s\" is not an identity column", column,
                       a->relation.name);
    return sequence_alter(a->session, &q, &action->sequence, a->err);
}

static int run_action(struct altering *a, const struct sql_alter_action *action)
{
    if (a->alter->object == SQL_ALTER_SEQUENCE)
        return of_sequence(a, action);
    if (a->alter->object == SQL_ALTER_INDEX && action->what == SQL_ALTER_RENAME)
        return rename_index(a, action);
    bool names = action->what == SQL_ALTER_RENAME || action->what == SQL_ALTER_RENAME_COLUMN ||
                 action->what == SQL_ALTER_OWNER || action->what == SQL_ALTER_NOTHING;
    if (!names && (a->relation.kind == 'v' || a->alter->object == SQL_ALTER_INDEX))
        return refuse(a, "this form of ALTER");
    switch (action->what) {
    case SQL_ALTER_PLAIN: return plain(a, action->text);
    case SQL_ALTER_LIGHT: return add_column(a, action);
    case SQL_ALTER_RENAME: return rename_relation(a, action);
    case SQL_ALTER_RENAME_COLUMN: return rename_column(a, action);
    case SQL_ALTER_DROP_COLUMN: return drop_column(a, action);
    case SQL_ALTER_TYPE: return new_type(a, action);
    case SQL_ALTER_ADD_CHECKED: return add_checked(a, action);
    case SQL_ALTER_LIMIT: return add_limit(a, action);
    case SQL_ALTER_UNLIMIT: return drop_limit(a, action);
    case SQL_ALTER_DROP_CONSTRAINT: return drop_constraint(a, action);
    case SQL_ALTER_ADD_SERIAL: return add_serial(a, action);
    case SQL_ALTER_OWNER: return owner(a, action);
    case SQL_ALTER_OPTIONS: return alter_sequence(a, action);
    case SQL_ALTER_NOTHING: break;
    }
    return ST_OK;
}

/* There is no such relation: an error, or with IF EXISTS a notice. */
static int missing(struct altering *a)
{
    const struct sql_alter *x = a->alter;
    const struct sql_token *parts[] = {&x->database, &x->schema, &x->relation};
    char name[3 * (SQL_NAME_MAX + 2)];
    size_t n = 0;
    for (size_t i = 0; i < 3; i++) {
        struct str part = parts[i]->kind == SQL_TOK_END ? (struct str){0} : sql_name_bare(parts[i]);
        int len = snprintf(name + n, sizeof name - n, "%s%.*s", n ? "." : "",
                           (int)(part.n < SQL_NAME_MAX ? part.n : SQL_NAME_MAX), part.n ? part.p : "");
        n += part.n && len > 0 ? (size_t)len : 0;
    }
    name[n] = '\0';
    if (!x->if_exists)
        return err_set(a->err, SQLSTATE_UNDEFINED_TABLE, "relation \"%s\" does not exist", name);
    session_notice(a->session, REPLY_NOTICE, SQLSTATE_SUCCESSFUL_COMPLETION,
                   "relation \"%s\" does not exist, skipping", name);
    return ST_OK;
}

/* Tables that refer to this one are put aside first, then its indexes; after the last action both come back
 * in the other order. So each is moved once, however many actions there are. */
int alter_run(struct session *s, struct statement *command, struct command_result *r, struct err *e)
{
    assert(command->sql.kind == SQL_ALTER);
    TRY(statement_parse(s, command, e));
    struct altering a = {.session = s, .alter = &command->sql.parsed->alter, .err = e};
    TRY(tx_implicit_begin(s, e));
    TRY(tx_before_statement(s, true, e));
    TRY(portals_start_readers(s, s->portals.running, e));
    (void)snprintf(r->tag, sizeof r->tag, "%s", a.alter->tag);
    TRY(find(&a));
    if (!a.relation.found && (a.alter->database.kind == SQL_TOK_END || a.alter->object != SQL_ALTER_TABLE))
        return missing(&a);
    if (a.alter->object == SQL_ALTER_VIEW && a.relation.kind == 'r')
        return err_set(e, SQLSTATE_WRONG_OBJECT_TYPE, "\"%s\" is not a view", a.relation.name);
    TRY(put_referring_aside(&a));
    TRY(put_indexes_away(&a));
    for (size_t i = 0; i < a.alter->n; i++)
        TRY(run_action(&a, &a.alter->actions[i]));
    TRY(put_indexes_back(&a));
    return put_referring_back(&a);
}
