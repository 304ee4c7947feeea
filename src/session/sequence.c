/* The engine's sequences only go on: one that is set is made anew, with the defaults that use it. */
#include "session/sequence.h"

#include "session/session_priv.h"
#include "sql/catalog.h"
#include "sql/name.h"
#include "sql/sequence.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

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

/* What a column's default needs is not replaced: the defaults go for that while. */
static int defaults(struct session *s, const struct ask_rows *rows, bool back, struct err *e)
{
    for (size_t i = 0; i < rows->n; i++) {
        const char *table = ask_text(rows, i, 0), *column = step_name(s, ask_text(rows, i, 1));
        if (!column)
            return err_oom(e);
        TRY(step_run(s,
                     back ? step_text(s, "ALTER TABLE %s ALTER COLUMN %s SET DEFAULT %s", table, column,
                                      ask_value(rows, i, 2))
                          : step_text(s, "ALTER TABLE %s ALTER COLUMN %s DROP DEFAULT", table, column),
                     e));
    }
    return ST_OK;
}

/* The comment of a sequence whose first value is another than the engine's, which begins with the next one:
 * "comment RS first". Nobody is shown what follows the RS. */
static int put_comment(struct session *s, const struct relation *q, const char *comment, const char *first,
                       struct err *e)
{
    const char *text = step_text(s, "%.*s%s%s", comment ? (int)strcspn(comment, "\x1e") : 0,
                                 comment ? comment : "", first ? "\x1e" : "", first ? first : "");
    if (!text || !*text)
        return text ? ST_OK : err_oom(e);
    text = step_literal(s, text);
    return text ? step_run(s, step_text(s, "COMMENT ON SEQUENCE %s IS %s", q->full, text), e) : err_oom(e);
}

/* As the engine has it. */
struct now {
    int64_t increment, min, max, first, next, last;
    bool cycle, called;
    const char *comment;
    int64_t oid;
};

/* Of a number that the engine wrote; 0: none. */
static int64_t number(const char *text)
{
    int64_t v = 0;
    (void)(text && str_to_i64(str_of(text), INT64_MIN, INT64_MAX, &v));
    return v;
}

/* Its next value is what the engine would make it begin with if it wrote it down now. */
static int look_up(struct session *s, const struct relation *q, struct now *out, struct err *e)
{
    struct ask_rows rows;
    assert(q->found && q->kind == 'S');
    const char *name = step_literal(s, q->name), *schema = step_literal(s, q->schema);
    const char *sql =
        name && schema
            ? step_text(s,
                        "SELECT increment_by, min_value, max_value, start_value, cycle, last_value, "
                        "system.main.regexp_extract(sql, ' START (-?[0-9]+)', 1), comment, "
                        "tavana_catalog.pg.object_oid(database_name, sequence_oid) FROM "
                        "system.main.duckdb_sequences() WHERE sequence_name = %s AND schema_name = %s AND "
                        "database_name = %s",
                        name, schema, q->temporary ? "'temp'" : "current_database()")
            : NULL;
    TRY(sql ? session_ask(s, sql, &rows, e) : err_oom(e));
    if (rows.n != 1)
        return err_set(e, SQLSTATE_UNDEFINED_TABLE, "relation \"%s\" does not exist", q->name);
    const char *comment = ask_value(&rows, 0, 7), *first = comment ? strchr(comment, '\x1e') : NULL;
    *out = (struct now){.increment = number(ask_text(&rows, 0, 0)),
                        .min = number(ask_text(&rows, 0, 1)),
                        .max = number(ask_text(&rows, 0, 2)),
                        .first = number(first ? first + 1 : ask_text(&rows, 0, 3)),
                        .cycle = ask_text(&rows, 0, 4)[0] == 't',
                        .called = ask_value(&rows, 0, 5) != NULL,
                        .last = number(ask_text(&rows, 0, 5)),
                        .next = number(ask_text(&rows, 0, 6)),
                        .comment = comment,
                        .oid = number(ask_text(&rows, 0, 8))};
    return ST_OK;
}

/* What the session has taken of it stays: currval knows it by its number, which is another one now. */
static int carry_values(struct session *s, const struct relation *q, int64_t was, struct err *e)
{
    struct ask_rows ignored;
    const char *name = step_literal(s, q->name), *schema = step_literal(s, q->schema);
    const char *sql =
        name && schema
            ? step_text(s,
                        "SELECT system.main.tavana_of_same_sequence(%" PRId64
                        "::BIGINT, tavana_catalog.pg.object_oid(database_name, sequence_oid)::BIGINT) FROM "
                        "system.main.duckdb_sequences() WHERE sequence_name = %s AND schema_name = %s AND "
                        "database_name = %s",
                        was, name, schema, q->temporary ? "'temp'" : "current_database()")
            : NULL;
    return sql ? session_ask(s, sql, &ignored, e) : err_oom(e);
}

/* Made anew. called: `next` was handed out already, so that what follows is behind it. */
static int make(struct session *s, const struct relation *q, const struct now *is, bool called, struct err *e)
{
    struct ask_rows users, rows;
    assert(q->found && q->kind == 'S' && is->next >= is->min && is->next <= is->max);
    const char *name = step_literal(s, q->name), *full = step_literal(s, q->full);
    if (!name || !full)
        return err_oom(e);
    const char *sql = step_text(
        s,
        "SELECT system.main.format('\"{}\".\"{}\".\"{}\"', system.main.replace(database_name, '\"', '\"\"'), "
        "system.main.replace(schema_name, '\"', '\"\"'), system.main.replace(table_name, '\"', '\"\"')), "
        "column_name, column_default FROM system.main.duckdb_columns() WHERE column_default IS NOT NULL AND "
        "system.main.contains(column_default, 'nextval(') AND system.main.contains(column_default, %s)",
        name);
    TRY(sql ? session_ask(s, sql, &users, e) : err_oom(e));
    TRY(defaults(s, &users, false, e));
    TRY(step_run(s,
                 step_text(s,
                           "CREATE OR REPLACE %sSEQUENCE %s INCREMENT BY %" PRId64 " MINVALUE %" PRId64
                           " MAXVALUE %" PRId64 " START %" PRId64 " %s",
                           q->temporary ? "TEMP " : "", q->full, is->increment, is->min, is->max, is->next,
                           is->cycle ? "CYCLE" : "NO CYCLE"),
                 e));
    const char *first = is->first == is->next ? NULL : step_text(s, "%" PRId64, is->first);
    TRY(put_comment(s, q, is->comment, first, e));
    TRY(defaults(s, &users, true, e));
    if (called) {
        sql = step_text(s, "SELECT system.main.nextval(%s)", full);
        TRY(sql ? session_ask(s, sql, &rows, e) : err_oom(e));
    }
    return carry_values(s, q, is->oid, e);
}

const char *sequence_name(struct session *s, struct str text)
{
    struct relation_name n;
    struct err ignored;
    char *copy = arena_strndup(&s->message_arena, text.p, text.n);
    err_init(&ignored);
    if (!copy || sequence_read_name(copy, &n, &ignored) < 0)
        return NULL;
    struct str schema = n.schema.kind != SQL_TOK_END ? sql_engine_schema(&n.schema) : (struct str){0};
    if (n.schema.kind == SQL_TOK_END || n.database.kind != SQL_TOK_END || !schema.p)
        return copy;
    return step_text(s, "%.*s.%.*s", (int)schema.n, schema.p, (int)n.relation.text.n, n.relation.text.p);
}

int sequence_of_column(struct session *s, const struct relation *table, const char *column,
                       struct relation *out, struct err *e)
{
    struct ask_rows rows;
    struct relation_name name;
    *out = (struct relation){0};
    const char *relation = step_literal(s, table->name), *schema = step_literal(s, table->schema),
               *literal = step_literal(s, column);
    const char *sql =
        relation && schema && literal
            ? step_text(s,
                        "SELECT system.main.regexp_extract(column_default, 'nextval\\(''(.*)''\\)', 1) "
                        "FROM system.main.duckdb_columns() WHERE table_name = %s AND schema_name = %s AND "
                        "lower(column_name) = lower(%s) AND database_name = %s AND "
                        "system.main.contains(column_default, 'nextval(')",
                        relation, schema, literal, table->temporary ? "'temp'" : "current_database()")
            : NULL;
    TRY(sql ? session_ask(s, sql, &rows, e) : err_oom(e));
    if (rows.n == 0)
        return ST_OK;
    TRY(sequence_read_name(ask_text(&rows, 0, 0), &name, e));
    if (name.schema.kind == SQL_TOK_END) { /* it is where its table is */
        const char *in = step_name(s, table->temporary ? "temp" : table->schema);
        const char *whole = in ? step_text(s, "%s.%s", in, ask_text(&rows, 0, 0)) : NULL;
        if (!whole)
            return err_oom(e);
        TRY(sequence_read_name(whole, &name, e));
    }
    return relation_find(s, &name, "S", out, e);
}

/* What a type bounds changes with the type, unless it was said. */
static void take_bounds(struct now *is, const struct sql_sequence_options *o)
{
    static const struct {
        const char *type;
        int64_t least, most;
    } types[] = {{"smallint", INT16_MIN, INT16_MAX},
                 {"integer", INT32_MIN, INT32_MAX},
                 {"bigint", INT64_MIN, INT64_MAX}};
    size_t now = is->max == INT16_MAX || is->min == INT16_MIN   ? 0
                 : is->max == INT32_MAX || is->min == INT32_MIN ? 1
                                                                : 2;
    size_t to = now;
    for (size_t i = 0; o->type && i < sizeof types / sizeof *types; i++)
        if (strcmp(o->type, types[i].type) == 0)
            to = i;
    if (o->no_max || is->max == types[now].most)
        is->max = is->increment < 0 ? -1 : types[to].most;
    if (o->no_min || is->min == types[now].least)
        is->min = is->increment < 0 ? types[to].least : 1;
}

/* Of a number that the client wrote, as far as a bigint reaches. */
static int64_t said(struct str number)
{
    int64_t v = 0;
    (void)str_to_i64(number, INT64_MIN, INT64_MAX, &v);
    return v;
}

int sequence_alter(struct session *s, const struct relation *q, const struct sql_sequence_options *o,
                   struct err *e)
{
    struct now is;
    assert(q->found && q->kind == 'S');
    TRY(look_up(s, q, &is, e));
    if (o->increment.n)
        is.increment = said(o->increment);
    take_bounds(&is, o);
    if (o->min.n)
        is.min = said(o->min);
    if (o->max.n)
        is.max = said(o->max);
    if (o->start.n)
        is.first = said(o->start);
    if (o->cycle || o->no_cycle)
        is.cycle = o->cycle;
    bool called = is.called;
    if (called)
        is.next = is.last;
    if (o->restarts) {
        is.next = o->restart.n ? said(o->restart) : is.first;
        called = false;
    }
    if (is.increment == 0)
        return err_set(e, SQLSTATE_INVALID_PARAMETER_VALUE, "INCREMENT must not be zero");
    if (is.min >= is.max)
        return err_set(e, SQLSTATE_INVALID_PARAMETER_VALUE,
                       "MINVALUE (%" PRId64 ") must be less than MAXVALUE (%" PRId64 ")", is.min, is.max);
    if (is.next < is.min || is.next > is.max)
        return err_set(e, SQLSTATE_INVALID_PARAMETER_VALUE,
                       "%s value (%" PRId64 ") cannot be %s than %s (%" PRId64 ")",
                       o->restarts ? "RESTART" : "START", is.next, is.next < is.min ? "less" : "greater",
                       is.next < is.min ? "MINVALUE" : "MAXVALUE", is.next < is.min ? is.min : is.max);
    return make(s, q, &is, called, e);
}

int sequence_set(struct session *s, const char *name, int64_t value, bool is_called, struct err *e)
{
    struct relation_name n;
    struct relation q;
    struct now is;
    TRY(sequence_read_name(name, &n, e));
    TRY(tx_before_statement(s, true, e));
    TRY(portals_start_readers(s, s->portals.running, e));
    TRY(relation_find(s, &n, "S", &q, e));
    if (!q.found) {
        TRY(relation_find(s, &n, "rvi", &q, e));
        return q.found ? err_set(e, SQLSTATE_WRONG_OBJECT_TYPE, "\"%s\" is not a sequence", q.name)
                       : err_set(e, SQLSTATE_UNDEFINED_TABLE, "relation \"%s\" does not exist", name);
    }
    TRY(look_up(s, &q, &is, e));
    if (value < is.min || value > is.max)
        return err_set(e, SQLSTATE_NUMERIC_VALUE_OUT_OF_RANGE,
                       "setval: value %" PRId64 " is out of bounds for sequence \"%s\" (%" PRId64 "..%" PRId64
                       ")",
                       value, q.name, is.min, is.max);
    is.next = value;
    return make(s, &q, &is, is_called, e);
}
