/* Indexes that are made again, in the engine's words. */
#include "session/index_again.h"

#include "session/rebuild.h"
#include "session/session_priv.h"
#include "sql/index.h"

#include <assert.h>
#include <string.h>

int index_again_comment(struct session *s, const struct relation *place, const char *name,
                        const char *comment, struct err *e)
{
    const char *schema = step_name(s, place->schema), *literal = step_literal(s, comment);
    if (!schema || !literal)
        return err_oom(e);
    return step_run(
        s,
        step_text(s, "COMMENT ON INDEX %s.%s IS %s", place->temporary ? "temp.main" : schema, name, literal),
        e);
}

int index_again_put(struct session *s, const struct relation *table, const char *full, struct err *e)
{
    assert(table->nindexes == 0 || table->indexes);
    for (size_t i = 0; i < table->nindexes; i++) {
        const struct relation_index *x = &table->indexes[i];
        const char *name = x->name ? step_name(s, x->name) : NULL;
        if (!x->name)
            continue;
        if (!name)
            return err_oom(e);
        TRY(step_run(
            s, step_text(s, "CREATE %sINDEX %s ON %s %s", x->unique ? "UNIQUE " : "", name, full, x->keys),
            e));
        if (x->comment)
            TRY(index_again_comment(s, table, name, x->comment, e));
    }
    return ST_OK;
}

/* A name without its quotes, if it needs none. NULL without memory. */
static const char *shown_name(struct session *s, const char *quoted)
{
    size_t n = strlen(quoted);
    bool plain = n > 2 && quoted[0] == '"' && !(quoted[1] >= '0' && quoted[1] <= '9') &&
                 strspn(quoted + 1, "abcdefghijklmnopqrstuvwxyz_0123456789") == n - 2;
    return plain ? step_text(s, "%.*s", (int)n - 2, quoted + 1) : quoted;
}

bool index_again_column(struct session *s, struct relation_index *x, const struct sql_token *from,
                        const char *to, bool *has)
{
    const char *mark = x->comment ? strstr(x->comment, SQL_INDEX_KEPT) : NULL;
    const char *end = mark ? strchr(mark + 1, SQL_INDEX_KEPT[0]) : NULL;
    const char *keys = rebuild_with_column(s, x->keys, from, to, has), *comment = x->comment;
    if (end) {
        bool in_where, in_keys;
        const char *where = step_text(s, "%.*s", (int)(end - mark), mark),
                   *shown = step_text(s, "(%s)", end + 1), *name = to ? shown_name(s, to) : NULL;
        bool named = name || !to;
        where = where && named ? rebuild_with_column(s, where, from, name, &in_where) : NULL;
        shown = shown && named ? rebuild_with_column(s, shown, from, name, &in_keys) : NULL;
        comment = where && shown ? step_text(s, "%.*s%s%c%.*s", (int)(mark - x->comment), x->comment, where,
                                             SQL_INDEX_KEPT[0], (int)strlen(shown) - 2, shown + 1)
                                 : NULL;
        *has |= comment && (in_where || in_keys);
    }
    if (!keys || (x->comment && !comment))
        return false;
    if (to) {
        x->keys = keys;
        x->comment = comment;
    }
    return true;
}
