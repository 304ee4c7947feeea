#include "sql/block.h"

#include "sql/reader.h"
#include "sql/statement.h"

#include <string.h>

static int read_language(struct reader *r)
{
    const char *name;
    if (!reader_take(r, "LANGUAGE"))
        return ST_OK;
    TRY(reader_name(r, &name));
    if (strcmp(name, "plpgsql") != 0)
        return err_set(r->err, SQLSTATE_UNDEFINED_OBJECT, "language \"%s\" does not exist", name);
    return ST_OK;
}

int sql_parse_block(struct arena *a, const struct sql_statement *s, struct plpgsql_block **out, struct err *e)
{
    struct reader r;
    struct str body = {0};
    reader_init(&r, a, sql_statement_tokens(s), e);
    (void)reader_take(&r, "DO");
    TRY(read_language(&r));
    TRY(reader_body(&r, &body));
    TRY(read_language(&r));
    TRY(reader_end(&r));
    return plpgsql_read(a, body, out, e);
}
