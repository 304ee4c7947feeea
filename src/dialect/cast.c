/* Casts to types that the engine does not know. */
#include "dialect/cast.h"

#include "dialect/known_cast.h"
#include "dialect/literal.h"
#include "dialect/outputs.h"
#include "dialect/schemas.h"
#include "dialect/string_value.h"
#include "dialect/type.h"
#include "dialect/walk.h"
#include "pgtype/catalog_type.h"
#include "pgtype/oid.h"
#include "sql/declared.h"
#include "sql/params.h"
#include "sql/type.h"

#include <assert.h>
#include <stdio.h>

enum {
    LIST_DIMENSIONS_MAX = 6, /* PostgreSQL's MAXDIM */
    WRAP_MAX = 128,          /* what stands around a cast that cuts or rounds */
    MICROS_DIGITS = 6,
};

/* regclass and its kin, whose values are numbers that show as names. */
static const char *reg_type(struct str name)
{
    static const char *const types[] = {"regclass",     "regtype",      "regproc",
                                        "regprocedure", "regnamespace", "regrole"};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (str_ieq(name, str_of(types[i])))
            return types[i];
    return NULL;
}

/* A literal that names one of PostgreSQL's own functions, which the engine's type for it knows. */
static bool is_regproc(const struct sql_type *type, const struct sql_token *literal)
{
    uint32_t oid;
    bool of_type = str_ieq(type->name, STR("regproc")) && !type->array;
    return of_type && literal->kind == SQL_TOK_STRING && literal->text.n >= 2 &&
           catalog_proc_find((struct str){literal->text.p + 1, literal->text.n - 2}, &oid);
}

static bool is_comparison(const struct sql_token *t)
{
    return t->kind == SQL_TOK_OP || sql_token_is_word(t, "IN") || sql_token_is_word(t, "IS");
}

/* A comparison of one value with another or with several. */
static bool is_compared_with(const struct sql_token *t)
{
    static const char *const operators[] = {"=", "<>", "!=", "<", ">", "<=", ">="};
    for (size_t i = 0; t->kind == SQL_TOK_OP && i < sizeof operators / sizeof *operators; i++)
        if (str_eq(t->text, str_of(operators[i])))
            return true;
    return sql_token_is_word(t, "IN") || sql_token_is_word(t, "BETWEEN");
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
    bool proc = str_ieq(type->name, STR("regproc"));
    if (sql_token_is_typecast(&type->after)) {
        struct sql_lexer ahead = r->lexer;
        struct sql_type next;
        sql_lexer_seek(&ahead, walk_end(&type->after));
        return sql_read_type(&ahead, &next) && !is_number_type(next.name);
    }
    if ((proc && !literal) || (before->kind == SQL_TOK_OP && str_eq(before->text, STR("||"))))
        return true;
    if (is_comparison(before) || is_comparison(&type->after))
        return false;
    if (walk_top(r)->call && (sql_token_is(before, '(') || sql_token_is(before, ',')))
        return false;
    return !literal || walk_top(r)->clause == CLAUSE_SELECT;
}

/* Whether a cast to a type of reg_type, from there to there, is a whole column of what a client is sent, of a
 * query that neither sorts nor compares its rows. */
static int is_sent(struct rewriter *r, const char *reg, size_t from, size_t to, bool *out)
{
    static const char *const types[] = {"regclass", "regtype", "regnamespace", "regprocedure"};
    bool known = false;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        known |= strcmp(reg, types[i]) == 0;
    *out = false;
    return known ? outputs_show(r, from, to, out) : ST_OK;
}

/* The function that stands for a cast to a type of reg_type, with its bracket; *brackets says how many it
 * opens: a literal that shows as a name is looked up first, and so is what a client is sent as a value of the
 * type. */
static int reg_function(struct rewriter *r, const char *reg, bool text, bool literal, bool sent,
                        struct str *out, size_t *brackets)
{
    if (sent) {
        *brackets = 2;
        return walk_concat(r,
                           (const struct str[]){STR(SCHEMA_PG), str_of(reg), STR("_sent(" SCHEMA_PG),
                                                str_of(reg), STR("_oid(")},
                           5, out);
    }
    bool role = strcmp(reg, "regrole") == 0, both = text && literal && !role;
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

int walk_list_literal(struct rewriter *r, const struct sql_token *t)
{
    return edits_list(&r->edits, t, r->err);
}

/* The literal before a cast to an array: int[] takes any number of dimensions, where the engine wants a pair
 * of brackets for each. */
static int cast_list(struct rewriter *r, const struct sql_token *t, const struct sql_type *type)
{
    size_t wanted = 0, given = type->underscored;
    for (size_t i = type->name_at; i < type->end; i++)
        given += r->edits.sql.p[i] == '[';
    while (t->kind == SQL_TOK_STRING && wanted + 1 < t->text.n && t->text.p[wanted + 1] == '{')
        wanted++;
    for (; given > 0 && given < wanted && given < LIST_DIMENSIONS_MAX; given++)
        TRY(walk_insert(r, type->end, STR("[]")));
    return walk_list_literal(r, t);
}

/* ---- types with modifiers ---- */

/* What stands around CAST(x AS type) where the engine's type has no such modifiers, or another text. */
struct wrap {
    char before[WRAP_MAX], after[WRAP_MAX];
    const char *shown; /* the function that stands in place of the cast itself; NULL: none */
    const char *read;  /* the function that reads the operand, within the cast; NULL: none */
};

static void wrap_text(const struct sql_type *type, bool padded, struct wrap *w)
{
    assert(type->nmods <= SQL_TYPE_MODS_MAX);
    bool bare_char = padded && !str_ieq(type->name, STR("bpchar")); /* char is char(1) */
    int32_t n = type->nmods ? type->mods[0] : bare_char ? 1 : 0;
    if (n > 0) {
        (void)snprintf(w->before, sizeof w->before, "%sleft(", padded ? "rtrim(" : "");
        (void)snprintf(w->after, sizeof w->after, ", %d)%s", n, padded ? ", ' ')" : "");
    }
}

/* Rounded to so many digits of a second. */
static void wrap_moment(const struct sql_type *type, uint32_t oid, struct wrap *w)
{
    int32_t digits = type->nmods ? type->mods[0] : MICROS_DIGITS;
    int unit = 1;
    for (int32_t i = digits; i >= 0 && i < MICROS_DIGITS; i++)
        unit *= 10;
    if (unit == 1)
        return;
    bool time = oid == PGTYPE_TIME;
    (void)snprintf(w->before, sizeof w->before, "%stime_bucket(to_microseconds(%d), %s", time ? "CAST(" : "",
                   unit, time ? "DATE '2000-01-01' + " : "");
    (void)snprintf(w->after, sizeof w->after, " + to_microseconds(%d))%s", unit / 2, time ? " AS TIME)" : "");
}

/* The function that shows an operand, the bytes [from, to), as text, or reads its text as bytes. A macro
 * would repeat a subquery. */
static int shown_by(struct rewriter *r, size_t from, size_t to, bool bytes, const char **out)
{
    struct str operand = {r->edits.sql.p + from, to - from}, query = STR("SELECT");
    bool accepts;
    *out = NULL;
    bool parameter = operand.n > 0 && operand.p[0] == '$'; /* its type may be named pg_catalog._int4 */
    if (!r->postgres || (r->catalog && !parameter) || r->ddl != DDL_NONE || str_ieq(operand, STR("NULL")))
        return ST_OK;
    TRY(walk_accepts(r, &accepts));
    if (!accepts)
        return ST_OK;
    bool literals = bytes && memchr(operand.p, '\'', operand.n); /* … which are bytes already */
    if (literals && operand.p[operand.n - 1] == '\'')
        return ST_OK;
    *out = bytes ? SCHEMA_PG "bytes_of(" : SCHEMA_PG "text_of(";
    for (size_t i = 0; i + query.n <= operand.n; i++)
        if (str_ieq((struct str){operand.p + i, query.n}, query))
            *out = bytes ? NULL : "system.main.pg_show(";
    return ST_OK;
}

/* Texts are read by the session's order of dates and its time zone, which the engine's cast does not know.
 * Of a literal, dialect/literal.c has seen to that. */
static const char *reader_of(const struct rewriter *r, const struct sql_token *literal, uint32_t oid)
{
    if (literal || r->catalog || r->ddl != DDL_NONE)
        return NULL;
    if (oid == PGTYPE_TIMESTAMPTZ)
        return "system.main.pg_timestamptz_of(";
    if (!r->dates_ordered)
        return NULL;
    return oid == PGTYPE_DATE        ? "system.main.pg_date_of("
           : oid == PGTYPE_TIMESTAMP ? "system.main.pg_timestamp_of("
                                     : NULL;
}

/* Casts that only the engine has: 1.5::bool, true::numeric. *out: the macro that refuses them; it repeats its
 * operand, the bytes [from, to), which is therefore no subquery, and has no such casts in it. */
static int refuser_of(struct rewriter *r, const struct sql_token *literal, uint32_t oid, size_t from,
                      size_t to, const char **out)
{
    static const struct {
        uint32_t oid;
        const char *macro;
    } refusers[] = {
        {PGTYPE_BOOL, SCHEMA_PG "bool_operand("}, {PGTYPE_NUMERIC, SCHEMA_PG "numeric_operand("},
        {PGTYPE_JSON, SCHEMA_PG "json_operand("}, {PGTYPE_JSONB, SCHEMA_PG "jsonb_operand("},
        {PGTYPE_OID, SCHEMA_PG "oid_operand("},   {PGTYPE_CHAR, SCHEMA_PG "char_operand("},
        {PGTYPE_NAME, SCHEMA_PG "name_operand("},
    };
    const char *macro = NULL;
    for (size_t i = 0; i < sizeof refusers / sizeof *refusers && !macro; i++)
        macro = refusers[i].oid == oid ? refusers[i].macro : NULL;
    const struct str operand = {r->edits.sql.p + from, to - from}, query = STR("SELECT"), cast = STR("CAST");
    enum { INTEGER_DIGITS = 9, OPERAND_MAX = 128 };
    bool fraction = memchr(operand.p, '.', operand.n), whole = oid == PGTYPE_BOOL || oid == PGTYPE_OID,
         accepts,
         number = literal && literal->kind == SQL_TOK_NUMBER && oid != PGTYPE_NUMERIC &&
                  (!whole || fraction || (oid == PGTYPE_BOOL && literal->text.n > INTEGER_DIGITS));
    bool plain = literal && literal->kind != SQL_TOK_WORD && !number; /* a word: '1'::float8::bool */
    if (!r->postgres || r->catalog || r->ddl != DDL_NONE || r->stored == STORED_QUERY || plain || !macro ||
        operand.n > OPERAND_MAX || (operand.n && operand.p[0] == '$'))
        return ST_OK;
    unsigned casts = 0;
    for (size_t i = 0; i < operand.n; i++) {
        const struct str rest = {operand.p + i, operand.n - i};
        if ((rest.n >= query.n && str_ieq((struct str){rest.p, query.n}, query)) ||
            (rest.n >= cast.n && str_ieq((struct str){rest.p, cast.n}, cast)))
            return ST_OK;
        casts += rest.n > 1 && rest.p[0] == ':' && rest.p[1] == ':';
    }
    if (casts > 1)
        return ST_OK;
    TRY(walk_accepts(r, &accepts));
    if (accepts)
        *out = macro;
    return ST_OK;
}

static void wrap_of(const struct rewriter *r, const struct sql_type *type, const struct sql_token *literal,
                    uint32_t oid, struct wrap *w)
{
    *w = (struct wrap){0};
    if (!r->postgres || type->array)
        return;
    if (oid == PGTYPE_CHAR)
        *w = (struct wrap){.before = "left(", .after = ", 1)"};
    else if (oid == PGTYPE_VARCHAR || oid == PGTYPE_BPCHAR)
        wrap_text(type, oid == PGTYPE_BPCHAR, w);
    else if (oid == PGTYPE_TIME || oid == PGTYPE_TIMESTAMP || oid == PGTYPE_TIMESTAMPTZ)
        wrap_moment(type, oid, w);
    w->read = reader_of(r, literal, oid);
}

/* ---- literals ---- */

static int no_such_number(struct rewriter *r, const struct sql_token *t)
{
    (void)err_set(r->err, SQLSTATE_NUMERIC_VALUE_OUT_OF_RANGE,
                  "NaN and infinity are not supported in a numeric");
    r->err->position = str_position(r->edits.sql, t->at);
    return ST_ERR;
}

/* 1.50::numeric has the digits that are written. */
static int numeric_type(struct rewriter *r, const struct sql_token *t, struct str *engine)
{
    struct str text = t->text;
    unsigned width = 0, scale = 0;
    char name[sizeof "DECIMAL(38,38)"];
    if (t->kind == SQL_TOK_PARAM) { /* has those of its value */
        *engine = STR(SQL_PARAM_NUMERIC);
        return ST_OK;
    }
    int status = t->kind == SQL_TOK_STRING ? walk_string_value(r, t, &text) : ST_OK;
    if (status == ST_OK)
        status = walk_number_shape(r, text, &width, &scale);
    if (status == ST_AGAIN)
        return t->kind == SQL_TOK_STRING ? no_such_number(r, t) : ST_OK;
    if (status < 0) {
        r->err->position = str_position(r->edits.sql, t->at);
        return status;
    }
    (void)snprintf(name, sizeof name, "DECIMAL(%u,%u)", width % 100, scale % 100);
    *engine = str_of(arena_strdup(r->arena, name));
    return engine->p ? ST_OK : err_oom(r->err);
}

/* A cast's type and, when its operand is the literal t, that. t NULL: another operand. *spelled and *engine:
 * what to write, p NULL: as it is. */
static int spell(struct rewriter *r, const struct sql_token *t, const struct sql_type *type, uint32_t oid,
                 struct str *spelled, struct str *engine)
{
    *spelled = (struct str){0};
    TRY(walk_engine_type(r, type, engine));
    if (!t || !r->postgres || !oid)
        return ST_OK;
    const struct pgtype_info *info = pgtype_find(oid);
    assert(info); /* walk_type_oid names none that pgtype does not know */
    if (t->kind == SQL_TOK_STRING)
        TRY(walk_spell_literal(r, t, type->array ? info->array_oid : oid, type, spelled));
    if (oid == PGTYPE_NUMERIC && type->array && type->nmods == 0 && t->kind == SQL_TOK_PARAM)
        *engine = STR(SQL_PARAM_NUMERIC);
    if (oid == PGTYPE_NUMERIC && !type->array && type->nmods == 0)
        TRY(numeric_type(r, t, engine));
    return ST_OK;
}

/* As many pairs of brackets as the literal's value has. */
static int deepen(struct rewriter *r, struct str spelled, const struct sql_type *type)
{
    size_t wanted = 0, given = type->underscored;
    for (size_t i = type->scalar_end; i < type->end; i++)
        given += r->edits.sql.p[i] == '[';
    while (wanted < spelled.n && spelled.p[wanted] == '[')
        wanted++;
    for (; given < wanted && given < LIST_DIMENSIONS_MAX; given++)
        TRY(walk_insert(r, type->end, STR("[]")));
    return ST_OK;
}

static int put_literal(struct rewriter *r, const struct sql_token *t, struct str spelled,
                       const struct sql_type *type)
{
    if (spelled.p && type->array)
        TRY(deepen(r, spelled, type));
    else if (type->array && t->kind == SQL_TOK_STRING)
        return cast_list(r, t, type);
    return spelled.p ? walk_replace(r, t->at, walk_end(t), spelled) : ST_OK;
}

/* ---- casts ---- */

/* Types whose casts depend on how a value is shown. */
static bool is_text(uint32_t oid)
{
    return oid == PGTYPE_TEXT || oid == PGTYPE_VARCHAR || oid == PGTYPE_BPCHAR || oid == PGTYPE_BYTEA;
}

/* NULL::type, which has its type wherever it stands: the engine forgets the type of a constant NULL that
 * is an operand, so that what stands here is no constant to it. What is stored keeps the word. */
static int typed_null(struct rewriter *r, bool alone, const struct sql_type *type, uint32_t oid,
                      struct str *engine)
{
    const struct sql_token *literal = &r->prev;
    struct sql_lexer first;
    struct sql_token t;
    bool accepts = alone && r->postgres && !r->catalog && oid && r->stored == STORED_NOTHING &&
                   sql_token_is_word(literal, "NULL");
    if (accepts)
        TRY(walk_accepts(r, &accepts));
    if (!accepts ||
        (walk_top(r)->call && sql_token_is(&r->before, ','))) /* the engine wants constants there */
        return ST_OK;
    sql_lexer_init(&first, r->tokens);
    (void)sql_lexer_next(&first, &t);
    if (!sql_token_is_word(&t, "SELECT"))
        return ST_OK;
    if (oid == PGTYPE_NUMERIC && !type->array && type->nmods == 0)
        *engine = STR("DECIMAL(1,0)"); /* so that other numerics say how many digits there are */
    return walk_replace(r, literal->at, walk_end(literal), STR("system.main.pg_null()"));
}

/* A comparison of a real with what is none is one of doubles: 0.1 = 0.1::real is false. */
static bool is_compared(const struct rewriter *r, const struct sql_type *type, uint32_t oid)
{
    return r->postgres && !r->catalog && oid == PGTYPE_FLOAT4 && !type->array &&
           (is_compared_with(&r->before) || is_compared_with(&type->after));
}

/* 70000::smallint, which the engine finds out only where the value is needed. */
static int check_range(struct rewriter *r, const struct sql_token *literal, uint32_t oid)
{
    int64_t least = oid == PGTYPE_INT2 ? INT16_MIN : INT32_MIN, value;
    bool integer = oid == PGTYPE_INT2 || oid == PGTYPE_INT4;
    if (!r->postgres || !integer || !literal || literal->kind != SQL_TOK_NUMBER ||
        !str_to_i64(literal->text, 0, INT64_MAX, &value) || value <= -(least + 1))
        return ST_OK;
    (void)err_set(r->err, SQLSTATE_NUMERIC_VALUE_OUT_OF_RANGE, "%s out of range",
                  oid == PGTYPE_INT2 ? "smallint" : "integer");
    r->err->position = str_position(r->edits.sql, literal->at);
    return ST_ERR;
}

/* x::type that is neither a regclass nor one of its kin. */
static int put_typecast(struct rewriter *r, const struct sql_type *type, const struct sql_token *literal)
{
    struct str spelled, engine;
    struct wrap w;
    uint32_t oid = walk_type_oid(type);
    if (r->start < r->end)
        TRY(known_cast_check(r, type, oid));
    TRY(spell(r, literal, type, oid, &spelled, &engine));
    TRY(check_range(r, literal, oid));
    if (is_compared(r, type, oid))
        TRY(walk_insert(r, type->end, STR("::DOUBLE")));
    if (literal)
        TRY(put_literal(r, literal, spelled, type));
    TRY(typed_null(r, r->start == r->prev.at, type, oid, &engine));
    wrap_of(r, type, literal, oid, &w);
    bool cast_before = literal && literal->kind == SQL_TOK_WORD; /* '1'::float8::text, at the second one */
    if (is_text(oid) && !type->array && (!literal || cast_before) && r->start < r->end)
        TRY(shown_by(r, r->start, r->end, oid == PGTYPE_BYTEA, &w.shown));
    if (!type->array && r->start < r->end)
        TRY(refuser_of(r, literal, oid, r->start, r->end, &w.read));
    if ((w.before[0] || w.shown || w.read) && r->start < r->end) {
        struct str before, after;
        const struct str written = {r->edits.sql.p + type->name_at, type->scalar_end - type->name_at};
        const struct str name = engine.p ? engine : oid == PGTYPE_NUMERIC ? written : type->name;
        const struct str cast = str_of(w.shown ? w.shown : "CAST(");
        const struct str read = str_of(w.read ? w.read : "");
        TRY(walk_concat(r, (const struct str[]){str_of(w.before), cast, read}, 3, &before));
        TRY(walk_concat(r,
                        (const struct str[]){read.n ? STR(")") : STR(""), w.shown ? STR("") : STR(" AS "),
                                             w.shown ? STR("") : name, STR(")"), str_of(w.after)},
                        5, &after));
        TRY(edits_replace_first(&r->edits, r->start, 0, before, r->err));
        return walk_replace(r, r->token.at, type->end, after);
    }
    if (engine.p)
        return walk_replace(r, type->at, type->scalar_end, engine);
    return walk_type_schema(r, type);
}

int walk_cast_of(struct rewriter *r, const struct sql_type *type, struct str operand, struct str *out)
{
    struct str engine;
    struct wrap w;
    TRY(walk_engine_type(r, type, &engine));
    wrap_of(r, type, NULL, walk_type_oid(type), &w);
    w.read = NULL;
    if (!engine.p)
        engine = (struct str){r->edits.sql.p + type->name_at, type->scalar_end - type->name_at};
    const struct str brackets = {r->edits.sql.p + type->scalar_end, type->end - type->scalar_end};
    return walk_concat(r,
                       (const struct str[]){str_of(w.before), STR("CAST("), operand, STR(" AS "), engine,
                                            brackets, STR(")"), str_of(w.after)},
                       8, out);
}

/* A cast that is a whole column of what a client is sent, from there to there, says of which type that is. */
static int declare(struct rewriter *r, const struct sql_type *type, size_t from, size_t to)
{
    struct sql_declared d;
    char text[SQL_DECLARED_MAX];
    bool output;
    sql_declared_of(type, &d);
    bool number = r->prev.kind == SQL_TOK_NUMBER || r->prev.kind == SQL_TOK_STRING;
    if (!d.oid || (d.oid == PGTYPE_NUMERIC && !number)) /* a parameter's digits follow its value */
        return ST_OK;
    TRY(outputs_whole(r, from, to, &output));
    if (!output)
        return ST_OK;
    sql_declared_put(&d, text);
    struct str comment = str_of(arena_strdup(r->arena, text));
    return comment.p ? walk_insert(r, to, comment) : err_oom(r->err);
}

/* Leaves a type behind: the primary before it goes on. */
static void pass_type(struct rewriter *r, const struct sql_type *type)
{
    sql_lexer_seek(&r->lexer, type->end);
    r->prev = (struct sql_token){.kind = SQL_TOK_WORD, .at = type->at};
    (void)sql_lexer_next(&r->lexer, &r->token);
}

int walk_typecast(struct rewriter *r)
{
    assert(sql_token_is_typecast(&r->token));
    struct sql_lexer ahead = r->lexer;
    struct sql_type type;
    if (!sql_read_type(&ahead, &type)) {
        walk_past(r);
        return ST_OK;
    }
    const char *reg = r->literal && is_regproc(&type, &r->prev) ? NULL : reg_type(type.name);
    if (reg && !type.array && r->start < r->end) {
        struct str function;
        size_t brackets;
        bool text = wants_text(r, &r->before, &type, r->literal), sent = false;
        if (text)
            TRY(is_sent(r, reg, r->start, type.end, &sent));
        TRY(reg_function(r, reg, text, r->literal, sent, &function, &brackets));
        TRY(edits_replace_first(&r->edits, r->start, 0, function, r->err));
        TRY(walk_replace(r, r->token.at, type.end, brackets == 2 ? STR("))") : STR(")")));
    } else if (reg) {
        if (type.array && r->literal)
            TRY(cast_list(r, &r->prev, &type));
        TRY(walk_replace(r, type.at, type.scalar_end, STR("VARCHAR")));
    } else {
        bool alone = r->postgres && r->alone_end > 0 && r->alone_end == walk_end(&r->prev);
        TRY(put_typecast(r, &type, r->literal && r->start < r->end ? &r->prev : alone ? &r->alone : NULL));
        if (r->start < r->end)
            TRY(declare(r, &type, r->start, type.end));
    }
    pass_type(r, &type);
    return ST_OK;
}

/* CAST(x AS regclass) */
static int put_reg_cast(struct rewriter *r, struct sql_lexer ahead, struct sql_type *type, const char *reg,
                        bool literal)
{
    struct frame *f = walk_top(r);
    struct str function;
    size_t brackets;
    size_t as = r->token.at;
    size_t end = walk_end(&type->after);
    (void)sql_lexer_next(&ahead, &type->after); /* behind the bracket */
    r->depth--;
    bool text = wants_text(r, &f->prev, type, literal);
    r->depth++;
    bool sent = false;
    if (text)
        TRY(is_sent(r, reg, f->cast.at, end, &sent));
    TRY(reg_function(r, reg, text, literal, sent, &function, &brackets));
    TRY(edits_replace_first(&r->edits, f->cast.at, f->at + 1 - f->cast.at, function, r->err));
    return walk_replace(r, as, type->end, brackets == 2 ? STR(")") : STR(""));
}

/* CAST(x AS type) */
static int put_cast(struct rewriter *r, const struct sql_type *type, const struct sql_token *literal)
{
    struct str spelled, engine, text;
    struct wrap w;
    uint32_t oid = walk_type_oid(type);
    TRY(spell(r, literal, type, oid, &spelled, &engine));
    const struct frame *f = walk_top(r);
    wrap_of(r, type, literal, oid, &w);
    if (!type->array)
        TRY(refuser_of(r, literal, oid, f->at + 1, r->token.at, &w.read));
    if (!sql_token_is_word(&f->cast, "CAST"))
        w.read = NULL; /* a text that is wrong makes NULL of TRY_CAST */
    if (is_text(oid) && !type->array && !literal && sql_token_is_word(&f->cast, "CAST"))
        TRY(shown_by(r, f->at + 1, r->token.at, oid == PGTYPE_BYTEA, &w.shown));
    TRY(check_range(r, literal, oid));
    if (literal)
        TRY(put_literal(r, literal, spelled, type));
    bool alone = r->before.kind == SQL_TOK_PUNCT && r->before.at == f->at;
    TRY(typed_null(r, alone, type, oid, &engine));
    if (w.shown) {
        TRY(edits_replace_first(&r->edits, f->cast.at, f->at + 1 - f->cast.at, str_of(w.shown), r->err));
        TRY(walk_replace(r, r->token.at, type->end, STR("")));
    } else if (engine.p) {
        TRY(walk_replace(r, type->at, type->scalar_end, engine));
    } else {
        TRY(walk_type_schema(r, type));
    }
    if (w.read) {
        TRY(walk_concat(r, (const struct str[]){STR("CAST("), str_of(w.read)}, 2, &text));
        TRY(edits_replace_first(&r->edits, f->cast.at, f->at + 1 - f->cast.at, text, r->err));
        TRY(walk_replace(r, r->token.at, walk_end(&r->token), STR(") AS")));
    }
    if (!w.before[0])
        return ST_OK;
    TRY(walk_concat(r, (const struct str[]){str_of(w.before)}, 1, &text));
    TRY(edits_replace_first(&r->edits, walk_top(r)->cast.at, 0, text, r->err));
    TRY(walk_concat(r, (const struct str[]){str_of(w.after)}, 1, &text));
    return walk_insert(r, walk_end(&type->after), text);
}

/* CAST(x AS type), at AS. */
int walk_cast(struct rewriter *r)
{
    assert(sql_token_is_word(&r->token, "AS"));
    struct frame *f = walk_top(r);
    struct sql_lexer ahead = r->lexer;
    struct sql_type type;
    if (!sql_read_type(&ahead, &type) || !sql_token_is(&type.after, ')'))
        return walk_on(r);
    bool literal =
        r->literal && r->start < r->end && r->before.kind == SQL_TOK_PUNCT && r->before.at == f->at;
    const char *reg = literal && is_regproc(&type, &r->prev) ? NULL : reg_type(type.name);
    if (reg && !type.array) {
        TRY(put_reg_cast(r, ahead, &type, reg, literal));
    } else if (reg) {
        if (literal)
            TRY(cast_list(r, &r->prev, &type));
        TRY(walk_replace(r, type.at, type.scalar_end, STR("VARCHAR")));
    } else {
        bool tries = sql_token_is_word(&f->cast, "TRY_CAST"); /* a bad literal makes NULL there */
        TRY(put_cast(r, &type, literal && !tries ? &r->prev : NULL));
        TRY(declare(r, &type, f->cast.at, walk_end(&type.after)));
    }
    pass_type(r, &type);
    return ST_OK;
}

/* ---- typed literals ---- */

/* Whether a word may begin a typed literal: the next token tells, for nearly all that do not. */
static bool may_be_typed(const struct rewriter *r)
{
    static const char *const of_several[] = {"timestamp", "time", "double", "character", "char", "bit"};
    struct sql_token next = walk_peek(r);
    if (next.kind == SQL_TOK_STRING)
        return !sql_token_is(&r->prev, '.');
    return (next.kind == SQL_TOK_WORD || sql_token_is(&next, '(')) && !sql_token_is(&r->prev, '.') &&
           (WALK_IS_ANY(&r->token, of_several) ||
            (sql_token_is(&next, '(') && pgtype_by_name(r->token.text) != 0));
}

int walk_typed_literal(struct rewriter *r)
{
    struct sql_lexer ahead = r->lexer;
    struct sql_type type;
    struct str spelled, engine, text;
    if (!may_be_typed(r) || !sql_read_type_at(&ahead, r->token, &type) || type.array ||
        type.after.kind != SQL_TOK_STRING)
        return ST_AGAIN;
    uint32_t oid = walk_type_oid(&type);
    if (!oid)
        return ST_AGAIN;
    struct sql_token literal = type.after;
    bool several = type.scalar_end > type.name_at + type.name.n;
    size_t end = walk_end(&literal);
    struct sql_token after;
    (void)sql_lexer_next(&ahead, &after);
    if (oid == PGTYPE_INTERVAL && !type.nmods) {
        type.end = end;
        sql_read_fields(&ahead, &after, &type);
        several |= type.end > end;
        end = type.end;
    }
    TRY(spell(r, &literal, &type, oid, &spelled, &engine));
    struct wrap w = {0};
    if (oid == PGTYPE_VARCHAR) /* the spelling of others has seen to their modifiers */
        wrap_of(r, &type, &literal, oid, &w);
    if (spelled.p || engine.p || several) {
        TRY(walk_concat(r,
                        (const struct str[]){str_of(w.before), STR("CAST("),
                                             spelled.p ? spelled : literal.text, STR(" AS "),
                                             engine.p ? engine : type.name, STR(")"), str_of(w.after)},
                        7, &text));
        TRY(walk_replace(r, r->token.at, end, text));
    }
    TRY(declare(r, &type, r->token.at, end));
    walk_pass(r, r->token.at, end, &literal);
    return ST_OK;
}
