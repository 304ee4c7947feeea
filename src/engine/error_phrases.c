/* A table of phrases. First match wins; the pieces are copied before the message is overwritten. */
#include "engine/error_phrases.h"

#include "pgtype/oid.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum { PIECE_MAX = 256 };

/* How a piece is put into PostgreSQL's message. */
enum piece {
    AS_IT_IS,
    A_NAME, /* without the engine's quotes around it */
    A_TYPE, /* the engine's, by PostgreSQL's name for it */
};

/* Of what an extension has that is not loaded. */
#define ELSEWHERE       " is not in the catalog, but it exists in the "
#define OF_ANOTHER_KIND " is not in the catalog, a function by this name exists in the "

/* before, between and behind cut the engine's message: "before A between B behind". NULL: to its end. What
 * say leaves of the engine's message goes to DETAIL when keep says so. */
static const struct {
    const char *before, *between, *behind;
    enum piece piece;
    bool keep;
    const char *say; /* with %s for each piece */
} phrases[] = {
    {"Referenced column \"", "\" was not found because the FROM clause is missing", "", AS_IT_IS, false,
     "column \"%s\" does not exist"},
    {"Scalar Function with name ", " does not exist", "", A_NAME, false, "function %s does not exist"},
    {"Aggregate Function with name ", " does not exist", "", A_NAME, false, "function %s does not exist"},
    {"Table Function with name ", " does not exist", "", A_NAME, false, "function %s does not exist"},
    {"Macro Function with name ", " does not exist", "", A_NAME, false, "function %s does not exist"},
    {"Table Macro Function with name ", " does not exist", "", A_NAME, false, "function %s does not exist"},
    {"Type with name ", ELSEWHERE, " extension", A_NAME, false, "type \"%s\" does not exist"},
    {"Scalar Function with name ", ELSEWHERE, " extension", A_NAME, false, "function %s does not exist"},
    {"Scalar Function with name ", OF_ANOTHER_KIND, " extension", A_NAME, false,
     "function %s does not exist"},
    {"Aggregate Function with name ", ELSEWHERE, " extension", A_NAME, false, "function %s does not exist"},
    {"Table Function with name ", ELSEWHERE, " extension", A_NAME, false, "function %s does not exist"},
    {"Table Function with name ", OF_ANOTHER_KIND, " extension", A_NAME, false, "function %s does not exist"},
    {"Copy Function with name ", ELSEWHERE, " extension", A_NAME, false, "COPY format \"%s\" not recognized"},
    {"Type with name ", " does not exist", "", A_NAME, false, "type \"%s\" does not exist"},
    {"Index with name ", " does not exist", "", A_NAME, false, "index \"%s\" does not exist"},
    {"Sequence with name ", " does not exist", "", A_NAME, false, "relation \"%s\" does not exist"},
    {"Column with name ", " already exists", "", A_NAME, false, "column \"%s\" specified more than once"},
    {"Type with name ", " already exists", "", A_NAME, false, "type \"%s\" already exists"},
    {"No function matches the given name and argument types 'pg_timestamptz_of(", ")'", "", A_TYPE, false,
     "cannot cast type %s to timestamp with time zone"},
    {"No function matches the given name and argument types 'pg_timestamp_of(", ")'", "", A_TYPE, false,
     "cannot cast type %s to timestamp without time zone"},
    {"No function matches the given name and argument types 'pg_date_of(", ")'", "", A_TYPE, false,
     "cannot cast type %s to date"},
    {"Cannot compare values of type ", " and type ", " - an explicit cast", A_TYPE, false,
     "cannot compare %s with %s"},
    {"Unimplemented type for cast (", " -> ", ")", A_TYPE, false, "cannot cast type %s to %s"},
    {"Existing object ", " is of type View, trying to drop type Table", "", AS_IT_IS, false,
     "\"%s\" is not a table"},
    {"Existing object ", " is of type Table, trying to drop type View", "", AS_IT_IS, false,
     "\"%s\" is not a view"},
    {"More than one row returned by a subquery used as an expression", NULL, NULL, AS_IT_IS, false,
     "more than one row returned by a subquery used as an expression"},
    {"Multiple assignments to same column \"", "\"", "", AS_IT_IS, false,
     "multiple assignments to same column \"%s\""},
    {"WHERE clause cannot contain aggregates", NULL, NULL, AS_IT_IS, false,
     "aggregate functions are not allowed in WHERE"},
    {"table \"tavana\" has ", " columns available but ", " columns specified", AS_IT_IS, false,
     "INSERT has more target columns than expressions"}, /* of the query that sql/assign.c puts around */
    {"The specified columns as conflict target are not referenced by a UNIQUE/PRIMARY KEY CONSTRAINT or "
     "INDEX",
     NULL, NULL, AS_IT_IS, false,
     "there is no unique or exclusion constraint matching the ON CONFLICT specification"},
    {"Failed to create foreign key: there is no primary key or unique constraint for referenced table \"",
     "\"", "", AS_IT_IS, false,
     "there is no unique constraint matching given keys for referenced table \"%s\""},
    {"ORDER BY non-integer literal has no effect", NULL, NULL, AS_IT_IS, false,
     "non-integer constant in ORDER BY"},
    {"DISTINCT ON non-integer literal has no effect", NULL, NULL, AS_IT_IS, false,
     "non-integer constant in DISTINCT ON"},
    {"Malformed JSON at ", NULL, NULL, AS_IT_IS, true, "invalid input syntax for type json"},
};

/* From from up to the text stop, or to the end. false: it is not there, or the piece is too long. *end:
 * behind stop. */
static bool take(const char *from, const char *stop, char out[static PIECE_MAX], const char **end)
{
    const char *to = stop && *stop ? strstr(from, stop) : from + strlen(from);
    if (!to || (size_t)(to - from) >= PIECE_MAX)
        return false;
    memcpy(out, from, (size_t)(to - from));
    out[to - from] = '\0';
    *end = to + (stop ? strlen(stop) : 0);
    return true;
}

static void unquote(char *name)
{
    size_t n = strlen(name);
    if (n < 2 || name[0] != '"' || name[n - 1] != '"')
        return;
    memmove(name, name + 1, n - 2);
    name[n - 2] = '\0';
}

static void type_of(char name[static PIECE_MAX])
{
    size_t n = strlen(name), dimensions = 0;
    for (; n >= 2 && strcmp(name + n - 2, "[]") == 0; n -= 2, dimensions++)
        name[n - 2] = '\0';
    uint32_t oid = strcmp(name, "VARCHAR") == 0           ? PGTYPE_TEXT
                   : strcmp(name, "INTEGER_LITERAL") == 0 ? PGTYPE_INT4
                   : strcmp(name, "STRING_LITERAL") == 0  ? PGTYPE_UNKNOWN
                                                          : pgtype_by_name(str_of(name));
    const struct pgtype_info *t = pgtype_find(oid);
    char element[PIECE_MAX - 2];
    str_copy(str_of(t ? t->sql_name : name), element, sizeof element);
    (void)snprintf(name, PIECE_MAX, "%s%s", element, dimensions > 0 ? "[]" : ""); /* of however many */
}

static void put(char piece[static PIECE_MAX], enum piece as)
{
    if (as == A_NAME)
        unquote(piece);
    else if (as == A_TYPE)
        type_of(piece);
}

static bool cut(const char *message, size_t i, char a[static PIECE_MAX], char b[static PIECE_MAX])
{
    const char *at = message;
    size_t skip = strlen(phrases[i].before);
    assert(!phrases[i].between || phrases[i].behind);
    a[0] = b[0] = '\0';
    if (strncmp(message, phrases[i].before, skip) != 0)
        return false;
    if (!phrases[i].between)
        return true;
    if (!take(message + skip, phrases[i].between, a, &at))
        return false;
    return !*phrases[i].behind || take(at, phrases[i].behind, b, &at);
}

/* The names may hold what printf would read, so they are put in here. */
static void fill(char *out, size_t size, const char *say, const char *a, const char *b)
{
    size_t n = 0, next = 0;
    assert(size > 0 && say && a && b);
    for (const char *p = say; *p && n + 1 < size; p++) {
        if (p[0] != '%' || p[1] != 's') {
            out[n++] = *p;
            continue;
        }
        int put_in = snprintf(out + n, size - n, "%s", next++ == 0 ? a : b);
        n += put_in < 0 ? 0 : (size_t)put_in < size - n ? (size_t)put_in : size - n - 1;
        p++;
    }
    out[n] = '\0';
}

static void say(struct err *e, size_t i, const char *a, const char *b)
{
    char text[ERR_MESSAGE_MAX], hint[ERR_HINT_MAX], kept[ERR_MESSAGE_MAX];
    enum sqlstate code = e->code;
    int32_t position = e->position;
    fill(text, sizeof text, phrases[i].say, a, b);
    memcpy(hint, e->hint, sizeof hint);
    bool of_setting = strncmp(hint, "Use \"SET ", 9) == 0; /* of the engine, which clients cannot set */
    const char *between = phrases[i].between;
    bool elsewhere = between && (strcmp(between, ELSEWHERE) == 0 || strcmp(between, OF_ANOTHER_KIND) == 0);
    bool of_type = strncmp(phrases[i].before, "Type with name ", 15) == 0; /* one that is called alike */
    if (of_setting || of_type || elsewhere)
        hint[0] = '\0';
    (void)snprintf(kept, sizeof kept, "%s", e->message);
    err_init(e);
    (void)err_set(e, code, "%s", text);
    if (phrases[i].keep)
        err_detail(e, "%s", kept);
    e->position = position;
    memcpy(e->hint, hint, sizeof hint);
    if (elsewhere) /* the engine proposes what clients cannot do */
        err_hint(e, "It is in the engine's extension \"%s\", which this server has not loaded.", b);
}

void error_phrases(struct err *e)
{
    char a[PIECE_MAX], b[PIECE_MAX];
    for (size_t i = 0; i < sizeof phrases / sizeof *phrases; i++) {
        if (!cut(e->message, i, a, b))
            continue;
        put(a, phrases[i].piece);
        put(b, phrases[i].piece);
        say(e, i, a, b);
        return;
    }
}
