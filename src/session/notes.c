#include "session/notes.h"

#include "session/session_priv.h"

#include <assert.h>

int notes_put(struct session *s, const char *key, const char *text, struct err *e)
{
    struct ask_rows rows;
    assert(key && *key && s->tx.in_engine);
    const char *name = step_literal(s, key), *value = text ? step_literal(s, text) : "NULL";
    if (!name || !value)
        return err_oom(e);
    TRY(session_ask(s,
                    "SELECT comment FROM system.main.duckdb_views() WHERE view_name = '" NOTES_VIEW
                    "' AND schema_name = 'main' AND database_name = current_database()",
                    &rows, e));
    if (rows.n == 0)
        TRY(step_run(s, "CREATE VIEW main.\"" NOTES_VIEW "\" AS SELECT 1 AS notes", e));
    const char *old = rows.n > 0 && ask_value(&rows, 0, 0) ? ask_value(&rows, 0, 0) : "{}";
    old = step_literal(s, old);
    const char *sql = old ? step_text(s, "SELECT json_merge_patch(%s::JSON, json_object(%s, %s))::VARCHAR",
                                      old, name, value)
                          : NULL;
    TRY(sql ? session_ask(s, sql, &rows, e) : err_oom(e));
    const char *all = step_literal(s, ask_text(&rows, 0, 0));
    return all ? step_run(s, step_text(s, "COMMENT ON VIEW main.\"" NOTES_VIEW "\" IS %s", all), e)
               : err_oom(e);
}
