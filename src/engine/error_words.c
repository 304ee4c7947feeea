/* A table of the engine's messages: what stands before, between and behind the names in them. First match
 * wins. The pieces that a message is cut into are copied before it is overwritten. */
#include "engine/error_words.h"

#include "engine/error_domain.h"
#include "engine/error_phrases.h"
#include "sql/name.h"
#include "sql/statement.h"
#include "sql/token.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum { PIECE_MAX = 512, PIECES_MAX = 2, KEY_MAX = 256 };

struct pieces {
    char text[PIECES_MAX][PIECE_MAX];
};

static void say(struct err *e, enum sqlstate code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* In place of what is there; position and hint stay. */
static void say(struct err *e, enum sqlstate code, const char *fmt, ...)
{
    va_list ap;
    int32_t position = e->position;
    char hint[ERR_HINT_MAX];
    memcpy(hint, e->hint, sizeof hint);
    err_init(e);
    va_start(ap, fmt);
    (void)err_vset(e, code, fmt, ap);
    va_end(ap);
    e->position = position;
    memcpy(e->hint, hint, sizeof hint);
}

/* ---- the statement ---- */

/* The engine's messages do not always name the table that the statement changes, so it is read from the
 * statement's text. Without a text, or in a statement of another kind, no table is named. */
static bool first_word_is(const char *sql, const char *word)
{
    struct sql_lexer l;
    struct sql_token t;
    if (!sql)
        return false;
    sql_lexer_init(&l, sql_tokens_of(str_of(sql)));
    (void)sql_lexer_next(&l, &t);
    return sql_token_is_word(&t, word);
}

/* What INSERT INTO, UPDATE, DELETE FROM or DROP TABLE is about, and its schema; kind END: it is none of them,
 * or no schema is said. */
static void read_target(const char *sql, struct sql_token *schema, struct sql_token *name)
{
    static const char *const words[] = {"INSERT",  "INTO", "UPDATE", "DELETE", "FROM",  "OR",
                                        "REPLACE", "DROP", "TABLE",  "IF",     "EXISTS"};
    struct sql_lexer l;
    struct sql_token t;
    *schema = *name = (struct sql_token){.kind = SQL_TOK_END};
    if (!first_word_is(sql, "INSERT") && !first_word_is(sql, "UPDATE") && !first_word_is(sql, "DELETE") &&
        !first_word_is(sql, "DROP"))
        return;
    sql_lexer_init(&l, sql_tokens_of(str_of(sql)));
    for (bool skip = true; skip;) {
        (void)sql_lexer_next(&l, &t);
        skip = false;
        for (size_t i = 0; i < sizeof words / sizeof *words; i++)
            skip |= sql_token_is_word(&t, words[i]);
    }
    *name = t;
    while (sql_token_is_name(name) && (sql_lexer_next(&l, &t), sql_token_is(&t, '.'))) {
        *schema = *name;
        (void)sql_lexer_next(&l, name);
    }
}

/* The table alone; "" when it is none of those statements. */
static void target_of(const char *sql, char out[static SQL_NAME_MAX + 1])
{
    struct sql_token schema, name;
    read_target(sql, &schema, &name);
    out[0] = '\0';
    if (sql_token_is_name(&name) && name.text.n <= SQL_NAME_MAX)
        out[sql_name_read(&name, out)] = '\0';
}

/* Of an error that says a table: its schema, if the statement says it. */
static void put_schema(struct err *e, const char *sql)
{
    struct sql_token schema, name;
    char text[SQL_NAME_MAX + 1];
    assert(e->table[0]);
    read_target(sql, &schema, &name);
    if (!sql_token_is_name(&schema) || schema.text.n > SQL_NAME_MAX)
        return;
    text[sql_name_read(&schema, text)] = '\0';
    err_schema(e, strcmp(text, "main") == 0 ? "public" : text);
}

/* ---- constraints ---- */

/* "a: 1, b: x" as "a, b", "1, x" and "a_b". false: it is no key, or too long. */
static bool read_key(const char *key, char columns[static KEY_MAX], char values[static KEY_MAX],
                     char joined[static KEY_MAX])
{
    size_t nc = 0, nv = 0, nj = 0;
    for (const char *p = key; *p;) {
        const char *colon = strstr(p, ": ");
        if (!colon)
            return false;
        const char *end = strstr(colon + 2, ", ");
        end = end && strstr(end, ": ") ? end : colon + strlen(colon);
        int name = (int)(colon - p), value = (int)(end - colon - 2);
        if (nc + nv + (size_t)name + (size_t)value + 8 >= KEY_MAX)
            return false;
        nc += (size_t)snprintf(columns + nc, KEY_MAX - nc, "%s%.*s", nc ? ", " : "", name, p);
        nj += (size_t)snprintf(joined + nj, KEY_MAX - nj, "%s%.*s", nj ? "_" : "", name, p);
        nv += (size_t)snprintf(values + nv, KEY_MAX - nv, "%s%.*s", nv ? ", " : "", value, colon + 2);
        p = *end ? end + 2 : end;
    }
    return nc > 0;
}

/* The engine does not know constraints by name: this is the name that PostgreSQL would have chosen. Where
 * the user has given another one, local_errors_explain puts it in later. */
static void say_duplicate(struct err *e, const struct pieces *p, const char *sql)
{
    char columns[KEY_MAX], values[KEY_MAX], joined[KEY_MAX], table[SQL_NAME_MAX + 1], name[2 * KEY_MAX];
    bool primary = strcmp(p->text[1], "primary key") == 0;
    target_of(sql, table);
    if (!read_key(p->text[0], columns, values, joined))
        return;
    if (primary)
        (void)snprintf(name, sizeof name, "%s_pkey", table);
    else
        (void)snprintf(name, sizeof name, "%s_%s_key", table, joined);
    if (!table[0])
        say(e, e->code, "duplicate key value violates unique constraint");
    else
        say(e, e->code, "duplicate key value violates unique constraint \"%s\"", name);
    err_detail(e, "Key (%s)=(%s) already exists.", columns, values);
    if (table[0])
        err_names(e, table, "", name);
}

static void say_foreign(struct err *e, const struct pieces *p, const char *sql, bool missing)
{
    char columns[KEY_MAX], values[KEY_MAX], joined[KEY_MAX], table[SQL_NAME_MAX + 1];
    target_of(sql, table);
    if (!read_key(p->text[0], columns, values, joined) || !table[0])
        return;
    say(e, e->code, "%s on table \"%s\" violates foreign key constraint",
        missing ? "insert or update" : "update or delete", table);
    err_detail(e,
               missing ? "Key (%s)=(%s) is not present in the referenced table."
                       : "Key (%s)=(%s) is still referenced from another table.",
               columns, values);
    err_names(e, table, "", "");
}

/* The only column in a CHECK's expression; "" when there are several. */
static void only_column(const char *expression, char out[static SQL_NAME_MAX + 1])
{
    static const char *const words[] = {"CHECK", "AND",  "OR",   "NOT",     "IS",     "NULL",  "IN",
                                        "LIKE",  "CAST", "AS",   "BETWEEN", "TRUE",   "FALSE", "CASE",
                                        "WHEN",  "THEN", "ELSE", "END",     "VARCHAR"};
    struct sql_lexer l;
    struct sql_token t, after;
    char name[SQL_NAME_MAX + 1];
    out[0] = '\0';
    sql_lexer_init(&l, sql_tokens_of(str_of(expression)));
    (void)sql_lexer_next(&l, &t);
    for (; t.kind != SQL_TOK_END; t = after) {
        (void)sql_lexer_next(&l, &after);
        bool skip = !sql_token_is_name(&t) || t.text.n > SQL_NAME_MAX || sql_token_is(&after, '(') ||
                    sql_token_is(&after, '.');
        for (size_t i = 0; i < sizeof words / sizeof *words; i++)
            skip |= sql_token_is_word(&t, words[i]);
        if (skip)
            continue;
        name[sql_name_read(&t, name)] = '\0';
        if (out[0] && strcmp(out, name) != 0) {
            out[0] = '\0';
            return;
        }
        memcpy(out, name, strlen(name) + 1);
    }
}

/* The CHECK that keeps a type's modifier (sql/limit.h): "… (Error: value too long for type character(5))". */
static bool say_limit(struct err *e, const struct pieces *p)
{
    static const struct {
        const char *words;
        enum sqlstate code;
    } limits[] = {{"value too long for type ", SQLSTATE_STRING_DATA_RIGHT_TRUNCATION},
                  {"bit string too long for type ", SQLSTATE_STRING_DATA_RIGHT_TRUNCATION},
                  {"bit string length does not match type ", SQLSTATE_STRING_DATA_LENGTH_MISMATCH},
                  {"value too precise for type ", SQLSTATE_FEATURE_NOT_SUPPORTED},
                  {"blanks at the end are not stored in type ", SQLSTATE_FEATURE_NOT_SUPPORTED}};
    static const char before[] = "(Error: ";
    const char *error = strstr(p->text[1], before);
    if (!error)
        return false;
    error += sizeof before - 1;
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
        if (strncmp(error, limits[i].words, strlen(limits[i].words)) == 0) {
            say(e, limits[i].code, "%.*s", (int)strlen(error) - 1, error);
            return true;
        }
    return false;
}

/* The name that was given to a CHECK: "CHECK((… OR ('name' IS NULL)))". */
static bool given_name(char *expression, char out[static 2 * PIECE_MAX])
{
    static const char behind[] = "' IS NULL)))";
    size_t n = strlen(expression), k = sizeof behind - 1, to = 0;
    if (n < k || strcmp(expression + n - k, behind) != 0)
        return false;
    char *end = expression + n - k, *start = end;
    while (start > expression && (start[-1] != '\'' || (start - 1 > expression && start[-2] == '\'')))
        start -= start[-1] == '\'' ? 2 : 1;
    if (start - expression < 6 || strncmp(start - 6, " OR ('", 6) != 0)
        return false;
    for (const char *c = start; c < end && to < 2 * PIECE_MAX - 1; c++) {
        out[to++] = *c;
        c += *c == '\''; /* doubled */
    }
    out[to] = '\0';
    memcpy(start - 6, "))", sizeof "))"); /* what is left is the user's own */
    return to > 0;
}

/* A CHECK that keeps a type's modifier is no constraint to the user, so its own message is given.
 * One without a name is called as PostgreSQL would call it: by its table, and by its column when it
 * has only one. */
static void say_check(struct err *e, struct pieces *p)
{
    char column[SQL_NAME_MAX + 1], name[2 * PIECE_MAX];
    if (say_limit(e, p))
        return;
    only_column(p->text[1], column);
    if (!given_name(p->text[1], name))
        (void)snprintf(name, sizeof name, "%s%s%s_check", p->text[0], column[0] ? "_" : "", column);
    say(e, e->code, "new row for relation \"%s\" violates check constraint \"%s\"", p->text[0], name);
    err_detail(e, "Failing row does not satisfy %s.", p->text[1]);
    err_names(e, p->text[0], "", name);
}

/* The column with its table before it, and perhaps a schema. */
static void say_null(struct err *e, const struct pieces *p)
{
    char table[PIECE_MAX];
    const char *dot = strrchr(p->text[0], '.');
    if (!dot)
        return;
    (void)snprintf(table, sizeof table, "%.*s", (int)(dot - p->text[0]), p->text[0]);
    const char *name = strrchr(table, '.');
    name = name ? name + 1 : table;
    say(e, e->code, "null value in column \"%s\" of relation \"%s\" violates not-null constraint", dot + 1,
        name);
    err_names(e, name, dot + 1, "");
}

/* ---- types ---- */

/* What PostgreSQL calls the type in a message of the engine. NULL: the message stays as it is. DECIMAL
 * comes with its width behind it, so beginnings are compared. */
static const char *type_name(const char *engine)
{
    static const struct {
        const char *engine, *name;
    } types[] = {{"INT16", "smallint"},          {"INT32", "integer"},   {"INT64", "bigint"},
                 {"INT128", "numeric"},          {"BOOL", "boolean"},    {"FLOAT", "real"},
                 {"DOUBLE", "double precision"}, {"DECIMAL", "numeric"}, {"UUID", "uuid"},
                 {"INTERVAL", "interval"}};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strncmp(engine, types[i].engine, strlen(types[i].engine)) == 0)
            return types[i].name;
    return NULL;
}

/* The backend may know the type's name (local_enums.h). */
static void say_label(struct err *e, const char *value)
{
    say(e, SQLSTATE_INVALID_TEXT_REPRESENTATION, "invalid input value for enum: \"%s\"", value);
}

static void say_conversion(struct err *e, const struct pieces *p)
{
    static const char *const enums[] = {"UINT8", "UINT16", "UINT32"}; /* what the engine keeps them as */
    const char *type = type_name(p->text[1]);
    /* A number was meant for one of the small integers that the engine has. */
    bool number = p->text[0][0] && strspn(p->text[0], "+-0123456789. ") == strlen(p->text[0]);
    for (size_t i = 0; !number && i < sizeof enums / sizeof *enums; i++)
        if (strcmp(p->text[1], enums[i]) == 0)
            say_label(e, p->text[0]);
    if (!type)
        return;
    if (e->code == SQLSTATE_NUMERIC_VALUE_OUT_OF_RANGE && strcmp(type, "numeric") == 0)
        say(e, e->code, "numeric field overflow");
    else if (e->code == SQLSTATE_NUMERIC_VALUE_OUT_OF_RANGE)
        say(e, e->code, "value \"%s\" is out of range for type %s", p->text[0], type);
    else
        say(e, e->code == SQLSTATE_INVALID_DATETIME_FORMAT ? e->code : SQLSTATE_INVALID_TEXT_REPRESENTATION,
            "invalid input syntax for type %s: \"%s\"", type, p->text[0]);
}

static void say_range(struct err *e, const char *engine)
{
    const char *type = type_name(engine);
    if (type && strstr(engine, "INT"))
        say(e, SQLSTATE_NUMERIC_VALUE_OUT_OF_RANGE, "%s out of range", type);
}

/* ---- the table ---- */

enum form {
    NOT_NULL,
    DUPLICATE,
    CHECK,
    KEY_MISSING,
    KEY_REFERRED,
    TABLE_MISSING,
    VIEW_MISSING,
    SCHEMA_MISSING,
    COLUMN_MISSING,
    COLUMN_OF_TABLE,
    COLUMN_OF_RELATION,
    COLUMN_OF_TARGET,
    FROM_ENTRY_MISSING,
    CONVERSION,
    MOMENT,
    OVERFLOW,
    INTERVAL_RANGE,
    DESTINATION,
    RELATION_EXISTS,
    SCHEMA_EXISTS,
    AMBIGUOUS,
    NOT_GROUPED,
    UNEQUAL_COLUMNS,
    TABLE_REFERRED,
    LABEL_MISSING,
    FIELD_MISSING,
    RECORD_SIZE,
    INDEX_KEY,
};

/* Text in front of the first piece, behind it, and behind the second; NULL: to the end of the message. */
static const struct {
    const char *before, *between, *behind;
    enum form form;
} messages[] = {
    {"NOT NULL constraint failed: ", NULL, NULL, NOT_NULL},
    {"Duplicate key \"", "\" violates ", " constraint", DUPLICATE},
    {"CHECK constraint failed on table ", " with expression ", NULL, CHECK},
    {"Violates foreign key constraint because key \"", "\" does not exist", NULL, KEY_MISSING},
    {"Violates foreign key constraint because key \"", "\" is still referenced", NULL, KEY_REFERRED},
    {"Table with name \"", "\" already exists", NULL, RELATION_EXISTS},
    {"View with name \"", "\" already exists", NULL, RELATION_EXISTS},
    {"Table with name \"", "\" does not exist", NULL, TABLE_MISSING},
    {"Table with name ", " does not exist", NULL, TABLE_MISSING},
    {"View with name ", " does not exist", NULL, VIEW_MISSING},
    {"Schema with name \"", "\" already exists", NULL, SCHEMA_EXISTS},
    {"Schema with name ", " does not exist", NULL, SCHEMA_MISSING},
    {"Referenced column \"", "\" not found in FROM clause", NULL, COLUMN_MISSING},
    {"Table \"", "\" does not have a column named \"", "\"", COLUMN_OF_TABLE},
    {"Values list \"", "\" does not have a column named \"", "\"", COLUMN_OF_TABLE}, /* a subquery, too */
    {"Table \"", "\" does not have a column with name \"", "\"", COLUMN_OF_RELATION},
    {"Referenced update column ", " not found in table", NULL, COLUMN_OF_TARGET},
    {"Referenced table \"", "\" not found", NULL, FROM_ENTRY_MISSING},
    {"Type VARCHAR with value '", "' can't be cast to the destination type ENUM(", NULL, LABEL_MISSING},
    {"Could not convert string '", "' to ", NULL, CONVERSION},
    {"Could not convert string \"", "\" to ", NULL, CONVERSION},
    {"invalid ", " field format: \"", "\", expected format", MOMENT}, /* date, time, timestamp */
    {"Overflow in multiplication of ", "INTERVAL", NULL, INTERVAL_RANGE},
    {"Overflow in ", " of ", " (", OVERFLOW},
    {"Type ", " can't be cast because the value is out of range for the destination type ", NULL,
     DESTINATION},
    {"Ambiguous reference to column name \"", "\" (use", NULL, AMBIGUOUS},
    {"column \"", "\" must appear in the GROUP BY clause or must be part of an aggregate", NULL, NOT_GROUPED},
    {"Set operations can only apply to expressions with the same number", NULL, NULL, UNEQUAL_COLUMNS},
    {"Type STRUCT(", ") does not match with ", ". Cannot cast STRUCTs of different size", RECORD_SIZE},
    {"Invalid Type [", "]: Invalid type for index key", NULL, INDEX_KEY},
    {"Could not find key \"", "\" in struct", NULL, FIELD_MISSING},
    {"Could not drop the table because this table is main key table of the table \"", "\"", NULL,
     TABLE_REFERRED},
};

static bool take(char out[static PIECE_MAX], const char *from, const char *end)
{
    size_t n = end ? (size_t)(end - from) : strlen(from);
    if (n >= PIECE_MAX)
        return false;
    memcpy(out, from, n);
    out[n] = '\0';
    return true;
}

/* Whether the message is one of line i of the table; then the pieces are the names in it. A piece that is
 * too long to be copied makes it none, and the engine's own words stay. */
static bool cut(const char *message, size_t i, struct pieces *p)
{
    size_t skip = strlen(messages[i].before);
    p->text[0][0] = p->text[1][0] = '\0';
    if (strncmp(message, messages[i].before, skip) != 0)
        return false;
    const char *first = message + skip;
    const char *end = messages[i].between ? strstr(first, messages[i].between) : NULL;
    if (messages[i].between && !end)
        return false;
    if (!take(p->text[0], first, end))
        return false;
    if (!end)
        return true;
    const char *second = end + strlen(messages[i].between);
    const char *last = messages[i].behind ? strstr(second, messages[i].behind) : NULL;
    return (!messages[i].behind || last) && take(p->text[1], second, last);
}

/* Names that do not exist, and those that do. */
static void say_name(struct err *e, enum form form, const struct pieces *p, const char *sql)
{
    const char *name = p->text[0];
    char table[SQL_NAME_MAX + 1];
    switch (form) {
    case TABLE_MISSING:
        say(e, e->code,
            first_word_is(sql, "DROP") ? "table \"%s\" does not exist" : "relation \"%s\" does not exist",
            name);
        break;
    case VIEW_MISSING: say(e, e->code, "view \"%s\" does not exist", name); break;
    case SCHEMA_MISSING:
        if (strcmp(name, "information_schema") == 0) /* a search path without schemas (session/engine.c) */
            say(e, e->code, "no schema has been selected to create in");
        else
            say(e, e->code, "schema \"%s\" does not exist", name);
        break;
    case RELATION_EXISTS: say(e, e->code, "relation \"%s\" already exists", name); break;
    case SCHEMA_EXISTS: say(e, e->code, "schema \"%s\" already exists", name); break;
    case COLUMN_MISSING: say(e, e->code, "column \"%s\" does not exist", name); break;
    case COLUMN_OF_TABLE: say(e, e->code, "column %s.%s does not exist", name, p->text[1]); break;
    case COLUMN_OF_RELATION:
        say(e, e->code, "column \"%s\" of relation \"%s\" does not exist", p->text[1], name);
        break;
    case COLUMN_OF_TARGET:
        target_of(sql, table);
        say(e, e->code, "column \"%s\" of relation \"%s\" does not exist", name, table);
        break;
    case FROM_ENTRY_MISSING: say(e, e->code, "missing FROM-clause entry for table \"%s\"", name); break;
    case TABLE_REFERRED:
        target_of(sql, table);
        say(e, e->code, "cannot drop table %s because other objects depend on it", table);
        err_detail(e, "A foreign key of table %s refers to table %s.", name, table);
        err_hint(e, "Use DROP ... CASCADE to drop the dependent objects too.");
        break;
    case AMBIGUOUS: say(e, e->code, "column reference \"%s\" is ambiguous", name); break;
    case NOT_GROUPED:
        say(e, e->code,
            "column \"%s\" must appear in the GROUP BY clause or be used in an aggregate function", name);
        break;
    default: say(e, e->code, "each UNION query must have the same number of columns"); break;
    }
}

void error_words(struct err *e, const char *sql)
{
    struct pieces p;
    size_t i = 0, n = sizeof messages / sizeof *messages;
    if (error_domain(e))
        return;
    while (i < n && !cut(e->message, i, &p))
        i++;
    if (i == n) {
        error_phrases(e);
        return;
    }
    switch (messages[i].form) {
    case NOT_NULL: say_null(e, &p); break;
    case DUPLICATE: say_duplicate(e, &p, sql); break;
    case CHECK: say_check(e, &p); break;
    case KEY_MISSING: say_foreign(e, &p, sql, true); break;
    case KEY_REFERRED: say_foreign(e, &p, sql, false); break;
    case CONVERSION: say_conversion(e, &p); break;
    case LABEL_MISSING:
        if (p.text[1][0] && p.text[1][strlen(p.text[1]) - 1] == ')') /* else it is an array */
            say_label(e, p.text[0]);
        break;
    case RECORD_SIZE: say(e, SQLSTATE_CANNOT_COERCE, "cannot cast type record to %s", p.text[1]); break;
    case INDEX_KEY:
        say(e, SQLSTATE_FEATURE_NOT_SUPPORTED, "an index or key of type %s is not supported", p.text[0]);
        break;
    case FIELD_MISSING: /* its type has no name here */
        say(e, SQLSTATE_UNDEFINED_COLUMN, "column \"%s\" not found in the composite type", p.text[0]);
        e->hint[0] = '\0'; /* names of the engine's */
        break;
    case MOMENT: say(e, e->code, "invalid input syntax for type %s: \"%s\"", p.text[0], p.text[1]); break;
    case INTERVAL_RANGE: say(e, SQLSTATE_DATETIME_FIELD_OVERFLOW, "interval out of range"); break;
    case OVERFLOW:
    case DESTINATION: say_range(e, p.text[1]); break;
    default: say_name(e, messages[i].form, &p, sql); break;
    }
    if (e->table[0])
        put_schema(e, sql);
}
