/* The engine's sequences only go on: one that is set is made anew, with the defaults that use it. */
#include "session/sequence.h"

#include "session/session_priv.h"

#include <inttypes.h>

int sequence_read_name(const char *text, struct relation_name *out, struct err *e)
{
    struct sql_lexer l;
    struct sql_token t, end = {.kind = SQL_TOK_END};
    unsigned parts = 0;
    *out = (struct relation_name){end, end, end};
    sql_lexer_init(&l, sql_tokens_of(str_of(text)));
    do {
        if (sql_lexer_next(&l, &t), !sql_token_is_name(&t) || ++parts > 3)
            return err_set(e, SQLSTATE_INVALID_NAME, "invalid name syntax");
        out->database = out->schema;
        out->schema = out->relation;
        out->relation = t;
        (void)sql_lexer_next(&l, &t);
    } while (sql_token_is(&t, '.'));
    return t.kind == SQL_TOK_END ? ST_OK : err_set(e, SQLSTATE_INVALID_NAME, "invalid name syntax");
}

/* The engine would say it of the sequence that takes its place, in other words. */
static int check_bounds(struct session *s, const struct relation *q, int64_t value, struct err *e)
{
    struct ask_rows rows;
    int64_t least = 0, most = 0;
    const char *name = step_literal(s, q->name), *schema = step_literal(s, q->schema);
    const char *sql = name && schema
                          ? step_text(s,
                                      "SELECT min_value, max_value FROM system.main.duckdb_sequences() "
                                      "WHERE sequence_name = %s AND schema_name = %s AND database_name = %s",
                                      name, schema, q->temporary ? "'temp'" : "current_database()")
                          : NULL;
    TRY(sql ? session_ask(s, sql, &rows, e) : err_oom(e));
    bool known = rows.n == 1 && str_to_i64(str_of(ask_value(&rows, 0, 0)), INT64_MIN, INT64_MAX, &least) &&
                 str_to_i64(str_of(ask_value(&rows, 0, 1)), INT64_MIN, INT64_MAX, &most);
    if (!known || (value >= least && value <= most))
        return ST_OK;
    return err_set(e, SQLSTATE_NUMERIC_VALUE_OUT_OF_RANGE,
                   "setval: value %" PRId64 " is out of bounds for sequence \"%s\" (%" PRId64 "..%" PRId64
                   ")",
                   value, q->name, least, most);
}

int sequence_set(struct session *s, const char *name, int64_t value, bool is_called, struct err *e)
{
    struct relation_name n;
    struct relation q;
    struct ask_rows rows;
    TRY(sequence_read_name(name, &n, e));
    TRY(tx_before_statement(s, true, e));
    TRY(portals_start_readers(s, s->portals.running, e));
    TRY(relation_find(s, &n, "S", &q, e));
    if (!q.found) {
        TRY(relation_find(s, &n, "rvi", &q, e));
        return q.found ? err_set(e, SQLSTATE_WRONG_OBJECT_TYPE, "\"%s\" is not a sequence", q.name)
                       : err_set(e, SQLSTATE_UNDEFINED_TABLE, "relation \"%s\" does not exist", name);
    }
    TRY(check_bounds(s, &q, value, e));
    /* It begins at the value; one that was given out is given out, so that what follows is the next. */
    const char *start = step_text(s, "%" PRId64, value);
    TRY(start ? alter_restart(s, &q, start, e) : err_oom(e));
    if (!is_called)
        return ST_OK;
    const char *full = step_literal(s, q.full);
    const char *sql = full ? step_text(s, "SELECT system.main.nextval(%s)", full) : NULL;
    return sql ? session_ask(s, sql, &rows, e) : err_oom(e);
}
