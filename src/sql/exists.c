/* The words up to IF [NOT] EXISTS, then names with commas between them. A text that goes on in another way is
 * refused by who runs it; here it only has no more names. */
#include "sql/exists.h"

#include <stddef.h>

static const struct {
    const char *word;
    bool is_made; /* by CREATE … IF NOT EXISTS */
} kinds[] = {
    [SQL_EXISTS_TABLE] = {"TABLE", true},       [SQL_EXISTS_VIEW] = {"VIEW", true},
    [SQL_EXISTS_SEQUENCE] = {"SEQUENCE", true}, [SQL_EXISTS_INDEX] = {"INDEX", false},
    [SQL_EXISTS_SCHEMA] = {"SCHEMA", true},     [SQL_EXISTS_TYPE] = {"TYPE", false},
};

/* The object's word. What there is no IF NOT EXISTS of is not looked for behind CREATE. */
static bool read_kind(struct reader *r, struct sql_exists *out)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if ((out->drops || kinds[i].is_made) && reader_take(r, kinds[i].word)) {
            out->kind = (enum sql_exists_kind)i;
            return true;
        }
    return false;
}

bool sql_exists_read(struct sql_tokens sql, struct sql_exists *out)
{
    static const char *const before[] = {"GLOBAL", "LOCAL", "TEMP", "TEMPORARY", "UNLOGGED"};
    struct reader *r = &out->reader;
    reader_init(r, NULL, sql, NULL);
    out->drops = reader_take(r, "DROP");
    if (!out->drops && !reader_take(r, "CREATE"))
        return false;
    for (size_t i = 0; !out->drops && i < sizeof before / sizeof *before; i++)
        (void)reader_take(r, before[i]);
    if (!read_kind(r, out))
        return false;
    if (out->drops && out->kind == SQL_EXISTS_INDEX)
        (void)reader_take(r, "CONCURRENTLY");
    return reader_take(r, "IF") && (out->drops || reader_take(r, "NOT")) && reader_take(r, "EXISTS");
}

bool sql_exists_next(struct sql_exists *x, struct sql_exists_name *out)
{
    static const struct sql_token none = {.kind = SQL_TOK_END};
    struct reader *r = &x->reader;
    *out = (struct sql_exists_name){none, none, r->token};
    if (!sql_token_is_name(&r->token))
        return false;
    reader_next(r);
    while (sql_token_is(&r->token, '.')) {
        reader_next(r);
        if (!sql_token_is_name(&r->token))
            return false;
        *out = (struct sql_exists_name){out->schema, out->relation, r->token};
        reader_next(r);
    }
    if (sql_token_is(&r->token, ','))
        reader_next(r);
    else
        r->token = none; /* what follows is no name */
    return true;
}
