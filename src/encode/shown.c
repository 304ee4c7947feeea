#include "encode/shown.h"

#include "base/alloc.h"
#include "base/arena.h"
#include "encode/describe.h"
#include "encode/encode_priv.h"
#include "encode/encoder.h"
#include "encode/json.h"

#include <assert.h>

enum { SHOWN_MAGIC = 0x74657874, ARENA_MAX = 1024 * 1024 };

struct shown {
    uint32_t magic;
    struct arena arena;
    struct encode_settings settings;
    struct cell cell;
};

int shown_begin(void **out, const struct engine_column_type *t, const struct tz *zone, struct err *e)
{
    *out = NULL;
    if (!encode_reads(t))
        return err_set(e, SQLSTATE_FEATURE_NOT_SUPPORTED,
                       "a VARIANT is not taken here: cast it to VARCHAR or JSON");
    struct shown *s = mem_calloc(1, sizeof *s);
    if (!s)
        return err_oom(e);
    s->magic = SHOWN_MAGIC;
    s->settings = (struct encode_settings){.zone = zone, .extra_float_digits = 1};
    arena_init(&s->arena, ARENA_MAX);
    int st = cell_init(&s->cell, t, 0, &s->settings, &s->arena, e);
    if (st < 0)
        shown_end(s);
    else
        *out = s;
    return st;
}

int shown_put(void *state, const struct column_view *v, size_t row, struct buf *out, struct err *e)
{
    const struct shown *s = state;
    assert(s && s->magic == SHOWN_MAGIC);
    return cell_render(out, &s->cell, v, row, e);
}

int shown_put_json(void *state, const struct column_view *v, size_t row, struct buf *out, struct err *e)
{
    const struct shown *s = state;
    assert(s && s->magic == SHOWN_MAGIC);
    return json_value(out, &s->cell, v, row, e);
}

void shown_end(void *state)
{
    struct shown *s = state;
    if (!s)
        return;
    assert(s->magic == SHOWN_MAGIC);
    arena_release(&s->arena);
    mem_free(s);
}
