/* A type as it is written behind :: or AS. Of sql/ and dialect/. */
#ifndef TAVANA_SQL_TYPE_H
#define TAVANA_SQL_TYPE_H

#include "sql/token.h"

enum { SQL_TYPE_MODS_MAX = 2 };

struct sql_type {
    struct str name;         /* without its schema, quotes and what follows */
    size_t at, name_at, end; /* of all of it; of the name */
    size_t scalar_end;       /* before an array's brackets */
    bool array;
    bool underscored;                   /* _int4, which is int4[]: its name is int4 then */
    bool quoted;                        /* the name; "char" is another type than char */
    bool zone, varying;                 /* WITH TIME ZONE; VARYING */
    struct str first_field, last_field; /* of interval: DAY TO SECOND; p NULL: none */
    size_t nmods;
    int32_t mods[SQL_TYPE_MODS_MAX]; /* (n, m) */
    struct sql_token after;
};

/* Reads the type that starts with the token that ahead hands out next. false: there is none. */
bool sql_read_type(struct sql_lexer *ahead, struct sql_type *out);
/* The same, of the type that starts with first; ahead is behind it. */
bool sql_read_type_at(struct sql_lexer *ahead, struct sql_token first, struct sql_type *out);
/* An interval's DAY or DAY TO SECOND, which stand behind a literal too: *t is the token that they may begin
 * with, and the one behind them then. Only out's fields and end change. */
void sql_read_fields(struct sql_lexer *ahead, struct sql_token *t, struct sql_type *out);

#endif
