#include "pgfunc/enums.h"

#include "pgtype/enum_type.h"

/* NULL of what is no enum and no array of one. */
static int enum_oid(struct pg_call *call)
{
    uint32_t oid = enum_type_oid_of_text(call->args[0].text);
    call->result.is_null = oid == 0;
    call->result.integer = oid;
    return ST_OK;
}

/* The label in quotes at *at into out; *at: behind it. */
static void put_label(struct pg_call *call, struct str text, size_t *at)
{
    for (++*at; *at < text.n; ++*at) {
        if (text.p[*at] == '\'' && (++*at == text.n || text.p[*at] != '\''))
            return;
        buf_put_u8(call->out, (uint8_t)text.p[*at]);
    }
}

/* The labels of a type as the engine spells it, without the mark. */
static int enum_labels(struct pg_call *call)
{
    const struct str text = call->args[0].text;
    uint32_t oid = enum_type_oid_of_text(text), mark;
    if (oid == 0 || enum_type_is_array(oid))
        return err_set(call->e, SQLSTATE_DATATYPE_MISMATCH, "could not determine actual enum type");
    for (size_t at = 0; at < text.n;) {
        if (text.p[at] != '\'') {
            at++;
            continue;
        }
        size_t start = call->out->len;
        put_label(call, text, &at);
        if (!buf_ok(call->out))
            return err_oom(call->e);
        if (!enum_type_mark((struct str){(const char *)call->out->data + start, call->out->len - start},
                            &mark))
            pg_put_item(call, start);
    }
    return ST_OK;
}

const struct pg_function pg_enum_functions[] = {
    {.name = "tavana_of_enum", .args = {PG_TEXT}, .result = PG_INT8, .call = enum_oid},
    {.name = "tavana_of_enum_labels", .args = {PG_TEXT}, .result = PG_TEXTS, .call = enum_labels},
    {.name = NULL},
};
