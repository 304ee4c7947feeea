/* What the readers of a body in PL/pgSQL have in common. Of sql/plpgsql*.c alone. Pure. Any thread. */
#ifndef TAVANA_SQL_PLPGSQL_PARSE_H
#define TAVANA_SQL_PLPGSQL_PARSE_H

#include "sql/plpgsql.h"
#include "sql/reader.h"

struct plpgsql_parsing {
    struct reader r;
    size_t nstatements, depth;
    size_t counted; /* up to where lines are counted … */
    unsigned line;  /* … and how many those are */
    struct plpgsql_variable *likes;
};

/* The line of a place in the body, counted on from the last one that was asked for. */
unsigned plpgsql_line(struct plpgsql_parsing *p, size_t at);
/* 0A000, with the line in the body. */
int plpgsql_refuse(struct plpgsql_parsing *p, const char *what, unsigned line);
/* The body has no end, or a string in it has none. */
bool plpgsql_is_end(const struct sql_token *t);
/* := or =, which mean the same. */
bool plpgsql_is_assign(const struct sql_token *t);
/* Up to a word or a sign of the outermost level, at which the reader stands then. 42601 */
int plpgsql_text(struct plpgsql_parsing *p, const char *const *until, size_t n, bool may_be_empty,
                 struct str *out);
/* Behind each statement and declaration. */
int plpgsql_semicolon(struct plpgsql_parsing *p);
/* name, label.name or $1 */
int plpgsql_variable(struct plpgsql_parsing *p, const char **out);
/* name, name …, into s->targets. 54000 */
int plpgsql_targets(struct plpgsql_parsing *p, struct plpgsql_statement *s);
/* An EXECUTE's expression, up to one of the words, INTO or USING. */
int plpgsql_dynamic(struct plpgsql_parsing *p, const char *until, struct plpgsql_statement *s);
/* What stands between two texts, and around them, as one. */
int plpgsql_join(struct plpgsql_parsing *p, struct str a, const char *between, struct str b,
                 const char *behind, struct str *out);

#endif
