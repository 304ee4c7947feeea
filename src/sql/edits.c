#include "sql/edits.h"

/* Edits nearly always come in order; a text made to have each one move all others ends here. */
enum { EDIT_MOVES_MAX = 1000000 };

void edits_init(struct edits *x, struct arena *a, struct str sql)
{
    *x = (struct edits){.arena = a, .sql = sql};
}

/* Where among the edits of one place a new one goes. */
enum place { PLACE_LAST, PLACE_FIRST, PLACE_OUTER };

/* What is inserted at a place stands before what is replaced there, whichever was said first. */
static bool goes_before(const struct edit_part *other, size_t at, size_t removed, enum place place)
{
    return other->at > at ||
           (other->at == at && (place == PLACE_OUTER || (removed == 0 && other->removed > 0) ||
                                (place == PLACE_FIRST && !other->outer)));
}

static int add(struct edits *x, size_t at, size_t removed, struct str with, enum place place, struct err *e)
{
    if (at > x->sql.n || removed > x->sql.n - at)
        return err_set(e, SQLSTATE_INTERNAL_ERROR, "an edit of the statement lies outside of it");
    if (x->n == x->cap) {
        size_t cap = x->cap ? x->cap * 2 : 8;
        struct edit_part *parts = arena_calloc(x->arena, cap, sizeof *parts);
        if (!parts)
            return err_oom(e);
        if (x->n)
            memcpy(parts, x->parts, x->n * sizeof *parts);
        x->parts = parts;
        x->cap = cap;
    }
    size_t i = x->n++;
    for (; i > 0 && goes_before(&x->parts[i - 1], at, removed, place); i--) {
        if (x->moves++ == EDIT_MOVES_MAX)
            return err_set(e, SQLSTATE_PROGRAM_LIMIT_EXCEEDED, "statement is too complex");
        x->parts[i] = x->parts[i - 1];
    }
    x->parts[i] = (struct edit_part){at, removed, with, place == PLACE_OUTER};
    return ST_OK;
}

int edits_replace(struct edits *x, size_t at, size_t removed, struct str with, struct err *e)
{
    return add(x, at, removed, with, PLACE_LAST, e);
}

int edits_replace_first(struct edits *x, size_t at, size_t removed, struct str with, struct err *e)
{
    return add(x, at, removed, with, PLACE_FIRST, e);
}

int edits_open(struct edits *x, size_t at, struct str with, struct err *e)
{
    return add(x, at, 0, with, PLACE_OUTER, e);
}

bool edits_touch(const struct edits *x, size_t from, size_t to)
{
    for (size_t i = x->n; i > 0 && x->parts[i - 1].at >= from; i--)
        if (x->parts[i - 1].removed > 0 && x->parts[i - 1].at < to)
            return true;
    return false;
}

int edits_join(struct edits *x, const struct edits *apart, struct err *e)
{
    const struct edit_part *a = x->parts, *b = apart->parts;
    size_t na = x->n, nb = apart->n, n = 0;
    if (nb == 0)
        return ST_OK;
    if (na == 0) {
        x->parts = apart->parts;
        x->n = x->cap = nb;
        return ST_OK;
    }
    struct edit_part *all = arena_calloc(x->arena, na + nb, sizeof *all);
    if (!all)
        return err_oom(e);
    while (na + nb > 0) {
        bool apart_next = nb > 0 && (na == 0 || b->at < a->at || (b->at == a->at && a->removed > 0));
        all[n++] = apart_next ? *b : *a;
        if (apart_next)
            b++, nb--;
        else
            a++, na--;
    }
    x->parts = all;
    x->n = x->cap = n;
    return ST_OK;
}

bool edits_within(const struct edits *x, size_t from, size_t to)
{
    size_t low = 0, high = x->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (x->parts[middle].at < from)
            low = middle + 1;
        else
            high = middle;
    }
    return low < x->n && x->parts[low].at <= to;
}

static size_t append(char *text, size_t n, const char *p, size_t len)
{
    if (len)
        memcpy(text + n, p, len);
    return n + len;
}

int edits_list(struct edits *x, const struct sql_token *t, struct err *e)
{
    struct str s = t->text;
    bool quoted = false;
    if (t->kind != SQL_TOK_STRING || s.n < 4 || s.p[0] != '\'' || s.p[1] != '{' || s.p[s.n - 2] != '}')
        return ST_OK;
    for (size_t i = 1; i < s.n - 1; i++) {
        if (s.p[i] == '\\')
            i++;
        else if (s.p[i] == '"')
            quoted = !quoted;
        else if (!quoted && (s.p[i] == '{' || s.p[i] == '}'))
            TRY(edits_replace(x, t->at + i, 1, s.p[i] == '{' ? STR("[") : STR("]"), e));
    }
    return ST_OK;
}

int edits_apply(struct edits *x, struct sql_rewritten *out, struct err *e)
{
    *out = (struct sql_rewritten){.text = x->sql};
    if (x->n == 0)
        return ST_OK;
    size_t room = x->sql.n + 1;
    for (size_t i = 0; i < x->n; i++)
        if (__builtin_add_overflow(room, x->parts[i].with.n, &room))
            return err_oom(e);
    char *text = arena_alloc(x->arena, room);
    struct sql_edit *edits = arena_calloc(x->arena, x->n, sizeof *edits);
    if (!text || !edits)
        return err_oom(e);
    size_t n = 0, done = 0;
    for (size_t i = 0; i < x->n; i++) {
        const struct edit_part *p = &x->parts[i];
        if (p->at < done)
            return err_set(e, SQLSTATE_INTERNAL_ERROR, "two edits of the statement lie over each other");
        n = append(text, n, x->sql.p + done, p->at - done);
        n = append(text, n, p->with.p, p->with.n);
        done = p->at + p->removed;
        edits[i] = (struct sql_edit){p->at, p->removed, p->with.n};
    }
    n = append(text, n, x->sql.p + done, x->sql.n - done);
    text[n] = '\0';
    *out = (struct sql_rewritten){.text = {text, n}, .nedits = x->n, .edits = edits};
    return ST_OK;
}
