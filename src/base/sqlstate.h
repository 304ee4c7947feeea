/* The SQLSTATEs that Tavana answers, one line each: symbol, code, condition name.
 * Source: PostgreSQL manual, appendix A (error codes). */
#ifndef TAVANA_BASE_SQLSTATE_H
#define TAVANA_BASE_SQLSTATE_H

#define SQLSTATE_LIST(X)                                                                                     \
    X(SUCCESSFUL_COMPLETION, "00000", "successful_completion")                                               \
    X(WARNING, "01000", "warning")                                                                           \
    X(CONNECTION_EXCEPTION, "08000", "connection_exception")                                                 \
    X(CONNECTION_DOES_NOT_EXIST, "08003", "connection_does_not_exist")                                       \
    X(CONNECTION_FAILURE, "08006", "connection_failure")                                                     \
    X(TRANSACTION_RESOLUTION_UNKNOWN, "08007", "transaction_resolution_unknown")                             \
    X(PROTOCOL_VIOLATION, "08P01", "protocol_violation")                                                     \
    X(FEATURE_NOT_SUPPORTED, "0A000", "feature_not_supported")                                               \
    X(CARDINALITY_VIOLATION, "21000", "cardinality_violation")                                               \
    X(DATA_EXCEPTION, "22000", "data_exception")                                                             \
    X(STRING_DATA_RIGHT_TRUNCATION, "22001", "string_data_right_truncation")                                 \
    X(NUMERIC_VALUE_OUT_OF_RANGE, "22003", "numeric_value_out_of_range")                                     \
    X(INVALID_DATETIME_FORMAT, "22007", "invalid_datetime_format")                                           \
    X(DATETIME_FIELD_OVERFLOW, "22008", "datetime_field_overflow")                                           \
    X(INVALID_TIME_ZONE_DISPLACEMENT_VALUE, "22009", "invalid_time_zone_displacement_value")                 \
    X(NULL_VALUE_NOT_ALLOWED, "22004", "null_value_not_allowed")                                             \
    X(ERROR_IN_ASSIGNMENT, "22005", "error_in_assignment")                                                   \
    X(STRING_DATA_LENGTH_MISMATCH, "22026", "string_data_length_mismatch")                                   \
    X(SUBSTRING_ERROR, "22011", "substring_error")                                                           \
    X(DIVISION_BY_ZERO, "22012", "division_by_zero")                                                         \
    X(CASE_NOT_FOUND, "20000", "case_not_found")                                                             \
    X(CHARACTER_NOT_IN_REPERTOIRE, "22021", "character_not_in_repertoire")                                   \
    X(INVALID_ARGUMENT_FOR_LOGARITHM, "2201E", "invalid_argument_for_logarithm")                             \
    X(INVALID_ARGUMENT_FOR_POWER_FUNCTION, "2201F", "invalid_argument_for_power_function")                   \
    X(INVALID_REGULAR_EXPRESSION, "2201B", "invalid_regular_expression")                                     \
    X(INVALID_ARGUMENT_FOR_WIDTH_BUCKET_FUNCTION, "2201G", "invalid_argument_for_width_bucket_function")     \
    X(INVALID_ROW_COUNT_IN_LIMIT_CLAUSE, "2201W", "invalid_row_count_in_limit_clause")                       \
    X(INVALID_PARAMETER_VALUE, "22023", "invalid_parameter_value")                                           \
    X(INVALID_ESCAPE_SEQUENCE, "22025", "invalid_escape_sequence")                                           \
    X(ARRAY_SUBSCRIPT_ERROR, "2202E", "array_subscript_error")                                               \
    X(INVALID_XML_CONTENT, "2200N", "invalid_xml_content")                                                   \
    X(INVALID_TEXT_REPRESENTATION, "22P02", "invalid_text_representation")                                   \
    X(INVALID_BINARY_REPRESENTATION, "22P03", "invalid_binary_representation")                               \
    X(BAD_COPY_FILE_FORMAT, "22P04", "bad_copy_file_format")                                                 \
    X(UNTRANSLATABLE_CHARACTER, "22P05", "untranslatable_character")                                         \
    X(INTEGRITY_CONSTRAINT_VIOLATION, "23000", "integrity_constraint_violation")                             \
    X(NOT_NULL_VIOLATION, "23502", "not_null_violation")                                                     \
    X(FOREIGN_KEY_VIOLATION, "23503", "foreign_key_violation")                                               \
    X(UNIQUE_VIOLATION, "23505", "unique_violation")                                                         \
    X(CHECK_VIOLATION, "23514", "check_violation")                                                           \
    X(INVALID_CURSOR_DEFINITION, "42P11", "invalid_cursor_definition")                                       \
    X(INVALID_CURSOR_STATE, "24000", "invalid_cursor_state")                                                 \
    X(INVALID_TRANSACTION_STATE, "25000", "invalid_transaction_state")                                       \
    X(ACTIVE_SQL_TRANSACTION, "25001", "active_sql_transaction")                                             \
    X(READ_ONLY_SQL_TRANSACTION, "25006", "read_only_sql_transaction")                                       \
    X(NO_ACTIVE_SQL_TRANSACTION, "25P01", "no_active_sql_transaction")                                       \
    X(IN_FAILED_SQL_TRANSACTION, "25P02", "in_failed_sql_transaction")                                       \
    X(IDLE_IN_TRANSACTION_SESSION_TIMEOUT, "25P03", "idle_in_transaction_session_timeout")                   \
    X(INVALID_SQL_STATEMENT_NAME, "26000", "invalid_sql_statement_name")                                     \
    X(INVALID_AUTHORIZATION_SPECIFICATION, "28000", "invalid_authorization_specification")                   \
    X(INVALID_PASSWORD, "28P01", "invalid_password")                                                         \
    X(DEPENDENT_OBJECTS_STILL_EXIST, "2BP01", "dependent_objects_still_exist")                               \
    X(FUNCTION_EXECUTED_NO_RETURN_STATEMENT, "2F005", "function_executed_no_return_statement")               \
    X(INVALID_CURSOR_NAME, "34000", "invalid_cursor_name")                                                   \
    X(INVALID_SAVEPOINT, "3B001", "invalid_savepoint_specification")                                         \
    X(INVALID_CATALOG_NAME, "3D000", "invalid_catalog_name")                                                 \
    X(INVALID_SCHEMA_NAME, "3F000", "invalid_schema_name")                                                   \
    X(SERIALIZATION_FAILURE, "40001", "serialization_failure")                                               \
    X(DEADLOCK_DETECTED, "40P01", "deadlock_detected")                                                       \
    X(SYNTAX_ERROR_OR_ACCESS_RULE_VIOLATION, "42000", "syntax_error_or_access_rule_violation")               \
    X(GENERATED_ALWAYS, "428C9", "generated_always")                                                         \
    X(INSUFFICIENT_PRIVILEGE, "42501", "insufficient_privilege")                                             \
    X(SYNTAX_ERROR, "42601", "syntax_error")                                                                 \
    X(INVALID_NAME, "42602", "invalid_name")                                                                 \
    X(UNDEFINED_COLUMN, "42703", "undefined_column")                                                         \
    X(UNDEFINED_OBJECT, "42704", "undefined_object")                                                         \
    X(DUPLICATE_COLUMN, "42701", "duplicate_column")                                                         \
    X(AMBIGUOUS_COLUMN, "42702", "ambiguous_column")                                                         \
    X(DUPLICATE_OBJECT, "42710", "duplicate_object")                                                         \
    X(DUPLICATE_FUNCTION, "42723", "duplicate_function")                                                     \
    X(DUPLICATE_ALIAS, "42712", "duplicate_alias")                                                           \
    X(GROUPING_ERROR, "42803", "grouping_error")                                                             \
    X(DATATYPE_MISMATCH, "42804", "datatype_mismatch")                                                       \
    X(WRONG_OBJECT_TYPE, "42809", "wrong_object_type")                                                       \
    X(CANNOT_COERCE, "42846", "cannot_coerce")                                                               \
    X(UNDEFINED_FUNCTION, "42883", "undefined_function")                                                     \
    X(UNDEFINED_TABLE, "42P01", "undefined_table")                                                           \
    X(INVALID_COLUMN_REFERENCE, "42P10", "invalid_column_reference")                                         \
    X(UNDEFINED_PARAMETER, "42P02", "undefined_parameter")                                                   \
    X(DUPLICATE_CURSOR, "42P03", "duplicate_cursor")                                                         \
    X(DUPLICATE_DATABASE, "42P04", "duplicate_database")                                                     \
    X(DUPLICATE_PREPARED_STATEMENT, "42P05", "duplicate_prepared_statement")                                 \
    X(DUPLICATE_SCHEMA, "42P06", "duplicate_schema")                                                         \
    X(DUPLICATE_TABLE, "42P07", "duplicate_table")                                                           \
    X(INVALID_FUNCTION_DEFINITION, "42P13", "invalid_function_definition")                                   \
    X(INVALID_FOREIGN_KEY, "42830", "invalid_foreign_key")                                                   \
    X(INVALID_TABLE_DEFINITION, "42P16", "invalid_table_definition")                                         \
    X(INDETERMINATE_DATATYPE, "42P18", "indeterminate_datatype")                                             \
    X(WINDOWING_ERROR, "42P20", "windowing_error")                                                           \
    X(INSUFFICIENT_RESOURCES, "53000", "insufficient_resources")                                             \
    X(DISK_FULL, "53100", "disk_full")                                                                       \
    X(OUT_OF_MEMORY, "53200", "out_of_memory")                                                               \
    X(TOO_MANY_CONNECTIONS, "53300", "too_many_connections")                                                 \
    X(CONFIGURATION_LIMIT_EXCEEDED, "53400", "configuration_limit_exceeded")                                 \
    X(TOO_MANY_ARGUMENTS, "54023", "too_many_arguments")                                                     \
    X(PROGRAM_LIMIT_EXCEEDED, "54000", "program_limit_exceeded")                                             \
    X(STATEMENT_TOO_COMPLEX, "54001", "statement_too_complex")                                               \
    X(TOO_MANY_COLUMNS, "54011", "too_many_columns")                                                         \
    X(OBJECT_NOT_IN_PREREQUISITE_STATE, "55000", "object_not_in_prerequisite_state")                         \
    X(OBJECT_IN_USE, "55006", "object_in_use")                                                               \
    X(CANT_CHANGE_RUNTIME_PARAM, "55P02", "cant_change_runtime_param")                                       \
    X(LOCK_NOT_AVAILABLE, "55P03", "lock_not_available")                                                     \
    X(QUERY_CANCELED, "57014", "query_canceled")                                                             \
    X(ADMIN_SHUTDOWN, "57P01", "admin_shutdown")                                                             \
    X(CRASH_SHUTDOWN, "57P02", "crash_shutdown")                                                             \
    X(CANNOT_CONNECT_NOW, "57P03", "cannot_connect_now")                                                     \
    X(IDLE_SESSION_TIMEOUT, "57P05", "idle_session_timeout")                                                 \
    X(SYSTEM_ERROR, "58000", "system_error")                                                                 \
    X(IO_ERROR, "58030", "io_error")                                                                         \
    X(UNDEFINED_FILE, "58P01", "undefined_file")                                                             \
    X(CONFIG_FILE_ERROR, "F0000", "config_file_error")                                                       \
    X(RAISE_EXCEPTION, "P0001", "raise_exception")                                                           \
    X(NO_DATA_FOUND, "P0002", "no_data_found")                                                               \
    X(TOO_MANY_ROWS, "P0003", "too_many_rows")                                                               \
    X(ASSERT_FAILURE, "P0004", "assert_failure")                                                             \
    X(STACKED_DIAGNOSTICS_ACCESSED_WITHOUT_ACTIVE_HANDLER, "0Z002",                                          \
      "stacked_diagnostics_accessed_without_active_handler")                                                 \
    X(INTERNAL_ERROR, "XX000", "internal_error")                                                             \
    X(DATA_CORRUPTED, "XX001", "data_corrupted")

enum sqlstate {
#define X(symbol, code, name) SQLSTATE_##symbol,
    SQLSTATE_LIST(X)
#undef X
        SQLSTATE_COUNT
};

/* "42601"; never NULL. */
const char *sqlstate_code(enum sqlstate s);
/* "syntax_error"; never NULL. */
const char *sqlstate_name(enum sqlstate s);
/* The symbol of a five-character code, SQLSTATE_INTERNAL_ERROR when we have none for it. */
enum sqlstate sqlstate_find(const char *code);

#endif
