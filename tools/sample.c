/* Runs a script of SQL against a database file: how `make run` makes its sample.
 *   sample_loader DATABASE SCRIPT
 * A tool of the build, not of the product; it and src/engine are the only users of duckdb.h. */
#include <duckdb.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

enum { SCRIPT_MAX = 64 * 1024 };

static bool run(duckdb_connection connection, duckdb_extracted_statements statements, idx_t i)
{
    duckdb_prepared_statement statement = NULL;
    duckdb_result result = {0};
    bool ok = duckdb_prepare_extracted_statement(connection, statements, i, &statement) == DuckDBSuccess;
    if (!ok) {
        (void)fprintf(stderr, "sample: statement %d: %s\n", (int)i + 1, duckdb_prepare_error(statement));
    } else if (duckdb_execute_prepared(statement, &result) != DuckDBSuccess) {
        (void)fprintf(stderr, "sample: statement %d: %s\n", (int)i + 1, duckdb_result_error(&result));
        ok = false;
    }
    duckdb_destroy_result(&result);
    duckdb_destroy_prepare(&statement);
    return ok;
}

static bool run_script(duckdb_connection connection, const char *script)
{
    duckdb_extracted_statements statements = NULL;
    idx_t n = duckdb_extract_statements(connection, script, &statements);
    bool ok = n > 0;
    if (!ok)
        (void)fprintf(stderr, "sample: %s\n", duckdb_extract_statements_error(statements));
    for (idx_t i = 0; ok && i < n; i++)
        ok = run(connection, statements, i);
    duckdb_destroy_extracted(&statements);
    return ok;
}

int main(int argc, char **argv)
{
    static char script[SCRIPT_MAX];
    FILE *file = argc == 3 ? fopen(argv[2], "r") : NULL;
    if (!file) {
        (void)fprintf(stderr, "usage: sample_loader DATABASE SCRIPT\n");
        return 2;
    }
    size_t n = fread(script, 1, sizeof script - 1, file);
    bool whole = feof(file) && !ferror(file);
    (void)fclose(file);
    script[n] = '\0';
    duckdb_database database = NULL;
    duckdb_connection connection = NULL;
    if (!whole || duckdb_open(argv[1], &database) != DuckDBSuccess ||
        duckdb_connect(database, &connection) != DuckDBSuccess) {
        (void)fprintf(stderr, "sample: cannot read %s or open %s\n", argv[2], argv[1]);
        return 1;
    }
    bool ok = run_script(connection, script);
    duckdb_disconnect(&connection);
    duckdb_close(&database);
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
