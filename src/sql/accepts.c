#include "sql/accepts.h"

#include <pg_query.h>

int sql_postgres_accepts(struct arena *a, struct str text, enum sql_accepts *out, struct err *e)
{
    *out = SQL_ACCEPTS_YES;
    if (text.n > SQL_ACCEPTS_BYTES_MAX)
        return ST_OK;
    const char *copy = arena_strndup(a, text.p, text.n);
    if (!copy)
        return err_oom(e);
    PgQuerySplitResult r = pg_query_split_with_parser(copy);
    if (r.error)
        *out = SQL_ACCEPTS_NO;
    pg_query_free_split_result(r);
    return ST_OK;
}
