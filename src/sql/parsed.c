#include "sql/parsed.h"

static int parse(struct arena *a, const struct sql_statement *s, struct sql_parsed *out, struct err *e)
{
    switch (s->kind) {
    case SQL_BEGIN:
    case SQL_COMMIT:
    case SQL_ROLLBACK:
    case SQL_SAVEPOINT:
    case SQL_PREPARE_TRANSACTION: return sql_parse_transaction(a, s, &out->transaction, e);
    case SQL_SET:
    case SQL_RESET:
    case SQL_SHOW: return sql_parse_set(a, s, &out->set, e);
    case SQL_DISCARD: return sql_parse_discard(a, s, &out->discard, e);
    case SQL_PREPARE: return sql_parse_prepare(a, s, &out->prepare, e);
    case SQL_EXECUTE: return sql_parse_execute(a, s, &out->execute, e);
    case SQL_DECLARE: return sql_parse_declare(a, s, &out->declare, e);
    case SQL_FETCH: return sql_parse_fetch(a, s, &out->fetch, e);
    case SQL_DEALLOCATE:
    case SQL_CLOSE:
    case SQL_LISTEN:
    case SQL_UNLISTEN:
    case SQL_NOTIFY: return sql_parse_name(a, s, &out->name, e);
    case SQL_COPY: return sql_parse_copy(a, s, &out->copy, e);
    case SQL_TABLE: return sql_parse_table(a, s, &out->table, e);
    case SQL_ALTER: return sql_parse_alter(a, s, &out->alter, e);
    case SQL_INDEX: return sql_parse_index(a, s, &out->index, e);
    case SQL_EXPLAIN: return sql_parse_explain(a, s, &out->explain, e);
    case SQL_SEVERAL: return sql_parse_several(a, s, &out->several, e);
    case SQL_FUNCTION: return sql_parse_function(a, s, &out->function, e);
    case SQL_MATVIEW: return sql_parse_matview(a, s, &out->matview, e);
    case SQL_UTILITY: return sql_parse_utility(a, s, &out->utility, e);
    case SQL_TYPE: return sql_parse_type_change(a, s, &out->type_change, e);
    case SQL_DOMAIN: return sql_parse_domain(a, s, &out->domain, e);
    case SQL_CALLS: return sql_parse_calls(a, s, &out->calls, e);
    case SQL_SET_CONFIG: return sql_parse_set_config(a, s, &out->set_config, e);
    case SQL_CALL: return sql_parse_call(a, s, &out->call, e);
    case SQL_DO: return sql_parse_block(a, s, &out->block, e);
    case SQL_EMPTY:
    case SQL_ENGINE: break;
    }
    return err_set(e, SQLSTATE_INTERNAL_ERROR, "%s is no command that is parsed", s->word);
}

int sql_parse(struct arena *a, struct sql_statement *s, struct err *e)
{
    if (s->parsed)
        return ST_OK;
    struct sql_parsed *parsed = arena_calloc(a, 1, sizeof *parsed);
    if (!parsed)
        return err_oom(e);
    TRY(parse(a, s, parsed, e));
    s->parsed = parsed;
    return ST_OK;
}
