/* The engine's result is asked for one chunk at a time, and makes no more than a few ahead of that. */
#include "backend/local_result.h"

#include "engine/engine.h"

static const struct engine_column_type *const *result_types(struct row_source *s, size_t *n)
{
    const struct local_result *r = (struct local_result *)s;
    const struct engine_result_info *info = engine_result_info(r->result);
    *n = info->ncolumns;
    return info->types;
}

static int result_next(struct row_source *s, const struct chunk_view **out, struct err *e)
{
    return engine_result_next(((struct local_result *)s)->result, out, e);
}

static void result_close(struct row_source *s)
{
    struct local_result *r = (struct local_result *)s;
    engine_result_free(r->result);
    r->result = NULL;
}

static const struct row_source_ops result_ops = {
    .types = result_types, .next = result_next, .close = result_close};

void local_result_open(struct local_result *r, struct engine_result *result)
{
    r->source.ops = &result_ops;
    r->result = result;
}
