/* CREATE … IF NOT EXISTS and DROP … IF EXISTS, whose client is told when they do nothing. Source: PostgreSQL
 * manual, CREATE TABLE and DROP TABLE. Pure. Any thread. */
#ifndef TAVANA_SQL_EXISTS_H
#define TAVANA_SQL_EXISTS_H

#include "sql/reader.h"
#include "sql/token.h"

#include <stdbool.h>

enum sql_exists_kind {
    SQL_EXISTS_TABLE,
    SQL_EXISTS_VIEW,
    SQL_EXISTS_SEQUENCE,
    SQL_EXISTS_INDEX,
    SQL_EXISTS_SCHEMA,
    SQL_EXISTS_TYPE,
};

/* A name as it is written; kind END: that part was not given. Of a schema, relation is its name. */
struct sql_exists_name {
    struct sql_token database, schema, relation;
};

struct sql_exists {
    enum sql_exists_kind kind;
    bool drops;
    struct reader reader; /* at the next name */
};

/* Whether sql, lent, is one of them. An index that is made is not: see index.h. */
bool sql_exists_read(struct sql_tokens sql, struct sql_exists *out);
/* The next name of those that it is about. false: there is none. */
bool sql_exists_next(struct sql_exists *x, struct sql_exists_name *out);

#endif
