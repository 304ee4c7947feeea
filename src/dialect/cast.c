/* Casts to types that the engine does not know. */
#include "dialect/cast.h"

#include "dialect/walk.h"
#include "sql/type.h"

enum { LIST_DIMENSIONS_MAX = 6 }; /* PostgreSQL's MAXDIM */

/* Types that the engine does not know, and what it has for them. NULL: it knows the type, or nobody does.
 * It knows oid as a BIGINT; about the catalog that is what results are to be sent as. */
static const char *engine_type(const struct rewriter *r, struct str name)
{
    if (r->catalog && str_ieq(name, STR("oid")))
        return "pg_oid";
    static const struct {
        const char *from, *to;
    } types[] = {
        {"jsonb", "JSON"},
        {"name", "VARCHAR"},
        {"xid", "BIGINT"},
        {"xid8", "BIGINT"},
        {"cid", "BIGINT"},
        {"cstring", "VARCHAR"},
        {"pg_node_tree", "VARCHAR"},
        {"aclitem", "VARCHAR"},
        {"refcursor", "VARCHAR"},
        {"int2vector", "VARCHAR"},
        {"oidvector", "VARCHAR"},
        {"sql_identifier", "VARCHAR"},
        {"character_data", "VARCHAR"},
        {"yes_or_no", "VARCHAR"},
        {"cardinal_number", "INTEGER"},
        {"regoper", "VARCHAR"},
        {"regoperator", "VARCHAR"},
        {"regconfig", "VARCHAR"},
        {"regdictionary", "VARCHAR"},
        {"regcollation", "VARCHAR"},
        {"regprocedure", "VARCHAR"},
        {"anyarray", "VARCHAR[]"},
    };
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (str_ieq(name, str_of(types[i].from)))
            return types[i].to;
    return NULL;
}

/* regclass and its kin, whose values are numbers that show as names. */
static const char *reg_type(struct str name)
{
    static const char *const types[] = {"regclass", "regtype", "regproc", "regnamespace", "regrole"};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (str_ieq(name, str_of(types[i])))
            return types[i];
    return NULL;
}

static bool is_comparison(const struct sql_token *t)
{
    return t->kind == SQL_TOK_OP || sql_token_is_word(t, "IN") || sql_token_is_word(t, "IS");
}

static bool is_number_type(struct str name)
{
    return str_ieq(name, STR("oid")) || str_ieq(name, STR("int4")) || str_ieq(name, STR("int8")) ||
           str_ieq(name, STR("integer")) || str_ieq(name, STR("bigint")) || str_ieq(name, STR("int"));
}

/* Whether x::regclass is wanted as the name it shows as, rather than as a number. */
static bool wants_text(struct rewriter *r, const struct sql_token *before, const struct sql_type *type,
                       bool literal)
{
    bool proc = str_ieq(type->name, STR("regproc")); /* columns of that type hold names here */
    if (sql_token_is_typecast(&type->after)) {
        struct sql_lexer ahead = r->lexer;
        struct sql_type next;
        sql_lexer_seek(&ahead, walk_end(&type->after));
        return sql_read_type(&ahead, &next) && !is_number_type(next.name);
    }
    if (proc || (before->kind == SQL_TOK_OP && str_eq(before->text, STR("||"))))
        return true;
    if (is_comparison(before) || is_comparison(&type->after))
        return false;
    if (walk_top(r)->call && (sql_token_is(before, '(') || sql_token_is(before, ',')))
        return false;
    return !literal || walk_top(r)->clause == CLAUSE_SELECT;
}

/* The function that stands for a cast to a type of reg_type, with its bracket; *brackets says how many it
 * opens: a literal that shows as a name is looked up first. */
static int reg_function(struct rewriter *r, const char *reg, bool text, bool literal, struct str *out,
                        size_t *brackets)
{
    bool role = strcmp(reg, "regrole") == 0, both = text && literal && !role && strcmp(reg, "regproc") != 0;
    struct str user = {0};
    *brackets = both ? 2 : 1;
    if (role && text)
        TRY(walk_ask_text(r, "user", STR("current_user"), &user));
    const struct str parts[] = {STR(SCHEMA_PG),
                                str_of(reg),
                                text ? STR("_text(") : STR("_oid("),
                                user,
                                user.n ? STR(", ") : STR(""),
                                both ? STR(SCHEMA_PG) : STR(""),
                                both ? str_of(reg) : STR(""),
                                both ? STR("_oid(") : STR("")};
    return walk_concat(r, parts, sizeof parts / sizeof *parts, out);
}

/* '{a,"b{",{c}}' as the list literal [a,"b{",[c]]. */
int walk_list_literal(struct rewriter *r, const struct sql_token *t)
{
    size_t n = t->text.n;
    const char *p = t->text.p;
    bool quoted = false;
    if (t->kind != SQL_TOK_STRING || n < 4 || p[0] != '\'' || p[1] != '{' || p[n - 2] != '}')
        return ST_OK;
    for (size_t i = 1; i < n - 1; i++) {
        if (p[i] == '\\')
            i++;
        else if (p[i] == '"')
            quoted = !quoted;
        else if (!quoted && (p[i] == '{' || p[i] == '}'))
            TRY(walk_replace(r, t->at + i, t->at + i + 1, p[i] == '{' ? STR("[") : STR("]")));
    }
    return ST_OK;
}

/* The literal before a cast to an array: int[] takes any number of dimensions, where the engine wants a pair
 * of brackets for each. */
static int cast_list(struct rewriter *r, const struct sql_token *t, const struct sql_type *type)
{
    size_t wanted = 0, given = 0;
    for (size_t i = type->name_at; i < type->end; i++)
        given += r->edits.sql.p[i] == '[';
    while (t->kind == SQL_TOK_STRING && wanted + 1 < t->text.n && t->text.p[wanted + 1] == '{')
        wanted++;
    for (; given > 0 && given < wanted && given < LIST_DIMENSIONS_MAX; given++)
        TRY(walk_insert(r, type->end, STR("[]")));
    return walk_list_literal(r, t);
}

int walk_typecast(struct rewriter *r)
{
    struct sql_lexer ahead = r->lexer;
    struct sql_type type;
    if (!sql_read_type(&ahead, &type)) {
        walk_past(r);
        return ST_OK;
    }
    size_t colons = r->token.at;
    const char *reg = reg_type(type.name), *other = engine_type(r, type.name);
    if (type.array && r->literal)
        TRY(cast_list(r, &r->prev, &type));
    if (reg && !type.array && r->start < r->end) {
        struct str function;
        size_t brackets;
        bool text = wants_text(r, &r->before, &type, r->literal);
        TRY(reg_function(r, reg, text, r->literal, &function, &brackets));
        TRY(edits_replace_first(&r->edits, r->start, 0, function, r->err));
        TRY(walk_replace(r, colons, type.end, brackets == 2 ? STR("))") : STR(")")));
        if (walk_starts_column(r, &r->before) && walk_ends_column(&type.after))
            TRY(walk_put_alias(r, type.end, reg));
    } else if (reg || other) {
        size_t end = type.name_at + type.name.n; /* the array's brackets stay */
        if (type.end > end && !type.array)
            end = type.end;
        TRY(walk_replace(r, type.at, end, reg ? STR("VARCHAR") : str_of(other)));
    } else if (type.name_at > type.at) {
        TRY(walk_replace(r, type.at, type.name_at, STR("")));
    }
    sql_lexer_seek(&r->lexer, type.end); /* the primary goes on: x::a::b */
    r->prev = (struct sql_token){.kind = SQL_TOK_WORD, .at = type.at};
    (void)sql_lexer_next(&r->lexer, &r->token);
    return ST_OK;
}

/* CAST(x AS type), at AS. */
int walk_cast(struct rewriter *r)
{
    struct frame *f = walk_top(r);
    struct sql_lexer ahead = r->lexer;
    struct sql_type type;
    if (!sql_read_type(&ahead, &type) || !sql_token_is(&type.after, ')'))
        return walk_on(r);
    size_t as = r->token.at;
    const char *reg = reg_type(type.name), *other = engine_type(r, type.name);
    bool literal =
        r->literal && r->start < r->end && r->before.kind == SQL_TOK_PUNCT && r->before.at == f->at;
    if (type.array && literal)
        TRY(cast_list(r, &r->prev, &type));
    if (reg && !type.array) {
        struct str function;
        size_t brackets;
        (void)sql_lexer_next(&ahead, &type.after); /* behind the bracket */
        r->depth--;
        bool text = wants_text(r, &f->prev, &type, literal);
        r->depth++;
        TRY(reg_function(r, reg, text, literal, &function, &brackets));
        TRY(edits_replace_first(&r->edits, f->cast.at, f->at + 1 - f->cast.at, function, r->err));
        TRY(walk_replace(r, as, type.end, brackets == 2 ? STR(")") : STR("")));
    } else if (reg || other) {
        TRY(walk_replace(r, type.at, type.name_at + type.name.n, reg ? STR("VARCHAR") : str_of(other)));
    } else if (type.name_at > type.at) {
        TRY(walk_replace(r, type.at, type.name_at, STR("")));
    }
    sql_lexer_seek(&r->lexer, type.end);
    r->prev = (struct sql_token){.kind = SQL_TOK_WORD, .at = type.at};
    (void)sql_lexer_next(&r->lexer, &r->token);
    return ST_OK;
}
