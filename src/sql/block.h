/* DO: a block of PL/pgSQL whose statements are SQL, PERFORM, RAISE and NULL, with handlers of errors. What
 * else the language has (variables, IF, loops, nested blocks) is 0A000. Pure. Any thread.
 * Source: PostgreSQL 15 manual, 43.2, 43.6.8 and 43.9. */
#ifndef TAVANA_SQL_BLOCK_H
#define TAVANA_SQL_BLOCK_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "sql/raise.h"

#include <stdbool.h>
#include <stddef.h>

struct sql_statement;

enum { SQL_BLOCK_STEPS_MAX = 10000 };

enum sql_block_kind { SQL_BLOCK_SQL, SQL_BLOCK_PERFORM, SQL_BLOCK_RAISE };

struct sql_block_step {
    enum sql_block_kind kind;
    struct str text; /* SQL: the statement; PERFORM: what stands behind the word; of the body */
    struct sql_raise raise;
};

struct sql_block_steps {
    size_t n;
    struct sql_block_step *items;
};

struct sql_handler {
    struct str conditions; /* duplicate_object OR SQLSTATE '42P07' OR others */
    struct sql_block_steps steps;
};

struct sql_block {
    struct sql_block_steps steps;
    size_t nhandlers;
    struct sql_handler *handlers;
};

/* 42601, 42704 for another language, 0A000. Errors within the body say no position. */
int sql_parse_block(struct arena *a, const struct sql_statement *s, struct sql_block *out, struct err *e);
/* Whether an error with that code and name is among a handler's conditions. */
bool sql_block_catches(const struct sql_handler *h, const char *code, const char *name);

#endif
