#include "sql/copy.h"

#include "base/alloc.h"
#include "sql/statement.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void the_client_is_the_other_end(void **state)
{
    (void)state;
    assert_true(sql_copy_is_client(sql_tokens_of(STR("COPY t TO STDOUT"))));
    assert_true(sql_copy_is_client(sql_tokens_of(STR("copy t (a, b) from stdin with (format csv)"))));
    assert_true(
        sql_copy_is_client(sql_tokens_of(STR("COPY (SELECT 1) TO /* where */ STDOUT (FORMAT binary)"))));
}

static void a_file_is_the_other_end(void **state)
{
    (void)state;
    assert_false(sql_copy_is_client(sql_tokens_of(STR("COPY t TO 'stdout'"))));
    assert_false(sql_copy_is_client(sql_tokens_of(STR("COPY t FROM 'file.csv' (HEADER)"))));
    assert_false(sql_copy_is_client(sql_tokens_of(STR("COPY (SELECT * FROM stdin) TO 'x.parquet'"))));
    assert_false(sql_copy_is_client(sql_tokens_of(STR("COPY t TO 'a' -- TO STDOUT"))));
    assert_false(sql_copy_is_client(sql_tokens_of(STR("COPY t FROM DATABASE a TO b"))));
}

static struct arena arena;
static struct err err;

static int parse(const char *sql, struct sql_copy *c)
{
    struct sql_statement s = {.kind = SQL_COPY, .text = str_of(sql), .word = "COPY"};
    err_init(&err);
    return sql_parse_copy(&arena, &s, c, &err);
}

static struct sql_copy parsed(const char *sql)
{
    struct sql_copy c;
    if (parse(sql, &c) != ST_OK)
        fail_msg("%s: %s", sql, err.message);
    return c;
}

static void assert_str(struct str s, const char *want)
{
    assert_int_equal(s.n, strlen(want));
    assert_memory_equal(s.p, want, s.n);
}

static void the_ends_and_columns(void **state)
{
    (void)state;
    struct sql_copy c = parsed("COPY  Main.\"T x\" (A, \"B\", c) FROM STDIN");
    assert_true(c.from);
    assert_str(c.source, "Main.\"T x\"");
    assert_int_equal(c.source_at, 6);
    assert_string_equal(c.table, "T x");
    assert_int_equal(c.ncolumns, 3);
    assert_string_equal(c.columns[0], "a");
    assert_string_equal(c.columns[1], "B");
    assert_null(c.query.p);
    assert_int_equal(c.options.format, COPY_TEXT);
    assert_int_equal(c.options.delimiter, '\t');
    assert_str(c.options.null, "\\N");

    c = parsed("COPY (/* x */ FROM t SELECT (a, 'TO STDOUT)') ) TO STDOUT");
    assert_false(c.from);
    assert_null(c.source.p);
    assert_null(c.table);
    assert_str(c.query, "FROM t SELECT (a, 'TO STDOUT)') ");
    assert_int_equal(c.query_at, 14);

    c = parsed("copy binary t to stdout");
    assert_str(c.source, "t");
    assert_int_equal(c.options.format, COPY_BINARY);
    assert_str(parsed("copy a.b.c to stdout").source, "a.b.c");
}

static void new_and_old_spellings(void **state)
{
    (void)state;
    static const char *const alike[] = {
        "COPY t FROM STDIN WITH (FORMAT csv, HEADER, DELIMITER ';', QUOTE '''', ESCAPE '\\', NULL 'nil')",
        "COPY t FROM STDIN (format 'csv', header on, delimiter E';', quote $$'$$, escape E'\\\\', "
        "null 'nil', encoding 'utf-8', freeze off)",
        "COPY t FROM STDIN CSV HEADER DELIMITER AS ';' QUOTE AS '''' ESCAPE '\\' NULL AS 'nil' ENCODING "
        "'UTF8'",
        "COPY t FROM STDIN USING DELIMITERS ';' WITH NULL 'nil' CSV HEADER QUOTE '''' ESCAPE '\\'",
    };
    for (size_t i = 0; i < sizeof alike / sizeof *alike; i++) {
        struct sql_copy c = parsed(alike[i]);
        assert_int_equal(c.options.format, COPY_CSV);
        assert_int_equal(c.options.header, COPY_HEADER_LINE);
        assert_int_equal(c.options.delimiter, ';');
        assert_int_equal(c.options.quote, '\'');
        assert_int_equal(c.options.escape, '\\');
        assert_str(c.options.null, "nil");
    }
    struct sql_copy c = parsed("COPY t FROM STDIN CSV");
    assert_int_equal(c.options.header, COPY_HEADER_NONE);
    assert_int_equal(c.options.delimiter, ',');
    assert_int_equal(c.options.quote, '"');
    assert_int_equal(c.options.escape, '"');
    assert_str(c.options.null, "");
    assert_int_equal(parsed("COPY t FROM STDIN (header match)").options.header, COPY_HEADER_MATCH);
    assert_int_equal(parsed("COPY t FROM STDIN (header 0)").options.header, COPY_HEADER_NONE);
    assert_int_equal(parsed("COPY t FROM STDIN BINARY").options.format, COPY_BINARY);
}

static void forced_columns(void **state)
{
    (void)state;
    static const char *const names[] = {"a", "b", "c"};
    bool marks[3] = {false};
    struct sql_copy c = parsed("COPY t FROM STDIN (format csv, force_not_null (a, B), force_null ('c'))");
    err_init(&err);
    assert_int_equal(sql_copy_mark(&c, &c.force_not_null, "FORCE_NOT_NULL", names, 3, marks, &err), ST_OK);
    assert_true(marks[0] && marks[1] && !marks[2]);
    assert_int_equal(sql_copy_mark(&c, &c.force_null, "FORCE_NULL", names, 2, marks, &err), ST_ERR);
    assert_string_equal(err.message, "column \"c\" of relation \"t\" does not exist");
    assert_int_equal(err.code, SQLSTATE_UNDEFINED_COLUMN);

    memset(marks, 0, sizeof marks);
    c = parsed("COPY t (a, b) TO STDOUT CSV FORCE QUOTE *");
    err_init(&err);
    assert_int_equal(sql_copy_mark(&c, &c.force_quote, "FORCE_QUOTE", names, 2, marks, &err), ST_OK);
    assert_true(marks[0] && marks[1] && !marks[2]);
    c = parsed("COPY t (a, b) TO STDOUT CSV FORCE QUOTE c");
    assert_int_equal(sql_copy_mark(&c, &c.force_quote, "FORCE_QUOTE", names, 2, marks, &err), ST_ERR);
    assert_string_equal(err.message, "FORCE_QUOTE column \"c\" not referenced by COPY");
    assert_int_equal(err.code, SQLSTATE_INVALID_COLUMN_REFERENCE);
    c = parsed("COPY (SELECT 1 AS a) TO STDOUT CSV FORCE QUOTE c");
    assert_int_equal(sql_copy_mark(&c, &c.force_quote, "FORCE_QUOTE", names, 1, marks, &err), ST_ERR);
    assert_string_equal(err.message, "column \"c\" does not exist");
    assert_int_equal(err.code, SQLSTATE_UNDEFINED_COLUMN);
}

/* As PostgreSQL 15 answers, position included. */
static const struct {
    const char *sql;
    enum sqlstate code;
    const char *message;
    int position;
} refused[] = {
    {"copy t to stdout (format xml)", SQLSTATE_INVALID_PARAMETER_VALUE, "COPY format \"xml\" not recognized",
     19},
    {"copy t to stdout (format)", SQLSTATE_SYNTAX_ERROR, "format requires a parameter", 0},
    {"copy t to stdout (format csv, format csv)", SQLSTATE_SYNTAX_ERROR, "conflicting or redundant options",
     31},
    {"copy t to stdout csv csv", SQLSTATE_SYNTAX_ERROR, "conflicting or redundant options", 22},
    {"copy t to stdout (foo)", SQLSTATE_SYNTAX_ERROR, "option \"foo\" not recognized", 19},
    {"copy (select '\u00e4', 12345678901234567890) to stdout (foo)", SQLSTATE_SYNTAX_ERROR,
     "option \"foo\" not recognized", 52},
    {"copy (select 1) from stdin", SQLSTATE_SYNTAX_ERROR, "syntax error at or near \"from\"", 17},
    {"copy t from stdin (freeze 3)", SQLSTATE_SYNTAX_ERROR, "freeze requires a Boolean value", 0},
    {"copy t from stdin (freeze)", SQLSTATE_FEATURE_NOT_SUPPORTED, "COPY FREEZE is not supported", 20},
    {"copy t to stdout (delimiter 'ab')", SQLSTATE_FEATURE_NOT_SUPPORTED,
     "COPY delimiter must be a single one-byte character", 0},
    {"copy t to stdout (delimiter '\u00e4')", SQLSTATE_FEATURE_NOT_SUPPORTED,
     "COPY delimiter must be a single one-byte character", 0},
    {"copy t to stdout (delimiter 1)", SQLSTATE_INVALID_PARAMETER_VALUE, "COPY delimiter cannot be \"1\"", 0},
    {"copy t to stdout (delimiter '.')", SQLSTATE_INVALID_PARAMETER_VALUE, "COPY delimiter cannot be \".\"",
     0},
    {"copy t to stdout (delimiter E'\\n')", SQLSTATE_INVALID_PARAMETER_VALUE,
     "COPY delimiter cannot be newline or carriage return", 0},
    {"copy t to stdout (null E'a\\nb')", SQLSTATE_INVALID_PARAMETER_VALUE,
     "COPY null representation cannot use newline or carriage return", 0},
    {"copy t to stdout (format binary, delimiter ',')", SQLSTATE_SYNTAX_ERROR,
     "cannot specify DELIMITER in BINARY mode", 0},
    {"copy t to stdout (format binary, null ',')", SQLSTATE_SYNTAX_ERROR,
     "cannot specify NULL in BINARY mode", 0},
    {"copy t to stdout (format binary, header)", SQLSTATE_FEATURE_NOT_SUPPORTED,
     "cannot specify HEADER in BINARY mode", 0},
    {"copy t to stdout (header 'x')", SQLSTATE_SYNTAX_ERROR, "header requires a Boolean value or \"match\"",
     0},
    {"copy t to stdout (header 2)", SQLSTATE_SYNTAX_ERROR, "header requires a Boolean value or \"match\"", 0},
    {"copy t to stdout (header match)", SQLSTATE_FEATURE_NOT_SUPPORTED,
     "cannot use \"match\" with HEADER in COPY TO", 0},
    {"copy t to stdout (quote '\"')", SQLSTATE_FEATURE_NOT_SUPPORTED, "COPY quote available only in CSV mode",
     0},
    {"copy t to stdout (format csv, quote 'ab')", SQLSTATE_FEATURE_NOT_SUPPORTED,
     "COPY quote must be a single one-byte character", 0},
    {"copy t to stdout (format csv, delimiter '\"')", SQLSTATE_INVALID_PARAMETER_VALUE,
     "COPY delimiter and quote must be different", 0},
    {"copy t to stdout (escape '\"')", SQLSTATE_FEATURE_NOT_SUPPORTED,
     "COPY escape available only in CSV mode", 0},
    {"copy t to stdout (format csv, escape '')", SQLSTATE_FEATURE_NOT_SUPPORTED,
     "COPY escape must be a single one-byte character", 0},
    {"copy t to stdout (force_quote *)", SQLSTATE_FEATURE_NOT_SUPPORTED,
     "COPY force quote available only in CSV mode", 0},
    {"copy t from stdin (format csv, force_quote *)", SQLSTATE_FEATURE_NOT_SUPPORTED,
     "COPY force quote only available using COPY TO", 0},
    {"copy t to stdout (format csv, force_quote a)", SQLSTATE_INVALID_PARAMETER_VALUE,
     "argument to option \"force_quote\" must be a list of column names", 31},
    {"copy t from stdin (format csv, force_null *)", SQLSTATE_INVALID_PARAMETER_VALUE,
     "argument to option \"force_null\" must be a list of column names", 32},
    {"copy t to stdout (force_not_null (a))", SQLSTATE_FEATURE_NOT_SUPPORTED,
     "COPY force not null available only in CSV mode", 0},
    {"copy t to stdout (format csv, force_not_null (a))", SQLSTATE_FEATURE_NOT_SUPPORTED,
     "COPY force not null only available using COPY FROM", 0},
    {"copy t to stdout (force_null (a))", SQLSTATE_FEATURE_NOT_SUPPORTED,
     "COPY force null available only in CSV mode", 0},
    {"copy t to stdout (format csv, force_null (a))", SQLSTATE_FEATURE_NOT_SUPPORTED,
     "COPY force null only available using COPY FROM", 0},
    {"copy t to stdout (format csv, null 'a,b')", SQLSTATE_FEATURE_NOT_SUPPORTED,
     "COPY delimiter must not appear in the NULL specification", 0},
    {"copy t to stdout (format csv, null 'a\"b')", SQLSTATE_FEATURE_NOT_SUPPORTED,
     "CSV quote character must not appear in the NULL specification", 0},
    {"copy t to stdout (encoding 'foo')", SQLSTATE_INVALID_PARAMETER_VALUE,
     "argument to option \"encoding\" must be a valid encoding name", 19},
    {"copy t to stdout where a > 1", SQLSTATE_SYNTAX_ERROR, "WHERE clause not allowed with COPY TO", 18},
    {"copy t from stdin where z > 1", SQLSTATE_FEATURE_NOT_SUPPORTED,
     "COPY FROM with a WHERE clause is not supported", 19},
    {"copy t (a, a) from stdin", SQLSTATE_DUPLICATE_COLUMN, "column \"a\" specified more than once", 0},
    {"copy t (a b) from stdin", SQLSTATE_SYNTAX_ERROR, "syntax error at or near \"b\"", 11},
    {"copy t from stdin (format csv", SQLSTATE_SYNTAX_ERROR, "syntax error at end of input", 30},
    {"copy (select 1 to stdout", SQLSTATE_SYNTAX_ERROR, "syntax error at end of input", 25},
};

static void what_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct sql_copy c;
        if (parse(refused[i].sql, &c) != ST_ERR)
            fail_msg("taken: %s", refused[i].sql);
        assert_string_equal(err.message, refused[i].message);
        assert_string_equal(sqlstate_code(err.code), sqlstate_code(refused[i].code));
        if (err.position != refused[i].position)
            fail_msg("%s: position %d, not %d", refused[i].sql, err.position, refused[i].position);
    }
}

static void every_allocation_fails_once(void **state)
{
    (void)state;
    struct arena kept = arena;
    for (unsigned nth = 1, more = 1; more; nth++) {
        struct sql_copy c;
        arena_init(&arena, 1 << 20);
        alloc_fail_nth(nth);
        int st = parse("COPY (SELECT 1) TO STDOUT CSV FORCE QUOTE a, b DELIMITER ';' HEADER", &c);
        more = alloc_failed();
        assert_int_equal(st, more ? ST_ERR : ST_OK);
        if (more)
            assert_int_equal(err.code, SQLSTATE_OUT_OF_MEMORY);
        arena_release(&arena);
    }
    arena = kept;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_client_is_the_other_end),
        cmocka_unit_test(a_file_is_the_other_end),
        cmocka_unit_test(the_ends_and_columns),
        cmocka_unit_test(new_and_old_spellings),
        cmocka_unit_test(forced_columns),
        cmocka_unit_test(what_is_refused),
        cmocka_unit_test(every_allocation_fails_once),
    };
    arena_init(&arena, 1 << 24);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_release(&arena);
    return failed;
}
