/* What FROM has: its relations with their columns, and the columns that joins make one of two. Of sql/ alone.
 * Pure. Any thread. Names are lent from the statement's text, columns from an arena. */
#ifndef TAVANA_SQL_SCOPE_H
#define TAVANA_SQL_SCOPE_H

#include "sql/origin.h"
#include "sql/part.h"

enum {
    SCOPE_RELATIONS_MAX = 32, /* of a FROM; beyond them nothing is told of stars */
    SCOPE_MERGED_MAX = 32,    /* columns that joins have merged; the same */
};

/* A column of a relation, or of a query's result. */
struct scope_column {
    struct str name; /* n 0: it has none that can be referred to */
    struct sql_origin origin;
};

struct scope_relation {
    struct str name; /* alias, or the table's own */
    bool known;      /* its columns are */
    size_t n;
    struct scope_column *columns;
};

/* A column that USING or NATURAL has made one of two. */
struct scope_merged {
    struct str name;
    bool from_right, from_none;
};

struct scope {
    struct scope_relation relations[SCOPE_RELATIONS_MAX];
    size_t n;
    struct scope_merged merged[SCOPE_MERGED_MAX];
    size_t nmerged;
    bool lost; /* stars cannot be told */
};

/* Nothing in it yet. Its rooms are left as they are: they are filled one by one. */
void scope_init(struct scope *s);
/* The name is what the token says, letters alike in either case. No name is nobody's. */
bool scope_same(struct str name, const struct sql_token *t);
/* side: 'I'nner or left, 'R'ight, 'F'ull. A column that USING or NATURAL merges is the left table's, after
 * RIGHT JOIN the right one's. After FULL JOIN it is an expression over both, which has no origin. */
void scope_merge(struct scope *s, struct str name, const char *side);
/* The same for each column that the relation of that number shares with one before it. */
void scope_merge_natural(struct scope *s, size_t right, const char *side);
/* Whether a star has shown the column of that name already when it comes to the relation of that number. */
bool scope_is_merged_before(const struct scope *s, size_t relation, struct str name);
/* Whether a star shows the column, as one of two that were merged, without an origin of its own. */
bool scope_is_merged_elsewhere(const struct scope *s, struct str name);
/* The origin of a column that is named without its relation. A name that several relations have is ambiguous
 * and gets no origin, unless a join has merged those columns. */
struct sql_origin scope_by_name(const struct scope *s, const struct sql_token *name);
/* NULL: none is called so. */
const struct scope_relation *scope_relation_named(const struct scope *s, const struct sql_token *name);
/* Whether a bracket of [relation.]column, …, at which the cursor stands, names the relation's column. */
bool scope_lists(struct part at, struct str relation, struct str column);

#endif
