/* How a statement is walked for dialect_translate: token by token, with what each bracket belongs to, where
 * the operand that ends here began, and the edits so far. Of dialect/ alone. */
#ifndef TAVANA_DIALECT_WALK_H
#define TAVANA_DIALECT_WALK_H

#include "dialect/column_name.h"
#include "dialect/translate.h"
#include "sql/accepts.h"
#include "sql/edits.h"
#include "sql/name.h"
#include "sql/token.h"

enum {
    DEPTH_MAX = 128, /* brackets within each other; what lies deeper is left alone */
};

#define SCHEMA_PG   "tavana_catalog.pg."
#define SCHEMA_INFO "tavana_catalog.info."

struct call_name;
struct outputs;

enum clause { CLAUSE_OTHER, CLAUSE_SELECT, CLAUSE_FROM };

/* Statements that define columns. */
enum ddl { DDL_NONE, DDL_CREATE_TABLE, DDL_ALTER_TABLE };

/* What an open bracket, or the statement itself, is in. */
struct frame {
    size_t start;          /* of the primary that the bracket belongs to: f of f(…), or the bracket */
    struct sql_token prev; /* what stands before that */
    struct sql_token cast; /* CAST or TRY_CAST of its bracket; kind END: none */
    size_t at;             /* of the bracket */
    enum clause clause;
    bool call;                      /* arguments of a function, or a list of values */
    bool columns;                   /* the columns of CREATE TABLE */
    bool nothing;                   /* its argument is put aside: a set without rows */
    bool rows;                      /* a function that makes rows of one column, in FROM … */
    const char *source;             /* … that needs an alias of this name when it has none … */
    bool wrapped;                   /* … in a subquery that was opened for it */
    const char *brackets;           /* that close behind it, too */
    size_t resume;                  /* where the walk goes on behind it; 0: there */
    const struct call_name *called; /* the function of ours that the call became; NULL: none */
    size_t argument;                /* … and how many commas or keywords of it have been passed */
    bool showing;                   /* … and whether the argument under way is shown */
};

/* What a statement leaves behind that others run: what the session alone knows is asked there anew. */
enum stored {
    STORED_NOTHING,
    STORED_DEFAULTS, /* CREATE TABLE, ALTER TABLE; a query in it runs once */
    STORED_QUERY,    /* CREATE VIEW, MACRO, FUNCTION */
};

struct rewriter {
    struct arena *arena;
    struct err *err;
    sql_session_value_fn *value;
    void *arg;
    struct str database; /* struct dialect */
    enum dialect_database database_is;
    struct edits edits;
    struct sql_tokens tokens;
    struct sql_lexer lexer; /* behind token */
    struct sql_token token, prev;
    struct column_names names;
    struct edits named;         /* what names.c says, in order */
    struct column_event *items; /* of the select lists that are open, from the outermost on */
    size_t nitems, items_cap;
    struct edits folded;      /* what fold.c says, in order */
    size_t start;             /* of the primary (name, literal, call, bracket) that ends with prev … */
    size_t end;               /* … and its end; start == end: none */
    struct sql_token before;  /* what stands before it */
    bool literal;             /* it is one literal or parameter */
    struct sql_token alone;   /* a literal that was alone in brackets … */
    size_t alone_end;         /* … that end here; 0: there was none */
    bool catalog;             /* the statement is about the catalog */
    bool sends, intervals;    /* struct dialect */
    bool dates_ordered;       /* struct dialect */
    bool postgres;            /* it means what PostgreSQL means by it */
    enum sql_accepts accepts; /* … as far as PostgreSQL's parser takes it; UNKNOWN: not asked yet */
    enum ddl ddl;
    enum stored stored;
    struct outputs *outputs; /* outputs.c's; NULL: not asked yet */
    bool may_be_bytes;       /* a string in it may be meant as one of bytes */
    unsigned stars;          /* that were looked at for joined columns */
    bool adding;             /* behind ALTER TABLE's ADD: the next name is a column's */
    bool array_column;       /* the column that was defined last is an array */
    size_t depth;
    struct frame frames[DEPTH_MAX + 1];
};

/* The token is one of these words, unquoted, letters alike in either case. */
bool walk_is_any(const struct sql_token *t, const char *const *words, size_t n);
#define WALK_IS_ANY(t, words) walk_is_any(t, words, sizeof(words) / sizeof *(words))

static inline size_t walk_end(const struct sql_token *t)
{
    return t->at + t->text.n;
}

/* Whether PostgreSQL's parser takes the statement: what it does not take has the engine's meaning. */
int walk_accepts(struct rewriter *r, bool *out);

/* The token after the current one. */
struct sql_token walk_peek(const struct rewriter *r);
/* The innermost open bracket, or the statement. */
struct frame *walk_top(struct rewriter *r);
/* The token is this name, quoted or not. */
bool walk_is(const struct sql_token *t, const char *name);
/* Whether a word behind a relation or a call is its alias. */
bool walk_is_alias(const struct sql_token *t);

/* An edit: `with`, which lives as long as the arena, stands in place of the bytes [from, to). */
int walk_replace(struct rewriter *r, size_t from, size_t to, struct str with);
/* An edit: `with` stands at that place, after what was inserted there before. */
int walk_insert(struct rewriter *r, size_t at, struct str with);
/* The parts one after the other, of the arena. 53200 */
int walk_concat(struct rewriter *r, const struct str *parts, size_t n, struct str *out);
/* The session's answer as SQL, a number or a string literal, or `otherwise`. */
int walk_ask(struct rewriter *r, const char *name, struct str otherwise, struct str *out);
/* An answer that is SQL already. */
int walk_ask_sql(struct rewriter *r, const char *name, struct str otherwise, struct str *out);
/* The session's answer as a string literal, digits too: a user may be called 42. Or `otherwise`. */
int walk_ask_text(struct rewriter *r, const char *name, struct str otherwise, struct str *out);

/* The text of a name's token, folded to lower case; of the arena, or the token's own. 53200 */
int walk_folded(struct rewriter *r, const struct sql_token *t, struct str *out);

/* Whether a column of a select list starts behind `before`. */
bool walk_starts_column(const struct rewriter *r, const struct sql_token *before);

/* On to the token at `to`: the bytes [from, to) have been seen to, and are an operand of which `last` is the
 * last token. */
void walk_pass(struct rewriter *r, size_t from, size_t to, const struct sql_token *last);
/* On to the next token, having looked at this one. */
int walk_on(struct rewriter *r);
/* The same, without taking the token for an operand. */
void walk_past(struct rewriter *r);

#endif
