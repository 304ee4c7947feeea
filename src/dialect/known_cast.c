/* What an operand is is told by its text alone: a column of the type is not known here. */
#include "dialect/known_cast.h"

#include "pgtype/oid.h"

#include <assert.h>

enum { TARGETS_MAX = 10 };

/* What each type is cast to, but for texts, which all are. */
static const struct known {
    const char *name;
    uint32_t oid;
    uint32_t targets[TARGETS_MAX];
} all[] = {
    {"json", PGTYPE_JSON, {PGTYPE_JSON, PGTYPE_JSONB}},
    {"jsonb",
     PGTYPE_JSONB,
     {PGTYPE_JSON, PGTYPE_JSONB, PGTYPE_BOOL, PGTYPE_INT2, PGTYPE_INT4, PGTYPE_INT8, PGTYPE_NUMERIC,
      PGTYPE_FLOAT4, PGTYPE_FLOAT8}},
    {"uuid", PGTYPE_UUID, {PGTYPE_UUID}},
    {"interval", PGTYPE_INTERVAL, {PGTYPE_INTERVAL, PGTYPE_TIME}},
    {"date", PGTYPE_DATE, {PGTYPE_DATE, PGTYPE_TIMESTAMP, PGTYPE_TIMESTAMPTZ}},
    {"timestamp", PGTYPE_TIMESTAMP, {PGTYPE_DATE, PGTYPE_TIME, PGTYPE_TIMESTAMP, PGTYPE_TIMESTAMPTZ}},
    {"bool", PGTYPE_BOOL, {PGTYPE_BOOL, PGTYPE_INT4}},
};

static const struct known *find(const struct sql_token *t)
{
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (walk_is(t, all[i].name))
            return &all[i];
    return NULL;
}

/* Of x::json, (x::json) or true, where x is one token or a column; NULL: it is something else. */
static const struct known *known_of(const struct rewriter *r, size_t from, size_t to)
{
    struct sql_lexer l;
    struct sql_token t;
    sql_lexer_init(&l, r->tokens);
    sql_lexer_seek(&l, from);
    while (sql_lexer_next(&l, &t) == SQL_TOK_PUNCT && sql_token_is(&t, '('))
        ;
    bool truth = sql_token_is_word(&t, "TRUE") || sql_token_is_word(&t, "FALSE");
    const struct known *k = truth ? &all[sizeof all / sizeof *all - 1] : NULL;
    (void)sql_lexer_next(&l, &t);
    while (!truth && sql_token_is(&t, '.')) {
        (void)sql_lexer_next(&l, &t);
        (void)sql_lexer_next(&l, &t);
    }
    if (!truth && t.at < to && sql_token_is_typecast(&t)) {
        (void)sql_lexer_next(&l, &t);
        k = find(&t);
        (void)sql_lexer_next(&l, &t);
    }
    while (t.at < to && sql_token_is(&t, ')'))
        (void)sql_lexer_next(&l, &t);
    return t.at >= to ? k : NULL;
}

int known_cast_check(const struct rewriter *r, const struct sql_type *type, uint32_t oid)
{
    static const uint32_t texts[] = {PGTYPE_TEXT, PGTYPE_VARCHAR, PGTYPE_BPCHAR, PGTYPE_NAME, PGTYPE_UNKNOWN};
    assert(r->start < r->end);
    const struct pgtype_info *t = pgtype_find(oid);
    const struct known *from = r->postgres && !r->catalog && t ? known_of(r, r->start, r->end) : NULL;
    bool takes = !from;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        takes |= !type->array && texts[i] == oid;
    for (size_t i = 0; from && i < TARGETS_MAX; i++)
        takes |= !type->array && from->targets[i] == oid;
    if (takes)
        return ST_OK;
    (void)err_set(r->err, SQLSTATE_CANNOT_COERCE, "cannot cast type %s to %s%s",
                  pgtype_find(from->oid)->sql_name, t->sql_name, type->array ? "[]" : "");
    r->err->position = str_position(r->edits.sql, r->token.at);
    return ST_ERR;
}
