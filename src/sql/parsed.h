/* What a command says, parsed once and kept with its statement. Pure. Any thread. */
#ifndef TAVANA_SQL_PARSED_H
#define TAVANA_SQL_PARSED_H

#include "sql/alter.h"
#include "sql/block.h"
#include "sql/call.h"
#include "sql/calls.h"
#include "sql/command.h"
#include "sql/copy.h"
#include "sql/cursor.h"
#include "sql/domain.h"
#include "sql/explain.h"
#include "sql/function.h"
#include "sql/index.h"
#include "sql/matview.h"
#include "sql/prepare.h"
#include "sql/set_config.h"
#include "sql/several.h"
#include "sql/statement.h"
#include "sql/table.h"
#include "sql/type_change.h"
#include "sql/utility.h"

/* By the statement's kind. What they lend is of its text or lies in the arena. */
struct sql_parsed {
    union {
        struct sql_transaction transaction; /* SQL_BEGIN … SQL_PREPARE_TRANSACTION */
        struct sql_set set;                 /* SQL_SET, SQL_RESET, SQL_SHOW */
        enum sql_discard discard;           /* SQL_DISCARD */
        struct sql_prepare prepare;
        struct sql_execute execute;
        struct sql_declare declare;
        struct sql_fetch fetch;
        struct sql_name name; /* SQL_DEALLOCATE, SQL_CLOSE, SQL_LISTEN, SQL_UNLISTEN, SQL_NOTIFY */
        struct sql_copy copy; /* whose other end is the client */
        struct sql_table table;
        struct sql_alter alter;
        struct sql_explain explain;
        struct sql_index index;
        struct sql_several several;
        struct sql_set_config set_config;
        struct sql_matview matview;
        struct sql_utility utility;
        struct sql_calls calls;
        struct plpgsql_block *block; /* SQL_DO */
        struct sql_call call;
        struct sql_type_change type_change;
        struct sql_domain domain;
        struct sql_function function;
    };
};

/* Sees to it that s->parsed is there, of a statement that is a command; what the statement has parsed before
 * is not parsed again. The errors of the parser of its kind. */
int sql_parse(struct arena *a, struct sql_statement *s, struct err *e);

#endif
