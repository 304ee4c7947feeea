/* Marks are gathered in an array of the arena, whose size is first guessed from the bytes of the text and
 * doubles up to SQL_TOKENS_KEPT_MAX; then no more are taken, and each pass scans what lies behind. A part of
 * a text shares the array of the whole: a binary search finds its first mark and its last. After a rewrite
 * most marks are only moved by the bytes that were added or removed before them. */
#include "sql/tokens.h"

#include "sql/rewrite.h"

#include <string.h>

enum { BYTES_A_TOKEN = 4, MARKS_LEAST = 8 }; /* of what people write, blanks included */

void sql_keeper_init(struct sql_keeper *k, struct arena *a, size_t bytes)
{
    size_t guess = bytes / BYTES_A_TOKEN + MARKS_LEAST;
    *k = (struct sql_keeper){.arena = a, .cap = guess < SQL_TOKENS_KEPT_MAX ? guess : SQL_TOKENS_KEPT_MAX};
}

static int make_room(struct sql_keeper *k, struct err *e)
{
    if (k->items && k->n < k->cap)
        return ST_OK;
    size_t cap = k->items ? k->cap * 2 : k->cap;
    if (cap > SQL_TOKENS_KEPT_MAX)
        cap = SQL_TOKENS_KEPT_MAX;
    struct sql_mark *items = arena_alloc(k->arena, cap * sizeof *items);
    if (!items)
        return err_oom(e);
    if (k->items)
        memcpy(items, k->items, k->n * sizeof *items);
    k->items = items;
    k->cap = cap;
    return ST_OK;
}

int sql_keeper_add(struct sql_keeper *k, const struct sql_token *t, struct err *e)
{
    k->full |= k->n == SQL_TOKENS_KEPT_MAX || t->text.n > SQL_MARK_BYTES_MAX || t->at > UINT32_MAX;
    if (k->full || t->kind == SQL_TOK_END)
        return ST_OK;
    TRY(make_room(k, e));
    k->items[k->n++] = (struct sql_mark){
        .at = (uint32_t)t->at, .n = (uint32_t)t->text.n & SQL_MARK_BYTES_MAX, .kind = (uint32_t)t->kind & 15};
    return ST_OK;
}

int sql_tokens_keep(struct arena *a, struct str text, struct sql_tokens *out, struct err *e)
{
    struct sql_keeper k;
    struct sql_lexer l;
    struct sql_token t;
    *out = sql_tokens_of(text);
    sql_keeper_init(&k, a, text.n);
    sql_lexer_init(&l, *out);
    while (!k.full && sql_lexer_next(&l, &t) != SQL_TOK_END)
        TRY(sql_keeper_add(&k, &t, e));
    out->marks = (struct sql_marks){.items = k.items, .n = k.n};
    return ST_OK;
}

/* The first mark that does not lie before this place, which is counted as the marks are. */
static size_t first_from(const struct sql_marks *m, size_t at)
{
    size_t low = 0, high = m->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (m->items[middle].at < at)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct sql_tokens sql_tokens_part(const struct sql_tokens *whole, struct str part)
{
    const struct sql_marks *m = &whole->marks;
    struct sql_tokens out = sql_tokens_of(part);
    if (m->n == 0)
        return out;
    size_t base = m->base + (size_t)(part.p - whole->text.p);
    size_t from = first_from(m, base), to = first_from(m, base + part.n);
    if (from < to)
        out.marks = (struct sql_marks){.items = m->items + from, .n = to - from, .base = base};
    return out;
}

/* ---- after edits ---- */

/* Old tokens are copied as far as no edit touches them; around an edit the new text is read, until one of its
 * tokens begins where an old one does that lies behind the edit: from there both texts are the same. */
struct follower {
    const struct sql_tokens *old;
    const struct sql_rewritten *new;
    struct sql_keeper keeper;
    size_t i;        /* the next of the old marks */
    size_t copied;   /* of those before it, one after the other */
    size_t edit;     /* the next edit */
    ptrdiff_t shift; /* from a place in the old text to the one in the new, by the edits so far */
};

static size_t old_at(const struct follower *f, size_t i)
{
    return f->old->marks.items[i].at - f->old->marks.base;
}

static size_t old_end(const struct follower *f, size_t i)
{
    return old_at(f, i) + f->old->marks.items[i].n;
}

static const struct sql_edit *next_edit(const struct follower *f)
{
    return f->edit < f->new->nedits ? &f->new->edits[f->edit] : NULL;
}

static int copy_untouched(struct follower *f, struct err *e)
{
    const struct sql_edit *edit = next_edit(f);
    for (f->copied = 0; f->i < f->old->marks.n; f->i++, f->copied++) {
        const struct sql_mark *m = &f->old->marks.items[f->i];
        if (edit && old_end(f, f->i) >= edit->at)
            return ST_OK;
        const struct sql_token t = {.kind = (enum sql_token_kind)m->kind,
                                    .text = {NULL, m->n},
                                    .at = (size_t)((ptrdiff_t)old_at(f, f->i) + f->shift)};
        TRY(sql_keeper_add(&f->keeper, &t, e));
    }
    return ST_OK;
}

/* Whether what follows it, blanks aside, may become a part of it: a string goes on in the next line, $tag may
 * be the beginning of $tag$. */
static bool looks_ahead(const struct follower *f, size_t i)
{
    return f->old->marks.items[i].kind == SQL_TOK_STRING ||
           (f->old->marks.items[i].n == 1 && f->old->text.p[old_at(f, i)] == '$');
}

/* Where in the new text reading has to begin for the next edit, when the old tokens before it are copied. */
static size_t reading_from(struct follower *f, const struct sql_edit *edit)
{
    while (f->copied && !f->keeper.full && looks_ahead(f, f->i - 1)) {
        f->copied--;
        f->i--;
        f->keeper.n--;
    }
    bool inside = f->i < f->old->marks.n && old_at(f, f->i) <= edit->at;
    size_t at = inside ? old_at(f, f->i) : f->i ? old_end(f, f->i - 1) : 0;
    return (size_t)((ptrdiff_t)at + f->shift);
}

/* The edits that end before this place of the new text are behind it. */
static bool pass_edits(struct follower *f, size_t at)
{
    bool any = false;
    for (const struct sql_edit *edit; (edit = next_edit(f)); any = true) {
        if ((ptrdiff_t)at < (ptrdiff_t)(edit->at + edit->added) + f->shift)
            break;
        f->shift += (ptrdiff_t)edit->added - (ptrdiff_t)edit->removed;
        f->edit++;
    }
    return any;
}

/* Whether the next old token begins at this place of the new text, and the next edit not before it. */
static bool is_old(struct follower *f, size_t at)
{
    const struct sql_edit *edit = next_edit(f);
    ptrdiff_t old = (ptrdiff_t)at - f->shift;
    while (f->i < f->old->marks.n && (ptrdiff_t)old_at(f, f->i) < old)
        f->i++;
    return f->i < f->old->marks.n && (ptrdiff_t)old_at(f, f->i) == old &&
           (!edit || old < (ptrdiff_t)edit->at);
}

static int read_touched(struct follower *f, const struct sql_edit *edit, struct err *e)
{
    struct sql_lexer l;
    struct sql_token t;
    bool passed = false;
    sql_lexer_init(&l, sql_tokens_of(f->new->text));
    l.at = reading_from(f, edit);
    while (!f->keeper.full && sql_lexer_next(&l, &t) != SQL_TOK_END) {
        passed |= pass_edits(f, t.at);
        if (passed && is_old(f, t.at))
            return ST_OK;
        TRY(sql_keeper_add(&f->keeper, &t, e));
    }
    return ST_EOF;
}

int sql_tokens_follow(struct arena *a, const struct sql_tokens *of, const struct sql_rewritten *r,
                      struct sql_tokens *out, struct err *e)
{
    struct follower f = {.old = of, .new = r};
    int st = ST_OK;
    *out = sql_tokens_of(r->text);
    if (r->nedits == 0)
        out->marks = of->marks;
    if (r->nedits == 0 || of->marks.n == 0)
        return ST_OK;
    sql_keeper_init(&f.keeper, a, r->text.n);
    while (st == ST_OK) {
        TRY(copy_untouched(&f, e));
        const struct sql_edit *edit = next_edit(&f);
        st = edit ? read_touched(&f, edit, e) : ST_EOF;
    }
    out->marks = (struct sql_marks){.items = f.keeper.items, .n = f.keeper.n};
    return st < 0 ? st : ST_OK;
}
