/* Errors of the engine → SQLSTATE, message, hint, position: the one table.
 *
 * The C API gives an error's class for a result, but not for a failed prepare, and the text in both cases.
 * With errors_as_json the text is an object of strings: exception_type, exception_message, position, and for
 * missing objects error_subtype, type, name. That is what the table goes by; a piece of the message decides
 * only where nothing else tells (constraints, conversions, transactions). */
#include "engine/error.h"

#include "engine/engine_priv.h"
#include "engine/error_operator.h"
#include "engine/error_words.h"
#include "engine/functions.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

enum { FIELD_MAX = 64, MESSAGE_FIELD_MAX = ERR_MESSAGE_MAX + ERR_DETAIL_MAX + ERR_HINT_MAX };

struct engine_failure {
    char exception[FIELD_MAX]; /* "Catalog", "Out of Range" … */
    char subtype[FIELD_MAX];   /* "MISSING_ENTRY" … or "" */
    char object[FIELD_MAX];    /* "Table", "Scalar Function" … or "" */
    char number[FIELD_MAX];    /* errno, or "" */
    long position;             /* from 0; -1: none */
    char message[MESSAGE_FIELD_MAX];
};

/* First match wins; NULL matches anything; text is a piece of the message. */
static const struct rule {
    const char *exception, *subtype, *object, *text;
    enum sqlstate code;
} rules[] = {
    {"INTERRUPT", NULL, NULL, NULL, SQLSTATE_QUERY_CANCELED},

    {NULL, NULL, NULL, "nested too deeply", SQLSTATE_STATEMENT_TOO_COMPLEX},         /* guard_hooks.c */
    {NULL, NULL, NULL, "too complex to be planned", SQLSTATE_STATEMENT_TOO_COMPLEX}, /* guard_plan.c */
    {NULL, NULL, NULL, "no memory is left to plan", SQLSTATE_OUT_OF_MEMORY},
    {NULL, NULL, NULL, "std::bad_alloc", SQLSTATE_OUT_OF_MEMORY},
    {"Parser", NULL, NULL, "Duplicate CTE name", SQLSTATE_DUPLICATE_ALIAS},
    {"Parser", NULL, NULL, "errhint NOT IMPLEMENTED", SQLSTATE_INVALID_ESCAPE_SEQUENCE},
    {"Parser", NULL, NULL, "more than one primary key", SQLSTATE_INVALID_TABLE_DEFINITION},
    {"Parser", NULL, NULL, "window functions are not allowed", SQLSTATE_WINDOWING_ERROR},
    {NULL, NULL, NULL, "Max expression depth", SQLSTATE_STATEMENT_TOO_COMPLEX},
    {"Parser", NULL, NULL, "memory exhausted", SQLSTATE_STATEMENT_TOO_COMPLEX},
    {"Parser", NULL, NULL, NULL, SQLSTATE_SYNTAX_ERROR},
    {"Syntax", NULL, NULL, NULL, SQLSTATE_SYNTAX_ERROR},

    {"Catalog", "MISSING_ENTRY", "Table", NULL, SQLSTATE_UNDEFINED_TABLE},
    {"Catalog", "MISSING_ENTRY", "View", NULL, SQLSTATE_UNDEFINED_TABLE},
    {"Catalog", "MISSING_ENTRY", "Sequence", NULL, SQLSTATE_UNDEFINED_TABLE},
    {"Catalog", "MISSING_ENTRY", "Schema", NULL, SQLSTATE_INVALID_SCHEMA_NAME},
    {"Catalog", "MISSING_ENTRY", "Database", NULL, SQLSTATE_INVALID_CATALOG_NAME},
    {"Catalog", "MISSING_ENTRY", "Scalar Function", NULL, SQLSTATE_UNDEFINED_FUNCTION},
    {"Catalog", "MISSING_ENTRY", "Aggregate Function", NULL, SQLSTATE_UNDEFINED_FUNCTION},
    {"Catalog", "MISSING_ENTRY", "Table Function", NULL, SQLSTATE_UNDEFINED_FUNCTION},
    {"Catalog", "MISSING_ENTRY", "Pragma Function", NULL, SQLSTATE_UNDEFINED_FUNCTION},
    {"Catalog", "MISSING_ENTRY", "Macro Function", NULL, SQLSTATE_UNDEFINED_FUNCTION},
    {"Catalog", "MISSING_ENTRY", "Table Macro Function", NULL, SQLSTATE_UNDEFINED_FUNCTION},
    {"Catalog", "MISSING_ENTRY", NULL, NULL, SQLSTATE_UNDEFINED_OBJECT},
    {"Catalog", "ENTRY_ALREADY_EXISTS", "Schema", NULL, SQLSTATE_DUPLICATE_SCHEMA},
    {"Catalog", "ENTRY_ALREADY_EXISTS", "Type", NULL, SQLSTATE_DUPLICATE_OBJECT},
    {"Catalog", "ENTRY_ALREADY_EXISTS", "Macro Function", NULL, SQLSTATE_DUPLICATE_FUNCTION},
    {"Catalog", "ENTRY_ALREADY_EXISTS", "Table Macro Function", NULL, SQLSTATE_DUPLICATE_OBJECT},
    {"Catalog", "ENTRY_ALREADY_EXISTS", NULL, NULL, SQLSTATE_DUPLICATE_TABLE},
    {"Catalog", NULL, NULL, "Schema with name \"", SQLSTATE_DUPLICATE_SCHEMA}, /* quoted: DuckLake's words */
    {"Catalog", NULL, NULL, "\" already exists", SQLSTATE_DUPLICATE_TABLE},
    {"Catalog", NULL, NULL, "only widening type promotions", SQLSTATE_FEATURE_NOT_SUPPORTED},
    {"Catalog", NULL, NULL, "does not have a column named", SQLSTATE_UNDEFINED_COLUMN},
    {"Catalog", NULL, NULL, "Schema with name", SQLSTATE_INVALID_SCHEMA_NAME},
    {"Catalog", NULL, NULL, "is not an table", SQLSTATE_WRONG_OBJECT_TYPE},
    {"Catalog", NULL, NULL, "Existing object", SQLSTATE_WRONG_OBJECT_TYPE},
    {"Catalog", NULL, NULL, "Column with name", SQLSTATE_DUPLICATE_COLUMN},
    {"Catalog", NULL, NULL, "Index with name", SQLSTATE_DUPLICATE_TABLE},
    {"Catalog", NULL, NULL, "No catalog + schema named", SQLSTATE_INVALID_SCHEMA_NAME},
    {"Catalog", NULL, NULL, "Table with name", SQLSTATE_UNDEFINED_TABLE},
    {"Catalog", NULL, NULL, "unrecognized configuration parameter", SQLSTATE_UNDEFINED_OBJECT},
    {"Catalog", NULL, NULL, "Function with name", SQLSTATE_UNDEFINED_FUNCTION},
    {"Catalog", NULL, NULL, "can have only one primary key", SQLSTATE_INVALID_TABLE_DEFINITION},
    {"Catalog", NULL, NULL, "Could not drop", SQLSTATE_DEPENDENT_OBJECTS_STILL_EXIST},
    {"Catalog", NULL, NULL, NULL, SQLSTATE_UNDEFINED_OBJECT},
    {"Dependency", NULL, NULL, "by another transaction", SQLSTATE_SERIALIZATION_FAILURE},
    {"Dependency", NULL, NULL, NULL, SQLSTATE_DEPENDENT_OBJECTS_STILL_EXIST},

    {"Binder", "COLUMN_NOT_FOUND", NULL, NULL, SQLSTATE_UNDEFINED_COLUMN},
    {"Binder", NULL, NULL, "does not have a column", SQLSTATE_UNDEFINED_COLUMN},
    {"Binder", NULL, NULL, "Referenced update column", SQLSTATE_UNDEFINED_COLUMN},
    {"Binder", NULL, NULL, "side of join", SQLSTATE_UNDEFINED_COLUMN},
    {"Binder", NULL, NULL, "does not contain column", SQLSTATE_UNDEFINED_COLUMN},
    {"Binder", NULL, NULL, "Duplicate column name", SQLSTATE_DUPLICATE_COLUMN},
    {"Binder", NULL, NULL, "Multiple assignments", SQLSTATE_SYNTAX_ERROR},
    {"Binder", NULL, NULL, "Duplicate CTE name", SQLSTATE_DUPLICATE_ALIAS},
    {"Binder", NULL, NULL, "Duplicate alias", SQLSTATE_DUPLICATE_ALIAS},
    {"Binder", NULL, NULL, "Circular reference to CTE", SQLSTATE_UNDEFINED_TABLE},
    {"Binder", NULL, NULL, "term out of range", SQLSTATE_INVALID_COLUMN_REFERENCE},
    {"Binder", NULL, NULL, "conflict target", SQLSTATE_INVALID_COLUMN_REFERENCE},
    {"Binder", NULL, NULL, "create foreign key: there is no", SQLSTATE_INVALID_FOREIGN_KEY},
    {"Binder", NULL, NULL, "cannot be negative", SQLSTATE_INVALID_ROW_COUNT_IN_LIMIT_CLAUSE},
    {"Binder", NULL, NULL, "cannot contain window functions", SQLSTATE_WINDOWING_ERROR},
    {"Binder", NULL, NULL, "Subquery returns", SQLSTATE_SYNTAX_ERROR},
    {"Binder", NULL, NULL, "cannot contain column names", SQLSTATE_FEATURE_NOT_SUPPORTED},
    {"Binder", NULL, NULL, "UNNEST not supported here", SQLSTATE_FEATURE_NOT_SUPPORTED},
    {"Binder", NULL, NULL, "UNNEST requires", SQLSTATE_UNDEFINED_FUNCTION},
    {"Binder", NULL, NULL, "DECIMAL type", SQLSTATE_INVALID_PARAMETER_VALUE},
    {"Binder", NULL, NULL, "does not support the supplied arguments", SQLSTATE_UNDEFINED_FUNCTION},
    {"Binder", NULL, NULL, "index on a base table", SQLSTATE_WRONG_OBJECT_TYPE},
    {"Binder", NULL, NULL, "System Catalog entries", SQLSTATE_INSUFFICIENT_PRIVILEGE},
    {"Binder", NULL, NULL, "Can only update base table", SQLSTATE_WRONG_OBJECT_TYPE},
    {"Binder", NULL, NULL, "Can only delete from base table", SQLSTATE_WRONG_OBJECT_TYPE},
    {"Binder", NULL, NULL, "Unexpected prepared parameter", SQLSTATE_UNDEFINED_PARAMETER},
    {"Binder", NULL, NULL, "Referenced table", SQLSTATE_UNDEFINED_TABLE},
    {"Binder", NULL, NULL, "Ambiguous reference", SQLSTATE_AMBIGUOUS_COLUMN},
    {"Binder", NULL, NULL, "must appear in the GROUP BY", SQLSTATE_GROUPING_ERROR},
    {"Binder", NULL, NULL, "aggregate", SQLSTATE_GROUPING_ERROR},
    {"Binder", NULL, NULL, "into a generated column", SQLSTATE_GENERATED_ALWAYS},
    {"Binder", NULL, NULL, "types 'pg_timestamptz_of(", SQLSTATE_CANNOT_COERCE},
    {"Binder", NULL, NULL, "types 'pg_timestamp_of(", SQLSTATE_CANNOT_COERCE},
    {"Binder", NULL, NULL, "types 'pg_date_of(", SQLSTATE_CANNOT_COERCE},
    {"Binder", NULL, NULL, "No function matches", SQLSTATE_UNDEFINED_FUNCTION},
    {"Binder", NULL, NULL, "Could not choose a best candidate", SQLSTATE_UNDEFINED_FUNCTION},
    {"Binder", NULL, NULL, "Prepared statement", SQLSTATE_INVALID_SQL_STATEMENT_NAME},
    {"Binder", NULL, NULL, "not found in DuckLakeCatalog", SQLSTATE_INVALID_SCHEMA_NAME},
    {"Binder", NULL, NULL, "Catalog \"", SQLSTATE_INVALID_CATALOG_NAME},
    {"Binder", NULL, NULL, "values were supplied", SQLSTATE_SYNTAX_ERROR},
    {"Binder", NULL, NULL, "same number of result columns", SQLSTATE_SYNTAX_ERROR},
    {"Binder", NULL, NULL, "Cannot compare", SQLSTATE_UNDEFINED_FUNCTION},
    {"Binder", NULL, NULL, "Cannot combine types", SQLSTATE_DATATYPE_MISMATCH},
    {"Binder", NULL, NULL, "Cannot deduce", SQLSTATE_DATATYPE_MISMATCH},
    {"Binder", NULL, NULL, "in CASE expression", SQLSTATE_DATATYPE_MISMATCH},
    {"Binder", NULL, NULL, "Cannot mix", SQLSTATE_UNDEFINED_FUNCTION},
    {"Binder", NULL, NULL, "can only be applied to", SQLSTATE_DATATYPE_MISMATCH},
    {"Binder", NULL, NULL, "database with name", SQLSTATE_DUPLICATE_DATABASE},
    {"Binder", NULL, NULL, "ead-only", SQLSTATE_READ_ONLY_SQL_TRANSACTION},
    {"Binder", NULL, NULL, "non-integer literal has no effect", SQLSTATE_SYNTAX_ERROR},
    {"Binder", NULL, NULL, "table \"tavana\" has", SQLSTATE_SYNTAX_ERROR},
    {"Binder", NULL, NULL, "not yet supported", SQLSTATE_FEATURE_NOT_SUPPORTED},
    {"Binder", NULL, NULL, NULL, SQLSTATE_SYNTAX_ERROR_OR_ACCESS_RULE_VIOLATION},
    {"Planner", NULL, NULL, NULL, SQLSTATE_SYNTAX_ERROR_OR_ACCESS_RULE_VIOLATION},

    {"Conversion", NULL, NULL, "Unimplemented type for cast", SQLSTATE_CANNOT_COERCE},
    {"Conversion", NULL, NULL, "field value out of range", SQLSTATE_DATETIME_FIELD_OVERFLOW},
    {"Conversion", NULL, NULL, "Date out of range", SQLSTATE_DATETIME_FIELD_OVERFLOW},
    {"Conversion", NULL, NULL, "field format", SQLSTATE_INVALID_DATETIME_FORMAT},
    {"Conversion", NULL, NULL, "extract specifier", SQLSTATE_INVALID_DATETIME_FORMAT},
    {"Conversion", NULL, NULL, "to INTERVAL", SQLSTATE_INVALID_DATETIME_FORMAT},
    {"Conversion", NULL, NULL, "out of range", SQLSTATE_NUMERIC_VALUE_OUT_OF_RANGE},
    {"Conversion", NULL, NULL, "Could not cast value", SQLSTATE_NUMERIC_VALUE_OUT_OF_RANGE},
    {"Conversion", NULL, NULL, NULL, SQLSTATE_INVALID_TEXT_REPRESENTATION},
    {"Mismatch Type", NULL, NULL, NULL, SQLSTATE_DATATYPE_MISMATCH},
    {"Divide by Zero", NULL, NULL, NULL, SQLSTATE_DIVISION_BY_ZERO},
    {"Out of Range", NULL, NULL, "string of size", SQLSTATE_PROGRAM_LIMIT_EXCEEDED},
    {"Out of Range", NULL, NULL, "square root of a negative", SQLSTATE_INVALID_ARGUMENT_FOR_POWER_FUNCTION},
    {"Out of Range", NULL, NULL, "cannot take logarithm", SQLSTATE_INVALID_ARGUMENT_FOR_LOGARITHM},
    {"Out of Range", NULL, NULL, NULL, SQLSTATE_NUMERIC_VALUE_OUT_OF_RANGE},
    {"Decimal", NULL, NULL, NULL, SQLSTATE_NUMERIC_VALUE_OUT_OF_RANGE},
    {"Object Size", NULL, NULL, NULL, SQLSTATE_PROGRAM_LIMIT_EXCEEDED},
    {"Sequence", NULL, NULL, NULL, SQLSTATE_OBJECT_NOT_IN_PREREQUISITE_STATE},

    {"Constraint", NULL, NULL, "foreign key", SQLSTATE_FOREIGN_KEY_VIOLATION},
    {"Constraint", NULL, NULL, "NOT NULL", SQLSTATE_NOT_NULL_VIOLATION},
    {"Constraint", NULL, NULL, "CHECK constraint", SQLSTATE_CHECK_VIOLATION},
    {"Constraint", NULL, NULL, "Duplicate key", SQLSTATE_UNIQUE_VIOLATION},
    {"Constraint", NULL, NULL, "uplicate", SQLSTATE_UNIQUE_VIOLATION},
    {"Constraint", NULL, NULL, "unique", SQLSTATE_UNIQUE_VIOLATION},
    {"Constraint", NULL, NULL, "UNIQUE", SQLSTATE_UNIQUE_VIOLATION},
    {"Constraint", NULL, NULL, NULL, SQLSTATE_INTEGRITY_CONSTRAINT_VIOLATION},

    {"TransactionContext", NULL, NULL, "No space left", SQLSTATE_DISK_FULL},
    {"TransactionContext", NULL, NULL, "File too large", SQLSTATE_DISK_FULL},
    {"TransactionContext", NULL, NULL, "Could not write file", SQLSTATE_IO_ERROR},
    {"TransactionContext", NULL, NULL, "aborted", SQLSTATE_IN_FAILED_SQL_TRANSACTION},
    {"TransactionContext", NULL, NULL, "no transaction is active", SQLSTATE_NO_ACTIVE_SQL_TRANSACTION},
    {"TransactionContext", NULL, NULL, "within a transaction", SQLSTATE_ACTIVE_SQL_TRANSACTION},
    {"TransactionContext", NULL, NULL, "for conflict resolution",
     SQLSTATE_IO_ERROR}, /* of a lake's catalog */
    {"TransactionContext", NULL, NULL, "another transaction", SQLSTATE_SERIALIZATION_FAILURE},
    {"TransactionContext", NULL, NULL, "different transaction", SQLSTATE_SERIALIZATION_FAILURE},
    {"TransactionContext", NULL, NULL, "concurrent transaction", SQLSTATE_SERIALIZATION_FAILURE},
    {"TransactionContext", NULL, NULL, "oncurrent changes", SQLSTATE_SERIALIZATION_FAILURE},
    {"TransactionContext", NULL, NULL, "uplicate key", SQLSTATE_UNIQUE_VIOLATION},
    {"TransactionContext", NULL, NULL, "unique constraint", SQLSTATE_UNIQUE_VIOLATION},
    {"TransactionContext", NULL, NULL, "onflict", SQLSTATE_SERIALIZATION_FAILURE},
    {"TransactionContext", NULL, NULL, "ead-only", SQLSTATE_READ_ONLY_SQL_TRANSACTION},
    {"TransactionContext", NULL, NULL, NULL, SQLSTATE_INVALID_TRANSACTION_STATE},

    {"Out of Memory", NULL, NULL, "max_temp_directory_size", SQLSTATE_DISK_FULL},
    {"Out of Memory", NULL, NULL, NULL, SQLSTATE_OUT_OF_MEMORY},
    {"IO", NULL, NULL, "No files found", SQLSTATE_UNDEFINED_FILE},
    {"IO", NULL, NULL, "No space left", SQLSTATE_DISK_FULL},
    {"IO", NULL, NULL, "File too large", SQLSTATE_DISK_FULL},
    {"IO", NULL, NULL, "Permission denied", SQLSTATE_INSUFFICIENT_PRIVILEGE},
    {"IO", NULL, NULL, "No such file", SQLSTATE_UNDEFINED_FILE},
    {"IO", NULL, NULL, "not found", SQLSTATE_UNDEFINED_FILE},
    {"IO", NULL, NULL, NULL, SQLSTATE_IO_ERROR},
    {"HTTP", NULL, NULL, NULL, SQLSTATE_IO_ERROR},
    {"Network", NULL, NULL, NULL, SQLSTATE_IO_ERROR},
    {"Permission", NULL, NULL, NULL, SQLSTATE_INSUFFICIENT_PRIVILEGE},

    {"Parameter Not Resolved", NULL, NULL, NULL, SQLSTATE_INDETERMINATE_DATATYPE},
    {"Parameter Not Allowed", NULL, NULL, NULL, SQLSTATE_FEATURE_NOT_SUPPORTED},
    {"Not implemented", NULL, NULL, "TimeZone", SQLSTATE_INVALID_PARAMETER_VALUE},
    {"Not implemented", NULL, NULL, "Cannot combine types", SQLSTATE_DATATYPE_MISMATCH},
    {"Not implemented", NULL, NULL, NULL, SQLSTATE_FEATURE_NOT_SUPPORTED},
    {"Missing Extension", NULL, NULL, NULL, SQLSTATE_FEATURE_NOT_SUPPORTED},
    {"Extension Autoloading", NULL, NULL, NULL, SQLSTATE_FEATURE_NOT_SUPPORTED},

    {"Invalid Input", NULL, NULL, "configuration has been locked", SQLSTATE_CANT_CHANGE_RUNTIME_PARAM},
    {"Invalid Input", NULL, NULL, "multiple statements", SQLSTATE_SYNTAX_ERROR},
    {"Invalid Input", NULL, NULL, "No statement to prepare", SQLSTATE_SYNTAX_ERROR},
    {"Invalid Input", NULL, NULL, "ead-only", SQLSTATE_READ_ONLY_SQL_TRANSACTION},
    {"Invalid Input", NULL, NULL, "read only", SQLSTATE_READ_ONLY_SQL_TRANSACTION},
    {"Invalid Input", NULL, NULL, "parameters", SQLSTATE_UNDEFINED_PARAMETER},
    {"Invalid Input", NULL, NULL, "pending query result", SQLSTATE_INVALID_CURSOR_STATE},
    {"Invalid Input", NULL, NULL, "More than one row", SQLSTATE_CARDINALITY_VIOLATION},
    {"Invalid Input", NULL, NULL, "is undefined outside", SQLSTATE_NUMERIC_VALUE_OUT_OF_RANGE},
    {"Invalid Input", NULL, NULL, "STORED generated column", SQLSTATE_FEATURE_NOT_SUPPORTED},
    {"Invalid Input", NULL, NULL, "unrecognized configuration parameter", SQLSTATE_UNDEFINED_OBJECT},
    {"Invalid Input", NULL, NULL, "missing ): ", SQLSTATE_INVALID_REGULAR_EXPRESSION},
    {"Invalid Input", NULL, NULL, "missing ]: ", SQLSTATE_INVALID_REGULAR_EXPRESSION},
    {"Invalid Input", NULL, NULL, "unexpected ): ", SQLSTATE_INVALID_REGULAR_EXPRESSION},
    {"Invalid Input", NULL, NULL, "no argument for repetition operator", SQLSTATE_INVALID_REGULAR_EXPRESSION},
    {"Invalid Input", NULL, NULL, "bad repetition operator", SQLSTATE_INVALID_REGULAR_EXPRESSION},
    {"Invalid Input", NULL, NULL, "invalid escape sequence", SQLSTATE_INVALID_REGULAR_EXPRESSION},
    {"Invalid Input", NULL, NULL, "invalid character class", SQLSTATE_INVALID_REGULAR_EXPRESSION},
    {"Invalid Input", NULL, NULL, "invalid perl operator", SQLSTATE_INVALID_REGULAR_EXPRESSION},
    {"Invalid Input", NULL, NULL, "trailing \\", SQLSTATE_INVALID_REGULAR_EXPRESSION},
    {"Invalid Input", NULL, NULL, NULL, SQLSTATE_INVALID_PARAMETER_VALUE},
    {"Invalid Configuration", NULL, NULL, NULL, SQLSTATE_INVALID_PARAMETER_VALUE},
    {"Settings", NULL, NULL, NULL, SQLSTATE_INVALID_PARAMETER_VALUE},
};

static bool same(const char *want, const char *have)
{
    return !want || strcmp(want, have) == 0;
}

/* How long the number at the start of text is: digits, with fraction and exponent unless it is to be whole.
 */
static size_t number_length(const char *text, bool whole)
{
    static const char digit[] = "0123456789";
    size_t sign = *text == '+' || *text == '-', n = sign + strspn(text + sign, digit), digits = n - sign;
    if (!whole && text[n] == '.') {
        size_t fraction = strspn(text + n + 1, digit);
        digits += fraction;
        n += 1 + fraction;
    }
    if (!whole && (text[n] == 'e' || text[n] == 'E')) {
        size_t signed_by = text[n + 1] == '+' || text[n + 1] == '-';
        size_t exponent = strspn(text + n + 1 + signed_by, digit);
        n += exponent ? 1 + signed_by + exponent : 0;
    }
    return digits ? n : 0;
}

/* Could not convert string '3000000000' to INT32: what is a number and did not fit was too large. */
static bool is_number_too_large(const struct engine_failure *f)
{
    static const char start[] = "Could not convert string ";
    if (strcmp(f->exception, "Conversion") != 0 || strncmp(f->message, start, sizeof start - 1) != 0)
        return false;
    const char *text = f->message + sizeof start; /* behind its quote */
    const char *end = strchr(text, text[-1]);
    if (!end || strncmp(end + 1, " to ", 4) != 0)
        return false;
    const char *type = end + 5;
    bool whole = strncmp(type, "INT", 3) == 0 || strncmp(type, "UINT", 4) == 0;
    if (strcmp(type, "INT128") == 0 || (!whole && strncmp(type, "DECIMAL(", 8) != 0))
        return false; /* INT128 is what the engine calls a uuid too */
    text += strspn(text, " ");
    size_t n = number_length(text, whole);
    return n && text + n + strspn(text + n, " ") == end;
}

/* A lake's commit that another one came before: it meets a key of the lake's own catalog (a lake's tables
 * have none), in the words of the database that has the catalog. DuckLake tries again at such words, and then
 * gives up. */
static bool is_lake_conflict(const struct engine_failure *f)
{
    static const char *const words[] = {"Transaction conflict", "Conflict on",      "write-write conflict",
                                        "primary key",          "unique",           "concurrent",
                                        "could not serialize",  "deadlock detected"};
    if (strcmp(f->exception, "TransactionContext") != 0 ||
        !strstr(f->message, "Failed to commit DuckLake transaction") ||
        strstr(f->message, "for conflict resolution"))
        return false;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcasestr(f->message, words[i]))
            return true;
    return false;
}

/* Two cases that no fixed piece of text can tell are looked at before the table. What no line of the table
 * knows is an internal error; the client sees the engine's own words then. */
static enum sqlstate failure_sqlstate(const struct engine_failure *f)
{
    if (is_number_too_large(f))
        return SQLSTATE_NUMERIC_VALUE_OUT_OF_RANGE;
    if (is_lake_conflict(f))
        return SQLSTATE_SERIALIZATION_FAILURE;
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        const struct rule *r = &rules[i];
        if (same(r->exception, f->exception) && same(r->subtype, f->subtype) && same(r->object, f->object) &&
            (!r->text || strstr(f->message, r->text)))
            return r->code;
    }
    return SQLSTATE_INTERNAL_ERROR;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* \u0007: the engine writes control characters so, and nothing else. */
static char control_character(const char *p)
{
    int v = 0;
    for (int i = 0; i < 4; i++) {
        int d = hex_digit(p[i]);
        if (d < 0)
            return '?';
        v = v * 16 + d;
    }
    return v > 0 && v < 0x80 ? (char)v : '?';
}

/* A JSON string at p (after its quote) into out, cut when it does not fit; returns what follows its end
 * quote, NULL when there is none. */
static const char *json_string(const char *p, char *out, size_t max)
{
    size_t n = 0;
    for (; *p && *p != '"'; p++) {
        char c = *p;
        if (c == '\\') {
            c = *++p;
            if (c == 'u' && strnlen(p + 1, 4) == 4) {
                c = control_character(p + 1);
                p += 4;
            } else if (c == 'n') {
                c = '\n';
            } else if (c == 't') {
                c = '\t';
            } else if (c == 'r') {
                c = '\r';
            } else if (c == '\0') {
                return NULL;
            }
        }
        if (n + 1 < max)
            out[n++] = c;
    }
    out[n] = '\0';
    return *p ? p + 1 : NULL;
}

static void take_field(struct engine_failure *f, const char *key, const char *value)
{
    const struct {
        const char *key;
        char *to;
        size_t max;
    } fields[] = {
        {"exception_type", f->exception, sizeof f->exception},
        {"error_subtype", f->subtype, sizeof f->subtype},
        {"type", f->object, sizeof f->object},
        {"errno", f->number, sizeof f->number},
        {"exception_message", f->message, sizeof f->message},
    };
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        if (strcmp(key, fields[i].key) == 0)
            (void)snprintf(fields[i].to, fields[i].max, "%s", value);
    int64_t position;
    if (strcmp(key, "position") == 0 && str_to_i64(str_of(value), 0, INT32_MAX, &position))
        f->position = (long)position;
}

/* {"key":"value",…} */
static bool failure_from_json(struct engine_failure *f, const char *p)
{
    char key[FIELD_MAX], value[MESSAGE_FIELD_MAX];
    for (p++; *p == '"'; p++) {
        p = json_string(p + 1, key, sizeof key);
        if (!p || p[0] != ':' || p[1] != '"')
            return false;
        p = json_string(p + 2, value, sizeof value);
        if (!p)
            return false;
        take_field(f, key, value);
        if (*p != ',')
            break;
    }
    return f->exception[0] != '\0';
}

/* "Binder Error: text": a few places in the engine make their own. */
static void failure_from_text(struct engine_failure *f, const char *text)
{
    static const char mark[] = " Error: ";
    const char *end = strstr(text, mark);
    if (end && (size_t)(end - text) < sizeof f->exception && !memchr(text, '\n', (size_t)(end - text))) {
        (void)snprintf(f->exception, sizeof f->exception, "%.*s", (int)(end - text), text);
        text = end + sizeof mark - 1;
    }
    (void)snprintf(f->message, sizeof f->message, "%s", text);
    char *context = strstr(f->message, "\n\nLINE ");
    if (context)
        *context = '\0';
}

/* JSON where the engine gives it; text that comes from one of its threads has its own form. */
static void failure_read(struct engine_failure *f, const char *text)
{
    *f = (struct engine_failure){.position = -1};
    const char *json = strstr(text, "{\"exception_type\"");
    if (!json || !failure_from_json(f, json)) {
        *f = (struct engine_failure){.position = -1};
        failure_from_text(f, text);
    }
}

/* Position from 0, in bytes, or in characters from the parser, as a character from 1. */
static int32_t character_position(const struct engine_failure *f, const char *sql)
{
    if (f->position < 0 || !sql)
        return 0;
    if (strcmp(f->exception, "Parser") == 0)
        return (int32_t)f->position + 1;
    return str_position(str_of(sql), (size_t)f->position);
}

static bool is_hint(const char *line)
{
    static const char *const starts[] = {"Did you mean", "Candidate",  "Either add",
                                         "Use \"SET",    "Please try", "For more info"};
    line += strspn(line, " \t");
    for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++)
        if (strncmp(line, starts[i], strlen(starts[i])) == 0)
            return true;
    return false;
}

/* A table that looks like the one that is missing, but is the engine's or ours, helps nobody. */
static bool names_engine(const char *hint)
{
    return strstr(hint, "\"sqlite_") || strstr(hint, "\"duckdb_") || strstr(hint, "tavana_") ||
           strstr(hint, "\tpg_");
}

static void trim_end(char *text, const char *what)
{
    size_t n = strlen(text);
    while (n > 0 && strchr(what, text[n - 1]))
        text[--n] = '\0';
}

/* The first line is the message; what follows is a hint from its first line that proposes something, else a
 * detail. A stack trace is nobody's but ours: it is left out. */
static void split_message(struct err *e, struct engine_failure *f, enum sqlstate code)
{
    char *trace = strstr(f->message, "\n\nStack Trace");
    if (trace)
        *trace = '\0';
    char *rest = strchr(f->message, '\n');
    if (rest)
        *rest++ = '\0';
    trim_end(f->message, "!. \t");
    err_set(e, code, "%s", f->message[0] ? f->message : "the engine failed without saying why");
    while (rest && strchr("\n \t", *rest) && *rest)
        rest++;
    if (!rest || !*rest)
        return;
    trim_end(rest, "\n \t");
    char *hint = rest;
    while (hint && !is_hint(hint)) {
        hint = strchr(hint, '\n');
        if (hint)
            hint++;
    }
    if (hint && !names_engine(hint))
        err_hint(e, "%s", hint);
    if (hint != rest) {
        if (hint)
            hint[-1] = '\0';
        trim_end(rest, "\n \t");
        err_detail(e, "%s", rest);
    }
}

/* Cuts off what the engine has added to a message: from the last time on that it stands there. */
static void cut_last(char *message, const char *from)
{
    char *at = NULL;
    for (char *next = strstr(message, from); next; next = strstr(next + 1, from))
        at = next;
    if (at)
        *at = '\0';
}

/* A function of ours says the SQLSTATE before its message: that is cut off. */
static bool take_mark(struct engine_failure *f, enum sqlstate *code)
{
    static const size_t mark = sizeof ENGINE_ERROR_MARK - 1;
    char five[6];
    if (strncmp(f->message, ENGINE_ERROR_MARK, mark) != 0 || strnlen(f->message + mark, 6) < 6 ||
        f->message[mark + 5] != ' ')
        return false;
    memcpy(five, f->message + mark, 5);
    five[5] = '\0';
    enum sqlstate said = sqlstate_find(five);
    if (said == SQLSTATE_SUCCESSFUL_COMPLETION)
        return false;
    memmove(f->message, f->message + mark + 6, strlen(f->message + mark + 6) + 1);
    cut_last(f->message, " when casting from source column ");
    *code = said;
    return true;
}

static struct {
    void (*cb)(void *arg, const char *why);
    void *arg;
    atomic_flag has_fired;
} on_death = {.has_fired = ATOMIC_FLAG_INIT};

/* After a FATAL error the engine refuses everything, in all sessions. Whoever runs the process is told
 * once, however many statements fail of it; each of them gets an error that asks its client to come again. */
void engine_on_death(void (*cb)(void *arg, const char *why), void *arg)
{
    on_death.cb = cb;
    on_death.arg = arg;
}

/* The class stands at the very beginning, where no text of a user can come to stand. */
static bool is_death(const char *text)
{
    static const char json[] = "{\"exception_type\":\"FATAL\"", plain[] = "FATAL Error: ";
    return strncmp(text, json, sizeof json - 1) == 0 || strncmp(text, plain, sizeof plain - 1) == 0;
}

static int engine_died(struct err *e, const struct engine_failure *f)
{
    if (on_death.cb && !atomic_flag_test_and_set(&on_death.has_fired))
        on_death.cb(on_death.arg, f->message);
    (void)err_set(e, SQLSTATE_CRASH_SHUTDOWN, "the engine has failed, and is started again");
    err_detail(e, "%s", f->message);
    err_hint(e, "In a moment you should be able to reconnect and repeat your command.");
    return ST_ERR;
}

int engine_error(struct err *e, const char *text, const char *sql)
{
    if (err_is_set(e))
        return ST_ERR;
    if (!text) /* it had no memory for one */
        return err_oom(e);
    struct engine_failure f;
    failure_read(&f, text);
    if (is_death(text))
        return engine_died(e, &f);
    enum sqlstate code;
    if (!take_mark(&f, &code))
        code = failure_sqlstate(&f);
    if (code == SQLSTATE_QUERY_CANCELED)
        return err_set(e, code, "canceling statement due to user request");
    split_message(e, &f, code);
    if (strstr(e->message, "attached in read-only mode"))
        err_hint(e, "Make it TEMP, or write into a catalog that is attached for writing.");
    e->position = character_position(&f, sql);
    error_words(e, sql);
    error_operator(e, sql);
    return ST_ERR;
}
