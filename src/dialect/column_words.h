/* The words that the names of columns depend on, and the types that PostgreSQL's grammar knows. Of
 * column_name.c alone. */
#ifndef TAVANA_DIALECT_COLUMN_WORDS_H
#define TAVANA_DIALECT_COLUMN_WORDS_H

#include "sql/token.h"

enum column_word {
    W_NAME = 1, /* any word that is not listed, and names in quotes */
    W_SELECT,
    W_VALUES,
    W_WITH,
    W_WITHOUT,
    W_FROM,
    W_RETURNING,
    W_TAIL, /* WHERE, ORDER …: the select list ends */
    W_FOR,
    W_UNION,
    W_CHANGE,
    W_SOURCE, /* JOIN: a relation follows, as behind FROM */
    W_LATERAL,
    W_SIDE, /* LEFT, CROSS …: no alias of the relation before */
    W_AS,
    W_ALL,
    W_DISTINCT,
    W_ON,
    W_CASE,
    W_BRANCH,
    W_ELSE,
    W_END,
    W_CAST,
    W_TREAT,
    W_TRIM,
    W_TRIM_LEADING,
    W_TRIM_TRAILING,
    W_COLLATION,
    W_ARRAY,
    W_NULL,
    W_SESSION, /* current_date, user: calls without brackets */
    W_NOT,
    W_BINARY, /* AND, LIKE …: an operand follows */
    W_NOISE,  /* SYMMETRIC, TO: behind such an operator */
    W_IS,
    W_ISNULL,
    W_OVERLAPS,
    W_COLLATE,
    W_AT,
    W_TIME,
    W_ZONE,
    W_OPERATOR,
    W_FILTER,
    W_OVER,
    W_WITHIN,
    W_GROUP,
    W_UESCAPE,
    W_UNIT,
    W_PRECISION,
    W_VARYING,
    W_COLUMNS,
    W_COMMA,
    W_DOT,
    W_OPEN,  /* a bracket, or the start of the statement */
    W_OTHER, /* a token that is no word */
};

/* Types that may go on behind their first word. */
enum column_type_kind {
    TYPE_ONE_WORD,
    TYPE_DOUBLE,
    TYPE_CHAR,
    TYPE_BIT,
    TYPE_TIME,
    TYPE_FLOAT,
    TYPE_INTERVAL,
    TYPE_NATIONAL
};

struct column_type {
    const char *word, *name;
    enum column_type_kind kind;
};

/* What a token is; W_NAME for a word that means nothing here. */
enum column_word column_word_of(const struct sql_token *t);
/* A type that PostgreSQL has another name for, or that may go on; NULL: it is called as it is written. */
const struct column_type *column_type_of(struct str word);

#endif
