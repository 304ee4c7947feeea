/* An expression as far as its name goes: what may come next, what it is called so far and how strong that
 * name is, which is what casts and CASE ask for. Of column_name.c alone; brackets are its business. */
#ifndef TAVANA_DIALECT_COLUMN_EXPRESSION_H
#define TAVANA_DIALECT_COLUMN_EXPRESSION_H

#include "dialect/column_name.h"
#include "dialect/column_words.h"

enum clause {
    CLAUSE_ANY, /* what no name depends on */
    CLAUSE_EXPRESSION,
    CLAUSE_ITEMS,
    CLAUSE_VALUES
};

enum state {
    START,     /* an operand follows */
    HEAD,      /* … or ALL or DISTINCT */
    HEAD_ON,   /* behind DISTINCT ON */
    HAVE,      /* an operand, or several, have been read */
    NAME_READ, /* … and the last token was a name, which may be called */
    DOT,       /* a name or a star follows */
    TYPE,      /* a type follows */
    TYPE_WITH, /* behind timestamp WITH: TIME follows */
    TYPE_WITHOUT,
    TYPE_ZONE, /* ZONE follows */
    COLLATION, /* a collation follows */
    AT,        /* TIME follows */
    AT_TIME,   /* ZONE follows */
    IS_FROM,   /* behind IS DISTINCT: FROM follows */
    WINDOW,    /* a bracket or the name of a window follows */
    BRACKET,   /* a bracket follows that means nothing, and then it is HAVE */
    OPERATOR,  /* a bracket follows that means nothing, and then it is START */
    STRING,    /* behind UESCAPE */
    ALIAS,     /* an alias follows */
    ALIASED,
    ENGINES /* the engine's syntax, until the item ends */
};

/* Where the name is from: the engine takes an alias for the column that is called so. */
enum origin { ORIGIN_OTHER, ORIGIN_COLUMN };

#define NO_NAME STR("?column?")

/* What is read next begins an expression. */
void expression_begin(struct column_level *l, enum state state);
/* An operand with its name, which an operator before it makes no longer that of the whole. */
void expression_operand(struct column_level *l, struct str name, uint8_t strength, bool plain);
/* From here on the whole is called so, whatever operands follow. */
void expression_settle(struct column_level *l, struct str name, uint8_t strength);
/* It has an operator, and no name. */
void expression_operator(struct column_level *l, enum state next);
/* The engine names it. */
void expression_give_up(struct column_level *l);
/* It ends: -x has no name, and what is not complete is not ours. */
void expression_resolve(struct column_level *l);
bool expression_is_complete(const struct column_level *l);

/* The type of a cast: it names what has no name of its own, or that of another type. */
void expression_type(struct column_level *l, const struct sql_token *t);
/* Whether what is read of a type now may change the name. */
bool expression_names_by_type(const struct column_level *l);
/* What is read of a type is called so, if it is known. Whether it is. */
bool expression_rename_type(struct column_level *l, bool known, struct str name);
/* Behind the first words of a type. false: the word is no part of it. */
bool expression_more_type(struct column_level *l, const struct sql_token *t, enum column_word w);

/* A name, where an operand may begin. */
void expression_name(struct column_level *l, const struct sql_token *t, enum column_word w);
void expression_take_operator(struct column_level *l, const struct sql_token *t);
/* A literal or a parameter. */
void expression_take_literal(struct column_level *l, const struct sql_token *t);

#endif
