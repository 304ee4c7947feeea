/* Read token by token: the head, then actions between commas that stand in no bracket. ADD COLUMN with
 * constraints becomes the column and an action for each of them. What is not known here goes to the engine as
 * it is written, which says what it thinks of it. Source: PostgreSQL 15 manual, ALTER TABLE. */
#include "sql/alter.h"

#include "base/buf.h"
#include "sql/limit.h"
#include "sql/literals.h"
#include "sql/mark.h"
#include "sql/reader.h"
#include "sql/serial.h"
#include "sql/statement.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *first, *second, *tag;
    enum sql_alter_object object;
} objects[] = {
    {"TABLE", NULL, "ALTER TABLE", SQL_ALTER_TABLE},
    {"VIEW", NULL, "ALTER VIEW", SQL_ALTER_VIEW},
    {"MATERIALIZED", "VIEW", "ALTER MATERIALIZED VIEW", SQL_ALTER_MATVIEW},
    {"INDEX", NULL, "ALTER INDEX", SQL_ALTER_INDEX},
    {"SEQUENCE", NULL, "ALTER SEQUENCE", SQL_ALTER_SEQUENCE},
};

enum { LIMIT_TEXT_MAX = 64 * 1024 };
struct alter {
    struct reader r;
    struct sql_alter *out;
    struct sql_token constraint; /* the name that was given to a column's next one; END: none */
};

static struct str between(const struct reader *r, size_t from, size_t to)
{
    while (to > from && strchr(" \t\r\n", r->text.p[to - 1]))
        to--;
    return (struct str){r->text.p + from, to - from};
}

static int refuse(struct alter *a, const struct sql_token *at, const char *what)
{
    (void)err_set(a->r.err, SQLSTATE_FEATURE_NOT_SUPPORTED, "%s is not supported", what);
    a->r.err->position = str_position(a->r.text, at->at);
    return ST_ERR;
}

/* One action more. *out is valid until the next one. */
static int add(struct alter *a, enum sql_alter_what what, struct sql_alter_action **out)
{
    struct sql_alter *all = a->out;
    if (all->n == SQL_ALTER_ACTIONS_MAX)
        return err_set(a->r.err, SQLSTATE_PROGRAM_LIMIT_EXCEEDED, "an ALTER can have at most %d actions",
                       SQL_ALTER_ACTIONS_MAX);
    if ((all->n & (all->n - 1)) == 0) { /* full at each power of two */
        struct sql_alter_action *more = arena_calloc(a->r.arena, all->n ? 2 * all->n : 1, sizeof *more);
        if (!more)
            return err_oom(a->r.err);
        if (all->n)
            memcpy(more, all->actions, all->n * sizeof *more);
        all->actions = more;
    }
    *out = &all->actions[all->n++];
    **out = (struct sql_alter_action){.what = what};
    return ST_OK;
}

/* ---- the head ---- */

static bool read_head(struct reader *r, struct sql_alter *out)
{
    size_t i = 0;
    if (!reader_take(r, "ALTER"))
        return false;
    while (i < sizeof objects / sizeof *objects && !reader_take(r, objects[i].first))
        i++;
    if (i == sizeof objects / sizeof *objects || (objects[i].second && !reader_take(r, objects[i].second)))
        return false;
    out->object = objects[i].object;
    out->tag = objects[i].tag;
    if (reader_take(r, "IF"))
        out->if_exists = reader_take(r, "EXISTS");
    (void)reader_take(r, "ONLY");
    size_t from = r->token.at;
    out->schema = out->database = (struct sql_token){.kind = SQL_TOK_END};
    while (sql_token_is_name(&r->token)) {
        out->relation = r->token;
        reader_next(r);
        out->name = (struct str){r->text.p + from, out->relation.at + out->relation.text.n - from};
        if (!sql_token_is(&r->token, '.'))
            break;
        out->database = out->schema;
        out->schema = out->relation;
        reader_next(r);
    }
    if (r->token.kind == SQL_TOK_OP && r->token.text.n == 1 && r->token.text.p[0] == '*')
        reader_next(r);
    return out->name.n > 0;
}

bool sql_is_alter(struct sql_tokens sql)
{
    struct reader r;
    struct sql_alter a = {0};
    reader_init(&r, NULL, sql, NULL);
    return read_head(&r, &a);
}

/* ---- pieces ---- */

static bool ends_action(const struct sql_token *t)
{
    return sql_token_is(t, ',') || t->kind == SQL_TOK_END || t->kind == SQL_TOK_BAD || sql_token_is(t, ';');
}

/* On to the end of the action, or to one of the words (NULL: none), outside of brackets. */
static void skip_to(struct reader *r, const char *const *words)
{
    size_t depth = 0;
    while (r->token.kind != SQL_TOK_END && r->token.kind != SQL_TOK_BAD) {
        if (depth == 0 && ends_action(&r->token))
            return;
        for (size_t i = 0; depth == 0 && words && words[i]; i++)
            if (sql_token_is_word(&r->token, words[i]))
                return;
        depth += sql_token_is(&r->token, '(') || sql_token_is(&r->token, '[');
        depth -= (sql_token_is(&r->token, ')') || sql_token_is(&r->token, ']')) && depth;
        reader_next(r);
    }
}

static struct sql_token take_name(struct reader *r)
{
    struct sql_token name = {.kind = SQL_TOK_END};
    if (sql_token_is_name(&r->token)) {
        name = r->token;
        reader_next(r);
    }
    return name;
}

/* The rest of the action as it is written. */
static int rest(struct alter *a, enum sql_alter_what what, size_t from)
{
    struct sql_alter_action *action;
    TRY(add(a, what, &action));
    skip_to(&a->r, NULL);
    action->text = between(&a->r, from, a->r.token.at);
    return ST_OK;
}

static int nothing(struct alter *a)
{
    struct sql_alter_action *action;
    skip_to(&a->r, NULL);
    return add(a, SQL_ALTER_NOTHING, &action);
}

static int text_of(struct alter *a, const char *before, struct str name, const char *after, struct str *out)
{
    size_t n = strlen(before) + name.n + strlen(after) + 1;
    char *text = arena_alloc(a->r.arena, n);
    if (!text)
        return err_oom(a->r.err);
    int len = snprintf(text, n, "%s%.*s%s", before, (int)name.n, name.p, after);
    *out = (struct str){text, (size_t)len};
    return ST_OK;
}

/* ---- constraints ---- */

/* Behind a constraint: when it is checked, which is always at once. */
static void skip_attributes(struct reader *r)
{
    for (;;) {
        if (reader_take(r, "DEFERRABLE") || reader_take(r, "VALID") || reader_take(r, "NOT") ||
            reader_take(r, "INHERIT") || reader_take(r, "NO"))
            continue;
        if (!reader_take(r, "INITIALLY"))
            return;
        reader_next(r);
    }
}

/* The bracket at the current token, with what lies in it. */
static struct str bracket(struct reader *r)
{
    size_t depth = 0, from = r->token.at, to = from;
    while (r->token.kind != SQL_TOK_END && r->token.kind != SQL_TOK_BAD) {
        depth += sql_token_is(&r->token, '(');
        depth -= sql_token_is(&r->token, ')') && depth;
        to = r->token.at + r->token.text.n;
        reader_next(r);
        if (depth == 0)
            break;
    }
    return (struct str){r->text.p + from, to - from};
}

/* Behind REFERENCES of a column, or behind FOREIGN of the table. */
static int reference(struct alter *a, const struct sql_token *column, const struct sql_token *name)
{
    struct reader *r = &a->r;
    struct sql_alter_action *action;
    struct sql_token at = r->token;
    struct sql_reference *x = arena_calloc(r->arena, 1, sizeof *x);
    if (!x)
        return err_oom(r->err);
    *x = (struct sql_reference){.name = *name, .columns = column ? column->text : (struct str){0}};
    if (!column) {
        if (!reader_take(r, "KEY") || !sql_token_is(&r->token, '('))
            return reader_syntax_error(r);
        x->columns = sql_read_brackets(r);
        if (!reader_take(r, "REFERENCES"))
            return reader_syntax_error(r);
    }
    TRY(sql_read_reference(r, x));
    if (x->full && memchr(x->columns.p, ',', x->columns.n))
        return refuse(a, &at, "MATCH FULL");
    TRY(add(a, SQL_ALTER_ADD_CHECKED, &action));
    action->reference = x;
    TRY(sql_reference_text(r->arena, x, &action->text, r->err));
    return sql_marked_key(r->arena, "FOREIGN KEY ", name, action->text, &action->options, r->err);
}

/* The engine cannot add UNIQUE to a table that is there: the table is made anew with it. columns: those of a
 * column's own constraint; n 0: they are in the bracket that comes. */
static int unique(struct alter *a, struct sql_token name, struct str columns)
{
    struct reader *r = &a->r;
    struct sql_alter_action *action;
    struct sql_token at = r->token;
    if (reader_take(r, "NULLS") && reader_take(r, "NOT"))
        return refuse(a, &at, "NULLS NOT DISTINCT");
    (void)reader_take(r, "DISTINCT");
    if (sql_token_is_word(&r->token, "USING"))
        return refuse(a, &r->token, "ADD CONSTRAINT USING INDEX");
    if (!columns.n)
        columns = bracket(r);
    skip_to(r, NULL);
    TRY(add(a, SQL_ALTER_ADD_CHECKED, &action));
    TRY(text_of(a, "UNIQUE ", columns, "", &action->text));
    return sql_marked_key(r->arena, "UNIQUE ", &name, action->text, &action->options, r->err);
}

/* Without a name the engine adds the key itself. A name is kept in a CHECK beside the key (sql/mark.h), and
 * for that the table is made anew. */
static int primary(struct alter *a, struct sql_token name, struct str columns)
{
    struct sql_alter_action *action;
    if (sql_token_is_word(&a->r.token, "USING"))
        return refuse(a, &a->r.token, "ADD CONSTRAINT USING INDEX");
    if (!columns.n)
        columns = bracket(&a->r);
    skip_to(&a->r, NULL);
    bool named = name.kind != SQL_TOK_END;
    TRY(add(a, named ? SQL_ALTER_ADD_CHECKED : SQL_ALTER_PLAIN, &action));
    TRY(text_of(a, named ? "PRIMARY KEY " : "ADD PRIMARY KEY ", columns, "", &action->text));
    return sql_marked_key(a->r.arena, "PRIMARY KEY ", &name, action->text, &action->options, a->r.err);
}

/* ADD [CONSTRAINT name] … of the table, behind the name. */
static int table_constraint(struct alter *a, struct sql_token name)
{
    struct reader *r = &a->r;
    size_t from = r->token.at;
    struct sql_token first = r->token;
    if (reader_take(r, "UNIQUE"))
        return unique(a, name, (struct str){0});
    if (reader_take(r, "PRIMARY"))
        return reader_take(r, "KEY") ? primary(a, name, (struct str){0}) : reader_syntax_error(r);
    if (reader_take(r, "CHECK")) {
        struct sql_alter_action *action;
        (void)bracket(r);
        struct str text = between(r, from, r->token.at);
        skip_attributes(r);
        TRY(add(a, SQL_ALTER_ADD_CHECKED, &action));
        action->text = text;
        return sql_marked_check(r->arena, &name, text, &action->options, r->err);
    }
    if (reader_take(r, "FOREIGN"))
        return reference(a, NULL, &name);
    if (reader_take(r, "EXCLUDE"))
        return refuse(a, &first, "EXCLUDE");
    return reader_syntax_error(r);
}

/* The CHECK that keeps the modifier of the column's type, when that has one. */
static int limit(struct alter *a, const struct sql_token *column, const struct sql_token *type)
{
    struct sql_alter_action *action;
    struct str text;
    TRY(sql_limit_check(a->r.arena, a->r.tokens, type->at, column->text, &text, a->r.err));
    if (!text.n)
        return ST_OK;
    TRY(add(a, SQL_ALTER_LIMIT, &action));
    action->from = *column;
    action->text = text;
    return ST_OK;
}

/* ---- ADD COLUMN ---- */

#define NOWHERE SIZE_MAX

static const char *const constraint_words[] = {"NOT",        "NULL",       "UNIQUE",    "PRIMARY",
                                               "CHECK",      "REFERENCES", "GENERATED", "DEFAULT",
                                               "CONSTRAINT", "DEFERRABLE", "INITIALLY", NULL};

/* The CHECK that says that a column is an identity, as sql/table.c writes it. */
static int identity(struct alter *a, const struct sql_token *column, bool always)
{
    struct sql_alter_action *action;
    TRY(add(a, SQL_ALTER_LIMIT, &action));
    action->from = *column;
    return text_of(a,
                   always ? "CHECK ('generated always as identity' IS NOT NULL OR "
                          : "CHECK ('generated by default as identity' IS NOT NULL OR ",
                   column->text, " IS NULL)", &action->text);
}

/* GENERATED … AS IDENTITY of a column; added: the place of the action that adds it, or no place. */
static int generated(struct alter *a, const struct sql_token *column, size_t added)
{
    struct reader *r = &a->r;
    struct sql_alter_action *action;
    bool always = reader_take(r, "ALWAYS");
    (void)(always || (reader_take(r, "BY") && reader_take(r, "DEFAULT")));
    (void)reader_take(r, "AS");
    if (!reader_take(r, "IDENTITY")) /* a computed column */
        return refuse(a, &r->token, "ADD COLUMN GENERATED ALWAYS AS");
    struct sql_sequence_options options = {0};
    if (sql_token_is(&r->token, '(')) {
        reader_next(r);
        TRY(sql_read_sequence_options(r, &options));
        reader_next(r);
    }
    if (added == NOWHERE)
        TRY(add(a, SQL_ALTER_ADD_SERIAL, &action));
    else
        action = &a->out->actions[added];
    action->what = SQL_ALTER_ADD_SERIAL;
    action->from = *column;
    action->sequence = options;
    const char *type = action->type.n ? sql_sequence_type(action->type) : NULL;
    TRY(sql_sequence_text(r->arena, &options, type, &action->options, r->err));
    return identity(a, column, always);
}

/* One constraint of a column that was added. */
static int column_constraint(struct alter *a, const struct sql_token *column, size_t added)
{
    struct reader *r = &a->r;
    struct sql_alter_action *action;
    struct str list;
    size_t from = r->token.at;
    if (reader_take(r, "CONSTRAINT")) {
        a->constraint = r->token;
        reader_next(r);
        return ST_OK;
    }
    struct sql_token name = a->constraint;
    a->constraint = (struct sql_token){.kind = SQL_TOK_END};
    TRY(text_of(a, "(", column->text, ")", &list));
    if (reader_take(r, "NOT")) {
        if (!reader_take(r, "NULL"))
            return ST_OK; /* DEFERRABLE */
        TRY(add(a, SQL_ALTER_PLAIN, &action));
        return text_of(a, "ALTER COLUMN ", column->text, " SET NOT NULL", &action->text);
    }
    if (reader_take(r, "UNIQUE"))
        return unique(a, (struct sql_token){.kind = SQL_TOK_END}, list);
    if (reader_take(r, "PRIMARY"))
        return reader_take(r, "KEY") ? primary(a, (struct sql_token){.kind = SQL_TOK_END}, list)
                                     : reader_syntax_error(r);
    if (reader_take(r, "CHECK")) {
        (void)bracket(r);
        TRY(add(a, SQL_ALTER_ADD_CHECKED, &action));
        action->text = between(r, from, r->token.at);
        return ST_OK;
    }
    if (reader_take(r, "REFERENCES"))
        return reference(a, column, &name);
    if (reader_take(r, "GENERATED"))
        return generated(a, column, added);
    reader_next(r);
    return ST_OK;
}

/* "ADD COLUMN [IF NOT EXISTS] name type DEFAULT …" */
static int column_text(struct alter *a, bool if_not_exists, const struct sql_token *column, struct str type,
                       struct str also, struct str *out)
{
    size_t room = column->text.n + type.n + also.n + 64;
    char *copy = arena_alloc(a->r.arena, room);
    if (!copy)
        return err_oom(a->r.err);
    int n =
        snprintf(copy, room, "ADD COLUMN %s%.*s %.*s %.*s", if_not_exists ? "IF NOT EXISTS " : "",
                 (int)column->text.n, column->text.p, (int)type.n, type.p, (int)also.n, also.n ? also.p : "");
    *out = (struct str){copy, (size_t)n};
    return ST_OK;
}

/* DEFAULT … up to the next constraint. */
static struct str default_of(struct reader *r)
{
    size_t from = r->token.at;
    reader_next(r);
    if (sql_token_is_word(&r->token, "NULL"))
        reader_next(r);
    skip_to(r, constraint_words);
    return between(r, from, r->token.at);
}

/* The type, COLLATE and DEFAULT are one action, whatever their order; each constraint is another. */
static int add_column(struct alter *a, bool if_not_exists)
{
    struct reader *r = &a->r;
    struct sql_token column = take_name(r);
    struct sql_alter_action *action;
    struct str also = {0};
    if (column.kind == SQL_TOK_END)
        return reader_syntax_error(r);
    const char *serial = sql_serial_type(&r->token);
    struct sql_token type_token = r->token;
    size_t type_at = r->token.at, added = a->out->n;
    skip_to(r, constraint_words);
    struct str type = serial ? str_of(serial) : between(r, type_at, r->token.at);
    TRY(add(a, serial ? SQL_ALTER_ADD_SERIAL : SQL_ALTER_LIGHT, &action));
    action->from = column;
    action->type = type;
    while (!ends_action(&r->token)) {
        if (sql_token_is_word(&r->token, "DEFAULT"))
            also = default_of(r);
        else
            TRY(column_constraint(a, &column, added));
    }
    action = &a->out->actions[added];
    bool plain =
        if_not_exists || serial || action->what == SQL_ALTER_ADD_SERIAL || sql_is_default_constant(also);
    TRY(column_text(a, if_not_exists, &column, type, also, &action->text));
    action->if_exists = if_not_exists;
    if (plain)
        return limit(a, &column, &type_token);
    action->what = SQL_ALTER_ADD_CHECKED; /* the engine adds columns whose default is a constant */
    action->text.p += sizeof "ADD COLUMN " - 1;
    action->text.n -= sizeof "ADD COLUMN " - 1;
    return limit(a, &column, &type_token);
}

static int add_action(struct alter *a)
{
    static const char *const constraints[] = {"UNIQUE", "PRIMARY", "CHECK", "FOREIGN", "EXCLUDE"};
    struct reader *r = &a->r;
    if (reader_take(r, "CONSTRAINT")) {
        struct sql_token name = take_name(r);
        return table_constraint(a, name);
    }
    for (size_t i = 0; i < sizeof constraints / sizeof *constraints; i++)
        if (sql_token_is_word(&r->token, constraints[i]))
            return table_constraint(a, (struct sql_token){.kind = SQL_TOK_END});
    (void)reader_take(r, "COLUMN");
    bool if_not_exists = reader_take(r, "IF") && reader_take(r, "NOT") && reader_take(r, "EXISTS");
    return add_column(a, if_not_exists);
}

/* ---- the other actions ---- */

static int drop_action(struct alter *a)
{
    struct reader *r = &a->r;
    struct sql_alter_action *action;
    bool constraint = reader_take(r, "CONSTRAINT");
    if (!constraint)
        (void)reader_take(r, "COLUMN");
    bool if_exists = reader_take(r, "IF") && reader_take(r, "EXISTS");
    TRY(add(a, constraint ? SQL_ALTER_DROP_CONSTRAINT : SQL_ALTER_DROP_COLUMN, &action));
    action->if_exists = if_exists;
    action->from = take_name(r);
    if (action->from.kind == SQL_TOK_END)
        return reader_syntax_error(r);
    action->cascades = sql_token_is_word(&r->token, "CASCADE");
    skip_to(r, NULL); /* CASCADE, RESTRICT */
    return text_of(a, if_exists ? "DROP COLUMN IF EXISTS " : "DROP COLUMN ", action->from.text, "",
                   &action->text);
}

/* TYPE … [USING …]; from: of ALTER. */
static int new_type(struct alter *a, size_t from, const struct sql_token *column)
{
    static const char *const ends[] = {"USING", NULL};
    struct reader *r = &a->r;
    struct sql_alter_action *action;
    reader_next(r);
    size_t at = r->token.at;
    skip_to(r, ends);
    struct str type = between(r, at, r->token.at), value = {0};
    if (reader_take(r, "USING")) {
        at = r->token.at;
        skip_to(r, NULL);
        value = between(r, at, r->token.at);
    }
    if (!type.n)
        return reader_syntax_error(r);
    TRY(add(a, SQL_ALTER_TYPE, &action));
    action->from = *column;
    action->type = type;
    action->options = value;
    action->text = between(r, from, r->token.at);
    return ST_OK;
}

/* The same, and what the old and the new type have for a modifier. */
static int limited_type(struct alter *a, size_t from, const struct sql_token *column)
{
    struct sql_lexer ahead = a->r.lexer;
    struct sql_alter_action *action;
    struct sql_token type;
    (void)sql_lexer_next(&ahead, &type);
    TRY(add(a, SQL_ALTER_UNLIMIT, &action));
    action->from = *column;
    TRY(new_type(a, from, column));
    return limit(a, column, &type);
}

/* ALTER [COLUMN] name …; from: of ALTER. */
static int alter_column(struct alter *a, size_t from)
{
    static const char *const nothings[] = {"STATISTICS", "STORAGE", "COMPRESSION"};
    struct reader *r = &a->r;
    struct sql_alter_action *action;
    (void)reader_take(r, "COLUMN");
    struct sql_token column = take_name(r), at = r->token;
    if (reader_take(r, "ADD")) {
        if (!reader_take(r, "GENERATED"))
            return reader_syntax_error(r);
        return generated(a, &column, NOWHERE);
    }
    bool drops = reader_take(r, "DROP");
    if (drops && reader_take(r, "IDENTITY")) {
        skip_to(r, NULL);
        TRY(add(a, SQL_ALTER_UNLIMIT, &action));
        action->from = column;
        action->if_exists = true;
        TRY(add(a, SQL_ALTER_LIGHT, &action));
        return text_of(a, "ALTER COLUMN ", column.text, " DROP DEFAULT", &action->text);
    }
    if (sql_token_is_word(&r->token, "RESTART")) {
        TRY(add(a, SQL_ALTER_OPTIONS, &action));
        action->from = column;
        return sql_read_sequence_options(r, &action->sequence);
    }
    if (reader_take(r, "RESET"))
        return refuse(a, &at, "this form of ALTER COLUMN");
    bool sets = !drops && reader_take(r, "SET");
    for (size_t i = 0; sets && i < sizeof nothings / sizeof *nothings; i++)
        if (sql_token_is_word(&r->token, nothings[i]))
            return nothing(a);
    if (sets && sql_token_is(&r->token, '('))
        return nothing(a);
    if (sets && reader_take(r, "GENERATED")) {
        bool always = sql_token_is_word(&r->token, "ALWAYS");
        skip_to(r, NULL);
        TRY(add(a, SQL_ALTER_UNLIMIT, &action));
        action->from = column;
        action->if_exists = true;
        return identity(a, &column, always);
    }
    struct sql_token data = r->token;
    if (sets && reader_take(r, "DATA") && !sql_token_is_word(&r->token, "TYPE"))
        return refuse(a, &data, "this form of ALTER COLUMN");
    if (!drops && sql_token_is_word(&r->token, "TYPE"))
        return limited_type(a, from, &column);
    bool light = sql_token_is_word(&r->token, "DEFAULT");
    return rest(a, light ? SQL_ALTER_LIGHT : SQL_ALTER_PLAIN, from);
}

static int rename_action(struct alter *a)
{
    struct reader *r = &a->r;
    struct sql_alter_action *action;
    struct sql_token at = r->token;
    if (a->out->n > 0) /* it stands alone */
        return reader_syntax_error(r);
    if (reader_take(r, "CONSTRAINT"))
        return refuse(a, &at, "RENAME CONSTRAINT");
    if (reader_take(r, "TO")) {
        TRY(add(a, SQL_ALTER_RENAME, &action));
        action->to = take_name(r);
        return action->to.kind == SQL_TOK_END ? reader_syntax_error(r) : ST_OK;
    }
    (void)reader_take(r, "COLUMN");
    TRY(add(a, SQL_ALTER_RENAME_COLUMN, &action));
    action->from = take_name(r);
    if (!reader_take(r, "TO"))
        return reader_syntax_error(r);
    action->to = take_name(r);
    return action->to.kind == SQL_TOK_END ? reader_syntax_error(r) : ST_OK;
}

static int set_action(struct alter *a)
{
    struct reader *r = &a->r;
    struct sql_token at = r->token;
    if (reader_take(r, "SCHEMA"))
        return refuse(a, &at, "SET SCHEMA");
    if (reader_take(r, "TABLESPACE"))
        return sql_token_is_word(&r->token, "pg_default") ? nothing(a)
                                                          : refuse(a, &at, "a tablespace but pg_default");
    if (sql_token_is(&r->token, '(') || reader_take(r, "LOGGED") || reader_take(r, "UNLOGGED") ||
        reader_take(r, "WITHOUT") || reader_take(r, "ACCESS"))
        return nothing(a);
    return reader_syntax_error(r);
}

/* Security and triggers are not there: what would switch them on, or off, is refused. */
static int switch_action(struct alter *a)
{
    struct reader *r = &a->r;
    struct sql_token at = r->token;
    bool enables = reader_take(r, "ENABLE");
    if (!enables)
        reader_next(r);
    if (enables != sql_token_is_word(&r->token, "TRIGGER")) /* what is so anyway */
        return refuse(a, &at, "this form of ALTER TABLE");
    return nothing(a);
}

static int owner_action(struct alter *a)
{
    struct sql_alter_action *action;
    if (!reader_take(&a->r, "TO"))
        return reader_syntax_error(&a->r);
    TRY(add(a, SQL_ALTER_OWNER, &action));
    action->to = take_name(&a->r);
    return action->to.kind == SQL_TOK_END ? reader_syntax_error(&a->r) : ST_OK;
}

static int sequence_action(struct alter *a)
{
    struct reader *r = &a->r;
    struct sql_alter_action *action;
    struct sql_sequence_options options;
    TRY(sql_read_sequence_options(r, &options));
    if (r->token.kind != SQL_TOK_END)
        return reader_syntax_error(r);
    TRY(add(a, options.any ? SQL_ALTER_OPTIONS : SQL_ALTER_NOTHING, &action));
    action->sequence = options;
    return ST_OK;
}

static int read_action(struct alter *a)
{
    struct reader *r = &a->r;
    struct sql_token first = r->token;
    size_t from = first.at;
    if (reader_take(r, "RENAME"))
        return rename_action(a);
    if (reader_take(r, "OWNER"))
        return owner_action(a);
    if (reader_take(r, "SET"))
        return set_action(a);
    if (a->out->object == SQL_ALTER_SEQUENCE)
        return sequence_action(a);
    if (reader_take(r, "ADD"))
        return add_action(a);
    if (reader_take(r, "DROP"))
        return drop_action(a);
    if (reader_take(r, "ALTER"))
        return alter_column(a, from);
    if (reader_take(r, "RESET") || reader_take(r, "VALIDATE") || reader_take(r, "CLUSTER") ||
        reader_take(r, "REPLICA"))
        return nothing(a);
    if (sql_token_is_word(&first, "ENABLE") || sql_token_is_word(&first, "DISABLE"))
        return switch_action(a);
    if (sql_token_is_word(&first, "INHERIT") || sql_token_is_word(&first, "ATTACH") ||
        sql_token_is_word(&first, "DETACH") || sql_token_is_word(&first, "FORCE") ||
        sql_token_is_word(&first, "DEPENDS"))
        return refuse(a, &first, "this form of ALTER TABLE");
    return rest(a, SQL_ALTER_PLAIN, from);
}

int sql_parse_alter(struct arena *arena, const struct sql_statement *s, struct sql_alter *out, struct err *e)
{
    struct alter a = {.out = out, .constraint = {.kind = SQL_TOK_END}};
    *out = (struct sql_alter){0};
    reader_init(&a.r, arena, sql_statement_tokens(s), e);
    if (!read_head(&a.r, out))
        return reader_syntax_error(&a.r);
    for (;;) {
        TRY(read_action(&a));
        if (!sql_token_is(&a.r.token, ','))
            break;
        reader_next(&a.r);
    }
    return reader_end(&a.r);
}
