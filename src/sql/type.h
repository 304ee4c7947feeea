/* A type as it is written behind :: or AS. Of sql/ and dialect/. */
#ifndef TAVANA_SQL_TYPE_H
#define TAVANA_SQL_TYPE_H

#include "sql/token.h"

struct sql_type {
    struct str name;         /* without its schema, quotes and what follows */
    size_t at, name_at, end; /* of all of it; of the name */
    bool array;
    struct sql_token after;
};

/* Reads the type that starts with the token that ahead hands out next. false: there is none. */
bool sql_read_type(struct sql_lexer *ahead, struct sql_type *out);

#endif
