/* The engine's errors name a thing without its schema, or with the engine's; what the statement says stands
 * in its text. */
#include "session/qualified.h"

#include "session/session_priv.h"
#include "sql/catalog.h"
#include "sql/name.h"

#include <stdio.h>
#include <string.h>

enum { PARTS_MAX = 4, PART_MAX = 160, NAME_TEXT_MAX = PARTS_MAX * PART_MAX };

/* a.b.c, without its quotes. */
struct parts {
    char text[PARTS_MAX][PART_MAX];
    size_t n, at;
};

/* ---- the session's database ---- */

/* Whether the engine has a database of that name, letters alike in either case; *known: it could be asked. */
static bool engine_has(struct session *s, const char *database, bool *known)
{
    struct ask_rows rows;
    struct err why;
    err_init(&why);
    const char *name = step_literal(s, database);
    const char *sql = name ? step_text(s,
                                       "SELECT 1 FROM system.main.duckdb_databases() WHERE "
                                       "lower(database_name) = lower(%s)",
                                       name)
                           : NULL;
    *known = sql && session_ask(s, sql, &rows, &why) == ST_OK;
    return *known && rows.n > 0;
}

/* It stays unknown where the engine could not be asked, as in a transaction that has failed. */
bool qualified_database_stays(struct session *s)
{
    bool known;
    if (s->database_is != DATABASE_UNKNOWN)
        return s->database_is == DATABASE_STAYS;
    bool stays = engine_has(s, s->database, &known);
    if (known)
        s->database_is = stays ? DATABASE_STAYS : DATABASE_GOES;
    return stays;
}

/* A name as PostgreSQL reads it, cut where it is too long for a message. */
static void copy_part(char out[static PART_MAX], const struct sql_token *t)
{
    char name[2 * PART_MAX];
    size_t n = t->text.n <= sizeof name ? sql_name_read(t, name) : 0;
    (void)str_copy((struct str){name, n}, out, PART_MAX);
}

static int refuse(const struct parts *p, struct err *e)
{
    return err_set(e, SQLSTATE_FEATURE_NOT_SUPPORTED,
                   "cross-database references are not implemented: \"%s.%s.%s\"", p->text[0], p->text[1],
                   p->text[2]);
}

int qualified_leave_database(struct session *s, struct relation_name *name, struct err *e)
{
    struct parts p = {.n = 3};
    bool known;
    if (name->database.kind == SQL_TOK_END || !means_postgres(s))
        return ST_OK;
    copy_part(p.text[0], &name->database);
    if (strcmp(p.text[0], s->database) == 0) {
        if (!qualified_database_stays(s))
            *name = (struct relation_name){{.kind = SQL_TOK_END}, name->schema, name->relation};
        return ST_OK;
    }
    if (engine_has(s, p.text[0], &known) || !known)
        return ST_OK;
    copy_part(p.text[1], &name->schema);
    copy_part(p.text[2], &name->relation);
    return refuse(&p, e);
}

/* Only what has a database in front is made anew: the rest is as its parser has led it. */
int qualified_lead(struct session *s, struct str *name, struct err *e)
{
    struct sql_lexer l;
    struct sql_token t[5];
    if (!means_postgres(s) || !memchr(name->p, '.', name->n))
        return ST_OK;
    sql_lexer_init(&l, sql_tokens_of(*name));
    for (size_t i = 0; i < 5; i++)
        (void)sql_lexer_next(&l, &t[i]);
    if (!sql_token_is(&t[1], '.') || !sql_token_is(&t[3], '.'))
        return ST_OK;
    struct relation_name parts = {t[0], t[2], t[4]};
    TRY(qualified_leave_database(s, &parts, e));
    struct str schema = sql_engine_schema(&t[2]);
    size_t head = parts.database.kind == SQL_TOK_END ? 0 : t[2].at;
    if (!schema.p)
        schema = t[2].text;
    const char *text = step_text(s, "%.*s%.*s%.*s", (int)head, name->p, (int)schema.n, schema.p,
                                 (int)(name->n - t[3].at), name->p + t[3].at);
    if (!text)
        return err_oom(e);
    *name = str_of(text);
    return ST_OK;
}

/* ---- errors ---- */

/* The names that begin with token t; l goes on behind them, t is what follows. */
static void read_parts(struct sql_lexer *l, struct sql_token *t, struct parts *p)
{
    *p = (struct parts){.at = t->at};
    while (sql_token_is_name(t) && p->n < PARTS_MAX) {
        copy_part(p->text[p->n++], t);
        if (sql_lexer_next(l, t), !sql_token_is(t, '.'))
            return;
        (void)sql_lexer_next(l, t);
    }
}

/* The first names of the text that begin with that one and are n; or that stand at a position, name NULL. */
static bool find_parts(struct str text, const char *name, size_t n, int32_t position, struct parts *p)
{
    struct sql_lexer l;
    struct sql_token t;
    sql_lexer_init(&l, sql_tokens_of(text));
    (void)sql_lexer_next(&l, &t);
    while (t.kind != SQL_TOK_END && t.kind != SQL_TOK_BAD) {
        if (!sql_token_is_name(&t)) {
            (void)sql_lexer_next(&l, &t);
            continue;
        }
        read_parts(&l, &t, p);
        if (name ? p->n >= n && cstr_ieq(p->text[0], name) : str_position(text, p->at) == position)
            return p->n >= n;
        if (!name && str_position(text, p->at) > position)
            return false;
    }
    return false;
}

/* What stands in the message between the two; false: it is another message. */
static bool cut(const char *message, const char *before, const char *behind, char out[static NAME_TEXT_MAX])
{
    size_t n = strlen(before);
    if (strncmp(message, before, n) != 0)
        return false;
    const char *end = strstr(message + n, behind);
    return end && str_copy((struct str){message + n, (size_t)(end - message) - n}, out, NAME_TEXT_MAX);
}

/* In place of what is there; the hint stays. */
static void reword(struct err *e, enum sqlstate code, const char *message, int32_t position)
{
    char hint[ERR_HINT_MAX];
    memcpy(hint, e->hint, sizeof hint);
    err_init(e);
    (void)err_set(e, code, "%s", message);
    e->position = position;
    memcpy(e->hint, hint, sizeof hint);
}

/* Another database than the session's: of a relation, and of a column. */
static bool explain_database(struct str text, struct err *e)
{
    char name[NAME_TEXT_MAX], message[ERR_MESSAGE_MAX];
    struct parts p;
    bool relation = cut(e->message, "Catalog \"", "\" does not exist", name) ||
                    cut(e->message, "Catalog with name ", " does not exist", name);
    bool column = !relation && cut(e->message, "missing FROM-clause entry for table \"", "\"", name) &&
                  strchr(name, '.') != strrchr(name, '.');
    if (!relation && !column)
        return false;
    name[strcspn(name, ".")] = '\0';
    if (!find_parts(text, name, column ? 4 : 3, 0, &p))
        return false;
    if (column)
        (void)snprintf(message, sizeof message, "cross-database references are not implemented: %s.%s.%s.%s",
                       p.text[0], p.text[1], p.text[2], p.text[3]);
    else
        (void)snprintf(message, sizeof message, "cross-database references are not implemented: \"%s.%s.%s\"",
                       p.text[0], p.text[1], p.text[2]);
    reword(e, SQLSTATE_FEATURE_NOT_SUPPORTED, message, str_position(text, p.at));
    e->hint[0] = '\0';
    return true;
}

/* A relation or a table of a column, with or without its schema as the text has it. */
static void explain_name(struct str text, struct err *e)
{
    char name[NAME_TEXT_MAX], message[ERR_MESSAGE_MAX];
    struct parts p;
    bool relation = cut(e->message, "relation \"", "\" does not exist", name);
    if (e->position == 0 ||
        (!relation && !cut(e->message, "missing FROM-clause entry for table \"", "\"", name)) ||
        !find_parts(text, NULL, 2, e->position, &p))
        return;
    const char *last = strrchr(name, '.');
    last = last ? last + 1 : name;
    if (relation && cstr_ieq(p.text[p.n - 1], last))
        (void)snprintf(message, sizeof message, "relation \"%s.%s\" does not exist", p.text[p.n - 2],
                       p.text[p.n - 1]);
    else if (!relation && p.n > 2)
        (void)snprintf(message, sizeof message, "missing FROM-clause entry for table \"%s\"",
                       p.text[p.n - 2]);
    else
        return;
    reword(e, e->code, message, e->position);
}

/* A column that is not found since there are two of its name (dialect/names.c). */
static bool explain_twin(struct str led, struct err *e)
{
    char name[NAME_TEXT_MAX], marked[NAME_TEXT_MAX + 4], message[ERR_MESSAGE_MAX];
    if (!memchr(led.p, SQL_NAME_MARK[0], led.n) ||
        (!cut(e->message, "column \"", "\" does not exist", name) &&
         !cut(e->message, "column ", " does not exist", name)))
        return false;
    const char *column = strrchr(name, '.');
    column = column ? column + 1 : name;
    (void)snprintf(marked, sizeof marked, "\"%s" SQL_NAME_MARK, column);
    if (!memmem(led.p, led.n, marked, strlen(marked)))
        return false;
    (void)snprintf(message, sizeof message, "column reference \"%s\" is ambiguous", column);
    reword(e, SQLSTATE_AMBIGUOUS_COLUMN, message, e->position);
    e->hint[0] = '\0';
    return true;
}

/* Marks are for the engine alone. */
static void strip_marks(char *text)
{
    char *to = text;
    for (const char *p = text; *p;)
        if (*p == SQL_NAME_MARK[0])
            p += 1 + strspn(p + 1, "0123456789");
        else
            *to++ = *p++;
    *to = '\0';
}

/* "shop.main.t" in a hint: main is public. */
static void explain_hint(struct err *e)
{
    static const char engine[] = "main.", ours[] = "public.";
    char out[ERR_HINT_MAX];
    size_t n = 0;
    for (const char *p = e->hint; *p && n + sizeof ours < sizeof out;) {
        bool starts =
            strncmp(p, engine, sizeof engine - 1) == 0 && p > e->hint && (p[-1] == '"' || p[-1] == '.');
        if (!starts) {
            out[n++] = *p++;
            continue;
        }
        while (n > 0 && out[n - 1] != '"') /* the engine's database */
            n--;
        memcpy(out + n, ours, sizeof ours - 1);
        n += sizeof ours - 1;
        p += sizeof engine - 1;
    }
    out[n] = '\0';
    memcpy(e->hint, out, n + 1);
}

void qualified_explain(const struct session *s, struct str text, struct str led, struct err *e)
{
    if (!means_postgres(s))
        return;
    if (explain_twin(led, e))
        return;
    strip_marks(e->message);
    strip_marks(e->hint);
    if (e->hint[0])
        explain_hint(e);
    if (!explain_database(text, e))
        explain_name(text, e);
}
