/* Lists that are searched from the start: a FROM is short. */
#include "sql/scope.h"

#include "sql/name.h"

void scope_init(struct scope *s)
{
    s->n = s->nmerged = 0;
    s->lost = false;
}

bool scope_same(struct str name, const struct sql_token *t)
{
    return name.n > 0 && str_ieq(name, sql_name_bare(t));
}

void scope_merge(struct scope *s, struct str name, const char *side)
{
    if (s->nmerged == SCOPE_MERGED_MAX) {
        s->lost = true;
        return;
    }
    s->merged[s->nmerged++] =
        (struct scope_merged){.name = name, .from_right = side[0] == 'R', .from_none = side[0] == 'F'};
}

static bool has(const struct scope_relation *r, struct str name)
{
    for (size_t i = 0; i < r->n; i++)
        if (str_ieq(r->columns[i].name, name))
            return true;
    return false;
}

void scope_merge_natural(struct scope *s, size_t right, const char *side)
{
    const struct scope_relation *r = &s->relations[right];
    s->lost |= !r->known;
    for (size_t i = 0; i < r->n; i++)
        for (size_t k = 0; k < right; k++)
            if (has(&s->relations[k], r->columns[i].name)) {
                scope_merge(s, r->columns[i].name, side);
                break;
            }
}

bool scope_is_merged_before(const struct scope *s, size_t relation, struct str name)
{
    bool merged = false;
    for (size_t i = 0; i < s->nmerged; i++)
        merged |= str_ieq(s->merged[i].name, name);
    for (size_t i = 0; merged && i < relation; i++)
        if (has(&s->relations[i], name))
            return true;
    return false;
}

bool scope_is_merged_elsewhere(const struct scope *s, struct str name)
{
    for (size_t i = 0; i < s->nmerged; i++)
        if (str_ieq(s->merged[i].name, name) && (s->merged[i].from_right || s->merged[i].from_none))
            return true;
    return false;
}

struct sql_origin scope_by_name(const struct scope *s, const struct sql_token *name)
{
    const struct scope_merged *m = NULL;
    struct sql_origin found = {0};
    size_t n = 0;
    for (size_t i = 0; i < s->nmerged && !m; i++)
        if (scope_same(s->merged[i].name, name))
            m = &s->merged[i];
    if (m && m->from_none)
        return found;
    for (size_t i = 0; i < s->n; i++)
        for (size_t k = 0; k < s->relations[i].n; k++)
            if (scope_same(s->relations[i].columns[k].name, name) && (n++ == 0 || (m && m->from_right)))
                found = s->relations[i].columns[k].origin;
    return n > 1 && !m ? (struct sql_origin){0} : found;
}

const struct scope_relation *scope_relation_named(const struct scope *s, const struct sql_token *name)
{
    for (size_t i = 0; i < s->n; i++)
        if (scope_same(s->relations[i].name, name))
            return &s->relations[i];
    return NULL;
}

bool scope_lists(struct part at, struct str relation, struct str column)
{
    struct sql_token first;
    for (part_next(&at); sql_token_is_name(&at.token); part_next(&at)) {
        first = at.token;
        part_next(&at);
        bool qualified = sql_token_is(&at.token, '.');
        if (qualified)
            part_next(&at);
        if (scope_same(column, qualified ? &at.token : &first) &&
            (!qualified || scope_same(relation, &first)))
            return true;
        if (qualified)
            part_next(&at);
        if (!sql_token_is(&at.token, ','))
            return false;
    }
    return false;
}
