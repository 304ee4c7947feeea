/* How many columns there are to be, the engine's error says: a star stands for as many as it has. The
 * table is looked up only then, so that other statements pay nothing. */
#include "session/insert_list.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "session/session_priv.h"
#include "sql/assign.h"
#include "sql/edits.h"
#include "sql/explain.h"
#include "sql/tokens.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { LIST_MAX = 1024 * 1024 };

/* The number behind `before`, which `after` follows, in the engine's words; 0: they say something else. */
static unsigned long number_between(const char *message, const char *before, const char *after)
{
    const char *at = NULL;
    char *end;
    for (const char *p = message;
         (p = strstr(p, before)) != NULL;) /* the last one: a table's name is first */
        at = p += strlen(before);
    unsigned long n = at ? strtoul(at, &end, 10) : 0;
    return n > 0 && strncmp(end, after, strlen(after)) == 0 ? n : 0;
}

/* "table t has 3 columns but 2 values were supplied", or the same of what the query is wrapped in, by us or
 * by the engine for ON CONFLICT; 0: it is another error. */
static unsigned long values_of(const struct err *e)
{
    static const char *const wrapped[] = {"\"" SQL_ASSIGN_UNLISTED "\" has ", "\"excluded\" has "};
    unsigned long n = 0;
    if (strncmp(e->message, "table ", strlen("table ")) != 0)
        return 0;
    n = number_between(e->message, " columns but ", " values were supplied");
    for (size_t i = 0; n == 0 && i < sizeof wrapped / sizeof *wrapped; i++)
        n = number_between(e->message, wrapped[i], " columns available");
    return n;
}

static int find_columns(struct session *s, const struct sql_assignment *a, unsigned long n,
                        struct ask_rows *out, struct err *e)
{
    const struct sql_token none = {.kind = SQL_TOK_END};
    const struct relation_name name = {.database = a->nparts > 2 ? a->parts[a->nparts - 3] : none,
                                       .schema = a->nparts > 1 ? a->parts[a->nparts - 2] : none,
                                       .relation = a->parts[a->nparts - 1]};
    struct relation r;
    assert(a->insert && a->nparts > 0);
    *out = (struct ask_rows){0};
    TRY(relation_find(s, &name, "r", &r, e));
    return r.found ? relation_columns(s, &r, n, out, e) : ST_OK;
}

bool insert_list_put(struct session *s, const struct sql_tokens *sql, const struct err *e,
                     struct edits *edits)
{
    CLEANUP(buf_release) struct buf b = {0};
    struct sql_assignment a;
    struct ask_rows columns;
    struct err ignored;
    unsigned long n = values_of(e);
    err_init(&ignored);
    if (n == 0)
        return false;
    const struct str insert = sql_explained(*sql);
    const size_t before = (size_t)(insert.p - sql->text.p);
    if (!sql_reads_assignment(sql_tokens_part(sql, insert), &a) || !a.list_at ||
        edits_within(edits, before + a.list_at, before + a.list_at) ||
        find_columns(s, &a, n, &columns, &ignored) < 0 || columns.n == 0)
        return false;
    buf_init(&b, LIST_MAX);
    for (size_t i = 0; i < columns.n; i++) {
        const char *column = step_name(s, ask_text(&columns, i, 0));
        buf_printf(&b, "%s%s", i ? ", " : " (", column ? column : "");
    }
    buf_printf(&b, ")");
    const char *list = buf_ok(&b) ? arena_strndup(&s->message_arena, (const char *)b.data, b.len) : NULL;
    return list && edits_replace(edits, before + a.list_at, 0, str_of(list), &ignored) == ST_OK;
}

void insert_list_explain(struct err *e)
{
    static const char but[] = " columns but ";
    const char *at = NULL;
    for (const char *p = e->message; (p = strstr(p, but)) != NULL; p += sizeof but - 1)
        at = p;
    const char *from = at;
    unsigned long supplied = number_between(e->message, but, " values were supplied");
    while (from && from > e->message && from[-1] >= '0' && from[-1] <= '9')
        from--;
    if (supplied == 0 || from == at)
        return;
    bool more = supplied > strtoul(from, NULL, 10);
    err_init(e);
    (void)err_set(e, SQLSTATE_SYNTAX_ERROR,
                  more ? "INSERT has more expressions than target columns"
                       : "INSERT has more target columns than expressions");
}
