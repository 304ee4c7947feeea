#include "sql/type_name.h"

#include "sql/reader.h"
#include "sql/type_change.h"

int type_name_read(struct reader *r, struct sql_type_name *out)
{
    static const struct sql_token none = {.kind = SQL_TOK_END};
    *out = (struct sql_type_name){none, none, none};
    for (;;) {
        if (!sql_token_is_name(&r->token))
            return reader_syntax_error(r);
        *out = (struct sql_type_name){out->schema, out->type, r->token};
        reader_next(r);
        if (!sql_token_is(&r->token, '.'))
            return ST_OK;
        reader_next(r);
    }
}

int type_names_read(struct reader *r, struct sql_type_name *names, size_t *n, bool *absent_is_fine,
                    bool *cascade)
{
    if (reader_take(r, "IF")) {
        TRY(reader_expect(r, "EXISTS"));
        *absent_is_fine = true;
    }
    TRY(type_name_read(r, &names[(*n)++]));
    while (sql_token_is(&r->token, ',')) {
        reader_next(r);
        TRY(type_name_read(r, &names[(*n)++]));
    }
    *cascade = reader_take(r, "CASCADE");
    if (!*cascade)
        (void)reader_take(r, "RESTRICT");
    return reader_end(r);
}
